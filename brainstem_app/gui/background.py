"""Threads for short work beside the window: a function's result comes back in the window's own thread."""

from __future__ import annotations

import gc
import logging
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, ClassVar, NamedTuple
from weakref import WeakSet

from PySide6.QtCore import QObject, QTimer, Signal

_log = logging.getLogger(__name__)

_LOOK_EVERY_MS = 5
#: Functions at work beside each other: one may load modules at the start, and one wait for a disk.
_THREADS = 3
#: One that takes so long most likely waits for a disk that does not answer: others go on beside it.
_SLOW_S = 4.0
_MOST_THREADS = 24


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
    what: str
    begun: float = 0.0


class Background(QObject):
    """Runs functions on a few threads and hands back what they return.

    For reading files (nibabel, NumPy), which releases the interpreter; computing is a job's business.
    The threads touch nothing of Qt, and the window looks for what they have done: a QObject that lives in
    one thread and is let go of, or emits, in another ends the program now and then. So Python does not look
    for rings of objects, which may hold widgets, while a thread might be the one to do it.

    Attributes
    ----------
    slow_s : float
        From so many seconds on a function is slow: another may work beside it, and it is told of.
    is_closing : bool
        Whether nobody wants to be told any more.
    at_work : set of Background
        All of them that have begun something; Python looks for no rings as long as there are any.

    Signals
    -------
    slow(object)
        What is being read for long (tuple of str) is another; empty when all of it is there.
    """

    slow = Signal(object)
    at_work: ClassVar[WeakSet[Background]] = WeakSet()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads = ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="beside-the-window")
        self.slow_s = _SLOW_S
        self.is_closing = False
        self._waiting: deque[_Pending] = deque()
        self._pending: dict[Future[Any], _Pending] = {}
        self._told: tuple[str, ...] = ()
        self._ended: SimpleQueue[Future[Any]] = SimpleQueue()
        self._timer = QTimer(self, interval=_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._hand_back)

    @property
    def is_busy(self) -> bool:
        """True while a function runs or waits."""
        return bool(self._pending or self._waiting)

    def run(
        self,
        function: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
        what: str = "",
    ) -> None:
        """Run ``function`` on a thread; call ``done`` or ``failed`` in the thread of this object.

        `what` it reads, and where, is told if it takes long. Once the window closes nothing is begun.
        """
        if self.is_closing:
            return
        self.at_work.add(self)
        gc.disable()
        self._waiting.append(_Pending(function, done, failed, what))
        self._begin()
        if not self._timer.isActive():  # begun anew with each, it would not end while there are many
            self._timer.start()

    def _begin(self) -> None:
        """Let what waits begin, as far as there is room beside what works and is not slow."""
        now = time.monotonic()
        while self._waiting and len(self._pending) < _MOST_THREADS:
            if sum(now - pending.begun < self.slow_s for pending in self._pending.values()) >= _THREADS:
                return
            pending = self._waiting.popleft()._replace(begun=now)
            future = self._threads.submit(_Work(pending.function))
            self._pending[future] = pending
            future.add_done_callback(self._ended.put)

    def _tell_slow(self) -> None:
        late = time.monotonic() - self.slow_s
        slow = tuple(dict.fromkeys(p.what for p in self._pending.values() if p.what and p.begun < late))
        if slow != self._told:
            self._told = slow
            self.slow.emit(slow)

    def wait(self, milliseconds: int = 10_000) -> bool:
        """Wait until nothing runs any more, at closing, and tell nothing; False if that took too long."""
        self.is_closing = True
        self._waiting.clear()
        running = [future for future in self._pending if not future.cancel()]
        self._pending.clear()  # whom they would tell is about to go
        is_over = not wait(running, milliseconds / 1000).not_done
        if is_over:
            self._rest()
        return is_over

    def _rest(self) -> None:
        """Let Python look for rings again, in the window's thread first, once no thread works."""
        self.at_work.discard(self)
        if not self.at_work and not gc.isenabled():
            gc.collect(0)
            gc.enable()

    def _hand_back(self) -> None:
        """Hand back one result; the next one's turn comes after what else the window has to do."""
        self._begin()
        self._tell_slow()
        try:
            future = self._ended.get_nowait()
        except Empty:
            if not self.is_busy:
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
        self._begin()


class _Question(NamedTuple):
    function: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[BaseException], None]
    about: Hashable
    what: str


class Reader:
    """Reads one kind of thing on the threads of a `Background`: once at a time, the latest question counts.

    What is asked while a reading goes on waits for its end, and only the last of it is read; not for one that
    is slow, unless that is about the same. An answer is
    told if it is about the same as the last question: a list that is asked for again and again is shown as
    often, and never that of a study or scan which was left meanwhile.

    Parameters
    ----------
    background : Background
    in_turn : bool
        False: a question is read at once, and does not wait for one whose disk may not answer.
    what : str
        What it reads, e.g. ``"the reports"``, told to the user if it takes long.
    """

    def __init__(self, background: Background, *, in_turn: bool = True, what: str = "") -> None:
        self._background = background
        self._in_turn, self._what = in_turn, what
        self._about: Hashable = None
        self._next: _Question | None = None
        self._now: _Question | None = None

    @property
    def is_reading(self) -> bool:
        """Whether there will be another answer."""
        return self._now is not None or self._next is not None

    def read(
        self,
        function: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
        about: Hashable = None,
        where: Iterable[Path | None] = (),
    ) -> None:
        """Run ``function`` on a thread and tell what it returns; None is about nothing else than itself.

        `where` are the files or folders that it reads, to be named if it takes long.
        """
        self._about = object() if about is None else about
        places = ", ".join(dict.fromkeys(str(path) for path in where if path is not None))
        what = f"{self._what} in {places}" if self._what and places else self._what
        self._next = _Question(function, done, failed, self._about, what)
        if self._now is None or not self._in_turn:
            self._begin(self._next)
        elif self._next.about != self._now.about:
            slow_ms = round(1000 * self._background.slow_s)
            QTimer.singleShot(slow_ms, self._background, partial(self._overtake, self._now))

    def forget(self) -> None:
        """Tell nothing of what is being read."""
        self._about, self._next = object(), None

    def _overtake(self, slow: _Question) -> None:
        """Read what waits for a question that is still without an answer."""
        if self._next is not None and self._now is slow and not self._background.is_closing:
            self._begin(self._next)

    def _begin(self, question: _Question) -> None:
        self._next, self._now = None, question

        def over(tell: Callable[[Any], None], answer: Any) -> None:
            if self._now is question:
                self._now = None
                if self._next is not None:
                    self._begin(self._next)
            if question.about == self._about:
                tell(answer)

        done, failed = partial(over, question.done), partial(over, question.failed)
        self._background.run(question.function, done, failed, question.what)
