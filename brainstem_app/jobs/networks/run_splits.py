"""A run: how it was trained, and its subjects, those of the study's split or of one fold."""

from __future__ import annotations

from brainstem_app.counting import listed
from brainstem_app.errors import InputError
from brainstem_app.jobs.job import TrainJob, read_job
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.study.folds import fold_of, folds_file, not_in_folds
from brainstem_app.study.quality import read_quality
from brainstem_app.study.run_manifest import read_manifest
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study
from brainstem_app.written_files import BEST_NETWORK, CONFIG_FILE


def run_splits(study: Study, job: TrainJob) -> Splits:
    """Split of a run, without rejected subjects.

    A run that has begun keeps to those whom it learns from and who choose its epoch, whatever the study's
    split has become. Tested is whoever is a test subject, then or now, and no other scan of these people.

    Raises
    ------
    InputError
        If the split is missing or damaged, or there is no such fold.
    """
    now = splits_now(study, job)
    manifest = read_manifest(study.run_folder(job.run))
    if manifest is None:
        return now
    begun = manifest.splits
    person_of = {record.name: record.person for record in study.finished_subjects()}
    learned = {person_of.get(name, name) for name in (*begun.train, *begun.validation)}
    unseen = (name for name in now.test if person_of.get(name, name) not in learned)
    whole = begun.model_copy(update={"test": tuple(dict.fromkeys((*begun.test, *unseen)))})
    usable = person_of.keys() - read_quality(study.folder).rejected
    return whole.without(frozenset(set(whole.names) - usable))


def splits_now(study: Study, job: TrainJob) -> Splits:
    """Split that a run with these settings would begin with; raises as `run_splits`."""
    return study.splits() if job.folds is None else fold_of(study, job.folds, job.fold or 1)


def require_folds(study: Study, count: int, reporter: Reporter) -> None:
    """Make the folds if they are not there, and name those whom they do not know."""
    fold_of(study, count, 1)
    if left_out := not_in_folds(study, count):
        reporter.warn(
            f"The {count} folds were made before {', '.join(left_out)} were prepared, and leave them out.",
            study.folder / folds_file(count),
            "Remove that file to make the folds anew; runs of before then belong to other folds.",
        )


def training_of(study: Study, run: str) -> TrainJob:
    """Read how the network of a run was trained.

    Raises
    ------
    InputError
        If the study has no such run, or it has no network.
    """
    folder = study.run_folder(run)
    names = study.run_names()
    if run not in names:  # its folder may be there: who looks at a run claims it
        raise InputError(
            f"“{run}” has no network: the study has no run of this name.",
            study.folder,
            f"There are: {listed(names)}." if names else "Train one with `brainstem-app train`.",
        )
    # A training that has just begun has none.
    job = read_job(folder / CONFIG_FILE) if (folder / BEST_NETWORK).exists() else None
    if not isinstance(job, TrainJob):
        raise InputError(
            f"The run “{run}” has no network.",
            folder / BEST_NETWORK,
            "Train it for at least one epoch with `brainstem-app train`; of a comparison, --keep all keeps "
            "every network.",
        )
    return job
