"""Do the same work for many subjects in several processes of one thread each."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from queue import Empty
from threading import Thread
from typing import Any, Protocol, TypeVar

from brainstem_app.errors import BrainstemError, JobCancelled
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.progress import ProgressCallback

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)
_POLL_S = 0.2


class ParallelTask(Protocol):
    """Work for one subject; must be picklable."""

    @property
    def name(self) -> str:
        """Name shown beside the progress."""


T = TypeVar("T", bound=ParallelTask)
R = TypeVar("R")
Work = Callable[[T, ProgressCallback], R]


def run_tasks(work: Work[T, R], tasks: Sequence[T], processes: int, reporter: Reporter) -> Iterator[R]:
    """Yield the result of ``work(task, report)`` for each task, in the order they are done.

    Parameters
    ----------
    work : callable
        A function of a module (picklable). It calls ``report(fraction, message)`` at each step, which
        raises JobCancelled when the user wants to stop; it must let that through.
    processes : int
        With 1 the work is done here, else in that many spawned processes of one thread each.

    Raises
    ------
    JobCancelled
        When the user cancels.
    BrainstemError
        If a process dies, e.g. for lack of memory.
    """
    if processes == 1 or len(tasks) == 1:
        for index, task in enumerate(tasks):
            yield work(task, reporter.part(index, len(tasks), task.name))
    else:
        yield from _run_in_pool(work, tasks, min(processes, len(tasks)), reporter)


def _run_in_pool(work: Work[T, R], tasks: Sequence[T], processes: int, reporter: Reporter) -> Iterator[R]:
    context = get_context("spawn")
    messages, cancel = context.Queue(), context.Event()
    with (
        _one_thread_each(),
        ProcessPoolExecutor(
            processes, mp_context=context, initializer=_start_child, initargs=(messages, cancel)
        ) as pool,
    ):
        running: set[Future[R]] = {pool.submit(_call, work, task, i) for i, task in enumerate(tasks)}
        fractions = [0.0] * len(tasks)
        try:
            while running:
                done, running = wait(running, timeout=_POLL_S, return_when="FIRST_COMPLETED")
                _pass_on(messages, fractions, tasks, reporter)
                reporter.check()
                for future in done:
                    yield future.result()
        except BrokenProcessPool as error:
            raise BrainstemError(
                "A worker process died, most likely for lack of memory.",
                None,
                "Start the same command again with fewer --jobs; what was finished is kept.",
            ) from error
        finally:
            cancel.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _pass_on(
    messages: Any, fractions: list[float], tasks: Sequence[ParallelTask], reporter: Reporter
) -> None:
    while True:
        try:
            index, fraction, message = messages.get_nowait()
        except Empty:
            return
        fractions[index] = fraction
        reporter.progress(sum(fractions), len(tasks), message, tasks[index].name)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes started meanwhile use one thread each: the parallelism is in the processes."""
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


_child: dict[str, Any] = {}


def _start_child(messages: Any, cancel: Any) -> None:
    # Ctrl+C reaches the whole process group; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _child.update(messages=messages, cancel=cancel)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent has ended: killed hard, a parent can tell its children nothing."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _call(work: Work[T, R], task: T, index: int) -> R:
    def report(fraction: float, message: str) -> None:
        if _child["cancel"].is_set():
            raise JobCancelled
        _child["messages"].put((index, fraction, message))

    result = work(task, report)
    report(1.0, "done")
    return result
