"""Dialog of the settings, made from the fields of `Preferences`."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QWidget

from brainstem_app.gui.controls import fit_height, page_layout
from brainstem_app.gui.design.look import set_primary
from brainstem_app.gui.design.tokens import SPACE
from brainstem_app.gui.forms.model_form import ModelForm
from brainstem_app.gui.settings import Preferences, WindowSettings
from brainstem_app.jobs.folder_rights import make_folder

_WIDTH = 560


class SettingsDialog(QDialog):
    """Shows the settings, and keeps them once the user agrees."""

    def __init__(self, settings: WindowSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Settings")
        self._settings = settings
        self.form = ModelForm(Preferences, (), self)
        self.form.set_values(settings.preferences.model_dump(mode="json"))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        set_primary(buttons.button(QDialogButtonBox.StandardButton.Ok))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = page_layout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.addWidget(self.form, 1)
        layout.addWidget(buttons)
        self.setMinimumWidth(_WIDTH)
        fit_height(self, _WIDTH)

    def accept(self) -> None:
        """Keep the settings; if one does not fit, the form says why and the dialog stays."""
        chosen = self.form.build()
        if not isinstance(chosen, Preferences):
            return
        if problem := self._problem_of(chosen.results_folder):
            self.form.reject("results_folder", problem)
            return
        self._settings.preferences = chosen
        super().accept()

    def _problem_of(self, folder: Path) -> str:
        """Why results cannot go to a folder; it is made here, so that a segmentation need not find out."""
        if folder == self._settings.results_folder:
            return ""  # its drive may be unplugged, which is no reason to refuse the other settings
        if not folder.is_absolute():
            return "Give the whole path of the folder, or choose it."
        try:
            make_folder(folder, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            return f"This folder cannot be made ({reason}). Choose another."
        may_write = os.access(folder, os.W_OK)
        return "" if may_write else "You may not write there. Choose another folder."
