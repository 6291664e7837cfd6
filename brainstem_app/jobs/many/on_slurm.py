"""Prepare subjects, or segment scans, on a SLURM cluster: one task for each of them, the same job files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from brainstem_app.jobs.events import Failed, Warned
from brainstem_app.jobs.executors.run_tasks import run_tasks_on
from brainstem_app.jobs.executors.slurm import SlurmExecutor
from brainstem_app.jobs.executors.slurm_settings import SlurmSettings
from brainstem_app.jobs.executors.task import Task
from brainstem_app.jobs.failure import require_all_segmented
from brainstem_app.jobs.job import OnSlurmJob, PrepareJob, SegmentJob
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.scans.loaded_model import load_model
from brainstem_app.jobs.scans.result_folders import scans_with_room
from brainstem_app.jobs.scans.segment import expand_scans
from brainstem_app.jobs.scans.segment_bids import require_one_dataset, result_folder
from brainstem_app.jobs.scans.segment_dicom import came_as_dicom, require_dicom
from brainstem_app.jobs.scans.segment_study import placed_in_study, scans_of
from brainstem_app.jobs.studies.prepare import prepare
from brainstem_app.jobs.studies.subject_task import SubjectTask
from brainstem_app.study.study import Failure, Study, SubjectRecord
from brainstem_app.written_files import MANIFEST_FILE

#: Folder, beside the results, of what travels to the cluster and back.
SLURM_FOLDER = "slurm"


def on_slurm(job: OnSlurmJob, reporter: Reporter) -> Summary:
    """Run a job's parts as tasks of a cluster and wait for them; raises as the job itself.

    Raises
    ------
    InputError
        Also if SLURM or submitit is not there.
    """
    if isinstance(job.job, SegmentJob):
        return _segment(job.job, job.slurm, reporter)
    return _prepare(job.job, job.slurm, reporter)


def _segment(job: SegmentJob, slurm: SlurmSettings, reporter: Reporter) -> Summary:
    out = job.out.resolve()
    executor = SlurmExecutor(slurm, "segment", out / SLURM_FOLDER / "log")
    # A model that is not there is told now, not by every task.
    model = load_model(job.model, job.engine)
    scans, refused = expand_scans(scans_of(job), reporter)
    if job.bids:
        require_one_dataset(scans)
    if job.dicom_seg:
        require_dicom(scans, job.orientation)
    total = len(scans) + len(refused)
    scans = placed_in_study(job, scans, model, reporter, refused)
    scans, without_room = scans_with_room(job, scans, model, reporter, only=total == 1)
    refused += without_room
    tasks = []
    folders = {scan.name: scan.folder for scan in scans}
    for scan in scans:
        own = {"scans": (scan.path.resolve(),), "out": out, "name": scan.name}
        if job.study is not None:
            own["study"] = job.study.resolve()
        own["dicom_seg"] = job.dicom_seg and came_as_dicom(scan.path)
        one = job.model_copy(update=own)
        tasks.append(Task(scan.name, out / SLURM_FOLDER / scan.name, one))
    for ended in run_tasks_on(executor, tasks, reporter):
        name = ended.task.name
        if isinstance(ended.end, Failed):
            reporter.warn(f"{name}: {ended.end.what}", ended.end.where, ended.end.fix)
            refused.append(name)
        else:
            there = result_folder(job.model_copy(update={"out": out}), folders[name])
            reporter.artifact("folder", there, name)
    require_all_segmented(refused, total, out)
    return {"scans": len(scans), "folder": str(out)}


def _prepare(job: PrepareJob, slurm: SlurmSettings, reporter: Reporter) -> Summary:
    paths = {name: getattr(job, name) for name in ("dataset", "study", "labels", "label_table")}
    whole = job.model_copy(update={name: path and path.resolve() for name, path in paths.items()})
    executor = SlurmExecutor(slurm, "prepare", whole.study / SLURM_FOLDER / "log")

    def run(waiting: Sequence[SubjectTask]) -> Iterator[SubjectRecord]:
        return _run_subjects(whole, waiting, executor, reporter)

    return prepare(whole, reporter, run)


def _run_subjects(
    job: PrepareJob, waiting: Sequence[SubjectTask], executor: SlurmExecutor, reporter: Reporter
) -> Iterator[SubjectRecord]:
    """Yield the record of every scan; a task does all scans of one person."""
    scans_of: dict[str, list[SubjectTask]] = {}
    for subject in waiting:
        scans_of.setdefault(subject.person, []).append(subject)
    study = Study.open(job.study)
    folder = job.study / SLURM_FOLDER
    tasks = [
        Task(person, folder / person, job.model_copy(update={"subjects": (person,), "jobs": 1}))
        for person in scans_of
    ]
    _forget(scans_of, study)
    # Warnings of a subject are in its manifest, and told from there.
    quiet = Reporter(lambda e: None if isinstance(e, Warned) else reporter.emit(e), reporter.is_cancelled)
    for ended in run_tasks_on(executor, tasks, quiet):
        for subject in scans_of[ended.task.name]:
            yield study.subject(subject.name) or _died(subject, ended.end)


def _forget(scans_of: dict[str, list[SubjectTask]], study: Study) -> None:
    """Remove the manifests of earlier failures, so that one that is there afterwards is new."""
    for subjects in scans_of.values():
        for subject in subjects:
            (study.subject_folder(subject.name) / MANIFEST_FILE).unlink(missing_ok=True)


def _died(subject: SubjectTask, end: object) -> SubjectRecord:
    failure = Failure(what="The task ended without a result.", where=str(subject.folder))
    if isinstance(end, Failed):
        failure = Failure(what=end.what, where=end.where, fix=end.fix)
    record = SubjectRecord(
        name=subject.name, person=subject.person, state="failed", source=str(subject.source), failure=failure
    )
    record.save(Path(subject.folder) / MANIFEST_FILE)
    return record
