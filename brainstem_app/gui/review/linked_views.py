"""Linked views: three planes and the nuclei in space, or one plane, or two label maps."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from brainstem_app.gui.background import Background
from brainstem_app.gui.document.brush import Brush
from brainstem_app.gui.review.picture import PictureCell
from brainstem_app.gui.review.view_layout import ViewLayout
from brainstem_app.gui.viewer.convention import Convention, Plane
from brainstem_app.gui.viewer.drawing_view import DrawingView
from brainstem_app.gui.viewer.gesture import Gesture
from brainstem_app.gui.viewer.overlays.image_layer import ImageLayer
from brainstem_app.gui.viewer.overlays.overlay_layers import OverlayStyle
from brainstem_app.gui.viewer.overlays.smooth_shapes import SmoothShapes
from brainstem_app.gui.viewer.ruler import Ruler
from brainstem_app.gui.viewer.slice_pane import SlicePane
from brainstem_app.gui.viewer.slices import Voxel
from brainstem_app.gui.viewer.surfaces.view import SurfaceView
from brainstem_app.gui.viewer.volume import ImageVolume, LabelVolume


class LinkedViews(QWidget):
    """Views that share crosshair, brightness, labels; those side by side share zoom and place too.

    Signals
    -------
    crosshair_moved(object), pointed(object)
        Voxel (x, y, z), the latter None outside.
    stroke_began(bool), stroke_moved(object, object, object), stroke_ended
        The user draws in one of the views: whether to erase; the plane, from which voxel to which.
    touched(object, object, bool)
        A voxel was clicked with a tool: plane, voxel, whether to erase.
    outlined(object, int, object, bool)
        A polygon was closed: plane, slice, points (N, 2) in voxels of the slice, whether to erase.
    measured(object, object), ruler_chosen(object), removal_wanted
        As of a `DrawingView`.
    menu_wanted(object, object, object)
        The user wants a menu: the view, the voxel or None, the pixel (QPoint) of the view.
    layout_changed(object, object)
        A `ViewLayout` and `Plane`.
    """

    crosshair_moved = Signal(object)
    pointed = Signal(object)
    stroke_began = Signal(bool)
    stroke_moved = Signal(object, object, object)
    stroke_ended = Signal()
    touched = Signal(object, object, bool)
    outlined = Signal(object, int, object, bool)
    measured = Signal(object, object)
    ruler_chosen = Signal(object)
    removal_wanted = Signal()
    menu_wanted = Signal(object, object, object)
    layout_changed = Signal(object, object)

    def __init__(self, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: ImageVolume | None = None
        self._labels: LabelVolume | None = None
        self._reference: LabelVolume | None = None
        self._gesture, self._brush = Gesture.NONE, Brush()
        self._is_linking = False
        self._crosshair: Voxel = (0, 0, 0)
        self.view_layout = ViewLayout.THREE
        self.plane = Plane.AXIAL
        self.panes = {plane: SlicePane(plane, parent=self) for plane in Plane}
        self.reference_pane = SlicePane(Plane.AXIAL, "Reference", self)
        self._in_space = "Nuclei in space"
        self.surface = SurfaceView(background, self)
        self.surface.enlarge_wanted.connect(self.enlarge_space)
        self.shell_box = self._made_shell_box()
        self._surface_pane = self._with_caption(self.surface)
        self.active: QWidget = self.panes[Plane.AXIAL]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        self._grid = grid
        for pane in self._all_panes():
            self._connect(pane)
        self._arrange()
        self._set_active(self.panes[Plane.AXIAL])

    def _made_shell_box(self) -> QCheckBox:
        box = QCheckBox("Brainstem", self)
        box.setToolTip("Draws the brainstem around the nuclei as of glass, by its regions")
        box.setChecked(True)
        box.setEnabled(False)
        box.toggled.connect(self.surface.show_shell)
        self.surface.shell_changed.connect(box.setEnabled)
        return box

    def _with_caption(self, view: QWidget) -> QWidget:
        pane = QWidget(self)
        layout = QVBoxLayout(pane)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        line = QHBoxLayout()
        line.addWidget(QLabel(f"{self._in_space}  ·  drag to turn", pane), 1)
        line.addWidget(self.shell_box)
        layout.addLayout(line)
        layout.addWidget(view, 1)
        return pane

    def _connect(self, pane: SlicePane) -> None:
        view = pane.view
        view.crosshair_moved.connect(lambda voxel, view=view: self._on_crosshair(view, voxel))
        view.pointed.connect(self.pointed)
        view.window_changed.connect(lambda *_window, view=view: self._link_window(view))
        view.stroke_began.connect(self.stroke_began)
        view.stroke_moved.connect(
            lambda start, end, view=view: self.stroke_moved.emit(view.plane, start, end)
        )
        view.stroke_ended.connect(self.stroke_ended)
        view.touched.connect(lambda voxel, erases, view=view: self.touched.emit(view.plane, voxel, erases))
        view.outlined.connect(
            lambda index, points, erases, view=view: self.outlined.emit(view.plane, index, points, erases)
        )
        for told, on in (
            (view.measured, self.measured),
            (view.ruler_chosen, self.ruler_chosen),
            (view.removal_wanted, self.removal_wanted),
        ):
            told.connect(on)
        view.menu_wanted.connect(
            lambda voxel, position, view=view: self.menu_wanted.emit(view, voxel, position)
        )
        view.focused.connect(lambda pane=pane: self._set_active(pane))
        view.part_chosen.connect(lambda view=view: self._link_part(view))
        view.enlarge_wanted.connect(lambda view=view: self.enlarge(view.plane))

    # Layout ------------------------------------------------------------------------------------------

    def set_layout(self, layout: ViewLayout, plane: Plane | None = None) -> None:
        """Choose which views are on the screen; ``plane`` is the large one's."""
        self.view_layout = layout
        self.plane = plane or self.plane
        self._arrange()
        self.layout_changed.emit(self.view_layout, self.plane)

    def enlarge(self, plane: Plane) -> None:
        """Show one plane alone; all again if that is so already."""
        is_large = self.view_layout is ViewLayout.ONE and self.plane is plane
        if self.view_layout is not ViewLayout.SIDE_BY_SIDE:
            self.set_layout(ViewLayout.THREE if is_large else ViewLayout.ONE, plane)

    def enlarge_space(self) -> None:
        """Show the nuclei in space alone; all again if that is so already."""
        is_large = self.view_layout is ViewLayout.SPACE
        self.set_layout(ViewLayout.THREE if is_large else ViewLayout.SPACE)

    def _arrange(self) -> None:
        main = self.panes[self.plane]
        places: dict[QWidget, tuple[int, int]] = {main: (0, 0)}
        if self.view_layout is ViewLayout.THREE:
            places = {
                self.panes[Plane.AXIAL]: (0, 0),
                self.panes[Plane.CORONAL]: (0, 1),
                self.panes[Plane.SAGITTAL]: (1, 0),
                self._surface_pane: (1, 1),
            }
        elif self.view_layout is ViewLayout.SIDE_BY_SIDE:
            places[self.reference_pane] = (0, 1)
            self.reference_pane.set_plane(self.plane)
        elif self.view_layout is ViewLayout.SPACE:
            places = {self._surface_pane: (0, 0)}
        for widget in (*self._all_panes(), self._surface_pane):
            self._grid.removeWidget(widget)
            widget.setVisible(widget in places)
        for widget, place in places.items():
            self._grid.addWidget(widget, *place)
        for number in range(2):
            self._grid.setRowStretch(number, int(any(row == number for row, _ in places.values())))
            self._grid.setColumnStretch(number, int(any(column == number for _, column in places.values())))
        main.set_title("Labels" if self.view_layout is ViewLayout.SIDE_BY_SIDE else "")
        if self.active not in places:
            self._set_active(main)
            (main.view if main in places else self.surface).setFocus()
        self._synchronise(self._crosshair)
        self._link_part(main.view)
        self._update_brush()

    def _all_panes(self) -> tuple[SlicePane, ...]:
        return (*self.panes.values(), self.reference_pane)

    def views(self) -> Iterator[DrawingView]:
        """All slice views, those not on the screen too."""
        return (pane.view for pane in self._all_panes())

    def visible_views(self) -> Iterator[DrawingView]:
        """Slice views on the screen."""
        return (pane.view for pane in self._all_panes() if not pane.isHidden())

    def picture_cells(self) -> list[PictureCell]:
        """Return the views on the screen, as a picture of all of them has them."""
        shown: list[tuple[QWidget, QWidget, str]] = [
            (pane, pane.view, pane.caption.text()) for pane in self._all_panes() if not pane.isHidden()
        ]
        if self.shows_surface:
            shown.append((self._surface_pane, self.surface, self._in_space))
        return [PictureCell(view, caption, *self._place_of(pane)) for pane, view, caption in shown]

    def _place_of(self, pane: QWidget) -> tuple[int, int]:
        place: tuple[int, int, int, int] = self._grid.getItemPosition(self._grid.indexOf(pane))  # type: ignore[assignment]
        return place[0], place[1]

    @property
    def shows_surface(self) -> bool:
        """Whether the nuclei in space are on the screen."""
        return not self._surface_pane.isHidden()

    @property
    def main_view(self) -> DrawingView:
        """The view that keys act on: the one with the focus, else the first."""
        if isinstance(self.active, SlicePane) and not self.active.isHidden():
            return self.active.view
        return self.panes[Plane.AXIAL if self.view_layout is ViewLayout.THREE else self.plane].view

    def _set_active(self, pane: SlicePane) -> None:
        self.active = pane
        for other in self._all_panes():
            other.set_active(other is pane)

    def focus_next(self) -> None:
        """Give the keys to the next view on the screen, the nuclei in space after the planes."""
        shown: list[QWidget] = list(self.visible_views())
        if self.shows_surface:
            shown.append(self.surface)
        place = next((number for number, view in enumerate(shown) if view.hasFocus()), -1)
        shown[(place + 1) % len(shown)].setFocus()

    # What is shown -----------------------------------------------------------------------------------

    def set_image(self, image: ImageVolume) -> None:
        """Show a scan from its middle, without labels."""
        self._image, self._labels, self._reference = image, None, None
        for pane in self._all_panes():
            pane.set_image(image)
        self._update_brush()
        self.go_to(image.grid.centre)

    def set_labels(self, labels: LabelVolume | None) -> None:
        """Show labels over the scan."""
        self._labels = labels
        for pane in self.panes.values():
            pane.view.set_labels(labels)

    def set_shapes(self, shapes: SmoothShapes | None) -> None:
        """Draw smooth shapes in place of the labels' voxels, or the voxels again."""
        for pane in self.panes.values():
            pane.view.set_shapes(shapes)

    def set_layers(self, layers: tuple[ImageLayer, ...]) -> None:
        """Lay images over the scan."""
        for view in self.views():
            view.set_layers(layers)

    def set_reference(self, reference: LabelVolume | None, *, marks: bool) -> None:
        """Show another label map in the view of its own; ``marks``: mark in all where the two differ."""
        self._reference = reference
        self.reference_pane.view.set_labels(reference)
        for pane in self.panes.values():
            pane.view.set_reference(reference if marks else None)
        self.reference_pane.view.set_reference(self._labels if marks and reference is not None else None)

    def set_confidence(self, confidence: NDArray[np.uint8] | None) -> None:
        """Draw a confidence in place of the labels' colours, or the colours again."""
        for pane in self.panes.values():
            pane.view.set_confidence(confidence)

    def set_colours(self, table: NDArray[np.uint8]) -> None:
        """Set the colours of the labels, (256, 4)."""
        for view in self.views():
            view.set_colours(table)
        self.surface.set_colours(table)

    def set_opacity(self, opacity: float) -> None:
        """Set the opacity of the labels, 0…1."""
        for view in self.views():
            view.set_opacity(opacity)

    def set_style(self, style: OverlayStyle) -> None:
        """Fill or outline the labels."""
        for view in self.views():
            view.set_style(style)

    def set_convention(self, convention: Convention) -> None:
        """Put the patient's right or left at the left of the screen."""
        for view in self.views():
            view.set_convention(convention)

    def show_crosshair(self, shown: bool) -> None:
        """Draw the crosshair or not."""
        for view in self.views():
            view.show_crosshair(shown)

    def redraw_labels(self, box: tuple[Voxel, Voxel] | None = None) -> None:
        """Draw the labels anew, for voxels have changed; only views of a box of voxels, if one is given."""
        for view in self.visible_views():
            axis = view.plane.normal
            if box is None or box[0][axis] <= view.index <= box[1][axis]:
                view.redraw_labels()

    def set_home_window(self, low: float, high: float) -> None:
        """Set the brightness that suits what is looked at; what the user has chosen stays."""
        for view in self.views():
            view.set_home_window(low, high)

    def set_rulers(self, rulers: tuple[Ruler, ...], chosen: Ruler | None) -> None:
        """Draw rulers, each on its own slice."""
        for view in self.views():
            view.set_rulers(rulers, chosen)

    def each_visible(self, do: Callable[[DrawingView], None]) -> None:
        """Do something with each slice view on the screen, e.g. fit it."""
        for view in self.visible_views():
            do(view)

    # Links -------------------------------------------------------------------------------------------

    @property
    def crosshair(self) -> Voxel:
        """Voxel (x, y, z) the crosshair is at."""
        return self._crosshair

    def go_to(self, voxel: Voxel) -> None:
        """Put the crosshair of all views at a voxel."""
        self._synchronise(voxel)
        self._crosshair = self.main_view.crosshair  # within the scan
        self.crosshair_moved.emit(self._crosshair)

    def _synchronise(self, voxel: Voxel) -> None:
        for view in {*self.visible_views(), self.main_view}:
            view.set_crosshair(voxel)

    def _on_crosshair(self, source: DrawingView, voxel: Voxel) -> None:
        self._crosshair = voxel
        for view in self.visible_views():
            if view is not source:
                view.set_crosshair(voxel)
        self.crosshair_moved.emit(voxel)

    def _link_window(self, source: DrawingView) -> None:
        if self._is_linking:
            return
        self._is_linking = True
        for view in self.views():
            view.set_window(*source.window)
        self._is_linking = False

    def _link_part(self, source: DrawingView) -> None:
        """Two views of the same plane side by side show the same part of it."""
        if self._is_linking or self.view_layout is not ViewLayout.SIDE_BY_SIDE:
            return
        pair = (self.panes[self.plane].view, self.reference_pane.view)
        if source in pair:
            self._is_linking = True
            (pair[1] if source is pair[0] else pair[0]).show_part(*source.part, border=0.0)
            self._is_linking = False

    # Brush -------------------------------------------------------------------------------------------

    def set_gesture(self, gesture: Gesture, brush: Brush) -> None:
        """Draw in the views of the labels in some way, with a brush if it is by strokes."""
        self._gesture, self._brush = gesture, brush
        self._update_brush()

    def drop_polygon(self) -> bool:
        """Forget the polygon or the ruler that is being drawn; False if there is none."""
        dropped = [view.drop_polygon() for view in self.views()]
        return any(dropped)

    def _update_brush(self) -> None:
        measures = self._gesture is Gesture.RULER and self._image is not None
        self.reference_pane.view.set_gesture(Gesture.RULER if measures else Gesture.NONE)
        for pane in self.panes.values():
            if self._gesture is Gesture.NONE or self._image is None:
                pane.view.set_gesture(Gesture.NONE)
            elif measures:
                pane.view.set_gesture(Gesture.RULER)
            else:
                sizes = self._image.grid.voxel_size_mm
                pane.view.set_gesture(self._gesture, self._brush.footprint(sizes, pane.view.plane))
