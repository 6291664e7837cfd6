"""The step Report: numbers of a run and of a segmentation, and copies of their files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from brainstem_app.atlas.library import load_atlas
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.report.report_page import ReportPage
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.jobs.job import EvaluateRunJob, read_job
from brainstem_app.reports.cohort import write_cohort_report
from brainstem_app.reports.cohort_model import CohortInputs, CohortResult
from brainstem_app.study.study import Study

Fake = Callable[[str], Path]
_LIMIT_MS = 60_000


def measure(folder: Path) -> None:
    """Write the report of a run that was right on half of each structure."""
    atlas = load_atlas()
    counts = np.diag(np.full(atlas.table.n_classes, 10, np.int64))
    counts[:, 0] += 10
    write_cohort_report(
        folder,
        CohortInputs(
            result=CohortResult("first", {"sub-3": counts, "sub-5": counts}),
            table=atlas.table,
            atlas_name=atlas.name,
            atlas_version=atlas.version,
        ),
    )


@pytest.fixture
def page(qtbot: QtBot, open_study: MainWindow) -> ReportPage:
    open_study.show_step(StepName.REPORT)
    shown = open_study.page(StepName.REPORT)
    qtbot.waitUntil(lambda: shown.content is not None, timeout=_LIMIT_MS)
    return shown


def test_run_that_was_not_measured_can_be(
    qtbot: QtBot, page: ReportPage, study: Study, fake_job: Fake
) -> None:
    assert "not been measured" in page.lines.text()
    assert not page.measure_button.isEnabled(), "there is no network yet"
    (study.run_folder("first") / "best.keras").write_bytes(b"x")
    page._update()
    fake_job('emit(event="finished", seconds=1.0)')
    qtbot.mouseClick(page.measure_button, Qt.MouseButton.LeftButton)
    (job,) = page.bench.jobs.jobs
    assert read_job(job.job_file) == EvaluateRunJob(study=study.folder, run="first")
    measure(study.run_folder("first"))
    qtbot.waitUntil(lambda: page.model.rowCount() == 31, timeout=_LIMIT_MS)
    assert page.model.index(0, 0).data() == "PAG"
    assert page.model.index(0, 2).data() == "0.500"
    assert "2 (test)" in page.lines.text()
    assert "not an expert" in page.notes.text()


def test_export_copies_the_kind_that_the_name_ends_in(
    qtbot: QtBot, page: ReportPage, study: Study, tmp_path: Path
) -> None:
    measure(study.run_folder("first"))
    page._read_again("first")
    qtbot.waitUntil(lambda: page.model.rowCount() == 31, timeout=_LIMIT_MS)
    files = page.chosen.files
    page.export(tmp_path / "numbers.csv", files[0])
    page.export(tmp_path / "page", files[0])
    qtbot.waitUntil((tmp_path / "page.html").exists, timeout=_LIMIT_MS)
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
