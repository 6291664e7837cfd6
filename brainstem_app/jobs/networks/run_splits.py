"""A run: how it was trained, and its subjects, those of the study's split or of one fold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from brainstem_app.counting import listed
from brainstem_app.errors import InputError
from brainstem_app.jobs.job import TrainJob, read_job
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.study.folds import fold_of, folds_file, not_in_folds
from brainstem_app.study.run_manifest import read_manifest
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study
from brainstem_app.written_files import BEST_NETWORK, CONFIG_FILE, RUNS_FOLDER


def run_splits(study: Study, job: TrainJob) -> Splits:
    """Split of a run, without rejected subjects.

    A run that has begun keeps to those whom it learns from and who choose its epoch, whatever the study's
    split has become. Tested is whoever is a test subject, then or now, and no other scan of these people; nor
    of those from whom a run has learned with whose weights it began.

    Raises
    ------
    InputError
        If the split is missing or damaged, or there is no such fold.
    """
    now, manifest = split_of_study(study, job), read_manifest(study.run_folder(job.run))
    if manifest is None:
        return _without_learned(now, study, job)
    begun = manifest.splits
    both = begun.model_copy(update={"test": tuple(dict.fromkeys((*begun.test, *now.test)))})
    # In the study's split is everybody who is prepared, and not rejected.
    there = both.without(frozenset({*both.names} - {*now.names}))
    return _without_learned(there, study, job, has_new=bool({*now.test} - {*begun.test}))


def splits_now(study: Study, job: TrainJob) -> Splits:
    """Split that a run with these settings would begin with; raises as `run_splits`."""
    return _without_learned(split_of_study(study, job), study, job)


def split_of_study(study: Study, job: TrainJob) -> Splits:
    """Split of the study, or that of the fold that a run is of; raises as `run_splits`."""
    return study.splits() if job.folds is None else fold_of(study, job.folds, job.fold or 1)


def _without_learned(splits: Splits, study: Study, job: TrainJob, *, has_new: bool = False) -> Splits:
    """Return a split without test subjects from whose scans, or from whose other scans, a run learns."""
    before = _learned_before(study, (job.start_from, job.encoder_weights), set())
    learned = {*splits.train, *splits.validation, *before}
    person_of: dict[str, str] = {}
    if before or has_new:  # else scans of one person are in one part
        person_of = {record.name: record.person for record in study.finished_subjects()}
    people = {person_of.get(name, name) for name in learned}
    return splits.model_copy(
        update={"test": tuple(n for n in splits.test if person_of.get(n, n) not in people)}
    )


def _learned_before(study: Study, weights: Iterable[Path | str | None], runs: set[Path]) -> set[str]:
    """Subjects from whom runs of a study have learned, or who chose their epoch, whose weights these are.

    `runs` takes the folders of these runs.
    """
    home = (study.folder / RUNS_FOLDER).absolute()
    learned: set[str] = set()
    for path in weights:
        above = Path(path).absolute().parents if path else ()
        run = next((parent for parent in above if parent.parent == home), None)
        if run is None or run in runs or (manifest := read_manifest(run)) is None:
            continue
        runs.add(run)
        learned |= {*manifest.splits.train, *manifest.splits.validation}
        earlier = (manifest.job.get(name) for name in ("start_from", "encoder_weights"))
        learned |= _learned_before(study, [text for text in earlier if isinstance(text, str)], runs)
    return learned


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
