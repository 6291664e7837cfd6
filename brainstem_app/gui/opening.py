"""Opening: what the user gave goes to the step that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from brainstem_app.gui.left_open import LeftOpen
from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.workflow.step import StepName

if TYPE_CHECKING:
    from brainstem_app.gui.main_window import MainWindow
    from brainstem_app.gui.review.review_step import ReviewStep


class Opening(QObject):
    """Decides what a path is, and shows it.

    A study opens as a whole; datasets and folders of scans go to the table of Scans; a scan, a result or a
    label map is shown in Segment, several results in Review.

    Attributes
    ----------
    left : LeftOpen
        What was open in Segment and Review when the work was left.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._settings = window.context.settings
        self.left = LeftOpen(window.context.study, window.segment_page, self)

    def open_paths(self, paths: list[Path]) -> None:
        """Open what the user chose or dropped: one thing as what it is, several as scans of the list."""
        if len(paths) == 1:
            self.open_path(paths[0])
        elif paths:
            self._window.context.study.when_restored(lambda: self._open_scans(paths))

    def _open_scans(self, paths: list[Path]) -> None:
        self._begin(paths[0])
        self._window.show_step(StepName.SCANS)
        self._window.scans.add(paths)

    def open_path(self, path: Path) -> None:
        """Open a study, a scan, a folder of scans, a result folder or a label map."""
        self._window.context.study.when_restored(lambda: self._open_path(path))

    def _open_path(self, path: Path) -> None:
        from brainstem_app.gui.document.opened import OpenKind, kind_of, results_in
        from brainstem_app.gui.study.workspace import is_study

        self._begin(path)
        if path.is_dir() and is_study(path):
            self._window.context.study.open(path)
            return
        kind = kind_of(path)
        if path.is_dir() and kind is OpenKind.SCAN:
            self._open_scans([path])
            return
        if kind is OpenKind.RESULT and len(results_in(path)) > 1:
            self.review_results((path,))
            return
        if kind is OpenKind.SCAN and path.exists():
            self._window.scans.add([path])
        self.view(path)

    def view(self, path: Path) -> None:
        """Show a scan, a result or a label map in the step Segment."""
        self.left.forget(StepName.SEGMENT)
        self._window.show_step(StepName.SEGMENT)
        self._window.segment_page.open_path(path)

    def open_result(self, folder: Path) -> None:
        """Show a segmentation, or the several of a batch."""
        from brainstem_app.gui.document.opened import results_in

        self._window.message_bar.clear("")  # the others go with what they are about
        if len(results_in(folder)) > 1:
            self.review_results((folder,))
            return
        self.left.forget(StepName.SEGMENT)
        self._window.show_step(StepName.SEGMENT)
        scan = self._window.segment_page.scan
        self._window.segment_page.opener.open_result(folder, None if scan is None else scan.path)

    def open_labels(self, path: Path) -> None:
        """Show a label map over the open scan."""
        self._begin(path)
        self._window.show_step(StepName.SEGMENT)
        self.left.forget(StepName.SEGMENT)
        self._window.segment_page.opener.open_labels(path)

    def open_model(self, file: Path) -> None:
        """Offer the model of a file in Segment."""
        from brainstem_app.models.library import find_model

        window = self._window
        window.background.run(
            lambda: find_model(str(file)),
            lambda model: window.segment_page.segment_panel.add_model(model, file),
            lambda error: window.message_bar.show_message(
                message_of_error(error, self.tr("The model cannot be opened."))
            ),
        )

    # Review ------------------------------------------------------------------------------------------

    def follow(self, review: ReviewStep) -> None:
        """Remember what is open in Review, and show in Segment what is corrected there."""
        self.left.follow_review(review)
        review.editor.saved.connect(self._on_edited)

    def arrive(self, step: StepName, before: StepName) -> None:
        """Show in a step what was open there when the work was left; in Review else what Segment shows."""
        if step is before and not self.left.has(step):
            return
        if step is StepName.SEGMENT:
            self.left.take_up_segment(self._window.segment_page)
        review = self._window.review
        if step is not StepName.REVIEW or review is None or review.scan or review.labels:
            return
        if not self.left.take_up_review(review):
            self._show_in(review)

    def review_results(self, folders: Sequence[Path]) -> None:
        """Show the segmentations in folders in Review, the first of them at once."""
        self._window.message_bar.clear("")  # the others go with what they are about
        self.left.forget(StepName.REVIEW)
        self._window.show_step(StepName.REVIEW)
        review = self._window.review
        if review is not None:
            review.files.open_results(folders)

    def review_result(self) -> None:
        """Show the result of Segment in Review, whatever is open there."""
        before = self._window.review
        was_empty = before is None or (before.scan is None and before.labels is None)
        self.left.forget(StepName.REVIEW)
        self._window.show_step(StepName.REVIEW)
        review = self._window.review
        if review is not None and not was_empty:
            review.files.when_saved(lambda: self._show_in(review))

    def _show_in(self, review: ReviewStep) -> None:
        """Pass on what Segment has read already: nothing is read twice."""
        from brainstem_app.gui.document.opened import OpenedResult

        step = self._window.segment_page
        if step.result is not None and step.labels is not None:
            review.show_result(OpenedResult(step.result, step.labels, step.scan))
        elif step.scan is not None:
            review.show_scan(step.scan)

    def _on_edited(self, copy: Path) -> None:
        """Show the corrected labels in Segment too, if it shows those they were made from."""
        step = self._window.segment_page
        result, scan = step.result, None if step.scan is None else step.scan.path
        if result is not None and result.is_segmentation and result.folder == copy.parent:
            step.opener.open_result(copy.parent, scan, step.labels)

    def _begin(self, path: Path) -> None:
        self._settings.last_folder = path.parent
        self._window.message_bar.clear("")  # the others go with what they are about
