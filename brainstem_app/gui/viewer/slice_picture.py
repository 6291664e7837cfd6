"""Picture of one plane of a scan with its labels and the crosshair; `SliceView` adds mouse and keys."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRectF, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QResizeEvent, QTransform
from PySide6.QtWidgets import QWidget

from brainstem_app.gui.viewer.convention import Convention, Plane
from brainstem_app.gui.viewer.graphics import pg
from brainstem_app.gui.viewer.letter_labels import LetterLabels
from brainstem_app.gui.viewer.orientation_letters import edge_letters, is_mirrored
from brainstem_app.gui.viewer.overlays.image_layer import ImageLayer
from brainstem_app.gui.viewer.overlays.layer_stack import LayerStack
from brainstem_app.gui.viewer.overlays.overlay_layers import OverlayLayers, OverlayStyle
from brainstem_app.gui.viewer.overlays.smooth_shapes import SmoothShapes
from brainstem_app.gui.viewer.scale_bar import draw_scale_bar, draw_sides
from brainstem_app.gui.viewer.slices import Voxel, joined, slice_of_box
from brainstem_app.gui.viewer.smooth_image import SmoothImage
from brainstem_app.gui.viewer.volume import ImageVolume, LabelVolume
from brainstem_app.imaging.orientation import axis_letters

_CROSSHAIR_COLOUR = (255, 214, 0, 190)
_CROSSHAIR_GAP = 14


class SlicePicture(pg.GraphicsView):
    """Draws one slice at a time of an `ImageVolume`, and the labels over it.

    Parameters
    ----------
    plane : Plane
        Plane through the canonical volume.

    Signals
    -------
    index_changed(int)
        Another slice is shown.
    place_changed
        The crosshair is at another voxel, whoever moved it, or in another scan or plane.
    crosshair_moved(object)
        The user moved the crosshair to this voxel (x, y, z).
    window_changed(float, float)
        Another darkest and brightest step are shown.
    part_chosen
        Another part of the slice is shown: zoomed, moved or fitted; not: resized.
    """

    index_changed = Signal(int)
    place_changed = Signal()
    crosshair_moved = Signal(object)
    window_changed = Signal(float, float)
    part_chosen = Signal()

    def __init__(self, plane: Plane = Plane.AXIAL, parent: QWidget | None = None) -> None:
        super().__init__(parent, background="k")
        self.plane = plane
        self._convention = Convention.RADIOLOGICAL
        self._image: ImageVolume | None = None
        self._labels: LabelVolume | None = None
        self._reference: LabelVolume | None = None
        self._confidence: NDArray[np.uint8] | None = None
        self._shapes: SmoothShapes | None = None
        self._layers: tuple[ImageLayer, ...] = ()
        self._crosshair: Voxel = (0, 0, 0)
        self._window = self._home_window = (0.0, 1.0)
        self._shows_crosshair = True
        self._build()

    def _build(self) -> None:
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False, lockAspect=1.0)
        self.box.setDefaultPadding(0.02)
        self.setCentralItem(self.box)
        self.image_item = SmoothImage()
        self.box.addItem(self.image_item, ignoreBounds=True)
        self.layer_stack = LayerStack(self.box)
        self.overlays = OverlayLayers(self.box)
        self.box.invertX(is_mirrored(self.plane, self._convention))
        self._letters = LetterLabels(self)

    # What is shown ---------------------------------------------------------------------------------

    @property
    def index(self) -> int:
        """Number of the slice shown, from 0."""
        return self._crosshair[self.plane.normal]

    @property
    def n_slices(self) -> int:
        """Number of slices, 0 without a scan."""
        return 0 if self._image is None else self._image.grid.shape[self.plane.normal]

    @property
    def crosshair(self) -> Voxel:
        """Voxel (x, y, z) the crosshair is at."""
        return self._crosshair

    @property
    def window(self) -> tuple[float, float]:
        """Darkest and brightest intensity step."""
        return self._window

    @property
    def convention(self) -> Convention:
        """Which side of the patient is at the left."""
        return self._convention

    def set_image(self, image: ImageVolume) -> None:
        """Show a scan from its middle, without labels."""
        self._image, self._labels = image, None
        self._reference = self._confidence = self._shapes = None
        self.set_layers(())
        self._crosshair = image.grid.centre
        self._home_window = self._window = image.window
        self._show_plane()
        self._tell_index()

    def set_plane(self, plane: Plane) -> None:
        """Show another plane through the crosshair."""
        self.plane = plane
        if self._image is not None:
            self._show_plane()
            self._tell_index()

    def _tell_index(self) -> None:
        self.index_changed.emit(self.index)
        self.place_changed.emit()

    def _show_plane(self) -> None:
        if self._image is None:
            return
        sizes = self._image.grid.voxel_size_mm
        scale = QTransform.fromScale(sizes[self.plane.horizontal], sizes[self.plane.vertical])
        self.image_item.setTransform(scale)
        self.layer_stack.set_scale(scale)
        self.overlays.set_scale(scale)
        shape = self._image.grid.shape
        self.overlays.curves.set_area(QRectF(0, 0, shape[self.plane.horizontal], shape[self.plane.vertical]))
        self.set_convention(self._convention)
        self.redraw()
        self.fit()

    def set_labels(self, labels: LabelVolume | None) -> None:
        """Show a label map on the scan's grid over the scan, or none."""
        self._labels = self._on_grid(labels)
        self.redraw_labels()

    def set_reference(self, reference: LabelVolume | None) -> None:
        """Mark where the labels differ from these (of visible structures only), or mark nothing."""
        self._reference = self._on_grid(reference)
        self.redraw_labels()

    def set_confidence(self, confidence: NDArray[np.uint8] | None) -> None:
        """Draw this confidence, (Z, Y, X), 255 for 1, in place of the labels' colours; None for the colours.

        Only where a visible label is.
        """
        if confidence is not None and self._image is not None and confidence.shape != self._image.steps.shape:
            raise ValueError("the confidence is not on the grid of the scan")
        self._confidence = confidence
        self.redraw_labels()

    def set_shapes(self, shapes: SmoothShapes | None) -> None:
        """Draw these smooth shapes in place of the labels' voxels, or the voxels again."""
        self._shapes = shapes
        self.redraw_labels()

    def set_layers(self, layers: tuple[ImageLayer, ...]) -> None:
        """Lay images over the scan, the first one lowest; labels stay above them."""
        self._layers = layers
        self.layer_stack.show(layers, self.plane, self.index)

    def _on_grid(self, labels: LabelVolume | None) -> LabelVolume | None:
        if labels is not None and self._image is not None and not labels.grid.matches(self._image.grid):
            raise ValueError("the labels are not on the grid of the scan")
        return labels

    def set_colours(self, table: NDArray[np.uint8]) -> None:
        """Set the colours of the labels, (256, 4): red, green, blue, opacity."""
        self.overlays.set_colours(table)

    def set_opacity(self, opacity: float) -> None:
        """Set the opacity of all labels, 0…1."""
        self.overlays.set_opacity(opacity)

    def set_style(self, style: OverlayStyle) -> None:
        """Fill the labels or outline them."""
        self.overlays.set_style(style)

    def set_convention(self, convention: Convention) -> None:
        """Put the patient's right (radiological) or left (neurological) at the left of the screen."""
        self._convention = convention
        self.box.invertX(is_mirrored(self.plane, convention))
        self._show_letters()

    def set_index(self, index: int) -> None:
        """Show a slice; the crosshair goes with it."""
        self.move_to(self._with_axis(self._crosshair, self.plane.normal, index), by_user=True)

    def set_crosshair(self, voxel: Voxel) -> None:
        """Put the crosshair at a voxel and show its slice."""
        self.move_to(voxel, by_user=False)

    def step(self, slices: int) -> None:
        """Go some slices up (positive: towards the head) or down."""
        self.set_index(self.index + slices)

    def show_crosshair(self, shown: bool) -> None:
        """Draw the crosshair or not."""
        self._shows_crosshair = shown
        self.viewport().update()

    def fit_labels(self, lowest: Voxel, highest: Voxel, margin_mm: float = 15.0) -> None:
        """Zoom to the part of the slice between two corners of a box of voxels."""
        if self._image is None:
            return
        sizes = self._image.grid.voxel_size_mm
        h, v = self.plane.horizontal, self.plane.vertical
        self.show_part(
            (lowest[h] * sizes[h] - margin_mm, (highest[h] + 1) * sizes[h] + margin_mm),
            (lowest[v] * sizes[v] - margin_mm, (highest[v] + 1) * sizes[v] + margin_mm),
        )

    def fit(self) -> None:
        """Show the whole slice."""
        if self._image is None:
            return
        sizes, shape = self._image.grid.voxel_size_mm, self._image.grid.shape
        h, v = self.plane.horizontal, self.plane.vertical
        self.show_part((0, shape[h] * sizes[h]), (0, shape[v] * sizes[v]))

    @property
    def part(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The part of the slice asked for, in mm, horizontally and vertically; more of it may be visible."""
        (left, right), (bottom, top) = self.box.targetRange()
        return (left, right), (bottom, top)

    def show_part(
        self, horizontal: tuple[float, float], vertical: tuple[float, float], border: float | None = None
    ) -> None:
        """Show a part of the slice, in mm, and a border, as a share of it; 2 % if not given."""
        self.box.setRange(xRange=horizontal, yRange=vertical, padding=border)
        self.part_chosen.emit()

    def move_part(self, by: QPointF) -> None:
        """Move the picture, in mm."""
        self.box.translateBy(by)
        self.part_chosen.emit()

    def zoom(self, factor: float, centre: QPointF | None = None) -> None:
        """Magnify (factor above 1) about a point in mm of the slice."""
        self.box.scaleBy((1 / factor, 1 / factor), center=centre)
        self.part_chosen.emit()

    def set_window(self, low: float, high: float) -> None:
        """Show intensity steps from ``low`` (black) to ``high`` (white)."""
        window = (low, max(high, low + 1.0))
        if window != self._window:
            self._window = window
            self.image_item.setLevels(window)
            self.window_changed.emit(*window)

    def set_home_window(self, low: float, high: float) -> None:
        """Set what suits what is looked at, and show it, unless the user has chosen otherwise."""
        is_at_home = self._window == self._home_window
        self._home_window = (low, max(high, low + 1.0))
        if is_at_home:
            self.reset_window()

    def reset_window(self) -> None:
        """Back to the window that suits what is looked at: the brainstem, or the scan without labels."""
        if self._image is not None:
            self.set_window(*self._home_window)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Keep the letters at the edges."""
        super().resizeEvent(event)
        if hasattr(self, "_letters"):
            self._letters.place()

    def move_to(self, voxel: Voxel, *, by_user: bool) -> None:
        """Put the crosshair at a voxel (or the nearest there is); tell others if the user did it."""
        if self._image is None:
            return
        x, y, z = (min(max(i, 0), n - 1) for i, n in zip(voxel, self._image.grid.shape, strict=True))
        before, self._crosshair = self._crosshair, (x, y, z)
        if before == self._crosshair:
            return
        if before[self.plane.normal] != self.index:
            self.redraw()
            self._tell_index()
        else:
            self.viewport().update()
            self.place_changed.emit()
        if by_user:
            self.crosshair_moved.emit(self._crosshair)

    def redraw(self) -> None:
        """Draw the slice and its labels anew."""
        if self._image is not None:
            picture = self._image.slice(self.plane, self.index)
            self.image_item.setImage(picture, autoLevels=False, levels=self._window)
            self.layer_stack.show(self._layers, self.plane, self.index)
            self.redraw_labels()

    def redraw_labels(self) -> None:
        """Draw the labels of the slice anew, because they have changed."""
        if self._image is None:
            return
        labels, reference, plane, index = self._labels, self._reference, self.plane, self.index
        shapes = self._shapes
        curves = None if shapes is None else lambda wanted: shapes.curves(plane, index, wanted)
        # Labels fill a small part of a head: what lies around them need not be cut, coloured and blended.
        box = joined(
            None if labels is None else labels.extent, None if reference is None else reference.extent
        )
        if labels is None or box is None or not box[0][plane.normal] <= index <= box[1][plane.normal]:
            self.overlays.show(None, None, None, curves=curves)
        else:
            layers = (labels.labels, None if reference is None else reference.labels, self._confidence)
            shown, other, sure = (
                None if layer is None else slice_of_box(layer, box, plane, index) for layer in layers
            )
            corner = box[0][plane.horizontal], box[0][plane.vertical]
            self.overlays.show(shown, other, sure, corner, curves)
        self.viewport().update()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:  # noqa: N802 - Qt's name
        """Draw the scale, the name of the sides, and the crosshair, open in its middle to hide no nucleus."""
        super().drawForeground(painter, rect)
        if self._image is None:
            return
        painter.save()
        painter.resetTransform()
        area = QRectF(self.viewport().rect())
        draw_scale_bar(painter, area, float(self.box.viewPixelSize()[0]))
        draw_sides(painter, area, self.plane, self._convention)
        painter.restore()
        if not self._shows_crosshair:
            return
        centre = self._crosshair_pixel()
        width, height = self.viewport().width(), self.viewport().height()
        painter.save()
        painter.resetTransform()
        painter.setPen(QPen(QColor(*_CROSSHAIR_COLOUR), 1))
        painter.drawLine(QPoint(0, centre.y()), QPoint(centre.x() - _CROSSHAIR_GAP, centre.y()))
        painter.drawLine(QPoint(centre.x() + _CROSSHAIR_GAP, centre.y()), QPoint(width, centre.y()))
        painter.drawLine(QPoint(centre.x(), 0), QPoint(centre.x(), centre.y() - _CROSSHAIR_GAP))
        painter.drawLine(QPoint(centre.x(), centre.y() + _CROSSHAIR_GAP), QPoint(centre.x(), height))
        painter.restore()

    def _crosshair_pixel(self) -> QPoint:
        return self._pixel_of(self._crosshair)

    def _pixel_of(self, voxel: Voxel) -> QPoint:
        """Pixel of this widget in the middle of a voxel."""
        if self._image is None:
            return QPoint()
        sizes = self._image.grid.voxel_size_mm
        h, v = self.plane.horizontal, self.plane.vertical
        middle = QPointF((voxel[h] + 0.5) * sizes[h], (voxel[v] + 0.5) * sizes[v])
        pixel: QPoint = self.mapFromScene(self.box.mapViewToScene(middle))
        return pixel

    def _show_letters(self) -> None:
        if self._image is not None:
            axes = axis_letters(self._image.grid.affine)
            self._letters.show_letters(edge_letters(axes, self.plane, self._convention))

    def slice_point(self, position: QPoint) -> QPointF:
        """Return the point of the slice, in mm from its corner, at a pixel of this widget."""
        point: QPointF = self.box.mapSceneToView(self.mapToScene(position))
        return point

    def voxel_at(self, position: QPoint) -> Voxel | None:
        """Return the voxel at a pixel of this widget, None outside the scan."""
        if self._image is None:
            return None
        point = self.slice_point(position)
        sizes = self._image.grid.voxel_size_mm
        h, v = self.plane.horizontal, self.plane.vertical
        voxel = self._with_axis(self._crosshair, h, int(np.floor(point.x() / sizes[h])))
        voxel = self._with_axis(voxel, v, int(np.floor(point.y() / sizes[v])))
        return voxel if self._image.grid.contains(voxel) else None

    @staticmethod
    def _with_axis(voxel: Voxel, axis: int, value: int) -> Voxel:
        x, y, z = (value if i == axis else voxel[i] for i in range(3))
        return x, y, z
