"""The jobs as a table: what, state, progress, time."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionProgressBar

from brainstem_app.gui.jobs.job_progress import clock_text

if TYPE_CHECKING:
    from PySide6.QtWidgets import QStyleOptionViewItem

    from brainstem_app.gui.jobs.job_queue import JobQueue
    from brainstem_app.gui.jobs.queued_job import QueuedJob

AnyIndex = QModelIndex | QPersistentModelIndex
_STEPS = 1000


class JobColumn(IntEnum):
    """Columns of the table."""

    TITLE = 0
    STATE = 1
    PROGRESS = 2
    LEFT = 3
    NOW = 4


class JobTable(QAbstractTableModel):
    """The jobs of a queue, the latest at the top."""

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: list[QueuedJob] = list(reversed(queue.jobs))
        queue.added.connect(self._add)
        queue.removed.connect(self._remove)
        queue.changed.connect(self._tell)
        queue.progressed.connect(self._tell)

    def job(self, row: int) -> QueuedJob | None:
        """Job of a row."""
        return self._jobs[row] if 0 <= row < len(self._jobs) else None

    def row_of(self, job: QueuedJob) -> int:
        """Row of a job, −1 if it is not there."""
        return self._jobs.index(job) if job in self._jobs else -1

    def tick(self) -> None:
        """Time has passed: show the times of running jobs anew."""
        for job in self._jobs:
            if job.is_running:
                self._tell(job)

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of jobs."""
        return 0 if parent is not None and parent.isValid() else len(self._jobs)

    def columnCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(JobColumn)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Titles of the columns."""
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            self.tr("Job"),
            self.tr("State"),
            self.tr("Progress"),
            self.tr("Time"),
            self.tr("What it does"),
        )[section]

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        job = self._jobs[index.row()]
        column = JobColumn(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(job, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(
                text for text in (job.record.title, job.record.study, job.record.what, job.record.fix) if text
            )
        if role == Qt.ItemDataRole.UserRole and column is JobColumn.PROGRESS:
            return round(_STEPS * job.fraction) if not job.record.state.is_over else None
        if role == Qt.ItemDataRole.ForegroundRole and job.record.state.is_over and column is JobColumn.STATE:
            return QGuiApplication.palette().placeholderText() if job.state != "failed" else None
        return None

    def state_text(self, job: QueuedJob) -> str:
        """Word for the state of a job."""
        if job.is_running and job.is_cancelling:
            return self.tr("stopping")
        return {
            "waiting": self.tr("waiting"),
            "running": self.tr("running"),
            "finished": self.tr("done"),
            "failed": self.tr("failed"),
            "cancelled": self.tr("stopped"),
        }[job.state.value]

    def _text(self, job: QueuedJob, column: JobColumn) -> str:
        match column:
            case JobColumn.TITLE:
                return job.record.title
            case JobColumn.STATE:
                return self.state_text(job)
            case JobColumn.PROGRESS:
                return self.tr("{0} %").format(round(100 * job.fraction)) if job.is_running else ""
            case JobColumn.LEFT:
                return self._time(job)
            case _:
                return self._now(job)

    def _time(self, job: QueuedJob) -> str:
        if job.is_running:
            left = job.seconds_left
            passed = clock_text(job.elapsed_seconds)
            return passed if left is None else self.tr("{0}, {1} left").format(passed, about_text(left))
        return clock_text(job.record.seconds) if job.record.seconds else ""

    def _now(self, job: QueuedJob) -> str:
        if job.state == "failed":
            return job.record.what
        event = job.last_progress
        if not job.is_running or event is None:
            return ""
        return f"{event.item}: {event.message}" if event.item else event.message

    def _add(self, job: QueuedJob) -> None:
        self.beginInsertRows(QModelIndex(), 0, 0)
        self._jobs.insert(0, job)
        self.endInsertRows()

    def _remove(self, job: QueuedJob) -> None:
        row = self.row_of(job)
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._jobs[row]
        self.endRemoveRows()

    def _tell(self, job: QueuedJob) -> None:
        row = self.row_of(job)
        if row >= 0:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(JobColumn) - 1))


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
