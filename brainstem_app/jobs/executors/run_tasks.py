"""Run tasks on an executor: start what fits, pass on what they say, and stop them when asked to."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from brainstem_app.errors import JobCancelled
from brainstem_app.jobs.events import Event, Failed, Finished, Progress, Warned
from brainstem_app.jobs.executors.task import Executor, Task
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.jobs.supervise import Watch

_POLL_S = 0.3
#: How long a task may take to its next step after it was asked to stop.
CANCEL_PATIENCE_S = 60.0
#: How long a task that is seen nowhere may take to show its last event (a network disk is slow).
_FINAL_EVENT_GRACE_S = 5.0
#: How long a process may take to leave after its last event.
_EXIT_GRACE_S = 20.0


@dataclass(frozen=True)
class TaskOutcome:
    """A task, and how it ended."""

    task: Task
    end: Finished | Failed

    @property
    def cancelled(self) -> bool:
        """Whether it ended because it was asked to."""
        return isinstance(self.end, Failed) and self.end.exit_status == JobCancelled.exit_status


def run_tasks_on(
    executor: Executor, tasks: Sequence[Task], reporter: Reporter, *, done_before: int = 0
) -> Iterator[TaskOutcome]:
    """Yield each task as it ends, in that order; one that fails does not stop the others.

    Tasks that still run from an earlier time are waited for, not started again.

    Parameters
    ----------
    executor : Executor
        Where they run.
    reporter : Reporter
        Told of progress (over all tasks, with those `done_before`), of warnings and of artifacts.

    Raises
    ------
    JobCancelled
        When the user cancels, after all that run have stopped.
    """
    pool = _TaskPool(executor, tasks, reporter, done_before)
    try:
        while pool.waiting or pool.running:
            pool.start()
            yield from pool.look()
            reporter.check()
            time.sleep(_POLL_S)
    except JobCancelled:
        yield from pool.stop()
        raise
    except BaseException:
        pool.ask_to_stop()
        raise


class _TaskPool:
    """Tasks that wait, and tasks that run."""

    def __init__(
        self, executor: Executor, tasks: Sequence[Task], reporter: Reporter, done_before: int
    ) -> None:
        self.executor, self.reporter = executor, reporter
        self.tasks = {task.name: task for task in tasks}
        self.total, self.done = len(tasks) + done_before, done_before
        alive = {task.name for task in tasks if executor.is_alive(task)}
        self.running = {task.name: self._watch(task) for task in tasks if task.name in alive}
        self.waiting = [task for task in tasks if task.name not in alive]
        self.fractions: dict[str, float] = {}
        self.stopping = False
        self.again: set[str] = set()

    def start(self) -> None:
        """Start as many as there is room for."""
        room = self.executor.free_slots(len(self.running)) if self.waiting else 0
        begun, self.waiting = self.waiting[:room], self.waiting[room:]
        # Someone else may have started it meanwhile: then it is waited for.
        new = [task for task in begun if not self.executor.is_alive(task)]
        for task in new:
            task.prepare()
        if new:
            self.executor.start(new)
        self.running.update({task.name: self._watch(task) for task in begun})

    def look(self) -> Iterator[TaskOutcome]:
        """Pass on what is new, and yield what has ended."""
        for name, watch in list(self.running.items()):
            for event in watch.look():
                self._pass_on(name, event)
            if watch.end is None:
                continue
            del self.running[name]
            self.fractions.pop(name, None)
            ended = TaskOutcome(self.tasks[name], watch.end)
            if ended.cancelled and not self.stopping and name not in self.again:
                # An earlier call had asked it to stop, and it just has: it goes on now.
                self.again.add(name)
                self.waiting.append(ended.task)
                continue
            self.done += 1
            yield ended

    def _watch(self, task: Task) -> Watch:
        return Watch(
            task.home,
            lambda: self.executor.is_alive(task),
            lambda _kill: self.executor.kill(task),
            leave_s=_EXIT_GRACE_S,
            last_word_s=_FINAL_EVENT_GRACE_S,
            press_after_s=CANCEL_PATIENCE_S,
        )

    def _pass_on(self, name: str, event: Event) -> None:
        if isinstance(event, Progress):
            self.fractions[name] = min(1.0, event.done / event.total) if event.total else 0.0
            done = self.done + sum(self.fractions.values())
            self.reporter.emit(Progress(done=done, total=self.total, message=event.message, item=name))
        elif isinstance(event, Warned):
            self.reporter.emit(event.model_copy(update={"what": f"{name}: {event.what}"}))

    def ask_to_stop(self) -> None:
        """Ask all that run to stop at their next step; those in a queue are taken out."""
        self.stopping = True
        for watch in self.running.values():
            watch.ask_to_stop()

    def stop(self) -> Iterator[TaskOutcome]:
        """Stop all that run, killing what does not listen; yield those that had ended by themselves."""
        self.ask_to_stop()
        deadline = time.monotonic() + CANCEL_PATIENCE_S
        while self.running and time.monotonic() < deadline:
            yield from (ended for ended in self.look() if not ended.cancelled)
            time.sleep(_POLL_S)
        for watch in self.running.values():
            watch.kill()
