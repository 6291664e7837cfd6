"""What becomes of corrected labels: their report is written anew, or the original ones count again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from brainstem_app.gui.file_dialogs import open_in_system
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel
from brainstem_app.jobs.job import CorrectFolderJob, RestoreFolderJob
from brainstem_app.study.segmentations import whose_loose_result, words_of_result
from brainstem_app.written_files import EDITED_FOLDER

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.document.document import Document
    from brainstem_app.gui.jobs.queued_job import QueuedJob

_OWNER = "corrected result"
Done = Callable[[], None]


class CorrectedResult(QObject):
    """Writes the report of the corrected labels of a document's result, and makes the original ones count.

    Signals
    -------
    message(object)
        A `Message` to show in place.
    written(object)
        Folder of a result whose files are others now.
    restored(object)
        Folder of the open result, whose original labels count again and are to be shown.
    """

    message = Signal(object)
    written = Signal(object)
    restored = Signal(object)

    def __init__(self, context: AppContext, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context, self._document = context, document
        self._job: QueuedJob | None = None

    @property
    def can_write(self) -> bool:
        """Whether a result is shown that was corrected, saved or not, and no job is about it."""
        return self.can_restore or (self._is_free and self._document.editor.is_changed)

    @property
    def can_restore(self) -> bool:
        """Whether a result is shown of which a corrected copy counts, and no job is about it."""
        result = self._document.result
        return self._is_free and result is not None and result.edited is not None

    @property
    def _is_free(self) -> bool:
        result = self._document.result
        is_busy = self._job is not None or self._document.editor.is_saving
        return (
            result is not None and result.is_segmentation and result.report_json is not None and not is_busy
        )

    def write(self) -> None:
        """Write the report of the labels as they are now, saved first if need be."""
        if not self.can_write:
            return
        if self._document.editor.is_changed:
            self._document.editor.save_copy(self.write)
            return
        result, shown = self._document.result, self._document.scan_path
        if result is None:
            return
        known = result.scan if result.scan is not None and result.scan.exists() else None
        if known is None and shown is None:
            what = "The picture of the report shows the scan, and nothing says where it lies."
            wanted = (MessageAction("Open the scan…", self._document.scan_wanted.emit),)
            self._say(what, result.folder, "Open it; the labels stay.", wanted)
            return
        folder = result.folder
        work = CorrectFolderJob(result=folder, scan=None if known is not None else shown)

        def done() -> None:
            pages = folder / EDITED_FOLDER / "report.html"
            opened = (MessageAction("Open the report", lambda: open_in_system(pages, self.message.emit)),)
            what = f"The report of {self._name_of(folder)} is that of the corrected labels now."
            self._say(
                what,
                folder,
                "Accept it in Quality, if it belongs to a study; the original report is kept beside it.",
                opened,
            )

        self._start(work, folder, f"The report of {self._name_of(folder)} is being written…", done)

    def restore(self) -> None:
        """Make the original labels count again; the corrected ones are put aside."""
        result = self._document.result
        if result is None or not self.can_restore:
            return
        folder = result.folder

        def done() -> None:
            what = f"The original labels of {self._name_of(folder)} count again"
            self._say(f"{what}; the corrected ones lie in put_aside.", folder)
            if (now := self._document.result) is not None and now.folder == folder:
                self.restored.emit(folder)

        self._start(RestoreFolderJob(result=folder), folder, "", done)

    def _name_of(self, folder: Path) -> str:
        """Whose a result is, in the open study with the model."""
        study = self._context.study.results_folder
        if study is None or not folder.is_relative_to(study):
            return whose_loose_result("", folder.name)
        return words_of_result(folder.relative_to(study).as_posix())

    def _start(self, work: CorrectFolderJob | RestoreFolderJob, folder: Path, what: str, done: Done) -> None:
        study, name = self._context.study.folder, self._name_of(folder)
        title = f"Report anew: {name}" if work.kind == "correct-folder" else f"Restore {name}"
        job = self._context.jobs.submit(
            work, title, study if study is not None and folder.is_relative_to(study) else None
        )
        if job is None:
            return
        self._job = job
        if what:
            self._say(what, folder)

        def ended() -> None:
            self._job = None
            if job.finish is not None:  # else the window says why it failed
                self.written.emit(folder)
                done()
            self._document.editor.state_changed.emit()

        job.ended.connect(lambda _outcome: ended())
        self._document.editor.state_changed.emit()

    def _say(self, what: str, where: Path, fix: str = "", actions: tuple[MessageAction, ...] = ()) -> None:
        told = Message(MessageLevel.INFO, what, str(where), fix, actions=actions, owner=_OWNER)
        self.message.emit(told)
