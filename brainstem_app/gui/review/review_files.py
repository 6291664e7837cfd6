"""Files of Review: dialogs, reading on threads, the question about unsaved edits, pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu

from brainstem_app.gui.document.opened import OpenKind, kind_of
from brainstem_app.gui.file_dialogs import FileDialogs
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error
from brainstem_app.gui.plain_labels import no_mnemonic
from brainstem_app.gui.review.corrected_result import CorrectedResult
from brainstem_app.gui.study.training_set import TrainingSet

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PySide6.QtGui import QImage
    from PySide6.QtWidgets import QWidget

    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.document.document import Document
    from brainstem_app.gui.review.document_views import DocumentViews
    from brainstem_app.gui.review.results_bar import ResultsBar


class ReviewFiles(QObject):
    """Shows file dialogs, opens what is chosen in a document, and keeps its unsaved edits from being lost.

    Attributes
    ----------
    training_set : TrainingSet
        Makes the labels the reference of their subject.
    corrected : CorrectedResult
        Writes the report of the corrected labels, or takes them back.

    Signals
    -------
    message(object)
        A `Message` to show in place.
    """

    message = Signal(object)

    def __init__(self, context: AppContext, document: Document, results: ResultsBar, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings, self._background = context.settings, context.background
        self._document = document
        self._results = results
        self._over = parent
        self._ask = FileDialogs(context.settings, parent)
        self.training_set = TrainingSet(context, document, self)
        self.corrected = CorrectedResult(context, document, self)
        for told in (self.training_set.message, self.corrected.message):
            told.connect(self.message)
        self.corrected.restored.connect(self.open_result)

    # Opening -----------------------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Open a scan, a label map, a result folder or a folder of several."""
        if path.is_dir() and kind_of(path) is OpenKind.RESULT:
            self.open_results((path,))
            return
        self.when_saved(lambda: self._document.open(path))

    def open_result(self, folder: Path) -> None:
        """Open a folder that Segment has written."""
        self.when_saved(lambda: self._document.open_result(folder))

    def open_results(self, folders: Sequence[Path]) -> None:
        """Open the segmentations in folders, the first of them at once."""
        from brainstem_app.gui.document.opened import results_in

        homes = tuple(dict.fromkeys(home for folder in folders for home in results_in(folder))) or tuple(
            folders[:1]
        )

        def go_on() -> None:
            for folder in folders:
                self._settings.add_recent_result(folder)
            self._results.offer(homes)
            self._document.open_result(homes[0])

        self.when_saved(go_on)

    def choose_result(self) -> None:
        """Ask for a folder that Segment has written and open it."""
        folder = self._ask.folder("Open a result folder", self._settings.results_folder)
        if folder is not None:
            self.open_results((folder,))

    def choose_scan(self) -> None:
        """Ask for a scan and open it."""
        kinds = "Scans (*.nii *.nii.gz *.mgz *.mgh *.hdr *.img);;All files (*)"
        path = self._ask.file("Open a scan", kinds)
        if path is not None:
            self.when_saved(lambda: self._document.opener.open_scan(path))

    def choose_layer(self) -> None:
        """Ask for images and lay them over the scan."""
        kinds = "Images (*.nii *.nii.gz *.mgz *.mgh *.hdr *.img);;All files (*)"
        for path in self._ask.files("Add images over the scan", kinds):
            self._document.layers.add(path)

    def ask_about_image(self, path: Path, place: QPoint) -> None:
        """Ask by a menu whether a dropped file lies over the scan, or is the scan to look at."""
        menu = QMenu(self._over)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        words = no_mnemonic(f"Lay {path.name} over the scan")
        menu.addAction(words, lambda: self._document.layers.add(path))
        menu.addAction("Open it as a scan", lambda: self.open_path(path))
        menu.popup(place)

    def choose_labels(self) -> None:
        """Ask for a label map and open it."""
        path = self._ask.file("Open a label map", self._label_kinds())
        if path is not None:
            self.when_saved(lambda: self._document.opener.open_labels(path))

    def choose_reference(self) -> None:
        """Ask for a second label map and compare with it."""
        path = self._ask.file("Open a reference to compare with", self._label_kinds())
        if path is not None:
            self._document.comparison.open(path)

    def _label_kinds(self) -> str:
        return "Label maps (*.nii *.nii.gz *.mgz *.mgh *.hdr *.img);;All files (*)"

    # Unsaved edits -----------------------------------------------------------------------------------

    def when_saved(self, go_on: Callable[[], None]) -> None:
        """Go on at once, or when the user has said what becomes of the unsaved edits."""
        editor = self._document.editor
        if not editor.is_changed:
            go_on()
            return

        what = "The labels that are open have edits that are not saved."
        actions = (
            MessageAction("Save a copy and go on", lambda: editor.save_copy(go_on)),
            MessageAction("Discard the edits", lambda: self._discard(go_on)),
            MessageAction("Keep editing", lambda: None),
        )
        self.message.emit(Message(MessageLevel.QUESTION, what, actions=actions, owner="edits"))

    def _discard(self, go_on: Callable[[], None]) -> None:
        """Show the labels as they were opened: they stay where a scan is opened on their grid."""
        self._document.discard_edits()
        go_on()

    # Pictures ----------------------------------------------------------------------------------------

    def choose_picture(self, views: DocumentViews) -> None:
        """Ask where to save a picture of the view that has the keys, and save it."""
        from brainstem_app.gui.review.picture import picture_of

        is_surface = views.surface.hasFocus()
        target = views.surface if is_surface else views.main_view
        name = "3d" if is_surface else views.main_view.plane.name.lower()
        self._choose_target(picture_of(target, self._picture_texts(views)), name)

    def choose_picture_of_all(self, views: DocumentViews) -> None:
        """Ask where to save a picture of all views on the screen, and save it."""
        from brainstem_app.gui.review.picture import picture_of_all

        self._choose_target(picture_of_all(views.picture_cells(), self._picture_texts(views)), "views")

    def choose_figure(self, views: DocumentViews) -> None:
        """Make a figure for a paper of what is shown, in a dialog."""
        from brainstem_app.gui.review.figure_dialog import FigureDialog

        content = views.figure_content()
        if content is None:
            return
        dialog = FigureDialog(content, views.figure_cells(), self._background, self._over)
        dialog.save_wanted.connect(self._choose_figure_target)
        dialog.open()

    def _choose_figure_target(self, figure: Figure) -> None:
        """Ask where to save a figure and as what, and save it on a thread."""
        from brainstem_app.gui.review.figure_dialog import default_name
        from brainstem_app.gui.review.paper_figure import figure_target, save_figure

        document = self._document
        source = document.scan or document.labels
        kinds = "PNG, 300 dpi (*.png);;SVG (*.svg);;PDF (*.pdf)"
        name = default_name(None if source is None else source.path)
        chosen = self._ask.target("Save the figure", name, kinds)
        if chosen is None:
            return
        target = figure_target(*chosen)

        def done(saved: Path) -> None:
            what = f"The figure is saved as {saved.name}."
            self.message.emit(Message(MessageLevel.INFO, what, str(saved.parent)))

        self._background.run(
            lambda: save_figure(figure, target),
            done,
            lambda error: self.message.emit(message_of_error(error, "The figure could not be saved.")),
        )

    def _picture_texts(self, views: DocumentViews) -> dict[str, str]:
        """Return what the file of a picture says of where it is from."""
        document = self._document
        texts = {"Software": "Brainstem App", "Place": document.place_text(views.crosshair)}
        source = document.scan or document.labels
        return texts if source is None else {**texts, "Source": source.path.name}

    def _choose_target(self, image: QImage, name: str) -> None:
        """Ask where to save a picture, and save it."""
        stem = image.text("Source").split(".")[0] or "picture"
        target = self._ask.target("Save a picture", f"{stem}_{name}.png", "PNG (*.png)")
        if target is not None:
            self.save_picture(image, target[0])

    def save_picture(self, image: QImage, path: Path) -> None:
        """Save a picture on a thread."""
        from brainstem_app.gui.review.picture import save_picture

        def done(saved: Path) -> None:
            what = f"The picture is saved as {saved.name}."
            self.message.emit(Message(MessageLevel.INFO, what, str(saved.parent)))

        self._background.run(
            lambda: save_picture(image, path),
            done,
            lambda error: self.message.emit(message_of_error(error, "The picture could not be saved.")),
        )
