"""Show a job on the terminal: a progress bar, plain lines, or JSON events."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Protocol, TextIO

import typer

from brainstem_app.errors import BrainstemError
from brainstem_app.jobs.events import (
    IOU_OF,
    Artifact,
    Emit,
    Event,
    Failed,
    Finished,
    IsCancelled,
    Metric,
    Progress,
    Warned,
    json_lines,
)
from brainstem_app.jobs.job import Job


class Display(Protocol):
    """Takes the events of a job."""

    def show(self, event: Event) -> None:
        """Show one event."""

    def close(self) -> None:
        """Leave the terminal as it was."""


def run_and_show(job: Job, *, as_json: bool, debug: bool) -> None:
    """Run a job in this process and show it; ends the program with its exit status unless that is 0."""
    from brainstem_app.jobs.run import run_job

    with _cancel_on_interrupt() as is_cancelled, _display(as_json, debug) as emit:
        status = run_job(job, emit, is_cancelled)
    if status:
        raise typer.Exit(status)


def say_error(what: str, where: str, fix: str, details: str = "") -> None:
    """Print an error's three parts on standard error."""
    typer.secho(f"Error: {what}", err=True, fg="red")
    _say_place(where, fix)
    if details:
        typer.echo(details, err=True)


def say_failure(error: BrainstemError) -> None:
    """Print an error of ours on standard error."""
    say_error(error.what, error.where or "", error.fix)


def _say_place(where: str, fix: str) -> None:
    if where:
        typer.echo(f"  in:    {where}", err=True)
    if fix:
        typer.echo(f"  to do: {fix}", err=True)


class Lines:
    """Plain lines: for files, pipes and logs."""

    def __init__(self, *, debug: bool) -> None:
        self._debug = debug
        self._last = ("", "")
        self._files: list[Path] = []

    def show(self, event: Event) -> None:
        """Show one event as a line, or not at all."""
        if not isinstance(event, Artifact):
            self._say_files()
        match event:
            case Progress():
                self.progress(event)
            case Metric() if event.name.startswith(IOU_OF):
                return  # One line for each nucleus would bury the others; they are in the run's events.jsonl.
            case Metric():
                self.say(f"epoch {event.step}: {event.name} {event.value:.4f}")
            case Warned():
                typer.secho(f"Warning: {event.what}", err=True, fg="yellow")
                _say_place(event.where, event.fix)
            case Artifact():
                self._files.append(Path(event.path))
            case Failed():
                self.close()
                say_error(event.what, event.where, event.fix, event.details if self._debug else "")
            case Finished():
                self.close()
                numbers = "".join(
                    f", {name.replace('_', ' ')}: {value}" for name, value in event.summary.items()
                )
                self.say(f"Done in {event.seconds:.0f} s{numbers}")

    def say(self, text: str) -> None:
        """Print one line of normal output."""
        typer.echo(text)

    def _say_files(self) -> None:
        """Name what was written: of files in a folder that is named too, that folder alone."""
        folders = {place for file in self._files for place in file.parents} & set(self._files)
        for path in self._files:
            if folders.isdisjoint(path.parents):
                self.say(f"written: {path}")
        self._files = []

    def progress(self, event: Progress) -> None:
        """Print each step once."""
        if (event.item, event.message) != self._last:
            self._last = (event.item, event.message)
            percent = 100 * event.done / event.total if event.total else 0
            item = f"{event.item}: " if event.item else ""
            self.say(f"{percent:3.0f} %  {item}{event.message}")

    def close(self) -> None:
        """Name what was written last."""
        self._say_files()


class Bar(Lines):
    """A progress bar on a terminal, with warnings and files above it."""

    def __init__(self, *, debug: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        super().__init__(debug=debug)
        self._bar = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=Console(),
            transient=True,
        )
        self._task = self._bar.add_task("starting", total=None)
        self._bar.start()

    def say(self, text: str) -> None:
        """Print one line above the bar."""
        self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def progress(self, event: Progress) -> None:
        """Move the bar."""
        item = f"{event.item}: " if event.item else ""
        self._bar.update(
            self._task, completed=event.done, total=event.total, description=f"{item}{event.message}"
        )

    def close(self) -> None:
        """Remove the bar."""
        self._say_files()
        self._bar.stop()


class JsonLines:
    """One JSON event a line on standard output; an error is told on standard error too."""

    def __init__(self, stream: TextIO, *, debug: bool) -> None:
        self._emit = json_lines(stream)
        self._debug = debug

    def show(self, event: Event) -> None:
        """Write one event."""
        self._emit(event)
        if isinstance(event, Failed):
            say_error(event.what, event.where, event.fix, event.details if self._debug else "")

    def close(self) -> None:
        """Nothing to put back."""


@contextmanager
def _display(as_json: bool, debug: bool) -> Iterator[Emit]:
    display: Display
    if as_json:
        display = JsonLines(_claim_stdout(), debug=debug)
    elif sys.stdout.isatty():
        display = Bar(debug=debug)
    else:
        display = Lines(debug=debug)
    try:
        yield display.show
    finally:
        display.close()


def _claim_stdout() -> TextIO:
    """Keep standard output for events: return it, and send what others print to standard error.

    The descriptor itself is moved, so that prints of C libraries go to standard error too.
    """
    sys.stdout.flush()
    events = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return events


@contextmanager
def _cancel_on_interrupt() -> Iterator[IsCancelled]:
    """Turn the first Ctrl+C into a request to stop at the next step; the second one interrupts at once."""
    cancelled = threading.Event()

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        if cancelled.is_set():
            raise KeyboardInterrupt
        cancelled.set()
        sys.stderr.write("\nStopping at the next step; press Ctrl+C again to stop at once.\n")

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield cancelled.is_set
    finally:
        signal.signal(signal.SIGINT, before)
