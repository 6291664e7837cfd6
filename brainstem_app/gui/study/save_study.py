"""Saving of the study, where it is or elsewhere: then a job copies it, and the work goes on in the copy."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from brainstem_app.gui.messages.banners import STUDY
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error
from brainstem_app.gui.study.open_study import READING, SAVING
from brainstem_app.imaging.atomic import TEMPORARY_NAME
from brainstem_app.locks.lock_file import LOCK_ENDING
from brainstem_app.written_files import WINDOW_FILE

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.jobs.queued_job import QueuedJob

_MOST_TOLD = 3


class SaveStudy(QObject):
    """Saves the open study where it is, or as a copy elsewhere; brings results in that lie elsewhere.

    Signals
    -------
    job_shown(object)
        Show how far the `QueuedJob` that copies is.
    moved(object, object)
        Folders of the study that was open and of its copy, which is open now.
    """

    job_shown = Signal(object)
    moved = Signal(object, object)

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context

    def save(self) -> None:
        """Write what is not on disk yet, and say where all of it is."""
        study = self._context.study
        if study.folder is None:
            return
        if study.save(anew=True) and study.saved_at is not None:
            what = f"The study is saved ({study.saved_at:%H:%M:%S})."
            self._say(Message(MessageLevel.INFO, what, str(study.folder), owner=f"{STUDY}/{SAVING}"))

    def save_as(self, target: Path) -> None:
        """Put a job into the queue that copies the study; open the copy once it is whole."""
        self._when_idle(target, share=False)

    def share(self, target: Path) -> None:
        """Put a job into the queue that makes a copy to hand on; the work stays where it is."""
        self._when_idle(target, share=True)

    def _when_idle(self, target: Path, *, share: bool) -> None:
        study, jobs = self._context.study, self._context.jobs
        source = study.folder
        if source is None:
            return
        if any(job.record.study == str(source) for job in (*jobs.running, *jobs.waiting)):
            what = "A job of this study is still at work; the copy would be half of it."
            fix = "Wait for it, or cancel it (Ctrl+J), and save the study then."
            # Over when the job has ended, which changes what is read of the study.
            owner = f"{STUDY}/{READING}"
            self._say(Message(MessageLevel.WARNING, what, str(source), fix, owner=owner))
            return
        study.when_saved(lambda: self._copy(source, target, share=share))

    def _copy(self, source: Path, target: Path, *, share: bool) -> None:
        from brainstem_app.jobs.job import CopyStudyJob

        jobs, began = self._context.jobs, time.time()
        job = jobs.submit(CopyStudyJob(study=source, out=target, share=share), study=source)
        if job is None:
            return
        self.job_shown.emit(job)
        if share:
            job.ended.connect(lambda _outcome: self._on_shared(job, target))
        else:
            job.ended.connect(lambda _outcome: self._on_ended(job, source, target, began))

    def bring_in(self, results: Path) -> None:
        """Copy results that lie in another folder into the study; they stay where they are."""
        from brainstem_app.jobs.job import ImportResultsJob

        study = self._context.study.folder
        if study is None:
            return
        job = self._context.jobs.submit(ImportResultsJob(study=study, results=(results,)), study=study)
        if job is None:
            return

        def say() -> None:
            if job.state == "finished":
                what = "The results are in the study; Quality shows them together."
                self._say(Message(MessageLevel.INFO, what, str(study)))

        self.job_shown.emit(job)
        job.ended.connect(lambda _outcome: say())

    def _on_shared(self, job: QueuedJob, target: Path) -> None:
        if job.state != "finished":
            return
        what = "The copy to hand on is whole; you work on in the study itself."
        fix = "Look into its SHARED.txt: it says what was left out."
        if job.warnings:
            told = " ".join(warning.what for warning in job.warnings[:_MOST_TOLD])
            fix = f"Left out besides what its SHARED.txt says: {told}"
        if (more := len(job.warnings) - _MOST_TOLD) > 0:
            fix += f" And {more} more, which the panel of jobs names."
        self._say(Message(MessageLevel.INFO, what, str(target), fix))

    def _on_ended(self, job: QueuedJob, source: Path, target: Path, began: float) -> None:
        if job.state == "finished":
            self._context.background.run(
                lambda: _changed_since(source, began),
                lambda changed: self._go_on_in(target, source, changed),
                lambda error: self._say(message_of_error(error, "The study cannot be read any more.")),
            )

    def _go_on_in(self, target: Path, source: Path, changed: Sequence[str]) -> None:
        """Open a copy, unless the user is elsewhere by now, or has worked on in what was copied."""
        study = self._context.study
        opened = (MessageAction("Open the copy", lambda: study.open(target)),)
        if study.folder != source:
            what = "The copy of the study is whole."
            self._say(Message(MessageLevel.INFO, what, str(target), actions=opened))
            return
        if changed:
            more = f" and {len(changed) - _MOST_TOLD} more" if len(changed) > _MOST_TOLD else ""
            what = (
                "The copy is whole, but the study has changed while it was made; you work on in the study "
                f"itself. New in it: {', '.join(changed[:_MOST_TOLD])}{more}."
            )
            fix = "Save the study as another folder again to have all of it there."
            self._say(Message(MessageLevel.WARNING, what, str(target), fix, actions=opened))
            return
        study.open(target, lambda: self.moved.emit(source, target) if study.folder == target else None)
        what = f"The study is saved as {target.name}; you work in the copy now."
        # Of no study: opening the copy ends what was said of the other.
        self._say(Message(MessageLevel.INFO, what, str(target)))

    def _say(self, message: Message) -> None:
        self._context.messages.say(message)


def _changed_since(study: Path, began: float) -> tuple[str, ...]:
    """Files of a study that were written since a time, but what the window remembers of its own."""
    files = (path for path in sorted(study.rglob("*")) if path.is_file() and path.name != WINDOW_FILE)
    return tuple(
        path.relative_to(study).as_posix()
        for path in files
        if not path.name.endswith(LOCK_ENDING)
        and not TEMPORARY_NAME.fullmatch(path.name)
        and path.stat().st_mtime > began
    )
