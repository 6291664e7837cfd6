"""Run a job: find the code that does it, and turn whatever goes wrong into one `failed` event."""

from __future__ import annotations

import time

from brainstem_app.jobs.claims import claimed, claims_of
from brainstem_app.jobs.events import Emit, Finished, IsCancelled, Started
from brainstem_app.jobs.failure import describe_failure, is_disk_full
from brainstem_app.jobs.folder_rights import as_open_as_its_place
from brainstem_app.jobs.job import Job
from brainstem_app.jobs.library_switches import set_library_switches
from brainstem_app.jobs.places import require_sound_places
from brainstem_app.jobs.preconditions import require_possible, require_study_still_there
from brainstem_app.jobs.registry import KINDS, folder_of
from brainstem_app.jobs.reporter import Reporter, Summary


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
        with as_open_as_its_place(folder_of(job)), claimed(claims_of(job), job.kind):
            summary = _work(job, Reporter(emit, is_cancelled))
            require_study_still_there(job)
    except Exception as error:  # noqa: BLE001 - the end of every job: whatever it was becomes one event
        failed = describe_failure(error)
        if is_disk_full(error) and not failed.where:
            failed = failed.model_copy(update={"where": str(folder_of(job))})
        emit(failed)
        return failed.exit_status
    emit(Finished(seconds=round(time.monotonic() - start, 3), summary=summary))
    return 0


def _work(job: Job, reporter: Reporter) -> Summary:
    return KINDS[job.kind].work(job, reporter)
