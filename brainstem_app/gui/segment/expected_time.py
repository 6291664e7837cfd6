"""How long a segmentation will take, judged by those that this computer has done."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import TYPE_CHECKING

from brainstem_app.gui.jobs.job_table import about_text

if TYPE_CHECKING:
    from brainstem_app.gui.jobs.queued_job import QueuedJob

#: Seconds a scan on two usual cores, alone and among others: docs/results/time-and-memory.md.
USUAL_S, USUAL_IN_BATCH_S = 8.0, 5.5


def seconds_a_scan(jobs: Iterable[QueuedJob]) -> float | None:
    """Median seconds a scan of the segmentations that have finished; None if there are none."""
    known = []
    for job in jobs:
        record, work = job.record, job.work
        if record.kind == "segment" and record.state == "finished" and record.seconds > 0:
            count = len(work.scans) if work is not None and work.kind == "segment" else 1
            known.append(record.seconds / max(1, count))
    return median(known) if known else None


def time_text(jobs: Iterable[QueuedJob], scans: int) -> str:
    """About how long some scans will take, and what that is judged by."""
    each = seconds_a_scan(jobs)
    usual = USUAL_S if scans == 1 else USUAL_IN_BATCH_S
    about = about_text((usual if each is None else each) * scans)
    if each is None:
        return f"about {about} on a usual computer; the first scan will tell"
    return f"about {about}, judging by what was segmented here before"
