"""What a job must find before its work begins, looked at before libraries are imported that take seconds."""

from __future__ import annotations

from brainstem_app.edition import HOW_TO_GET_FULL, Edition, edition
from brainstem_app.errors import BrainstemError, InputError
from brainstem_app.jobs.job import (
    ActivationsJob,
    CompareJob,
    EvaluateRunJob,
    ExportModelJob,
    Job,
    TrainJob,
)
from brainstem_app.models.library import user_models_folder
from brainstem_app.plain_name import require_name
from brainstem_app.study.study import Study


def require_possible(job: Job) -> None:
    """Refuse a job that this edition cannot do, whose study is not there, or whose names no folder can have.

    A cell of a comparison is not looked at here: it has to write down itself how it ended.

    Raises
    ------
    InputError
        If it cannot be done as asked for.
    BrainstemError
        If it trains or looks into networks, and Keras is not installed.
    """
    if isinstance(job, TrainJob | CompareJob | ExportModelJob) and edition() is Edition.PREDICT:
        what = "This edition does not train, compare or export networks."
        raise BrainstemError(what, None, HOW_TO_GET_FULL)
    match job:
        case TrainJob():
            _require_training(job)
        case EvaluateRunJob() | ActivationsJob():
            Study.open(job.study).run_folder(job.run)
        case CompareJob():
            comparisons = Study.open(job.study.resolve()).folder / "comparisons"
            require_name(job.grid.name, "a comparison", comparisons, "--name")
        case ExportModelJob():
            require_name(
                job.name or job.run.resolve().name,
                "a model",
                user_models_folder() if job.install else None,
                "--name",
                letters=False,
            )
        case _:
            return


def _require_training(job: TrainJob) -> None:
    Study.open(job.study).run_folder(job.run)
    if job.start_from is not None and not job.start_from.is_file():
        raise InputError(
            "The network to start from is not there.",
            job.start_from,
            "Give the .keras file of a run, such as STUDY/runs/NAME/best.keras.",
        )
