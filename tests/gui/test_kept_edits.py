"""Edits that are not saved are kept aside, and offered again after the program broke down."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.imaging.label_map import load_label_map, save_label_map
from brainstem_app.locks.owner import LockOwner, start_of

from .test_work_is_kept import erase_at_crosshair, press_message_button, restarted, said

_LIMIT_MS = 30_000


def _files(settings: WindowSettings) -> list[Path]:
    return list(settings.kept_edits_folder.glob("*.npz"))


def _opened(qtbot: QtBot, window: MainWindow, result: Path) -> ReviewPage:
    window.opening.review_results((result,))
    qtbot.waitUntil(lambda: window.review.document.labels is not None, timeout=_LIMIT_MS)
    qtbot.waitUntil(lambda: not window.context.background.is_busy, timeout=_LIMIT_MS)
    return window.review


@pytest.fixture
def drawn(
    qtbot: QtBot, window: MainWindow, settings: WindowSettings, result_folder: Path
) -> tuple[ReviewPage, np.ndarray]:
    """Review with an edit that is kept, and the labels as they are with it."""
    review = _opened(qtbot, window, result_folder)
    erase_at_crosshair(qtbot, window)
    assert review.kept._timer.isActive(), "nobody has to ask for it"
    review.kept.keep()
    qtbot.waitUntil(lambda: len(_files(settings)) == 1, timeout=_LIMIT_MS)
    review.kept._timer.stop()  # as if the program were no more
    return review, review.document.editor.labels.labels.copy()


def test_edits_are_offered_after_the_program_was_killed(
    qtbot: QtBot, drawn: tuple[ReviewPage, np.ndarray], settings: WindowSettings, result_folder: Path
) -> None:
    again = restarted(qtbot, settings)  # the first one has saved nothing, and was not closed
    review = _opened(qtbot, again, result_folder)
    assert "not saved when the program ended" in said(again)
    assert not review.document.editor.is_changed
    press_message_button(qtbot, again.message_bar, "Show them")
    assert np.array_equal(review.document.editor.labels.labels, drawn[1])
    review.document.editor.undo()
    assert not review.document.editor.is_changed
    assert _files(settings) == []
    again.context.background.wait()


def test_edits_of_another_window_that_is_open_are_neither_offered_nor_lost(
    qtbot: QtBot, drawn: tuple[ReviewPage, np.ndarray], settings: WindowSettings, result_folder: Path
) -> None:
    (file,) = _files(settings)
    with np.load(file) as content:
        kept = dict(content)
    another = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        theirs = LockOwner.this_process("edits").model_copy(
            update={"pid": another.pid, "started": start_of(another.pid)}
        )
        file.unlink()
        file = file.with_name(file.name.replace(str(os.getpid()), str(another.pid)))
        np.savez(file, **{**kept, "owner": np.array(theirs.model_dump_json())})
        again = restarted(qtbot, settings)
        review = _opened(qtbot, again, result_folder)
        assert "not saved" not in said(again)
        erase_at_crosshair(qtbot, again)
        review.kept.keep()
        qtbot.waitUntil(lambda: len(_files(settings)) == 2, timeout=_LIMIT_MS)
        review.document.editor.undo()
        qtbot.waitUntil(lambda: _files(settings) == [file], timeout=_LIMIT_MS)
    finally:
        another.kill()
        another.wait()
    third = restarted(qtbot, settings)
    _opened(qtbot, third, result_folder)
    assert "not saved when the program ended" in said(third)
    for window in (again, third):
        window.context.background.wait()


def test_edits_that_are_saved_are_not_kept(
    qtbot: QtBot, drawn: tuple[ReviewPage, np.ndarray], settings: WindowSettings, result_folder: Path
) -> None:
    drawn[0].commands["save_copy"].trigger()
    qtbot.waitUntil((result_folder / "labels_native_edited.nii.gz").exists, timeout=_LIMIT_MS)
    qtbot.waitUntil(lambda: _files(settings) == [], timeout=_LIMIT_MS)


def test_edits_that_are_discarded_are_not_kept(
    qtbot: QtBot, drawn: tuple[ReviewPage, np.ndarray], window: MainWindow, settings: WindowSettings
) -> None:
    window.close()
    press_message_button(qtbot, window.message_bar, "Discard the edits")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=_LIMIT_MS)
    assert _files(settings) == []


def test_edits_can_be_thrown_away_and_are_offered_as_what_they_are_over_labels_that_are_others_now(
    qtbot: QtBot, drawn: tuple[ReviewPage, np.ndarray], settings: WindowSettings, result_folder: Path
) -> None:
    (file,) = _files(settings)
    kept = file.read_bytes()
    again = restarted(qtbot, settings)
    _opened(qtbot, again, result_folder)
    press_message_button(qtbot, again.message_bar, "Throw them away")
    assert not again.review.document.editor.is_changed
    assert _files(settings) == []
    file.write_bytes(kept)
    labels = result_folder / "labels_native.nii.gz"
    voxels, affine = load_label_map(labels)
    save_label_map(labels, np.where(voxels == 5, 0, voxels), affine)
    third = restarted(qtbot, settings)
    review = _opened(qtbot, third, result_folder)
    assert "Edits of the labels that were here before were not saved" in said(third)
    press_message_button(qtbot, third.message_bar, "Show them")
    assert review.document.editor.is_changed
    review.document.editor.undo()
    assert _files(settings) == []
    file.write_bytes(kept)
    save_label_map(labels, np.zeros((4, 4, 4), np.uint8), affine)
    fourth = restarted(qtbot, settings)
    _opened(qtbot, fourth, result_folder)
    assert "not saved" not in said(fourth), "they fit no more"
    assert _files(settings) == []
    for window in (again, third, fourth):
        window.context.background.wait()
