"""Dialog of the settings, made from the fields of `Preferences`."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from brainstem_app.gui.forms.model_form import ModelForm
from brainstem_app.gui.settings import Preferences, WindowSettings

_WIDTH = 560


class SettingsDialog(QDialog):
    """Shows the settings, and keeps them once the user agrees."""

    def __init__(self, settings: WindowSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Settings"))
        self._settings = settings
        self.form = ModelForm(Preferences, (), self)
        self.form.set_values(settings.preferences.model_dump(mode="json"))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.form, 1)
        layout.addWidget(buttons)
        self.setMinimumWidth(_WIDTH)

    def accept(self) -> None:
        """Keep the settings; if one does not fit, the form says why and the dialog stays."""
        chosen = self.form.build()
        if isinstance(chosen, Preferences):
            self._settings.preferences = chosen
            super().accept()
