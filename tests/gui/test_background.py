"""Short work beside the window: what comes back, and that nothing of it stays."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
import weakref
from functools import partial
from pathlib import Path
from threading import Event

from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from brainstem_app.gui.background import Background, Reader


class Volume:
    """Something large."""

    def __str__(self) -> str:
        return "Volume"


def test_work_that_has_come_back_is_let_go_of_with_all_that_it_held(qtbot: QtBot) -> None:
    background = Background()
    came: list[object] = []
    held: list[weakref.ref[Volume]] = []
    for _ in range(20):
        volume = Volume()
        held.append(weakref.ref(volume))
        background.run(partial(str, volume), came.append, came.append)
    del volume
    qtbot.waitUntil(lambda: not background.is_busy)
    qtbot.wait(20)  # what was to be deleted later is
    gc.collect()
    assert came == ["Volume"] * 20
    assert [ref for ref in held if ref() is not None] == []


def test_results_come_while_more_is_asked_without_a_pause(qtbot: QtBot) -> None:
    background = Background()
    came: list[object] = []
    asking = QTimer(interval=1)
    asking.timeout.connect(lambda: background.run(str, came.append, came.append))
    asking.start()
    qtbot.waitUntil(lambda: len(came) > 20)
    asking.stop()
    assert background.wait()


def test_scan_is_opened_while_one_that_was_asked_for_before_hangs(qtbot: QtBot) -> None:
    background, answers = Background(), []
    reader, hangs = Reader(background, in_turn=False), Event()
    reader.read(lambda: hangs.wait(10), answers.append, answers.append)
    reader.read(lambda: "the latest", answers.append, answers.append)
    qtbot.waitUntil(lambda: answers == ["the latest"])
    hangs.set()
    assert background.wait()
    qtbot.waitUntil(lambda: not background.is_busy)
    assert answers == ["the latest"]


def test_list_is_read_beside_one_that_hangs_and_the_user_is_told_what_hangs(qtbot: QtBot) -> None:
    background, answers, told = Background(), [], []
    background.slow_s = 0.05
    background.slow.connect(told.append)
    hangs = Event()
    readers = [Reader(background, what=f"list {n}") for n in range(5)]
    for reader in readers:
        reader.read(lambda: hangs.wait(10), lambda _answer: None, answers.append, "hung", (Path("/far"),))
    readers[0].read(lambda: "near", answers.append, answers.append, "near")
    qtbot.waitUntil(lambda: answers == ["near"])
    qtbot.waitUntil(lambda: bool(told) and len(told[-1]) == 5)
    assert told[-1][0] == f"list 0 in {Path('/far')}"
    readers[1].read(lambda: "again", answers.append, answers.append, "hung")
    qtbot.wait(150)
    assert answers == ["near"], "what hangs is not asked again and again"
    hangs.set()
    qtbot.waitUntil(lambda: answers == ["near", "again"] and told[-1] == ())
    assert background.wait()


def test_nothing_is_read_once_the_window_closes(qtbot: QtBot) -> None:
    background, read, hangs = Background(), [], Event()
    background.slow_s = 0.05
    reader = Reader(background)
    reader.read(lambda: hangs.wait(0.5), read.append, read.append)
    reader.read(lambda: read.append("next"), read.append, read.append)
    assert background.wait()
    qtbot.wait(120)
    assert read == []


def test_python_looks_for_rings_again_once_a_window_has_closed_whatever_is_asked_of_it_then(
    qtbot: QtBot,
) -> None:
    background, read = Background(), list[object]()
    background.run(str, read.append, read.append)
    assert not gc.isenabled()
    assert background.wait()
    assert gc.isenabled()
    background.run(str, read.append, read.append)
    assert gc.isenabled()
    qtbot.wait(20)
    assert (read, background.is_busy) == ([], False)


def test_error_comes_back_as_it_is(qtbot: QtBot) -> None:
    background = Background()
    errors: list[BaseException] = []
    background.run(lambda: 1 // 0, lambda _result: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert isinstance(errors[0], ZeroDivisionError)
    assert background.wait()


def test_reading_goes_on_once_at_a_time_and_of_what_waits_the_latest_is_read(qtbot: QtBot) -> None:
    reader, gate = Reader(Background()), Event()
    begun: list[int] = []
    told: list[object] = []

    def read(number: int) -> int:
        begun.append(number)
        gate.wait(5)
        return number

    for number in range(5):
        reader.read(partial(read, number), told.append, told.append)
    qtbot.waitUntil(lambda: begun == [0])
    gate.set()
    qtbot.waitUntil(lambda: not reader.is_reading)
    assert (begun, told) == ([0, 4], [4])


def test_list_that_is_asked_for_again_and_again_is_shown_and_that_of_another_study_is_not(
    qtbot: QtBot,
) -> None:
    reader, told = Reader(Background()), list[object]()
    reader.read(lambda: "the list before", told.append, told.append, about="study")
    reader.read(lambda: "the list now", told.append, told.append, about="study")
    qtbot.waitUntil(lambda: not reader.is_reading)
    assert told == ["the list before", "the list now"]
    reader.read(lambda: "late", told.append, told.append, about="study")
    reader.read(lambda: 1 // 0, told.append, lambda error: told.append(type(error).__name__), about="other")
    qtbot.waitUntil(lambda: not reader.is_reading)
    reader.read(lambda: "not wanted any more", told.append, told.append, about="other")
    reader.forget()
    qtbot.waitUntil(lambda: not reader.is_reading)
    assert told[2:] == ["ZeroDivisionError"]


def test_nothing_is_told_after_closing(qtbot: QtBot) -> None:
    background, told = Background(), list[object]()
    for _ in range(9):
        background.run(lambda: time.sleep(0.01), told.append, told.append)
    assert background.wait()
    qtbot.wait(20)
    assert told == []


_WINDOWS_CLOSED_MIDWAY = """
import time
import shiboken6
from PySide6.QtCore import QCoreApplication, QObject
from brainstem_app.gui.background import Background, Reader

app = QCoreApplication([])
came = []
for round in range(200):
    window = QObject()
    background = Background(window)
    for _ in range(5):
        background.run(lambda: time.sleep(0.0003 * (round % 7)), came.append, came.append)
    app.processEvents()
    if round % 2:
        shiboken6.delete(window)
    del background, window
steady, came = Background(), []
def again(result):
    came.append(result)
    app.quit() if len(came) >= 4000 else steady.run(str, again, again)
for _ in range(8):
    steady.run(str, again, again)
app.exec()
steady.wait()
print("whole")
"""


def test_windows_that_go_while_work_runs_and_thousands_of_results_do_not_end_the_program() -> None:
    ended = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", _WINDOWS_CLOSED_MIDWAY],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stdout.split(), ended.stderr) == (0, ["whole"], "")
