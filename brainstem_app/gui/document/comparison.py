"""Comparison of a document with a second label map: read it, compare, find the next difference."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from brainstem_app.gui.background import Background
from brainstem_app.gui.document.atlas_question import note_of_labels, question_of_atlas
from brainstem_app.gui.messages.message import Message, MessageLevel, message_of_error

if TYPE_CHECKING:
    from brainstem_app.gui.document.agreement import Agreement
    from brainstem_app.gui.document.label_editor import LabelEditor
    from brainstem_app.gui.document.opened import OpenedLabels
    from brainstem_app.gui.viewer.convention import Plane
    from brainstem_app.gui.viewer.slices import Voxel


class Comparison(QObject):
    """Compares the labels of an editor, as they are now, with a reference.

    Signals
    -------
    changed
        There is another reference, or none.
    compared(object)
        An `Agreement`.
    message(object)
        A `Message` to show in place.
    """

    changed = Signal()
    compared = Signal(object)
    message = Signal(object)

    def __init__(self, editor: LabelEditor, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._background = background
        self.reference: OpenedLabels | None = None
        self.agreement: Agreement | None = None

    def open(self, path: Path, atlas: str | None = None) -> None:
        """Read a label map and compare with it."""
        from brainstem_app.gui.document.opened import find_result, read_labels_for_viewer

        like = self._editor.opened

        def done(reference: OpenedLabels) -> None:
            if self._editor.opened is like:  # others are open by now
                self._on_read(reference)

        self._background.run(
            lambda: read_labels_for_viewer(
                find_result(path).labels if path.is_dir() else path, atlas, like, by_name=True
            ),
            done,
            lambda error: self.message.emit(
                question_of_atlas(error, lambda chosen: self.open(path, chosen))
                or message_of_error(error, f"{path.name} cannot be opened.", "reference")
            ),
        )

    def _on_read(self, reference: OpenedLabels) -> None:
        self.set_reference(reference)
        if reference.notes and self.reference is reference:
            self.message.emit(note_of_labels(reference))

    def set_reference(self, reference: OpenedLabels | None) -> None:
        """Compare with other labels, or with none."""
        labels = self._editor.labels
        if reference is not None and (labels is None or not reference.labels.grid.matches(labels.grid)):
            what = "The reference does not lie on the grid of the labels, so the two cannot be compared."
            fix = "Choose labels of the same scan, on its own grid."
            self.message.emit(Message(MessageLevel.ERROR, what, str(reference.path), fix, owner="reference"))
            return
        opened = self._editor.opened
        if reference is not None and opened is not None and opened.table.names != reference.table.names:
            what = "The reference's labels are of {0}, those that are open of {1}: they do not compare."
            fix = "Choose labels of the same atlas."
            self.message.emit(
                Message(
                    MessageLevel.ERROR,
                    what.format(reference.atlas, opened.atlas),
                    str(reference.path),
                    fix,
                    owner="reference",
                )
            )
            return
        self.reference, self.agreement = reference, None
        self.changed.emit()
        self.compare()

    def compare(self) -> None:
        """Compare anew, because the labels have changed."""
        labels, reference = self._editor.labels, self.reference
        if labels is None or reference is None:
            return
        from brainstem_app.gui.document.agreement import compare
        from brainstem_app.gui.viewer.slices import joined

        box = joined(self._editor.extent, reference.labels.extent)
        nuclei = [s.index for s in reference.table.nuclei]
        self.agreement = compare(
            labels.labels, reference.labels.labels, box, reference.table.n_classes, nuclei
        )
        self.compared.emit(self.agreement)

    def next_difference(self, shown: Collection[int], plane: Plane, after: int) -> Voxel | None:
        """Find the next slice where a visible structure differs; None if there is none."""
        labels, reference = self._editor.labels, self.reference
        if labels is None or reference is None:
            return None
        from brainstem_app.gui.document.agreement import next_difference
        from brainstem_app.gui.viewer.slices import joined

        box = joined(self._editor.extent, reference.labels.extent)
        return next_difference(labels.labels, reference.labels.labels, box, shown, plane, after)
