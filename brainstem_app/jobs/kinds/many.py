"""Jobs that start others: the cells of a comparison, and parts of a job on a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from brainstem_app.jobs.executors.slurm_settings import SlurmSettings
from brainstem_app.jobs.kinds.job_model import ExecutorName, JobModel
from brainstem_app.jobs.kinds.networks import TrainJob
from brainstem_app.jobs.kinds.scans import SegmentJob
from brainstem_app.jobs.kinds.studies import STUDY_HELP, PrepareJob
from brainstem_app.setting import setting
from brainstem_app.study.grid import Grid
from kerasmodels.training.settings import CountOrNone

Slurm = Annotated[
    SlurmSettings,
    setting(
        "SLURM",
        f"What a task asks SLURM for: {', '.join(SlurmSettings.model_fields)}.",
        metavar="KEY=VALUE",
        pairs=True,
    ),
]
Executor = Annotated[
    ExecutorName,
    setting(
        "Where",
        "This machine, or a cluster, which needs SLURM's commands on this machine.",
        names={"local": "this machine", "slurm": "a SLURM cluster"},
        advanced=True,
    ),
]


class CompareJob(JobModel):
    """Train and test every cell of a grid of networks; goes on where it stopped.

    Writes comparisons/NAME in the study: grid.json, results.csv and the report as a page, PDF and workbook,
    with 95 % intervals over repeats and over subjects, beside the paper's results. A cell that fails is shown
    with its reason and stops no other.
    """

    command: ClassVar[str] = "compare"
    kind: Literal["compare"] = "compare"
    study: Annotated[Path, setting("Study", STUDY_HELP, argument="STUDY")]
    grid: Annotated[Grid, setting("Grid", "table1, alpha, encoders, or a TOML or JSON file.", by_name=True)]
    keep: Annotated[
        Literal["all", "best", "none"],
        setting(
            "Networks kept",
            "Numbers and curves of all are kept in any case; a network takes 100 MB or more.",
            names={"all": "all", "best": "the best of each decoder", "none": "none"},
            advanced=True,
        ),
    ] = "best"
    jobs: Annotated[
        CountOrNone,
        setting("At once", "Trainings at a time on this machine.", empty="as many as fit", advanced=True),
    ] = None
    retry_failed: Annotated[
        bool,
        setting(
            "Failed cells",
            "Run cells again that failed before; they are left as they are otherwise.",
            empty="try them again",
            advanced=True,
        ),
    ] = False
    executor: Executor = "local"
    slurm: Slurm = SlurmSettings()


class CompareCellJob(JobModel):
    """One cell of a comparison: a run to train, and to measure on the test subjects."""

    kind: Literal["compare-cell"] = "compare-cell"
    train: TrainJob


class OnSlurmJob(JobModel):
    """Prepare subjects or segment scans on a SLURM cluster, one task for each of them."""

    kind: Literal["on-slurm"] = "on-slurm"
    job: Annotated[SegmentJob | PrepareJob, Field(discriminator="kind")]
    slurm: Slurm = SlurmSettings()
