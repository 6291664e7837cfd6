"""Readout under the views: what lies under crosshair and pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from brainstem_app.gui.design.card import ElidedLabel
from brainstem_app.gui.viewer.place_field import PlaceField

if TYPE_CHECKING:
    from brainstem_app.gui.document.document import Document
    from brainstem_app.gui.review.document_views import DocumentViews
    from brainstem_app.gui.viewer.slices import Voxel


class Readout(QWidget):
    """Two lines of text about places of a document."""

    def __init__(self, document: Document, views: DocumentViews, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._views = document, views
        self._pointed: Voxel | None = None
        self.crosshair, self.pointed = self._line("Crosshair"), self._line("Pointer")
        self.place = PlaceField(self)
        self.place.placed.connect(views.go_to)
        document.image_changed.connect(self._show_grid)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.crosshair)
        words.addWidget(self.pointed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(words, 1)
        layout.addWidget(self.place)
        views.crosshair_moved.connect(lambda _voxel: self._show_crosshair())
        views.pointed.connect(self._point)
        views.surface.pointed.connect(self._point_in_space)
        for signal in (
            document.labels_changed,
            document.confidence_changed,
            document.comparison.changed,
            document.editor.painted,
            document.layers.changed,
            document.structures.visibility_changed,
        ):
            signal.connect(lambda *_told: self._show())

    def _show_grid(self) -> None:
        image = self._document.image
        self.place.show_grid(None if image is None else image.grid)

    def _show(self) -> None:
        """Say anew what lies there: labels, reference or confidence are others."""
        self._show_crosshair()
        self._point(self._pointed)

    def _show_crosshair(self) -> None:
        text = self._document.place_text(self._views.crosshair)
        self.crosshair.setText(f"Crosshair:  {text}" if text else "")

    def _point(self, voxel: Voxel | None) -> None:
        self._pointed = voxel
        text = "" if voxel is None else self._document.place_text(voxel)
        self.pointed.setText(f"Pointer:  {text}" if text else "")

    def _point_in_space(self, label: int) -> None:
        words = self._document.structure_text(label)
        self.pointed.setText(f"Pointer:  {words}" if words else "")

    def show_busy(self, text: str) -> None:
        """Say what is being read, in place of what lies under the pointer."""
        self.pointed.setText(text)

    def _line(self, name: str) -> ElidedLabel:
        # A long name must not widen the window while the pointer passes over it.
        label = ElidedLabel(parent=self)
        label.setAccessibleName(name)
        label.setMinimumHeight(label.fontMetrics().height())
        return label
