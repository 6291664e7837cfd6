"""Saving the study as another: by a job with the real worker, and the work goes on in the copy."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.cli.app import run
from brainstem_app.gui.file_dialogs import FileDialogs
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.jobs.job import EvaluateRunJob
from brainstem_app.study.study import Study

from ..study.made_study import add_result, make_study

Fake = Callable[[str], Path]
_LIMIT_MS = 120_000


def said(window: MainWindow) -> str:
    message = window.message_bar.message
    return "" if message is None else message.what


def test_work_goes_on_in_the_copy(
    qtbot: QtBot, open_study: MainWindow, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, copy = open_study, tmp_path / "second study"
    window.show_step(StepName.TRAIN)
    window.page(StepName.TRAIN).form.set_values({"epochs": 33})
    monkeypatch.setattr(FileDialogs, "new_folder", lambda *_: copy)
    window.commands["save_study_as"].trigger()
    (job,) = window.context.jobs.jobs
    assert window.jobs_panel.chosen is job
    qtbot.waitUntil(lambda: window.context.study.folder == copy, timeout=_LIMIT_MS)
    assert job.state == "finished"
    assert "you work in the copy now" in said(window)
    assert "second study" in window.windowTitle()
    assert window.current_step is StepName.TRAIN
    assert window.page(StepName.TRAIN).form.values()["epochs"] == 33
    assert [record.name for record in Study.open(copy).subjects()] == [r.name for r in study.subjects()]
    window.page(StepName.TRAIN).form.set_values({"epochs": 44})
    window.context.study.save()
    assert '"epochs": 33' in (study.folder / "window.json").read_text(encoding="utf-8")
    assert '"epochs": 44' in (copy / "window.json").read_text(encoding="utf-8")
    window.show_step(StepName.PREPARE)
    assert window.page(StepName.PREPARE).form.values()["study"] == str(copy)


def test_result_that_is_open_is_that_of_the_copy_then(
    qtbot: QtBot,
    open_study: MainWindow,
    study: Study,
    table: LabelTable,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window, copy = open_study, tmp_path / "second study"
    places = [add_result(study, table, f"sub-0{number}") for number in (1, 2)]
    window.opening.review_results(places)
    review = window.review
    qtbot.waitUntil(lambda: review.document.labels is not None, timeout=_LIMIT_MS)
    monkeypatch.setattr(FileDialogs, "new_folder", lambda *_: copy)
    window.commands["save_study_as"].trigger()
    moved = [copy / place.relative_to(study.folder) for place in places]
    qtbot.waitUntil(lambda: review.document.result.folder == moved[0], timeout=_LIMIT_MS)
    assert review.results.folders == tuple(moved)
    assert "another" not in said(window)
    window.context.study.open(study.folder)
    qtbot.waitUntil(lambda: "belongs to the study “second study”" in said(window), timeout=_LIMIT_MS)


def test_work_stays_where_something_was_decided_while_the_copy_was_made(
    qtbot: QtBot, open_study: MainWindow, study: Study, table: LabelTable, tmp_path: Path, fake_job: Fake
) -> None:
    place = add_result(study, table, "sub-01")
    os.utime(place / "state.json", (0, 0))
    fake_job('wait_for(cancelled); emit(event="finished", seconds=1.0)')
    window = open_study
    for changes in (True, False):
        target = tmp_path / f"copy {changes}"
        window.files.study.save_as(target)
        job = window.context.jobs.jobs[-1]
        if changes:
            assert run(["study", "accept", str(study.folder), "sub-01"]) == 0
        else:
            os.utime(place / "state.json", (0, 0))
            make_study(target, tmp_path / "ds")
        (job.folder / "cancel").touch()
        words = "has changed while it was made" if changes else "you work in the copy now"
        qtbot.waitUntil(lambda words=words: words in said(window), timeout=_LIMIT_MS)
        assert ("segmentations/sub-01/net-1/state.json" in said(window)) == changes
    qtbot.waitUntil(lambda: window.context.study.folder == target, timeout=_LIMIT_MS)


def test_copy_to_hand_on_names_nobody_and_the_work_stays(
    qtbot: QtBot, open_study: MainWindow, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, copy = open_study, tmp_path / "for others"
    monkeypatch.setattr(FileDialogs, "new_folder", lambda *_: copy)
    window.commands["share_study"].trigger()
    qtbot.waitUntil(lambda: "copy to hand on is whole" in said(window), timeout=_LIMIT_MS)
    assert window.context.study.folder == study.folder
    assert window.message_bar.message.where == str(copy)
    assert [record.name for record in Study.open(copy).subjects()] == [r.name for r in study.subjects()]
    assert (copy / "SHARED.txt").is_file()
    assert not (copy / "window.json").exists()
    assert str(tmp_path) not in (copy / "study.json").read_text(encoding="utf-8")


def test_folder_that_is_not_empty_is_refused_in_place(
    qtbot: QtBot, open_study: MainWindow, tmp_path: Path
) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "notes.txt").write_text("of somebody else", encoding="utf-8")
    open_study.files.study.save_as(taken)
    qtbot.waitUntil(lambda: "not empty" in said(open_study), timeout=_LIMIT_MS)
    assert open_study.message_bar.message.fix == "Choose a new or an empty folder."
    assert open_study.context.study.folder != taken


def test_study_with_a_job_at_work_is_not_copied(
    qtbot: QtBot, open_study: MainWindow, study: Study, fake_job: Fake, tmp_path: Path
) -> None:
    fake_job('wait_for(cancelled); emit(event="failed", what="Cancelled.", exit_status=3)')
    job = open_study.context.jobs.submit(
        EvaluateRunJob(study=study.folder, run="first"), "Measure", study.folder
    )
    open_study.files.study.save_as(tmp_path / "copy")
    assert "still at work" in said(open_study)
    assert open_study.context.jobs.jobs == [job]
    job.cancel()
    qtbot.waitUntil(lambda: job.state.is_over, timeout=_LIMIT_MS)


def test_saving_says_where_the_study_is(window: MainWindow, open_study: MainWindow, study: Study) -> None:
    open_study.commands["save_study"].trigger()
    assert open_study.message_bar.message.where == str(study.folder)


def test_without_a_study_there_is_nothing_to_save(window: MainWindow) -> None:
    assert not window.commands["save_study_as"].isEnabled()
    assert not window.commands["save_study"].isEnabled()
    assert not window.commands["share_study"].isEnabled()
