"""The running job of the step: start, end, and what its end means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from brainstem_app.gui.messages.message import Message, MessageLevel, message_of_error
from brainstem_app.gui.segment.job_files import (
    remove_job_without_result,
    simulated_scan,
    write_segment_job,
    write_simulate_job,
)

if TYPE_CHECKING:
    from brainstem_app.gui.jobs.job_process import JobProcess


class Segmentation(QObject):
    """Runs one segmentation or simulation at a time.

    Signals
    -------
    running_changed(bool)
        A job has begun or ended.
    segmented(object, object, float)
        Result folder, scan, seconds.
    simulated(object)
        Path of the simulated scan.
    message(object)
        A `Message`: why a job failed, or that it was cancelled.
    """

    running_changed = Signal(bool)
    segmented = Signal(object, object, float)
    simulated = Signal(object)
    message = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.job: JobProcess | None = None
        self.kind = ""
        self._scan = Path()

    @property
    def is_running(self) -> bool:
        """True while a job runs."""
        return self.job is not None

    def segment(self, scan: Path, model: str, results_folder: Path) -> None:
        """Segment a scan into a new folder."""
        if self.is_running:
            return
        try:
            job_file = write_segment_job(scan, model, results_folder)
        except Exception as error:  # noqa: BLE001 - shown in place
            self.message.emit(message_of_error(error, self.tr("The result folder cannot be written.")))
            return
        self._scan = scan
        self._start(job_file, "segment")

    def simulate(self, results_folder: Path) -> None:
        """Make a simulated scan."""
        if self.is_running:
            return
        try:
            job_file = write_simulate_job(results_folder)
        except Exception as error:  # noqa: BLE001 - shown in place
            self.message.emit(message_of_error(error, self.tr("The result folder cannot be written.")))
            return
        self._start(job_file, "simulate")

    def cancel(self) -> None:
        """Ask the running job to stop."""
        if self.job is not None:
            self.job.cancel()

    def kill(self) -> None:
        """End the running job now, for the program is closing."""
        if self.job is not None:
            self.job.kill()

    def _start(self, job_file: Path, kind: str) -> None:
        from brainstem_app.gui.jobs.job_process import JobProcess

        self.kind = kind
        self.job = JobProcess(job_file, self)
        self.job.ended.connect(self._on_ended)
        self.running_changed.emit(True)
        self.job.start()

    def _on_ended(self, outcome: object) -> None:
        job, self.job = self.job, None
        if job is None:
            return
        self.running_changed.emit(False)
        match str(outcome):
            case "finished":
                self._on_finished(job)
            case "cancelled":
                remove_job_without_result(job.job_file)
                self.message.emit(Message(MessageLevel.INFO, self.tr("Stopped. Nothing was changed.")))
            case _:
                self._on_failed(job)
        job.deleteLater()

    def _on_finished(self, job: JobProcess) -> None:
        roles = {artifact.role: Path(artifact.path) for artifact in job.artifacts}
        if self.kind == "simulate":
            scan = roles.get("scan") or simulated_scan(job.job_file.parent / "dataset")
            if scan is not None:
                self.simulated.emit(scan)
                return
        elif "labels_native" in roles:
            seconds = job.finish.seconds if job.finish is not None else job.elapsed_seconds
            self.segmented.emit(roles["labels_native"].parent, self._scan, seconds)
            return
        what = self.tr("The job ended, but wrote no result.")
        self.message.emit(Message(MessageLevel.ERROR, what, str(job.job_file.parent), details=job.log))

    def _on_failed(self, job: JobProcess) -> None:
        failure = job.failure
        if failure is None:
            return
        details = "\n".join(text for text in (failure.details, job.log) if text)
        self.message.emit(
            Message(MessageLevel.ERROR, failure.what, failure.where, failure.fix, details=details)
        )
