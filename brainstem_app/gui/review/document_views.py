"""Linked views that show a document and follow it; the surfaces of its nuclei are made on a thread."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from brainstem_app.gui.background import Reader
from brainstem_app.gui.document.brush import Brush
from brainstem_app.gui.document.drawing_tools import SMALLEST_MM, Tool
from brainstem_app.gui.document.opened import OpenKind, kind_of
from brainstem_app.gui.dropped import dropped_paths, take_drop
from brainstem_app.gui.review.linked_views import LinkedViews
from brainstem_app.gui.review.view_layout import ViewLayout
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.gesture import Gesture
from brainstem_app.gui.viewer.overlays.overlay import colour_table
from brainstem_app.gui.viewer.overlays.overlay_layers import OverlayStyle

if TYPE_CHECKING:
    from brainstem_app.gui.background import Background
    from brainstem_app.gui.document.document import Document
    from brainstem_app.gui.review.paper_figure import FigureCell, FigureContent
    from brainstem_app.gui.viewer.slices import Voxel
    from brainstem_app.gui.viewer.surfaces.surface import Shell, Surface

_SURFACE_MS = 400
_GESTURES = {
    Tool.LOOK: Gesture.NONE,
    Tool.BRUSH: Gesture.STROKE,
    Tool.ERASER: Gesture.STROKE,
    Tool.FILL: Gesture.TOUCH,
    Tool.POLYGON: Gesture.POLYGON,
    Tool.RULER: Gesture.RULER,
}


class DocumentViews(LinkedViews):
    """Draws a `Document`; what is done in the views goes to its editor.

    Signals
    -------
    image_dropped(object, object)
        A file (Path) that may be an image was dropped on a scan, at a place of the screen (QPoint).
    """

    image_dropped = Signal(object, object)

    def __init__(self, document: Document, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(background, parent)
        self._document = document
        self._reader = Reader(background)
        self.setAcceptDrops(True)
        self._surface_soon = QTimer(self, singleShot=True, interval=_SURFACE_MS)
        self._surface_soon.timeout.connect(self.update_surface)
        self._connect_document()
        self._draw(frozenset({"opacity", "convention"}))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take one image over an open scan; anything else is the window's."""
        if self._document.layers.can_add and _dropped_image(event) is not None:
            take_drop(event)
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Tell of the image."""
        path = _dropped_image(event)
        if path is not None:
            take_drop(event)
            self.image_dropped.emit(path, self.mapToGlobal(event.position().toPoint()))

    def _connect_document(self) -> None:
        document, editor = self._document, self._document.editor
        document.image_changed.connect(self._on_image)
        document.labels_changed.connect(self._on_labels)
        document.confidence_changed.connect(self._show_confidence)
        document.shapes_changed.connect(self._show_shapes)
        document.chosen.connect(self._on_chosen)
        document.structures.visibility_changed.connect(self._show_colours)
        document.comparison.changed.connect(self._show_reference)
        document.display.changed.connect(self._draw)
        editor.painted.connect(self._on_painted)
        editor.jumped.connect(self.go_to)
        editor.brush_changed.connect(self._on_tool)
        self.stroke_began.connect(editor.begin)
        self.stroke_moved.connect(editor.move)
        self.stroke_ended.connect(editor.end)
        self.touched.connect(editor.fill)
        self.outlined.connect(editor.outline)
        rulers = document.rulers
        self.measured.connect(rulers.put)
        self.ruler_chosen.connect(rulers.choose)
        self.removal_wanted.connect(rulers.remove_chosen)
        rulers.changed.connect(lambda: self.set_rulers(rulers.all, rulers.chosen))
        document.layers.changed.connect(lambda: self.set_layers(document.layers.drawn))
        self.surface.picked.connect(document.choose)
        self.layout_changed.connect(lambda _layout, _plane: self.update_surface())

    def show_layout(self, layout: ViewLayout, plane: Plane | None = None) -> None:
        """Choose which views are on the screen, and give the keys to the main one."""
        self.set_layout(layout, plane)
        self.main_view.setFocus()

    def fit_labels(self) -> None:
        """Zoom to the labels."""
        extent = self._document.editor.extent
        if extent is not None:
            self.each_visible(lambda view: view.fit_labels(*extent))

    # What the document tells -------------------------------------------------------------------------

    def _on_image(self) -> None:
        if self._document.image is not None:
            self.set_image(self._document.image)

    def _on_labels(self) -> None:
        drawn, image = self._document.drawn, self._document.image
        self.set_labels(drawn)
        if image is not None and drawn is not None and drawn.extent is not None:
            self.set_home_window(*image.window_for(drawn))
        self._show_reference()
        self._show_colours()
        self.update_surface()

    def _show_shapes(self) -> None:
        self.set_shapes(self._document.drawn_shapes)
        self.update_surface()

    def _on_painted(self, box: tuple[Voxel, Voxel] | None) -> None:
        self.redraw_labels(box)
        self._surface_soon.start()  # when no stroke has followed for a moment

    def _on_tool(self) -> None:
        """Draw by the way of the tool; what is no brush is shown as the voxel under the pointer."""
        editor = self._document.editor
        self.surface.set_chosen(editor.label)
        gesture = _GESTURES[editor.tool]
        if editor.labels is None and gesture is not Gesture.RULER:
            gesture = Gesture.NONE
        self.set_gesture(gesture, editor.brush or Brush(SMALLEST_MM))

    def _on_chosen(self, label: int) -> None:
        place = self._document.editor.place(label)
        if place is not None:
            self.go_to(place)
            self.each_visible(lambda view: view.show_voxel(place))

    def _draw(self, names: frozenset[str]) -> None:
        state = self._document.display.state
        if names & {"opacity", "hides_labels"}:
            self.set_opacity(0.0 if state.hides_labels else state.opacity / 100)
        if "convention" in names:
            self.set_convention(state.convention)
        if "is_outlined" in names:
            self.set_style(OverlayStyle.OUTLINE if state.is_outlined else OverlayStyle.FILL)
        if "has_crosshair" in names:
            self.show_crosshair(state.has_crosshair)
        if "by_confidence" in names:
            self._show_confidence()
        if "marks_differences" in names:
            self._show_reference()

    def _show_colours(self) -> None:
        structures = self._document.structures
        self.set_colours(colour_table(structures.colours, structures.visible))

    def _show_confidence(self) -> None:
        document = self._document
        self.set_confidence(document.confidence if document.display.state.by_confidence else None)

    def _show_reference(self) -> None:
        reference = self._document.comparison.reference
        marks = self._document.display.state.marks_differences
        self.set_reference(None if reference is None else reference.labels, marks=marks)
        if reference is None and self.view_layout is ViewLayout.SIDE_BY_SIDE:
            self.show_layout(ViewLayout.THREE)

    def figure_content(self) -> FigureContent | None:
        """Return what a figure for a paper is made of; None if nothing is open."""
        from brainstem_app.gui.review.paper_figure import FigureContent

        document, state = self._document, self._document.display.state
        if document.image is None:
            return None
        structures = document.structures
        names = {} if document.labels is None else {s.index: s.name for s in structures.structures}
        return FigureContent(
            document.image,
            None if state.hides_labels else document.drawn,
            colour_table(structures.colours, structures.visible),
            names,
            self.main_view.window,
            state.convention,
            state.opacity / 100,
            state.is_outlined,
            document.rulers.all,
            document.drawn_shapes,
            document.layers.drawn,
        )

    def figure_cells(self) -> tuple[FigureCell, ...]:
        """Return the slices on the screen, each with the part of it that is seen."""
        from brainstem_app.gui.review.paper_figure import FigureCell

        return tuple(FigureCell(view.plane, view.index, *view.part) for view in self.visible_views())

    def update_surface(self) -> None:
        """Make the surfaces of the nuclei anew, on a thread, if they are on the screen."""
        labels, opened = self._document.drawn, self._document.labels
        if not self.shows_surface:
            return
        if labels is None or opened is None:
            self._reader.forget()
            self.surface.set_surface(None)
            return
        self.surface.expect_surface()
        from brainstem_app.gui.viewer.surfaces.surface import Shell, shell_of, surface_of

        extent = self._document.editor.extent
        nuclei = [s.index for s in opened.table.nuclei]
        known = opened.regions
        colours = {} if known is None else {s.index: s.rgb for s in known.table.structures[1:]}
        shapes = self._document.drawn_shapes

        def made() -> tuple[Surface, Shell | None]:
            smooth, around = (None, None) if shapes is None else (shapes.in_space, shapes.around)
            if smooth is not None and around is not None and colours:
                return smooth, Shell.of_regions(around, colours)
            # Without tissue the labels are nuclei alone, and there is nothing around them.
            has_tissue = len(nuclei) < len(opened.table.structures) - 1
            shell = None
            if has_tissue:
                shell = shell_of(labels, None if known is None else known.labels, colours, extent)
            return smooth or surface_of(labels, nuclei, extent), shell

        self._reader.read(
            made,
            lambda both: self.surface.set_surface(*both),
            lambda _error: self.surface.set_surface(None),
            id(opened),  # while somebody draws, what was drawn before is shown
        )


def _dropped_image(event: QDropEvent) -> Path | None:
    """Path of the one file that is dropped, if it is named as an image is that is no label map."""
    from brainstem_app.imaging.file_names import HEADER_ENDINGS, LOOSE_ENDINGS, has_ending

    paths = dropped_paths(event)
    if len(paths) != 1 or not paths[0].is_file() or kind_of(paths[0]) is not OpenKind.SCAN:
        return None
    return paths[0] if has_ending(paths[0], (*LOOSE_ENDINGS, *HEADER_ENDINGS)) else None
