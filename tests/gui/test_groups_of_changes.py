"""Compare groups, of changes over time in the place of volumes."""

# ruff: noqa: F811 - the fixture of another file
from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.report.cohort_panel import CohortPanel
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName

from ..reports.test_change_report import report_of
from .test_report_step import people  # noqa: F401 - a fixture

_LIMIT_MS = 60_000


@pytest.fixture
def panel(qtbot: QtBot, window: MainWindow, people: Path, settings: WindowSettings) -> CohortPanel:
    """The open panel, with volumes of eight people and changes of the same, one of them measured twice."""
    for number in range(1, 9):
        folder = settings.results_folder / "Change of all" / f"sub-{number}"
        folder.mkdir(parents=True)
        changed = report_of(1.0, 1.0 - 0.01 * number - 0.05 * (number > 4))
        report = changed.model_copy(update={"subject": f"sub-{number}", "dataset": None, "dataset_id": None})
        (folder / "change.json").write_text(report.to_json(), encoding="utf-8")
    (again := settings.results_folder / "Change" / "sub-1").mkdir(parents=True)
    (again / "change.json").write_bytes((folder.parent / "sub-1" / "change.json").read_bytes())
    window.show_step(StepName.REPORT)
    page = window.page(StepName.REPORT)
    qtbot.mouseClick(page.cohort_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.cohort.subjects.ticked()) == 8, timeout=_LIMIT_MS)
    chosen: CohortPanel = page.cohort
    return chosen


def test_changes_of_groups_are_compared_by_the_real_worker(
    qtbot: QtBot, window: MainWindow, panel: CohortPanel
) -> None:
    assert not panel.of_changes
    panel.measure.setFocus()
    qtbot.keyClick(panel.measure, Qt.Key.Key_Down)
    shown = panel.subjects
    qtbot.waitUntil(lambda: len(panel.people.names) == 9 and len(shown.ticked()) == 8, timeout=_LIMIT_MS)
    assert sum("Change" + "/" in Path(folder).as_posix() for folder in shown.ticked()) == 1, "the newer one"
    assert not panel.edited.isVisible()
    offered = [panel.covariates.list.item(row).text() for row in range(panel.covariates.list.count())]
    assert offered == ["age", "sex"]
    panel.reference.setCurrentText("c")
    panel.head_size.setChecked(False)
    panel.least.setValue(4)
    qtbot.mouseClick(panel.start_button, Qt.MouseButton.LeftButton)
    (queued,) = window.context.jobs.jobs
    assert (queued.work.study, len(queued.work.results), queued.work.group) == (None, 8, "diagnosis")
    qtbot.waitUntil(lambda: (queued.work.out / "cohort.json").is_file(), timeout=3 * _LIMIT_MS)
    report = json.loads((queued.work.out / "cohort.json").read_text(encoding="utf-8"))
    (comparison,) = report["comparisons"]
    assert comparison["nuclei"][0]["unit"] == "% a year"
    assert comparison["nuclei"][0]["mean_mm3"] == pytest.approx(-6.10, abs=0.01)


def test_report_of_a_person_is_shown_when_a_change_was_measured(
    qtbot: QtBot, window: MainWindow, panel: CohortPanel
) -> None:
    page = window.page(StepName.REPORT)
    page.change.finished.emit(panel._context.settings.results_folder / "Change")
    qtbot.waitUntil(
        lambda: page.chosen is not None and page.chosen.name == "sub-1 · Change", timeout=_LIMIT_MS
    )


def test_changes_that_are_not_there_cannot_be_chosen(qtbot: QtBot, window: MainWindow, people: Path) -> None:
    window.show_step(StepName.REPORT)
    page = window.page(StepName.REPORT)
    qtbot.mouseClick(page.cohort_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.cohort.subjects.ticked()) == 8, timeout=_LIMIT_MS)
    qtbot.keyClick(page.cohort.measure, Qt.Key.Key_Down)
    assert not page.cohort.of_changes
    assert "measures them first" in page.cohort.measure.model().item(1).toolTip()
