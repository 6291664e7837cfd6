"""What a job says while it runs: JSON objects, one a line."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Annotated, Literal, TextIO

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from brainstem_app.plain_text import Words


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Started(_Event):
    """The job has begun."""

    event: Literal["started"] = "started"
    kind: Words
    folder: Words


class Progress(_Event):
    """How far the job is: ``done`` of ``total`` steps, and what it does now.

    ``item`` is the scan or subject the step belongs to, empty when the job is about one thing; ``loss`` that
    of the batch that a training has just seen.
    """

    event: Literal["progress"] = "progress"
    done: float
    total: float
    message: Words
    item: Words = ""
    loss: float | None = None


class Turn(_Event):
    """Work on one of the scans of a job has begun, or has ended: it is done, or was refused.

    ``path`` is the scan's, as the job was given it; ``item`` what progress and artifacts call it.
    """

    event: Literal["turn"] = "turn"
    path: Words
    item: Words
    state: Literal["begun", "ended"]


#: What the name of a metric begins with that is the validation IoU of one nucleus.
IOU_OF = "iou "


class Metric(_Event):
    """A number of the run, e.g. ``name="val_miou"``, or ``"iou PAG"`` of a nucleus, at epoch ``step``."""

    event: Literal["metric"] = "metric"
    name: Words
    value: float
    step: int


class Warned(_Event):
    """Something the user should know; the job goes on."""

    event: Literal["warning"] = "warning"
    what: Words
    where: Words = ""
    fix: Words = ""


class Artifact(_Event):
    """A file the job has written; ``role`` is e.g. ``labels_native``, ``report_html``, ``folder``."""

    event: Literal["artifact"] = "artifact"
    role: Words
    path: Words
    item: Words = ""


class Failed(_Event):
    """The job ended without its result."""

    event: Literal["failed"] = "failed"
    what: Words
    where: Words = ""
    fix: Words = ""
    exit_status: int = 1
    details: Words = ""


class Finished(_Event):
    """The job is done."""

    event: Literal["finished"] = "finished"
    seconds: float
    summary: dict[str, float | int | Words] = {}


Event = Annotated[
    Started | Progress | Turn | Metric | Warned | Artifact | Failed | Finished, Field(discriminator="event")
]
Emit = Callable[[Event], None]
IsCancelled = Callable[[], bool]

_ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)


def parse_event(line: str | bytes) -> Event:
    """Event of one JSON line; pydantic's ValidationError if the line is none."""
    return _ADAPTER.validate_json(line)


def json_lines(stream: TextIO) -> Emit:
    """Return an `Emit` that writes each event as one JSON line; safe from several threads."""
    lock = threading.Lock()

    def emit(event: Event) -> None:
        with lock:
            stream.write(event.model_dump_json() + "\n")
            stream.flush()

    return emit
