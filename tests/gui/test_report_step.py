"""The step Report: numbers of a run and of a segmentation, and copies of their files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from brainstem_app.atlas.disagreement import disagreement_about
from brainstem_app.atlas.library import load_atlas
from brainstem_app.evaluation.structures import measure_structures
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.report.report_page import ReportPage
from brainstem_app.gui.report.retest_panel import PairsFrom
from brainstem_app.gui.segment.job_files import SegmentOutputs, scan_name, segment_job
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.jobs.job import EvaluateRunJob, read_job
from brainstem_app.reports.evaluation.files import write_evaluation_report
from brainstem_app.reports.evaluation.model import EvaluationInputs, MethodResult
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import ReportInputs
from brainstem_app.study.study import Study

Fake = Callable[[str], Path]
_LIMIT_MS = 60_000


def measure(folder: Path) -> None:
    """Write the report of a run that was right on half of each structure."""
    atlas = load_atlas()
    counts = np.diag(np.full(atlas.table.n_classes, 10, np.int64))
    counts[:, 0] += 10
    reference = np.zeros((9, 8, 8), np.uint8)
    reference[2:4, 3:5, 3:5] = atlas.table.by_name("PAG").index
    measures = measure_structures(
        np.roll(reference, 1, axis=0), np.diag([2.0, 1, 1, 1]), atlas.table, reference
    )
    write_evaluation_report(
        folder,
        EvaluationInputs(
            result=MethodResult("first", {"sub-3": counts, "sub-5": counts}, {"sub-3": 1.0, "sub-5": 1.0}),
            table=atlas.table,
            atlas_name=atlas.name,
            atlas_version=atlas.version,
            measures={"sub-3": measures, "sub-5": measures},
        ),
    )


@pytest.fixture
def page(qtbot: QtBot, open_study: MainWindow) -> ReportPage:
    open_study.show_step(StepName.REPORT)
    shown = open_study.page(StepName.REPORT)
    qtbot.waitUntil(lambda: shown.content is not None, timeout=_LIMIT_MS)
    return shown


def test_rail_counts_reports_and_runs_without_one_and_nothing_of_a_study_that_is_closed(
    qtbot: QtBot, page: ReportPage, open_study: MainWindow
) -> None:
    assert open_study.step_bar.status_of(StepName.REPORT) == "1 run not measured"
    measure(page.context.study.folder / "runs" / "first")
    page.read()
    qtbot.waitUntil(lambda: open_study.step_bar.status_of(StepName.REPORT) == "1 report", timeout=_LIMIT_MS)
    open_study.show_step(StepName.SCANS)
    with qtbot.waitSignal(page.context.study.opened, timeout=_LIMIT_MS):
        page.context.study.close()
    assert open_study.step_bar.status_of(StepName.REPORT) == ""


def test_run_that_was_not_measured_can_be(
    qtbot: QtBot, page: ReportPage, study: Study, fake_job: Fake
) -> None:
    assert "not been measured" in page.lines.text()
    assert not page.measure_button.isEnabled(), "there is no network yet"
    (study.run_folder("first") / "best.keras").write_bytes(b"x")
    page._update()
    fake_job('emit(event="finished", seconds=1.0)')
    qtbot.mouseClick(page.measure_button, Qt.MouseButton.LeftButton)
    (job,) = page.context.jobs.jobs
    assert read_job(job.job_file) == EvaluateRunJob(study=study.folder, run="first")
    measure(study.run_folder("first"))
    qtbot.waitUntil(lambda: page.model.rowCount() == 34, timeout=_LIMIT_MS)
    assert page.model.index(0, 0).data() == "PAG"
    headers = [page.model.headerData(i, Qt.Orientation.Horizontal) for i in range(page.model.columnCount())]
    assert headers[2:6] == [
        "IoU\n95 % interval",
        "0 to 1",
        "Distance\nmm, median",
        "References\ndisagree, mm",
    ]
    unbroken = "\N{NO-BREAK SPACE}".join(("0.50", "[0.50,", "0.50]"))
    assert page.model.index(0, 2).data().replace(" ", "\N{NO-BREAK SPACE}") == unbroken
    assert page.model.index(0, 4).data() == "1.00"
    apart = disagreement_about("brainstem31", load_atlas().version).between_mm("PAG")
    assert page.model.index(0, 5).data() == f"{apart:.2f}"
    assert "at 1.00 mm" in page.lines.text()
    assert "2 (test)" in page.lines.text()
    assert "not an expert" in page.notes.text()


def test_export_copies_the_kind_that_the_name_ends_in(
    qtbot: QtBot, page: ReportPage, study: Study, tmp_path: Path
) -> None:
    measure(study.run_folder("first"))
    page._read_again("first")
    qtbot.waitUntil(lambda: page.model.rowCount() == 34, timeout=_LIMIT_MS)
    files = page.chosen.files
    page.export.save(page.chosen, tmp_path / "numbers.csv", files[0])
    page.export.save(page.chosen, tmp_path / "page", files[0])
    page.export.save(page.chosen, tmp_path / "to print.pdf", files[0])
    for name in ("page.html", "to print.pdf"):
        qtbot.waitUntil((tmp_path / name).exists, timeout=_LIMIT_MS)
    assert (tmp_path / "to print.pdf").read_bytes().startswith(b"%PDF-")
    assert page.pdf_button.isVisible()
    assert (tmp_path / "numbers.csv").read_bytes() == (study.run_folder("first") / "metrics.csv").read_bytes()


def test_segmentations_are_listed_too(
    qtbot: QtBot, window: MainWindow, settings: WindowSettings, result_folder: Path
) -> None:
    settings.results_folder = result_folder.parent.parent
    window.show_step(StepName.REPORT)
    page = window.page(StepName.REPORT)
    qtbot.waitUntil(lambda: page.content is not None, timeout=_LIMIT_MS)
    assert page.chosen.name == "head_T1w · made result"
    assert "medulla" in page.lines.text()
    assert page.open_button.isEnabled()
    assert not page.measure_button.isVisible()
    assert not page.pdf_button.isVisible()
    assert not page.report.picture.isVisible()
    QImage(40, 30, QImage.Format.Format_RGB32).save(str(result_folder / "qc.png"))
    (result_folder / "report.pdf").write_bytes(b"%PDF-")
    page._read_again(page.chosen.name)
    qtbot.waitUntil(page.report.picture.isVisible, timeout=_LIMIT_MS)
    assert page.pdf_button.isVisible()
    group = page.list.currentItem().parent()
    qtbot.keyClicks(page.search, "nobody")
    assert group.isHidden()
    page.search.clear()
    qtbot.keyClicks(page.search, "HEAD")
    assert not group.isHidden()
    assert not page.list.currentItem().isHidden()


@pytest.fixture
def people(tmp_path: Path, settings: WindowSettings) -> Path:
    """Segmentations of eight people and one again, and the table that says who is a patient."""
    atlas = load_atlas()
    raw, results = tmp_path / "raw", settings.results_folder
    lines = ["participant_id\tage\tsex\teTIV\tdiagnosis"]
    scans = []
    for number in range(1, 9):
        name, is_patient = f"sub-{number}", number > 4
        scan = raw / name / "anat" / f"{name}_T1w.nii.gz"
        scan.parent.mkdir(parents=True)
        scan.touch()
        scans.append(scan)
        lines.append(
            f"{name}\t{20 + number}\t{'FM'[number % 2]}\t{1500 + number * 37 % 11}\t{'pc'[not is_patient]}"
        )
    (raw / "participants.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    job = segment_job(scans, "m", SegmentOutputs(), results, "8 scans")
    for number, scan in enumerate(scans, start=1):
        labels = np.zeros((10, 10, 10), dtype=np.uint8)
        labels.reshape(-1)[: 100 + number % 3 - 20 * (number > 4)] = 3
        labels.reshape(-1)[500:510] = 4
        inputs = ReportInputs(labels, np.eye(4), atlas.table, atlas.name, atlas.version, name=scan.name)
        folder = job.out / scan_name(scan)
        folder.mkdir()
        report = build_report(inputs, make_manifest(inputs, "2026-01-01T00:00:00+00:00"))
        (folder / "report.json").write_text(report.to_json(), encoding="utf-8")
    return raw


def test_groups_of_people_are_compared_by_the_real_worker(
    qtbot: QtBot, window: MainWindow, people: Path
) -> None:
    window.show_step(StepName.REPORT)
    page = window.page(StepName.REPORT)
    panel = page.cohort
    qtbot.mouseClick(page.cohort_button, Qt.MouseButton.LeftButton)
    assert panel.isVisible()
    qtbot.waitUntil(lambda: len(panel.subjects.ticked()) == 8, timeout=_LIMIT_MS)
    assert panel.table.text() == str(people / "participants.tsv")
    assert panel.group.currentData() == "diagnosis"
    assert not panel.start_button.isEnabled(), "neither group is called control"
    panel.reference.setCurrentText("c")
    assert "A group needs 5 people" in panel.said.text()
    panel.least.setValue(4)
    panel.tabs.setCurrentWidget(panel.adjust)
    panel.covariates.tick(["age"])
    assert panel.head_size.isVisible()
    qtbot.mouseClick(panel.start_button, Qt.MouseButton.LeftButton)
    (job,) = window.context.jobs.jobs
    assert (job.work.group, job.work.reference, job.work.covariates) == ("diagnosis", "c", ("age",))
    qtbot.waitUntil(
        lambda: page.content is not None and page.content.entry.kind == "cohort", timeout=3 * _LIMIT_MS
    )
    assert page.view.isVisible()
    assert page.model.rowCount() == 31
    assert "diagnosis: p against c" in page.lines.text()
    assert "adjusted for age, eTIV" in page.lines.text()
    assert page.report.dots.isVisible()
    assert "c: 4 people, mean 101 mm³" in page.report.dots.accessibleDescription()
    assert {file.name for file in page.chosen.files} == {
        "cohort.html",
        "cohort.csv",
        "cohort.json",
        "cohort.pdf",
        "cohort.xlsx",
        "volumes.csv",
        "zscores.csv",
        "people.csv",
    }
    tabs = page.report.tabs
    assert [tabs.tabText(number) for number in range(tabs.count())] == [
        "p (4 subjects) against c (4)",
        "Who is in",
    ]
    tabs.setCurrentIndex(1)
    assert page.model.rowCount() == 8
    assert page.model.index(0, 0).data() == "sub-1"


def test_one_person_twice_is_said_before_anything_is_started(
    qtbot: QtBot, window: MainWindow, settings: WindowSettings, people: Path
) -> None:
    (job,) = settings.results_folder.iterdir()
    shutil.copytree(job / "sub-1_T1w", settings.results_folder / "again" / "sub-1_T1w")
    window.show_step(StepName.REPORT)
    page = window.page(StepName.REPORT)
    panel = page.cohort
    qtbot.mouseClick(page.cohort_button, Qt.MouseButton.LeftButton)
    assert not panel.start_button.isEnabled(), "who they are is not known yet"
    qtbot.waitUntil(lambda: len(panel.subjects.ticked()) == 8, timeout=_LIMIT_MS)
    panel.subjects.tick(panel._entries)
    assert "sub-1" in panel.said.text()
    assert not panel.start_button.isEnabled()


@pytest.fixture
def repeated(people: Path, settings: WindowSettings) -> tuple[Path, Path]:
    """Two folders of results: eight people, and seven of them again with two voxels more of each nucleus."""
    (first,) = settings.results_folder.iterdir()
    second = settings.results_folder / "again"
    for folder in sorted(first.glob("sub-*"))[:7]:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        for structure in report["structures"]:
            if structure["volume_mm3"]:
                structure["volume_mm3"] += 2
        (second / folder.name).mkdir(parents=True)
        (second / folder.name / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return first, second


def test_repeatability_is_measured_by_the_real_worker(
    qtbot: QtBot, window: MainWindow, repeated: tuple[Path, Path]
) -> None:
    window.show_step(StepName.REPORT)
    page = window.page(StepName.REPORT)
    panel = page.retest
    qtbot.mouseClick(page.cohort_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.retest_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.first.box.count() == 2, timeout=_LIMIT_MS)
    assert panel.isVisible()
    assert not page.cohort_button.isChecked()
    assert not panel.start_button.isEnabled(), "nothing is chosen"
    qtbot.keyClicks(panel.way, "In two")
    for place, folder in zip((panel.first, panel.second), repeated, strict=True):
        place.box.setFocus()
        place.box.lineEdit().selectAll()
        qtbot.keyClicks(place.box, folder.name)
        qtbot.keyClick(place.box, Qt.Key.Key_Tab)
    qtbot.waitUntil(panel.start_button.isEnabled, timeout=_LIMIT_MS)
    assert panel.pairs.rowCount() == 7
    assert "sub-8 (only in 8 scans" in panel.said.text()
    page.run()
    (job,) = window.context.jobs.jobs
    assert (job.work.results, job.work.second) == repeated
    qtbot.waitUntil(
        lambda: page.content is not None and page.content.entry.kind == "retest", timeout=3 * _LIMIT_MS
    )
    assert page.view.isVisible()
    assert page.model.rowCount() == 33, "31 nuclei, all of them, all labels"
    shown = [str(page.model.index(0, column).data()).split("\N{NO-BREAK SPACE}")[0] for column in (0, 4)]
    assert [shown[0], shown[1].split()[0]] == ["PAG", "+2.0"]
    assert "sub-8" in page.lines.text()
    assert "second: 7 people" in page.report.dots.accessibleDescription()
    assert {file.suffix for file in page.chosen.files} == {".html", ".pdf", ".csv", ".json", ".xlsx"}
    assert page.pdf_button.isVisible()


def test_results_without_a_second_say_so_before_anything_is_started(
    qtbot: QtBot, window: MainWindow, people: Path, settings: WindowSettings
) -> None:
    window.show_step(StepName.REPORT)
    panel = window.page(StepName.REPORT).retest
    (folder,) = settings.results_folder.iterdir()
    panel.choose(PairsFrom.ONE_FOLDER, folder)
    qtbot.waitUntil(lambda: "No subject has two results" in panel.said.text(), timeout=_LIMIT_MS)
    assert not panel.start_button.isEnabled()
    panel.choose(PairsFrom.TABLE, folder / "gone.tsv")
    qtbot.waitUntil(lambda: "no such file" in panel.said.text(), timeout=_LIMIT_MS)
    assert not panel.start_button.isEnabled()
