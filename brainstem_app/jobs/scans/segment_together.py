"""Several scans at a time: while one of them has work for one core only, another keeps the rest busy.

Threads of one process, not processes: they share the network, the atlas and the libraries, 0.5 GB, and nearly
always the work lies outside of Python. What they find is the same to the bit as one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event, Lock

import psutil

from brainstem_app.garbage_collection import collect_young
from brainstem_app.imaging.inputs import ScanInput
from brainstem_app.jobs.events import Emit
from brainstem_app.jobs.events import Event as JobEvent
from brainstem_app.jobs.provenance import usable_cores
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.progress import ProgressCallback

Work = Callable[[ScanInput, ProgressCallback, Reporter], None]

#: What one more scan needs, GB: twice a head of 1 mm.
MEMORY_GB = 1.0
#: Python itself runs in one thread at a time: more scans would only wait for it.
_MOST = 4


def scans_at_once(scans: int) -> int:
    """How many of them to do at a time, so that cores are busy and memory suffices."""
    free = int(psutil.virtual_memory().available / (MEMORY_GB * 1e9))
    return max(1, min(scans, usable_cores(), _MOST, free))


def segment_together(scans: Sequence[ScanInput], at_once: int, work: Work, reporter: Reporter) -> None:
    """Do the work of each scan, some of them at a time.

    Parameters
    ----------
    work : callable
        Called with a scan, what takes its progress, and the reporter it speaks to. What it raises ends the
        job: the other scans stop at their next step, and the error is raised here.
    """
    if at_once == 1:
        for index, scan in enumerate(scans):
            with reporter.turn(scan.path, scan.name):
                work(scan, reporter.part(index, len(scans), scan.name), reporter)
            if scan is not scans[-1]:
                collect_young()
        return
    progress = _Progress(reporter, scans)
    with ThreadPoolExecutor(at_once) as pool:
        running = [pool.submit(progress.follow, work, index) for index in range(len(scans))]
        done, _ = wait(running, return_when=FIRST_EXCEPTION)
        progress.stop()
        pool.shutdown(wait=True, cancel_futures=True)
        for future in done:
            future.result()


class _Progress:
    """The progress of all scans together; it never falls, and its events come one after the other."""

    def __init__(self, reporter: Reporter, scans: Sequence[ScanInput]) -> None:
        self._turn = Lock()
        self._scans = scans
        self._done = [0.0] * len(scans)
        self._stopped = Event()
        self.reporter = Reporter(
            self._one_at_a_time(reporter.emit), lambda: self._stopped.is_set() or reporter.is_cancelled()
        )

    def stop(self) -> None:
        """Let every scan stop at its next step."""
        self._stopped.set()

    def follow(self, work: Work, index: int) -> None:
        """Do the work of one scan; whether it succeeds or is refused, nothing of it is left to do then."""
        scan = self._scans[index]
        self.reporter.check()

        def report(fraction: float, message: str) -> None:
            self._done[index] = max(self._done[index], fraction)
            self.reporter.progress(sum(self._done), len(self._scans), message, scan.name)

        with self.reporter.turn(scan.path, scan.name):
            work(scan, report, self.reporter)
        # The parts of a figure know each other, and would stay for long.
        collect_young()
        self._done[index] = 1.0

    def _one_at_a_time(self, emit: Emit) -> Emit:
        def locked(event: JobEvent) -> None:
            with self._turn:
                emit(event)

        return locked
