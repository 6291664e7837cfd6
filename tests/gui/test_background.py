"""Short work beside the window: what comes back, and that nothing of it stays."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from functools import partial

from pytestqt.qtbot import QtBot

from brainstem_app.gui.background import Background


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


def test_error_comes_back_as_it_is(qtbot: QtBot) -> None:
    background = Background()
    errors: list[BaseException] = []
    background.run(lambda: 1 // 0, lambda _result: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert isinstance(errors[0], ZeroDivisionError)
    assert background.wait()


_WINDOWS_CLOSED_MIDWAY = """
import time
import shiboken6
from PySide6.QtCore import QCoreApplication, QObject
from brainstem_app.gui.background import Background

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
