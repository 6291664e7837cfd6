"""Events of a job: what they leave behind, and the signals they become."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from brainstem_app.jobs.events import Artifact, Event, Failed, Finished, Metric, Turn, Warned


class Outcome(StrEnum):
    """How a job ended."""

    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobEvents(QObject):
    """A job whose events come from somewhere: kept as far as they matter later.

    Attributes
    ----------
    turns : dict of str to str
        Of scans that the work has come to, by their paths, whether it has ``"begun"`` or ``"ended"``.

    Signals
    -------
    progress(object), metric(object), warned(object), artifact(object), turned(object)
        The event of that name, as it comes.
    ended(object)
        The `Outcome`.
    """

    progress = Signal(object)
    metric = Signal(object)
    warned = Signal(object)
    artifact = Signal(object)
    turned = Signal(object)
    ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.artifacts: list[Artifact] = []
        self.warnings: list[Warned] = []
        self.turns: dict[str, str] = {}
        self.failure: Failed | None = None
        self.finish: Finished | None = None

    def take_event(self, event: Event) -> None:
        """Keep an event and tell of it; progress is told by who knows how much of it is wanted."""
        match event:
            case Metric():
                self.metric.emit(event)
            case Warned():
                self.warnings.append(event)
                self.warned.emit(event)
            case Artifact():
                self.artifacts.append(event)
                self.artifact.emit(event)
            case Turn():
                self.turns[event.path] = event.state
                self.turned.emit(event)
            case Failed():
                self.failure = event
            case Finished():
                self.finish = event
