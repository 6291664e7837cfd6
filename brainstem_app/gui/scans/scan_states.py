"""Which scans are segmented already, and what somebody has said of the result; found on a thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from brainstem_app.errors import InputError
from brainstem_app.gui.document.opened import results_in
from brainstem_app.gui.document.result_model import model_of_report
from brainstem_app.imaging.edited_version import latest_edit
from brainstem_app.written_files import JOB_FILE, LABELS_FILE, REPORT_FILE

if TYPE_CHECKING:
    from brainstem_app.gui.jobs.job_queue import JobQueue
    from brainstem_app.jobs.job import Job

#: States from the least to the furthest: of several results of a scan the furthest is told.
SEGMENTED, EDITED, REJECTED, ACCEPTED = "segmented", "corrected", "rejected", "accepted"
_ORDER = (SEGMENTED, EDITED, REJECTED, ACCEPTED)
IN_STUDY = {"unseen": SEGMENTED, "edited": EDITED, "accepted": ACCEPTED, "rejected": REJECTED}


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
        for job in folder.glob(f"*/{JOB_FILE}"):
            for scan, result in results_of_job(job):
                tell(scan, state_of_result(result))
    if study is not None:
        for scan, state in _of_study(study):
            tell(scan, state)
    return found


def scans_in_work(queue: JobQueue) -> dict[str, str]:
    """Say of scans, by their paths, whether they wait to be segmented or a job is at work on them."""
    words = {"": "waiting", "begun": "segmenting"}  # one that is done has its result
    jobs = [job for job in (*queue.waiting, *queue.running) if job.record.kind == "segment"]
    found = ((scan, job.turns.get(scan, "")) for job in jobs for scan in _scans_of(job.work))
    return {scan: words[turn] for scan, turn in found if turn in words}


def _scans_of(work: Job | None) -> list[str]:
    return [str(scan) for scan in getattr(work, "scans", ())]


def results_of_job(job_file: Path, wanted: Container[str] | None = None) -> list[tuple[str, Path]]:
    """Return scans of a job and their results; whose a result is, the name of the scan's file tells.

    Parameters
    ----------
    wanted : container of str, optional
        Paths of scans; results of a job of none of them are not looked for.
    """
    from brainstem_app.jobs.job import SegmentJob, read_job

    try:
        job = read_job(job_file)
    except (InputError, OSError):
        return []
    if not isinstance(job, SegmentJob):
        return []
    scans = [scan for scan in job.scans if wanted is None or str(scan) in wanted]
    results = results_in(job_file.parent) if scans else ()
    if not results or len(job.scans) == 1:
        return [(str(scan), results[0]) for scan in scans if results]
    names = Counter(scan.name for scan in job.scans)
    by_name = {scan.name: scan for scan in scans if names[scan.name] == 1}
    of_results = ((by_name.get(model_of_report(r / REPORT_FILE).origin.scan), r) for r in results)
    return [(str(scan), result) for scan, result in of_results if scan is not None]


def state_of_result(result: Path) -> str:
    """Whether a result outside of a study is corrected, or as it was segmented."""
    return SEGMENTED if latest_edit(result / LABELS_FILE) is None else EDITED


def _of_study(study: Path) -> list[tuple[str, str]]:
    from brainstem_app.study.segmentations import read_study_result, result_folders

    told = []
    for folder in result_folders(study):
        try:
            result = read_study_result(study, folder)
        except (InputError, OSError):
            continue
        told.append((result.record.scan, IN_STUDY[result.state]))
    return told
