"""Cards: parts of a page that belong together, with a heading."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from brainstem_app.gui.design.tokens import SPACE, Type

_FEW = 6


class ElidedLabel(QLabel):
    """Line of text, cut off with dots where there is no room and then said in full under the pointer."""

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        super().__init__(text, parent)
        self._mode = mode
        self._hint = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * _FEW)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Show another text, as much of it as fits."""
        super().setText(text)
        self._tell()

    def set_hint(self, text: str) -> None:
        """Say something under the pointer, below the whole text where that is cut."""
        self._hint = text
        self._tell()

    @property
    def is_cut(self) -> bool:
        """Whether a part of the text is not seen."""
        return self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Say all of it under the pointer, if it is cut now."""
        super().resizeEvent(event)
        self._tell()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw what fits."""
        painter, area = QPainter(self), self.contentsRect()
        metrics = QFontMetrics(self.font())
        painter.setPen(self.palette().color(self.foregroundRole()))
        shown = metrics.elidedText(self.text(), self._mode, area.width())
        painter.drawText(area, self.alignment() | Qt.TextFlag.TextSingleLine, shown)

    def _tell(self) -> None:
        whole = self.text() if self.is_cut else ""
        self.setToolTip("\n".join(part for part in (whole, self._hint) if part))


def set_type(label: QLabel, kind: Type) -> QLabel:
    """Give a label a size of the type scale."""
    label.setProperty("type", kind.value)
    return label


class Card(QFrame):
    """Frame with a heading; what belongs to it goes into its `body`.

    Attributes
    ----------
    body : QVBoxLayout
        Below the heading.
    head : QHBoxLayout
        The heading's line, for what stands at its right.
    """

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._title = QLabel(self)
        set_type(self._title, Type.HEADING)
        self.head = QHBoxLayout()
        self.head.addWidget(self._title, 1)
        self.body = QVBoxLayout()
        self.body.setSpacing(SPACE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE * 3 // 2, SPACE, SPACE * 3 // 2, SPACE * 3 // 2)
        layout.setSpacing(SPACE)
        layout.addLayout(self.head)
        layout.addLayout(self.body, 1)
        self.set_title(title)

    @property
    def title(self) -> str:
        """The heading."""
        return self._title.text()

    def set_title(self, title: str) -> None:
        """Show another heading; it is the card's name for screen readers too."""
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self.setAccessibleName(title)
