"""One job as a child process: its events as Qt signals, its end as one outcome."""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QObject, QProcess, QProcessEnvironment, QTimer, Signal

from brainstem_app.gui.jobs.command import worker_command
from brainstem_app.gui.jobs.job_events import JobEvents
from brainstem_app.jobs.events import Event, Failed, Progress, Started, parse_event

TERMINATE_AFTER_MS = 5000
KILL_AFTER_MS = 3000
_CANCELLED_STATUS = 3
_LOG_LINES = 200


class Outcome(StrEnum):
    """How a job ended."""

    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobProcess(JobEvents):
    """Runs the worker on a job file.

    Signals
    -------
    started(object), progress(object), metric(object), warned(object), artifact(object)
        The event of that name, as it comes.
    ended(object)
        The `Outcome`, exactly once; `failure` then says why if it failed.
    """

    started = Signal(object)

    def __init__(self, job_file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.job_file = job_file
        self._cancelling = False
        self._over = False
        self._rest = b""
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._clock = QElapsedTimer()
        self._process = QProcess(self)
        self._process.setProcessEnvironment(_environment())
        self._process.readyReadStandardOutput.connect(self._read_events)
        self._process.readyReadStandardError.connect(self._read_log)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._terminate = _single_shot(self, TERMINATE_AFTER_MS, self._on_terminate)
        self._kill = _single_shot(self, KILL_AFTER_MS, self._process.kill)

    @property
    def is_running(self) -> bool:
        """True from `start` to `ended`."""
        return self._clock.isValid() and not self._over

    @property
    def is_cancelling(self) -> bool:
        """True once the user has asked for the end."""
        return self._cancelling

    @property
    def elapsed_seconds(self) -> float:
        """Seconds since the start."""
        return self._clock.elapsed() / 1000 if self._clock.isValid() else 0.0

    @property
    def log(self) -> str:
        """The last lines the worker wrote beside its events."""
        return "\n".join(self._log)

    def start(self, program: str = "", arguments: list[str] | None = None) -> None:
        """Start the worker (or another program that speaks like one)."""
        if not program:
            program, arguments = worker_command(self.job_file)
        self._clock.start()
        self._process.start(program, arguments or [])

    def cancel(self) -> None:
        """Ask the worker to stop; after 5 s terminate it, after 3 s more kill it."""
        if self._cancelling or not self.is_running:
            return
        self._cancelling = True
        self._process.write(b"cancel\n")
        self._terminate.start()

    def kill(self, wait_ms: int = 2000) -> None:
        """End the worker now, for the program is closing."""
        if self._process.state() is not QProcess.ProcessState.NotRunning:
            self._cancelling = True
            self._process.kill()
            self._process.waitForFinished(wait_ms)

    def _on_terminate(self) -> None:
        self._process.terminate()
        self._kill.start()

    def _read_events(self) -> None:
        self._rest += self._process.readAllStandardOutput().data()
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            self._take_line(line)

    def _take_line(self, line: bytes) -> None:
        line = line.strip()
        if not line:
            return
        try:
            event = parse_event(line)
        except ValueError:
            self._log.append(line.decode("utf-8", "replace"))
        else:
            self.take_event(event)

    def take_event(self, event: Event) -> None:
        """Keep an event and tell of it."""
        match event:
            case Started():
                self.started.emit(event)
            case Progress():
                self.progress.emit(event)
            case _:
                super().take_event(event)

    def _read_log(self) -> None:
        text = self._process.readAllStandardError().data().decode("utf-8", "replace")
        self._log.extend(line for line in text.splitlines() if line.strip())

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._fail(
                self.tr("The worker process could not be started."),
                self._process.program(),
                self.tr("Install Brainstem App again; a part of it may be missing."),
            )
            self._end(Outcome.FAILED)

    def _on_finished(self, status: int, how: QProcess.ExitStatus) -> None:
        self._read_events()
        self._take_line(self._rest)
        self._rest = b""
        self._read_log()
        crashed = how is QProcess.ExitStatus.CrashExit
        if self._cancelling or (self.failure is not None and self.failure.exit_status == _CANCELLED_STATUS):
            finished = self.finish is not None and not crashed
            self._end(Outcome.FINISHED if finished else Outcome.CANCELLED)
        elif self.finish is not None and status == 0 and not crashed:
            self._end(Outcome.FINISHED)
        else:
            if self.failure is None:
                self._explain_silent_end(status, crashed=crashed)
            self._end(Outcome.FAILED)

    def _explain_silent_end(self, status: int, *, crashed: bool) -> None:
        if crashed:
            what = self.tr("The worker process was ended from outside or crashed.")
            fix = self.tr("The memory may have run out: close other programs and start it again.")
        else:
            what = self.tr("The worker process stopped without a result (exit status {0}).").format(status)
            fix = self.tr("Start it again; if it stops again, send us the details.")
        self._fail(what, str(self.job_file), fix)

    def _fail(self, what: str, where: str, fix: str) -> None:
        self.failure = Failed(what=what, where=where, fix=fix, details=self.log)

    def _end(self, outcome: Outcome) -> None:
        if self._over:
            return
        self._over = True
        self._terminate.stop()
        self._kill.stop()
        self.ended.emit(outcome)


def _environment() -> QProcessEnvironment:
    """Return the window's environment; output unbuffered and UTF-8, or progress would come in lumps."""
    environment = QProcessEnvironment.systemEnvironment()
    environment.insert("PYTHONUNBUFFERED", "1")
    environment.insert("PYTHONIOENCODING", "utf-8")
    return environment


def _single_shot(parent: QObject, milliseconds: int, slot: object) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(slot)
    return timer
