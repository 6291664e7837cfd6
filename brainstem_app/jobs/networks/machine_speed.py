"""How fast this machine trains, so that the time of a network can be told before it was ever trained.

A few steps of the paper's network are timed once and kept in the user's folder. Another network takes longer
in proportion to the multiply-adds of its forward pass: of nine decoders measured the time for each was the
same within a fifth (``docs/results/networks.md``).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field

from brainstem_app.counting import counted
from brainstem_app.errors import BrainstemError, InputError
from brainstem_app.imaging.atomic import clear_leftovers_of
from brainstem_app.jobs.job import MeasureSpeedJob, TrainJob
from brainstem_app.jobs.provenance import usable_cores
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.locations import user_data_folder
from brainstem_app.study.record import Record
from kerasmodels.multiply_adds import expected_multiply_adds

_SLICES = 73
#: A training step computes the network forwards once and backwards twice over.
_PASSES = 3
_DECODER, _ENCODER, _SIZE, _CLASSES = "n_deconet", "resnet34", 224, 34
_BATCH = 4
_TIMED_S, _MOST_STEPS = 6.0, 40
#: Drivers and libraries change, and what else runs.
_KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Estimate:
    """How much there is to do, in words, and whether they say how long it takes."""

    words: str
    known: bool = True


class MachineSpeed(Record):
    """``speed.json`` in the user's folder.

    Attributes
    ----------
    multiply_adds_per_second : float
        Of training, its way back included.
    start_seconds : float
        What the processor computes from the start of a process to the end of its first step.
    device : str
        What it was measured on.
    """

    schema_name: Literal["brainstem-speed/1"] = Field("brainstem-speed/1", alias="schema")
    multiply_adds_per_second: float = Field(gt=0)
    start_seconds: float = Field(ge=0)
    device: str
    measured: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def seconds(self, job: TrainJob, training: int, validation: int) -> float | None:
        """Seconds that a run takes; None if the cost of its network is not known.

        Parameters
        ----------
        training, validation : int
            Subjects; those that the job simulates are added here.
        """
        work = epoch_work(job, training, validation)
        if work is None:
            return None
        return self.start_seconds + job.epochs * work / self.multiply_adds_per_second


def epoch_work(job: TrainJob, training: int, validation: int) -> float | None:
    """Multiply-adds of one epoch, its way back included; None if those of the network are not known."""
    of_a_slice = expected_multiply_adds(job.decoder, job.encoder, job.input.size)
    if of_a_slice is None or job.library != "kerasmodels":
        return None
    return of_a_slice * _SLICES * ((training + job.simulated) * _PASSES + validation)


def speed_file() -> Path:
    """File that the speed of this machine is kept in."""
    return user_data_folder() / "speed.json"


def read_speed() -> MachineSpeed | None:
    """Speed of this machine; None if nobody has measured it in the last month."""
    try:
        speed = MachineSpeed.load(speed_file())
        age = datetime.now(UTC) - datetime.fromisoformat(speed.measured)
    except (InputError, ValueError):
        return None
    return speed if age < _KEPT else None


def measure_speed(_job: MeasureSpeedJob, reporter: Reporter) -> Summary:
    """Time a few training steps of the paper's network, and keep what was found.

    Raises
    ------
    JobCancelled
        If the user cancels.
    BrainstemError
        If the result cannot be written.
    """
    reporter.progress(0, 3, "loading the library that trains")
    import keras
    import numpy as np

    from kerasmodels import build_model, make_loss
    from kerasmodels.training.device import gpu_count, prepare_device

    prepare_device()
    reporter.progress(1, 3, "building a network")
    model = build_model(_DECODER, _ENCODER, _CLASSES, (_SIZE, _SIZE, 1), seed=0)
    model.compile(optimizer=keras.optimizers.Adam(1e-4), loss=make_loss("dicece"))
    rng = np.random.default_rng(0)
    images = rng.normal(size=(_BATCH, _SIZE, _SIZE, 1)).astype(np.float32)
    labels = rng.integers(0, _CLASSES, (_BATCH, _SIZE, _SIZE)).astype(np.uint8)
    model.train_on_batch(images, labels)
    # Of the processor, and of the steps the fastest: other work on the machine lengthens everything else.
    start_seconds = time.process_time()
    reporter.progress(2, 3, "timing a few steps")
    steps: list[float] = []
    while not steps or (sum(steps) < _TIMED_S and len(steps) < _MOST_STEPS):
        start = time.monotonic()
        model.train_on_batch(images, labels)
        steps.append(time.monotonic() - start)
        reporter.check()
    seconds = min(steps)
    work = (expected_multiply_adds(_DECODER, _ENCODER, _SIZE) or 0.0) * _BATCH * _PASSES
    speed = MachineSpeed(
        multiply_adds_per_second=round(work / seconds),
        start_seconds=round(start_seconds, 1),
        device="GPU" if gpu_count() else f"CPU, {counted(usable_cores(), 'core')}",
    )
    _save(speed)
    return {"seconds_a_step": round(seconds, 3), "device": speed.device}


def _save(speed: MachineSpeed) -> None:
    clear_leftovers_of(speed_file())
    try:
        speed.save(speed_file())
    except OSError as error:
        raise BrainstemError(
            f"The speed of this machine cannot be kept: {error.strerror}.",
            speed_file(),
            "Check that the folder may be written to.",
        ) from error
