"""A job in a folder of its own: what to do, what it says while it runs, and how it ended.

The folder is that of `brainstem_app.jobs.detached`: job.json, events.jsonl, process.json, log.txt, cancel.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from brainstem_app.jobs.detached import CANCEL_FILE, EVENTS_FILE, JOB_FILE, LOG_FILE, PROCESS_FILE
from brainstem_app.jobs.events import Event, Failed, Finished, parse_event
from brainstem_app.jobs.job import Job, write_job

_LOG_END = 2000


@dataclass(frozen=True)
class Task:
    """A job to be run by an executor.

    Attributes
    ----------
    name : str
        Shown beside its progress.
    folder : Path
        Its own folder; made if missing.
    job : Job
        What to do.
    """

    name: str
    folder: Path
    job: Job

    def prepare(self) -> None:
        """Write the job file, and remove what an earlier attempt left."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in (EVENTS_FILE, LOG_FILE, PROCESS_FILE, CANCEL_FILE):
            (self.folder / name).unlink(missing_ok=True)
        write_job(self.job, self.folder / JOB_FILE)

    def cancel(self) -> None:
        """Ask the job to stop at its next step."""
        (self.folder / CANCEL_FILE).touch()


class Executor(Protocol):
    """Runs tasks somewhere."""

    def room(self, running: int) -> int:
        """How many more tasks may be started now, beside those that run."""

    def start(self, tasks: list[Task]) -> None:
        """Start tasks whose folders are prepared."""

    def is_alive(self, task: Task) -> bool:
        """Whether a task waits or runs there, also one that was started by an earlier process."""

    def kill(self, task: Task) -> None:
        """End a task at once."""


class EventTail:
    """Reads the events a task has added to its file since the last look."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.end: Finished | Failed | None = None
        self._path = task.folder / EVENTS_FILE
        self._position = 0

    def read(self) -> list[Event]:
        """Return new whole events; `end` is set by the last one of the job."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._position)
                text = file.read()
        except OSError:
            return []
        whole = text[: text.rfind(b"\n") + 1]
        self._position += len(whole)
        events = [event for line in whole.splitlines() if (event := _event(line)) is not None]
        for event in events:
            if isinstance(event, Finished | Failed):
                self.end = event
        return events

    def died(self) -> Failed:
        """Say of a process that is gone without a last word what its log tells."""
        return Failed(
            what="The process ended without a word, most likely for lack of memory.",
            where=str(self.task.folder / LOG_FILE),
            fix="Start the same command again with fewer --jobs, a smaller batch or more memory.",
            details=_log_end(self.task.folder / LOG_FILE),
        )


def _event(line: bytes) -> Event | None:
    try:
        return parse_event(line)
    except ValidationError:
        return None


def _log_end(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[-_LOG_END:]
    except OSError:
        return ""
