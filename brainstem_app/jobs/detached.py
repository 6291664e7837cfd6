"""A job that outlives whoever started it: ``python -m brainstem_app.jobs.detached FOLDER``.

The window's queue starts jobs this way, so that they go on when it closes and are found again::

    FOLDER/job.json      what to do           FOLDER/events.jsonl  what it says, one JSON object a line
    FOLDER/process.json  who does it          FOLDER/log.txt       whatever libraries print
    FOLDER/cancel        stop at the next step, once this file is there
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from brainstem_app.errors import BrainstemError
from brainstem_app.imaging.atomic import write_text
from brainstem_app.jobs.failure import describe_failure
from brainstem_app.jobs.job import read_job
from brainstem_app.jobs.run import run_job
from brainstem_app.jobs.worker import json_lines
from brainstem_app.small_files import read_small

JOB_FILE = "job.json"
EVENTS_FILE = "events.jsonl"
LOG_FILE = "log.txt"
PROCESS_FILE = "process.json"
CANCEL_FILE = "cancel"
_LOOK_EVERY_S = 0.2


class ProcessRecord(BaseModel):
    """``process.json``: which process does the job.

    `started` (seconds of the epoch) tells the process from a later one that was given the same number.
    """

    model_config = ConfigDict(frozen=True)

    pid: int
    started: float


def running_process(folder: Path) -> psutil.Process | None:
    """Process that does the job of a folder, None if it has ended or was never there."""
    try:
        record = ProcessRecord.model_validate_json(read_small(folder / PROCESS_FILE))
        process = psutil.Process(record.pid)
        same = abs(process.create_time() - record.started) < 1.0
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValidationError, psutil.Error):
        return None


def main(arguments: list[str] | None = None) -> int:
    """Run the job of a folder; returns the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) != 1:
        sys.stderr.write("Usage: python -m brainstem_app.jobs.detached FOLDER\n")
        return 2
    folder = Path(given[0])
    _redirect_output(folder / LOG_FILE)
    started = psutil.Process().create_time()
    write_text(folder / PROCESS_FILE, ProcessRecord(pid=os.getpid(), started=started).model_dump_json())
    cancelled = _listen_for_cancel(folder / CANCEL_FILE)
    with (folder / EVENTS_FILE).open("a", encoding="utf-8", newline="\n") as stream:
        emit = json_lines(stream)
        try:
            job = read_job(folder / JOB_FILE)
        except BrainstemError as error:
            failed = describe_failure(error)
            emit(failed)
            return failed.exit_status
        return run_job(job, emit, cancelled.is_set)


def _redirect_output(log: Path) -> None:
    """Send standard output and error, those of C libraries too, to a file: nobody reads them."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


def _listen_for_cancel(path: Path) -> threading.Event:
    """Start a thread that looks for a file; the event returned is set once it is there."""
    cancelled = threading.Event()

    def look() -> None:
        while not cancelled.wait(_LOOK_EVERY_S):
            if path.exists():
                cancelled.set()

    threading.Thread(target=look, name="cancel-watcher", daemon=True).start()
    return cancelled


if __name__ == "__main__":
    sys.exit(main())
