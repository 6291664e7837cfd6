"""Button that has the speed of the machine measured, where a time cannot be told without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from brainstem_app.jobs.job import MeasureSpeedJob

if TYPE_CHECKING:
    from brainstem_app.gui.jobs.job_queue import JobQueue
    from brainstem_app.gui.jobs.queued_job import QueuedJob

_KIND = "measure-speed"


class SpeedButton(QPushButton):
    """Puts a `MeasureSpeedJob` into the queue.

    Signals
    -------
    measured
        The speed is known now.
    """

    measured = Signal()

    def __init__(self, jobs: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        hint = "Time a few training steps on this machine, half a minute; it is kept for a month."
        self.setToolTip(hint)
        self.setAccessibleDescription(hint)
        self.clicked.connect(self._measure)
        jobs.changed.connect(self._on_job)
        self._show(busy=False)
        self.hide()

    def _measure(self) -> None:
        if self._jobs.find(_KIND, None) is None:
            self._jobs.submit(MeasureSpeedJob())
        self._show(busy=self._jobs.find(_KIND, None) is not None)

    def _on_job(self, job: QueuedJob) -> None:
        if job.record.kind != _KIND:
            return
        self._show(busy=not job.state.is_over)
        if job.state == "finished":
            self.measured.emit()

    def _show(self, *, busy: bool) -> None:
        text = "Measuring this machine…" if busy else "Estimate the t&ime"
        self.setText(text)
        self.setAccessibleName(text.replace("&", ""))
        self.setEnabled(not busy)
