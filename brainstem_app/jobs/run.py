"""Run a job: find the code that does it, and turn whatever goes wrong into one `failed` event."""

from __future__ import annotations

import errno
import time
import traceback

from brainstem_app.errors import BrainstemError
from brainstem_app.jobs.events import Emit, Failed, Finished, IsCancelled, Started
from brainstem_app.jobs.job import (
    BuildAtlasJob,
    DemoJob,
    EvaluateRunJob,
    EvaluateVolumesJob,
    ExportModelJob,
    Job,
    PrepareJob,
    SegmentJob,
    SimulateJob,
    TrainJob,
)
from brainstem_app.jobs.reporter import Reporter, Summary
from kerasmodels.errors import DivergedError, ModelError

_LOGS = "If it happens again, report it with the details."


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
    start = time.monotonic()
    emit(Started(kind=job.kind, folder=str(folder_of(job))))
    try:
        summary = _work(job, Reporter(emit, is_cancelled))
    except Exception as error:  # noqa: BLE001 - the end of every job: whatever it was becomes one event
        failed = describe_failure(error)
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
        case ExportModelJob():
            return str(job.out or job.run / "export")
        case BuildAtlasJob():
            return str(job.out or job.recipe.parent)
        case _:
            return str(job.out)


def describe_failure(error: Exception) -> Failed:
    """Say what, where and how to fix for any exception; with the traceback if it was not foreseen."""
    if isinstance(error, BrainstemError):
        cause = error.__cause__
        details = "".join(traceback.format_exception(cause)) if cause is not None else ""
        return Failed(
            what=error.what,
            where=error.where or "",
            fix=error.fix,
            exit_status=error.exit_status,
            details=details,
        )
    if isinstance(error, ModelError):
        status = 1 if isinstance(error, DivergedError) else 2
        return Failed(what=error.what, fix=error.fix, exit_status=status)
    what, where, fix = _foreseen(error)
    return Failed(what=what, where=where, fix=fix, details="".join(traceback.format_exception(error)))


def _foreseen(error: Exception) -> tuple[str, str, str]:
    if isinstance(error, MemoryError):
        return (
            "There is not enough memory.",
            "",
            "Close other programs, or use fewer --jobs or a smaller batch.",
        )
    if isinstance(error, ModuleNotFoundError) and error.name in {"keras", "tensorflow", "h5py", "onnx"}:
        return (
            f"The package {error.name}, needed to train or convert networks, is not installed.",
            "",
            "Install Brainstem App with the extra “train”: pip install 'brainstem-app[train]'.",
        )
    if isinstance(error, OSError):
        where = str(error.filename or "")
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return "The disk is full.", where, "Free some space; what was finished is kept."
        if isinstance(error, PermissionError):
            return "The file or folder may not be read or written.", where, "Check its permissions."
        return f"A file could not be read or written: {error.strerror or error}.", where, _LOGS
    return f"Something unforeseen went wrong: {type(error).__name__}: {error}", "", _LOGS


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
        case EvaluateVolumesJob():
            from brainstem_app.jobs.evaluate_volumes import evaluate_volumes

            return evaluate_volumes(job, reporter)
        case EvaluateRunJob():
            from brainstem_app.jobs.evaluate_run import evaluate_run

            return evaluate_run(job, reporter)
        case ExportModelJob():
            from brainstem_app.jobs.export import export_model

            return export_model(job, reporter)
        case _:
            return _make(job, reporter)


def _make(job: SimulateJob | DemoJob | BuildAtlasJob, reporter: Reporter) -> Summary:
    match job:
        case SimulateJob():
            from brainstem_app.jobs.simulate import simulate

            return simulate(job, reporter)
        case DemoJob():
            from brainstem_app.jobs.demo import demo

            return demo(job, reporter)
        case BuildAtlasJob():
            from brainstem_app.jobs.atlas import build

            return build(job, reporter)
