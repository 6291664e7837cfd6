"""Messages of the window: each goes with what it is about; what was done is said for a while."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QStatusTipEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from brainstem_app.gui.background import Reader
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel
from brainstem_app.gui.messages.message_bar import MessageBar
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.study.study import Study

Fake = Callable[[str], Path]
_LIMIT_MS = 60_000
_FAILS = 'emit(event="failed", what="The network is gone.", fix="Bring it back.")'


@pytest.fixture
def bar(qtbot: QtBot) -> MessageBar:
    made = MessageBar()
    made.resize(600, 60)
    made.reading_ms = made.choosing_ms = 150
    qtbot.addWidget(made)
    return made


def start_training(window: MainWindow) -> None:
    """Start a training that is called other."""
    train = window.page(StepName.TRAIN)
    train.form.set_values({"run": "other"})
    train.start()


def said(window: MainWindow) -> str:
    message = window.message_bar.message
    return "" if message is None else message.what


def test_information_goes_by_itself_and_an_error_stays(qtbot: QtBot, bar: MessageBar) -> None:
    bar.show_message(Message(MessageLevel.INFO, "Saved."))
    assert bar.isVisible()
    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=5000)
    for level in (MessageLevel.ERROR, MessageLevel.WARNING, MessageLevel.QUESTION, MessageLevel.PROGRESS):
        bar.show_message(Message(level, "Not saved."))
        qtbot.wait(400)
        assert bar.message is not None, level


def test_information_stays_longer_when_the_keys_are_on_it(qtbot: QtBot, bar: MessageBar) -> None:
    action = MessageAction("Open folder", lambda: None)
    bar.choosing_ms, first = 200, 200
    bar.show_message(Message(MessageLevel.INFO, "Saved.", actions=(action,)))
    bar.activateWindow()
    button = next(one for one in bar.findChildren(QAbstractButton) if one.text() == "Open folder")
    button.setFocus()
    qtbot.waitUntil(button.hasFocus)
    bar.choosing_ms = 1500
    qtbot.wait(3 * first)
    assert bar.message is not None
    qtbot.waitUntil(lambda: bar.message is None, timeout=5000)


def places(window: MainWindow) -> dict[QWidget, QRect]:
    """Where everything on the screen is but what belongs to the message."""
    bar = window.message_bar
    found = [one for one in window.findChildren(QWidget) if one.isVisible()]
    apart = [one for one in found if one not in (bar, bar.card)]
    return {
        one: QRect(one.mapTo(window, QPoint(0, 0)), one.size())
        for one in apart
        if not bar.isAncestorOf(one) and not bar.card.isAncestorOf(one)
    }


def settled_places(qtbot: QtBot, window: MainWindow) -> dict[QWidget, QRect]:
    """Places once a page that was just shown has laid itself out."""
    before: dict[QWidget, QRect] = {}
    while before != (before := places(window)):
        qtbot.wait(30)
    return before


def moved(before: dict[QWidget, QRect], window: MainWindow) -> list[str]:
    now = places(window)
    apart = [one for one in {**before, **now} if before.get(one) != now.get(one)]
    return [
        f"{type(one).__name__} {one.accessibleName()}: {before.get(one)}, {now.get(one)}" for one in apart
    ]


@pytest.mark.parametrize("size", [(1280, 720), (640, 360)], ids=str)
def test_nothing_on_a_page_moves_when_a_message_comes_and_goes(
    qtbot: QtBot, open_study: MainWindow, size: tuple[int, int]
) -> None:
    window = open_study
    window.resize(*size)
    actions = tuple(MessageAction(f"Do what is said in number {n}", lambda: None) for n in range(3))
    long = Message(
        MessageLevel.ERROR, "It failed. " * 40, "/a/b" * 50, "Do it. " * 60, "trace\n" * 40, actions
    )
    short = Message(MessageLevel.INFO, "Saved.")
    for step in (StepName.SEGMENT, StepName.REVIEW, StepName.REPORT):
        window.show_step(step)
        qtbot.waitUntil(lambda: not window.context.background.is_busy, timeout=_LIMIT_MS)
        window.message_bar.clear()
        before, height = settled_places(qtbot, window), window.message_bar.height()
        for message in (long, short):
            window.message_bar.show_message(message)
            QApplication.processEvents()
            assert window.message_bar.height() == height, step
            assert moved(before, window) == [], step
            window.message_bar.clear()
            QApplication.processEvents()
            assert moved(before, window) == [], step


def test_whole_message_and_its_buttons_are_in_a_card_where_they_have_no_room(
    qtbot: QtBot, window: MainWindow
) -> None:
    bar, pressed = window.message_bar, []
    window.resize(640, 360)
    actions = tuple(
        MessageAction(text, lambda text=text: pressed.append(text)) for text in ("Save it", "Keep it")
    )
    what = "The edits of the scan before are not saved, and would be lost."
    bar.show_message(
        Message(MessageLevel.QUESTION, what, "sub-1", "Say what happens to them.", actions=actions)
    )
    opener = next(one for one in bar.findChildren(QAbstractButton) if one.text() in {"Answer…", "Details"})
    qtbot.mouseClick(opener, Qt.MouseButton.LeftButton)
    assert bar.card.isVisible()
    assert window.rect().contains(bar.card.geometry())
    assert not bar.card.geometry().intersects(QRect(bar.mapTo(window, QPoint(0, 0)), bar.size()))
    told = bar.card.findChild(QLabel).text()
    assert what in told
    assert "sub-1" in told
    QTest.keyClick(bar.card, Qt.Key.Key_Escape)
    assert not bar.card.isVisible()
    assert bar.message is not None, "Esc on the card leaves the message"
    qtbot.mouseClick(opener, Qt.MouseButton.LeftButton)
    found = [*bar.findChildren(QAbstractButton), *bar.card.findChildren(QAbstractButton)]
    keep = next(one for one in found if one.text() == "Keep it")
    assert keep.isVisible()
    qtbot.mouseClick(keep, Qt.MouseButton.LeftButton)
    assert (pressed, bar.message, bar.card.isVisible()) == (["Keep it"], None, False)
    window.resize(1280, 720)
    bar.show_message(Message(MessageLevel.QUESTION, "Keep?", actions=actions))
    QApplication.processEvents()
    shown = [one.text() for one in bar.findChildren(QAbstractButton) if one.isVisible() and one.text()]
    assert shown == ["Save it", "Keep it"], "all of it has room here"


def test_message_that_is_read_in_full_is_not_replaced_meanwhile(qtbot: QtBot, window: MainWindow) -> None:
    bar = window.message_bar
    bar.show_message(Message(MessageLevel.ERROR, "The training failed.", details="trace", owner="jobs/1"))
    opener = next(one for one in bar.findChildren(QAbstractButton) if one.text() == "Details")
    qtbot.mouseClick(opener, Qt.MouseButton.LeftButton)
    bar.show_message(Message(MessageLevel.INFO, "3 scans are segmented."))
    assert bar.card.isVisible()
    assert "The training failed." in bar.accessibleDescription()
    qtbot.mouseClick(opener, Qt.MouseButton.LeftButton)
    assert not bar.card.isVisible()
    assert "3 scans are segmented." in bar.accessibleDescription()
    bar.dismiss()
    qtbot.mouseClick(opener, Qt.MouseButton.LeftButton)
    bar.clear("jobs")
    assert not bar.card.isVisible(), "what it was about is over"
    assert not bar.isVisible()


def test_hint_of_a_command_hides_no_message(qtbot: QtBot, window: MainWindow) -> None:
    line, bar = window.statusBar(), window.message_bar
    QApplication.sendEvent(window, QStatusTipEvent("Save the report"))
    assert line.hint.text() == "Save the report"
    assert line.hint.isVisible()
    bar.show_message(Message(MessageLevel.ERROR, "The disk is full."))
    QApplication.sendEvent(window, QStatusTipEvent("Open a scan"))
    assert bar.isVisible()
    QApplication.sendEvent(window, QStatusTipEvent(""))
    assert bar.isVisible()
    assert line.hint.text() == ""
    bar.clear()
    QApplication.sendEvent(window, QStatusTipEvent("Open a scan"))
    QApplication.sendEvent(window, QStatusTipEvent(""))
    assert not bar.isVisible()


def test_button_that_closes_a_message_spares_one_that_came_while_it_was_held(
    qtbot: QtBot, bar: MessageBar
) -> None:
    bar.show_message(Message(MessageLevel.ERROR, "The training failed.", owner="jobs/1"))
    close = next(one for one in bar.findChildren(QAbstractButton) if "Close" in one.accessibleName())
    qtbot.mousePress(close, Qt.MouseButton.LeftButton)
    bar.show_message(Message(MessageLevel.ERROR, "The disk is full.", owner="jobs/2"))
    qtbot.mouseRelease(close, Qt.MouseButton.LeftButton)
    assert bar.message.what == "The disk is full."
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    assert bar.message.what == "The training failed."


def test_error_comes_back_when_the_information_above_it_has_gone(qtbot: QtBot, bar: MessageBar) -> None:
    bar.show_message(Message(MessageLevel.ERROR, "The training failed.", owner="jobs/1"))
    bar.show_message(Message(MessageLevel.INFO, "Saved.", owner="review"))
    assert bar.message.what == "Saved."
    qtbot.waitUntil(lambda: bar.message.what == "The training failed.", timeout=5000)
    qtbot.wait(400)
    assert bar.isVisible()


def test_what_speaks_of_a_picture_is_said_on_its_page_only(qtbot: QtBot, bar: MessageBar) -> None:
    bar.show_page("review")
    bar.show_message(Message(MessageLevel.ERROR, "The training failed.", owner="jobs/1"))
    bar.show_message(Message(MessageLevel.WARNING, "Without its scan.", owner="review", is_of_page=True))
    assert bar.message.what == "Without its scan."
    bar.show_page("report")
    assert bar.message.what == "The training failed."
    bar.dismiss()
    assert not bar.isVisible()
    bar.show_message(Message(MessageLevel.INFO, "Saved."))
    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=5000)
    bar.show_page("review")
    assert bar.isVisible()
    assert bar.message.what == "Without its scan."
    bar.show_page("report")
    bar.show_message(Message(MessageLevel.WARNING, "Another.", owner="review", is_of_page=True))
    assert not bar.isVisible()


def test_labels_without_scan_are_not_spoken_of_on_other_pages(
    qtbot: QtBot, window: MainWindow, result_folder: Path, scan_file: Path
) -> None:
    scan_file.unlink()
    window.open_path(result_folder)
    qtbot.waitUntil(lambda: "without their scan" in said(window), timeout=_LIMIT_MS)
    window.show_step(StepName.REPORT)
    assert not window.message_bar.isVisible()
    window.show_step(StepName.SEGMENT)
    assert "without their scan" in said(window)
    assert window.message_bar.isVisible()


def test_messages_of_one_owner_take_each_others_place(bar: MessageBar) -> None:
    for what in ("first", "second"):
        bar.show_message(Message(MessageLevel.ERROR, what, owner="scans"))
    bar.show_message(Message(MessageLevel.ERROR, "part", owner="scans/list"))
    bar.show_message(Message(MessageLevel.ERROR, "other", owner="scansion"))
    bar.clear("scans")
    assert bar.message.what == "other"
    bar.dismiss()
    assert bar.message is None
    assert not bar.isVisible()


@pytest.mark.parametrize("door", ["list", "menu", "drop"])
def test_error_of_one_file_does_not_stand_above_the_next_scan(
    qtbot: QtBot, window: MainWindow, scan_file: Path, tmp_path: Path, door: str
) -> None:
    broken = tmp_path / "broken_T1w.nii.gz"
    broken.write_bytes(b"no scan")
    window.opening.view(broken)
    qtbot.waitUntil(lambda: window.message_bar.message is not None, timeout=_LIMIT_MS)
    {
        "list": lambda: window.scans.view_requested.emit(scan_file),
        "menu": lambda: window.open_path(scan_file),
        "drop": lambda: window.dropped.emit([scan_file]),
    }[door]()
    qtbot.waitUntil(lambda: window.segment_page.document.scan is not None, timeout=_LIMIT_MS)
    assert said(window) == ""


def test_failed_segmentation_is_forgotten_with_its_scan_and_a_failed_training_is_not(
    qtbot: QtBot, open_study: MainWindow, scan_file: Path, result_folder: Path, fake_job: Fake
) -> None:
    window = open_study
    fake_job(_FAILS)
    window.open_path(scan_file)
    qtbot.waitUntil(lambda: window.segment_page.document.scan is not None, timeout=_LIMIT_MS)
    window.commands.run("segment")
    qtbot.waitUntil(lambda: "The network is gone." in said(window), timeout=_LIMIT_MS)
    window.opening.view(result_folder)
    qtbot.waitUntil(lambda: window.segment_page.document.labels is not None, timeout=_LIMIT_MS)
    assert said(window) == ""
    start_training(window)
    qtbot.waitUntil(lambda: "Train other: The network is gone." in said(window), timeout=_LIMIT_MS)
    window.opening.view(scan_file)
    qtbot.waitUntil(lambda: window.segment_page.document.labels is None, timeout=_LIMIT_MS)
    assert "Train other" in said(window), "it is about the training"


def test_failure_of_a_job_that_is_told_in_place_is_not_told_again(
    qtbot: QtBot, open_study: MainWindow, fake_job: Fake
) -> None:
    window = open_study
    fake_job(_FAILS)
    start_training(window)
    (job,) = window.context.jobs.jobs
    job.is_told_in_place = lambda: True
    qtbot.waitUntil(lambda: job.state == "failed", timeout=_LIMIT_MS)
    assert said(window) == ""


@pytest.mark.parametrize("end", ["again", "anew", "removed"])
def test_failure_of_a_job_goes_when_it_is_started_again_or_removed(
    qtbot: QtBot, open_study: MainWindow, fake_job: Fake, end: str
) -> None:
    window = open_study
    fake_job(_FAILS)
    start_training(window)
    qtbot.waitUntil(lambda: "The network is gone." in said(window), timeout=_LIMIT_MS)
    (job,) = window.context.jobs.jobs
    fake_job('wait_for(cancelled); emit(event="failed", what="Cancelled.", exit_status=3)')
    if end == "again":
        window.context.jobs.restart(job)
    elif end == "anew":
        start_training(window)
        assert len(window.context.jobs.jobs) == 2
    else:
        window.context.jobs.remove(job)
    assert said(window) == ""


def test_what_is_said_of_a_study_goes_with_it(
    qtbot: QtBot, open_study: MainWindow, study: Study, tmp_path: Path
) -> None:
    window = open_study
    for step in (StepName.PREPARE, StepName.TRAIN, StepName.COMPARE, StepName.REPORT):
        window.page(step).message.emit(Message(MessageLevel.ERROR, f"{step} failed."))
    assert said(window) == "report failed."
    other = Study.create(tmp_path / "other study", study.settings)
    with qtbot.waitSignal(window.context.study.opened, timeout=_LIMIT_MS):
        window.context.study.open(other.folder)
    assert said(window) == ""


def test_work_that_is_not_saved_is_said_until_it_is_saved(
    qtbot: QtBot, open_study: MainWindow, study: Study, scan_file: Path, tmp_path: Path
) -> None:
    window, elsewhere = open_study, tmp_path / "unplugged"
    study.folder.rename(elsewhere)
    window.page(StepName.TRAIN).form.set_values({"epochs": 31})
    qtbot.waitUntil(lambda: "could not be saved" in said(window), timeout=_LIMIT_MS)
    window.open_path(scan_file)
    qtbot.waitUntil(lambda: window.segment_page.document.scan is not None, timeout=_LIMIT_MS)
    window.context.study.contents_changed.emit()
    # Steps that read the study may say above it that its folder is gone.
    while window.message_bar.message and "could not be saved" not in said(window):
        window.message_bar.dismiss()
    assert "could not be saved" in said(window)
    elsewhere.rename(study.folder)
    window.files.study.save()
    assert said(window).startswith("The study is saved (")
    while window.message_bar.message:
        assert "could not be saved" not in said(window)
        window.message_bar.dismiss()


def test_question_about_edits_goes_when_they_are_undone(
    qtbot: QtBot, window: MainWindow, result_folder: Path, scan_file: Path
) -> None:
    window.open_path(result_folder)
    qtbot.waitUntil(lambda: window.segment_page.document.labels is not None, timeout=_LIMIT_MS)
    window.show_step(StepName.REVIEW)
    review = window.review
    qtbot.waitUntil(
        lambda: review.document.labels is not None and not window.context.background.is_busy,
        timeout=_LIMIT_MS,
    )
    review.document.editor.set_label(3)
    review.commands["brush"].trigger()
    review.views.go_to((20, 20, 20))
    QTest.keyClick(review.views.main_view, Qt.Key.Key_Space)
    review.files.open_path(scan_file)
    assert "not saved" in said(window)
    review.document.editor.undo()
    assert said(window) == ""


def test_list_of_scans_forgets_what_was_wrong_with_the_list_before(
    qtbot: QtBot, window: MainWindow, scan_file: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "nothing here"
    empty.mkdir()
    window.scans.add([empty])
    qtbot.waitUntil(lambda: "holds no scan" in said(window), timeout=_LIMIT_MS)
    window.scans.list.show_only(scan_file)
    qtbot.waitUntil(lambda: window.scans.model.rowCount() == 1, timeout=_LIMIT_MS)
    assert said(window) == ""


def test_closing_says_that_it_waits_for_the_jobs(
    qtbot: QtBot, window: MainWindow, scan_file: Path, fake_job: Fake, tmp_path: Path
) -> None:
    fake_job(f"""
wait_for(lambda: cancelled() and Path({str(tmp_path / "go")!r}).exists())
emit(event="failed", what="Cancelled.", exit_status=3)
""")
    window.commands.run("simulate")
    qtbot.waitUntil(lambda: bool(window.context.jobs.running), timeout=_LIMIT_MS)
    window.close()
    assert "1 job is still running." in said(window)
    stop = next(b for b in window.message_bar.findChildren(QAbstractButton) if "Stop it" in b.text())
    qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
    assert "window closes when the jobs have stopped" in said(window)
    (tmp_path / "go").touch()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=_LIMIT_MS)


def test_question_about_running_jobs_goes_when_they_have_ended(
    qtbot: QtBot, window: MainWindow, fake_job: Fake, tmp_path: Path
) -> None:
    fake_job(f"""
wait_for(Path({str(tmp_path / "go")!r}).exists)
emit(event="failed", what="Cancelled.", exit_status=3)
""")
    window.commands.run("simulate")
    qtbot.waitUntil(lambda: bool(window.context.jobs.running), timeout=_LIMIT_MS)
    window.close()
    assert "still running" in said(window)
    (tmp_path / "go").touch()
    qtbot.waitUntil(lambda: "still running" not in said(window), timeout=_LIMIT_MS)
    assert window.isVisible()


def test_disk_that_does_not_answer_is_named_until_it_does(qtbot: QtBot, window: MainWindow) -> None:
    background, hangs = window.context.background, Event()
    background.slow_s = 0.05
    reader = Reader(background, what="the list of scans")
    reader.read(lambda: hangs.wait(10), lambda _answer: None, lambda _error: None, where=(Path("/far"),))
    qtbot.waitUntil(lambda: said(window) == f"Still reading the list of scans in {Path('/far')}.")
    hangs.set()
    qtbot.waitUntil(lambda: said(window) == "")


def test_message_button_acts_once_and_takes_its_message_along(qtbot: QtBot, bar: MessageBar) -> None:
    pressed: list[str] = []
    action = MessageAction("Do it", lambda: pressed.append("done"))
    bar.show_message(Message(MessageLevel.QUESTION, "Do it?", actions=(action,), owner="question"))
    button = next(one for one in bar.findChildren(QAbstractButton) if one.text() == "Do it")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    QApplication.processEvents()
    assert (pressed, bar.message) == (["done"], None)
