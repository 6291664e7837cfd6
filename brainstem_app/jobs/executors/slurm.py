"""Run tasks on a SLURM cluster, submitted by submitit as one job array.

Folders must lie where every node sees them under the same name. Whether a task still waits or runs is asked
of `squeue`; how it ended is read from its own events. So neither needs SLURM's accounting.
"""

from __future__ import annotations

import getpass
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from brainstem_app.errors import BrainstemError, InputError
from brainstem_app.imaging.atomic import write_text
from brainstem_app.jobs.executors.slurm_settings import SlurmSettings
from brainstem_app.jobs.executors.task import Task
from brainstem_app.small_files import read_small

SUBMITTED_FILE = "slurm.json"
_ASK_EVERY_S = 3.0
_COMMAND_TIMEOUT_S = 60.0
#: A time limit is no failure of a training: it goes on this many times.
_MOST_TIMEOUTS = 20
#: Clusters refuse larger arrays (their default is 1001).
_LARGEST_ARRAY = 500
_PENDING = "PENDING"


class Submitted(BaseModel):
    """``slurm.json``: number of the task in SLURM's queue, e.g. ``1234_5``."""

    model_config = ConfigDict(frozen=True)

    job: str


class DetachedJob:
    """What a node runs: the job of a folder; queued again if its time runs out."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self) -> int:
        """Run the job; its events lie in the folder."""
        from brainstem_app.jobs.detached import main

        return main([self.folder])

    def checkpoint(self) -> Any:
        """Return what submitit queues when SLURM stops the task early: the same again, it goes on."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


@dataclass
class SlurmExecutor:
    """Submits tasks and watches the queue.

    Parameters
    ----------
    settings : SlurmSettings
        What each task asks for.
    name : str
        Name of the jobs in the queue.
    logs : Path
        Folder of submitit's own files: scripts, pickles, output.

    Raises
    ------
    InputError
        If SLURM or submitit is not there.
    """

    settings: SlurmSettings
    name: str
    logs: Path
    _queue: dict[str, str] = field(default_factory=dict)
    _asked: float = -_ASK_EVERY_S

    def __post_init__(self) -> None:
        if shutil.which("sbatch") is None:
            raise InputError(
                "There is no SLURM here: the program sbatch is not found.",
                None,
                "Start the command where the cluster's jobs are submitted, or without --executor slurm.",
            )
        try:
            import submitit  # noqa: F401
        except ImportError as error:
            raise InputError(
                "The package submitit, needed for SLURM, is not installed.",
                None,
                "Install the extra “slurm”: pip install 'brainstem-app[slurm]'.",
            ) from error

    def free_slots(self, running: int) -> int:
        """SLURM itself decides how many run at once."""
        return _LARGEST_ARRAY

    def start(self, tasks: list[Task]) -> None:
        """Submit tasks as one array.

        Raises
        ------
        BrainstemError
            If the cluster refuses them.
        """
        from submitit.core.utils import FailedJobError

        executor = self._submitit()
        try:
            with executor.batch():
                jobs = [executor.submit(DetachedJob(str(task.folder.resolve()))) for task in tasks]
        except (FailedJobError, subprocess.CalledProcessError) as error:
            raise BrainstemError(
                f"SLURM refuses the jobs: {_last_line(str(error))}",
                None,
                "Check the settings given with --slurm: partition, account, minutes, memory_gb, gpus.",
            ) from error
        for task, job in zip(tasks, jobs, strict=True):
            write_text(task.folder / SUBMITTED_FILE, Submitted(job=job.job_id).model_dump_json() + "\n")
        self._asked = -_ASK_EVERY_S

    def is_alive(self, task: Task) -> bool:
        """Whether the task is in SLURM's queue, waiting or running."""
        number = _number_of(task)
        if number is None:
            return False
        self._look()
        if self._queue.get(number) == _PENDING and task.home.is_asked_to_stop:
            self.kill(task)
            return False
        return number in self._queue

    def kill(self, task: Task) -> None:
        """Take the task out of the queue, ending it if it runs."""
        number = _number_of(task)
        if number is not None:
            _call(["scancel", number])
            self._queue.pop(number, None)

    def _look(self) -> None:
        if time.monotonic() - self._asked < _ASK_EVERY_S:
            return
        answer = _call(["squeue", "--noheader", "--array", "--format=%i %T", f"--user={getpass.getuser()}"])
        if answer is not None:  # else the controller is busy: what was known still holds
            pairs = (line.split() for line in answer.splitlines())
            self._queue = {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
            self._asked = time.monotonic()

    def _submitit(self) -> Any:
        from submitit import SlurmExecutor as Submitit

        executor = Submitit(folder=self.logs, max_num_timeout=_MOST_TIMEOUTS)
        executor.update_parameters(**_parameters(self.settings, self.name))
        return executor


def _parameters(settings: SlurmSettings, name: str) -> dict[str, Any]:
    named = {
        key: value
        for key in ("partition", "account", "qos", "constraint")
        if (value := getattr(settings, key))
    }
    gpus = {"gpus_per_node": settings.gpus} if settings.gpus else {}
    return {
        **named,
        **gpus,
        "job_name": name,
        "time": settings.minutes,
        "cpus_per_task": settings.cpus,
        "mem": f"{round(settings.memory_gb * 1024)}MB",
        "array_parallelism": settings.at_once,
        "setup": list(settings.setup) or None,
    }


def _number_of(task: Task) -> str | None:
    try:
        return Submitted.model_validate_json(read_small(task.folder / SUBMITTED_FILE)).job
    except (OSError, ValidationError):
        return None


def _call(command: list[str]) -> str | None:
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=_COMMAND_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout if answer.returncode == 0 else None


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it gives no reason"
