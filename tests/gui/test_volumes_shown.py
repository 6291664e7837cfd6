"""Volumes in the list of nuclei: the report's, until labels are edited; and the report page's own list."""

# ruff: noqa: F811 - the fixtures of other files
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from brainstem_app.atlas.library import load_atlas
from brainstem_app.gui.document.opened import read_labels_for_viewer, read_result_for_viewer
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.segment.job_files import SegmentOutputs
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.structures.structure_model import Column
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import Report, ReportInputs

from .conftest import VOXEL_MM
from .test_people_panels import _opened as open_people
from .test_report_step import people  # noqa: F401 - a fixture
from .test_review import PAG, SC_L, idle, paint_at, press, step  # noqa: F401 - a fixture

_LIMIT_MS = 60_000
_WARPED_MM3 = 123.0
_VOXEL_MM3 = float(np.prod(VOXEL_MM))


def write_report(folder: Path, labels: np.ndarray, affine: np.ndarray, method: str = "warp") -> None:
    """Write the report of a segmentation that gives the PAG another volume than its voxels have."""
    atlas = load_atlas()
    inputs = ReportInputs(labels, affine, atlas.table, atlas.name, atlas.version, name="head_T1w.nii.gz")
    report = build_report(inputs, make_manifest(inputs, "2026-01-01T00:00:00+00:00"))
    structures = tuple(
        s.model_copy(update={"volume_mm3": _WARPED_MM3}) if s.index == PAG else s for s in report.structures
    )
    made = report.model_copy(update={"structures": structures, "volume_method": method})
    assert isinstance(made, Report)
    (folder / "report.json").write_text(made.to_json(), encoding="utf-8")


@pytest.fixture
def warped(result_folder: Path, labels: np.ndarray, affine: np.ndarray) -> Path:
    """A result folder whose report holds volumes of the bent atlas."""
    write_report(result_folder, labels, affine)
    return result_folder


@pytest.fixture
def opened(step: ReviewPage, warped: Path, qtbot: QtBot) -> ReviewPage:
    """Review with that result."""
    step.document.show_result(read_result_for_viewer(warped))
    idle(step, qtbot)
    return step


def shown(step: ReviewPage, label: int) -> str:
    """Volume that the list shows."""
    model = step.structure_panel.model
    return str(model.cell(label, Column.VOLUME).data())


def test_list_shows_the_reports_volumes_until_a_voxel_is_painted_and_says_why_they_change(
    qtbot: QtBot, opened: ReviewPage
) -> None:
    note = opened.structure_panel.volume_note
    assert shown(opened, PAG) == "123"
    assert shown(opened, SC_L) == f"{_VOXEL_MM3:.1f}"
    assert not note.isVisible()
    opened.document.choose(SC_L)
    press(qtbot, opened, Qt.Key.Key_B)
    opened.document.editor.set_diameter(1.0)
    paint_at(qtbot, opened, (20, 20, 10))
    qtbot.waitUntil(lambda: shown(opened, PAG) == f"{8 * _VOXEL_MM3:.0f}", timeout=2000)
    assert shown(opened, SC_L) == f"{2 * _VOXEL_MM3:.0f}"
    assert note.isVisible()
    assert "edited voxels" in note.text()


def test_undoing_all_brings_the_reports_volumes_back(qtbot: QtBot, opened: ReviewPage) -> None:
    opened.document.choose(SC_L)
    press(qtbot, opened, Qt.Key.Key_B)
    paint_at(qtbot, opened, (20, 20, 10))
    qtbot.waitUntil(opened.structure_panel.volume_note.isVisible, timeout=2000)
    press(qtbot, opened, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: shown(opened, PAG) == "123", timeout=2000)
    assert not opened.structure_panel.volume_note.isVisible()


def test_corrected_copy_that_is_opened_shows_its_voxels_and_says_so(
    qtbot: QtBot, opened: ReviewPage, warped: Path
) -> None:
    opened.document.choose(SC_L)
    press(qtbot, opened, Qt.Key.Key_B)
    paint_at(qtbot, opened, (20, 20, 10))
    with qtbot.waitSignal(opened.document.editor.saved, timeout=20_000):
        press(qtbot, opened, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    opened.document.show_result(read_result_for_viewer(warped))
    idle(opened, qtbot)
    assert shown(opened, PAG) == f"{8 * _VOXEL_MM3:.0f}"
    assert opened.structure_panel.volume_note.isVisible()
    original = read_labels_for_viewer(warped / "labels_native.nii.gz")
    assert original.volumes_mm3[PAG] == _WARPED_MM3
    assert not original.differs_from_report


def test_edit_of_a_result_that_was_counted_needs_no_word(
    qtbot: QtBot, step: ReviewPage, result_folder: Path, labels: np.ndarray, affine: np.ndarray
) -> None:
    write_report(result_folder, labels, affine, "voxels")
    step.document.show_result(read_result_for_viewer(result_folder))
    idle(step, qtbot)
    step.document.choose(SC_L)
    press(qtbot, step, Qt.Key.Key_B)
    paint_at(qtbot, step, (20, 20, 10))
    qtbot.waitUntil(lambda: float(shown(step, SC_L)) > _VOXEL_MM3, timeout=2000)
    assert not step.structure_panel.volume_note.isVisible()


def test_panel_says_whether_corrected_labels_count_outside_of_a_study_too(
    qtbot: QtBot, window: MainWindow, people: Path
) -> None:
    panel = open_people(qtbot, window)
    assert panel.edited.isVisible()
    assert "Corrected labels count, rejected results do not count." in panel.said.text()
    panel.edited.setCurrentIndex(1)
    words = "Corrected labels do not count, the original ones do"
    qtbot.waitUntil(lambda: words in panel.said.text(), timeout=_LIMIT_MS)
    panel.reference.setCurrentText("c")
    panel.least.setValue(4)
    qtbot.mouseClick(panel.start_button, Qt.MouseButton.LeftButton)
    (queued,) = window.context.jobs.jobs
    assert (queued.work.study, queued.work.edited) == (None, "original")


def test_reports_of_a_segmentation_that_ends_while_they_are_looked_at_are_listed(
    qtbot: QtBot,
    window: MainWindow,
    settings: WindowSettings,
    fake_job: Callable[[str], Path],
    scan_file: Path,
) -> None:
    window.show_step(StepName.REPORT)
    page = window.page(StepName.REPORT)
    report = json.dumps({"model": {"name": "m"}})
    fake_job(
        "made = Path(job['out']) / 'head_T1w'\n"
        "made.mkdir(parents=True)\n"
        "(made / 'labels_native.nii.gz').write_bytes(b'x')\n"
        "(made / 'report.html').write_text('x')\n"
        f"(made / 'report.json').write_text('{report}')\n"
        "emit(event='finished', seconds=1.0)"
    )
    window.many_scans.segment([scan_file, scan_file.with_name("b.nii.gz")], "m", SegmentOutputs())
    qtbot.waitUntil(lambda: len(page.entries) == 1, timeout=_LIMIT_MS)
    assert window.current_step is StepName.REPORT


def test_second_report_shown_is_no_wider_than_the_first(
    qtbot: QtBot, window: MainWindow, people: Path, settings: WindowSettings
) -> None:
    window.show_step(StepName.REPORT)
    page = window.page(StepName.REPORT)
    qtbot.waitUntil(lambda: page.model.rowCount() > 0, timeout=_LIMIT_MS)
    table, last = page.report.table, page.model.columnCount() - 1
    table.setMinimumWidth(900)  # room enough: the last column is stretched
    qtbot.waitUntil(lambda: table.columnWidth(last) > 200, timeout=_LIMIT_MS)
    for _ in range(3):
        page.report.show_content(page.content)
        qtbot.wait(50)
    assert table.horizontalScrollBar().maximum() == 0


def test_names_of_edited_results_can_be_told_apart_in_the_narrowest_list(
    qtbot: QtBot, window: MainWindow, people: Path, settings: WindowSettings
) -> None:
    (job,) = settings.results_folder.iterdir()
    for name in ("labels_native.nii.gz", "labels_native_edited.nii.gz"):
        (job / "sub-3_T1w" / name).write_bytes(b"x")
    window.show_step(StepName.REPORT)
    page = window.page(StepName.REPORT)
    qtbot.waitUntil(lambda: len(page.entries) == 8, timeout=_LIMIT_MS)
    tree = page.list
    tree.setFixedWidth(tree.minimumWidth())
    needed = tree.indentation() + tree.fontMetrics().horizontalAdvance("sub-sim01_T1w…")
    qtbot.waitUntil(lambda: tree.columnWidth(0) >= needed, timeout=2000)


def test_grade_of_a_nucleus_is_the_reports(step: ReviewPage, warped: Path, qtbot: QtBot) -> None:
    path = warped / "report.json"
    report = Report.model_validate_json(path.read_text(encoding="utf-8"))
    graded = tuple(
        s.model_copy(update={"reliability": "C"}) if s.index == PAG else s for s in report.structures
    )
    path.write_text(report.model_copy(update={"structures": graded}).to_json(), encoding="utf-8")
    step.document.show_result(read_result_for_viewer(warped))
    idle(step, qtbot)
    model = step.structure_panel.model
    assert "Reliability: C (poor)" in model.cell(PAG).data(Qt.ItemDataRole.ToolTipRole)
    own = load_atlas().table.structures[SC_L].reliability
    assert f"Reliability: {own} " in model.cell(SC_L).data(Qt.ItemDataRole.ToolTipRole)
