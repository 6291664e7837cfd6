"""Corrected labels in Review: one button writes their report anew, another brings the original ones back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.report.report_search import ReportSearch
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.jobs.job import CorrectFolderJob, RestoreFolderJob

from .message_buttons import press_message_button

_LIMIT_MS = 60_000
#: What the jobs leave behind, as far as the window looks at it.
_JOBS = """
import hashlib
home = Path(job["result"])
copy, edited, aside = home / "labels_native_edited.nii.gz", home / "edited", home / "put_aside"
if job["kind"] == "correct-folder":
    edited.mkdir()
    files = {"labels": {"sha256": hashlib.sha256(copy.read_bytes()).hexdigest()}}
    (edited / "manifest.json").write_text(json.dumps({"files": files}))
    (edited / "report.html").write_text("anew")
    (edited / "report.json").write_bytes((home / "report.json").read_bytes())
else:
    aside.mkdir()
    for path in (edited, copy, copy.with_name("labels_native_edited.json")):
        path.rename(aside / path.name)
emit(event="finished", seconds=1.0)
"""


@pytest.fixture
def review(qtbot: QtBot, window: MainWindow, result_folder: Path) -> ReviewPage:
    """Review with a loose result that was drawn on, and nothing saved."""
    window.opening.review_results((result_folder,))
    page = window.page(StepName.REVIEW)
    qtbot.waitUntil(lambda: page.document.labels is not None, timeout=_LIMIT_MS)
    document = page.document
    document.choose_largest()
    assert not page.commands["report_anew"].isEnabled(), "nobody has corrected it"
    page.views.go_to(document.editor.place(document.editor.label))
    page.commands["eraser"].trigger()
    qtbot.keyClick(page.views.main_view, Qt.Key.Key_Space)
    assert document.editor.is_changed
    return page


def _press(qtbot: QtBot, page: ReviewPage, name: str) -> None:
    buttons = page.edit_panel.findChildren(QToolButton)
    (button,) = [one for one in buttons if one.defaultAction() is page.commands[name]]
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_report_of_a_loose_result_is_written_anew_and_the_original_comes_back(
    qtbot: QtBot,
    window: MainWindow,
    review: ReviewPage,
    result_folder: Path,
    fake_job: Callable[[str], Path],
) -> None:
    fake_job(_JOBS)
    document, jobs, results = review.document, window.context.jobs, result_folder.parents[1]
    _press(qtbot, review, "report_anew")
    qtbot.waitUntil(lambda: bool(document.result.is_anew), timeout=_LIMIT_MS)
    assert jobs.jobs[-1].work == CorrectFolderJob(result=result_folder), "its job file says where the scan is"
    assert document.result.report_html == result_folder / "edited" / "report.html"
    assert not document.editor.is_changed
    assert "report of head_T1w is that of the corrected labels" in window.message_bar.message.what
    (entry,) = ReportSearch().find(None, results).entries
    assert (entry.is_corrected, entry.is_edited) == (True, False)
    assert entry.page == result_folder / "edited" / "report.html"
    _press(qtbot, review, "restore")
    qtbot.waitUntil(lambda: document.result.edited is None, timeout=_LIMIT_MS)
    assert jobs.jobs[-1].work == RestoreFolderJob(result=result_folder)
    assert document.result.report_html == result_folder / "report.html"
    qtbot.waitUntil(lambda: document.labels.path == document.result.original, timeout=_LIMIT_MS)
    assert not review.commands["restore"].isEnabled()
    (entry,) = ReportSearch().find(None, results).entries
    assert not entry.is_corrected


def test_what_is_drawn_while_the_original_is_made_to_count_is_asked_about(
    qtbot: QtBot,
    window: MainWindow,
    review: ReviewPage,
    result_folder: Path,
    fake_job: Callable[[str], Path],
) -> None:
    fake_job(_JOBS.replace("import hashlib", "import hashlib; wait_for(lambda: (folder / 'go').exists())"))
    document = review.document
    _press(qtbot, review, "save_copy")
    copy = result_folder / "labels_native_edited.nii.gz"
    qtbot.waitUntil(lambda: document.result.edited is not None and not document.editor.is_changed)
    (result_folder / "edited").mkdir()
    _press(qtbot, review, "restore")
    document.editor.undo()  # drawn meanwhile: the one voxel comes back
    assert document.editor.is_changed
    (window.context.jobs.jobs[-1].folder / "go").touch()
    qtbot.waitUntil(lambda: not copy.exists(), timeout=_LIMIT_MS)
    words = "have edits that are not saved"
    qtbot.waitUntil(lambda: words in window.message_bar.message.what, timeout=_LIMIT_MS)
    assert document.editor.is_changed
    press_message_button(qtbot, window.message_bar, "Save a copy and go on")
    qtbot.waitUntil(lambda: copy.exists() and document.labels.path == copy, timeout=_LIMIT_MS)


def test_scan_that_nothing_leads_to_is_the_one_that_is_open(
    qtbot: QtBot,
    window: MainWindow,
    review: ReviewPage,
    result_folder: Path,
    scan_file: Path,
    fake_job: Callable[[str], Path],
) -> None:
    fake_job(_JOBS)
    (result_folder.parent / "job.json").unlink()
    _press(qtbot, review, "report_anew")
    qtbot.waitUntil(lambda: bool(review.document.result.is_anew), timeout=_LIMIT_MS)
    assert window.context.jobs.jobs[-1].work == CorrectFolderJob(result=result_folder, scan=scan_file)
