"""Counting of trials: how many were made, and which did not hold."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

#: How often each random trial that takes seconds is made; the number of quick ones is a multiple of it.
TRIALS = int(os.environ.get("BATTERY_TRIALS", "1"))
#: Random seeds begin here, so that another run of the long form tries something else.
FIRST_SEED = int(os.environ.get("BATTERY_SEED", "0"))
#: File that counts are added to, one JSON object a line.
RECORD = os.environ.get("BATTERY_RECORD", "")
#: Long: a machine may be busy with something else. In the long form it always is.
SOON_S = 7200 if RECORD else 900
_SHOWN = 20


def once() -> None:
    """Skip a test that the record has already, so that a long run goes on where it was stopped."""
    if RECORD and Path(RECORD).exists():
        lines = Path(RECORD).read_text(encoding="utf-8").splitlines()
        if _this_test() in {json.loads(line)["test"] for line in lines}:
            pytest.skip("counted before")


def _this_test() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "").removesuffix(" (call)")


class TooLateError(AssertionError):
    """A trial went on as if it would never end."""


class Tally:
    """Trials of one row of the table.

    Attributes
    ----------
    tried : int
        Trials begun.
    failures : list of str
        Those that did not hold, with what went wrong.
    """

    def __init__(self) -> None:
        self.tried = 0
        self.failures: list[str] = []

    @contextmanager
    def trial(self, what: object) -> Iterator[None]:
        """Count a trial; whatever is raised in it is noted, and the next one goes on."""
        self.tried += 1
        try:
            with _ends_soon():
                yield
        except Exception as error:  # noqa: BLE001 - whatever it was did not hold
            self.failures.append(f"{what}: {type(error).__name__}: {error}")


@contextmanager
def counted(area: str, row: str) -> Iterator[Tally]:
    """Yield the tally of a row; AssertionError afterwards if a trial did not hold."""
    tally = Tally()
    try:
        yield tally
    except Exception as error:
        tally.failures.append(f"outside of a trial: {error}")
        raise
    finally:
        if RECORD:
            line: dict[str, Any] = {"area": area, "row": row, "tried": tally.tried}
            line["failures"] = tally.failures[:_SHOWN]
            line |= {"failed": len(tally.failures), "test": _this_test()}
            line |= {"when": f"{datetime.now(UTC):%Y-%m-%d}", "commit": os.environ.get("BATTERY_COMMIT", "")}
            with Path(RECORD).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
    assert not tally.failures, "\n".join(tally.failures[:_SHOWN])


@contextmanager
def _ends_soon() -> Iterator[None]:
    """Raise `TooLateError` in what goes on for minutes, where the system can."""
    if sys.platform == "win32":
        yield
        return

    def late(number: int, frame: object) -> None:
        raise TooLateError(f"no end after {SOON_S} s")

    before = signal.signal(signal.SIGALRM, late)
    left = signal.alarm(SOON_S)
    try:
        yield
    finally:
        signal.alarm(left)
        signal.signal(signal.SIGALRM, before)
