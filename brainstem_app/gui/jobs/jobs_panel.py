"""Panel of all jobs: progress, time left, cancel, log, restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.controls import make_button, make_table
from brainstem_app.gui.file_dialogs import open_in_system
from brainstem_app.gui.jobs.job_table import JobTable, ProgressDelegate
from brainstem_app.gui.row_menu import RowMenu
from brainstem_app.gui.segment.results_of_job import results_of

if TYPE_CHECKING:
    from brainstem_app.gui.jobs.job_queue import JobQueue
    from brainstem_app.gui.jobs.queued_job import QueuedJob

_PROGRESS_WIDTH = 150


class JobsPanel(QWidget):
    """Table of the jobs, and the log of the chosen one.

    Signals
    -------
    count_changed(str)
        How many run and wait, in words; empty when none does.
    review_requested(object)
        The user wants to review the results in these folders.
    """

    count_changed = Signal(str)
    review_requested = Signal(object)

    def __init__(self, queue: JobQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self.model = JobTable(queue, self)
        self.table = self._table()
        self.log = QPlainTextEdit(self)
        self.log.setReadOnly(True)
        self.log.setAccessibleName("Log of the job")
        self.log.setAccessibleDescription("What the job and its libraries have printed")
        self.log.hide()
        self.cancel_button = make_button(self, "&Cancel", "Stop the job at its next step", self._cancel)
        self.restart_button = make_button(
            self,
            "Start agai&n",
            "Do the job again; preparing, training and comparing go on where they stopped",
            self._restart,
        )
        self.log_button = make_button(self, "&Log", "Show what the job has printed", lambda: None)
        self.log_button.setCheckable(True)
        self.log_button.toggled.connect(self._show_log)
        self.folder_button = make_button(
            self,
            "Open fol&der",
            "The results of the job, or else its file and its log",
            self._open_folder,
        )
        self.review_button = make_button(
            self,
            "Re&view",
            "Look at the labels that the job has made, and correct them",
            self._review,
        )
        self.remove_button = make_button(
            self,
            "&Remove from list",
            "Forget the job; what it has made stays",
            self._remove,
        )
        self.empty = QLabel("No job has been started yet.", self)
        self.empty.setEnabled(False)
        of_job = (self.cancel_button, self.restart_button, self.folder_button, self.review_button)
        RowMenu(self.table, (*of_job, self.remove_button))
        self._lay_out()
        for signal in (queue.added, queue.removed, queue.changed):
            signal.connect(lambda _job: self._update())
        queue.added.connect(self._on_added)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._tick)
        QShortcut(QKeySequence.StandardKey.Delete, self.table, self._remove)
        self._update()

    def select(self, job: QueuedJob) -> None:
        """Mark a job."""
        self.table.selectRow(self.model.place_of(job))

    @property
    def chosen(self) -> QueuedJob | None:
        """The job whose row is marked; the only one, if there is one only."""
        rows = self.table.selectionModel().selectedRows()
        return self.model.row(rows[0].row()) if rows else None

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in (
            self.cancel_button,
            self.restart_button,
            self.log_button,
            self.folder_button,
            self.review_button,
        ):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.empty)
        buttons.addStretch(1)
        buttons.addWidget(self.remove_button)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(self.table)
        split.addWidget(self.log)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.addWidget(split, 1)
        layout.addLayout(buttons)

    def _table(self) -> QTableView:
        hint = "The latest job is at the top; Delete removes one that is over."
        table = make_table(self, self.model, "Jobs", hint)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setItemDelegateForColumn(self.model.column_of("Progress"), ProgressDelegate(table))
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(self.model.column_of("What it does"), QHeaderView.ResizeMode.Stretch)
        for title, width in (("Job", 250), ("Progress", _PROGRESS_WIDTH), ("Time", 150)):
            table.setColumnWidth(self.model.column_of(title), width)
        table.selectionModel().selectionChanged.connect(lambda _new, _old: self._update())
        return table

    def _on_added(self, job: QueuedJob) -> None:
        """Mark what was started last: it is what Cancel is asked for."""
        if not job.state.is_over or not self.isVisible():
            self.select(job)

    def _tick(self) -> None:
        self.model.tick()
        if self.log.isVisible():
            self._fill_log()

    def _update(self) -> None:
        if self.chosen is None and self.model.rowCount():
            row = self.model.index(0, 0)
            flags = QItemSelectionModel.SelectionFlag
            self.table.selectionModel().select(row, flags.Select | flags.Rows)
            return
        job = self.chosen
        over = job is not None and job.state.is_over
        is_segmented = job is not None and over and job.record.kind == "segment" and bool(results_of(job))
        self.cancel_button.setEnabled(job is not None and not over and not job.is_cancelling)
        self.restart_button.setEnabled(over)
        self.remove_button.setEnabled(over)
        self.log_button.setEnabled(job is not None)
        self.folder_button.setEnabled(job is not None)
        self.review_button.setEnabled(is_segmented)
        self.empty.setVisible(self.model.rowCount() == 0)
        running, waiting = len(self._queue.running), len(self._queue.waiting)
        if running and not self._clock.isActive():
            self._clock.start()
        elif not running:
            self._clock.stop()
        self.count_changed.emit(self._count_text(running, waiting))
        if self.log.isVisible():
            self._fill_log()

    def _count_text(self, running: int, waiting: int) -> str:
        if running and waiting:
            return f"Jobs: {running} running, {waiting} waiting"
        if running:
            return f"Jobs: {running} running"
        return f"Jobs: {waiting} waiting" if waiting else ""

    def _cancel(self) -> None:
        if self.chosen is not None:
            self.chosen.cancel()
            self._update()
            self.model.tick()

    def _restart(self) -> None:
        if self.chosen is not None:
            self._queue.restart(self.chosen)

    def _remove(self) -> None:
        if self.chosen is not None:
            self._queue.remove(self.chosen)

    def _open_folder(self) -> None:
        if self.chosen is not None:
            work = self.chosen.work
            out = getattr(work, "out", None)
            folder = out if out is not None and out.is_dir() else self.chosen.folder
            open_in_system(folder, self._queue.message.emit)

    def _review(self) -> None:
        if self.chosen is not None:
            self.review_requested.emit(results_of(self.chosen))

    def _show_log(self, shown: bool) -> None:
        self.log.setVisible(shown)
        if shown:
            self._fill_log()

    def _fill_log(self) -> None:
        job = self.chosen
        text = "" if job is None else self._log_text(job)
        if text != self.log.toPlainText():
            self.log.setPlainText(text)
            bar = self.log.verticalScrollBar()
            bar.setValue(bar.maximum())

    def _log_text(self, job: QueuedJob) -> str:
        record = job.record
        parts = [f"{w.what} {w.where} {w.fix}".strip() for w in job.warnings]
        if record.what:
            parts.append("\n".join(text for text in (record.what, record.where, record.fix) if text))
        return "\n".join(text for text in (job.log, *parts) if text) or "Nothing has been printed."
