"""Dialog of the settings: made from their description, kept once the user agrees, followed at once."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.settings import Preferences, WindowSettings
from brainstem_app.gui.viewer.convention import Convention
from brainstem_app.gui.window.settings_dialog import SettingsDialog


def opened_dialog(qtbot: QtBot, window: MainWindow) -> SettingsDialog:
    window.commands["settings"].trigger()
    dialog = window.findChild(SettingsDialog)
    qtbot.waitUntil(dialog.isVisible)
    return dialog


def press(qtbot: QtBot, dialog: SettingsDialog, button: QDialogButtonBox.StandardButton) -> None:
    box = dialog.findChild(QDialogButtonBox)
    qtbot.mouseClick(box.button(button), Qt.MouseButton.LeftButton)


def test_dialog_shows_every_setting_that_the_user_chooses(qtbot: QtBot, window: MainWindow) -> None:
    dialog = opened_dialog(qtbot, window)
    assert set(dialog.form.names) == set(Preferences.model_fields)
    assert dialog.form.editor("results_folder").value() == str(window.context.settings.results_folder)


def test_agreed_settings_are_followed_at_once(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    dialog = opened_dialog(qtbot, window)
    dialog.form.set_values(
        {"convention": "neurological", "opacity": 25, "results_folder": str(tmp_path / "new"), "bids": True}
    )
    press(qtbot, dialog, QDialogButtonBox.StandardButton.Ok)
    settings, page = window.context.settings, window.segment_page
    assert (settings.opacity, settings.convention) == (25, Convention.NEUROLOGICAL)
    assert window.commands["neurological"].isChecked()
    assert page.document.display.state.opacity == 25
    assert page.segment_panel.place.folder == tmp_path / "new"
    assert page.segment_panel.bids.isChecked()
    assert not page.segment_panel.surfaces.isChecked()


def test_cancelled_settings_stay_as_they_were(qtbot: QtBot, window: MainWindow) -> None:
    before = window.context.settings.preferences
    dialog = opened_dialog(qtbot, window)
    dialog.form.set_values({"opacity": 5})
    press(qtbot, dialog, QDialogButtonBox.StandardButton.Cancel)
    assert window.context.settings.preferences == before


def test_settings_that_cannot_be_read_are_the_defaults(tmp_path: Path) -> None:
    store = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    store.setValue("viewer/opacity", "many")
    store.setValue("viewer/convention", "upside down")
    settings = WindowSettings(store)
    assert settings.opacity == 60
    assert settings.convention is Convention.RADIOLOGICAL


def test_labels_may_be_fully_transparent(tmp_path: Path) -> None:
    settings = WindowSettings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    settings.opacity = 0
    assert settings.opacity == 0
