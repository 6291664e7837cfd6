"""Job of the queue: a process of its own whose events are read from a file."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from brainstem_app.errors import InputError, JobCancelled
from brainstem_app.gui.jobs.job_events import JobEvents, Outcome
from brainstem_app.gui.jobs.job_record import RECORD_FILE, JobRecord, JobState
from brainstem_app.jobs.events import Failed, Progress
from brainstem_app.jobs.folder import JobFolder
from brainstem_app.jobs.job import Job
from brainstem_app.jobs.supervise import LocalProcess, Watch
from brainstem_app.locks.lock_file import InUseError, locked
from brainstem_app.written_files import JOB_FILE

READ_EVERY_MS = 200
_START_LOCK, _START_WAIT_S = "start.lock", 1.0


class QueuedJob(JobEvents):
    """A job that waits, runs or has ended; it may outlive the window.

    Attributes
    ----------
    is_told_in_place : callable
        Whether the user sees beside the job's own progress how it ends, so that nobody else need say it.

    Signals
    -------
    progress(object), metric(object), warned(object), artifact(object), turned(object)
        The event of that name, as it comes; of several `progress` events at once only the last.
    state_changed
        The job has begun to run, was asked to stop, or has ended.
    ended(object)
        The `Outcome`.
    """

    state_changed = Signal()

    def __init__(self, folder: Path, record: JobRecord, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.record = record
        self.last_progress: Progress | None = None
        self.is_told_in_place: Callable[[], bool] = lambda: False
        self._home = JobFolder(folder)
        self._process = LocalProcess(self._home, record.started)
        self._watch = self._new_watch()
        self._timer = QTimer(self, interval=READ_EVERY_MS)
        self._timer.timeout.connect(self._look)

    @property
    def job_file(self) -> Path:
        """File that says what the job does."""
        return self.folder / JOB_FILE

    @property
    def work(self) -> Job | None:
        """What the job does; None if its file cannot be read."""
        try:
            return self._home.read()
        except InputError:
            return None

    @property
    def state(self) -> JobState:
        """Where the job stands."""
        return self.record.state

    @property
    def is_running(self) -> bool:
        """Whether its process works."""
        return self.record.state is JobState.RUNNING

    @property
    def is_cancelling(self) -> bool:
        """True once the user has asked for the end."""
        return self._watch.is_stopping

    @property
    def elapsed_seconds(self) -> float:
        """Seconds since the start, or that it took."""
        return time.time() - self.record.started if self.is_running else self.record.seconds

    @property
    def fraction(self) -> float:
        """Share that is done, 0…1."""
        if self.state is JobState.FINISHED:
            return 1.0
        event = self.last_progress
        return 0.0 if event is None or event.total <= 0 else min(1.0, max(0.0, event.done / event.total))

    @property
    def seconds_left(self) -> float | None:
        """Time the rest will take if it goes on as fast; None while that is anybody's guess."""
        share = self.fraction
        if not self.is_running or share < 0.02 or self.elapsed_seconds < 3:
            return None
        return self.elapsed_seconds * (1 - share) / share

    @property
    def log(self) -> str:
        """End of what the worker and its libraries have printed."""
        return self._home.log_end()

    def wait(self) -> None:
        """Wait to be done again; also for other windows, which see what its folder says."""
        self._set(state=JobState.WAITING, seconds=0.0)

    def start(self) -> None:
        """Start the process, which the window's end does not end; follow that of another window."""
        try:
            with locked(self.folder / _START_LOCK, "The job", self.folder, "start", _START_WAIT_S):
                if not self._take_up():
                    self._start()
        except InUseError:  # another window is starting it: looked at again
            return
        except InputError:
            self._start()  # which says what is wrong with the folder

    def _take_up(self) -> bool:
        """Follow the job if another window has started it since; whether one has."""
        try:
            there = JobRecord.load(self.folder / RECORD_FILE)
        except (InputError, OSError):
            return False
        if there.state is JobState.WAITING:
            return False
        self._forget(there.started)
        self.record = there
        self.state_changed.emit()
        if there.state.is_over:
            self.ended.emit(Outcome(there.state.value))
        self.follow()
        return True

    def _start(self) -> None:
        try:
            self._home.clear()
        except OSError as error:
            self._fail("The folder of the job cannot be written.", str(error.filename or self.folder))
            return
        self._forget()
        self._set(state=JobState.RUNNING, started=time.time(), seconds=0.0, what="", where="", fix="")
        try:
            self._process.start(cwd=self.folder)
        except OSError as error:
            self._fail(
                "The worker process could not be started.",
                str(error.filename or self.folder),
                "Install Brainstem App again; a part of it may be missing.",
            )
            return
        self._timer.start()

    def follow(self) -> None:
        """Take up a job that an earlier window has started."""
        if self.is_running:
            self._timer.start()
            self._look()

    def cancel(self) -> None:
        """Ask the job to stop at its next step; after a while end its process."""
        if self.state is JobState.WAITING and not self._take_up():
            self._end(JobState.CANCELLED)
        elif self.is_running and not self.is_cancelling:
            self._watch.ask_to_stop()
            self.state_changed.emit()

    def kill(self) -> None:
        """End the process of the job and those it has started, now."""
        self._watch.kill()

    def _new_watch(self) -> Watch:
        return Watch(self._home, self._process.is_alive, lambda kill: self._process.end(kill=kill))

    def _forget(self, started: float = 0.0) -> None:
        self.last_progress = self.finish = self.failure = None
        self.artifacts, self.warnings, self.turns = [], [], {}
        self._process = LocalProcess(self._home, started)
        self._watch = self._new_watch()

    def _look(self) -> None:
        """Read new events; notice an end."""
        last: Progress | None = None
        for event in self._watch.look():
            if isinstance(event, Progress):
                last = event
            else:
                self.take_event(event)
        if last is not None:
            self.last_progress = last
            self.progress.emit(last)
        if self._watch.end is not None:
            self.take_event(self._watch.end)
            self._end(self._state_at_end())

    def _state_at_end(self) -> JobState:
        if self.failure is None:
            return JobState.FINISHED
        was_cancelled = self.failure.exit_status == JobCancelled.exit_status
        return JobState.CANCELLED if was_cancelled else JobState.FAILED

    def _fail(self, what: str, where: str, fix: str = "") -> None:
        self.failure = Failed(what=what, where=where, fix=fix, details=self.log)
        self._end(JobState.FAILED)

    def _end(self, state: JobState) -> None:
        self._timer.stop()
        seconds = time.time() - self.record.started if self.record.started else 0.0
        if self.finish is not None:
            seconds = self.finish.seconds
        failure = self.failure if state is JobState.FAILED else None
        self._set(
            state=state,
            seconds=round(seconds, 1),
            what=failure.what if failure else "",
            where=failure.where if failure else "",
            fix=failure.fix if failure else "",
        )
        self.ended.emit(Outcome(state.value))

    def _set(self, **changes: Any) -> None:
        self.record = self.record.model_copy(update=changes)
        # The job itself says more about a full disk or a folder that is gone than this could.
        with suppress(OSError):
            self.record.save(self.folder / RECORD_FILE)
        self.state_changed.emit()
