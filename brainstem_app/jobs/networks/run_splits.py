"""The subjects of a run: those of the study's split, or of one fold of its cross-validation."""

from __future__ import annotations

from brainstem_app.jobs.job import TrainJob
from brainstem_app.study.folds import fold_of
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study


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
