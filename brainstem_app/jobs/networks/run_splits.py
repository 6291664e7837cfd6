"""How a run was trained, and on whom: the study's split, or one fold of its cross-validation."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.jobs.job import TrainJob, read_job
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.study.folds import fold_of, folds_file, not_in_folds
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study


def trained_job(folder: Path) -> TrainJob:
    """Read how the network of a run was trained; InputError if it has none yet."""
    best = folder / "best.keras"
    job = read_job(folder / "config.json") if best.is_file() else None
    if not isinstance(job, TrainJob):
        raise InputError(
            "The run has no network yet.",
            best,
            "Train it with `brainstem-app train`; of a comparison, --keep all keeps every network.",
        )
    return job


def run_splits(study: Study, job: TrainJob) -> Splits:
    """Split of a run, without rejected subjects.

    Raises
    ------
    InputError
        If the split is missing or damaged, or there is no such fold.
    """
    if job.folds is None:
        return study.splits()
    return fold_of(study, job.folds, job.fold or 1)


def require_folds(study: Study, count: int, reporter: Reporter) -> None:
    """Make the folds if they are not there, and name those whom they do not know."""
    fold_of(study, count, 1)
    if left_out := not_in_folds(study, count):
        reporter.warn(
            f"The {count} folds were made before {', '.join(left_out)} were prepared, and leave them out.",
            study.folder / folds_file(count),
            "Remove that file to make the folds anew; runs of before then belong to other folds.",
        )
