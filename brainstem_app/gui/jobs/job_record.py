"""Record of a job of the window's queue, kept in the job's folder."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import Field

from brainstem_app.errors import InputError
from brainstem_app.jobs.folder_rights import make_folder
from brainstem_app.jobs.job import Job, write_job
from brainstem_app.study.record import Record
from brainstem_app.written_files import JOB_FILE

RECORD_FILE = "record.json"
KEPT_JOBS = 60


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether the job has ended."""
        return self not in {JobState.WAITING, JobState.RUNNING}


class JobRecord(Record):
    """``record.json``: title, state and end of a job.

    Attributes
    ----------
    title : str
        What the jobs panel calls it.
    kind : str
        Kind of the job, as in its job file.
    study : str
        Study it belongs to, empty if none.
    item : str
        What in the study it is about, e.g. the run that it trains.
    seconds : float
        How long it took, 0 before it ended.
    what, where, fix : str
        Why it failed.
    """

    schema_name: Literal["brainstem-queued-job/1"] = Field("brainstem-queued-job/1", alias="schema")
    title: str
    kind: str
    study: str = ""
    item: str = ""
    state: JobState = JobState.WAITING
    created: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    started: float = 0.0
    seconds: float = 0.0
    what: str = ""
    where: str = ""
    fix: str = ""


def new_job_folder(parent: Path, job: Job, record: JobRecord) -> Path:
    """Make the folder of a job that was not there before."""
    stamp = datetime.now().strftime("%Y-%m-%d %H-%M-%S")
    for number in range(1, 1000):
        folder = parent / (f"{stamp} {record.kind}" if number == 1 else f"{stamp} {record.kind} ({number})")
        try:
            make_folder(folder)
        except FileExistsError:
            continue
        write_job(job, folder / JOB_FILE)
        record.save(folder / RECORD_FILE)
        return folder
    raise FileExistsError(parent)


def find_jobs(parent: Path) -> list[tuple[Path, JobRecord]]:
    """Jobs of earlier times, the oldest first; all but the last sixty that are over are removed."""
    found = []
    for path in parent.glob(f"*/{RECORD_FILE}"):
        try:
            found.append((path.parent, JobRecord.load(path)))
        except InputError:
            continue
    found.sort(key=lambda pair: pair[1].created)
    over = [folder for folder, record in found if record.state.is_over]
    for folder in over[:-KEPT_JOBS]:
        shutil.rmtree(folder, ignore_errors=True)
    return [(folder, record) for folder, record in found if folder not in over[:-KEPT_JOBS]]
