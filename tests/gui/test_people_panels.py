"""The panels that compare people: what is doubtful is asked before anything is started."""

# ruff: noqa: F811 - the fixture of another file
from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.report.cohort_panel import CohortPanel
from brainstem_app.gui.report.retest_panel import PairsFrom
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName

from .test_report_step import people  # noqa: F401 - a fixture

_LIMIT_MS = 60_000


@pytest.fixture
def panel(qtbot: QtBot, window: MainWindow, people: Path) -> CohortPanel:
    """The open panel, with everybody ticked and the groups chosen."""
    return _opened(qtbot, window)


def _opened(qtbot: QtBot, window: MainWindow) -> CohortPanel:
    window.show_step(StepName.REPORT)
    page = window.page(StepName.REPORT)
    qtbot.mouseClick(page.cohort_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.cohort.subjects.ticked()) == 8, timeout=_LIMIT_MS)
    page.cohort.reference.setCurrentText("c")
    page.cohort.least.setValue(4)
    return page.cohort


def _change(result: Path, **model: str) -> None:
    """Change the model of one report."""
    file = result / "report.json"
    report = json.loads(file.read_text(encoding="utf-8"))
    report["model"] = {"name": "quick", "version": "1", **model}
    file.write_text(json.dumps(report), encoding="utf-8")


def test_table_of_people_who_have_gone_is_not_that_of_others(
    qtbot: QtBot, window: MainWindow, panel: CohortPanel, people: Path, settings: WindowSettings
) -> None:
    page = window.page(StepName.REPORT)
    assert panel.table.text() == str(people / "participants.tsv")
    (job,) = settings.results_folder.iterdir()
    (people / "participants.tsv").rename(people.parent / "kept.tsv")
    shutil.rmtree(job / "sub-8_T1w")
    page.read()
    qtbot.waitUntil(lambda: len(page.entries) == 7 and not panel.table.text(), timeout=_LIMIT_MS)
    panel.table.setText(str(people.parent / "kept.tsv"))
    panel.table.editingFinished.emit()
    qtbot.waitUntil(lambda: panel.people.table == people.parent / "kept.tsv", timeout=_LIMIT_MS)
    shutil.rmtree(job / "sub-7_T1w")
    page.read()
    qtbot.waitUntil(lambda: len(panel.people.names) == 6, timeout=_LIMIT_MS)
    assert panel.table.text() == str(people.parent / "kept.tsv"), "that was chosen"


def test_results_of_two_models_need_a_tick_before_they_are_compared(
    qtbot: QtBot,
    window: MainWindow,
    people: Path,
    settings: WindowSettings,
) -> None:
    (job,) = settings.results_folder.iterdir()
    _change(job / "sub-3_T1w")
    panel = _opened(qtbot, window)
    qtbot.waitUntil(panel.mixed.isVisible, timeout=_LIMIT_MS)
    assert "quick version 1, unmeasured" in panel.said.text()
    assert not panel.start_button.isEnabled()
    panel.mixed.setChecked(True)
    assert panel.start_button.isEnabled()
    qtbot.mouseClick(panel.start_button, Qt.MouseButton.LeftButton)
    (queued,) = window.context.jobs.jobs
    assert queued.work.mixed


def test_results_made_alike_are_not_asked_about(panel: CohortPanel) -> None:
    assert not panel.mixed.isVisible()
    assert not panel.categories.isVisible()
    assert panel.start_button.isEnabled()
    assert panel.said.text().startswith("8 people.")


def test_volumes_of_brain_and_head_are_covariates_where_results_have_them(
    qtbot: QtBot, window: MainWindow, people: Path, settings: WindowSettings
) -> None:
    (job,) = settings.results_folder.iterdir()
    for report in job.glob("*/report.json"):
        content = json.loads(report.read_text(encoding="utf-8"))
        content["scan"]["brain_ml"] = 1200.0
        report.write_text(json.dumps(content), encoding="utf-8")
    panel = _opened(qtbot, window)
    shown = panel.covariates.list
    offered = [shown.item(row).text() for row in range(shown.count())]
    assert offered == ["age", "sex", "volume of the brain (brain_ml)"]
    assert not panel.head_size.isHidden()
    panel.covariates.tick(["age", "brain_ml"])
    panel.covariates.changed.emit()
    assert panel.head_size.isHidden(), "what is named is taken alone"


def test_few_people_are_told_that_there_will_be_no_z_scores(panel: CohortPanel) -> None:
    assert "no z-scores: 4 to set a person against, 7 are needed" in panel.said.text()
    panel.group.setCurrentIndex(0)
    assert "no z-scores" not in panel.said.text(), "each of eight people against the others"
    panel.covariates.tick(["age", "sex"])
    assert "no z-scores: 8 to set a person against, 9 are needed" in panel.said.text()


def test_words_with_many_values_need_a_tick(
    qtbot: QtBot,
    window: MainWindow,
    people: Path,
) -> None:
    table = people / "participants.tsv"
    head, *rows = table.read_text(encoding="utf-8").splitlines()
    table.write_text(
        "\n".join([f"{head}\tsite", *(f"{row}\tS{n}" for n, row in enumerate(rows))]), encoding="utf-8"
    )
    panel = _opened(qtbot, window)
    panel.covariates.tick(["site"])
    assert "8 different ones" in panel.said.text()
    assert panel.categories.isVisible()
    assert not panel.start_button.isEnabled()
    panel.categories.setChecked(True)
    assert panel.start_button.isEnabled()
    qtbot.mouseClick(panel.start_button, Qt.MouseButton.LeftButton)
    (queued,) = window.context.jobs.jobs
    assert queued.work.categorical == ("site",)


def test_cell_that_means_unknown_takes_its_person_out_and_the_panel_says_so(
    qtbot: QtBot,
    window: MainWindow,
    people: Path,
) -> None:
    table = people / "participants.tsv"
    table.write_text(table.read_text(encoding="utf-8").replace("\t24\t", "\t89+\t"), encoding="utf-8")
    panel = _opened(qtbot, window)
    panel.covariates.tick(["age"])
    panel.unknown.setFocus()
    qtbot.keyClicks(panel.unknown, "89+; -999")
    qtbot.keyClick(panel.unknown, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "In no model" in panel.said.text(), timeout=_LIMIT_MS)
    assert "sub-4" in panel.said.text()
    qtbot.mouseClick(panel.start_button, Qt.MouseButton.LeftButton)
    (queued,) = window.context.jobs.jobs
    assert queued.work.missing == ("89+", "-999")


def test_group_of_one_person_is_named_before_anything_is_started(
    qtbot: QtBot,
    window: MainWindow,
    people: Path,
) -> None:
    table = people / "participants.tsv"
    lines = table.read_text(encoding="utf-8").splitlines()
    lines[-1] = lines[-1][:-1] + "twin"
    table.write_text("\n".join(lines), encoding="utf-8")
    panel = _opened(qtbot, window)
    assert "there are fewer in: p: 3, twin: 1" in panel.said.text()
    assert not panel.start_button.isEnabled()


def test_repeated_scans_of_two_models_need_a_tick(
    qtbot: QtBot,
    window: MainWindow,
    people: Path,
    settings: WindowSettings,
) -> None:
    (first,) = settings.results_folder.iterdir()
    second = settings.results_folder / "again"
    for name in ("sub-1_T1w", "sub-2_T1w"):
        (second / name).mkdir(parents=True)
        (second / name / "report.json").write_bytes((first / name / "report.json").read_bytes())
        _change(second / name)
    window.show_step(StepName.REPORT)
    page = window.page(StepName.REPORT)
    qtbot.mouseClick(page.retest_button, Qt.MouseButton.LeftButton)
    panel = page.retest
    panel.choose(PairsFrom.TWO_FOLDERS, first, second)
    qtbot.waitUntil(panel.confirmed.isVisible, timeout=_LIMIT_MS)
    assert "differ in the model" in panel.said.text()
    assert not panel.start_button.isEnabled()
    panel.confirmed.setChecked(True)
    qtbot.waitUntil(panel.start_button.isEnabled, timeout=_LIMIT_MS)
    qtbot.mouseClick(panel.start_button, Qt.MouseButton.LeftButton)
    (queued,) = window.context.jobs.jobs
    assert queued.work.mixed
    panel.choose(PairsFrom.TWO_FOLDERS, first, first)
    assert not panel.confirmed.isChecked(), "other results are asked about anew"
