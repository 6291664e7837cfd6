"""Line that names the folder results are written to, with the ways to open and to change it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from brainstem_app.gui.controls import make_button
from brainstem_app.gui.design.look import set_tone
from brainstem_app.gui.settings import WindowSettings


class ResultsFolderLine(QWidget):
    """One line: where results go, Open, Change.

    Signals
    -------
    command_requested(str)
        Do what the window's action with this id is for.
    """

    command_requested = Signal(str)

    def __init__(self, settings: WindowSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.label = QLabel(self)
        set_tone(self.label, "soft")
        self.label.setAccessibleName("Where results go")
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.open_button = make_button(
            self,
            "Open",
            "Open the folder of the results",
            lambda: self.command_requested.emit("results_folder"),
        )
        self.change_button = make_button(
            self,
            "Change…",
            "Choose another folder for results; those there are stay where they are",
            lambda: self.command_requested.emit("choose_results_folder"),
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.label, 1)
        for button in (self.open_button, self.change_button):
            button.setFlat(True)
            row.addWidget(button)
        self._study_folder: Path | None = None
        settings.changed.connect(lambda name: self._show() if name == "results_folder" else None)
        self._show()

    @property
    def folder(self) -> Path:
        """The folder that is named."""
        return self._settings.results_folder if self._study_folder is None else self._study_folder

    def show_study(self, folder: Path | None) -> None:
        """Show the folder of results of the open study, which they belong to; None without a study."""
        self._study_folder = folder
        self.change_button.setEnabled(folder is None)
        self._show()

    def _show(self) -> None:
        self.label.setToolTip(str(self.folder))
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Show as much of the path as fits."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        text = f"Results go to {self.folder}"
        metrics, width = self.label.fontMetrics(), self.label.width()
        self.label.setText(metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width))
