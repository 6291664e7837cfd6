"""Threads for short work beside the window: a function's result comes back in the window's own thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThreadPool, Signal, Slot

_log = logging.getLogger(__name__)


class _Signals(QObject):
    done = Signal(object)
    failed = Signal(object)


class _Task:
    """A function and the signals by which its result comes back.

    No `QRunnable`: PySide never lets go of one that was started, nor of what its function holds.
    """

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
        self.signals = _Signals()

    def run(self) -> None:
        """Run the function; whatever it raises goes back to the window."""
        try:
            result = self.function()
        except BaseException as error:  # noqa: BLE001 - a thread has nobody above it to catch this
            _log.debug("background task failed", exc_info=True)
            self.signals.failed.emit(error)
        else:
            self.signals.done.emit(result)


class Background(QObject):
    """Runs functions on a thread pool and hands back what they return.

    For reading files (nibabel, NumPy), which releases the interpreter; computing is a job's business.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(2)
        self._tasks: set[_Task] = set()

    @property
    def is_busy(self) -> bool:
        """True while a function runs or waits."""
        return bool(self._tasks)

    def run(
        self,
        function: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Run ``function`` on a thread; call ``done`` or ``failed`` in the thread of this object."""
        task = _Task(function)
        self._tasks.add(task)
        receiver = _Receiver(self, task, done, failed)
        task.signals.done.connect(receiver.on_done)
        task.signals.failed.connect(receiver.on_failed)
        self._pool.start(task.run)

    def wait(self, milliseconds: int = 10_000) -> bool:
        """Wait until nothing runs any more (at closing); False if that took too long."""
        self._pool.clear()
        return self._pool.waitForDone(milliseconds)

    def forget(self, task: _Task) -> None:
        """Let go of a task that has come back."""
        self._tasks.discard(task)


class _Receiver(QObject):
    """Lives in the window's thread, so that Qt queues the task's signals to it."""

    def __init__(
        self,
        owner: Background,
        task: _Task,
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        super().__init__(owner)
        self._owner, self._task, self._done, self._failed = owner, task, done, failed

    @Slot(object)
    def on_done(self, result: Any) -> None:
        """Pass the result on."""
        self._close()
        self._done(result)

    @Slot(object)
    def on_failed(self, error: BaseException) -> None:
        """Pass the error on."""
        self._close()
        self._failed(error)

    def _close(self) -> None:
        self._owner.forget(self._task)
        self.deleteLater()
