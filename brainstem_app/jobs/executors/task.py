"""A job in a folder of its own that an executor is to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from brainstem_app.jobs.folder import JobFolder
from brainstem_app.jobs.job import Job


@dataclass(frozen=True)
class Task:
    """A job to be run by an executor.

    Attributes
    ----------
    name : str
        Shown beside its progress.
    folder : Path
        Its own folder (`brainstem_app.jobs.folder`); made if missing.
    job : Job
        What to do.
    """

    name: str
    folder: Path
    job: Job

    @property
    def home(self) -> JobFolder:
        """Its folder, as what starts and follows it sees it."""
        return JobFolder(self.folder)

    def prepare(self) -> None:
        """Write the job file, and remove what an earlier attempt left."""
        self.home.prepare(self.job)


class Executor(Protocol):
    """Runs tasks somewhere."""

    def free_slots(self, running: int) -> int:
        """How many more tasks may be started now, beside those that run."""

    def start(self, tasks: list[Task]) -> None:
        """Start tasks whose folders are prepared."""

    def is_alive(self, task: Task) -> bool:
        """Whether a task waits or runs there, also one that was started by an earlier process."""

    def kill(self, task: Task) -> None:
        """End a task and all it has started at once."""
