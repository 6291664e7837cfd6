"""Which messages the bar of the window shows, and when each of them is over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from brainstem_app.gui.messages.message import Message, MessageLevel
from brainstem_app.gui.study.open_study import READING
from brainstem_app.gui.workflow.step import StepName

if TYPE_CHECKING:
    from brainstem_app.gui.jobs.queued_job import QueuedJob
    from brainstem_app.gui.main_window import MainWindow
    from brainstem_app.gui.workflow.step_page import StepPage

STUDY, JOBS = "study", "jobs"
_OF_STUDY = (StepName.PREPARE, StepName.TRAIN, StepName.COMPARE, StepName.QUALITY, StepName.REPORT)


class Banners(QObject):
    """Gives the messages of steps, study and jobs their owners, and takes them away with what they are about.

    What is said of a file in Segment or Review goes when another is read there; what is said of the steps of
    a study when another study is open; why a job failed when it is started again, or another one for the same
    thing, or when it is removed from the list.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._bar = bar = window.message_bar
        self._many_scans = window.many_scans
        context, step = window.context, window.segment_page
        self._take(context.study, STUDY)
        self._take(context.jobs, JOBS)
        self._take(window.many_scans, JOBS)
        self._take(step, StepName.SEGMENT)
        step.opener.busy.connect(lambda text: bar.clear(StepName.SEGMENT) if text else None)
        step.segmentation.running_changed.connect(lambda on: bar.clear(StepName.SEGMENT) if on else None)
        context.study.opened.connect(lambda: bar.clear(STUDY, *_OF_STUDY))
        context.study.contents_changed.connect(lambda: bar.clear(f"{STUDY}/{READING}"))
        context.jobs.changed.connect(self._on_job)
        context.jobs.removed.connect(lambda job: bar.clear(_owner(job)))
        # What nobody owns was said of what the user did last.
        window.step_bar.chosen.connect(lambda _step: bar.clear(""))

    def take_page(self, step: StepName, page: StepPage) -> None:
        """Show the messages of a page of the workflow; it says which of them are resolved."""
        self._take(page, step)
        page.resolved.connect(lambda part: self._bar.clear(f"{step}/{part}" if part else step))

    def _take(self, source: QObject, owner: str) -> None:
        """Show the messages of a source; an owner that one names is a part of the source's."""
        source.message.connect(
            lambda told: self._bar.show_message(
                replace(told, owner=f"{owner}/{told.owner}" if told.owner else owner)
            )
        )

    def _on_job(self, job: QueuedJob) -> None:
        record = job.record
        if record.state == "failed":
            if self._many_scans.tells_end_of(job):
                return
            what = f"{record.title}: {record.what}"
            self._bar.show_message(
                Message(MessageLevel.ERROR, what, record.where, record.fix, job.log, owner=_owner(job))
            )
        elif not record.state.is_over:
            self._bar.clear(_owner(job))


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
