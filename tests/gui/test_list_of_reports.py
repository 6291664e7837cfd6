"""The list of the step Report: all that there is, each read once, and what is marked stays marked."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.cli.app import run
from brainstem_app.gui.document.result_model import ResultModel
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.report import report_search
from brainstem_app.gui.report.report_entries import ReportEntry, ReportKind
from brainstem_app.gui.report.report_list import ReportList
from brainstem_app.gui.report.report_page import ReportPage
from brainstem_app.gui.report.report_search import ReportSearch
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName

from ..study.made_study import add_result, make_study

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


def test_result_of_a_study_is_chosen_by_its_folder_though_it_is_listed_as_a_person(
    qtbot: QtBot, window: MainWindow
) -> None:
    shown = ReportList(window)
    qtbot.addWidget(shown)
    shown.show_entries(
        tuple(
            ReportEntry(ReportKind.SEGMENTATION, f"{who}/net-1", Path(who), model=ResultModel("net", "1"))
            for who in ("sub-1", "sub-2")
        )
    )
    shown.choose("sub-2/net-1")
    assert shown.currentItem().text(0) == "sub-2"
    assert shown.chosen is not None
    assert shown.chosen.name == "sub-2/net-1"


def test_result_outside_of_a_study_is_listed_by_whose_it_is_and_its_folder_is_told_under_the_pointer(
    qtbot: QtBot, window: MainWindow, settings: WindowSettings
) -> None:
    homes = [
        _write(settings.results_folder, name)
        for name in ("sub-01_ses-2_T1w", "head", "P2_T1", "sub-01_ses-2_T1w 2", "sub-01_ses-2_T1w 3")
    ]
    for day, home in ((7, homes[0]), (8, homes[3])):
        told = json.loads((home / "report.json").read_text(encoding="utf-8"))
        told |= {"scan": {"file": "sub-01_ses-2_T1w.nii.gz"}, "created": f"2026-11-0{day}T12:00:00+00:00"}
        (home / "report.json").write_text(json.dumps(told), encoding="utf-8")
    told["model"]["version"] = "2"
    (homes[4] / "report.json").write_text(json.dumps(told), encoding="utf-8")
    window.show_step(StepName.REPORT)
    page: ReportPage = window.page(StepName.REPORT)
    qtbot.waitUntil(lambda: len(page.entries) == 5, timeout=_LIMIT_MS)
    by_folder = {entry.folder: entry for entry in page.entries}
    words = [by_folder[home].words for home in homes]
    assert words[1:3] == ["head · net version 1", "P2_T1 · net version 1"]
    assert words[4] == "sub-01/ses-2 · net version 2", "the model tells it from the others"
    day = datetime(2026, 11, 7, 12, tzinfo=UTC).astimezone()
    assert words[0] == f"sub-01/ses-2, {day:%Y-%m-%d %H:%M:%S} · net version 1", "there is another"
    assert words[3] != words[0]
    page.list.choose(by_folder[homes[4]].name)
    item = page.list.currentItem()
    assert (item.text(0), item.text(1)) == ("sub-01/ses-2", "not measured, net version 2")
    assert item.toolTip(0) == str(homes[4])


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


def test_result_that_was_opened_from_elsewhere_is_listed_until_it_is_forgotten(
    qtbot: QtBot, window: MainWindow, settings: WindowSettings, result_folder: Path
) -> None:
    window.show_step(StepName.REPORT)
    page: ReportPage = window.page(StepName.REPORT)
    qtbot.waitUntil(lambda: page.shown.hint.button.isVisible(), timeout=_LIMIT_MS)
    window.opening.open_path(result_folder)
    qtbot.waitUntil(lambda: window.segment_page.document.result is not None, timeout=_LIMIT_MS)
    window.show_step(StepName.REPORT)
    qtbot.waitUntil(lambda: [entry.folder for entry in page.entries] == [result_folder], timeout=_LIMIT_MS)
    qtbot.waitUntil(lambda: page.content is not None, timeout=_LIMIT_MS)
    window.opening.fill_recent(window.recent)
    assert f"{result_folder.name}    {result_folder.parent}" in [a.text() for a in window.recent.actions()]
    assert settings.recent_results == (result_folder,), "after a restart, too"
    window.recent.actions()[-1].trigger()
    window.show_step(StepName.SEGMENT)
    window.show_step(StepName.REPORT)
    qtbot.waitUntil(lambda: page.entries == (), timeout=_LIMIT_MS)


def test_every_result_of_a_batch_that_was_opened_is_listed_and_those_of_the_results_folder_once(
    settings: WindowSettings, tmp_path: Path
) -> None:
    for name in ("sub-1", "sub-2"):
        shutil.copytree(_write(tmp_path / "written", name), tmp_path / "batch" / name)
    own = _write(settings.results_folder, "sub-3")
    opened = (tmp_path / "batch", own, tmp_path / "gone")
    found = ReportSearch().find(None, settings.results_folder, opened=opened)
    names = ["sub-1 · batch", "sub-2 · batch", "sub-3"]
    assert sorted(entry.name for entry in found.entries) == names
    settings.add_recent_result(own)
    assert settings.recent_results == ()


@pytest.mark.parametrize("session", ["", "ses-1"])
def test_result_of_another_study_is_listed_as_that_study_has_it(
    tmp_path: Path, table: LabelTable, session: str
) -> None:
    study = make_study(tmp_path / "another", tmp_path / "ds")
    places = [add_result(study, table, f"sub-0{number}", session=session) for number in (1, 2)]
    assert run(["study", "reject", str(study.folder), "sub-02", "--why", "moved"]) == 0
    entries = ReportSearch().find(None, tmp_path / "results", opened=places).entries
    by_folder = {entry.folder: entry for entry in entries}
    assert [by_folder[place].is_rejected for place in places] == [False, True]
    assert by_folder[places[0]].name == places[0].relative_to(study.folder / "segmentations").as_posix()
