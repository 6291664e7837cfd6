"""What the step Review reads and writes: dialogs, threads, the question about unsaved edits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from brainstem_app.gui.document.opened import OpenKind, kind_of
from brainstem_app.gui.document.scan_opener import ScanOpener
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from brainstem_app.gui.review.review_step import ReviewStep


class ReviewFiles(QObject):
    """Shows the file dialogs of a `ReviewStep`, reads on threads, and keeps unsaved edits from being lost.

    Signals
    -------
    message(object)
        A `Message` to show in place.
    """

    message = Signal(object)

    def __init__(self, step: ReviewStep) -> None:
        super().__init__(step)
        self._step = step
        self._settings = step.settings
        self.opener = ScanOpener(step.background, self)
        self.opener.failed.connect(self.message)
        self.opener.noted.connect(self.message)

    # Opening -----------------------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Open a scan, a label map, a result folder or a folder of several."""
        if path.is_dir() and kind_of(path) is OpenKind.RESULT:
            self.open_results((path,))
            return
        scan = None if self._step.scan is None else self._step.scan.path
        self.when_saved(lambda: self.opener.open(path, scan))

    def open_result(self, folder: Path) -> None:
        """Open a folder that Segment has written."""
        scan = None if self._step.scan is None else self._step.scan.path
        self.when_saved(lambda: self.opener.open_result(folder, scan))

    def open_results(self, folders: Sequence[Path]) -> None:
        """Open the segmentations in folders, the first of them at once."""
        from brainstem_app.gui.document.opened import results_in

        step = self._step
        homes = tuple(dict.fromkeys(home for folder in folders for home in results_in(folder))) or tuple(
            folders[:1]
        )

        def go_on() -> None:
            step.results.offer(homes)
            self.opener.open_result(homes[0], None if step.scan is None else step.scan.path)

        self.when_saved(go_on)

    def choose_result(self) -> None:
        """Ask for a folder that Segment has written and open it."""
        start = str(self._settings.results_folder)
        name = QFileDialog.getExistingDirectory(self._step, self.tr("Open a result folder"), start)
        if name:
            self.open_results((Path(name),))

    def choose_scan(self) -> None:
        """Ask for a scan and open it."""
        kinds = self.tr("Scans (*.nii *.nii.gz *.mgz *.mgh *.hdr *.img);;All files (*)")
        path = self._file(self.tr("Open a scan"), kinds)
        if path is not None:
            self.when_saved(lambda: self.opener.open_scan(path))

    def choose_labels(self) -> None:
        """Ask for a label map and open it."""
        path = self._file(self.tr("Open a label map"), self._label_kinds())
        if path is not None:
            self.when_saved(lambda: self.opener.open_labels(path))

    def choose_reference(self) -> None:
        """Ask for a second label map and compare with it."""
        path = self._file(self.tr("Open a reference to compare with"), self._label_kinds())
        if path is not None:
            self._step.comparison.open(path)

    def _file(self, title: str, kinds: str) -> Path | None:
        name, _ = QFileDialog.getOpenFileName(self._step, title, str(self._settings.last_folder), kinds)
        if not name:
            return None
        self._settings.last_folder = Path(name).parent
        return Path(name)

    def _label_kinds(self) -> str:
        return self.tr("Label maps (*.nii *.nii.gz *.mgz *.mgh *.hdr *.img);;All files (*)")

    # Unsaved edits -----------------------------------------------------------------------------------

    def when_saved(self, go_on: Callable[[], None]) -> None:
        """Go on at once, or when the user has said what becomes of the unsaved edits."""
        editor = self._step.editor
        if not editor.is_changed:
            go_on()
            return

        what = self.tr("The labels that are open have edits that are not saved.")
        actions = (
            MessageAction(self.tr("Save a copy and go on"), lambda: editor.save_copy(go_on)),
            MessageAction(self.tr("Discard the edits"), go_on),
            MessageAction(self.tr("Keep editing"), lambda: None),
        )
        self.message.emit(Message(MessageLevel.QUESTION, what, actions=actions, owner="edits"))

    # Pictures ----------------------------------------------------------------------------------------

    def choose_picture_target(self, image: QImage, name: str) -> None:
        """Ask where to save a picture, and save it."""
        start = str(self._settings.last_folder / f"{name}.png")
        chosen, _ = QFileDialog.getSaveFileName(
            self._step, self.tr("Save a picture"), start, self.tr("PNG (*.png)")
        )
        if chosen:
            self._settings.last_folder = Path(chosen).parent
            self.save_picture(image, Path(chosen))

    def save_picture(self, image: QImage, path: Path) -> None:
        """Save a picture on a thread."""
        from brainstem_app.gui.review.picture import save_picture

        def done(saved: Path) -> None:
            what = self.tr("The picture is saved as {0}.").format(saved.name)
            self.message.emit(Message(MessageLevel.INFO, what, str(saved.parent)))

        self._step.background.run(
            lambda: save_picture(image, path),
            done,
            lambda error: self.message.emit(
                message_of_error(error, self.tr("The picture could not be saved."))
            ),
        )
