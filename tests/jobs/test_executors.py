"""Tasks on executors: progress, ends, deaths, cancelling; processes of this machine for real."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from brainstem_app.errors import InputError, JobCancelled
from brainstem_app.jobs import supervise
from brainstem_app.jobs.events import Event, Failed, Finished, Progress, Warned
from brainstem_app.jobs.executors import local, run_tasks
from brainstem_app.jobs.executors.local import LocalExecutor, WorkerSlots, find_slots
from brainstem_app.jobs.executors.run_tasks import TaskOutcome, run_tasks_on
from brainstem_app.jobs.executors.slurm_settings import SlurmSettings
from brainstem_app.jobs.executors.task import Task
from brainstem_app.jobs.folder import CANCEL_FILE, EventTail
from brainstem_app.jobs.job import EvaluateVolumesJob
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.validation import validated
from brainstem_app.written_files import EVENTS_FILE

Say = Callable[[Task], list[Event]]


class Scripted:
    """Executor whose tasks say what a test wants; those without an end run until cancelled, or are dead."""

    def __init__(self, say: Say, at_once: int = 2, dead: tuple[str, ...] = ()) -> None:
        self.say, self.at_once, self.dead = say, at_once, dead
        self.started: list[str] = []
        self.killed: list[str] = []

    def free_slots(self, running: int) -> int:
        return self.at_once - running

    def start(self, tasks: list[Task]) -> None:
        for task in tasks:
            self.started.append(task.name)
            _write(task, self.say(task))

    def is_alive(self, task: Task) -> bool:
        if task.name in self.dead or task.name not in self.started or self._has_ended(task):
            return False
        if (task.folder / CANCEL_FILE).exists():
            _write(task, [Failed(what="Cancelled.", exit_status=3)])
            return False
        return True

    def _has_ended(self, task: Task) -> bool:
        tail = EventTail(task.home)
        tail.read()
        return tail.end is not None

    def kill(self, task: Task) -> None:
        self.killed.append(task.name)


def _write(task: Task, events: list[Event]) -> None:
    with (task.folder / EVENTS_FILE).open("a", encoding="utf-8") as file:
        file.writelines(event.model_dump_json() + "\n" for event in events)


def _tasks(folder: Path, n: int) -> list[Task]:
    # A folder of results each: two that write to one folder wait for each other, and one of them is refused.
    return [Task(f"task {i}", folder / str(i), _job(folder / "results" / str(i))) for i in range(n)]


def _job(out: Path) -> EvaluateVolumesJob:
    missing = Path("missing.nii.gz")
    return EvaluateVolumesJob(predicted=missing, reference=missing, out=out)


def _run(executor: Scripted | LocalExecutor, tasks: list[Task], cancel_after: int = 10**9) -> tuple:
    events: list[Event] = []
    reporter = Reporter(events.append, lambda: len(events) >= cancel_after)
    ended: list[TaskOutcome] = []
    try:
        for one in run_tasks_on(executor, tasks, reporter, done_before=1):
            ended.append(one)
    except JobCancelled:
        return ended, events, True
    return ended, events, False


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_tasks, "_POLL_S", 0.01)
    monkeypatch.setattr(run_tasks, "_FINAL_EVENT_GRACE_S", 0.02)


def test_every_task_is_run_and_progress_counts_those_done_before(tmp_path: Path) -> None:
    done = Finished(seconds=1)
    executor = Scripted(lambda task: [Progress(done=1, total=2, message="half"), done])
    ended, events, cancelled = _run(executor, _tasks(tmp_path, 3))
    assert ([one.task.name for one in ended], cancelled) == (["task 0", "task 1", "task 2"], False)
    progress = [event for event in events if isinstance(event, Progress)]
    assert {event.total for event in progress} == {4}
    assert progress[0].done == pytest.approx(1.5)
    assert progress[-1].item == "task 2"


def test_task_that_fails_or_dies_stops_no_other(tmp_path: Path) -> None:
    ends = {
        "task 0": [Warned(what="Odd."), Failed(what="Wrong.")],
        "task 1": [],
        "task 2": [Finished(seconds=1)],
    }
    executor = Scripted(lambda task: list(ends[task.name]), dead=("task 1",))
    ended, events, _ = _run(executor, _tasks(tmp_path, 3))
    by_name = {one.task.name: one.end for one in ended}
    assert isinstance(by_name["task 2"], Finished)
    assert by_name["task 0"] == Failed(what="Wrong.")
    died = by_name["task 1"]
    assert isinstance(died, Failed)
    assert "without a word" in died.what
    assert [event.what for event in events if isinstance(event, Warned)] == ["task 0: Odd."]


def test_cancelling_stops_what_runs_and_starts_no_more(tmp_path: Path) -> None:
    executor = Scripted(lambda task: [Progress(done=0, total=2, message="working")])
    _, _, cancelled = _run(executor, _tasks(tmp_path, 5), cancel_after=2)
    assert cancelled
    assert executor.started == ["task 0", "task 1"]
    assert executor.killed == []


def test_task_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_tasks, "CANCEL_PATIENCE_S", 0.05)
    executor = Scripted(lambda task: [Progress(done=0, total=2, message="working")])
    monkeypatch.setattr(executor, "is_alive", lambda task: task.name in executor.started)
    _, _, cancelled = _run(executor, _tasks(tmp_path, 1), cancel_after=1)
    assert cancelled
    assert executor.killed == ["task 0"]


def test_task_still_running_from_before_is_waited_for_not_started(tmp_path: Path) -> None:
    tasks = _tasks(tmp_path, 2)
    executor = Scripted(lambda task: [Finished(seconds=1)])
    tasks[0].prepare()
    executor.started.append("task 0")
    asked = iter([True])
    alive = executor.is_alive
    # At the first look it still runs; its last event comes after that.
    executor.is_alive = lambda task: next(asked, False) or alive(task)
    _write(tasks[0], [Finished(seconds=9)])
    ended, _, _ = _run(executor, tasks)
    assert {one.task.name: one.end.seconds for one in ended if isinstance(one.end, Finished)} == {
        "task 0": 9,
        "task 1": 1,
    }
    assert executor.started == ["task 0", "task 1"]


def test_task_that_was_still_stopping_from_before_goes_on(tmp_path: Path) -> None:
    attempts = iter([[Failed(what="Cancelled.", exit_status=3)], [Finished(seconds=1)]])
    executor = Scripted(lambda task: next(attempts))
    ended, _, _ = _run(executor, _tasks(tmp_path, 1))
    assert [type(one.end) for one in ended] == [Finished]
    assert executor.started == ["task 0", "task 0"]


def test_processes_run_the_job_file_and_its_failure_is_told(tmp_path: Path) -> None:
    task = _tasks(tmp_path, 1)[0]
    ended, _, _ = _run(LocalExecutor(WorkerSlots(1, 1), 0.0), [task])
    (one,) = ended
    assert isinstance(one.end, Failed)
    assert one.end.exit_status == InputError.exit_status
    assert "missing.nii.gz" in one.end.where


def test_killed_process_is_a_failure_that_names_its_log(tmp_path: Path) -> None:
    task = _tasks(tmp_path, 1)[0]
    task.prepare()
    executor = LocalExecutor(WorkerSlots(1, 1), 0.0)
    executor.start([task])
    assert executor.is_alive(task)
    executor.kill(task)
    deadline = time.monotonic() + 10
    while executor.is_alive(task) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not executor.is_alive(task)


def test_one_process_a_gpu_and_each_sees_only_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,5")
    monkeypatch.setattr(local, "_free_memory_gib", lambda: 100.0)
    assert find_slots(None, 4.0).processes == 2
    executor = LocalExecutor(find_slots(4, 4.0), 0.0)
    seen: list[dict[str, str]] = []

    class Process:
        def __init__(self, command: list[str], env: dict[str, str], **rest: object) -> None:
            seen.append(env)

        def poll(self) -> None:
            return None

    monkeypatch.setattr(supervise.subprocess, "Popen", Process)
    executor.start(_tasks(tmp_path, 4))
    assert [env["CUDA_VISIBLE_DEVICES"] for env in seen] == ["2", "5", "2", "5"]
    assert {env["XLA_PYTHON_CLIENT_MEM_FRACTION"] for env in seen} == {"0.450"}


def test_processes_are_limited_by_memory_and_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(local, "usable_cores", lambda: 16)
    monkeypatch.setattr(local, "_free_memory_gib", lambda: 13.0)
    assert find_slots(None, 4.0) == WorkerSlots(3, 5)
    assert find_slots(None, 40.0) == WorkerSlots(1, 16)
    monkeypatch.setattr(local, "_free_memory_gib", lambda: 1000.0)
    assert find_slots(None, 4.0) == WorkerSlots(8, 2)
    assert LocalExecutor(WorkerSlots(8, 2), 2000.0).free_slots(1) == 0
    assert LocalExecutor(WorkerSlots(8, 2), 2000.0).free_slots(0) == 1


def test_what_slurm_is_asked_for_is_read_from_words() -> None:
    words = ["partition=gpu", "gpus=1", "minutes=30", "setup=module load a", "setup=module load b"]
    expected = SlurmSettings(partition="gpu", gpus=1, minutes=30, setup=("module load a", "module load b"))
    assert validated(SlurmSettings, words, "--slurm") == expected
    for word in ("colour=red", "gpus", "minutes=soon"):
        with pytest.raises(InputError):
            validated(SlurmSettings, [word], "--slurm")


def test_slurm_that_is_not_there_is_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from brainstem_app.jobs.executors.slurm import SlurmExecutor

    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(InputError, match="sbatch"):
        SlurmExecutor(SlurmSettings(), "x", tmp_path)
