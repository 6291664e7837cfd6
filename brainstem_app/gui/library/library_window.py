"""Window of the models and atlases at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from brainstem_app.gui.design.tokens import SPACE
from brainstem_app.gui.library.atlases_tab import AtlasesTab
from brainstem_app.gui.library.models_tab import ModelsTab
from brainstem_app.gui.window.screen_fit import keep_on_screen, resize_to_fit

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext

_SIZE = QSize(1160, 700)


class LibraryWindow(QWidget):
    """Models and atlases, a tab each; stays open beside the window.

    Attributes
    ----------
    models : ModelsTab
    atlases : AtlasesTab
    """

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Models and atlases – Brainstem App")
        self.models = ModelsTab(context, self)
        self.atlases = AtlasesTab(context, self)
        self.tabs = QTabWidget(self)
        self.tabs.addTab(self.models, "Models")
        self.tabs.addTab(self.atlases, "Atlases")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.addWidget(self.tabs)
        QShortcut(QKeySequence("Esc"), self, self.close)
        resize_to_fit(self, _SIZE)

    def open_tab(self, tab: QWidget) -> None:
        """Show one of the two, and bring the window to the front."""
        self.tabs.setCurrentWidget(tab)
        self.show()
        self.raise_()
        self.activateWindow()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Keep all of it on the screen."""
        super().showEvent(event)
        QTimer.singleShot(0, self, lambda: keep_on_screen(self))
