"""The step Quality: all results of a study as a wall, what is unusual first, decided by keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.cli.app import run
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.quality.quality_page import QualityPage
from brainstem_app.gui.quality.wall_model import Order
from brainstem_app.gui.report.people import StudyChoice, choice_in_study
from brainstem_app.gui.segment.job_files import SegmentOutputs, segment_job
from brainstem_app.gui.study.workspace import Workspace
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.jobs.job import ImportResultsJob, QualityJob, read_job
from brainstem_app.study.segmentations import result_folders, study_results
from brainstem_app.study.study import Study
from brainstem_app.written_files import QUALITY_TABLE

from ..study.made_study import add_loose_result, add_result, correct_by_hand

Fake = Callable[[str], Path]
_LIMIT_MS = 60_000
#: RN_L of the fifth is far larger than that of the others, and larger than its right.
REDS = (10, 11, 12, 11, 30, 10)


@pytest.fixture
def study(study: Study, table: LabelTable) -> Study:
    """The study with six results that were looked at by the program, each with its picture."""
    for number, red in enumerate(REDS, start=1):
        folder = add_result(
            study, table, f"sub-{number:02d}", red, right=9 + number % 3, fit=0.9 - number / 100
        )
        picture = QImage(640, 200, QImage.Format.Format_RGB32)
        picture.fill(0x336600 + 30 * number)
        picture.save(str(folder / "qc_small.png"))
    assert run(["quality", str(study.folder), "--no-pictures"]) == 0
    return study


@pytest.fixture
def page(qtbot: QtBot, open_study: MainWindow) -> QualityPage:
    open_study.show_step(StepName.QUALITY)
    shown = open_study.page(StepName.QUALITY)
    qtbot.waitUntil(lambda: shown.model.rowCount() == len(REDS), timeout=_LIMIT_MS)
    open_study.activateWindow()
    shown.wall.setFocus()
    return shown


def _states(study: Study) -> list[str]:
    return [result.state for result in study_results(study.folder)]


def _names(page: QualityPage) -> list[str]:
    return [item.name for item in page.model.shown]


def test_study_with_results_begins_with_them(open_study: MainWindow) -> None:
    assert open_study.current_step is StepName.QUALITY


def test_most_unusual_result_comes_first_and_the_wall_is_sorted_by_anything(page: QualityPage) -> None:
    assert _names(page)[0] == "sub-05/net-1"
    assert page.current.name == "sub-05/net-1"
    for order in Order:
        page.order.setCurrentIndex(page.order.findData(order))
        assert len(_names(page)) == len(REDS)
        assert page.wall.currentIndex().row() == 0, "the first of the new order is looked at"
    page.order.setCurrentIndex(page.order.findData(Order.FIT))
    assert _names(page) == [f"sub-{n:02d}/net-1" for n in (6, 5, 4, 3, 2, 1)]
    page.order.setCurrentIndex(page.order.findData(Order.NAME))
    assert _names(page) == [f"sub-{n:02d}/net-1" for n in range(1, 7)]


def test_pictures_are_read_when_they_are_seen(qtbot: QtBot, page: QualityPage) -> None:
    first = page.model.shown[0]
    qtbot.waitUntil(lambda: page.model.picture(first) is not None, timeout=_LIMIT_MS)
    assert page.model.picture(first).width() == 640


def test_keys_accept_reject_with_a_note_and_take_back(qtbot: QtBot, page: QualityPage, study: Study) -> None:
    page.order.setCurrentIndex(page.order.findData(Order.NAME))
    page.wall.setCurrentIndex(page.model.index(0))
    qtbot.keyClick(page.wall, Qt.Key.Key_A)
    assert page.current.name == "sub-02/net-1", "it goes to the next"
    qtbot.keyClick(page.wall, Qt.Key.Key_R)
    assert _states(study)[:2] == ["accepted", "unseen"], "a rejection needs a reason"
    qtbot.keyClicks(page.note, "no, ")
    qtbot.keyClick(page.note, Qt.Key.Key_Escape)
    assert (page.wall.hasFocus(), page.note.text()) == (True, ""), "letters decide again"
    qtbot.keyClick(page.wall, Qt.Key.Key_R)
    qtbot.keyClicks(page.note, "moved a lot")
    qtbot.keyClick(page.note, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: _states(study)[1] == "rejected", timeout=_LIMIT_MS)
    assert page.current.name == "sub-03/net-1"
    second = study_results(study.folder)[1]
    assert second.last.why == "moved a lot"
    page.wall.setCurrentIndex(page.model.index(1))
    assert page.note.text() == "moved a lot"
    qtbot.keyClick(page.wall, Qt.Key.Key_U)
    assert _states(study)[:3] == ["accepted", "unseen", "unseen"]
    assert "1 accepted" in page.said.text()


def test_reason_that_is_being_typed_stays_when_other_results_come(
    qtbot: QtBot, page: QualityPage, study: Study, table: LabelTable
) -> None:
    page.order.setCurrentIndex(page.order.findData(Order.NAME))
    page.wall.setCurrentIndex(page.model.index(1))
    qtbot.keyClick(page.wall, Qt.Key.Key_R)
    qtbot.keyClicks(page.note, "moved a")
    add_result(study, table, "sub-00")
    page.context.study.refresh()
    before = page.model.rowCount()
    qtbot.waitUntil(lambda: "newer" in page.said.text() or page.model.rowCount() > before, timeout=_LIMIT_MS)
    assert page.current.name == "sub-02/net-1"
    assert page.note.hasFocus()
    qtbot.keyClicks(page.note, " lot")
    qtbot.keyClick(page.note, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "rejected" in _states(study), timeout=_LIMIT_MS)
    (rejected,) = [result for result in study_results(study.folder) if result.state == "rejected"]
    assert (rejected.name, rejected.last.why) == ("sub-02/net-1", "moved a lot")
    page.wall.setCurrentIndex(page.model.index(3))
    assert page.note.text() == "", "of another result nothing was said"


@pytest.mark.parametrize("change", ["corrected", "rejected"])
def test_result_that_has_changed_since_it_was_read_is_looked_at_again_before_anything_is_said_of_it(
    qtbot: QtBot, page: QualityPage, study: Study, change: str
) -> None:
    page.order.setCurrentIndex(page.order.findData(Order.NAME))
    page.wall.setCurrentIndex(page.model.index(1))
    folder = page.current.folder
    if change == "corrected":
        correct_by_hand(folder, 4)
    else:
        assert run(["study", "reject", str(study.folder), "sub-02", "--why", "moved", "--who", "other"]) == 0
    now = _states(study)[1]
    page.wall.setFocus()
    qtbot.keyClick(page.wall, Qt.Key.Key_A)
    assert _states(study)[1] == now
    qtbot.waitUntil(lambda: page.current.state == now, timeout=_LIMIT_MS)
    assert page.current.folder == folder
    qtbot.keyClick(page.wall, Qt.Key.Key_A)
    assert _states(study)[1] == "accepted", "it was looked at"


def test_wall_shows_results_of_one_state_alone(qtbot: QtBot, page: QualityPage) -> None:
    page.note.setText("fine")
    page.decide("accepted")
    page.only.setCurrentIndex(page.only.findData("accepted"))
    assert _names(page) == ["sub-05/net-1"]
    page.only.setCurrentIndex(page.only.findData("unseen"))
    assert len(_names(page)) == len(REDS) - 1


def test_enter_and_double_click_go_through_the_results_in_review(qtbot: QtBot, page: QualityPage) -> None:
    page.order.setCurrentIndex(page.order.findData(Order.NAME))
    page.wall.setCurrentIndex(page.model.index(4))
    page.review_requested.disconnect()
    with qtbot.waitSignal(page.review_requested, timeout=_LIMIT_MS) as asked:
        qtbot.keyClick(page.wall, Qt.Key.Key_Return)
    assert [folder.parent.name for folder in asked.args[0]] == [f"sub-{n:02d}" for n in (5, 6, 1, 2, 3, 4)]
    place = page.wall.visualRect(page.model.index(0)).topLeft() + QPoint(20, 20)
    page.wall.scrollTo(page.model.index(0))
    place = page.wall.visualRect(page.model.index(0)).center()
    qtbot.mouseClick(page.wall.viewport(), Qt.MouseButton.LeftButton, pos=place)
    with qtbot.waitSignal(page.review_requested, timeout=_LIMIT_MS) as asked:
        qtbot.mouseDClick(page.wall.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args[0][0].parent.name == "sub-01"


def test_decisions_of_the_command_line_are_seen_when_the_page_is_shown(
    qtbot: QtBot, page: QualityPage, study: Study
) -> None:
    assert run(["study", "reject", str(study.folder), "sub-03", "--why", "moved"]) == 0
    page.activate()
    qtbot.waitUntil(lambda: "1 rejected" in page.said.text(), timeout=_LIMIT_MS)


def test_result_whose_name_a_spreadsheet_would_compute_is_on_the_wall(
    qtbot: QtBot, page: QualityPage, study: Study, table: LabelTable
) -> None:
    add_loose_result(study, table, "-dash")
    page.activate()
    qtbot.waitUntil(lambda: "1 result is newer than this table" in page.said.text(), timeout=_LIMIT_MS)
    assert run(["quality", str(study.folder), "--no-pictures"]) == 0
    page.activate()
    qtbot.waitUntil(lambda: "-dash/net-1" in _names(page), timeout=_LIMIT_MS)
    assert "newer than this table" not in page.said.text()


def test_corrected_result_is_marked_and_its_report_can_be_written(
    qtbot: QtBot, page: QualityPage, study: Study, fake_job: Fake
) -> None:
    correct_by_hand(study.folder / "segmentations" / "sub-05" / "net-1", 3)
    page.activate()
    qtbot.waitUntil(lambda: page.current is not None and page.current.state == "edited", timeout=_LIMIT_MS)
    assert page.correct_button.isVisible()
    assert "1 result is newer than this table" in page.said.text()
    states: list[str] = []
    page.status.connect(states.append)
    page.decide("accepted")
    assert "1 result is newer than this table" in page.said.text()
    assert states[-1] == f"{len(REDS) - 1} to look at", "the newer one is among the accepted"
    page.wall.setCurrentIndex(page.model.index(page.model.row_of("sub-05/net-1")))
    fake_job('emit(event="finished", seconds=1.0)\n')
    with qtbot.waitSignal(page.message, timeout=_LIMIT_MS) as said:
        qtbot.mouseClick(page.correct_button, Qt.MouseButton.LeftButton)
    assert "report of sub-05 · net version 1 is that of the corrected labels" in said.args[0].what


def test_button_starts_the_job_that_looks_at_all_results(
    qtbot: QtBot, page: QualityPage, study: Study, fake_job: Fake
) -> None:
    fake_job('emit(event="finished", seconds=1.0)\n')
    qtbot.mouseClick(page.look_button, Qt.MouseButton.LeftButton)
    assert page.wall.hasFocus(), "letters decide; they are not written into the note"
    (job,) = page.context.jobs.jobs
    assert read_job(job.job_file) == QualityJob(study=study.folder)
    qtbot.waitUntil(lambda: job.state.is_over and page.look_button.isEnabled(), timeout=_LIMIT_MS)


def test_five_hundred_results_are_laid_out_and_only_the_seen_ones_read(
    qtbot: QtBot, page: QualityPage
) -> None:
    many = tuple(
        page.model.items[0].__class__(item.study, f"{item.name}", {**item.cells, "copy": str(copy)})
        for copy in range(84)
        for item in page.model.items
    )
    page.model.set_items(many)
    page.wall.scrollToBottom()
    assert page.model.rowCount() == 504
    bar = page.wall.verticalScrollBar()
    assert bar.maximum() > 10 * page.wall.height()


def test_tiles_of_a_row_fill_the_wall(qtbot: QtBot, page: QualityPage) -> None:
    wall = page.wall
    tiles = [page.model.index(row, 0) for row in range(page.model.rowCount())]

    def columns() -> int:
        return len({wall.visualRect(tile).left() for tile in tiles})

    def unused() -> int:
        return wall.viewport().width() - max(wall.visualRect(tile).right() for tile in tiles)

    for width, expected in ((1280, 2), (1440, 2), (1920, 3)):
        page.window().resize(width, 720)
        qtbot.waitUntil(lambda expected=expected: columns() == expected and 0 < unused() <= 20)
        assert len({wall.visualRect(tile).width() for tile in tiles}) == 1


def test_without_a_study_the_page_says_what_it_is_for(window: MainWindow) -> None:
    window.show_step(StepName.QUALITY)
    page = window.page(StepName.QUALITY)
    assert "Open a study" in page.said.text()
    assert not page.look_button.isEnabled()
    assert not page.accept_button.isEnabled()


def test_results_that_nobody_looked_at_yet_have_one_button_that_does(
    qtbot: QtBot, open_study: MainWindow, study: Study, fake_job: Fake
) -> None:
    (study.folder / QUALITY_TABLE).unlink()
    open_study.show_step(StepName.QUALITY)
    page = open_study.page(StepName.QUALITY)
    words = f"{len(REDS)} results wait to be looked at."
    qtbot.waitUntil(lambda: page.shown.hint.words.text() == words, timeout=_LIMIT_MS)

    def lookers() -> list[QPushButton]:
        buttons = page.findChildren(QPushButton)
        return [b for b in buttons if b.isVisible() and b.text().replace("&", "") == "Look at all results"]

    assert lookers() == [page.shown.hint.button]
    fake_job('emit(event="finished", seconds=1.0)\n')
    assert run(["quality", str(study.folder), "--no-pictures"]) == 0
    qtbot.mouseClick(page.shown.hint.button, Qt.MouseButton.LeftButton)
    assert page.context.jobs.jobs[-1].work == QualityJob(study=study.folder)
    qtbot.waitUntil(lambda: lookers() == [page.look_button], timeout=_LIMIT_MS)


def test_segment_writes_into_the_open_study(open_study: MainWindow, study: Study, dataset: Path) -> None:
    page = open_study.segment_page
    assert page.context.study.folder == study.folder
    assert page.segment_panel.place.folder == study.folder / "segmentations"
    assert not page.segment_panel.place.change_button.isEnabled()
    scan = dataset / "sub-1" / "anat" / "sub-1_T1w.nii.gz"
    job = segment_job((scan,), "m", SegmentOutputs(), study.folder.parent / "results", study=study.folder)
    assert (job.study, job.out) == (study.folder, study.folder / "segmentations")
    bids = segment_job((scan,), "m", SegmentOutputs(bids=True), study.folder.parent / "r", study=study.folder)
    assert bids.study is None


def test_groups_of_a_whole_study_count_corrected_labels_and_no_rejected_results(
    qtbot: QtBot, open_study: MainWindow, study: Study
) -> None:
    folders = result_folders(study.folder)
    assert run(["study", "reject", str(study.folder), "sub-03", "--why", "moved"]) == 0
    open_study.show_step(StepName.REPORT)
    page = open_study.page(StepName.REPORT)
    qtbot.mouseClick(page.cohort_button, Qt.MouseButton.LeftButton)
    panel = page.cohort
    counted = {str(folder) for folder in folders if "sub-03" not in folder.parts}
    qtbot.waitUntil(lambda: set(panel.subjects.ticked()) == counted, timeout=_LIMIT_MS)
    assert panel.table.text() == str(Path(study.settings.dataset) / "participants.tsv"), "of the study"
    panel.group.setCurrentIndex(0)
    assert "Corrected labels count, rejected results do not" in panel.said.text()
    assert panel.of_study.isVisible()
    panel.start()
    job = open_study.context.jobs.jobs[-1].work
    assert (job.study, job.results, job.model) == (study.folder, (), folders[0].name)
    assert (job.subjects, job.edited) == ((), "use")
    assert job.out.parent == study.folder / "reports", "reports on people of a study lie in it"
    assert open_study.context.jobs.jobs[-1].record.study == str(study.folder)
    part = sorted(counted)[1:]
    panel.subjects.tick(part)
    panel.edited.setCurrentIndex(1)
    words = "Corrected labels do not count, the original ones do"
    qtbot.waitUntil(lambda: words in panel.said.text(), timeout=_LIMIT_MS)
    assert panel.group.currentData() == "", "as it was chosen"
    panel.start()
    job = open_study.context.jobs.jobs[-1].work
    names = tuple(Path(folder).relative_to(study.folder / "segmentations").as_posix() for folder in part)
    assert (job.study, job.results, job.subjects, job.edited) == (study.folder, (), names, "original")
    panel.subjects.tick([*part, *(str(f) for f in folders if "sub-03" in f.parts)])
    assert "Rejected, so left out: sub-03" in panel.said.text()
    assert panel.said.text().startswith("4 people."), "as many as the report will count"
    assert choice_in_study(study.folder, folders[1:], ()) == StudyChoice(
        folders[0].name, tuple(f.relative_to(study.folder / "segmentations").as_posix() for f in folders[1:])
    )
    assert choice_in_study(study.folder, [*folders, study.folder], ()) is None


def test_new_study_is_one_at_once_of_the_dataset_that_is_open_and_takes_results(
    qtbot: QtBot, window: MainWindow, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "new study"
    folder.mkdir()
    window.open_path(dataset)
    qtbot.waitUntil(lambda: window.scans.model.rowCount() == 4, timeout=60_000)
    monkeypatch.setattr("brainstem_app.gui.file_dialogs.ask_new_folder", lambda *_asked: folder)
    study = window.context.study
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: study.folder == folder, timeout=60_000)
    begun = Study.open(folder)
    assert begun.settings.dataset == str(dataset.resolve())
    assert begun.settings.atlas_sha256
    assert begun.is_empty
    assert study.results_folder == folder / "segmentations"
    assert window.commands["import_results"].isEnabled()
    window.show_step(StepName.QUALITY)
    said = window.page(StepName.QUALITY).shown.hint.words
    qtbot.waitUntil(lambda: "No scan of this study is segmented yet" in said.text(), timeout=60_000)
    window.show_step(StepName.PREPARE)
    assert window.page(StepName.PREPARE).form.editor("space").isEnabled(), "nothing is prepared yet"


def test_study_that_an_older_version_has_only_begun_is_one_once_it_is_opened(
    qtbot: QtBot, window: MainWindow, dataset: Path, tmp_path: Path
) -> None:
    Workspace(sources=(str(dataset),)).save(tmp_path / "begun" / "window.json")
    window.open_path(tmp_path / "begun")
    qtbot.waitUntil(lambda: window.context.study.is_open, timeout=60_000)
    assert Study.open(tmp_path / "begun").settings.dataset == str(dataset.resolve())


@pytest.mark.parametrize(("way", "words"), [("create", "not empty"), ("open", "no study")])
def test_folder_that_is_no_study_is_neither_opened_nor_written_to(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, way: str, words: str
) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "draft.txt").write_text("of somebody else", encoding="utf-8")
    getattr(window.context.study, way)(tmp_path / "papers")
    qtbot.waitUntil(lambda: window.message_bar.message is not None, timeout=60_000)
    assert words in window.message_bar.message.what
    assert not window.context.study.is_open
    assert [path.name for path in (tmp_path / "papers").iterdir()] == ["draft.txt"]


def test_results_of_before_are_brought_into_the_study(
    qtbot: QtBot,
    page: QualityPage,
    open_study: MainWindow,
    study: Study,
    fake_job: Fake,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    old = tmp_path / "old results"
    fake_job('emit(event="finished", seconds=1.0)\n')
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(old))
    open_study.commands["import_results"].trigger()
    (job,) = page.context.jobs.jobs
    assert job.work == ImportResultsJob(study=study.folder, results=(old,))
    qtbot.waitUntil(lambda: open_study.message_bar.message is not None, timeout=_LIMIT_MS)
    assert "The results are in the study" in open_study.message_bar.message.what
    page.context.study.close()
    qtbot.waitUntil(lambda: not page.context.study.is_open, timeout=_LIMIT_MS)
    assert not open_study.commands["import_results"].isEnabled()


def test_loose_scans_of_one_name_get_results_of_their_own_in_a_study(study: Study, tmp_path: Path) -> None:
    first, second = tmp_path / "P1" / "T1.nii", tmp_path / "P2" / "T1.nii"
    results = tmp_path / "results"
    job = segment_job((first,), "m", SegmentOutputs(), results, study=study.folder)
    assert job.name == "T1"
    place = study.folder / "segmentations" / "T1" / "net-1"
    place.mkdir(parents=True)
    (place / "state.json").write_text(f'{{"scan": "{first.as_posix()}"}}', encoding="utf-8")
    assert segment_job((first,), "m", SegmentOutputs(), results, study=study.folder).name == "T1"
    assert segment_job((second,), "m", SegmentOutputs(), results, study=study.folder).name == "P2_T1"


def test_typed_words_narrow_the_wall(qtbot: QtBot, page: QualityPage) -> None:
    wanted = page.model.items[0].name
    qtbot.keyClicks(page.search, wanted.upper())
    assert {item.name for item in page.model.shown} == {
        item.name for item in page.model.items if wanted in item.name
    }
    page.search.clear()
    assert len(page.model.shown) == len(page.model.items)
