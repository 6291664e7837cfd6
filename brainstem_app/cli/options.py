"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel

from brainstem_app.jobs.executors.slurm_settings import parse_slurm
from brainstem_app.jobs.job import OnSlurmJob, PrepareJob, SegmentJob
from brainstem_app.validation import option_of, validated

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON event a line.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Out = Annotated[Path, typer.Option("--out", help="Folder for the results.")]
Orientation = Annotated[
    str | None,
    typer.Option(
        help="Axes of scans whose header does not say them, e.g. RAS (of DICOM: columns, rows and slices, "
        "mostly LPS). Left is then where you say."
    ),
]


class ExecutorChoice(StrEnum):
    """Where jobs run."""

    LOCAL = "local"
    SLURM = "slurm"


ExecutorOption = Annotated[ExecutorChoice, typer.Option(help="This machine, or a SLURM cluster.")]
SlurmOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUE",
        help="What a task asks SLURM for: partition, account, qos, constraint, minutes, cpus, memory_gb, "
        "gpus, at_once, setup; may be given again.",
    ),
]

M = TypeVar("M", bound=BaseModel)


def make_job(kind: type[M], **settings: object) -> M:
    """Make the job of a command; InputError, naming the option and what it may be, if one does not fit."""
    return validated(kind, settings, None, "Give another value.", option_of)


def where_to_run(
    job: SegmentJob | PrepareJob, executor: ExecutorChoice, slurm: Sequence[str] | None
) -> SegmentJob | PrepareJob | OnSlurmJob:
    """Return the job itself, or the same as tasks of a cluster; InputError if `slurm` does not fit."""
    settings = parse_slurm(slurm or ())
    return OnSlurmJob(job=job, slurm=settings) if executor is ExecutorChoice.SLURM else job
