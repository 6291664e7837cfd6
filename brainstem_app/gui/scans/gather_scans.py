"""Gathering of single scans in a BIDS dataset: asked for in a dialog, made by a job."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from brainstem_app.counting import counted
from brainstem_app.gui.jobs.job_progress import JobProgress
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error
from brainstem_app.gui.scans.dataset_dialog import DatasetDialog, DatasetPlan
from brainstem_app.imaging.bids.new_dataset import PARTICIPANT_COLUMNS
from brainstem_app.imaging.bids.session_dates import ACQUIRED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.jobs.queued_job import QueuedJob
    from brainstem_app.gui.scans.listing import ListedScan


class GatherScans(QObject):
    """Makes a dataset of single scans, and shows how far that is.

    Signals
    -------
    message(object)
        A `Message`: that it is made, or why it cannot be.
    made(object)
        Folder of a dataset that is whole.
    begin_study
        The user wants a study of it.
    """

    message = Signal(object)
    made = Signal(object)
    begin_study = Signal()

    def __init__(self, context: AppContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context, self._page = context, parent
        self.progress = JobProgress(parent)

    def ask(self, scans: Sequence[ListedScan]) -> None:
        """Ask whose the scans are, and where the dataset goes."""
        dialog = DatasetDialog(scans, self._context.settings, self._page)
        dialog.chosen.connect(self.gather)
        dialog.open()

    def gather(self, plan: DatasetPlan) -> None:
        """Put the job that makes the dataset into the queue."""
        from brainstem_app.jobs.folder_rights import make_folder
        from brainstem_app.jobs.job import MakeDatasetJob

        jobs = self._context.settings.jobs_folder
        table = jobs / f"scans-{uuid4().hex[:8]}.tsv"
        try:
            make_folder(jobs, exist_ok=True)
            table.write_text(_table_of(plan), encoding="utf-8")
        except OSError as error:
            self.message.emit(message_of_error(error, "The dataset could not be made."))
            return
        scans = tuple(scan.path for scan in plan.scans)
        job = MakeDatasetJob(scans=scans, out=plan.root, table=table, links=plan.links)
        queued = self._context.jobs.submit(job)
        if queued is None:
            table.unlink(missing_ok=True)
            return
        queued.ended.connect(lambda _outcome: self._on_ended(queued, plan.root, table))
        self.progress.follow(queued, f"Copying {counted(len(scans), 'scan')}…")

    def _on_ended(self, job: QueuedJob, root: Path, table: Path) -> None:
        if job.state != "finished":  # it may be started again, by the same table
            return
        table.unlink(missing_ok=True)
        self.made.emit(root)
        what = "The dataset is made. A study of it holds training, results, quality and groups."
        actions: tuple[MessageAction, ...] = ()
        if not self._context.study.is_open:
            actions = (MessageAction("Begin a study…", self.begin_study.emit),)
        self.message.emit(Message(MessageLevel.INFO, what, str(root), actions=actions))


def _table_of(plan: DatasetPlan) -> str:
    """Table that says whose each scan is, as `make-dataset` takes it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(("scan", "participant_id", "session_id", ACQUIRED, *PARTICIPANT_COLUMNS))
    for scan in plan.scans:
        cells = (" ".join(scan.columns.get(name, "").split()) for name in PARTICIPANT_COLUMNS)
        writer.writerow((scan.path, scan.subject, scan.session, scan.acquired, *cells))
    return text.getvalue()
