"""Work for `test_parallel`: in a module of its own, so that a spawned process finds it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from brainstem_app.progress import ProgressCallback


@dataclass(frozen=True)
class Square:
    name: str
    number: int
    seconds: float = 0.0


def square(task: Square, report: ProgressCallback) -> tuple[int, str, str]:
    report(0.5, "squaring")
    deadline = time.monotonic() + task.seconds
    while time.monotonic() < deadline:
        report(0.5, "waiting")
        time.sleep(0.02)
    return task.number**2, str(os.getpid()), os.environ.get("OMP_NUM_THREADS", "")


def die(task: Square, report: ProgressCallback) -> int:
    os._exit(9)
