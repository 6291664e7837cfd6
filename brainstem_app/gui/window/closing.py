"""Closing of the window: asks in place about jobs that run and edits that are not saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from brainstem_app.counting import agreeing, counted
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.workflow.page_stack import PageStack

_OWNER = "closing"


class Closing(QObject):
    """Decides whether the window may close now."""

    def __init__(self, context: AppContext, pages: PageStack, window: QWidget) -> None:
        super().__init__(window)
        self._context = context
        self._pages = pages
        self._close = window.close
        self._is_stopping = False
        self._leaves_running = False
        self._discards_edits = False
        context.jobs.changed.connect(lambda _job: self.go_on())

    def may_close(self) -> bool:
        """Whether nothing runs that closing would end; if something does, ask."""
        if not self._edits_are_safe() or not self._study_is_safe():
            return False
        queue = self._context.jobs
        if self._leaves_running or not (queue.running or queue.waiting):
            return True
        if not self._is_stopping:
            self._ask()
        return False

    def go_on(self) -> None:
        """Close after all: the jobs that were asked to stop have stopped, and there is nothing to ask."""
        queue = self._context.jobs
        if queue.running or queue.waiting:
            return
        self._context.messages.clear(_OWNER)
        if self._is_stopping:
            QTimer.singleShot(0, self, self._close)

    def _edits_are_safe(self) -> bool:
        """Whether Review holds no edits that are not saved; if it does, ask there."""
        review = self._pages.review
        if review is None or self._discards_edits or not review.document.editor.is_changed:
            return True

        def go_on() -> None:
            self._discards_edits = True
            review.document.editor.painted.connect(self._ask_about_edits_again)
            self._close()

        review.files.when_saved(go_on)
        return False

    def _study_is_safe(self) -> bool:
        """Whether where the work was left is written; if it cannot be, ask."""
        is_safe = False

        def go_on() -> None:
            nonlocal is_safe
            is_safe = True
            if has_asked:
                self._close()

        has_asked = False
        self._context.study.when_saved(go_on)
        has_asked = True
        return is_safe

    def save_edits_without_asking(self) -> None:
        """Save the edits: the program is ended from outside, and nobody can be asked."""
        review = self._pages.review
        if review is not None and review.document.editor.is_changed and not self._discards_edits:
            review.document.editor.save_copy_now()
            self.forget_edits()

    def forget_edits(self) -> None:
        """Keep no edits aside any more: they are saved, or the user has discarded them."""
        review = self._pages.review
        if review is not None and (self._discards_edits or not review.document.editor.is_changed):
            review.kept.forget()

    def _ask_about_edits_again(self, _box: Any) -> None:
        """Edits made after "discard", in a window that a job has kept open, are others."""
        self._discards_edits = False

    def _ask(self) -> None:
        queue = self._context.jobs
        count = len(queue.running) + len(queue.waiting)
        what = f"{counted(count, 'job')} {agreeing(count, 'is', 'are')} still running."
        several = count > 1
        stop = "Stop them and close" if several else "Stop it and close"
        actions = [MessageAction(stop, self._stop_and_close)]
        found = (
            "They may go on without the window, and are found again at the next start."
            if several
            else "It may go on without the window, and is found again at the next start."
        )
        leave = "Close and let them go on" if several else "Close and let it go on"
        actions.insert(0, MessageAction(leave, self._leave_and_close))
        what += " " + found
        actions.append(MessageAction("Do not close", lambda: None))
        self._context.messages.say(Message(MessageLevel.QUESTION, what, actions=tuple(actions), owner=_OWNER))

    def _leave_and_close(self) -> None:
        self._leaves_running = True
        self._close()

    def _stop_and_close(self) -> None:
        self._is_stopping = True
        what = "Stopping; the window closes when the jobs have stopped."
        self._context.messages.say(Message(MessageLevel.PROGRESS, what, owner=_OWNER))
        self._context.jobs.stop_all()
        self.go_on()
