"""Opening of what the user gave: decides what it is, and which page shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QMenu

from brainstem_app.gui.messages.message import Message, MessageLevel, message_of_error
from brainstem_app.gui.plain_labels import no_mnemonic
from brainstem_app.gui.window.left_open import LeftOpen
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.study.segmentations import study_of_result

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.review.review_page import ReviewPage
    from brainstem_app.gui.workflow.page_stack import PageStack


class Opening(QObject):
    """Decides what a path is, and has it shown.

    A study opens as a whole; datasets and folders of scans go to the table of Scans; a scan, a result or a
    label map is shown in Segment, several results in Review.

    Attributes
    ----------
    left : LeftOpen
        What was open in Segment and Review when the work was left.

    Signals
    -------
    step_wanted(object)
        Go to a `StepName`.
    """

    step_wanted = Signal(object)

    def __init__(self, context: AppContext, pages: PageStack, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._pages = pages
        self._segment = pages.segment
        self.left = LeftOpen(context.study, pages.segment.document, self)
        self._moved_from: Path | None = None
        # A moment later: whoever has the study copied shows its results in the copy then.
        context.study.opened.connect(lambda: QTimer.singleShot(0, self, self._say_of_another_study))

    def open_paths(self, paths: list[Path]) -> None:
        """Open what the user chose or dropped: one thing as what it is, several as scans of the list."""
        if len(paths) == 1:
            self.open_path(paths[0])
        elif paths:
            self._context.study.when_restored(lambda: self._open_scans(paths))

    def _open_scans(self, paths: list[Path]) -> None:
        self._begin(paths[0])
        self.step_wanted.emit(StepName.SCANS)
        self._pages.scans.add(paths)

    def open_path(self, path: Path) -> None:
        """Open a study, a scan, a folder of scans, a result folder or a label map."""
        self._context.study.when_restored(lambda: self._open_path(path))

    def _open_path(self, path: Path) -> None:
        from brainstem_app.gui.document.opened import OpenKind, kind_of
        from brainstem_app.gui.study.workspace import is_study

        self._begin(path)
        if path.is_dir() and is_study(path):
            self._context.study.open(path)
            return
        kind = kind_of(path)
        if path.is_dir() and kind is OpenKind.SCAN:
            self._open_scans([path])
            return
        if kind is OpenKind.RESULT:
            self.open_result(path)
            return
        if kind is OpenKind.SCAN and path.exists():
            self._pages.scans.add([path])
        self.view(path)

    def view(self, path: Path) -> None:
        """Show a scan, a result or a label map in the step Segment."""
        self._go_to(StepName.SEGMENT)
        self._segment.document.open(path)

    def open_result(self, folder: Path) -> None:
        """Show a segmentation, or the several of a batch."""
        from brainstem_app.gui.document.opened import results_in

        self._context.messages.clear("")  # the others go with what they are about
        if self._is_for_review(results_in(folder)):
            self.review_results((folder,))
            return
        self._context.settings.add_recent_result(folder)
        self._go_to(StepName.SEGMENT)
        self._segment.document.open_result(folder)

    def _is_for_review(self, results: Sequence[Path]) -> bool:
        """Whether results are looked at in Review: several, or whatever is opened there."""
        return len(results) > 1 or (bool(results) and self._pages.step is StepName.REVIEW)

    def open_labels(self, path: Path) -> None:
        """Show a label map over the open scan."""
        self._begin(path)
        self._go_to(StepName.SEGMENT)
        self._segment.document.opener.open_labels(path)

    def open_model(self, file: Path) -> None:
        """Offer the model of a file in Segment."""
        from brainstem_app.models.library import find_model

        self._context.background.run(
            lambda: find_model(str(file)),
            lambda model: self._segment.segment_panel.add_model(model, file),
            lambda error: self._context.messages.say(message_of_error(error, "The model cannot be opened.")),
        )

    def fill_recent(self, menu: QMenu) -> None:
        """List the studies, scans and results opened last in a menu."""
        settings = self._context.settings
        menu.clear()
        kinds = (
            ("Studies", settings.recent_studies),
            ("Scans", settings.recent_scans),
            ("Results", settings.recent_results),
        )
        for title, paths in kinds:
            if paths:
                menu.addSection(title)
            for path in paths:
                action = menu.addAction(no_mnemonic(f"{path.name}    {path.parent}"))
                action.triggered.connect(lambda _checked=False, p=path: self.open_path(p))
        if menu.isEmpty():
            menu.addAction("Nothing has been opened yet").setEnabled(False)
            return
        menu.addSeparator()
        menu.addAction("Forget these").triggered.connect(lambda: settings.forget_recent())

    # Review ------------------------------------------------------------------------------------------

    def follow(self, review: ReviewPage) -> None:
        """Remember what is open in Review, and show in Segment what is corrected there."""
        self.left.follow_review(review)
        review.document.editor.saved.connect(lambda copy: self._on_edited(copy.parent))
        review.files.corrected.written.connect(self._on_edited)

    def arrive(self, step: StepName, before: StepName) -> None:
        """Show in a step what was open there when the work was left; in Review else what Segment shows."""
        if step is before and not self.left.has(step):
            return
        if step is StepName.SEGMENT:
            self.left.take_up_segment()
        review = self._pages.review
        if step is not StepName.REVIEW or review is None or not review.is_empty:
            return
        if not self.left.take_up_review(review):
            self._show_in(review)

    def review_results(self, folders: Sequence[Path]) -> None:
        """Show the segmentations in folders in Review, the first of them at once."""
        self._context.messages.clear("")  # the others go with what they are about
        self._go_to(StepName.REVIEW)
        if self._pages.review is not None:
            self._pages.review.files.open_results(folders)

    def review_result(self) -> None:
        """Show the result of Segment in Review, whatever is open there."""
        before = self._pages.review
        was_empty = before is None or before.is_empty
        self._go_to(StepName.REVIEW)
        review = self._pages.review
        if review is not None and not was_empty:
            review.files.when_saved(lambda: self._show_in(review))

    def _show_in(self, review: ReviewPage) -> None:
        """Pass on what Segment has read already: nothing is read twice."""
        from brainstem_app.gui.document.opened import OpenedResult

        shown = self._segment.document
        if shown.result is not None and shown.labels is not None:
            review.document.show_result(OpenedResult(shown.result, shown.labels, shown.scan))
        elif shown.scan is not None:
            review.document.show_scan(shown.scan)

    def when_edits_are_saved(self, go_on: Callable[[], None]) -> None:
        """Go on at once, or when the user has said in Review what becomes of edits that are not saved."""
        review = self._pages.review
        if review is None or not review.document.editor.is_changed:
            go_on()
            return
        self.step_wanted.emit(StepName.REVIEW)
        review.files.when_saved(go_on)

    def move_to_copy(self, source: Path, target: Path) -> None:
        """Show the results of a study that are open in its copy, which is worked on from now on."""

        def moved(folder: Path) -> Path:
            return target / folder.relative_to(source) if folder.is_relative_to(source) else folder

        document, review = self._segment.document, self._pages.review
        if document.result is not None and moved(document.result.folder) != document.result.folder:
            document.open_result(moved(document.result.folder))
        shown = None if review is None else review.document.result
        if review is None or shown is None or moved(shown.folder) == shown.folder:
            return
        folders = tuple(map(moved, review.results.folders))

        def show() -> None:
            review.results.offer(folders, moved(shown.folder))
            review.document.open_result(moved(shown.folder))

        self._moved_from = source
        review.files.when_saved(show)

    def _say_of_another_study(self) -> None:
        """Say of a result that is open in Review if it is of another study than the open one."""
        review = self._pages.review
        result = None if review is None else review.document.result
        if review is None or result is None or not result.is_segmentation:
            return
        study, moved_from = study_of_result(result.folder), self._moved_from
        self._moved_from = None  # its copy is shown in a moment
        if study is None or study in (self._context.study.folder, moved_from):
            return
        what = f"The result that is open here belongs to the study “{study.name}”, which is not the open one."
        fix = "Corrections are saved there."
        told = Message(MessageLevel.INFO, what, str(result.folder), fix, is_of_page=True)
        review.document.message.emit(told)

    def _on_edited(self, folder: Path) -> None:
        """Show the labels that count now in Segment too, if it shows that result."""
        document = self._segment.document
        result = document.result
        if result is not None and result.is_segmentation and result.folder == folder:
            document.open_result(folder, document.labels)

    def _go_to(self, step: StepName) -> None:
        """Go to a step to show something there, in place of what was open when the work was left."""
        self.left.forget(step)
        self.step_wanted.emit(step)

    def _begin(self, path: Path) -> None:
        self._context.settings.last_folder = path.parent
        self._context.messages.clear("")  # the others go with what they are about
