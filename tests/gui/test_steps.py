"""The shell: seven steps by key, a study that reopens where it was left, jobs that outlive the window."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QSlider,
    QTableView,
    QTreeWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.jobs.job import EvaluateRunJob
from brainstem_app.models.library import ModelFiles
from brainstem_app.study.study import Study

from .message_buttons import press_message_button

Fake = Callable[[str], Path]
_INSIDE = {
    "QTableView",
    "QLineEdit",
    "QToolBar",
    "QMenuBar",
    "QComboBoxPrivateContainer",
    "QSpinBox",
    "QTreeWidget",
}


def again(qtbot: QtBot, settings: WindowSettings) -> MainWindow:
    """A new window with what the last one remembered."""
    window = MainWindow(settings)
    qtbot.addWidget(window)
    window.show()
    return window


def test_first_start_begins_with_the_scans(qtbot: QtBot, settings: WindowSettings) -> None:
    window = again(qtbot, settings)
    assert window.current_step is StepName.SCANS
    assert window.scans.empty_state.isVisible()
    window.close()


def test_a_key_goes_to_each_step(qtbot: QtBot, window: MainWindow) -> None:
    window.activateWindow()
    for step in StepName:
        qtbot.keyClick(window, getattr(Qt.Key, f"Key_{step.number}"), Qt.KeyboardModifier.ControlModifier)
        assert window.current_step is step
        assert window.step_bar.currentItem().text() == step.value.capitalize()


def test_arrow_keys_walk_through_the_steps(qtbot: QtBot, window: MainWindow) -> None:
    window.show_step(StepName.SCANS)
    qtbot.keyClick(window.step_bar, Qt.Key.Key_Down)
    assert window.current_step is StepName.SEGMENT


def test_every_control_of_every_step_has_a_name(open_study: MainWindow) -> None:
    kinds = (
        QAbstractButton,
        QAbstractSpinBox,
        QComboBox,
        QLineEdit,
        QListWidget,
        QSlider,
        QTableView,
        QTreeWidget,
    )
    for step in StepName:
        open_study.show_step(step)
    for kind in kinds:
        for control in open_study.findChildren(kind):
            inside = control.objectName().startswith("qt_") or (
                control.parent().metaObject().className() in _INSIDE
            )
            named = control.accessibleName() or (isinstance(control, QAbstractButton) and control.text())
            assert inside or named, (control, control.parent())


def test_no_key_is_taken_twice_in_any_step(open_study: MainWindow) -> None:
    """Qt does nothing for a key that two actions want."""
    for step in StepName:
        open_study.show_step(step)
        keys: list[str] = []
        for action in open_study.findChildren(type(open_study.commands["help"])):
            page = action.parent()
            if page is open_study or (page.isVisible() if hasattr(page, "isVisible") else False):
                keys += [key.toString() for key in action.shortcuts() if key.toString()]
        assert len(keys) == len(set(keys)), (step, sorted(key for key in keys if keys.count(key) > 1))


def test_no_underlined_letter_is_taken_twice_in_any_step(open_study: MainWindow) -> None:
    """Alt and a letter of two controls, or of a menu too, only goes from one to the other."""
    open_study.page(StepName.REVIEW)  # adds its menu
    menus = [letter_of(action.text()) for action in open_study.menuBar().actions()]
    found: set[tuple[str, str]] = set()
    for step in StepName:
        open_study.show_step(step)
        page = open_study.page(step)
        switches = (
            (page.cohort_button, page.retest_button, page.change_button) if step is StepName.REPORT else ()
        )
        for switch in (None, *switches):
            if switch is not None:
                switch.click()
            texts = [
                widget.text()
                for widget in page.findChildren(QWidget)
                if widget.isVisible()
                and (isinstance(widget, QAbstractButton) or (isinstance(widget, QLabel) and widget.buddy()))
            ]
            letters = [*filter(None, (*menus, *map(letter_of, texts)))]
            twice = {letter for letter in letters if letters.count(letter) > 1}
            found |= {(step.value, text) for text in texts if letter_of(text) in twice}
    assert found == set()


def letter_of(text: str) -> str:
    """Letter that is underlined, empty if none is."""
    found = re.search(r"&([^&\s])", text)
    return found.group(1).casefold() if found else ""


def test_study_reopens_where_it_was_left(
    qtbot: QtBot, open_study: MainWindow, settings: WindowSettings, dataset: Path
) -> None:
    assert open_study.current_step is StepName.PREPARE, "a study with subjects begins there"
    open_study.show_step(StepName.TRAIN)
    open_study.page(StepName.TRAIN).form.set_values({"epochs": 77, "input.size": 64})
    open_study.close()
    window = again(qtbot, settings)
    qtbot.waitUntil(lambda: window.current_step is StepName.TRAIN, timeout=60_000)
    assert window.page(StepName.TRAIN).form.values()["epochs"] == 77
    assert window.page(StepName.TRAIN).form.values()["input.size"] == 64
    assert window.scans.list.now.sources == (dataset,)
    assert "made study" in window.windowTitle()
    window.close()


def test_new_study_takes_the_open_scans(
    qtbot: QtBot, window: MainWindow, dataset: Path, tmp_path: Path
) -> None:
    window.open_path(dataset)
    qtbot.waitUntil(lambda: window.scans.model.rowCount() == 4, timeout=60_000)
    with qtbot.waitSignal(window.context.study.opened, timeout=60_000):
        window.context.study.create(tmp_path / "fresh")
    assert (tmp_path / "fresh" / "window.json").exists()
    qtbot.waitUntil(lambda: window.scans.model.rowCount() == 4, timeout=60_000)
    assert window.current_step is StepName.SCANS
    assert [action.text().split("  ")[0] for action in _recent(window)][:2] == ["fresh", "made dataset"]


def test_damaged_study_is_explained_in_place(qtbot: QtBot, window: MainWindow, study: Study) -> None:
    (study.folder / "study.json").write_text("{", encoding="utf-8")
    window.open_path(study.folder)
    qtbot.waitUntil(lambda: window.message_bar.message is not None, timeout=60_000)
    assert "damaged" in window.message_bar.message.what
    assert not window.context.study.is_open


def test_study_on_a_drive_that_is_gone_does_not_stop_the_start(
    qtbot: QtBot, settings: WindowSettings, tmp_path: Path
) -> None:
    settings.add_recent_study(tmp_path / "unplugged")
    window = again(qtbot, settings)
    assert window.current_step is StepName.SCANS
    window.open_path(tmp_path / "unplugged")
    qtbot.waitUntil(lambda: window.message_bar.message is not None, timeout=60_000)
    window.close()


@pytest.mark.parametrize("goes_on", [True, False])
def test_closing_with_a_queued_job_asks_whether_it_may_go_on(
    qtbot: QtBot,
    open_study: MainWindow,
    settings: WindowSettings,
    fake_job: Fake,
    tmp_path: Path,
    goes_on: bool,
) -> None:
    fake_job(f"""
emit(event="progress", done=1, total=4, message="measuring")
wait_for(lambda: cancelled() or Path({str(tmp_path / "go")!r}).exists())
if cancelled():
    emit(event="failed", what="Cancelled.", exit_status=3)
else:
    emit(event="finished", seconds=1.0)
""")
    folder = open_study.context.study.folder
    job = open_study.context.jobs.submit(EvaluateRunJob(study=folder, run="first"), "Measure first", folder)
    qtbot.waitUntil(lambda: job.fraction == 0.25, timeout=60_000)
    assert open_study.job_count.text() == "Jobs: 1 running"
    open_study.close()
    assert open_study.isVisible()
    if not goes_on:
        press_message_button(qtbot, open_study.message_bar, "Stop it and close")
        qtbot.waitUntil(lambda: not open_study.isVisible(), timeout=60_000)
        assert job.state == "cancelled"
        return
    press_message_button(qtbot, open_study.message_bar, "Close and let it go on")
    assert not open_study.isVisible()
    window = again(qtbot, settings)
    qtbot.waitUntil(lambda: len(window.context.jobs.running) == 1, timeout=60_000)
    (found,) = window.context.jobs.running
    (tmp_path / "go").touch()
    qtbot.waitUntil(lambda: found.state == "finished", timeout=60_000)
    window.close()


def _recent(window: MainWindow) -> list[object]:
    window.opening.fill_recent(window.recent)
    return [
        action
        for action in window.recent.actions()
        if action.text() and action.isEnabled() and not action.isSeparator()
    ]


def test_model_of_a_file_can_be_used(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, model: ModelFiles
) -> None:
    home = tmp_path / "mine"
    home.mkdir()
    (home / "model.json").write_text(model.card.model_dump_json(by_alias=True), encoding="utf-8")
    (home / "model.onnx").write_bytes(b"x")
    panel = window.segment_page.segment_panel
    window.opening.open_model(home / "model.onnx")
    qtbot.waitUntil(lambda: panel.model == str(home / "model.onnx"), timeout=60_000)
    assert "Not for patients." in panel.models.toolTip()
    window.opening.open_model(tmp_path / "nothing.onnx")
    qtbot.waitUntil(lambda: window.message_bar.message is not None, timeout=60_000)
    assert "no model" in window.message_bar.message.what


def test_result_of_segment_is_reviewed_with_its_scan(
    qtbot: QtBot, window: MainWindow, result_folder: Path
) -> None:
    window.open_path(result_folder)
    qtbot.waitUntil(
        lambda: (
            window.segment_page.document.result is not None
            and bool(window.segment_page.document.result.reports)
        ),
        timeout=60_000,
    )
    qtbot.mouseClick(window.segment_page.result_panel.review, Qt.MouseButton.LeftButton)
    assert window.current_step is StepName.REVIEW
    assert window.review is not None
    assert window.review.document.scan is window.segment_page.document.scan
    assert window.review.document.labels is not None
    assert window.review.document.labels.path == result_folder / "labels_native.nii.gz"
