"""The folder of a job, which is all that whoever starts it and whoever does it have in common.

::

    job.json      what to do                events.jsonl  what it says, one JSON object a line
    process.json  who does it               log.txt       whatever libraries print
    cancel        stop at the next step, once this file is there
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from brainstem_app.imaging.atomic import write_text
from brainstem_app.jobs.events import Event, Failed, Finished, parse_event
from brainstem_app.jobs.job import Job, read_job, write_job
from brainstem_app.small_files import read_small
from brainstem_app.written_files import EVENTS_FILE, JOB_FILE

LOG_FILE = "log.txt"
PROCESS_FILE = "process.json"
CANCEL_FILE = "cancel"
_TRACES = (EVENTS_FILE, LOG_FILE, PROCESS_FILE, CANCEL_FILE)
#: Read at once: a job that has long gone on without being followed has said much.
_CHUNK = 1 << 18


class ProcessRecord(BaseModel):
    """``process.json``: which process does the job.

    `started` (seconds of the epoch) tells the process from a later one that was given the same number.
    """

    model_config = ConfigDict(frozen=True)

    pid: int
    started: float


@dataclass(frozen=True)
class JobFolder:
    """The folder of one job."""

    path: Path

    def prepare(self, job: Job) -> None:
        """Write the job file, and remove what an earlier attempt left."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.clear()
        write_job(job, self.path / JOB_FILE)

    def clear(self) -> None:
        """Remove what an earlier attempt at the job left; OSError if that cannot be."""
        for name in _TRACES:
            (self.path / name).unlink(missing_ok=True)

    def read(self) -> Job:
        """Read the job; InputError if that cannot be."""
        return read_job(self.path / JOB_FILE)

    def claim(self) -> None:
        """Write down that this process does the job."""
        record = ProcessRecord(pid=os.getpid(), started=psutil.Process().create_time())
        write_text(self.path / PROCESS_FILE, record.model_dump_json())

    @property
    def is_claimed(self) -> bool:
        """Whether a process does the job, or did."""
        return (self.path / PROCESS_FILE).exists()

    def process(self) -> psutil.Process | None:
        """Process that does the job, None if it has ended or was never there."""
        try:
            record = ProcessRecord.model_validate_json(read_small(self.path / PROCESS_FILE))
            process = psutil.Process(record.pid)
            same = abs(process.create_time() - record.started) < 1.0
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except (OSError, ValidationError, psutil.Error):
            return None

    def ask_to_stop(self) -> None:
        """Ask the job to stop at its next step; OSError if the folder cannot be written."""
        (self.path / CANCEL_FILE).touch()

    @property
    def is_asked_to_stop(self) -> bool:
        """Whether the job was asked to stop."""
        return (self.path / CANCEL_FILE).exists()

    def log_end(self, most_bytes: int = 20_000) -> str:
        """End of what the job and its libraries have printed."""
        try:
            with (self.path / LOG_FILE).open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - most_bytes))
                return file.read().decode("utf-8", "replace").strip()
        except OSError:
            return ""


class EventTail:
    """Reads the events that a job has added to its file since the last look.

    Attributes
    ----------
    end : Finished, Failed or None
        The last event of the job, once it was read.
    """

    def __init__(self, folder: JobFolder) -> None:
        self.end: Finished | Failed | None = None
        self._path = folder.path / EVENTS_FILE
        self._position = 0
        self._rest = b""

    def read(self) -> list[Event]:
        """Return new whole events, of a long file only the next part; what is no event is passed over."""
        events: list[Event] = []
        while not events:
            new = self._more()
            if not new:
                break
            *lines, self._rest = (self._rest + new).split(b"\n")
            events += [event for line in lines if (event := _event(line)) is not None]
        for event in events:
            if isinstance(event, Finished | Failed):
                self.end = event
        return events

    def _more(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(self._position)
                new = file.read(_CHUNK)
        except OSError:
            return b""
        self._position += len(new)
        return new


def _event(line: bytes) -> Event | None:
    try:
        return parse_event(line) if line.strip() else None
    except ValidationError:
        return None
