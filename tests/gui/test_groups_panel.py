"""The panel of groups: comparisons of several groups, sites, a saved reference group, results of a study."""

# ruff: noqa: F811 - the fixture of another file
from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.cli.app import run
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.report.cohort_panel import CohortPanel
from brainstem_app.gui.report.report_page import ReportPage
from brainstem_app.gui.report.retest_panel import PairsFrom
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.reports.cohort.saved_reference import read_reference
from brainstem_app.study.study import Study

from ..study.made_study import add_loose_result, add_result, correct_by_hand
from .test_report_step import people  # noqa: F401 - a fixture

_LIMIT_MS = 60_000


def _opened(qtbot: QtBot, window: MainWindow, n: int = 8) -> CohortPanel:
    window.show_step(StepName.REPORT)
    page = window.page(StepName.REPORT)
    qtbot.mouseClick(page.cohort_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.cohort.subjects.ticked()) == n, timeout=_LIMIT_MS)
    page.cohort.least.setValue(2)
    return page.cohort


def _with_columns(people: Path, **columns: list[str]) -> None:
    """Give the table of the eight people more columns, or others."""
    table = people / "participants.tsv"
    head, *rows = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines())
    for name, cells in columns.items():
        at = head.index(name) if name in head else len(head)
        head[at : at + 1] = [name]
        for row, cell in zip(rows, cells, strict=True):
            row[at : at + 1] = [cell]
    table.write_text("\n".join("\t".join(row) for row in [head, *rows]), encoding="utf-8")


def test_several_groups_are_set_against_each_other_as_ticked(
    qtbot: QtBot, window: MainWindow, people: Path
) -> None:
    _with_columns(people, diagnosis=["HC", "HC", "HC", "ALS-B", "ALS-B", "ALS-B", "ALS-S", "ALS-S"])
    panel = _opened(qtbot, window)
    shown = panel.groups.comparisons
    assert shown.isVisible()
    names = [shown.list.item(row).text() for row in range(shown.list.count())]
    assert names == [
        "ALS-B against HC",
        "ALS-S against HC",
        "ALS-B against ALS-S",
        "ALS-B, ALS-S together against HC",
    ]
    assert panel.groups.contrasts == (), "each with the reference group needs no words"
    shown.list.setCurrentRow(0)
    for row in (0, 1, 2):
        shown.list.setCurrentRow(row)
        qtbot.keyClick(shown.list, Qt.Key.Key_Space)
    qtbot.mouseClick(panel.start_button, Qt.MouseButton.LeftButton)
    (queued,) = window.context.jobs.jobs
    assert (queued.work.contrasts, queued.work.least) == (("ALS-B:ALS-S",), 2)
    shown.tick(())
    assert "Tick what is to be set against what" in panel.said.text()
    panel.reference.setCurrentText("ALS-S")
    assert panel.groups.comparisons.ticked() == ("ALS-B:ALS-S", "HC:ALS-S")


def test_table_of_other_people_is_told_before_anything_is_started(
    qtbot: QtBot, window: MainWindow, people: Path
) -> None:
    _with_columns(people, participant_id=[f"somebody{n}" for n in range(8)])
    panel = _opened(qtbot, window)
    assert panel.group.count() == 1
    assert "The table of participants has none of them" in panel.said.text()


def test_column_of_scanners_is_pointed_at_and_can_be_taken_out(
    qtbot: QtBot, window: MainWindow, people: Path
) -> None:
    _with_columns(people, Scanner=["A", "B"] * 4)
    panel = _opened(qtbot, window)
    panel.reference.setCurrentText("c")
    assert "The table has a column “Scanner”" in panel.said.text()
    panel.site.setCurrentIndex(panel.site.findData("Scanner"))
    assert "The table has a column" not in panel.said.text()
    qtbot.mouseClick(panel.start_button, Qt.MouseButton.LeftButton)
    (queued,) = window.context.jobs.jobs
    assert (queued.work.site, queued.work.contrasts) == ("Scanner", ())


def test_reference_group_is_saved_and_people_are_set_against_it(
    qtbot: QtBot, window: MainWindow, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = _opened(qtbot, window)
    panel.group.setCurrentIndex(0)
    panel.head_size.setChecked(False)
    panel.tabs.setCurrentWidget(panel.persons)
    target = tmp_path / "our controls"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    qtbot.keyClicks(panel.persons.name, "Our controls")
    qtbot.mouseClick(panel.persons.save_button, Qt.MouseButton.LeftButton)
    saved = tmp_path / "our controls.json"
    qtbot.waitUntil(saved.is_file, timeout=3 * _LIMIT_MS)
    group = read_reference(saved)
    assert (group.name, group.n, group.columns) == ("Our controls", 8, ())
    qtbot.mouseClick(panel.persons.saved, Qt.MouseButton.LeftButton)
    assert "Choose the file of the saved reference group" in panel.said.text()
    assert not panel.start_button.isEnabled()
    qtbot.keyClicks(panel.persons.file, str(saved))
    qtbot.keyClick(panel.persons.file, Qt.Key.Key_Return)
    qtbot.waitUntil(panel.start_button.isEnabled, timeout=_LIMIT_MS)
    assert "Our controls: 8 people" in panel.persons.about.text()
    panel.subjects.tick(panel.subjects.ticked()[:1])
    assert panel.start_button.isEnabled(), "one person is enough"
    qtbot.mouseClick(panel.start_button, Qt.MouseButton.LeftButton)
    assert window.context.jobs.jobs[-1].work.against == saved
    saved.write_text("{}", encoding="utf-8")
    qtbot.keyClick(panel.persons.file, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "no reference group" in panel.said.text(), timeout=_LIMIT_MS)


def test_of_a_scan_segmented_again_the_newer_is_ticked_and_that_is_said(
    qtbot: QtBot, window: MainWindow, people: Path, settings: WindowSettings
) -> None:
    (job,) = settings.results_folder.iterdir()
    first = job / "sub-1_T1w" / "report.json"
    report = json.loads(first.read_text(encoding="utf-8"))
    report["scan"]["sha256"] = "1" * 64
    first.write_text(json.dumps(report), encoding="utf-8")
    again = settings.results_folder / "again" / "moved scan"
    again.mkdir(parents=True)
    # Written by another hand: another name, and older than the one that is there.
    report["scan"]["file"] = "moved.nii.gz"
    report["created"] = "2025-01-01T00:00:00+00:00"
    (again / "report.json").write_text(json.dumps(report), encoding="utf-8")
    panel = _opened(qtbot, window)
    panel.reference.setCurrentText("c")
    assert str(again) not in panel.subjects.ticked()
    assert "Segmented more than once, one result counts: sub-1" in panel.said.text()
    panel.subjects.tick(panel._entries)
    assert "two or more of: sub-1" in panel.said.text()


@pytest.fixture
def twice(study: Study, table: LabelTable) -> Study:
    """A study with two sessions of three people, one corrected."""
    for n, red in enumerate((10, 12, 14), start=1):
        for session in ("ses-1", "ses-2"):
            place = add_result(study, table, f"sub-0{n}", red + int(session[-1]), session=session)
    correct_by_hand(place, 3)
    return study


def test_repeatability_of_a_study_is_measured_in_the_window(
    qtbot: QtBot, window: MainWindow, twice: Study
) -> None:
    with qtbot.waitSignal(window.context.study.opened, timeout=_LIMIT_MS):
        window.open_path(twice.folder)
    window.show_step(StepName.REPORT)
    page: ReportPage = window.page(StepName.REPORT)
    qtbot.mouseClick(page.retest_button, Qt.MouseButton.LeftButton)
    panel = page.retest
    qtbot.waitUntil(panel.start_button.isEnabled, timeout=_LIMIT_MS)
    assert panel.chosen_way is PairsFrom.STUDY
    assert not panel.first.isVisible()
    assert panel.pairs.rowCount() == 3
    assert "3 people with two results." in panel.said.text()
    assert "--" not in panel.said.text()
    panel.edited.setCurrentIndex(2)
    qtbot.waitUntil(lambda: panel.pairs.rowCount() == 2, timeout=_LIMIT_MS)
    qtbot.mouseClick(panel.start_button, Qt.MouseButton.LeftButton)
    (queued,) = window.context.jobs.jobs
    assert (queued.work.study, queued.work.edited, queued.work.results) == (twice.folder, "leave-out", None)


def test_study_that_is_opened_brings_its_people_and_namesakes_elsewhere_are_no_error(
    qtbot: QtBot, window: MainWindow, people: Path, twice: Study
) -> None:
    panel = _opened(qtbot, window)
    said: list[object] = []
    panel.message.connect(said.append)
    with qtbot.waitSignal(window.context.study.opened, timeout=_LIMIT_MS):
        window.open_path(twice.folder)
    window.show_step(StepName.REPORT)
    own = str(twice.folder / "segmentations")
    qtbot.waitUntil(
        lambda: len(panel.subjects.ticked()) == 3 and all(f.startswith(own) for f in panel.subjects.ticked()),
        timeout=_LIMIT_MS,
    )
    listed = [panel.subjects.list.item(row).text() for row in range(panel.subjects.list.count())]
    assert "sub-03/ses-2 · net version 1 (corrected)" in listed
    panel.table.setText(str(people / "participants.tsv"))
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel.group.findData("diagnosis") >= 0, timeout=_LIMIT_MS)
    assert said == []


def test_person_whose_result_was_brought_into_the_study_counts_though_it_lies_elsewhere_too(
    qtbot: QtBot, window: MainWindow, study: Study, table: LabelTable, settings: WindowSettings
) -> None:
    place = add_result(study, table, "sub-01", 10)
    add_result(study, table, "sub-02", 12)
    report = json.loads((place / "report.json").read_text(encoding="utf-8"))
    report["scan"]["sha256"] = "1" * 64
    (place / "report.json").write_text(json.dumps(report), encoding="utf-8")
    loose = settings.results_folder / "sub-01_T1w" / "sub-01_T1w"
    loose.mkdir(parents=True)
    report["created"] = "2099-01-01T00:00:00+00:00"
    (loose / "report.json").write_text(json.dumps(report), encoding="utf-8")
    with qtbot.waitSignal(window.context.study.opened, timeout=_LIMIT_MS):
        window.open_path(study.folder)
    panel = _opened(qtbot, window, 2)
    qtbot.waitUntil(lambda: place in panel.people.again, timeout=_LIMIT_MS)
    qtbot.mouseClick(panel.all_button, Qt.MouseButton.LeftButton)
    assert {Path(folder).parent.name for folder in panel.subjects.ticked()} == {"sub-01", "sub-02"}


def test_people_of_scans_in_no_dataset_are_those_of_the_study_and_of_a_scan_the_corrected_result_counts(
    qtbot: QtBot, window: MainWindow, study: Study, table: LabelTable
) -> None:
    for name, red in (("anna", 10), ("-ben", 12), ("cleo", 13)):
        add_loose_result(study, table, name, red)
    correct_by_hand(add_loose_result(study, table, "base", sha256="1" * 64), 3)
    add_loose_result(study, table, "gzipped", sha256="1" * 64)
    rejected = add_loose_result(study, table, "turned", sha256="2" * 64)
    add_loose_result(study, table, "upright", sha256="2" * 64)
    assert run(["study", "reject", str(study.folder), "turned", "--why", "upside down"]) == 0
    with qtbot.waitSignal(window.context.study.opened, timeout=_LIMIT_MS):
        window.open_path(study.folder)
    panel = _opened(qtbot, window, 5)
    people = {"anna", "-ben", "cleo", "base", "upright"}
    assert {Path(folder).parent.name for folder in panel.subjects.ticked()} == people
    assert {panel.people.names[Path(folder)] for folder in panel.subjects.ticked()} == people
    assert rejected not in panel.people.again.values()
    assert panel.said.text().startswith("5 people.")
    panel.edited.setCurrentIndex(panel.edited.findData("leave-out"))
    qtbot.waitUntil(lambda: not panel.people.again, timeout=_LIMIT_MS)
    qtbot.mouseClick(panel.all_button, Qt.MouseButton.LeftButton)
    assert "Corrected, so left out: base" in panel.said.text()
    assert str(study.folder / "segmentations" / "gzipped" / "net-1") in panel.subjects.ticked()
