from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from brainstem_app.errors import BrainstemError, JobCancelled
from brainstem_app.jobs.events import Event, Progress
from brainstem_app.jobs.parallel import run_tasks
from brainstem_app.jobs.reporter import Reporter


@pytest.fixture(scope="module")
def work() -> ModuleType:
    """The module with the work, importable by name here and in spawned processes."""
    folder = str(Path(__file__).parent)
    sys.path.insert(0, folder)
    spec = importlib.util.find_spec("parallel_work")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["parallel_work"] = module
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(folder)
    del sys.modules["parallel_work"]


def _quiet() -> Reporter:
    return Reporter(lambda event: None, lambda: False)


@pytest.mark.parametrize("processes", [1, 2])
def test_every_task_is_done(work: ModuleType, processes: int) -> None:
    tasks = [work.Square(f"task-{n}", n) for n in range(4)]
    events: list[Event] = []
    results = list(run_tasks(work.square, tasks, processes, Reporter(events.append, lambda: False)))
    assert sorted(result[0] for result in results) == [0, 1, 4, 9]
    progress = [event for event in events if isinstance(event, Progress)]
    assert {event.item for event in progress} <= {task.name for task in tasks}
    assert all(0 <= event.done <= event.total == 4 for event in progress)


def test_processes_are_others_and_use_one_thread_each(work: ModuleType) -> None:
    tasks = [work.Square(f"task-{n}", n, 0.2) for n in range(3)]
    results = list(run_tasks(work.square, tasks, 2, _quiet()))
    assert str(os.getpid()) not in {result[1] for result in results}
    assert {result[2] for result in results} == {"1"}


@pytest.mark.parametrize("processes", [1, 2])
def test_cancelling_stops_the_tasks_that_run(work: ModuleType, processes: int) -> None:
    tasks = [work.Square(f"task-{n}", n, 600.0) for n in range(3)]
    seen: list[Event] = []
    reporter = Reporter(seen.append, lambda: len(seen) >= 3)
    with pytest.raises(JobCancelled):
        list(run_tasks(work.square, tasks, processes, reporter))


def test_process_that_dies_is_a_readable_error(work: ModuleType) -> None:
    tasks = [work.Square(f"task-{n}", n) for n in range(2)]
    with pytest.raises(BrainstemError, match="died"):
        list(run_tasks(work.die, tasks, 2, _quiet()))


def test_processes_end_when_their_parent_is_killed() -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from parallel_work import Square, square\n"
        "from brainstem_app.jobs.parallel import run_tasks\n"
        "from brainstem_app.jobs.reporter import Reporter\n"
        "if __name__ == '__main__':\n"
        "    said = lambda event: print(event.item, flush=True)\n"
        "    tasks = [Square('one', 1, 600.0), Square('two', 2, 600.0)]\n"
        "    list(run_tasks(square, tasks, 2, Reporter(said, lambda: False)))\n"
    )
    folder = str(Path(__file__).parent)
    with subprocess.Popen(
        [sys.executable, "-c", program, folder], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        seen: set[str] = set()
        while seen != {"one", "two"}:
            seen.add(parent.stdout.readline().strip())
        children = psutil.Process(parent.pid).children(recursive=True)
        workers = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
        assert len(workers) == 2
        parent.kill()
    _, alive = psutil.wait_procs(workers, timeout=30)
    for worker in alive:
        worker.kill()
    assert not alive
