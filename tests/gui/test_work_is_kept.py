"""What was opened, typed and corrected is there again after a restart; what is not saved is said."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QShortcut
from pytestqt.qtbot import QtBot

from brainstem_app.gui.document.edited_copy import EditedLabels, save_edited_copy
from brainstem_app.gui.document.opened import (
    OpenKind,
    find_result,
    kind_of,
    read_labels_for_viewer,
    read_result_for_viewer,
    results_in,
)
from brainstem_app.gui.file_dialogs import FileDialogs
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.imaging.edited_version import latest_edit
from brainstem_app.imaging.label_map import load_label_map, save_label_map
from brainstem_app.study.study import Study

from .message_buttons import press_message_button

_LIMIT_MS = 60_000


def said(window: MainWindow) -> str:
    message = window.message_bar.message
    return "" if message is None else f"{message.what} {message.where} {message.fix}"


def erase_at_crosshair(qtbot: QtBot, window: MainWindow) -> None:
    """Wipe over the middle of the nucleus that is shown."""
    review = window.review
    review.commands["eraser"].trigger()
    view = review.views.main_view
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view._crosshair_pixel())
    assert review.document.editor.is_changed


def kept(study: Path) -> dict:
    file = study / "window.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"forms": {}}


def epochs(study: Path) -> int | None:
    return kept(study)["forms"].get("train", {}).get("epochs")


def restarted(qtbot: QtBot, settings: WindowSettings) -> MainWindow:
    window = MainWindow(settings)
    qtbot.addWidget(window)
    window.show()
    return window


# The study -------------------------------------------------------------------------------------------


def test_study_is_saved_by_its_own_timer(qtbot: QtBot, open_study: MainWindow, study: Study) -> None:
    """Nobody calls `save`: only time passes."""
    open_study.show_step(StepName.TRAIN)
    open_study.page(StepName.TRAIN).form.set_values({"epochs": 77})
    assert epochs(study.folder) != 77
    qtbot.waitUntil(lambda: epochs(study.folder) == 77, timeout=5000)


def test_study_is_saved_while_somebody_types_without_a_pause(
    qtbot: QtBot, open_study: MainWindow, study: Study
) -> None:
    open_study.show_step(StepName.TRAIN)
    form = open_study.page(StepName.TRAIN).form
    until = time.monotonic() + 2.5
    number = 10
    while time.monotonic() < until:
        number += 1
        form.set_values({"epochs": number})
        qtbot.wait(50)
    assert (epochs(study.folder) or 0) > 10


_CHILD = """
import os, signal, sys, time
from pathlib import Path
from PySide6.QtCore import QSettings, QTimer
from brainstem_app.gui.application import make_application, save_when_ended
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName

home, how, study = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
scans = [Path(one) for one in sys.argv[4:]]
application = make_application()
settings = WindowSettings(QSettings(str(home / "settings.ini"), QSettings.Format.IniFormat))
settings.results_folder, settings.jobs_folder = home / "results", home / "jobs"
window = MainWindow(settings)
window.show()
save_when_ended(application, window)
def spin(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        application.processEvents()
        time.sleep(0.01)
def wait_for(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        spin(0.05)
wait_for(lambda: window.segment_page.segment_panel.model)
if study.name != "none":
    window.context.study.create(study)
    wait_for(lambda: window.context.study.is_open)
window.opening.open_paths(scans)
wait_for(lambda: window.scans.model.rowCount() == len(scans))
window.page(StepName.TRAIN).form.set_values({"epochs": 77})
if how == "kill":
    spin(2)
    os.kill(os.getpid(), signal.SIGKILL)
if how == "terminate":
    QTimer.singleShot(0, lambda: os.kill(os.getpid(), signal.SIGTERM))
    application.exec()
    sys.exit(0)
window.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", ["close", "kill", "terminate"])
@pytest.mark.parametrize("has_study", [True, False])
def test_scans_and_forms_are_there_after_a_restart_of_the_process(
    qtbot: QtBot, settings: WindowSettings, dataset: Path, tmp_path: Path, how: str, has_study: bool
) -> None:
    scans = sorted(dataset.glob("sub-[123]/anat/*.nii.gz"))
    study = tmp_path / ("begun" if has_study else "none")
    child = [sys.executable, "-c", _CHILD, str(tmp_path), how, str(study), *map(str, scans)]
    ended = subprocess.run(
        child, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}, check=False, timeout=120
    )
    assert ended.returncode == (-9 if how == "kill" else 0)
    window = restarted(qtbot, WindowSettings(fresh_store(tmp_path)))
    qtbot.waitUntil(lambda: window.scans.model.rowCount() == len(scans), timeout=_LIMIT_MS)
    assert window.context.study.folder == (study if has_study else None)
    assert window.page(StepName.TRAIN).form.values()["epochs"] == 77
    window.context.background.wait()


def fresh_store(home: Path) -> object:
    from PySide6.QtCore import QSettings

    return QSettings(str(home / "settings.ini"), QSettings.Format.IniFormat)


def test_saving_is_only_said_when_true_and_with_the_time(
    qtbot: QtBot, open_study: MainWindow, study: Study, tmp_path: Path
) -> None:
    open_study.commands["save_study"].trigger()
    saved_at = open_study.context.study.saved_at
    assert f"The study is saved ({saved_at:%H:%M:%S})." in said(open_study)
    assert kept(study.folder)["step"] == open_study.current_step.value
    study.folder.rename(tmp_path / "unplugged")
    open_study.commands["save_study"].trigger()
    assert "is saved" not in said(open_study)
    assert "not there any more" in said(open_study)
    assert not study.folder.exists()


def test_failed_save_is_said_once_and_repeated_until_it_works(
    qtbot: QtBot, open_study: MainWindow, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brainstem_app.gui.study.open_study._TRY_AGAIN_MS", 300)
    qtbot.waitUntil(lambda: (study.folder / "window.json").exists(), timeout=5000)
    open_study.show_step(StepName.TRAIN)
    # What is still read of the study would say, too, that it is gone.
    context, background = open_study.context, open_study.context.background
    qtbot.waitUntil(lambda: context.study.contents is not None and not background.is_busy, timeout=60_000)
    elsewhere = study.folder.rename(tmp_path / "unplugged")
    messages: list[str] = []
    open_study.context.study.message.connect(lambda message: messages.append(message.what))
    open_study.page(StepName.TRAIN).form.set_values({"epochs": 31})
    qtbot.waitUntil(lambda: bool(messages), timeout=5000)
    qtbot.wait(1200)
    assert len(messages) == 1, "not again and again"
    elsewhere.rename(study.folder)
    qtbot.waitUntil(lambda: epochs(study.folder) == 31, timeout=5000)
    assert messages[-1].endswith("saved again.")


def test_window_that_cannot_save_asks_before_it_closes(
    qtbot: QtBot, open_study: MainWindow, study: Study, tmp_path: Path
) -> None:
    open_study.show_step(StepName.COMPARE)
    study.folder.rename(tmp_path / "unplugged")
    open_study.close()
    assert open_study.isVisible()
    press_message_button(qtbot, open_study.message_bar, "Try again")
    assert open_study.isVisible()
    press_message_button(qtbot, open_study.message_bar, "Go on without saving")
    assert not open_study.isVisible()


def test_workspace_that_cannot_be_read_is_put_aside_and_that_is_said(
    qtbot: QtBot, window: MainWindow, study: Study
) -> None:
    (study.folder / "window.json").write_text('{"schema": "brainstem-window/9"}', encoding="utf-8")
    with qtbot.waitSignal(window.context.study.opened, timeout=_LIMIT_MS):
        window.open_path(study.folder)
    assert "cannot be read" in said(window)
    (aside,) = study.folder.glob("window 2*.json")
    assert "brainstem-window/9" in aside.read_text(encoding="utf-8")


def test_scan_of_the_command_line_is_shown_though_a_study_is_restored(
    qtbot: QtBot, open_study: MainWindow, settings: WindowSettings, scan_file: Path, study: Study
) -> None:
    open_study.show_step(StepName.TRAIN)
    open_study.close()
    window = restarted(qtbot, settings)
    window.opening.open_paths([scan_file])  # as `application.run` does it: before anything is restored
    qtbot.waitUntil(lambda: window.segment_page.document.scan is not None, timeout=_LIMIT_MS)
    qtbot.waitUntil(lambda: window.scans.model.rowCount() == 5, timeout=_LIMIT_MS)
    assert window.context.study.folder == study.folder
    assert window.current_step is StepName.SEGMENT
    assert window.segment_page.document.scan.path == scan_file
    window.context.background.wait()


# The list of scans -----------------------------------------------------------------------------------


@pytest.fixture
def listed(qtbot: QtBot, window: MainWindow, dataset: Path) -> MainWindow:
    window.open_path(dataset)
    qtbot.waitUntil(lambda: window.scans.model.rowCount() == 4, timeout=_LIMIT_MS)
    return window


def names(window: MainWindow) -> list[str]:
    return [scan.name for scan in window.scans.model.rows]


def wait_for_names(qtbot: QtBot, window: MainWindow, *wanted: str) -> None:
    qtbot.waitUntil(lambda: names(window) == list(wanted), timeout=_LIMIT_MS)


def test_scans_are_taken_off_the_list_and_brought_back(qtbot: QtBot, listed: MainWindow) -> None:
    scans = listed.scans
    scans.table.selectRow(1)
    qtbot.mouseClick(scans.remove_button, Qt.MouseButton.LeftButton)
    wait_for_names(qtbot, listed, "sub-1", "sub-3", "sub-4")
    assert scans.current.name == "sub-3", "the next one is marked"
    qtbot.mouseClick(scans.remove_button, Qt.MouseButton.LeftButton)
    wait_for_names(qtbot, listed, "sub-1", "sub-4")
    press_message_button(qtbot, listed.message_bar, "Undo")
    wait_for_names(qtbot, listed, "sub-1", "sub-3", "sub-4")
    qtbot.mouseClick(scans.remove_button, Qt.MouseButton.LeftButton)
    wait_for_names(qtbot, listed, "sub-1", "sub-4")
    qtbot.mouseClick(scans.undo_button, Qt.MouseButton.LeftButton)
    assert listed.message_bar.message is None, "sub-3 is not off the list any more"
    wait_for_names(qtbot, listed, "sub-1", "sub-3", "sub-4")
    qtbot.mouseClick(scans.undo_button, Qt.MouseButton.LeftButton)
    wait_for_names(qtbot, listed, "sub-1", "sub-2", "sub-3", "sub-4")


def test_a_change_of_the_list_that_was_undone_is_made_again_until_another_is_made(
    qtbot: QtBot, listed: MainWindow
) -> None:
    scans = listed.scans
    assert not scans.redo_button.isEnabled()
    for name in ("sub-1", "sub-2"):
        scans.table.selectRow(0)
        assert scans.current.name == name
        qtbot.mouseClick(scans.remove_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda name=name: name not in names(listed), timeout=_LIMIT_MS)
    for left in (["sub-2", "sub-3", "sub-4"], ["sub-1", "sub-2", "sub-3", "sub-4"]):
        qtbot.mouseClick(scans.undo_button, Qt.MouseButton.LeftButton)
        wait_for_names(qtbot, listed, *left)
    scans.table.setFocus()
    held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(scans, Qt.Key.Key_Z, held)
    wait_for_names(qtbot, listed, "sub-2", "sub-3", "sub-4")
    qtbot.mouseClick(scans.redo_button, Qt.MouseButton.LeftButton)
    wait_for_names(qtbot, listed, "sub-3", "sub-4")
    assert not scans.redo_button.isEnabled()
    qtbot.mouseClick(scans.undo_button, Qt.MouseButton.LeftButton)
    wait_for_names(qtbot, listed, "sub-2", "sub-3", "sub-4")
    scans.table.selectRow(2)
    qtbot.mouseClick(scans.remove_button, Qt.MouseButton.LeftButton)
    wait_for_names(qtbot, listed, "sub-2", "sub-3")
    assert not scans.redo_button.isEnabled(), "there is nothing to go forward to after a new change"


def test_a_folder_that_is_being_read_is_said_in_place_of_the_invitation(
    qtbot: QtBot, window: MainWindow, dataset: Path
) -> None:
    window.show_step(StepName.SCANS)
    title, told = window.scans.empty_state.title, []
    invitation = title.text()
    window.scans.list.busy.connect(lambda _text: told.append((title.text(), window.scans.summary.text())))
    window.open_path(dataset)
    wait_for_names(qtbot, window, "sub-1", "sub-2", "sub-3", "sub-4")
    reading = f"Reading {dataset.name}…"
    assert told == [(reading, f"0 scans, r{reading[1:]}"), (invitation, "0 scans")]


def test_scans_are_taken_off_by_key(qtbot: QtBot, listed: MainWindow) -> None:
    keys = {shortcut.key().toString() for shortcut in listed.scans.findChildren(QShortcut)}
    assert {"Del", "Ctrl+Z"} <= keys
    listed.scans.table.selectAll()
    delete = next(s for s in listed.scans.findChildren(QShortcut) if s.key().toString() == "Del")
    delete.activated.emit()
    wait_for_names(qtbot, listed)


def test_scan_that_was_taken_off_stays_off_after_a_restart_until_it_is_opened_again(
    qtbot: QtBot, listed: MainWindow, settings: WindowSettings, dataset: Path
) -> None:
    listed.scans.table.selectRow(1)
    qtbot.mouseClick(listed.scans.remove_button, Qt.MouseButton.LeftButton)
    wait_for_names(qtbot, listed, "sub-1", "sub-3", "sub-4")
    listed.close()
    window = restarted(qtbot, settings)
    wait_for_names(qtbot, window, "sub-1", "sub-3", "sub-4")
    window.open_path(dataset)
    wait_for_names(qtbot, window, "sub-1", "sub-2", "sub-3", "sub-4")
    window.context.background.wait()


def test_emptied_list_is_brought_back_where_nothing_else_is_left(qtbot: QtBot, listed: MainWindow) -> None:
    qtbot.mouseClick(listed.scans.clear_button, Qt.MouseButton.LeftButton)
    wait_for_names(qtbot, listed)
    listed.message_bar.dismiss()
    assert listed.scans.empty_state.undo_button.isVisible()
    qtbot.mouseClick(listed.scans.empty_state.undo_button, Qt.MouseButton.LeftButton)
    wait_for_names(qtbot, listed, "sub-1", "sub-2", "sub-3", "sub-4")
    assert not listed.scans.empty_state.undo_button.isVisible()


def test_scans_that_are_gone_are_said_and_come_back(
    qtbot: QtBot, window: MainWindow, settings: WindowSettings, scan_file: Path, tmp_path: Path
) -> None:
    scans = [Path(shutil.copy(scan_file, tmp_path / f"{name}.nii.gz")) for name in "abc"]
    window.opening.open_paths(scans)
    wait_for_names(qtbot, window, "a", "b", "c")
    window.close()
    away = tmp_path / "away"
    away.mkdir()
    for scan in scans[:2]:
        scan.rename(away / scan.name)
    window = restarted(qtbot, settings)
    wait_for_names(qtbot, window, "c")
    qtbot.waitUntil(lambda: "2 of the opened files" in said(window), timeout=_LIMIT_MS)
    window.close()
    for scan in scans[:2]:
        (away / scan.name).rename(scan)
    window = restarted(qtbot, settings)
    wait_for_names(qtbot, window, "a", "b", "c")
    window.context.background.wait()


# Corrected labels ------------------------------------------------------------------------------------


def edit(folder: Path, file: str, label: int) -> Path:
    """Set one voxel of a label map, and save it as the window does."""
    opened = read_labels_for_viewer(folder / file)
    changed = opened.labels.labels.copy()
    changed[20, 20, 20] = label
    return save_edited_copy(EditedLabels(opened.path, changed, opened.table, [0] * 256, [0] * 256))


def test_edited_labels_are_the_current_version_of_a_result(result_folder: Path) -> None:
    original = (result_folder / "labels_native.nii.gz").read_bytes()
    edit(result_folder, "labels_native.nii.gz", 7)
    second = edit(result_folder, "labels_native_edited.nii.gz", 8)
    assert second.name == "labels_native_edited-2.nii.gz", "the copy of a copy is the next copy"
    result = read_result_for_viewer(result_folder)
    assert result.labels.path == second
    assert result.labels.labels.labels[20, 20, 20] == 8
    assert result.files.original.read_bytes() == original
    assert any(finding.code == "edited" for finding in result.findings)


def test_edits_of_labels_that_were_replaced_since_are_not_the_current_version(
    result_folder: Path, labels: np.ndarray, affine: np.ndarray
) -> None:
    edit(result_folder, "labels_native.nii.gz", 7)
    labels[1, 1, 1] = 9
    save_label_map(result_folder / "labels_native.nii.gz", labels, affine)
    assert latest_edit(result_folder / "labels_native.nii.gz") is None
    assert load_label_map(find_result(result_folder).labels)[0][1, 1, 1] == 9


@pytest.mark.parametrize("is_anew", [True, False])
def test_edits_of_labels_that_were_made_anew_meanwhile_are_saved_and_do_not_count_in_their_place(
    qtbot: QtBot,
    window: MainWindow,
    result_folder: Path,
    labels: np.ndarray,
    affine: np.ndarray,
    is_anew: bool,
) -> None:
    window.opening.review_results((result_folder,))
    review = window.review
    qtbot.waitUntil(lambda: review.document.labels is not None, timeout=_LIMIT_MS)
    erase_at_crosshair(qtbot, window)
    if is_anew:
        labels[1, 1, 1] = 9
        save_label_map(result_folder / "labels_native.nii.gz", labels, affine)
    with qtbot.waitSignal(review.document.editor.message, timeout=_LIMIT_MS) as told:
        review.commands["save_copy"].trigger()
    what = told.args[0].what
    assert what.startswith("The edited labels are saved as labels_native_edited.nii.gz")
    assert ("is another one now" in what) == is_anew
    assert (latest_edit(result_folder / "labels_native.nii.gz") is None) == is_anew


def test_edits_that_are_discarded_before_a_scan_is_opened_are_gone(
    qtbot: QtBot,
    window: MainWindow,
    result_folder: Path,
    scan_file: Path,
    labels: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window.opening.review_results((result_folder,))
    review = window.review
    qtbot.waitUntil(lambda: review.document.labels is not None, timeout=_LIMIT_MS)
    erase_at_crosshair(qtbot, window)
    monkeypatch.setattr(FileDialogs, "file", lambda *_asked: scan_file)
    review.files.choose_scan()
    assert review.document.editor.is_changed
    press_message_button(qtbot, window.message_bar, "Discard the edits")
    qtbot.waitUntil(lambda: review.document.scan_path == scan_file, timeout=_LIMIT_MS)
    assert not review.document.editor.is_changed
    assert np.count_nonzero(review.document.editor.labels.labels) == np.count_nonzero(labels)


def test_edited_labels_open_again_in_review_and_segment_after_a_restart(
    qtbot: QtBot, window: MainWindow, settings: WindowSettings, result_folder: Path
) -> None:
    window.open_path(result_folder)
    qtbot.waitUntil(
        lambda: (
            window.segment_page.document.result is not None and window.segment_page.document.scan is not None
        ),
        timeout=_LIMIT_MS,
    )
    window.opening.review_result()
    review = window.review
    qtbot.waitUntil(lambda: review.document.labels is not None, timeout=_LIMIT_MS)
    erase_at_crosshair(qtbot, window)
    review.commands["save_copy"].trigger()
    copy = result_folder / "labels_native_edited.nii.gz"
    qtbot.waitUntil(lambda: window.segment_page.document.labels.path == copy, timeout=_LIMIT_MS)
    assert "edited" in review.result_line.text()
    window.close()
    again = restarted(qtbot, settings)
    qtbot.waitUntil(
        lambda: again.review is not None and again.review.document.labels is not None, timeout=_LIMIT_MS
    )
    assert again.current_step is StepName.REVIEW
    assert again.review.document.labels.path == copy
    assert "edited" in again.review.result_line.text()
    qtbot.keyClick(again, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: again.segment_page.document.labels is not None, timeout=_LIMIT_MS)
    assert again.segment_page.document.labels.path == copy
    again.context.background.wait()


def test_program_that_is_ended_from_outside_saves_the_edits(
    qtbot: QtBot, window: MainWindow, result_folder: Path
) -> None:
    window.opening.review_results((result_folder,))
    qtbot.waitUntil(lambda: window.review.document.labels is not None, timeout=_LIMIT_MS)
    review = window.review
    erase_at_crosshair(qtbot, window)
    window.save_without_asking()
    assert (result_folder / "labels_native_edited.nii.gz").exists()
    assert not review.document.editor.is_changed


# Folders of results ----------------------------------------------------------------------------------


@pytest.fixture
def batch(result_folder: Path, tmp_path: Path) -> Path:
    """The folder of a batch of three."""
    folder = tmp_path / "three scans"
    for name in ("a", "b", "c"):
        shutil.copytree(result_folder, folder / name)
    return folder


def open_batch(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    """Open a folder of results, and wait for the first."""
    window.open_path(folder)
    qtbot.waitUntil(
        lambda: window.review is not None and window.review.document.result is not None, timeout=_LIMIT_MS
    )


@pytest.mark.parametrize("how", ["drop", "result", "review"])
def test_folder_of_a_batch_opens_in_review_with_the_way_to_the_next(
    qtbot: QtBot, window: MainWindow, batch: Path, how: str
) -> None:
    if how == "review":
        window.show_step(StepName.REVIEW)
        window.review.files.open_path(batch)
    else:
        {"drop": window.open_path, "result": window.opening.open_result}[how](batch)
    review = window.review
    qtbot.waitUntil(lambda: review.document.result is not None, timeout=_LIMIT_MS)
    assert window.current_step is StepName.REVIEW
    assert review.document.result.folder == batch / "a"
    qtbot.mouseClick(review.results.next, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: review.document.result is not None and review.document.result.folder == batch / "b",
        timeout=_LIMIT_MS,
    )
    assert review.results.place.text() == "Result 2 of 3"


def test_result_that_is_gone_is_told_and_passed_over_and_found_again(
    qtbot: QtBot, window: MainWindow, batch: Path
) -> None:
    open_batch(qtbot, window, batch)
    review, elsewhere = window.review, batch.parent / "elsewhere"
    results = review.results

    def wait_for(name: str) -> None:
        qtbot.waitUntil(lambda: review.document.result.folder == batch / name, timeout=_LIMIT_MS)

    (batch / "b").rename(elsewhere)
    qtbot.mouseClick(results.next, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "labels_native" in said(window) or "not there" in said(window), timeout=_LIMIT_MS)
    assert review.document.result.folder == batch / "a"
    qtbot.mouseClick(results.next, Qt.MouseButton.LeftButton)
    wait_for("c")
    qtbot.mouseClick(results.previous, Qt.MouseButton.LeftButton)
    wait_for("a")
    # Back again, it is opened from the list, and lies on the way from then on.
    elsewhere.rename(batch / "b")
    qtbot.keyClick(results.box, Qt.Key.Key_Down)
    wait_for("b")
    qtbot.mouseClick(results.previous, Qt.MouseButton.LeftButton)
    wait_for("a")
    qtbot.mouseClick(results.next, Qt.MouseButton.LeftButton)
    wait_for("b")


def test_first_result_that_cannot_be_opened_is_passed_over_and_can_be_chosen_again(
    qtbot: QtBot, window: MainWindow, batch: Path
) -> None:
    labels = batch / "a" / "labels_native.nii.gz"
    whole = labels.read_bytes()
    labels.write_bytes(b"no label map")
    window.open_path(batch)
    qtbot.waitUntil(lambda: window.review is not None and "a" in said(window), timeout=_LIMIT_MS)
    review, results = window.review, window.review.results
    qtbot.waitUntil(lambda: results.place.text() == "3 results", timeout=_LIMIT_MS)
    qtbot.mouseClick(results.next, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: review.document.result is not None and review.document.result.folder == batch / "b",
        timeout=_LIMIT_MS,
    )
    assert results.place.text() == "Result 2 of 3"
    assert not results.previous.isEnabled()
    labels.write_bytes(whole)
    qtbot.keyClick(results.box, Qt.Key.Key_Up)
    qtbot.waitUntil(lambda: review.document.result.folder == batch / "a", timeout=_LIMIT_MS)


def test_ways_to_the_next_end_where_no_other_result_can_be_read(
    qtbot: QtBot, window: MainWindow, batch: Path
) -> None:
    open_batch(qtbot, window, batch)
    results = window.review.results
    for name in ("b", "c"):
        shutil.rmtree(batch / name)
        qtbot.mouseClick(results.next, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda folder=batch / name: folder in results._not_opened, timeout=_LIMIT_MS)
    assert (results.next.isEnabled(), results.previous.isEnabled()) == (False, False)


def test_unsaved_edits_keep_the_result_that_is_open(qtbot: QtBot, window: MainWindow, batch: Path) -> None:
    open_batch(qtbot, window, batch)
    review = window.review
    erase_at_crosshair(qtbot, window)
    qtbot.mouseClick(review.results.next, Qt.MouseButton.LeftButton)
    press_message_button(qtbot, window.message_bar, "Keep editing")
    assert review.results.place.text() == "Result 1 of 3"
    assert review.results.box.currentIndex() == 0
    review.document.editor.undo()


def test_raw_dataset_with_results_in_it_is_still_a_dataset(dataset: Path, result_folder: Path) -> None:
    shutil.copytree(result_folder, dataset / "derivatives" / "sub-1")
    shutil.copytree(result_folder, dataset / "derivatives" / "sub-2")
    assert kind_of(dataset) is OpenKind.SCAN
    assert kind_of(dataset / "derivatives") is OpenKind.RESULT
    assert len(results_in(dataset / "derivatives")) == 2


def test_results_go_to_a_folder_that_can_be_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: WindowSettings
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    from PySide6.QtCore import QSettings

    fresh = WindowSettings(QSettings(str(tmp_path / "fresh.ini"), QSettings.Format.IniFormat))
    assert not any(part.startswith(".") for part in fresh.results_folder.parts)
    first = fresh.results_folder
    fresh.results_folder = tmp_path / "elsewhere"
    assert fresh.results_folders[:2] == (tmp_path / "elsewhere", first), "earlier results are still listed"


def test_folder_of_results_is_shown_and_changed_in_segment(
    window: MainWindow, settings: WindowSettings, tmp_path: Path
) -> None:
    place = window.segment_page.segment_panel.place
    assert place.folder == settings.results_folder
    assert place.label.toolTip() == str(settings.results_folder)
    window.files.set_results_folder(tmp_path / "new place")
    assert place.folder == settings.results_folder == tmp_path / "new place"
