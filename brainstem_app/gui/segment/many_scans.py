"""Segmentation of many scans at once: one job of the queue, one result folder a scan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from brainstem_app.counting import agreeing, counted
from brainstem_app.gui.file_dialogs import open_in_system
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error
from brainstem_app.gui.segment.job_files import (
    SegmentOutputs,
    model_name,
    remove_job_without_result,
    scan_name,
    segment_job,
)
from brainstem_app.gui.segment.results_of_job import results_of
from brainstem_app.gui.workflow.step import StepName

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.jobs.queued_job import QueuedJob


class ManyScans(QObject):
    """Puts the segmentation of several scans into the queue, and says what came of it.

    One of an earlier window, which went on without it, is taken up again.

    Attributes
    ----------
    asked : set of QueuedJob
        Batches of which it asked whether to look at their results.

    Signals
    -------
    message(object)
        A `Message`: queued, done, or why not.
    step_requested(object)
        The user wants to see the reports.
    review_requested(object)
        The user wants to review the results in these folders.
    """

    message = Signal(object)
    step_requested = Signal(object)
    review_requested = Signal(object)

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._outs: dict[QueuedJob, Path] = {}
        self._told: set[QueuedJob] = set()
        self.asked: set[QueuedJob] = set()
        context.jobs.added.connect(self._take_up)
        context.jobs.changed.connect(self._take_up)

    def segment(self, scans: list[Path], model: str, outputs: SegmentOutputs) -> QueuedJob | None:
        """Segment scans with a model, one after the other, each into a folder of its own."""
        name = counted(len(scans), "scan") if len(scans) > 1 else scan_name(scans[0])
        try:
            folder, study = self._context.settings.results_folder, self._context.study.folder
            job = segment_job(scans, model, outputs, folder, name, study)
        except OSError as error:
            self.message.emit(message_of_error(error, "The result folder cannot be written."))
            return None
        queued = self._context.jobs.submit(job, f"Segment {name} with {model_name(model)}", job.study)
        if queued is not None:
            verb = agreeing(len(scans), "is", "are")
            it = agreeing(len(scans), "it is", "they are")
            what = f"{name} {verb} in the queue. Ctrl+J shows how far {it}."
            self.message.emit(Message(MessageLevel.INFO, what, str(job.out)))
        return queued

    def _take_up(self, job: QueuedJob) -> None:
        """Follow a job of this kind that has not ended; `Segmentation` follows those of one scan."""
        if job in self._outs or job.state.is_over or job.record.kind != "segment":
            return
        work = job.work
        if work is not None and work.kind == "segment" and len(work.scans) > 1:
            self._outs[job] = work.out
            job.ended.connect(lambda outcome: self._on_ended(job, str(outcome)))

    def tells_end_of(self, job: QueuedJob) -> bool:
        """Whether this says how a job ended, with what is done and what failed, so that nobody else need."""
        return job in self._told or (job in self._outs and bool(results_of(job)))

    def _on_ended(self, job: QueuedJob, outcome: str) -> None:
        """Say what is there, and lead on to it; also if some scans failed, or the user has stopped."""
        out = self._outs.pop(job, None)
        if out is None:
            return
        done = results_of(job)
        if not done:
            if outcome == "cancelled":
                remove_job_without_result(out)
            return
        self._told.add(job)
        notes = "\n".join(f"{w.what} {w.fix}".strip() for w in job.warnings)
        actions = (
            MessageAction("Review them", lambda: self.review_requested.emit(done)),
            MessageAction("Show the reports", lambda: self.step_requested.emit(StepName.REPORT)),
            MessageAction("Open folder", lambda: open_in_system(out, self.message.emit)),
        )
        # A question, not information, which goes by itself: nobody waits beside a batch until it ends.
        level = MessageLevel.QUESTION if outcome == "finished" and not notes else MessageLevel.WARNING
        if level is MessageLevel.QUESTION:
            self.asked.add(job)
        self.message.emit(
            Message(
                level,
                self._end_words(job, outcome, len(done)),
                str(out),
                details=notes,
                actions=actions,
                owner=f"{job.folder.name}/end",
            )
        )

    def _end_words(self, job: QueuedJob, outcome: str, done: int) -> str:
        words = counted(done, "scan is", "scans are")
        what = f"{words} segmented."
        if outcome == "finished":
            return f"{what} Look at them now?"
        if outcome == "cancelled":
            return f"Stopped. {what} What was finished is kept."
        return f"{what} {job.record.what}".strip()
