"""Folders of the results that a segmentation has written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brainstem_app.gui.jobs.queued_job import QueuedJob


def results_of(job: QueuedJob) -> tuple[Path, ...]:
    """Folders of a segmentation's results: those it has written into a study, or all in its own folder."""
    from brainstem_app.gui.document.opened import results_in

    work = job.work
    if work is None or work.kind != "segment":
        return ()
    if work.study is None:
        return results_in(work.out)
    return tuple(sorted({Path(a.path) for a in job.artifacts if a.role == "folder"}))
