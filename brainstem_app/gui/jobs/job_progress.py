"""Progress of a running job: bar, what it does, elapsed time, Cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from brainstem_app.gui.jobs.queued_job import QueuedJob

_STEPS = 1000


class JobProgress(QWidget):
    """Follows one `QueuedJob`; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job: QueuedJob | None = None
        self._first_message = ""
        self.message = QLabel(self)
        self.message.setWordWrap(True)
        self.message.setAccessibleName("What the job does now")
        self.elapsed = QLabel(self)
        self.elapsed.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
        self.elapsed.setAccessibleName("Elapsed time")
        self.bar = QProgressBar(self)
        self.bar.setAccessibleName("Progress of the job")
        self.cancel_button = QPushButton("Cancel", self)
        self.cancel_button.setAccessibleName("Cancel the job")
        self.cancel_button.setToolTip("Stop the job; nothing that is open changes.")
        self.cancel_button.clicked.connect(self._cancel)
        self._timer = QTimer(self, interval=500)
        self._timer.timeout.connect(self._show_elapsed)

        words = QHBoxLayout()
        words.addWidget(self.message, 1)
        words.addWidget(self.elapsed)
        controls = QHBoxLayout()
        controls.addWidget(self.bar, 1)
        controls.addWidget(self.cancel_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(words)
        layout.addLayout(controls)
        self.hide()

    def follow(self, job: QueuedJob, first_message: str) -> None:
        """Show the progress of a job until it ends."""
        if job is self._job:
            return
        self._job = job
        self._first_message = first_message
        job.progress.connect(lambda _progress: self._show_progress(job))
        job.state_changed.connect(lambda: self._show_state(job))
        self._show_state(job)
        self._timer.start()
        self._show_elapsed()
        self.show()

    def leave(self) -> None:
        """Show no job any more; it goes on."""
        self._timer.stop()
        self._job = None
        self.hide()

    def _show_state(self, job: QueuedJob) -> None:
        if job is not self._job:
            return
        self.cancel_button.setEnabled(not job.is_cancelling)
        if job.state.is_over:
            self.leave()
            return
        self.bar.setRange(0, 0)
        if job.is_cancelling:
            self.message.setText("Stopping…")
        elif job.is_running:
            self.message.setText(self._first_message)
            self._show_progress(job)
        else:
            self.message.setText("Waits for another job to end; Ctrl+J shows all.")

    def _show_progress(self, job: QueuedJob) -> None:
        progress = job.last_progress
        if job is not self._job or job.is_cancelling or progress is None:
            return
        if job.fraction > 0:
            self.bar.setRange(0, _STEPS)
            self.bar.setValue(round(_STEPS * job.fraction))
        self.message.setText(progress.message[:1].upper() + progress.message[1:])

    def _show_elapsed(self) -> None:
        if self._job is not None:
            self.elapsed.setText(clock_text(self._job.elapsed_seconds))

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()


def clock_text(seconds: float) -> str:
    """Minutes and seconds, e.g. ``"1:05"``; with hours from 60 minutes on."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
