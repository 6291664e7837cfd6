"""Prepare a BIDS dataset: normalise each scan, make its reference labels, split the people.

Each subject is on disk when it is done, and its manifest is written last: started again, the job goes on
with those that are missing or failed. A subject that fails is recorded with its reason and does not stop
the others. If only the atlas has changed since, the labels are made anew from what is saved. Label maps that
a lab drew take the place of the registered atlas (`brainstem_app.jobs.studies.drawn_labels`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from brainstem_app.atlas.disagreement import disagreement_about
from brainstem_app.atlas.drawn_labels import table_hash
from brainstem_app.atlas.library import Atlas, load_atlas, load_atlas_table
from brainstem_app.errors import BrainstemError, InputError
from brainstem_app.imaging.bids.dataset import find_t1w_scans, read_participants, subject_folders
from brainstem_app.imaging.bids.scan_name import BidsScan
from brainstem_app.imaging.spaces import Space
from brainstem_app.jobs.job import PrepareJob
from brainstem_app.jobs.parallel import run_tasks
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.studies.begin import first_settings
from brainstem_app.jobs.studies.drawn_labels import (
    VERSION,
    DrawnLabels,
    as_begun,
    own_table,
    report_counts,
    warn_of_earlier_runs,
)
from brainstem_app.jobs.studies.relabel import relabel_study
from brainstem_app.jobs.studies.study_atlas import require_known
from brainstem_app.jobs.studies.subject_task import LeftToOther, SubjectTask, is_done, prepare_one
from brainstem_app.study.beginning import require_new
from brainstem_app.study.record import changing
from brainstem_app.study.run_manifest import read_manifest
from brainstem_app.study.splits import PARTS, Splits, extend_split, split_subjects
from brainstem_app.study.study import Failure, Study, StudySettings, SubjectRecord
from brainstem_app.written_files import SPLITS_FILE, STUDY_FILE

#: Share of the work that is labelling subjects anew, where the study has another atlas now.
_RELABELLING = 0.2


RunSubjects = Callable[[Sequence[SubjectTask]], Iterator[SubjectRecord]]


def prepare(job: PrepareJob, reporter: Reporter, run: RunSubjects | None = None) -> Summary:
    """Prepare the scans of `job.dataset` into the study `job.study`.

    Parameters
    ----------
    run : callable, optional
        Prepares the subjects that are to do and yields their records; in processes of this machine if not
        given.

    Raises
    ------
    InputError
        If the folder is neither a study nor empty, the dataset holds no T1-weighted scan, the study was made
        of another dataset or in another space, or the label maps or their table cannot be found.
    BrainstemError
        If not one subject could be prepared, or another process prepares some of them.
    JobCancelled
        If the user cancels; finished subjects are kept.
    """
    if not (job.study / STUDY_FILE).exists():
        require_new(job.study)
    job = as_begun(job)
    drawn = DrawnLabels.find(job) if job.labels is not None else None
    scans = _scans_of(job)
    study = Study.create(job.study, _drawn_settings(job, drawn) if drawn else _settings(job))
    if drawn is not None:
        drawn.save_table(study)
    _say_reference(study, reporter)
    groups = _groups(job.dataset, reporter)
    n_relabelled = 0
    if drawn is None:
        n_relabelled = relabel_study(study, job.atlas, job.jobs, reporter.stage(0, _RELABELLING))
    if n_relabelled:
        reporter = reporter.stage(_RELABELLING, 1)
    tasks = [_task(job, study, name, scan, groups, drawn) for name, scan in subject_folders(scans).items()]
    waiting = [task for task in tasks if not is_done(study, task)]
    known = {record.name for record in study.finished_subjects()}
    is_changed = n_relabelled > 0 or any(task.name in known for task in waiting)
    n_done = len(tasks) - len(waiting)
    if n_done:
        reporter.progress(0, max(len(waiting), 1), f"{n_done} of {len(tasks)} are prepared already")
    records = run(waiting) if run else run_tasks(prepare_one, waiting, job.jobs, reporter)
    left: list[str] = []
    for record in records:
        if isinstance(record, LeftToOther):
            reporter.warn_of(record.error)
            left.append(record.name)
        else:
            _report_subject(study, record, reporter)
    with changing(study.folder, job.kind):
        summary = _finish(job, study, groups, reporter)
    if is_changed:
        warn_of_earlier_runs(study, reporter)
    if left:
        raise BrainstemError(
            f"{len(left)} of {len(tasks)} subjects are in use by another process: {', '.join(left)}.",
            study.folder,
            "Start the same command again when that has ended; the other subjects are prepared.",
        )
    return {**summary, "labelled_anew": n_relabelled} if n_relabelled else summary


def _scans_of(job: PrepareJob) -> list[BidsScan]:
    scans = find_t1w_scans(job.dataset)
    if not job.subjects:
        return scans
    wanted = {"sub-" + subject.removeprefix("sub-") for subject in job.subjects}
    missing = sorted(wanted - {scan.subject for scan in scans})
    if missing:
        raise InputError(
            f"The dataset has no T1-weighted scan of {', '.join(missing)}.",
            job.dataset,
            "Give subjects of the dataset, such as sub-01.",
        )
    return [scan for scan in scans if scan.subject in wanted]


def _task(
    job: PrepareJob,
    study: Study,
    name: str,
    scan: BidsScan,
    groups: dict[str, str],
    labels: DrawnLabels | None,
) -> SubjectTask:
    drawn, failure = None, None
    if labels is not None:
        try:
            drawn = labels.of(scan, job)
        except InputError as error:
            failure = Failure(what=error.what, where=str(error.where or ""), fix=error.fix)
    return SubjectTask(
        name=name,
        person=scan.subject,
        source=scan.path,
        folder=study.subject_folder(name),
        space=job.space,
        atlas=job.atlas,
        atlas_settings=study.settings.atlas_settings,
        repeat=job.repeat,
        group=groups.get(scan.subject, ""),
        drawn=drawn,
        failure=failure,
    )


def _drawn_settings(job: PrepareJob, labels: DrawnLabels) -> StudySettings:
    if labels.atlas is not None:
        found = _settings(job)
        return found.model_copy(update={"reference_mm": None, "drawn": labels.source})
    return StudySettings(
        dataset=str(job.dataset.resolve()),
        space=job.space,
        atlas=labels.name,
        atlas_version=VERSION,
        atlas_sha256=table_hash(labels.table),
        drawn=labels.source,
        own_table=True,
        seed=job.seed,
    )


def _settings(job: PrepareJob) -> StudySettings:
    atlas = load_atlas(job.atlas)
    require_known(atlas)
    more = {"reference_mm": _reference_mm(atlas, job.space), "seed": job.seed}
    return first_settings(job.dataset, atlas, job.space).model_copy(update=more)


def _reference_mm(atlas: Atlas, space: Space) -> float | None:
    """How far the references lie from a consensus on open subjects; it was measured from the affine on."""
    table = disagreement_about(atlas.name, atlas.version)
    return round(table.mean_reference_mm, 2) if table is not None and space == "affine" else None


def _say_reference(study: Study, reporter: Reporter) -> None:
    mm = study.settings.reference_mm
    if mm is not None:
        reporter.progress(
            0,
            1,
            "the reference is one registration: on open subjects its nuclei lie "
            f"{mm:.2f} mm from the consensus of other registrations (mean distance of surfaces)",
        )


def _groups(dataset: Path, reporter: Reporter) -> dict[str, str]:
    """Group of each person from ``participants.tsv``; empty, with a warning, where it cannot be read."""
    try:
        participants = read_participants(dataset)
    except BrainstemError as error:
        reporter.warn_of(error, "The parts of the split are not balanced by group")
        return {}
    return {person: columns.get("group", "") for person, columns in participants.items()}


def _report_subject(study: Study, record: SubjectRecord, reporter: Reporter) -> None:
    if record.failure is not None:
        failure = record.failure
        reporter.warn(f"{record.name} could not be prepared: {failure.what}", failure.where, failure.fix)
        return
    for finding in record.findings:
        if finding["level"] == "warning":
            reporter.warn(f"{record.name}: {finding['problem']}", record.source, str(finding["fix"]))
    reporter.artifact("subject", study.subject_folder(record.name), record.name)


def _is_of_dataset(record: SubjectRecord, job: PrepareJob) -> bool:
    """Whether a subject is of the dataset; others were added to the training set one by one."""
    source = Path(record.source)
    return (
        not record.settings.get("added")
        or source.is_relative_to(job.dataset.resolve())
        or (source.is_relative_to(job.dataset))
    )


def _split_of_runs(study: Study, finished: set[str]) -> Splits | None:
    """Return the split that runs of a study learned from, as far as its people are there; None without runs.

    Who was left out meanwhile, because preparing failed, comes back into the part that a run had it in.
    """
    runs, path = study.run_names(), study.folder / SPLITS_FILE
    if not runs or not path.exists():
        return None
    begun = [found.splits for run in runs if (found := read_manifest(study.run_folder(run)))]
    splits = Splits.load(path)
    for part in PARTS:
        back = {name for own in begun for name in getattr(own, part)} - {*splits.names}
        splits = splits.model_copy(update={part: (*getattr(splits, part), *sorted(back))})
    return splits.without(frozenset({*splits.names} - finished))


def _finish(job: PrepareJob, study: Study, groups: dict[str, str], reporter: Reporter) -> Summary:
    """Split the people whose scans are prepared, or let newcomers join the split, and count."""
    finished = study.finished_subjects()
    n_failed = len(study.subjects()) - len(finished)
    if not finished:
        raise BrainstemError(
            "Not one subject could be prepared.", study.folder, "The warnings above say why for each of them."
        )
    scans_of: dict[str, list[str]] = {}
    added = [record for record in finished if not _is_of_dataset(record, job)]
    for record in (record for record in finished if record not in added):
        scans_of.setdefault(record.person, []).append(record.name)
    if before := _split_of_runs(study, {record.name for record in finished}):
        splits = extend_split(before, scans_of, group_of=groups)
        if job.seed not in (0, before.seed):
            reporter.warn(
                f"The split of seed {before.seed} stays, as runs have learned from it.",
                study.folder,
                "Make another study to divide the people by another seed.",
            )
    else:
        splits = split_subjects(scans_of, seed=job.seed, group_of=groups)
        study = study.with_seed(job.seed)
    for record in added:
        splits, _ = splits.joined_by(record.name, {one.name: one.person for one in finished})
    study.save_splits(splits)
    reporter.artifact("study", study.folder)
    table = own_table(study) or load_atlas_table(study.settings.atlas)
    counts = report_counts(study, table.table, reporter)
    mm = study.settings.reference_mm
    known: Summary = {} if mm is None else {"reference_to_consensus_mm": mm}
    return {
        "prepared": len(finished),
        "failed": n_failed,
        "train": len(splits.train),
        "validation": len(splits.validation),
        "test": len(splits.test),
        **known,
        **counts,
    }
