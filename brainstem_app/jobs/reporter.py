"""How a job speaks to whoever started it, and hears that it should stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from brainstem_app.errors import BrainstemError, InputError, JobCancelled
from brainstem_app.jobs.events import Artifact, Emit, Event, IsCancelled, Metric, Progress, Turn, Warned

Summary = dict[str, float | int | str]


@dataclass(frozen=True)
class Reporter:
    """Events out, cancellation in.

    Attributes
    ----------
    emit : callable
        Takes each event.
    is_cancelled : callable
        True once the user wants the job to stop.
    """

    emit: Emit
    is_cancelled: IsCancelled

    def check(self) -> None:
        """Raise JobCancelled if the user wants the job to stop."""
        if self.is_cancelled():
            raise JobCancelled

    def progress(self, done: float, total: float, message: str, item: str = "") -> None:
        """Say how far the job is; raises JobCancelled if it should stop."""
        self.emit(Progress(done=done, total=total, message=message, item=item))
        self.check()

    def part(self, index: int, total: int, item: str) -> Callable[[float, str], None]:
        """Return what one of `total` items reports its own share (0…1) and steps to."""

        def report(fraction: float, message: str) -> None:
            self.progress(index + fraction, total, message, item)

        return report

    def stage(self, start: float, end: float, total: float = 1.0) -> Reporter:
        """Return a reporter whose own progress, 0 to 1, lies between two steps of this one's `total`.

        A job that does several things one after the other gives each a stage: its progress never falls.
        """

        def emit(event: Event) -> None:
            if isinstance(event, Progress):
                share = min(1.0, event.done / event.total) if event.total else 0.0
                event = event.model_copy(update={"done": start + (end - start) * share, "total": total})
            self.emit(event)

        return Reporter(emit, self.is_cancelled)

    @contextmanager
    def turn(self, path: Path, item: str) -> Iterator[None]:
        """Say that one of several scans is worked on, and that it no longer is; an error ends the job."""
        self.emit(Turn(path=str(path), item=item, state="begun"))
        yield
        self.emit(Turn(path=str(path), item=item, state="ended"))

    def metric(self, name: str, value: float, step: int) -> None:
        """Pass on one number of the run."""
        self.emit(Metric(name=name, value=value, step=step))

    def warn(self, what: str, where: Path | str = "", fix: str = "") -> None:
        """Pass on something the user should know."""
        self.emit(Warned(what=what, where=str(where), fix=fix))

    def warn_of(self, error: BrainstemError, item: str = "") -> None:
        """Pass on a failure that does not end the job."""
        what = f"{item}: {error.what}" if item else error.what
        self.warn(what, error.where or "", error.fix)

    @contextmanager
    def refusing(self, name: str, refused: list[str], *, only: bool) -> Iterator[None]:
        """Make an InputError a warning, and the name one of those refused; of the only one it is raised."""
        try:
            yield
        except InputError as error:
            if only:
                raise
            self.warn_of(error, name)
            refused.append(name)

    def artifact(self, role: str, path: Path, item: str = "") -> None:
        """Name a file that was written."""
        self.emit(Artifact(role=role, path=str(path), item=item))
