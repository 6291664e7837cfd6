"""The step Prepare: settings, state of every subject, pictures accepted or rejected by a key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.prepare.prepare_page import PreparePage
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.jobs.job import PrepareJob, read_job
from brainstem_app.study.quality import read_quality
from brainstem_app.study.study import Study

Fake = Callable[[str], Path]
_LIMIT_MS = 60_000


@pytest.fixture
def page(qtbot: QtBot, open_study: MainWindow) -> PreparePage:
    open_study.show_step(StepName.PREPARE)
    shown = open_study.page(StepName.PREPARE)
    qtbot.waitUntil(lambda: shown.model.rowCount() == 4, timeout=_LIMIT_MS)
    return shown


def column(page: PreparePage, title: str) -> list[str]:
    return [page.model.index(row, page.model.column_of(title)).data() for row in range(page.model.rowCount())]


def test_every_setting_of_the_job_can_be_set(page: PreparePage) -> None:
    fixed = {"version", "kind", "subjects"}
    assert {name.split(".")[0] for name in page.form.names} == set(PrepareJob.model_fields) - fixed


def test_table_shows_state_fit_and_part_of_every_subject(page: PreparePage) -> None:
    assert column(page, "State") == ["prepared", "prepared", "prepared", "failed"]
    assert column(page, "Fit") == ["0.90", "0.90", "0.90", ""]
    assert column(page, "Used for") == ["training", "validation", "test", ""]
    assert "1 to go" in page.estimate.text()


def test_failed_subject_says_why(page: PreparePage) -> None:
    page.table.selectRow(3)
    assert "The medulla is cut off." in page.view.reason.text()
    assert "Scan further down." in page.view.reason.text()
    assert not page.view.accept_button.isEnabled()


def test_keys_accept_reject_and_take_back(qtbot: QtBot, page: PreparePage, study: Study) -> None:
    page.table.selectRow(0)
    page.table.setFocus()
    qtbot.waitUntil(lambda: not page.view.picture.is_empty, timeout=_LIMIT_MS)
    page.window().activateWindow()
    qtbot.keyClick(page.table, Qt.Key.Key_A)
    assert page.current.name == "sub-2", "it goes to the next"
    qtbot.keyClick(page.table, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: column(page, "By eye")[1] == "rejected", timeout=_LIMIT_MS)
    assert read_quality(study.folder).decisions == {"sub-1": "accepted", "sub-2": "rejected"}
    assert study.splits().validation == ()
    page.table.selectRow(1)
    qtbot.keyClick(page.table, Qt.Key.Key_U)
    qtbot.waitUntil(lambda: column(page, "By eye")[1] == "", timeout=_LIMIT_MS)
    assert study.splits().validation == ("sub-2",)


def test_click_prepares_with_the_settings_of_the_form(
    qtbot: QtBot, page: PreparePage, study: Study, dataset: Path, fake_job: Fake, tmp_path: Path
) -> None:
    fake_job(f"""
emit(event="progress", done=0.5, total=1, message="fine warp", item="sub-4")
wait_for(lambda: cancelled() or Path({str(tmp_path / "go")!r}).exists())
emit(event="artifact", role="subject", path="x", item="sub-4")
emit(event="finished", seconds=1.0)
""")
    page.form.set_values({"jobs": 2, "repeat": True, "seed": 5})
    page.table.selectRow(3)
    qtbot.mouseClick(page.some_button, Qt.MouseButton.LeftButton)
    (job,) = page.context.jobs.jobs
    assert read_job(job.job_file) == PrepareJob(
        dataset=dataset, study=study.folder, jobs=2, repeat=True, seed=5, subjects=("sub-4",)
    )
    qtbot.waitUntil(lambda: column(page, "State")[3] == "fine warp", timeout=_LIMIT_MS)
    assert page.progress.isVisible()
    assert not page.all_button.isEnabled()
    (tmp_path / "go").touch()
    qtbot.waitUntil(lambda: job.state == "finished", timeout=_LIMIT_MS)
    qtbot.waitUntil(page.all_button.isEnabled, timeout=_LIMIT_MS)
    assert not page.progress.isVisible()


def test_without_a_dataset_it_says_where_to_get_one(window: MainWindow) -> None:
    window.show_step(StepName.PREPARE)
    page = window.page(StepName.PREPARE)
    assert "Ctrl+1" in page.estimate.text()
    assert not page.all_button.isEnabled()


def test_words_and_a_state_narrow_the_subjects(qtbot: QtBot, page: PreparePage) -> None:
    shown = page.table.model()
    everybody = shown.rowCount()
    page.state.setCurrentIndex(page.state.findData("failed"))
    failed = [shown.index(row, 0).data() for row in range(shown.rowCount())]
    assert 0 < len(failed) < everybody
    assert {subject.name for subject in page.model.rows if subject.state == "failed"} == set(failed)
    page.state.setCurrentIndex(0)
    qtbot.keyClicks(page.search, failed[0])
    assert [shown.index(row, 0).data() for row in range(shown.rowCount())] == [failed[0]]
    page.search.clear()
    assert shown.rowCount() == everybody
