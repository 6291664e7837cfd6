"""One plane of a scan with its labels: wheel, keys, zoom, window and level, crosshair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QResizeEvent, QTransform, QWheelEvent
from PySide6.QtWidgets import QWidget

from brainstem_app.gui.viewer.convention import Convention, Plane
from brainstem_app.gui.viewer.graphics import pg
from brainstem_app.gui.viewer.letter_labels import LetterLabels
from brainstem_app.gui.viewer.orientation_letters import edge_letters, is_mirrored
from brainstem_app.gui.viewer.volume import ImageVolume, LabelVolume, Voxel, slice_of
from brainstem_app.imaging.orientation import axis_letters

PAGE = 10
_ZOOM_STEP = 1.2
_WHEEL_NOTCH = 120


class SliceView(pg.GraphicsView):
    """Draws one slice at a time of an `ImageVolume`, and the labels over it.

    Parameters
    ----------
    plane : Plane
        Plane through the canonical volume. Several views are linked by connecting ``crosshair_moved`` of
        each to ``set_crosshair`` of the others.

    Signals
    -------
    index_changed(int)
        Another slice is shown.
    crosshair_moved(object)
        The user moved the crosshair to this voxel (x, y, z).
    pointed(object)
        Voxel (x, y, z) under the pointer, None outside the picture.
    """

    index_changed = Signal(int)
    crosshair_moved = Signal(object)
    pointed = Signal(object)

    def __init__(self, plane: Plane = Plane.AXIAL, parent: QWidget | None = None) -> None:
        super().__init__(parent, background="k")
        self.plane = plane
        self._convention = Convention.RADIOLOGICAL
        self._image: ImageVolume | None = None
        self._labels: LabelVolume | None = None
        self._crosshair: Voxel = (0, 0, 0)
        self._window = (0.0, 1.0)
        self._drag: tuple[QPoint, Qt.MouseButton, Qt.KeyboardModifier] | None = None
        self._wheel = 0
        self._build()

    def _build(self) -> None:
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False, lockAspect=1.0)
        self.box.setDefaultPadding(0.02)
        self.setCentralItem(self.box)
        self.image_item = _SmoothImage()
        self.label_item = pg.ImageItem()
        self.label_item.setZValue(1)
        self.label_item.setLookupTable(np.zeros((256, 4), dtype=np.uint8))
        pen = pg.mkPen((255, 214, 0, 150), width=1)
        self._lines = (pg.InfiniteLine(angle=90, pen=pen), pg.InfiniteLine(angle=0, pen=pen))
        for line in self._lines:
            line.setZValue(2)
        for item in (self.image_item, self.label_item, *self._lines):
            self.box.addItem(item, ignoreBounds=True)
        self._letters = LetterLabels(self)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Slices of the scan"))
        self.setAccessibleDescription(
            self.tr("Up and down arrows and page keys change the slice; Ctrl and wheel zoom.")
        )

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
        self._crosshair = image.grid.centre
        self._window = image.window
        sizes = image.grid.voxel_size_mm
        scale = QTransform.fromScale(sizes[self.plane.horizontal], sizes[self.plane.vertical])
        self.image_item.setTransform(scale)
        self.label_item.setTransform(scale)
        self._show_letters()
        self._redraw()
        self.fit()
        self.index_changed.emit(self.index)

    def set_labels(self, labels: LabelVolume | None) -> None:
        """Show a label map on the scan's grid over the scan, or none."""
        if labels is not None and self._image is not None and not labels.grid.matches(self._image.grid):
            raise ValueError("the labels are not on the grid of the scan")
        self._labels = labels
        self._redraw()

    def set_colours(self, table: NDArray[np.uint8]) -> None:
        """Set the colours of the labels, (256, 4): red, green, blue, opacity."""
        self.label_item.setLookupTable(table)

    def set_opacity(self, opacity: float) -> None:
        """Set the opacity of all labels, 0…1."""
        self.label_item.setOpacity(opacity)

    def set_convention(self, convention: Convention) -> None:
        """Put the patient's right (radiological) or left (neurological) at the left of the screen."""
        self._convention = convention
        self.box.invertX(is_mirrored(self.plane, convention))
        self._show_letters()

    def set_index(self, index: int) -> None:
        """Show a slice; the crosshair goes with it."""
        self._move_to(self._with_axis(self._crosshair, self.plane.normal, index), by_user=True)

    def set_crosshair(self, voxel: Voxel) -> None:
        """Put the crosshair at a voxel and show its slice."""
        self._move_to(voxel, by_user=False)

    def step(self, slices: int) -> None:
        """Go some slices up (positive: towards the head) or down."""
        self.set_index(self.index + slices)

    def fit(self) -> None:
        """Show the whole slice."""
        if self._image is None:
            return
        sizes, shape = self._image.grid.voxel_size_mm, self._image.grid.shape
        h, v = self.plane.horizontal, self.plane.vertical
        self.box.setRange(xRange=(0, shape[h] * sizes[h]), yRange=(0, shape[v] * sizes[v]))

    def zoom(self, factor: float, centre: QPointF | None = None) -> None:
        """Magnify (factor above 1) about a point in mm of the slice."""
        self.box.scaleBy((1 / factor, 1 / factor), center=centre)

    def set_window(self, low: float, high: float) -> None:
        """Show intensity steps from ``low`` (black) to ``high`` (white)."""
        self._window = (low, max(high, low + 1.0))
        self.image_item.setLevels(self._window)

    def reset_window(self) -> None:
        """Back to the window that suits the whole scan."""
        if self._image is not None:
            self.set_window(*self._image.window)

    # Mouse and keys --------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Change the slice, or zoom about the pointer with Ctrl."""
        turned = event.angleDelta().y()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            point = self._scene_point(event.position().toPoint())
            self.zoom(_ZOOM_STEP ** (turned / _WHEEL_NOTCH), point)
        else:
            self._wheel += turned
            notches = int(self._wheel / _WHEEL_NOTCH)
            self._wheel -= notches * _WHEEL_NOTCH
            if notches:
                self.step(notches)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Arrows and page keys change the slice."""
        steps = {
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: PAGE,
            Qt.Key.Key_PageDown: -PAGE,
            Qt.Key.Key_Home: self.n_slices,
            Qt.Key.Key_End: -self.n_slices,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None or self._image is None:
            event.ignore()
            return
        self.step(step)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Left: crosshair. Shift and left: window and level. Middle: move the picture."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._drag = (event.position().toPoint(), event.button(), event.modifiers())
        if self._is_crosshair_drag():
            self._crosshair_to(event.position().toPoint())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Go on with what the press began; otherwise say what is under the pointer."""
        position = event.position().toPoint()
        if self._drag is not None:
            self._continue_drag(position)
        self.pointed.emit(self._voxel_at(position))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """End a drag."""
        self._drag = None
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Reset window and level."""
        self.reset_window()
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Nothing is under the pointer any more."""
        self.pointed.emit(None)
        super().leaveEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Keep the letters at the edges."""
        super().resizeEvent(event)
        if hasattr(self, "_letters"):
            self._letters.place()

    # -------------------------------------------------------------------------------------------------

    def _is_crosshair_drag(self) -> bool:
        if self._drag is None:
            return False
        _, button, modifiers = self._drag
        return button is Qt.MouseButton.LeftButton and not modifiers & Qt.KeyboardModifier.ShiftModifier

    def _continue_drag(self, position: QPoint) -> None:
        if self._drag is None:
            return
        start, button, modifiers = self._drag
        moved = position - start
        if self._is_crosshair_drag():
            self._crosshair_to(position)
        elif button is Qt.MouseButton.LeftButton:
            self._change_window(moved)
        elif button is Qt.MouseButton.MiddleButton:
            self.box.translateBy(self._scene_point(start) - self._scene_point(position))
        self._drag = (position, button, modifiers)

    def _change_window(self, moved: QPoint) -> None:
        """Right: wider (less contrast). Up: brighter."""
        if self._image is None:
            return
        low, high = self._window
        width, level = high - low, (high + low) / 2
        first_low, first_high = self._image.window
        unit = (first_high - first_low) / 300
        width = max(width + unit * moved.x(), 1.0)
        level += unit * moved.y()
        self.set_window(level - width / 2, level + width / 2)

    def _crosshair_to(self, position: QPoint) -> None:
        voxel = self._voxel_at(position)
        if voxel is not None:
            self._move_to(voxel, by_user=True)

    def _move_to(self, voxel: Voxel, *, by_user: bool) -> None:
        if self._image is None:
            return
        x, y, z = (min(max(i, 0), n - 1) for i, n in zip(voxel, self._image.grid.shape, strict=True))
        before, self._crosshair = self._crosshair, (x, y, z)
        if before == self._crosshair:
            return
        if before[self.plane.normal] != self.index:
            self._redraw()
            self.index_changed.emit(self.index)
        else:
            self._place_lines()
        if by_user:
            self.crosshair_moved.emit(self._crosshair)

    def _redraw(self) -> None:
        if self._image is None:
            return
        picture = slice_of(self._image.steps, self.plane, self.index)
        self.image_item.setImage(picture, autoLevels=False, levels=self._window)
        if self._labels is None:
            self.label_item.clear()
        else:
            labels = slice_of(self._labels.labels, self.plane, self.index)
            self.label_item.setImage(labels, autoLevels=False, levels=None)
        self._place_lines()

    def _place_lines(self) -> None:
        if self._image is None:
            return
        sizes = self._image.grid.voxel_size_mm
        h, v = self.plane.horizontal, self.plane.vertical
        self._lines[0].setValue((self._crosshair[h] + 0.5) * sizes[h])
        self._lines[1].setValue((self._crosshair[v] + 0.5) * sizes[v])

    def _show_letters(self) -> None:
        if self._image is not None:
            axes = axis_letters(self._image.grid.affine)
            self._letters.show_letters(edge_letters(axes, self.plane, self._convention))

    def _scene_point(self, position: QPoint) -> QPointF:
        return self.box.mapSceneToView(self.mapToScene(position))

    def _voxel_at(self, position: QPoint) -> Voxel | None:
        if self._image is None:
            return None
        point = self._scene_point(position)
        sizes = self._image.grid.voxel_size_mm
        h, v = self.plane.horizontal, self.plane.vertical
        voxel = self._with_axis(self._crosshair, h, int(np.floor(point.x() / sizes[h])))
        voxel = self._with_axis(voxel, v, int(np.floor(point.y() / sizes[v])))
        return voxel if self._image.grid.contains(voxel) else None

    @staticmethod
    def _with_axis(voxel: Voxel, axis: int, value: int) -> Voxel:
        x, y, z = (value if i == axis else voxel[i] for i in range(3))
        return x, y, z


class _SmoothImage(pg.ImageItem):
    """An image that is interpolated on the screen, so that enlarged voxels do not look like bricks."""

    def paint(self, painter: QPainter, *arguments: object) -> None:
        """Draw with bilinear interpolation."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        super().paint(painter, *arguments)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
