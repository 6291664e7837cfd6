"""The list of the step Report: all that there is, each read once, and what is marked stays marked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.report import report_search
from brainstem_app.gui.report.report_entries import ReportEntry, ReportKind
from brainstem_app.gui.report.report_page import ReportPage
from brainstem_app.gui.report.report_search import ReportSearch
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName

_LIMIT_MS = 30_000


def _write(results: Path, name: str, model: str = "net") -> Path:
    home = results / name / name
    home.mkdir(parents=True)
    told = {"model": {"name": model, "version": "1"}, "scan": {"file": f"{name}.nii.gz"}}
    for file, text in (
        ("report.json", json.dumps(told)),
        ("report.html", "x"),
        ("labels_native.nii.gz", "x"),
    ):
        (home / file).write_text(text, encoding="utf-8")
    return home


def _names(page: ReportPage) -> list[str]:
    return [entry.name for entry in page.entries]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The reports that were read."""
    read: list[Path] = []
    original = report_search.model_of_report
    monkeypatch.setattr(report_search, "model_of_report", lambda path: (read.append(path), original(path))[1])
    return read


def test_report_is_read_once_until_it_is_written_anew(tmp_path: Path, reads: list[Path]) -> None:
    homes = [_write(tmp_path, f"sub-{number}") for number in range(3)]
    search = ReportSearch()
    first = search.find(None, tmp_path)
    assert [entry.folder for entry in first.entries] == homes[::-1], "the latest first"
    assert search.find(None, tmp_path) == first
    assert len(reads) == 3
    (homes[1] / "report.json").write_text(json.dumps({"model": {"name": "another"}}), encoding="utf-8")
    (homes[2] / "report.pdf").write_bytes(b"%PDF-")
    changed = {entry.folder: entry for entry in search.find(None, tmp_path).entries}
    assert len(reads) == 5
    assert changed[homes[1]].model is not None
    assert changed[homes[1]].model.name == "another"
    assert changed[homes[2]].pdf == homes[2] / "report.pdf"
    shutil.rmtree(homes[0].parent)
    assert len(search.find(None, tmp_path).entries) == 2


def test_reports_on_people_of_a_study_are_found_in_it(tmp_path: Path) -> None:
    study, results = tmp_path / "study", tmp_path / "results"
    for place in (study / "reports" / "Groups 1", results / "Groups of before"):
        place.mkdir(parents=True)
        (place / "cohort.json").write_text("{}", encoding="utf-8")
    for name, file in (("Repeatability 1", "retest.json"), ("Change 1/sub-01", "change.json")):
        (study / "reports" / name).mkdir(parents=True)
        (study / "reports" / name / file).write_text("{}", encoding="utf-8")
    found = {(entry.kind, entry.name) for entry in ReportSearch().find(study, results).entries}
    assert found == {
        (ReportKind.COHORT, "Groups 1"),
        (ReportKind.COHORT, "Groups of before"),
        (ReportKind.RETEST, "Repeatability 1"),
        (ReportKind.CHANGE, "sub-01 · Change 1"),
    }
    assert [entry.name for entry in ReportSearch().find(None, results).entries] == ["Groups of before"]


def test_slow_disk_shows_what_is_known_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        _write(tmp_path, f"sub-{number}")
    monkeypatch.setattr(report_search, "_AT_ONCE_S", 0)
    found = ReportSearch().find(None, tmp_path)
    seen = [len(found.entries)]
    while found.left:
        found = ReportSearch().find_more(found)
        seen.append(len(found.entries))
    assert seen == [1, 2, 3, 4]


def test_every_result_is_listed_and_can_be_compared_however_many_there_are(
    qtbot: QtBot, window: MainWindow, settings: WindowSettings
) -> None:
    for number in range(230):
        _write(settings.results_folder, f"sub-{number:03d}")
    window.show_step(StepName.REPORT)
    page: ReportPage = window.page(StepName.REPORT)
    assert page.shown.hint.words.text() == "Looking for reports…"
    assert not page.shown.hint.button.isVisible()
    qtbot.waitUntil(lambda: len(page.entries) == 230, timeout=_LIMIT_MS)
    qtbot.mouseClick(page.cohort_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.cohort.subjects.list.count() == 230, timeout=_LIMIT_MS)
    qtbot.waitUntil(lambda: not page.left.isVisible(), timeout=_LIMIT_MS)


def test_report_that_is_marked_stays_so_when_others_come_and_go(
    qtbot: QtBot, window: MainWindow, settings: WindowSettings
) -> None:
    for number in range(3):
        _write(settings.results_folder, f"sub-{number}")
    window.show_step(StepName.REPORT)
    page: ReportPage = window.page(StepName.REPORT)
    qtbot.waitUntil(lambda: len(page.entries) == 3, timeout=_LIMIT_MS)
    page.list.choose("sub-1")
    shown: list[ReportEntry] = []
    page.list.chosen_changed.connect(shown.append)
    _write(settings.results_folder, "sub-3")
    shutil.rmtree(settings.results_folder / "sub-0")
    page.read()
    qtbot.waitUntil(lambda: _names(page) == ["sub-3", "sub-2", "sub-1"], timeout=_LIMIT_MS)
    assert page.chosen.name == "sub-1"
    assert shown == [], "it is not read again"
    shutil.rmtree(settings.results_folder / "sub-1")
    page.read()
    qtbot.waitUntil(lambda: _names(page) == ["sub-3", "sub-2"], timeout=_LIMIT_MS)
    assert page.chosen in page.entries
