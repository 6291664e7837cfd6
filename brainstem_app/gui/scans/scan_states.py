"""Which scans are segmented already, and what somebody has said of the result; found on a thread."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from brainstem_app.errors import InputError
from brainstem_app.gui.document.opened import results_in
from brainstem_app.gui.document.result_model import model_of_report
from brainstem_app.imaging.edited_version import latest_edit
from brainstem_app.study.scan_of_result import JOB_FILE_NAME

if TYPE_CHECKING:
    from brainstem_app.gui.jobs.job_queue import JobQueue

#: States from the least to the furthest: of several results of a scan the furthest is told.
SEGMENTED, EDITED, REJECTED, ACCEPTED = "segmented", "corrected", "rejected", "accepted"
_ORDER = (SEGMENTED, EDITED, REJECTED, ACCEPTED)
_IN_STUDY = {"unseen": SEGMENTED, "edited": EDITED, "accepted": ACCEPTED, "rejected": REJECTED}


def find_states(study: Path | None, results_folders: Iterable[Path]) -> dict[str, str]:
    """State of each scan that has a result, by the path of the scan.

    Parameters
    ----------
    study : Path or None
        Folder of a study whose results count alone, and what was said of them.
    results_folders : iterable of Path
        Folders that jobs of the window have written results to; they count without a study.
    """
    found: dict[str, str] = {}

    def tell(scan: str, state: str) -> None:
        if scan and (scan not in found or _ORDER.index(state) > _ORDER.index(found[scan])):
            found[scan] = state

    for folder in results_folders if study is None else ():
        for job in folder.glob(f"*/{JOB_FILE_NAME}"):
            for scan, state in _of_job(job):
                tell(scan, state)
    if study is not None:
        for scan, state in _of_study(study):
            tell(scan, state)
    return found


def scans_in_work(queue: JobQueue) -> dict[str, str]:
    """Say of scans, by their paths, whether they wait to be segmented or a job is at work on them."""
    words = dict.fromkeys(queue.waiting, "waiting") | dict.fromkeys(queue.running, "segmenting")
    works = [(job.work, word) for job, word in words.items() if job.record.kind == "segment"]
    return {str(scan): word for work, word in works for scan in getattr(work, "scans", ())}


def _of_job(job_file: Path) -> list[tuple[str, str]]:
    """Return scans of a job and their states; whose a result is, the name of the scan's file tells."""
    from brainstem_app.jobs.job import SegmentJob, read_job

    try:
        job = read_job(job_file)
    except (InputError, OSError):
        return []
    results = results_in(job_file.parent)
    if not isinstance(job, SegmentJob) or not results:
        return []
    if len(job.scans) == 1:
        return [(str(job.scans[0]), _state(results[0]))]
    by_name: dict[str, list[Path]] = {}
    for scan in job.scans:
        by_name.setdefault(scan.name, []).append(scan)
    told = []
    for result in results:
        same = by_name.get(model_of_report(result / "report.json").origin.scan, [])
        if len(same) == 1:
            told.append((str(same[0]), _state(result)))
    return told


def _state(result: Path) -> str:
    return SEGMENTED if latest_edit(result / "labels_native.nii.gz") is None else EDITED


def _of_study(study: Path) -> list[tuple[str, str]]:
    from brainstem_app.study.segmentations import read_study_result, result_folders

    told = []
    for folder in result_folders(study):
        try:
            result = read_study_result(study, folder)
        except (InputError, OSError):
            continue
        told.append((result.record.scan, _IN_STUDY[result.state]))
    return told
