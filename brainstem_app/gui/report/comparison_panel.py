"""Base of the panels that compare results of people: words, a start button, one job, its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from brainstem_app.gui.controls import faint_label, make_primary
from brainstem_app.gui.jobs.job_progress import JobProgress
from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.segment.job_files import new_folder, remove_job_without_result

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.report.report_entries import ReportEntry
    from brainstem_app.jobs.job import Job


class ComparisonPanel(QWidget):
    """Says what would be compared, starts the job that compares it, and tells when that is done.

    Signals
    -------
    message(object)
        A `Message`: why it cannot begin.
    resolved(str)
        What a message was about is over.
    finished(object)
        Folder of a comparison that is done.
    """

    message = Signal(object)
    resolved = Signal(str)
    finished = Signal(object)

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context

    def _begin_column(self, about: str) -> QVBoxLayout:
        """Column of the panel, what it is for at the top."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(faint_label(self, about))
        return column

    def _end_column(self, column: QVBoxLayout, name: str, hint: str) -> None:
        """Add the job's progress, what would be compared, and the button that starts it."""
        self.said = QLabel(self)
        self.said.setWordWrap(True)
        self.said.setAccessibleName("What will be compared")
        self.progress = JobProgress(self)
        self.start_button = make_primary(self, name, hint, self.start)
        below = QHBoxLayout()
        below.addWidget(self.said, 1)
        below.addWidget(self.start_button)
        column.addWidget(self.progress)
        column.addLayout(below)

    def start(self) -> None:
        """Start the comparison."""
        raise NotImplementedError

    def set_entries(self, entries: tuple[ReportEntry, ...]) -> None:
        """Offer what can be compared of these reports, the latest first."""
        raise NotImplementedError

    def focus_first(self) -> None:
        """Give the keys to the first choice."""
        raise NotImplementedError

    def _is_at_work(self, kind: str) -> bool:
        """Whether a job of this kind waits or runs already."""
        return self._context.jobs.find(kind, self._context.study.folder) is not None

    def _update(self) -> None:
        """Say what would be compared, and whether it can begin."""
        raise NotImplementedError

    def _submit(
        self,
        make_job: Callable[[Path], Job],
        folder_name: str,
        title: str,
        done: Callable[[Path], object] | None = None,
    ) -> None:
        """Make a folder for the result and queue the job that fills it; its report is shown by default.

        While a study is open the folder lies in it.
        """
        when_done, study = done or self.finished.emit, self._context.study
        try:
            out = new_folder(study.reports_folder or self._context.settings.results_folder, folder_name)
        except OSError as error:
            self.message.emit(message_of_error(error, "The result folder cannot be written.", "start"))
            return
        self.resolved.emit("start")
        queued = self._context.jobs.submit(make_job(out), title, study.folder)
        if queued is None:
            remove_job_without_result(out)
            return
        queued.ended.connect(lambda outcome: self._on_ended(str(outcome), out, when_done))
        self.progress.follow(queued, "Starting…")
        self._update()

    def _on_ended(self, outcome: str, out: Path, when_done: Callable[[Path], object]) -> None:
        self._update()
        if outcome == "finished":
            when_done(out)
        else:
            remove_job_without_result(out)
