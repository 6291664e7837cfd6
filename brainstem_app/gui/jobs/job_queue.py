"""Queue of the jobs: those that wait, run and have ended; never more at once than fit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from brainstem_app.gui.jobs.room import Need, fits, machine_room, need_of
from brainstem_app.gui.messages.message import Message, MessageLevel, message_of_error

if TYPE_CHECKING:
    from brainstem_app.gui.background import Background
    from brainstem_app.gui.jobs.job_record import JobRecord
    from brainstem_app.gui.jobs.queued_job import QueuedJob
    from brainstem_app.gui.settings import WindowSettings
    from brainstem_app.jobs.job import Job

_LOOK_AGAIN_MS = 3000


class JobQueue(QObject):
    """Starts jobs in the order they came, as many at once as the machine can bear.

    Signals
    -------
    added(object), removed(object)
        A `QueuedJob` is in the list, or no longer.
    changed(object)
        A `QueuedJob` has begun, was asked to stop, or has ended.
    progressed(object)
        A `QueuedJob` is further.
    turned(object)
        A `QueuedJob` has begun with one of its scans, or is done with it.
    message(object)
        A `Message`: why a job cannot be queued.
    """

    added = Signal(object)
    removed = Signal(object)
    changed = Signal(object)
    progressed = Signal(object)
    turned = Signal(object)
    message = Signal(object)

    def __init__(
        self, settings: WindowSettings, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._background = background
        self.jobs: list[QueuedJob] = []
        self._is_closing = False
        self._look_again = QTimer(self, interval=_LOOK_AGAIN_MS)
        self._look_again.timeout.connect(self._start_next)

    @property
    def running(self) -> tuple[QueuedJob, ...]:
        """Jobs whose process works."""
        return tuple(job for job in self.jobs if job.is_running)

    @property
    def waiting(self) -> tuple[QueuedJob, ...]:
        """Jobs that are to be started."""
        return tuple(job for job in self.jobs if job.state == "waiting")

    def find(self, kind: str, study: Path | None, *, item: str = "") -> QueuedJob | None:
        """Return the latest job of a kind and study (about an item) that waits or runs."""
        wanted = str(study or "")
        for job in reversed(self.jobs):
            record = job.record
            if (
                record.kind == kind
                and record.study == wanted
                and not record.state.is_over
                and item in {"", record.item}
            ):
                return job
        return None

    def submit(
        self, job: Job, title: str = "", study: Path | None = None, *, item: str = ""
    ) -> QueuedJob | None:
        """Put a job at the end of the queue; None if its folder cannot be written, or its study is gone.

        Without a title it is called as all jobs of its kind are.
        """
        from brainstem_app.gui.jobs.job_record import JobRecord, new_job_folder
        from brainstem_app.gui.jobs.queued_job import QueuedJob

        if not self._is_there(str(study or "")):
            return None
        record = JobRecord(title=title or _title_of(job), kind=job.kind, study=str(study or ""), item=item)
        try:
            folder = new_job_folder(self._settings.jobs_folder, job, record)
        except OSError as error:
            self.message.emit(message_of_error(error, "The job cannot be put into the queue."))
            return None
        queued = QueuedJob(folder, record, self)
        self._add(queued)
        self._start_next()
        return queued

    def restart(self, job: QueuedJob) -> None:
        """Do a job again that has ended; trainings, preparations and comparisons go on where they stopped."""
        if job.state.is_over and self._is_there(job.record.study):
            job.wait()
            self._start_next()

    def _is_there(self, study: str) -> bool:
        """Whether a study can be worked in; says so if not: no job may begin it anew elsewhere."""
        if not study or Path(study).is_dir():
            return True
        what = "The study folder is not there any more."
        fix = "Connect its drive, or put the folder back where it was, and try again."
        self.message.emit(Message(MessageLevel.ERROR, what, study, fix))
        return False

    def remove(self, job: QueuedJob) -> None:
        """Take a job that has ended off the list; what it has made stays."""
        import shutil

        if job.state.is_over:
            self.jobs.remove(job)
            self.removed.emit(job)
            self._background.run(
                lambda: shutil.rmtree(job.folder, ignore_errors=True), lambda _none: None, lambda _error: None
            )
            job.deleteLater()

    def restore(self) -> None:
        """Find the jobs of earlier times: those that still run, wait, or have ended meanwhile."""
        folder = self._settings.jobs_folder

        def read() -> list[tuple[Path, JobRecord]]:
            import brainstem_app.gui.jobs.queued_job
            from brainstem_app.gui.jobs.job_record import find_jobs

            _ = brainstem_app
            return find_jobs(folder)

        self._background.run(read, self._on_restored, lambda _error: None)

    def stop_all(self) -> None:
        """Cancel what runs and what waits."""
        for job in (*self.waiting, *self.running):
            job.cancel()

    def leave_running(self) -> None:
        """Start nothing more: the window closes, and what waits is started by the next one."""
        self._is_closing = True
        self._look_again.stop()

    def _on_restored(self, found: list[tuple[Path, JobRecord]]) -> None:
        from brainstem_app.gui.jobs.queued_job import QueuedJob

        known = {job.folder for job in self.jobs}
        for folder, record in found:
            if folder not in known:
                job = QueuedJob(folder, record, self)
                self._add(job)
                job.follow()
        self._start_next()

    def _add(self, job: QueuedJob) -> None:
        self.jobs.append(job)
        job.state_changed.connect(lambda: self._on_state(job))
        job.progress.connect(lambda _event: self.progressed.emit(job))
        job.turned.connect(lambda _event: self.turned.emit(job))
        self.added.emit(job)

    def _on_state(self, job: QueuedJob) -> None:
        self.changed.emit(job)
        if job.state.is_over:
            self._start_next()

    def _start_next(self) -> None:
        if self._is_closing:
            return
        for job in self.waiting:
            room = machine_room()
            running = tuple(_need(other, room.cores) for other in self.running)
            if not fits(_need(job, room.cores), running, room):
                break
            job.start()
        self._look_again.start() if self.waiting else self._look_again.stop()


def _title_of(job: Job) -> str:
    """Title that the kind of a job gives it."""
    from brainstem_app.jobs.registry import KINDS

    return KINDS[job.kind].title.format(job=job)


def _need(job: QueuedJob, cores: int) -> Need:
    """Need of a job, by its job file."""
    processes = int(getattr(job.work, "jobs", 1) or 1)
    return need_of(job.record.kind, processes, cores)
