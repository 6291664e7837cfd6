"""Ends that no command foresees, and output that the terminal's alphabet does not hold."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from brainstem_app.cli.show import say_error
from brainstem_app.jobs.failure import describe_failure


def write_any_text() -> None:
    """Let standard output and error replace the letters that the terminal's encoding lacks, not fail."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def say_unforeseen(error: Exception) -> int:
    """Say what went wrong in the words of every other error; returns the exit status."""
    failed = describe_failure(error)
    say_error(failed.what, failed.where, failed.fix)
    return failed.exit_status


def say_nothing_more() -> int:
    """Be silent for whoever reads no more, such as ``head``; returns the exit status of a success."""
    with suppress(OSError, ValueError):
        # What is still to be flushed at the end would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
