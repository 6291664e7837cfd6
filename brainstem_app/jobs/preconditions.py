"""What a job must find before its work begins, looked at before libraries are imported that take seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from brainstem_app.edition import HOW_TO_GET_FULL, Edition, edition
from brainstem_app.errors import BrainstemError, InputError
from brainstem_app.jobs.job import (
    ActivationsJob,
    ChangeJob,
    CohortJob,
    CompareCellJob,
    CompareJob,
    CopyStudyJob,
    EvaluateRunJob,
    ExportEnsembleJob,
    ExportModelJob,
    Job,
    RetestJob,
    SaveReferenceJob,
    TrainJob,
)
from brainstem_app.models.library import user_models_folder
from brainstem_app.plain_name import require_name, require_text_path
from brainstem_app.study.study import Study
from brainstem_app.written_files import STUDY_FILE

_ZIP_BEGINS = 1980


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
    for path in _paths_of(job):
        require_text_path(path)
    if (
        isinstance(job, TrainJob | CompareJob | ExportModelJob | ExportEnsembleJob)
        and edition() is Edition.PREDICT
    ):
        what = "This edition does not train, compare or export networks."
        raise BrainstemError(what, None, HOW_TO_GET_FULL)
    if isinstance(job, TrainJob | CompareJob | CompareCellJob | ExportModelJob | ExportEnsembleJob):
        _require_clock()
    _require_study_and_names(job)


def _require_study_and_names(job: Job) -> None:
    match job:
        case TrainJob():
            _require_training(job)
        case EvaluateRunJob() | ActivationsJob():
            Study.open(job.study).run_folder(job.run)
        case CompareJob():
            comparisons = Study.open(job.study.resolve()).folder / "comparisons"
            require_name(job.grid.name, "a comparison", comparisons, "--name")
        case CohortJob() | SaveReferenceJob() | RetestJob() | ChangeJob():
            if job.study is not None:  # before a folder for the report is made in it
                Study.open(job.study)
        case ExportEnsembleJob():
            place = user_models_folder() if job.install else None
            require_name(job.name, "a model", place, "--name", letters=False)
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


def require_study_still_there(job: Job) -> None:
    """Refuse to call a job done whose study was removed, or put elsewhere, while it ran.

    Raises
    ------
    BrainstemError
        If so: what was written since lies in a folder that is no study.
    """
    study = getattr(job.train if isinstance(job, CompareCellJob) else job, "study", None)
    if isinstance(study, Path) and not isinstance(job, CopyStudyJob) and not (study / STUDY_FILE).exists():
        raise BrainstemError(
            "The study was removed or moved while the job ran, so its results are not whole.",
            study,
            "Put it back where it was, remove what the job has left there, and start the same job again.",
        )


def _paths_of(job: Job) -> Iterator[Path]:
    for name in type(job).model_fields:
        value = getattr(job, name)
        values = value if isinstance(value, tuple) else (value,)
        yield from (path for path in values if isinstance(path, Path))


def _require_clock() -> None:
    """Refuse to write networks while the clock stands before 1980, where ZIP's, in which they are, begins."""
    now = time.localtime()
    if now.tm_year < _ZIP_BEGINS:
        date = time.strftime("%Y-%m-%d", now)
        raise BrainstemError(
            f"The clock of this computer stands at {date}, so networks cannot be saved.",
            None,
            "Set the clock, and start again.",
        )


def _require_training(job: TrainJob) -> None:
    Study.open(job.study).run_folder(job.run)
    if job.start_from is not None and not job.start_from.is_file():
        raise InputError(
            "The network to start from is not there.",
            job.start_from,
            "Give the .keras file of a run, such as STUDY/runs/NAME/best.keras.",
        )
