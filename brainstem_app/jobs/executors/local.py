"""Run tasks as processes of this machine: as many as fit in its memory and cores, one for each GPU."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from brainstem_app.jobs.executors.task import Task
from brainstem_app.jobs.provenance import usable_cores
from brainstem_app.jobs.supervise import LocalProcess
from brainstem_app.locations import user_data_folder

_GIB = 2**30
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
#: A process shows its need of memory only after a while: until then the next one waits.
_SETTLE_S = 20.0
_CORES_EACH = 2


@dataclass(frozen=True)
class WorkerSlots:
    """How many processes run at once, and what each of them may use.

    Attributes
    ----------
    processes : int
        At once.
    threads : int
        Of each.
    gpus : tuple of str
        Numbers of the GPUs the processes are spread over; empty where there is none.
    """

    processes: int
    threads: int
    gpus: tuple[str, ...] = ()


def find_slots(wanted: int | None, memory_gib: float) -> WorkerSlots:
    """Count the processes that fit.

    Parameters
    ----------
    wanted : int or None
        What the user asked for; None leaves the choice to this function: one a GPU, or where there is
        none, one for every two cores.
    memory_gib : float
        What one process is expected to need.
    """
    cores, gpus = usable_cores(), visible_gpus()
    if wanted is not None:
        return WorkerSlots(wanted, max(1, cores // wanted), gpus)
    most = len(gpus) or max(1, cores // _CORES_EACH)
    fitting = max(1, int(_free_memory_gib() // memory_gib))
    processes = min(most, fitting)
    return WorkerSlots(processes, max(1, cores // processes), gpus)


def visible_gpus() -> tuple[str, ...]:
    """Numbers of the NVIDIA GPUs that this process may use."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return tuple(name for name in chosen.split(",") if name and name != "-1")
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    query = [program, "--query-gpu=index", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(answer.stdout.split()) if answer.returncode == 0 else ()


@dataclass
class LocalExecutor:
    """Starts each task as a process that outlives this one: killed and started again, it finds them.

    Attributes
    ----------
    slots : WorkerSlots
        How many at once.
    memory_gib : float
        What one process is expected to need: the next one waits until so much is free. With 0 none waits.
    """

    slots: WorkerSlots
    memory_gib: float
    _processes: dict[Path, LocalProcess] = field(default_factory=dict)
    _gpu_of: dict[Path, str] = field(default_factory=dict)
    _last_start: float = -_SETTLE_S

    def free_slots(self, running: int) -> int:
        """How many more may be started now: none while the memory is short, but one always runs."""
        free = self.slots.processes - running
        if not self.memory_gib or free < 1:
            return max(0, free)
        if not running:
            return 1
        settled = time.monotonic() - self._last_start >= _SETTLE_S
        return 1 if settled and _free_memory_gib() >= self.memory_gib else 0

    def start(self, tasks: list[Task]) -> None:
        """Start a process for each task."""
        for task in tasks:
            process = LocalProcess(task.home)
            process.start(self._environment(task))
            self._processes[task.folder] = process
            self._last_start = time.monotonic()

    def is_alive(self, task: Task) -> bool:
        """Whether the task's process runs."""
        return self._process(task).is_alive()

    def kill(self, task: Task) -> None:
        """End the task's process and all it has started at once."""
        self._process(task).end(kill=True)

    def _process(self, task: Task) -> LocalProcess:
        return self._processes.get(task.folder) or LocalProcess(task.home)

    def _environment(self, task: Task) -> dict[str, str]:
        environment = {**os.environ, **dict.fromkeys(_THREADS, str(self.slots.threads))}
        # JAX compiles a network once for all repeats; other backends do not read this.
        environment.setdefault("JAX_COMPILATION_CACHE_DIR", str(user_data_folder() / "compiled"))
        gpus = self.slots.gpus
        if gpus:
            busy = Counter(gpu for folder, gpu in self._gpu_of.items() if self._runs(folder))
            gpu = min(gpus, key=lambda name: busy[name])
            self._gpu_of[task.folder] = gpu
            environment["CUDA_VISIBLE_DEVICES"] = gpu
            environment |= _shared_gpu(-(-self.slots.processes // len(gpus)))
        return environment

    def _runs(self, folder: Path) -> bool:
        process = self._processes.get(folder)
        return process is not None and process.is_alive()


def _shared_gpu(processes: int) -> dict[str, str]:
    """Let several processes live on one GPU: each library takes only its share."""
    if processes == 1:
        return {}
    return {
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_MEM_FRACTION": f"{0.9 / processes:.3f}",
    }


def _free_memory_gib() -> float:
    import psutil

    return float(psutil.virtual_memory().available) / _GIB
