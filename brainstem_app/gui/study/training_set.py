"""Add to the training set: the labels that are shown become the reference of their subject in the study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error
from brainstem_app.jobs.job import AddReferenceJob, RemoveReferenceJob
from brainstem_app.written_files import SEGMENTATIONS_FOLDER

if TYPE_CHECKING:
    from brainstem_app.atlas.label_table import LabelTable
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.document.document import Document
    from brainstem_app.gui.jobs.queued_job import QueuedJob

_OWNER = "training set"


class TrainingSet(QObject):
    """Makes the labels of a document the reference of their subject, and takes them out again.

    Signals
    -------
    message(object)
        A `Message` to show in place.
    """

    message = Signal(object)

    def __init__(self, context: AppContext, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context, self._document = context, document
        self._copy: Path | None = None
        self._job: QueuedJob | None = None
        document.labels_shown.connect(self._forget_copy)
        document.editor.saved.connect(self._on_saved)

    @property
    def can_add(self) -> bool:
        """Whether labels are shown, and none are being added."""
        is_busy = self._job is not None or self._document.editor.is_saving
        return self._document.labels is not None and not is_busy

    def add(self) -> None:
        """Add the labels as they are now, saved first if need be; ask where a model gave them just so."""
        editor, opened = self._document.editor, self._document.labels
        if opened is None or not self.can_add:
            return
        if not self._context.study.is_prepared:
            fix = "Open a study (Ctrl+Shift+N), or prepare the scans of a dataset (Ctrl+2), then add them."
            self._say(
                "No study with prepared subjects is open that could learn from these labels.",
                fix=fix,
            )
            return
        if editor.is_changed:
            editor.save_copy(lambda: self._submit(self._copy or opened.path))
            return
        self._submit(self._copy or opened.path)

    def _forget_copy(self) -> None:
        self._copy = None

    def _on_saved(self, path: Path) -> None:
        self._copy = path

    def _submit(self, labels: Path) -> None:
        """Find out whose labels they are, on a thread, and put the job into the queue."""
        study, scan, opened = self._context.study.folder, self._document.scan_path, self._document.labels
        if study is None or opened is None:
            return

        def failed(error: BaseException) -> None:
            self.message.emit(message_of_error(error, "The labels could not be added.", _OWNER))

        def find() -> tuple[AddReferenceJob, str]:
            from brainstem_app.jobs.studies.labels_of_model import unconfirmed_model

            model = unconfirmed_model(labels, study)
            return reference_job(labels, scan, opened.table, study), model.title if model else ""

        self._context.background.run(find, lambda found: self._ask(*found), failed)

    def _ask(self, work: AddReferenceJob, model: str) -> None:
        """Start, or ask first where nobody has corrected or accepted what a model gave."""
        if not model:
            self._start(work)
            return
        what = (
            "Nobody has corrected or accepted these labels of {0}: a network that learns from them learns "
            "what it said."
        )
        confirmed = work.model_copy(update={"unchanged": True})
        actions = (
            MessageAction("Add them all the same", lambda: self._start(confirmed)),
            MessageAction("Do not add them", lambda: None),
        )
        fix = "Added as they are, reports on networks say so."
        self.message.emit(
            Message(
                MessageLevel.QUESTION,
                what.format(model),
                str(work.labels),
                fix,
                actions=actions,
                owner=_OWNER,
            )
        )

    def _start(self, work: AddReferenceJob) -> None:
        title = f"Add the labels of {work.subject} to the training set"
        job = self._context.jobs.submit(work, title, work.study, item=work.subject)
        if job is None:
            return
        self._job = job
        job.ended.connect(lambda _outcome: self._on_added(job, work))
        self._say(f"The labels of {work.subject} are being added to the training set…")

    def _on_added(self, job: QueuedJob, work: AddReferenceJob) -> None:
        self._job = None
        self._context.study.refresh()
        if job.finish is None:  # the window says why a job failed
            return
        name, part = str(job.finish.summary.get("subject", work.subject)), job.finish.summary.get("part", "")
        parts = {
            "train": "networks learn from it",
            "validation": "it helps to choose when to stop training",
            "test": "networks are tested on it, and do not learn from it",
        }
        what = "These labels are the reference of {0} in the study now: {1}."
        fix = "Train anew to use them; the step Prepare marks them, and can take them out again."
        undo = MessageAction("Undo", lambda: self.remove(name, work.study))
        told = what.format(name, parts.get(str(part), ""))
        self._say(told, str(work.labels), fix, (undo,))

    def remove(self, subject: str, study: Path) -> None:
        """Give a subject the reference that it had before its labels were added."""
        job = remove_from_training_set(self._context, subject, study)
        if job is None:
            return

        def done() -> None:
            if job.finish is not None:
                text = "The labels of {0} are out of the training set; its reference is as it was."
                self._say(text.format(subject))

        job.ended.connect(lambda _outcome: done())

    def _say(
        self, what: str, where: str = "", fix: str = "", actions: tuple[MessageAction, ...] = ()
    ) -> None:
        self.message.emit(Message(MessageLevel.INFO, what, where, fix, actions=actions, owner=_OWNER))


def remove_from_training_set(context: AppContext, subject: str, study: Path) -> QueuedJob | None:
    """Queue the job that takes a subject's labels out of the training set; the study is read again then."""
    title = f"Take the labels of {subject} out of the training set"
    job = context.jobs.submit(RemoveReferenceJob(study=study, subject=subject), title, study, item=subject)
    if job is not None:
        job.ended.connect(lambda _outcome: context.study.refresh())
    return job


def reference_job(labels: Path, scan: Path | None, table: LabelTable, study: Path) -> AddReferenceJob:
    """Job that makes labels the reference of their subject: that whose scan it is, or else that of its name.

    A scan that the study has not prepared comes with them.

    Raises
    ------
    InputError
        If the study cannot be read, or has prepared another scan under that name.
    """
    from brainstem_app.errors import InputError
    from brainstem_app.imaging.bids.subject_ids import subject_name
    from brainstem_app.jobs.studies.study_atlas import study_atlas
    from brainstem_app.reports.scan.manifest import sha256_of
    from brainstem_app.study.study import Study

    opened = Study.open(study)
    sha256 = sha256_of(scan) if scan is not None and scan.is_file() else None
    names = {record.name: record for record in opened.subjects()}
    same = [name for name, record in names.items() if sha256 and record.sha256 == sha256]
    name = same[0] if same else _name_in_study(labels, study)
    if not name:
        name = subject_name("" if scan is None else scan.name, labels.parent.name)
    known = names.get(name)
    if known is not None and known.state == "finished" and sha256 and not same:
        # Another person of that name would get the reference, if the grids are alike.
        raise InputError(
            f"The study has prepared {name} from another scan than the one these labels are shown on.",
            known.source,
            "Open the scan that the study has prepared, with labels of that scan.",
        )
    return AddReferenceJob(
        labels=labels,
        study=study,
        subject=name,
        scan=scan if known is None or known.state != "finished" else None,
        same_table=study_atlas(opened).table.names == table.names,
    )


def _name_in_study(labels: Path, study: Path) -> str:
    """Subject, and session where it has one, of a result that belongs to the study; empty for others."""
    from brainstem_app.study.result_state import read_record

    record = read_record(labels.parent)
    if record is None or not labels.is_relative_to(study / SEGMENTATIONS_FOLDER):
        return ""
    return f"{record.subject}_{record.session}" if record.session else record.subject
