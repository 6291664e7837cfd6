"""Viewer of the page Segment: slices of the document, their slider, and the controls under them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSignalBlocker, Qt
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from brainstem_app.gui.controls import make_icon_button
from brainstem_app.gui.design.card import ElidedLabel
from brainstem_app.gui.structures.structure_menu import StructureMenu
from brainstem_app.gui.viewer.brightness import BrightnessPanel, make_brightness_button
from brainstem_app.gui.viewer.convention_switch import ConventionSwitch
from brainstem_app.gui.viewer.opacity_slider import OpacitySlider
from brainstem_app.gui.viewer.overlays.overlay import colour_table
from brainstem_app.gui.viewer.place_field import PlaceField
from brainstem_app.gui.viewer.slice_view import PAGE, SliceView

if TYPE_CHECKING:
    from brainstem_app.gui.document.document import Document
    from brainstem_app.gui.viewer.slices import Voxel


class ViewerPanel(QWidget):
    """A `SliceView` of a `Document` with its slice slider, opacity, convention and "whole slice" button."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.view = SliceView(parent=self)
        self.slider = QSlider(Qt.Orientation.Vertical, self)
        self.slider.setAccessibleName("Slice")
        self.slider.setToolTip("Slice, from the feet (bottom) to the head (top)")
        self.slider.setPageStep(PAGE)
        self.slider.valueChanged.connect(self.view.set_index)
        self.position = ElidedLabel(parent=self)
        self.position.setAccessibleName("Slice shown")
        self.opacity = OpacitySlider((40, 160), self)
        self.convention = ConventionSwitch(document.display.state.convention, self)
        self.fit_button = make_icon_button(
            self, "maximize", "Show the whole slice", "Whole slice: undo zoom (Ctrl+0)"
        )
        self.fit_button.clicked.connect(self.view.fit)
        self.labels_button = make_icon_button(
            self, "brain", "Zoom to the labels", "Brainstem: zoom to the labels (Ctrl+9)"
        )
        self.labels_button.clicked.connect(self.fit_labels)
        self.brightness = BrightnessPanel(self)
        self.brightness_button = make_brightness_button(self, self.brightness)
        self.place = PlaceField(self)
        self.menu = StructureMenu(document, self)
        self._lay_out()
        self._connect(document)
        self._draw(frozenset({"opacity", "convention", "has_crosshair"}))
        self._on_image()
        self._on_labels()

    def _lay_out(self) -> None:
        picture = QHBoxLayout()
        picture.setSpacing(4)
        picture.addWidget(self.view, 1)
        picture.addWidget(self.slider)
        controls = QHBoxLayout()
        controls.setSpacing(8)
        controls.addStretch(1)
        for widget in (self.opacity.name, self.opacity, self.opacity.percent, self.convention):
            controls.addWidget(widget)
        for button in (self.brightness_button, self.labels_button, self.fit_button):
            controls.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        caption = QHBoxLayout()
        caption.addWidget(self.position, 1)
        caption.addWidget(self.place)
        layout.addLayout(caption)
        layout.addLayout(picture, 1)
        layout.addLayout(controls)

    def _connect(self, document: Document) -> None:
        display = document.display
        self.opacity.valueChanged.connect(lambda percent: display.set(opacity=percent))
        self.convention.chosen.connect(lambda convention: display.set(convention=convention))
        self.view.place_changed.connect(self._show_place)
        self.view.enlarge_wanted.connect(self._fit_other)
        self.view.menu_wanted.connect(self._open_menu)
        self.view.window_changed.connect(self.brightness.show_window)
        self.brightness.window_chosen.connect(self.view.set_window)
        self.brightness.auto_wanted.connect(self.view.reset_window)
        self.place.placed.connect(self.view.set_crosshair)
        document.image_changed.connect(self._on_image)
        document.labels_changed.connect(self._on_labels)
        document.shapes_changed.connect(lambda: self.view.set_shapes(document.drawn_shapes))
        document.chosen.connect(self._on_chosen)
        document.structures.visibility_changed.connect(self._show_colours)
        display.changed.connect(self._draw)

    def fit_labels(self) -> None:
        """Zoom to the labels."""
        extent = self._document.editor.extent
        if extent is not None:
            self.view.fit_labels(*extent)

    def _open_menu(self, voxel: Voxel | None, position: QPoint) -> None:
        """Open the menu of a place."""
        menu = self.menu.new_menu()
        if voxel is not None:
            self.menu.add_place_to(menu, self.view, voxel)
        menu.addAction("Brainstem", self.fit_labels).setEnabled(self.labels_button.isEnabled())
        menu.addAction("Whole slice", self.view.fit)
        menu.addAction("Reset brightness and contrast", self.view.reset_window)
        menu.popup(self.view.viewport().mapToGlobal(position))

    def _fit_other(self) -> None:
        """Show the brainstem, or the whole slice if that is what is seen now."""
        before = self.view.part
        self.fit_labels()
        if self.view.part == before:
            self.view.fit()

    # What the document tells -------------------------------------------------------------------------

    def _on_image(self) -> None:
        """Show a scan from its middle."""
        image = self._document.image
        if image is None:
            return
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, image.grid.shape[self.view.plane.normal] - 1)
        self.view.set_image(image)
        self.brightness.show_image(image, self.view.window)
        self.place.show_grid(image.grid)
        self.view.setFocus()

    def _on_labels(self) -> None:
        labels = self._document.drawn
        self.view.set_labels(labels)
        image = self._document.image
        if image is not None and labels is not None and labels.extent is not None:
            self.view.set_home_window(*image.window_for(labels))
        self.labels_button.setEnabled(labels is not None and labels.extent is not None)
        self._show_colours()

    def _on_chosen(self, label: int) -> None:
        place = self._document.editor.place(label)
        if place is not None:
            self.view.set_crosshair(place)

    def _show_colours(self) -> None:
        structures = self._document.structures
        self.view.set_colours(colour_table(structures.colours, structures.visible))

    def _draw(self, names: frozenset[str]) -> None:
        state = self._document.display.state
        if "opacity" in names:
            self.opacity.show_percent(state.opacity)
            self.view.set_opacity(state.opacity / 100)
        if "convention" in names:
            self.convention.show_convention(state.convention)
            self.view.set_convention(state.convention)
        if "has_crosshair" in names:
            self.view.show_crosshair(state.has_crosshair)

    def _show_place(self) -> None:
        image, index = self._document.image, self.view.index
        if image is None:
            return
        with QSignalBlocker(self.slider):
            self.slider.setValue(index)
        height = image.grid.world_mm(self.view.crosshair)[self.view.plane.normal]
        self.position.setText(f"Slice {index + 1} of {self.view.n_slices}  ·  z = {height:.1f} mm")
