"""Whoever has a job done by another process, the window or an executor, starts and follows it here.

A job outlives who started it, and is found again by its folder (`brainstem_app.jobs.folder`). It is asked to
stop before it is made to; to be made to means its whole family of processes: what a job has started would go
on without it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from brainstem_app.errors import JobCancelled
from brainstem_app.jobs.events import Event, Failed, Finished
from brainstem_app.jobs.folder import LOG_FILE, EventTail, JobFolder

#: What it takes to run the job of a folder: `brainstem_app.frozen` lets a frozen program be called so too.
WORKER_MODULE = "brainstem_app.jobs.detached"
# On Windows alone, where a console would open.
_NO_CONSOLE = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_START_LIMIT_S = 60.0
_LEAST_ROOM = 1 << 16
_KILL_AFTER_TERMINATE_S = 5.0


def worker_command(folder: Path) -> list[str]:
    """Program and arguments that do the job of a folder."""
    return [sys.executable, "-m", WORKER_MODULE, str(folder)]


class LocalProcess:
    """The process of this machine that does the job of a folder, whoever has started it.

    Parameters
    ----------
    folder : JobFolder
        The job.
    started : float
        When it was started, seconds of the epoch, if that was by another program: until then it need not have
        written down who it is.
    """

    def __init__(self, folder: JobFolder, started: float = 0.0) -> None:
        self.folder = folder
        self._started = started
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, environment: Mapping[str, str] | None = None, cwd: Path | None = None) -> None:
        """Start it; it goes on when this program ends. OSError if there is no such program."""
        self._started = time.time()
        self._child = subprocess.Popen(
            worker_command(self.folder.path),
            env=None if environment is None else dict(environment),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            creationflags=_NO_CONSOLE,
        )

    def is_alive(self) -> bool:
        """Whether it works, or has not had the time to say who it is."""
        if self._child is not None:
            return self._child.poll() is None
        if self.folder.is_claimed:
            return self.folder.process() is not None
        return time.time() < self._started + _START_LIMIT_S

    def end(self, *, kill: bool) -> None:
        """End it and all that it has started: ask the system to, or leave them no choice."""
        try:
            process = self.folder.process() or (self._child and psutil.Process(self._child.pid))
            family = [*process.children(recursive=True), process] if process else []
        except psutil.Error:
            return
        for member in family:
            try:
                member.kill() if kill else member.terminate()
            except psutil.Error:
                continue


class Watch:
    """Follows one job: what it says, and how it ended.

    Parameters
    ----------
    folder : JobFolder
        The job.
    is_alive : callable
        Whether it waits or runs somewhere.
    end_process : callable
        Ends its processes: called with true, they have no choice.
    leave_s : float
        How long its process may take to leave after the last event: till then it holds memory that others
        need.
    last_word_s : float
        How long a job that is seen nowhere may take to show its last event; a network disk is slow.
    press_after_s : float
        How long it may take to its next step after it was asked to stop, before it is made to.

    Attributes
    ----------
    end : Finished, Failed or None
        How it ended, once it has.
    """

    def __init__(
        self,
        folder: JobFolder,
        is_alive: Callable[[], bool],
        end_process: Callable[[bool], None],
        *,
        leave_s: float = 0.0,
        last_word_s: float = 0.0,
        press_after_s: float = 75.0,
    ) -> None:
        self.folder = folder
        self.end: Finished | Failed | None = None
        self._is_alive, self._end_process = is_alive, end_process
        self._leave_s, self._last_word_s, self._press_after_s = leave_s, last_word_s, press_after_s
        self._tail = EventTail(folder)
        self._since: float | None = None
        self._asked_at: float | None = None

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop from here."""
        return self._asked_at is not None

    def look(self) -> list[Event]:
        """Return what it has said since the last look, and notice its end."""
        # Asked before reading: what it said last is there when it is gone.
        alive = self._is_alive()
        events = self._tail.read()
        last = self._tail.end
        if alive and last is None:
            self._since = None
            self._press()
            return events
        self._since = self._since or time.monotonic()
        waited_s = time.monotonic() - self._since
        if last is not None:
            self.end = last if not alive or waited_s >= self._leave_s else None
        elif not events and waited_s >= self._last_word_s:
            self.end = self._died()
        return events

    def ask_to_stop(self) -> None:
        """Ask it to stop at its next step; it is made to if it takes too long, or cannot be asked."""
        if self._asked_at is None:
            self._asked_at = time.monotonic()
            try:
                self.folder.ask_to_stop()
            except OSError:
                self.kill()

    def kill(self) -> None:
        """End its processes now."""
        self._end_process(True)

    def _press(self) -> None:
        """Make it stop, if it has been asked for long."""
        if self._asked_at is not None:
            over = time.monotonic() - self._asked_at - self._press_after_s
            if over > 0:
                self._end_process(over > _KILL_AFTER_TERMINATE_S)

    def _died(self) -> Failed:
        """Say of a job that is gone without a last word what is known of it."""
        if self.is_stopping or self.folder.is_asked_to_stop:
            return Failed(what="The job was cancelled.", exit_status=JobCancelled.exit_status)
        if _is_full(self.folder.path):
            return Failed(
                what="The disk is full: the job could not even write down how far it is.",
                where=str(self.folder.path),
                fix="Free some space and start it again; what was finished is kept.",
                details=self.folder.log_end(),
            )
        return Failed(
            what="The process crashed or was ended from outside without a word, most likely for lack of "
            "memory.",
            where=str(self.folder.path / LOG_FILE),
            fix="Close other programs, or ask for fewer jobs at a time, a smaller batch or more memory, and "
            "start it again.",
            details=self.folder.log_end(),
        )


def _is_full(folder: Path) -> bool:
    """Whether there is no room for the few lines a job writes about itself."""
    try:
        return shutil.disk_usage(folder).free < _LEAST_ROOM
    except OSError:
        return False
