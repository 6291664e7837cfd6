"""The process that does a job: ``python -m brainstem_app.jobs.detached FOLDER``.

It outlives whoever started it. What lies in the folder says `brainstem_app.jobs.folder`. Whatever a library
prints goes to the log.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from brainstem_app.errors import BrainstemError
from brainstem_app.jobs.events import json_lines
from brainstem_app.jobs.failure import describe_failure
from brainstem_app.jobs.folder import LOG_FILE, JobFolder
from brainstem_app.jobs.run import run_job
from brainstem_app.written_files import EVENTS_FILE

_LOOK_EVERY_S = 0.2


def main(arguments: list[str] | None = None) -> int:
    """Run the job of a folder; returns the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) != 1:
        sys.stderr.write("Usage: python -m brainstem_app.jobs.detached FOLDER\n")
        return 2
    folder = JobFolder(Path(given[0]))
    _redirect_output(folder.path / LOG_FILE)
    folder.claim()
    cancelled = _listen_for_cancel(folder)
    with (folder.path / EVENTS_FILE).open("a", encoding="utf-8", newline="\n") as stream:
        emit = json_lines(stream)
        try:
            job = folder.read()
        except BrainstemError as error:
            failed = describe_failure(error)
            emit(failed)
            return failed.exit_status
        return run_job(job, emit, cancelled.is_set)


def _redirect_output(log: Path) -> None:
    """Send standard output and error, those of C libraries too, to a file: nobody reads them."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


def _listen_for_cancel(folder: JobFolder) -> threading.Event:
    """Start a thread that looks whether the job is to stop; the event returned is set then."""
    cancelled = threading.Event()

    def look() -> None:
        while not cancelled.wait(_LOOK_EVERY_S):
            if folder.is_asked_to_stop:
                cancelled.set()

    threading.Thread(target=look, name="cancel-watcher", daemon=True).start()
    return cancelled


if __name__ == "__main__":
    sys.exit(main())
