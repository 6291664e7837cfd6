"""Where results are written: the folder, with the ways to open and to change it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from brainstem_app.gui.controls import make_button


class ResultsFolderLine(QWidget):
    """One line: where results go, Open, Change.

    Signals
    -------
    open_requested, change_requested
        The user wants to see the folder, or another one.
    """

    open_requested = Signal()
    change_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.folder = Path()
        self.label = QLabel(self)
        self.label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.label.setAccessibleName(self.tr("Where results go"))
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.open_button = make_button(
            self, self.tr("Open"), self.tr("Open the folder of the results"), self.open_requested.emit
        )
        self.change_button = make_button(
            self,
            self.tr("Change…"),
            self.tr("Choose another folder for results; those there are stay where they are"),
            self.change_requested.emit,
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.label, 1)
        for button in (self.open_button, self.change_button):
            button.setFlat(True)
            row.addWidget(button)

    def show_folder(self, folder: Path, *, is_of_study: bool = False) -> None:
        """Show where results go; those of an open study belong into it."""
        self.folder = folder
        self.change_button.setEnabled(not is_of_study)
        self.label.setToolTip(str(folder))
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Show as much of the path as fits."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        text = self.tr("Results go to {0}").format(self.folder)
        metrics, width = self.label.fontMetrics(), self.label.width()
        self.label.setText(metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width))
