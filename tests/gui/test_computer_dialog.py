"""Help ▸ This computer: what `diagnose` prints, found out beside the window."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.window import computer_dialog
from brainstem_app.gui.window.computer_dialog import ComputerDialog


@pytest.mark.slow
def test_window_says_which_device_computes_and_why(qtbot: QtBot, window: MainWindow) -> None:
    window.commands["computer"].trigger()
    dialog = window.findChild(ComputerDialog)
    assert dialog.isVisible()
    assert not dialog.copy_button.isEnabled()
    qtbot.waitUntil(dialog.copy_button.isEnabled, timeout=60_000)
    dialog.copy_button.click()
    copied = QGuiApplication.clipboard().text()
    for part in ("edition", "memory", "To predict (ONNX Runtime)\n  device", "To train (Keras)"):
        assert part in copied
    dialog.close()


@pytest.mark.parametrize(
    ("command", "part"),
    [
        ((sys.executable, ["-c", "import sys; sys.exit('it broke')"]), "exit status 1"),
        (("/no/such/program", []), "could not find out"),
    ],
)
def test_dialog_says_when_it_cannot_find_out(
    qtbot: QtBot,
    window: MainWindow,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, list[str]],
    part: str,
) -> None:
    monkeypatch.setattr(computer_dialog, "diagnosis_command", lambda: command)
    dialog = ComputerDialog(window)
    qtbot.waitUntil(lambda: part in dialog.words.text(), timeout=20_000)
    assert "Install Brainstem App again" in dialog.words.text()
    dialog.close()


def test_closing_the_dialog_gives_up_what_is_being_found_out(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = (sys.executable, ["-c", "import time; time.sleep(600)"])
    monkeypatch.setattr(computer_dialog, "diagnosis_command", lambda: endless)
    dialog = ComputerDialog(window)
    buttons = dialog.findChild(QDialogButtonBox)
    with qtbot.waitSignal(dialog.destroyed, timeout=5_000):
        buttons.button(QDialogButtonBox.StandardButton.Close).click()


@pytest.mark.slow
def test_names_with_umlauts_arrive_whatever_the_systems_encoding(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "Jörg Müller"))
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    dialog = ComputerDialog(window)
    qtbot.waitUntil(dialog.copy_button.isEnabled, timeout=60_000)
    assert "Jörg Müller" in dialog.text.toPlainText()
    dialog.close()
