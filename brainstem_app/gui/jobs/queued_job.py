"""One job of the queue: a process of its own whose events are read from a file."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from brainstem_app.errors import InputError
from brainstem_app.gui.jobs.command import detached_command
from brainstem_app.gui.jobs.job_events import JobEvents, Outcome
from brainstem_app.gui.jobs.job_record import RECORD_FILE, JobRecord, JobState, clear_traces
from brainstem_app.jobs.detached import (
    CANCEL_FILE,
    EVENTS_FILE,
    JOB_FILE,
    LOG_FILE,
    PROCESS_FILE,
    running_process,
)
from brainstem_app.jobs.events import Event, Failed, Progress, parse_event
from brainstem_app.jobs.job import Job, read_job

READ_EVERY_MS = 200
TERMINATE_AFTER_S = 75.0
KILL_AFTER_S = 80.0
_START_LIMIT_S = 60.0
_CHUNK = 1 << 18
_LOG_BYTES = 20_000
_CANCELLED_STATUS = 3
_LEAST_ROOM = 1 << 16


class QueuedJob(JobEvents):
    """A job that waits, runs or has ended; it may outlive the window.

    Signals
    -------
    progress(object), metric(object), warned(object), artifact(object)
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
        self._cancelled_at = 0.0
        self._pid = 0
        self._position = 0
        self._rest = b""
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
            return read_job(self.job_file)
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
        return self._cancelled_at > 0

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
        try:
            with (self.folder / LOG_FILE).open("rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - _LOG_BYTES))
                return file.read().decode("utf-8", "replace").strip()
        except OSError:
            return ""

    def start(self) -> None:
        """Start the process; the window may close without ending it."""
        try:
            clear_traces(self.folder)
        except OSError as error:
            self._fail(
                self.tr("The folder of the job cannot be written."), str(error.filename or self.folder)
            )
            return
        self._forget()
        program, arguments = detached_command(self.folder)
        self._set(state=JobState.RUNNING, started=time.time(), seconds=0.0, what="", where="", fix="")
        begun = QProcess.startDetached(program, arguments, str(self.folder))
        has_begun, self._pid = begun if isinstance(begun, tuple) else (begun, 0)
        if not has_begun:
            self._fail(
                self.tr("The worker process could not be started."),
                program,
                self.tr("Install Brainstem App again; a part of it may be missing."),
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
        if self.state is JobState.WAITING:
            self._end(JobState.CANCELLED)
        elif self.is_running and not self.is_cancelling:
            self._cancelled_at = time.monotonic()
            try:
                (self.folder / CANCEL_FILE).touch()
            except OSError:
                self.kill()
            self.state_changed.emit()

    def kill(self) -> None:
        """End the process of the job and those it has started, now."""
        process = running_process(self.folder)
        if process is not None:
            _end_processes(process, kill=True)

    def _forget(self) -> None:
        self.last_progress = self.finish = self.failure = None
        self.artifacts, self.warnings = [], []
        self._cancelled_at, self._position, self._rest = 0.0, 0, b""

    def _look(self) -> None:
        """Read new events; notice an end."""
        alive = self._is_alive()
        more = self._read_events()
        if self.finish is not None or self.failure is not None:
            self._on_last_event()
        elif not alive and not more:
            self._on_silent_end()
        elif alive and self.is_cancelling:
            self._press(time.monotonic() - self._cancelled_at)

    def _is_alive(self) -> bool:
        """Whether the process works, or has not had the time to say who it is."""
        if (self.folder / PROCESS_FILE).exists():
            return running_process(self.folder) is not None
        if self._pid:
            return _exists(self._pid)
        return time.time() < self.record.started + _START_LIMIT_S

    def _press(self, waited_s: float) -> None:
        process = running_process(self.folder)
        if process is not None and waited_s > TERMINATE_AFTER_S:
            _end_processes(process, kill=waited_s > KILL_AFTER_S)

    def _read_events(self) -> bool:
        """Read the next part of the events; True if there was something new."""
        try:
            with (self.folder / EVENTS_FILE).open("rb") as file:
                file.seek(self._position)
                new = file.read(_CHUNK)
        except OSError:
            return False
        self._position += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        last: Progress | None = None
        for line in lines:
            event = _parsed(line)
            if isinstance(event, Progress):
                last = event
            elif event is not None:
                self.take_event(event)
        if last is not None:
            self.last_progress = last
            self.progress.emit(last)
        return bool(new)

    def _on_last_event(self) -> None:
        if self.failure is None:
            self._end(JobState.FINISHED)
        elif self.failure.exit_status == _CANCELLED_STATUS:
            self._end(JobState.CANCELLED)
        else:
            self._end(JobState.FAILED)

    def _on_silent_end(self) -> None:
        if self.is_cancelling:
            self._end(JobState.CANCELLED)
            return
        if _is_full(self.folder):
            self._fail(
                self.tr("The disk is full: the job could not even write down how far it is."),
                str(self.folder),
                self.tr("Free some space and start it again; what was finished is kept."),
            )
            return
        self._fail(
            self.tr("The worker process was ended from outside or crashed."),
            str(self.folder),
            self.tr("The memory may have run out: close other programs and start it again."),
        )

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

    def _set(self, **changes: object) -> None:
        self.record = self.record.model_copy(update=changes)
        # The job itself says more about a full disk or a folder that is gone than this could.
        with suppress(OSError):
            self.record.save(self.folder / RECORD_FILE)
        self.state_changed.emit()


def _parsed(line: bytes) -> Event | None:
    try:
        return parse_event(line) if line.strip() else None
    except ValueError:
        return None


def _is_full(folder: Path) -> bool:
    """Whether there is no room for the few lines a job writes about itself."""
    try:
        return shutil.disk_usage(folder).free < _LEAST_ROOM
    except OSError:
        return False


def _exists(pid: int) -> bool:
    import psutil

    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _end_processes(process: object, *, kill: bool) -> None:
    """End a process and its children: a worker's own processes would go on without it."""
    import psutil

    try:
        family = [*process.children(recursive=True), process]
    except psutil.Error:
        return
    for member in family:
        try:
            member.kill() if kill else member.terminate()
        except psutil.Error:
            continue
