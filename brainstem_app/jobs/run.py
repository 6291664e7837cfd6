"""Run a job: find the code that does it, and turn whatever goes wrong into one `failed` event."""

from __future__ import annotations

import time

from brainstem_app.jobs.claims import claimed, claims_of
from brainstem_app.jobs.events import Emit, Finished, IsCancelled, Started
from brainstem_app.jobs.failure import describe_failure, is_disk_full
from brainstem_app.jobs.job import (
    ActivationsJob,
    BuildAtlasJob,
    CohortJob,
    CompareCellJob,
    CompareJob,
    CopyStudyJob,
    DemoJob,
    EvaluateRunJob,
    EvaluateVolumesJob,
    ExportModelJob,
    ImportAtlasJob,
    Job,
    MeasureSpeedJob,
    OnSlurmJob,
    PrepareJob,
    RetestJob,
    SegmentJob,
    SimulateJob,
    TrainJob,
)
from brainstem_app.jobs.library_switches import set_library_switches
from brainstem_app.jobs.places import require_sound_places
from brainstem_app.jobs.preconditions import require_possible, require_study_still_there
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.locations import user_data_folder


def run_job(job: Job, emit: Emit, is_cancelled: IsCancelled) -> int:
    """Do a job; never raises.

    Parameters
    ----------
    job : Job
        What to do.
    emit : callable
        Takes each event; the last one is `Finished` or `Failed`.
    is_cancelled : callable
        Asked at every step; once true, the job stops.

    Returns
    -------
    int
        Exit status: 0 done, 1 failed, 2 bad input, 3 cancelled.
    """
    set_library_switches()
    start = time.monotonic()
    emit(Started(kind=job.kind, folder=str(folder_of(job))))
    try:
        require_sound_places(job)
        require_possible(job)
        with claimed(claims_of(job), job.kind):
            summary = _work(job, Reporter(emit, is_cancelled))
            require_study_still_there(job)
    except Exception as error:  # noqa: BLE001 - the end of every job: whatever it was becomes one event
        failed = describe_failure(error)
        if is_disk_full(error) and not failed.where:
            failed = failed.model_copy(update={"where": folder_of(job)})
        emit(failed)
        return failed.exit_status
    emit(Finished(seconds=round(time.monotonic() - start, 3), summary=summary))
    return 0


def folder_of(job: Job) -> str:
    """Folder the results of a job go to."""
    match job:
        case PrepareJob():
            return str(job.study)
        case TrainJob() | EvaluateRunJob():
            return str(job.study / "runs" / job.run)
        case OnSlurmJob(job=inner) | CompareCellJob(train=inner):
            return folder_of(inner)
        case CompareJob():
            return str(job.study / "comparisons" / job.grid.name)
        case ActivationsJob():
            return str(job.out or job.study / "runs" / job.run)
        case ExportModelJob():
            return str(job.out or job.run / "export")
        case BuildAtlasJob():
            return str(job.out or job.recipe.parent)
        case ImportAtlasJob():
            return str(job.out or job.source)
        case MeasureSpeedJob():
            return str(user_data_folder())
        case _:
            return str(job.out)


def _work(job: Job, reporter: Reporter) -> Summary:
    match job:
        case SegmentJob():
            from brainstem_app.jobs.segment import segment

            return segment(job, reporter)
        case PrepareJob():
            from brainstem_app.jobs.prepare import prepare

            return prepare(job, reporter)
        case TrainJob():
            from brainstem_app.jobs.train import train

            return train(job, reporter)
        case EvaluateVolumesJob() | EvaluateRunJob() | CohortJob() | RetestJob():
            return _measure(job, reporter)
        case ExportModelJob():
            from brainstem_app.jobs.export import export_model

            return export_model(job, reporter)
        case MeasureSpeedJob():
            from brainstem_app.jobs.machine_speed import measure_speed

            return measure_speed(job, reporter)
        case CompareJob() | CompareCellJob() | OnSlurmJob():
            return _many(job, reporter)
        case _:
            return _make(job, reporter)


def _measure(job: EvaluateVolumesJob | EvaluateRunJob | CohortJob | RetestJob, reporter: Reporter) -> Summary:
    match job:
        case EvaluateVolumesJob():
            from brainstem_app.jobs.evaluate_volumes import evaluate_volumes

            return evaluate_volumes(job, reporter)
        case CohortJob():
            from brainstem_app.jobs.cohort import compare_cohort

            return compare_cohort(job, reporter)
        case RetestJob():
            from brainstem_app.jobs.retest import measure_repeatability

            return measure_repeatability(job, reporter)
        case EvaluateRunJob():
            from brainstem_app.jobs.evaluate_run import evaluate_run

            return evaluate_run(job, reporter)


def _many(job: CompareJob | CompareCellJob | OnSlurmJob, reporter: Reporter) -> Summary:
    match job:
        case OnSlurmJob():
            from brainstem_app.jobs.on_slurm import on_slurm

            return on_slurm(job, reporter)
        case CompareJob():
            from brainstem_app.jobs.compare import compare

            return compare(job, reporter)
        case CompareCellJob():
            from brainstem_app.jobs.compare_cell import compare_cell

            return compare_cell(job, reporter)


def _make(
    job: ActivationsJob | CopyStudyJob | SimulateJob | DemoJob | BuildAtlasJob | ImportAtlasJob,
    reporter: Reporter,
) -> Summary:
    match job:
        case CopyStudyJob():
            from brainstem_app.jobs.copy_study import copy_study

            return copy_study(job, reporter)
        case ActivationsJob():
            from brainstem_app.jobs.activations import write_activation_maps

            return write_activation_maps(job, reporter)
        case SimulateJob():
            from brainstem_app.jobs.simulate import simulate

            return simulate(job, reporter)
        case DemoJob():
            from brainstem_app.jobs.demo import demo

            return demo(job, reporter)
        case BuildAtlasJob():
            from brainstem_app.jobs.atlas import build

            return build(job, reporter)
        case ImportAtlasJob():
            from brainstem_app.jobs.import_atlas import import_lab_atlas

            return import_lab_atlas(job, reporter)
