"""Owners of messages: who says them, and when what they are about is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from brainstem_app.gui.messages.message import Message, MessageLevel
from brainstem_app.gui.messages.window_words import window_words
from brainstem_app.gui.study.open_study import READING
from brainstem_app.gui.workflow.step import StepName

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.jobs.queued_job import QueuedJob
    from brainstem_app.gui.segment.many_scans import ManyScans
    from brainstem_app.gui.workflow.step_page import StepPage

STUDY, JOBS, MODELS = "study", "jobs", "models"
_SLOW = "slow"


class Banners(QObject):
    """Gives the messages of steps, study and jobs their owners, and takes them away with what they are about.

    What is said of a file in Segment or Review goes when another is read there; what is said of the steps of
    a study when another study is open; why a job failed when it is started again, or another one for the same
    thing, or when it is removed from the list.
    """

    def __init__(self, context: AppContext, many_scans: ManyScans, parent: QObject) -> None:
        super().__init__(parent)
        self._messages = messages = context.messages
        self._many_scans = many_scans
        messages.take(context.study.message, STUDY)
        messages.take(context.jobs.message, JOBS)
        messages.take(many_scans.message, JOBS)
        messages.take(context.models.message, MODELS)
        context.background.slow.connect(self._on_slow)
        context.models.resolved.connect(lambda: messages.clear(MODELS))
        of_study = [step for step in StepName if step.is_of_study]
        context.study.opened.connect(lambda: messages.clear(STUDY, *of_study))
        context.study.contents_changed.connect(lambda: messages.clear(f"{STUDY}/{READING}"))
        context.jobs.changed.connect(self._on_job)
        context.jobs.removed.connect(lambda job: messages.clear(_owner(job)))

    def take_page(self, step: StepName, page: StepPage) -> None:
        """Show the messages of a page of the workflow; it says which of them are resolved."""
        self._messages.take(page.message, step)
        page.resolved.connect(lambda part: self._messages.clear(f"{step}/{part}" if part else step))

    def _on_slow(self, what: tuple[str, ...]) -> None:
        """Say what is waited for, until it is there."""
        if not what:
            self._messages.clear(_SLOW)
            return
        fix = "A drive or a network folder may not answer; look to it. All else can be used meanwhile."
        told = f"Still reading {'; '.join(what)}."
        self._messages.say(Message(MessageLevel.PROGRESS, told, fix=fix, owner=_SLOW))

    def _on_job(self, job: QueuedJob) -> None:
        record = job.record
        if record.state == "failed":
            if self._many_scans.tells_end_of(job) or job.is_told_in_place():
                return
            self._messages.say(message_of_failure(job, _owner(job)))
        elif not record.state.is_over:
            self._messages.clear(_owner(job))

    def look_at_results(self) -> None:
        """Ask no more whether to look at the results of a batch: the user does."""
        for job in self._many_scans.asked:
            self._messages.clear(f"{_owner(job)}/end")
        self._many_scans.asked.clear()


def message_of_failure(job: QueuedJob, owner: str = "") -> Message:
    """Why a job failed, in the words of the window."""
    record = job.record
    told, fix = (window_words(text, record.kind) for text in (record.what, record.fix))
    return Message(MessageLevel.ERROR, f"{record.title}: {told}", record.where, fix, job.log, owner=owner)


def _owner(job: QueuedJob) -> str:
    """Whom the failure of a job is about: the scan in Segment, or what later jobs may try again."""
    work, record = job.work, job.record
    is_of_segment = work is not None and (
        work.kind == "simulate" or (work.kind == "segment" and len(work.scans) == 1)
    )
    if is_of_segment:
        return f"{StepName.SEGMENT}/{job.folder.name}"
    if record.kind == "segment":  # two batches have nothing to do with each other
        return f"{JOBS}/{job.folder.name}"
    return f"{JOBS}/{record.kind}/{record.study}/{record.item}"
