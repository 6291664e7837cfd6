"""The pages on top of each other, each of which scrolls where the window is smaller than it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QWidget

_SMALLEST = QSize(240, 120)


class PageStack(QStackedWidget):
    """Shows one page at a time, on a screen of any size."""

    def add_page(self, page: QWidget) -> None:
        """Add a page."""
        self.addWidget(ScrolledPage(page, self))

    @property
    def page(self) -> QWidget | None:
        """The page on the screen."""
        scrolled = self.currentWidget()
        return scrolled.widget() if isinstance(scrolled, QScrollArea) else None

    def show_page(self, page: QWidget) -> None:
        """Show a page that was added."""
        for place in range(self.count()):
            scrolled = self.widget(place)
            if isinstance(scrolled, QScrollArea) and scrolled.widget() is page:
                self.setCurrentIndex(place)


class ScrolledPage(QScrollArea):
    """Lets a page be smaller than its least size; where it is, its controls are scrolled to."""

    def __init__(self, page: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Small, whatever the page is."""
        return _SMALLEST

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As the page would have it."""
        return self.widget().sizeHint()
