"""Threads for short work beside the window: a function's result comes back in the window's own thread."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, ClassVar, NamedTuple
from weakref import WeakSet

from PySide6.QtCore import QObject, QTimer

_log = logging.getLogger(__name__)

_LOOK_EVERY_MS = 5
#: One may load modules at the start, and one wait for a disk.
_THREADS = 3


class _Work:
    """A function that its thread lets go of before the result is there; the window holds it until then."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function: Callable[[], Any] | None = function

    def __call__(self) -> Any:
        function, self._function = self._function, None
        return None if function is None else function()


class _Pending(NamedTuple):
    function: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[BaseException], None]


class Background(QObject):
    """Runs functions on a few threads and hands back what they return.

    For reading files (nibabel, NumPy), which releases the interpreter; computing is a job's business.
    The threads touch nothing of Qt, and the window looks for what they have done: a QObject that lives in
    one thread and is let go of, or emits, in another ends the program now and then. So Python does not look
    for rings of objects, which may hold widgets, while a thread might be the one to do it.
    """

    _at_work: ClassVar[WeakSet[Background]] = WeakSet()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="beside-the-window")
        self._pending: dict[Future[Any], _Pending] = {}
        self._ended: SimpleQueue[Future[Any]] = SimpleQueue()
        self._timer = QTimer(self, interval=_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._hand_back)

    @property
    def is_busy(self) -> bool:
        """True while a function runs or waits."""
        return bool(self._pending)

    def run(
        self,
        function: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Run ``function`` on a thread; call ``done`` or ``failed`` in the thread of this object."""
        self._at_work.add(self)
        gc.disable()
        future = self._threads.submit(_Work(function))
        self._pending[future] = _Pending(function, done, failed)
        future.add_done_callback(self._ended.put)
        if not self._timer.isActive():  # begun anew with each, it would not end while there are many
            self._timer.start()

    def wait(self, milliseconds: int = 10_000) -> bool:
        """Wait until nothing runs any more, at closing, and tell nothing; False if that took too long."""
        running = [future for future in self._pending if not future.cancel()]
        self._pending.clear()  # whom they would tell is about to go
        is_over = not wait(running, milliseconds / 1000).not_done
        if is_over:
            self._rest()
        return is_over

    def _rest(self) -> None:
        """Let Python look for rings again, in the window's thread first, once no thread works."""
        self._at_work.discard(self)
        if not self._at_work and not gc.isenabled():
            gc.collect(0)
            gc.enable()

    def _hand_back(self) -> None:
        """Hand back one result; the next one's turn comes after what else the window has to do."""
        try:
            future = self._ended.get_nowait()
        except Empty:
            if not self._pending:
                self._timer.stop()
                self._rest()
            return
        self._timer.setInterval(_LOOK_EVERY_MS if self._ended.empty() else 0)
        pending = self._pending.pop(future, None)
        if pending is None:  # cancelled
            return
        error = future.exception()
        if error is None:
            pending.done(future.result())
        else:
            _log.debug("background task failed", exc_info=error)
            pending.failed(error)


class _Question(NamedTuple):
    function: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[BaseException], None]
    about: Hashable


class Reader:
    """Reads one kind of thing on the threads of a `Background`: once at a time, the latest question counts.

    What is asked while a reading goes on waits for its end, and only the last of it is read. An answer is
    told if it is about the same as the last question: a list that is asked for again and again is shown as
    often, and never that of a study or scan which was left meanwhile.

    Parameters
    ----------
    background : Background
    in_turn : bool
        False: a question is read at once, and does not wait for one whose disk may not answer.
    """

    def __init__(self, background: Background, *, in_turn: bool = True) -> None:
        self._background = background
        self._in_turn = in_turn
        self._about: Hashable = None
        self._next: _Question | None = None
        self._is_busy = False

    @property
    def is_reading(self) -> bool:
        """Whether there will be another answer."""
        return self._is_busy or self._next is not None

    def read(
        self,
        function: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
        about: Hashable = None,
    ) -> None:
        """Run ``function`` on a thread and tell what it returns; None is about nothing else than itself."""
        self._about = object() if about is None else about
        self._next = _Question(function, done, failed, self._about)
        if not (self._is_busy and self._in_turn):
            self._begin(self._next)

    def forget(self) -> None:
        """Tell nothing of what is being read."""
        self._about, self._next = object(), None

    def _begin(self, question: _Question) -> None:
        self._next, self._is_busy = None, True

        def over(tell: Callable[[Any], None], answer: Any) -> None:
            self._is_busy = False
            if self._next is not None:
                self._begin(self._next)
            if question.about == self._about:
                tell(answer)

        self._background.run(question.function, partial(over, question.done), partial(over, question.failed))
