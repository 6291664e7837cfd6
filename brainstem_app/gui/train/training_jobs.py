"""Jobs that train runs of the open study: those of this window, and those an earlier one has started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.jobs.queued_job import QueuedJob
    from brainstem_app.jobs.job import TrainJob


class TrainingJobs(QObject):
    """Follows the trainings of a study.

    Signals
    -------
    changed
        A training was queued, has begun or has ended.
    metric(str, object), progressed(str, object)
        An event of the training of the run of this name.
    ended(str)
        The training of this run has ended.
    """

    changed = Signal()
    metric = Signal(str, object)
    progressed = Signal(str, object)
    ended = Signal(str)

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._followed: list[QueuedJob] = []
        context.jobs.added.connect(lambda _job: self.find())
        context.jobs.changed.connect(lambda _job: self.find())

    @property
    def active(self) -> dict[str, QueuedJob]:
        """Trainings that run or wait, by run."""
        return {job.record.item: job for job in self._of_study() if not job.state.is_over}

    def of(self, run: str) -> QueuedJob | None:
        """Job that trains a run now or waits to, or else the last one that did."""
        jobs = [job for job in self._of_study() if job.record.item == run]
        return next((job for job in jobs if not job.state.is_over), jobs[-1] if jobs else None)

    def submit(self, job: TrainJob) -> None:
        """Put a training into the queue."""
        self._context.study.remember_choice("run", job.run)
        self._context.jobs.submit(job, study=job.study, item=job.run)

    def find(self) -> None:
        """Follow the trainings that are there now."""
        for job in self.active.values():
            if job not in self._followed:
                self._follow(job, job.record.item)
        self.changed.emit()

    def _follow(self, job: QueuedJob, run: str) -> None:
        self._followed.append(job)
        job.metric.connect(lambda event: self.metric.emit(run, event))
        job.progress.connect(lambda event: self.progressed.emit(run, event))
        job.ended.connect(lambda _outcome: self.ended.emit(run))

    def _of_study(self) -> list[QueuedJob]:
        study = str(self._context.study.folder)
        return [
            job for job in self._context.jobs.jobs if (job.record.kind, job.record.study) == ("train", study)
        ]
