"""Table of the jobs: what, state, progress, time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QBrush, QGuiApplication, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionProgressBar

from brainstem_app.gui.jobs.job_progress import clock_text
from brainstem_app.gui.jobs.queued_job import QueuedJob
from brainstem_app.gui.rows_model import AnyIndex, Column, RowsModel

if TYPE_CHECKING:
    from PySide6.QtWidgets import QStyleOptionViewItem

    from brainstem_app.gui.jobs.job_queue import JobQueue

_STEPS = 1000


class JobTable(RowsModel[QueuedJob]):
    """The jobs of a queue, the latest at the top."""

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__((), id, parent, {Qt.ItemDataRole.ToolTipRole: _hint})
        columns: list[Column[QueuedJob]] = [
            Column("Job", lambda job: job.record.title),
            Column("State", self.state_text, roles={Qt.ItemDataRole.ForegroundRole: _foreground}),
            Column("Progress", self._percent, roles={Qt.ItemDataRole.UserRole: _steps}),
            Column("Time", self._time),
            Column("What it does", self._now),
        ]
        self.set_rows([*reversed(queue.jobs)], columns)
        queue.added.connect(lambda job: self.insert(0, job))
        queue.removed.connect(lambda job: self.remove(self.place_of(job)))
        for signal in (queue.changed, queue.progressed):
            signal.connect(lambda job: self.tell(self.place_of(job)))

    def place_of(self, job: QueuedJob) -> int:
        """Row of a job, −1 if it is not there."""
        return self.row_of(id(job))

    def tick(self) -> None:
        """Time has passed: show the times of running jobs anew."""
        for place, job in enumerate(self.rows):
            if job.is_running:
                self.tell(place)

    def state_text(self, job: QueuedJob) -> str:
        """Word for the state of a job."""
        if job.is_running and job.is_cancelling:
            return "stopping"
        return {
            "waiting": "waiting",
            "running": "running",
            "finished": "done",
            "failed": "failed",
            "cancelled": "stopped",
        }[job.state.value]

    def _percent(self, job: QueuedJob) -> str:
        return f"{round(100 * job.fraction)} %" if job.is_running else ""

    def _time(self, job: QueuedJob) -> str:
        if job.is_running:
            left = job.seconds_left
            passed = clock_text(job.elapsed_seconds)
            return passed if left is None else f"{passed}, {about_text(left)} left"
        return clock_text(job.record.seconds) if job.record.seconds else ""

    def _now(self, job: QueuedJob) -> str:
        if job.state == "failed":
            return job.record.what
        event = job.last_progress
        if not job.is_running or event is None:
            return ""
        return f"{event.item}: {event.message}" if event.item else event.message


def _hint(job: QueuedJob) -> str:
    record = job.record
    return "\n".join(text for text in (record.title, record.study, record.what, record.fix) if text)


def _foreground(job: QueuedJob) -> QBrush | None:
    faint = job.state.is_over and job.state != "failed"
    return QGuiApplication.palette().placeholderText() if faint else None


def _steps(job: QueuedJob) -> int | None:
    return None if job.state.is_over else round(_STEPS * job.fraction)


class ProgressDelegate(QStyledItemDelegate):
    """Draws a progress bar in the cell of a job that waits or runs."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Draw the cell."""
        value = index.data(Qt.ItemDataRole.UserRole)
        if value is None:
            super().paint(painter, option, index)
            return
        bar = QStyleOptionProgressBar()
        bar.rect = option.rect.adjusted(4, 3, -4, -3)
        bar.palette = option.palette
        bar.state = option.state | QStyle.StateFlag.State_Horizontal
        bar.minimum, bar.maximum, bar.progress = 0, _STEPS, int(value)
        bar.text, bar.textVisible = str(index.data() or ""), True
        bar.textAlignment = Qt.AlignmentFlag.AlignCenter
        QApplication.style().drawControl(QStyle.ControlElement.CE_ProgressBar, bar, painter)


def about_text(seconds: float) -> str:
    """Rough length of time, e.g. ``"40 s"``, ``"5 min"``, ``"2 h 10 min"``."""
    if seconds < 60:
        return f"{max(5, round(seconds / 5) * 5)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
