"""The child process of the window: ``python -m brainstem_app.jobs.worker JOBFILE``.

Standard output carries events, one JSON object a line, and nothing else; whatever a library prints goes to
standard error. The line ``cancel`` on standard input stops the job at its next step.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TextIO

from brainstem_app.errors import BrainstemError
from brainstem_app.jobs.events import Emit, Event
from brainstem_app.jobs.failure import describe_failure
from brainstem_app.jobs.job import read_job
from brainstem_app.jobs.run import run_job


def claim_stdout() -> TextIO:
    """Keep standard output for events: return it, and send what others print to standard error.

    The descriptor itself is moved, so that prints of C libraries go to standard error too.
    """
    sys.stdout.flush()
    events = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return events


def json_lines(stream: TextIO) -> Emit:
    """Return an `Emit` that writes each event as one JSON line; safe from several threads."""
    lock = threading.Lock()

    def emit(event: Event) -> None:
        with lock:
            stream.write(event.model_dump_json() + "\n")
            stream.flush()

    return emit


def listen_for_cancel(stream: TextIO) -> threading.Event:
    """Start a thread that reads `stream`; the event returned is set by the line ``cancel``.

    The end of the stream means nothing: a job on a cluster has no standard input.
    """
    cancelled = threading.Event()

    def listen() -> None:
        for line in stream:
            if line.strip() == "cancel":
                cancelled.set()

    threading.Thread(target=listen, name="cancel-listener", daemon=True).start()
    return cancelled


def main(arguments: list[str] | None = None) -> int:
    """Run the job of the file named in `arguments` (default: the command line's); returns the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    emit = json_lines(claim_stdout())
    cancelled = listen_for_cancel(sys.stdin)
    try:
        (name,) = given
        job = read_job(Path(name))
    except ValueError:
        sys.stderr.write("Usage: python -m brainstem_app.jobs.worker JOBFILE\n")
        return 2
    except BrainstemError as error:
        failed = describe_failure(error)
        emit(failed)
        return failed.exit_status
    return run_job(job, emit, cancelled.is_set)


if __name__ == "__main__":
    sys.exit(main())
