"""Prepare a BIDS dataset: normalise each scan, make its reference labels, split the people.

Each subject is on disk when it is done, and its manifest is written last: started again, the job goes on
with those that are missing or failed. A subject that fails is recorded with its reason and does not stop
the others. If only the atlas has changed since, the labels are made anew from what is saved.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from brainstem_app.atlas.disagreement import disagreement_about
from brainstem_app.atlas.library import Atlas, load_atlas
from brainstem_app.errors import BrainstemError, ImplausibleResultError, InputError, JobCancelled
from brainstem_app.imaging.bids import BidsScan, find_t1w_scans, read_participants
from brainstem_app.imaging.reading import read_scan, require_usable
from brainstem_app.imaging.spaces import Space
from brainstem_app.jobs.claims import claim_of, claimed
from brainstem_app.jobs.failure import describe_failure, is_disk_full
from brainstem_app.jobs.job import PrepareJob
from brainstem_app.jobs.parallel import run_tasks
from brainstem_app.jobs.provenance import as_json, file_hashes, software_versions
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.studies.relabel import draw_reference, relabel_study
from brainstem_app.jobs.studies.study_atlas import labels_hash, require_known
from brainstem_app.locks.lock_file import InUseError
from brainstem_app.progress import ProgressCallback
from brainstem_app.reports.scan.manifest import sha256_of
from brainstem_app.study.record import changing
from brainstem_app.study.splits import split_subjects
from brainstem_app.study.study import Failure, Study, StudySettings, SubjectRecord

#: Share of the work that is labelling subjects anew, where the study has another atlas now.
_RELABELLING = 0.2


@dataclass(frozen=True)
class SubjectTask:
    """One scan to prepare, as it travels to the process that does it."""

    name: str
    person: str
    source: Path
    folder: Path
    space: Space
    atlas: str
    atlas_settings: dict[str, JsonValue]
    repeat: bool
    group: str = ""


@dataclass(frozen=True)
class LeftToOther:
    """A subject that another process prepares, and how it says so."""

    name: str
    error: InUseError


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
        If the dataset holds no T1-weighted scan, or the study was made of another dataset or in another
        space.
    BrainstemError
        If not one subject could be prepared, or another process prepares some of them.
    JobCancelled
        If the user cancels; finished subjects are kept.
    """
    atlas = load_atlas(job.atlas)
    require_known(atlas)
    scans = _scans_of(job)
    study = Study.create(job.study, _settings(job, atlas))
    _say_reference(study, reporter)
    groups = _groups(job.dataset)
    n_relabelled = relabel_study(study, job.atlas, job.jobs, reporter.stage(0, _RELABELLING))
    if n_relabelled:
        reporter = reporter.stage(_RELABELLING, 1)
    tasks = [_task(job, study, name, scan, groups) for name, scan in _named(scans)]
    waiting = [task for task in tasks if not _is_done(study, task)]
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
    if left:
        raise BrainstemError(
            f"{len(left)} of {len(tasks)} subjects are in use by another process: {', '.join(left)}.",
            study.folder,
            "Start the same command again when that has ended; the other subjects are prepared.",
        )
    return {**summary, "labelled_anew": n_relabelled} if n_relabelled else summary


def prepare_one(task: SubjectTask, report: ProgressCallback) -> SubjectRecord | LeftToOther:
    """Prepare one scan; a failure is recorded in the subject's manifest, not raised.

    Raises
    ------
    JobCancelled
        If `report` raises it.
    OSError
        If the disk is full: the next subject would meet the same.
    """
    try:
        with claimed((claim_of(task.folder, "The subject"),), "prepare"):
            return _finished_meanwhile(task) or _prepare_claimed(task, report)
    except InUseError as error:
        return LeftToOther(task.name, error)


def _finished_meanwhile(task: SubjectTask) -> SubjectRecord | None:
    """Record of a subject that another process has prepared since this one looked for what is to do."""
    study = Study.open(task.folder.parent.parent)
    return study.subject(task.name) if _is_done(study, task) else None


def _prepare_claimed(task: SubjectTask, report: ProgressCallback) -> SubjectRecord:
    try:
        record = _prepare_files(task, report)
    except JobCancelled:
        raise
    except Exception as error:
        if is_disk_full(error):
            # What is half there takes room that the user needs, and would be made anew.
            shutil.rmtree(task.folder, ignore_errors=True)
            raise
        # One subject's failure must not stop the others.
        failed = describe_failure(error)
        record = SubjectRecord(
            name=task.name,
            person=task.person,
            state="failed",
            source=str(task.source),
            group=task.group,
            software=as_json(software_versions()),
            failure=Failure(what=failed.what, where=failed.where, fix=failed.fix),
        )
    record.save(task.folder / "manifest.json")
    return record


def _prepare_files(task: SubjectTask, report: ProgressCallback) -> SubjectRecord:
    from brainstem_app.preprocessing.reference import prepare_subject

    _empty(task.folder)
    report(0.0, "reading the scan")
    scan = read_scan(task.source)
    require_usable(scan)
    atlas = load_atlas(task.atlas)
    prepared = prepare_subject(
        scan,
        atlas.labels,
        atlas.table.names,
        task.space,
        task.folder,
        lambda fraction, text: report(0.95 * fraction, text),
        repeat=task.repeat,
    )
    errors = [finding for finding in prepared.findings if finding.level == "error"]
    if errors:
        raise ImplausibleResultError(errors[0].problem, task.source, errors[0].fix)
    report(0.95, "drawing the picture to check")
    draw_reference(task.folder, atlas)
    return SubjectRecord(
        name=task.name,
        person=task.person,
        state="finished",
        source=str(task.source),
        sha256=sha256_of(task.source) or "",
        group=task.group,
        settings={"space": task.space, **task.atlas_settings},
        fit=as_json(prepared.fit),
        findings=tuple(as_json(finding) for finding in (*scan.findings, *prepared.findings)),
        timings=prepared.timings,
        files=file_hashes(task.folder),
        software=as_json(software_versions()),
    )


def _empty(folder: Path) -> None:
    """Remove what an earlier, unfinished attempt left."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


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


def _named(scans: Sequence[BidsScan]) -> list[tuple[str, BidsScan]]:
    """Folder name of each scan: the person, with all of the file's name where a person has several scans."""
    count = Counter(scan.subject for scan in scans)
    return [(scan.subject if count[scan.subject] == 1 else scan.full_name, scan) for scan in scans]


def _task(job: PrepareJob, study: Study, name: str, scan: BidsScan, groups: dict[str, str]) -> SubjectTask:
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
    )


def _settings(job: PrepareJob, atlas: Atlas) -> StudySettings:
    return StudySettings(
        dataset=str(job.dataset.resolve()),
        space=job.space,
        atlas=atlas.name,
        atlas_version=atlas.version,
        atlas_sha256=labels_hash(atlas),
        reference_mm=_reference_mm(atlas, job.space),
        seed=job.seed,
    )


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


def _groups(dataset: Path) -> dict[str, str]:
    """Group of each person from ``participants.tsv``; empty where there is none."""
    try:
        participants = read_participants(dataset)
    except BrainstemError:
        return {}
    return {person: columns.get("group", "") for person, columns in participants.items()}


def _is_done(study: Study, task: SubjectTask) -> bool:
    record = study.subject(task.name)
    if record is None or record.state != "finished" or not study.is_current(record):
        return False
    return not task.repeat or (task.folder / "labels_box_repeat.nii.gz").exists()


def _report_subject(study: Study, record: SubjectRecord, reporter: Reporter) -> None:
    if record.failure is not None:
        failure = record.failure
        reporter.warn(f"{record.name} could not be prepared: {failure.what}", failure.where, failure.fix)
        return
    for finding in record.findings:
        if finding["level"] == "warning":
            reporter.warn(f"{record.name}: {finding['problem']}", record.source, str(finding["fix"]))
    reporter.artifact("subject", study.subject_folder(record.name), record.name)


def _finish(job: PrepareJob, study: Study, groups: dict[str, str], reporter: Reporter) -> Summary:
    """Split the people whose scans are prepared, and count."""
    finished = study.finished_subjects()
    n_failed = len(study.subjects()) - len(finished)
    if not finished:
        raise BrainstemError(
            "Not one subject could be prepared.", study.folder, "The warnings above say why for each of them."
        )
    scans_of: dict[str, list[str]] = {}
    for record in finished:
        scans_of.setdefault(record.person, []).append(record.name)
    splits = split_subjects(scans_of, seed=job.seed, group_of=groups)
    study.save_splits(splits)
    reporter.artifact("study", study.folder)
    mm = study.settings.reference_mm
    known: Summary = {} if mm is None else {"reference_to_consensus_mm": mm}
    return {
        "prepared": len(finished),
        "failed": n_failed,
        "train": len(splits.train),
        "validation": len(splits.validation),
        "test": len(splits.test),
        **known,
    }
