"""Folders that are to be made: a new name may be typed wherever one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from brainstem_app.gui.file_dialogs import NewFolderDialog
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName

_LIMIT_MS = 60_000


def when_asked(answer: Callable[[NewFolderDialog], None], parent: MainWindow) -> None:
    """Answer the question for a folder once it is on the screen."""
    timer = QTimer(parent, interval=10)

    def look() -> None:
        shown = QApplication.activeModalWidget()
        if isinstance(shown, NewFolderDialog) and shown.isVisible():
            timer.stop()
            answer(shown)

    timer.timeout.connect(look)
    timer.start()


def typed(name: str, *, by_mouse: bool = False) -> Callable[[NewFolderDialog], None]:
    def answer(dialog: NewFolderDialog) -> None:
        line = dialog.findChild(QLineEdit)
        line.selectAll()
        QTest.keyClicks(line, name)
        choose = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Open)
        if by_mouse:
            QTest.mouseClick(choose, Qt.MouseButton.LeftButton)
        else:
            QTest.keyClick(line, Qt.Key.Key_Return)

    return answer


@pytest.mark.parametrize("is_there", [False, True])
def test_new_study_lies_in_the_folder_whose_name_was_typed(
    qtbot: QtBot, window: MainWindow, settings: WindowSettings, tmp_path: Path, is_there: bool
) -> None:
    settings.results_folder, wanted = tmp_path / "results", tmp_path / "sleep study"
    if is_there:
        wanted.mkdir()
    when_asked(typed("sleep study"), window)
    window.commands["new_study"].trigger()
    qtbot.waitUntil(lambda: window.context.study.folder == wanted, timeout=_LIMIT_MS)
    assert wanted.is_dir()


def test_no_folder_is_made_when_nothing_is_chosen(
    window: MainWindow, settings: WindowSettings, tmp_path: Path
) -> None:
    settings.last_folder, before = tmp_path, sorted(tmp_path.iterdir())
    when_asked(lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Escape), window)
    window.commands["new_study"].trigger()
    assert window.context.study.folder is None
    assert sorted(tmp_path.iterdir()) == before


def test_folder_of_results_may_be_new_and_so_may_that_of_prepare(
    qtbot: QtBot, window: MainWindow, settings: WindowSettings, tmp_path: Path
) -> None:
    settings.results_folder = tmp_path
    when_asked(typed("new results", by_mouse=True), window)
    window.commands["choose_results_folder"].trigger()
    assert settings.results_folder == tmp_path / "new results"
    window.show_step(StepName.PREPARE)
    form = window.page(StepName.PREPARE).form
    form.set_values({"study": str(tmp_path)})
    buttons = {button.accessibleName(): button for button in form.findChildren(QPushButton)}
    when_asked(typed("new study"), window)
    qtbot.mouseClick(next(b for n, b in buttons.items() if "Study" in n), Qt.MouseButton.LeftButton)
    assert form.values()["study"] == str(tmp_path / "new study")
