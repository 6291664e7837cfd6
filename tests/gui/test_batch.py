"""Several scans at once: what is said before they are segmented, and the way on when they are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.report.report_search import ReportSearch
from brainstem_app.gui.segment.batch_sheet import BatchSheet
from brainstem_app.gui.segment.expected_time import seconds_a_scan, time_text
from brainstem_app.gui.segment.job_files import SegmentOutputs, segment_job
from brainstem_app.gui.segment.segment_panel import SegmentPanel
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.models.card import ModelCard, ModelResults
from brainstem_app.models.library import ModelFiles
from brainstem_app.reports.scan.model import ModelDescription
from brainstem_app.study.segmentations import model_folder
from brainstem_app.study.study import Study

from ..study.made_study import add_result, correct_by_hand, write_segmentation
from .message_buttons import press_message_button

_LIMIT_MS = 60_000
Fake = Callable[[str], Path]


def said(window: MainWindow) -> str:
    message = window.message_bar.message
    return "" if message is None else message.what


@pytest.fixture
def people(tmp_path: Path, scan_file: Path) -> list[Path]:
    """Scans of three people, all with one file name."""
    scans = [tmp_path / "raw" / person / "T1.nii.gz" for person in ("P1", "P2", "P3")]
    for scan in scans:
        scan.parent.mkdir(parents=True)
        shutil.copy(scan_file, scan)
    return scans


@pytest.fixture
def listed(qtbot: QtBot, window: MainWindow, people: list[Path]) -> MainWindow:
    window.opening.open_paths(people)
    qtbot.waitUntil(lambda: window.scans.model.rowCount() == 3, timeout=_LIMIT_MS)
    qtbot.waitUntil(lambda: window.scans.model.counts()[2] == 0, timeout=_LIMIT_MS)
    return window


def sheet_for_all(qtbot: QtBot, window: MainWindow) -> BatchSheet:
    """Mark all scans, press Segment, and return what is asked."""
    window.scans.table.selectAll()
    qtbot.mouseClick(window.scans.segment_button, Qt.MouseButton.LeftButton)
    (sheet,) = window.findChildren(BatchSheet)
    return sheet


def made_model(folder: Path, name: str, accuracy: float | None) -> ModelFiles:
    results = ModelResults(subjects=26, macro_miou=accuracy) if accuracy is not None else ModelResults()
    card = ModelCard(
        name=name,
        atlas="brainstem31",
        atlas_version="1",
        decoder="n_deconet",
        encoder="resnet34",
        classes=34,
        results=results,
    )
    return ModelFiles(folder, card, folder / "model.onnx", None)


def test_batch_begins_only_after_scans_model_and_folder_were_named(
    qtbot: QtBot, listed: MainWindow, settings: WindowSettings, fake_job: Fake
) -> None:
    fake_job('emit(event="finished", seconds=1.0)')
    sheet = sheet_for_all(qtbot, listed)
    assert sheet.scans.text() == "3: P1_T1, P2_T1, P3_T1"
    assert sheet.models.currentText() == "test-model"
    assert "not measured" in sheet.card.text()
    assert "color:" in sheet.card.text(), "in amber"
    assert sheet.place.folder == settings.results_folder
    assert sheet.apart.isVisible()
    assert "begin it first (Ctrl+N)" in sheet.apart.text()
    sheet.show_study(settings.results_folder)
    assert not sheet.apart.isVisible(), "they belong to a study"
    assert sheet.time.text() == "about 15 s on a usual computer; the first scan will tell"
    assert "P3_T1" in sheet.scans.toolTip()
    assert not listed.context.jobs.jobs
    qtbot.mouseClick(sheet.start_button, Qt.MouseButton.LeftButton)
    (job,) = listed.context.jobs.jobs
    assert job.record.title == "Segment 3 scans with test-model"
    qtbot.waitUntil(lambda: job.state.is_over, timeout=_LIMIT_MS)
    each = seconds_a_scan(listed.context.jobs.jobs)
    assert each == pytest.approx(job.record.seconds / 3)
    assert "judging by" in time_text(listed.context.jobs.jobs, 3)


def test_sheet_says_which_scans_of_a_study_are_done_and_begins_with_the_others(
    qtbot: QtBot, open_study: MainWindow, study: Study, table: LabelTable, model: ModelFiles, fake_job: Fake
) -> None:
    fake_job('emit(event="finished", seconds=1.0)')
    folders = [add_result(study, table, f"sub-{n}") for n in (1, 2)]
    of_model = [folder.with_name(model_folder(model.card.name, model.card.version)) for folder in folders]
    for folder, place in zip(folders, of_model, strict=True):
        folder.rename(place)
    correct_by_hand(of_model[0], 3)
    add_result(study, table, "sub-3")  # of another model
    window = open_study
    window.show_step(StepName.SCANS)
    qtbot.waitUntil(lambda: window.scans.model.rowCount() == 4, timeout=_LIMIT_MS)
    qtbot.waitUntil(lambda: window.scans.model.counts()[2] == 0, timeout=_LIMIT_MS)
    sheet = sheet_for_all(qtbot, window)
    qtbot.waitUntil(sheet.earlier.isVisible, timeout=_LIMIT_MS)
    assert sheet.earlier.text() == (
        "2 of 3 scans have results with this model (1 corrected). New ones take their place. "
        "Corrections and decisions hold only where the labels come out the same."
    )
    assert sheet.leave_out.isChecked()
    assert sheet.start_button.text() == "Segment 1 scan"
    qtbot.mouseClick(sheet.leave_out, Qt.MouseButton.LeftButton, pos=QPoint(8, sheet.leave_out.height() // 2))
    assert sheet.start_button.text() == "Segment 3 scans"
    qtbot.mouseClick(sheet.leave_out, Qt.MouseButton.LeftButton, pos=QPoint(8, sheet.leave_out.height() // 2))
    qtbot.mouseClick(sheet.start_button, Qt.MouseButton.LeftButton)
    (job,) = window.context.jobs.jobs
    assert [scan.name for scan in job.work.scans] == ["sub-3_T1w.nii.gz"]
    qtbot.waitUntil(lambda: job.state.is_over, timeout=_LIMIT_MS)


def test_result_that_was_corrected_is_not_replaced_without_a_question(
    qtbot: QtBot, open_study: MainWindow, study: Study, table: LabelTable, model: ModelFiles, fake_job: Fake
) -> None:
    fake_job('emit(event="finished", seconds=1.0)')
    window, page = open_study, open_study.segment_page
    for number in (1, 2):
        place = add_result(study, table, f"sub-{number}")
        place = place.rename(place.with_name(model_folder(model.card.name, model.card.version)))
        if number == 1:
            correct_by_hand(place, 3)
    window.show_step(StepName.SEGMENT)

    def segment(name: str) -> None:
        scan = Path(study.settings.dataset) / name / "anat" / f"{name}_T1w.nii.gz"
        page.document.opener.open_scan(scan)
        qtbot.waitUntil(lambda: page.document.scan_path == scan and page.can_segment, timeout=_LIMIT_MS)
        qtbot.mouseClick(page.segment_panel.start_button, Qt.MouseButton.LeftButton)

    segment("sub-1")
    qtbot.waitUntil(lambda: "(corrected)" in said(window), timeout=_LIMIT_MS)
    assert said(window).startswith("This scan has a result with this model (corrected). A new one takes its")
    press_message_button(qtbot, window.message_bar, "Keep it")
    assert not window.context.jobs.jobs
    segment("sub-1")
    press_message_button(qtbot, window.message_bar, "Segment again")
    assert len(window.context.jobs.jobs) == 1
    segment("sub-2")
    qtbot.waitUntil(lambda: len(window.context.jobs.jobs) == 2, timeout=_LIMIT_MS)
    qtbot.waitUntil(lambda: all(job.state.is_over for job in window.context.jobs.jobs), timeout=_LIMIT_MS)


def test_results_outside_of_a_study_are_said_to_stay_or_how_they_come_into_it(
    qtbot: QtBot,
    listed: MainWindow,
    people: list[Path],
    table: LabelTable,
    settings: WindowSettings,
    tmp_path: Path,
) -> None:
    card = listed.segment_page.segment_panel.offered[0].model.card
    made = ModelDescription(card.name, "a" * 64, card.version)
    job = segment_job(people[:1], card.name, SegmentOutputs(), settings.results_folder)
    write_segmentation(job.out / "T1", table, "T1.nii.gz", model=made)
    sheet = sheet_for_all(qtbot, listed)
    qtbot.waitUntil(sheet.earlier.isVisible, timeout=_LIMIT_MS)
    assert sheet.earlier.text() == (
        "1 of 3 scans has a result with this model. It stays; the new one goes beside it."
    )
    assert not sheet.leave_out.isChecked()
    assert sheet.start_button.text() == "Segment 3 scans"
    sheet.show_study(tmp_path / "segmentations")
    assert sheet.earlier.text() == (
        "1 of 3 scans has a result of this model outside of the study. "
        "File ▸ Bring results into the study… takes it in."
    )
    assert sheet.start_button.text() == "Segment 3 scans"
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)


def test_batch_that_is_not_confirmed_does_not_begin(qtbot: QtBot, listed: MainWindow) -> None:
    sheet = sheet_for_all(qtbot, listed)
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert not listed.context.jobs.jobs


def test_model_that_ships_is_chosen_at_each_start_whatever_was_used_before(
    qtbot: QtBot, tmp_path: Path, settings: WindowSettings
) -> None:
    mine, shipped = made_model(tmp_path, "a-first", None), made_model(tmp_path, "brainstem31", 0.74)
    panel = SegmentPanel(settings)
    qtbot.addWidget(panel)
    panel.set_models((mine, shipped))
    assert panel.model == "brainstem31"
    assert "color:" not in panel.card.text()
    panel.choose("a-first")
    assert "not measured" in panel.card.text()
    assert "color:" in panel.card.text()
    again = SegmentPanel(settings)
    qtbot.addWidget(again)
    again.set_models((mine, shipped))
    assert again.model == "brainstem31"


def test_models_that_are_listed_anew_change_no_choice(
    qtbot: QtBot, tmp_path: Path, settings: WindowSettings
) -> None:
    mine, shipped = made_model(tmp_path, "mine", 0.5), made_model(tmp_path, "brainstem31", 0.74)
    opened = made_model(tmp_path, "from a file", None)
    panel = SegmentPanel(settings)
    qtbot.addWidget(panel)
    panel.set_models((shipped,))
    panel.add_model(opened, tmp_path / "other.onnx")
    panel.set_models((shipped, mine))
    assert panel.model == str(tmp_path / "other.onnx")
    assert panel.models.count() == 3


_TWO_OF_THREE = """
out = Path(job["out"])
for name in ("P1_T1", "P2_T1"):
    import shutil
    shutil.copytree({result!r}, out / name)
    emit(event="artifact", role="labels_native", path=str(out / name / "labels_native.nii.gz"))
emit(event="warned", what="P3_T1: the medulla is cut.", where="", fix="")
"""
_FAILED = """
emit(event="failed", what="1 of 3 scans could not be segmented: P3_T1.", where="", fix="", exit_status=1)
"""


def test_finished_batch_leads_to_review_by_one_click(
    qtbot: QtBot, listed: MainWindow, result_folder: Path, fake_job: Fake
) -> None:
    fake_job(_TWO_OF_THREE.format(result=str(result_folder)) + 'emit(event="finished", seconds=1.0)')
    qtbot.mouseClick(sheet_for_all(qtbot, listed).start_button, Qt.MouseButton.LeftButton)
    (job,) = listed.context.jobs.jobs
    qtbot.waitUntil(lambda: job.state.is_over, timeout=_LIMIT_MS)
    qtbot.waitUntil(lambda: "segmented" in said(listed), timeout=_LIMIT_MS)
    press_message_button(qtbot, listed.message_bar, "Review them")
    assert listed.current_step is StepName.REVIEW
    qtbot.waitUntil(lambda: listed.review.document.result is not None, timeout=_LIMIT_MS)
    assert listed.review.document.result.folder.name == "P1_T1"
    assert listed.review.results.place.text() == "Result 1 of 2"


def test_way_to_the_results_of_a_batch_is_still_offered_to_who_comes_back_late(
    qtbot: QtBot, listed: MainWindow, result_folder: Path, fake_job: Fake
) -> None:
    bar = listed.message_bar
    bar.reading_ms = bar.choosing_ms = 100
    script = """
import shutil
for name in ("P1_T1", "P2_T1", "P3_T1"):
    shutil.copytree({result!r}, Path(job["out"]) / name)
emit(event="finished", seconds=1.0)
"""
    fake_job(script.format(result=str(result_folder)))
    qtbot.mouseClick(sheet_for_all(qtbot, listed).start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: said(listed).startswith("3 scans are segmented."), timeout=_LIMIT_MS)
    qtbot.wait(500)
    assert said(listed).startswith("3 scans are segmented.")


def test_finished_batch_asks_no_more_once_its_results_are_looked_at(
    qtbot: QtBot, listed: MainWindow, result_folder: Path, fake_job: Fake
) -> None:
    fake_job(_TWO_OF_THREE.format(result=str(result_folder)) + 'emit(event="finished", seconds=1.0)')
    qtbot.mouseClick(sheet_for_all(qtbot, listed).start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Look at them now?" in said(listed), timeout=_LIMIT_MS)
    listed.commands["step_segment"].trigger()
    assert "Look at them now?" in said(listed), "Segment does not show them"
    listed.commands["step_report"].trigger()
    assert listed.current_step is StepName.REPORT
    assert "Look at them now?" not in said(listed)


def test_batch_with_a_failure_still_leads_to_what_is_done(
    qtbot: QtBot, listed: MainWindow, result_folder: Path, fake_job: Fake
) -> None:
    fake_job(_TWO_OF_THREE.format(result=str(result_folder)) + _FAILED)
    qtbot.mouseClick(sheet_for_all(qtbot, listed).start_button, Qt.MouseButton.LeftButton)
    (job,) = listed.context.jobs.jobs
    qtbot.waitUntil(lambda: job.state.is_over, timeout=_LIMIT_MS)
    message = listed.message_bar.message
    assert message.what == "2 scans are segmented. 1 of 3 scans could not be segmented: P3_T1."
    assert "Review them" in [action.text for action in message.actions]
    listed.message_bar.dismiss()
    assert listed.message_bar.message is None, "one end of a job is told once"


def test_job_of_an_earlier_window_leads_to_review_from_the_panel(
    qtbot: QtBot, listed: MainWindow, settings: WindowSettings, result_folder: Path, fake_job: Fake
) -> None:
    fake_job(_TWO_OF_THREE.format(result=str(result_folder)) + 'emit(event="finished", seconds=1.0)')
    qtbot.mouseClick(sheet_for_all(qtbot, listed).start_button, Qt.MouseButton.LeftButton)
    (job,) = listed.context.jobs.jobs
    qtbot.waitUntil(lambda: job.state.is_over, timeout=_LIMIT_MS)
    listed.close()
    window = MainWindow(settings)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: bool(window.context.jobs.jobs), timeout=_LIMIT_MS)
    window.show_jobs()
    qtbot.mouseClick(window.jobs_panel.review_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: window.review is not None and window.review.document.result is not None, timeout=_LIMIT_MS
    )
    assert window.review.results.place.text() == "Result 1 of 2"
    window.context.background.wait()


def test_results_name_their_model_in_list_and_viewer(
    qtbot: QtBot, window: MainWindow, settings: WindowSettings, result_folder: Path
) -> None:
    settings.results_folder = result_folder.parent.parent
    report = json.loads((result_folder / "report.json").read_text(encoding="utf-8"))
    report["model"] = {"name": "one-epoch", "version": "1", "test_macro_miou": None}
    (result_folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    window.open_path(result_folder)
    qtbot.waitUntil(lambda: window.segment_page.document.result is not None, timeout=_LIMIT_MS)
    line = window.segment_page.scan_panel.result
    qtbot.waitUntil(line.isVisible, timeout=_LIMIT_MS)
    assert "one-epoch version 1" in line.text()
    assert "not measured" in line.text()
    window.show_step(StepName.REVIEW)
    assert "one-epoch version 1" in window.review.result_line.text()
    window.show_step(StepName.REPORT)
    report_page = window.page(StepName.REPORT)
    qtbot.waitUntil(lambda: bool(report_page.entries), timeout=_LIMIT_MS)
    kinds = [report_page.list.topLevelItem(n) for n in range(report_page.list.topLevelItemCount())]
    assert "not measured, one-epoch version 1" in [
        kind.child(0).text(1) for kind in kinds if kind.childCount()
    ]
    qtbot.mouseClick(report_page.review_button, Qt.MouseButton.LeftButton)
    assert window.current_step is StepName.REVIEW


def test_two_people_with_one_file_name_get_folders_that_tell_them_apart(
    people: list[Path], tmp_path: Path
) -> None:
    jobs = [segment_job((scan,), "m", SegmentOutputs(), tmp_path / "results") for scan in people]
    assert [job.name for job in jobs] == ["T1", "P2_T1", "P3_T1"]
    assert len({job.out for job in jobs}) == 3
    again = segment_job((people[0],), "m", SegmentOutputs(), tmp_path / "results")
    assert again.out not in {job.out for job in jobs}


def test_subjects_of_two_datasets_with_one_name_are_told_apart_by_their_dataset(
    tmp_path: Path, scan_file: Path
) -> None:
    scans = [tmp_path / name / "sub-01" / "anat" / "sub-01_T1w.nii.gz" for name in ("one", "two")]
    for scan in scans:
        scan.parent.mkdir(parents=True)
        nib.save(nib.load(scan_file), scan)
    jobs = [segment_job((scan,), "m", SegmentOutputs(), tmp_path / "results") for scan in scans]
    assert jobs[1].name == "two_sub-01_T1w"


def test_results_of_every_folder_that_was_used_are_listed(result_folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other place" / "job"
    shutil.copytree(result_folder, other / "b")
    found = ReportSearch().find(None, tmp_path / "other place", result_folder.parent.parent)
    assert {entry.folder for entry in found.entries} == {other / "b", result_folder}
