"""Segmentation of single scans: their jobs in the queue, and what the end of each means."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from brainstem_app.gui.messages.message import Message, MessageLevel, message_of_error
from brainstem_app.gui.segment.job_files import (
    SegmentOutputs,
    model_name,
    remove_job_without_result,
    scan_name,
    segment_job,
    simulate_job,
    simulated_scan,
)

if TYPE_CHECKING:
    from brainstem_app.gui.jobs.job_queue import JobQueue
    from brainstem_app.gui.jobs.queued_job import QueuedJob
    from brainstem_app.jobs.job import SegmentJob, SimulateJob


class Segmentation(QObject):
    """Puts segmentations of one scan, and simulations, into the queue, and says what came of them.

    Those of an earlier window, which went on without it, are taken up again.

    Signals
    -------
    running_changed(bool)
        A job has begun or ended; whether any is left.
    segmented(object, object, float)
        Result folder, scan, seconds.
    simulated(object)
        Path of the simulated scan.
    message(object)
        A `Message`: why a job cannot begin, or that it was cancelled. Why one failed, the queue says.
    """

    running_changed = Signal(bool)
    segmented = Signal(object, object, float)
    simulated = Signal(object)
    message = Signal(object)

    def __init__(self, jobs: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._works: dict[QueuedJob, SegmentJob | SimulateJob] = {}
        jobs.added.connect(self._take_up)
        jobs.changed.connect(self._take_up)

    @property
    def is_running(self) -> bool:
        """Whether a job waits or runs."""
        return bool(self._works)

    @property
    def simulation(self) -> QueuedJob | None:
        """The simulation that waits or runs."""
        return next((job for job, work in self._works.items() if work.kind == "simulate"), None)

    def job_of(self, scan: Path | None) -> QueuedJob | None:
        """Return the job that segments a scan, or is going to."""
        if scan is None:
            return None
        wanted = (scan.absolute(),)
        return next(
            (job for job, work in self._works.items() if work.kind == "segment" and work.scans == wanted),
            None,
        )

    def segment(
        self,
        scan: Path,
        model: str,
        outputs: SegmentOutputs,
        results_folder: Path,
        study: Path | None = None,
    ) -> None:
        """Segment a scan into a study, or into a new folder."""
        if self.job_of(scan) is None:
            title = f"Segment {scan_name(scan)} with {model_name(model)}"
            self._submit(lambda: segment_job((scan,), model, outputs, results_folder, study=study), title)

    def simulate(self, results_folder: Path) -> None:
        """Make a simulated scan."""
        if self.simulation is None:
            self._submit(lambda: simulate_job(results_folder), "Simulate a scan")

    def _submit(self, make: Callable[[], SegmentJob | SimulateJob], title: str) -> None:
        try:
            job = make()
        except Exception as error:  # noqa: BLE001 - shown in place
            self.message.emit(message_of_error(error, "The result folder cannot be written."))
            return
        study = job.study if job.kind == "segment" else None
        if self._jobs.submit(job, title, study) is None and study is None:
            remove_job_without_result(job.out if job.kind == "segment" else job.out.parent)

    def _take_up(self, job: QueuedJob) -> None:
        """Follow a job of this kind that has not ended."""
        if job in self._works or job.state.is_over or job.record.kind not in ("segment", "simulate"):
            return
        work = job.work
        if work is None or not (work.kind == "simulate" or (work.kind == "segment" and len(work.scans) == 1)):
            return
        self._works[job] = work
        job.ended.connect(lambda outcome: self._on_ended(job, str(outcome)))
        self.running_changed.emit(True)

    def _on_ended(self, job: QueuedJob, outcome: str) -> None:
        work = self._works.pop(job, None)
        if work is None:
            return
        self.running_changed.emit(self.is_running)
        if outcome == "finished":
            self._on_finished(job, work)
        elif outcome == "cancelled":
            remove_job_without_result(work.out if work.kind == "segment" else work.out.parent)
            self.message.emit(Message(MessageLevel.INFO, "Stopped. Nothing was changed."))

    def _on_finished(self, job: QueuedJob, work: SegmentJob | SimulateJob) -> None:
        roles = {artifact.role: Path(artifact.path) for artifact in job.artifacts}
        if work.kind == "simulate":
            scan = roles.get("scan") or simulated_scan(work.out)
            if scan is not None:
                self.simulated.emit(scan)
                return
        elif "labels_native" in roles:
            self.segmented.emit(roles["labels_native"].parent, work.scans[0], job.elapsed_seconds)
            return
        what = "The job ended, but wrote no result."
        self.message.emit(Message(MessageLevel.ERROR, what, str(work.out), details=job.log))
