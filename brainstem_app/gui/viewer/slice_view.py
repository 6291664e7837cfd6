"""View of a slice that the user works with: wheel, keys, zoom, window and level, crosshair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from brainstem_app.gui.viewer.convention import Convention, Plane
from brainstem_app.gui.viewer.footprint import draw_seen, footprint_path
from brainstem_app.gui.viewer.gesture import Gesture
from brainstem_app.gui.viewer.orientation_letters import is_mirrored
from brainstem_app.gui.viewer.polygon_outline import PolygonOutline
from brainstem_app.gui.viewer.slice_picture import SlicePicture
from brainstem_app.gui.viewer.slices import Voxel

PAGE = 10
_ZOOM_STEP = 1.2
_DRAG_ZOOM = 1.01  # a pixel
_WHEEL_NOTCH = 120
_WINDOW_STEP = 15
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class SliceView(SlicePicture):
    """A `SlicePicture` that answers to mouse and keys.

    Several views are linked by connecting ``crosshair_moved`` of each to ``set_crosshair`` of the others.

    Signals
    -------
    pointed(object)
        Voxel (x, y, z) under the pointer, None outside the picture; told again when what is drawn there
        changes below a pointer that rests.
    stroke_began(bool), stroke_moved(object, object), stroke_ended
        The user draws with the brush: whether to erase; from which voxel to which.
    touched(object, bool)
        A voxel was clicked; whether to erase.
    outlined(int, object, bool)
        A polygon was closed: on which slice, its points (N, 2) in voxels from the slice's corner, whether to
        erase.
    focused
        The view has the keys now.
    enlarge_wanted
        The user wants to see this view alone, or all views again.
    """

    pointed = Signal(object)
    stroke_began = Signal(bool)
    stroke_moved = Signal(object, object)
    stroke_ended = Signal()
    touched = Signal(object, bool)
    outlined = Signal(int, object, bool)
    focused = Signal()
    enlarge_wanted = Signal()

    def __init__(self, plane: Plane = Plane.AXIAL, parent: QWidget | None = None) -> None:
        super().__init__(plane, parent)
        self._drag: tuple[QPoint, Qt.MouseButton, Qt.KeyboardModifier] | None = None
        self._zoom_centre: QPointF | None = None
        self._wheel = 0
        self._gesture = Gesture.NONE
        self._footprint: NDArray[np.int64] | None = None
        self.polygon = PolygonOutline()
        self._stroke_end: Voxel | None = None
        self._pointed: Voxel | None = None
        self._pointer: QPoint | None = None
        self.box.sigRangeChanged.connect(lambda *_range: self._point_again())
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Slices of the scan")
        self.setAccessibleDescription(
            "Up and down arrows and page keys change the slice; Ctrl and arrows move the crosshair;"
            " Shift and arrows change brightness and contrast."
        )

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Change the slice, or zoom about the pointer with Ctrl."""
        turned = event.angleDelta().y()
        self._pointer = event.position().toPoint()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            point = self.slice_point(event.position().toPoint())
            self.zoom(_ZOOM_STEP ** (turned / _WHEEL_NOTCH), point)
        else:
            self._wheel += turned
            notches = int(self._wheel / _WHEEL_NOTCH)
            self._wheel -= notches * _WHEEL_NOTCH
            if notches:
                self.step(notches)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Arrows: slice; with Ctrl the crosshair, with Shift brightness and contrast. Space: the brush."""
        key, with_control = Qt.Key(event.key()), event.modifiers() & Qt.KeyboardModifier.ControlModifier
        with_shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        steps = {
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: PAGE,
            Qt.Key.Key_PageDown: -PAGE,
            Qt.Key.Key_Home: self.n_slices,
            Qt.Key.Key_End: -self.n_slices,
        }
        if self._image is None:
            event.ignore()
        elif with_control and key in _ARROWS:
            self._nudge(*_ARROWS[key])
        elif with_shift and key in _ARROWS:
            self.step_window(*_ARROWS[key])
        elif key in steps:
            self.step(steps[key])
        elif key is Qt.Key.Key_Space and self._gesture is not Gesture.NONE:
            self._touch_crosshair()
        elif not self._polygon_key(key):
            event.ignore()

    def _touch_crosshair(self) -> None:
        """Draw at the crosshair as a click there does."""
        if self._gesture is Gesture.STROKE:
            self.stroke_began.emit(False)
            self.stroke_moved.emit(self.crosshair, self.crosshair)
            self.stroke_ended.emit()
        elif self._gesture is Gesture.TOUCH:
            self.touched.emit(self.crosshair, False)
        else:
            h, v = self.crosshair[self.plane.horizontal], self.crosshair[self.plane.vertical]
            self.polygon.add(self.index, (h + 0.5, v + 0.5))
            self.viewport().update()

    def _polygon_key(self, key: Qt.Key) -> bool:
        """Close the polygon, or take its last corner back; False if the key is none for that."""
        if self._gesture is not Gesture.POLYGON or not self.polygon.is_on(self.index):
            return False
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close_polygon(erases=False)
        elif key is Qt.Key.Key_Delete:
            self.close_polygon(erases=True)
        elif key is Qt.Key.Key_Backspace:
            self.polygon.drop_last()
            self.viewport().update()
        else:
            return False
        return True

    def close_polygon(self, *, erases: bool) -> None:
        """Close the polygon on this slice; one of fewer than three corners goes on."""
        if self.polygon.is_on(self.index) and self.polygon.can_close:
            index, points = self.polygon.index, self.polygon.points
            self.drop_polygon()
            self.outlined.emit(index, points, erases)

    def drop_polygon(self) -> bool:
        """Forget the polygon; False if there was none."""
        had = self.polygon.is_begun
        self.polygon.clear()
        self.viewport().update()
        return had

    def _nudge(self, right: int, up: int) -> None:
        """Move the crosshair by a voxel on the screen."""
        voxel = list(self.crosshair)
        voxel[self.plane.horizontal] += -right if is_mirrored(self.plane, self.convention) else right
        voxel[self.plane.vertical] += up
        self.move_to((voxel[0], voxel[1], voxel[2]), by_user=True)

    def step_window(self, wider: int, brighter: int) -> None:
        """Change contrast and brightness by one step of a key: as a drag of some pixels does."""
        self.change_window(_WINDOW_STEP * wider, -_WINDOW_STEP * brighter)

    def change_window(self, wider: int, darker: int) -> None:
        """Change contrast (wider: less of it) and brightness, in 1/300 of the width that suits the scan."""
        if self._image is None:
            return
        low, high = self._window
        width, level = high - low, (high + low) / 2
        first_low, first_high = self._home_window
        unit = (first_high - first_low) / 300
        width = max(width + unit * wider, 1.0)
        level += unit * darker
        self.set_window(level - width / 2, level + width / 2)

    def set_gesture(self, gesture: Gesture, footprint: NDArray[np.int64] | None = None) -> None:
        """Draw with the left button, erase with the right; without one, the left moves the crosshair.

        Parameters
        ----------
        gesture : Gesture
        footprint : ndarray of int64, shape (N, 3), optional
            Voxels (x, y, z) that one touch covers, from the voxel under the pointer; None for no gesture.
        """
        if gesture is not Gesture.POLYGON:
            self.drop_polygon()
        self._gesture, self._footprint = gesture, footprint
        shape = Qt.CursorShape.ArrowCursor if footprint is None else Qt.CursorShape.CrossCursor
        self.viewport().setCursor(shape)
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Tell that keys come here now."""
        super().focusInEvent(event)
        self.focused.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Left: crosshair, or the brush; with Shift window and level. Middle: move. Right: zoom."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        position = event.position().toPoint()
        draws = self._gesture is not Gesture.NONE and self._is_stroke(event.button(), event.modifiers())
        if draws and self._gesture is not Gesture.STROKE:
            self._drag = None
            self._click(position, erases=event.button() is Qt.MouseButton.RightButton)
        elif draws:
            self.stroke_began.emit(event.button() is Qt.MouseButton.RightButton)
            self._stroke_end = self.voxel_at(position)
            if self._stroke_end is not None:
                self.stroke_moved.emit(self._stroke_end, self._stroke_end)
            self._drag = (position, Qt.MouseButton.NoButton, event.modifiers())
        else:
            self._drag = (position, event.button(), event.modifiers())
            self._zoom_centre = self.slice_point(position)
        if self._is_crosshair_drag():
            self._crosshair_to(position)
        event.accept()

    def _click(self, position: QPoint, *, erases: bool) -> None:
        """Touch a voxel, or put a corner of the polygon there; the right button takes the last one back."""
        voxel = self.voxel_at(position)
        if voxel is None:
            return
        if self._gesture is Gesture.TOUCH:
            self.touched.emit(voxel, erases)
            return
        if erases:
            self.polygon.drop_last()
        else:
            self.polygon.add(self.index, self._in_voxels(position))
        self.viewport().update()

    def _in_voxels(self, position: QPoint) -> tuple[float, float]:
        """Place of a pixel on the slice, in voxels from its corner."""
        if self._image is None:
            return 0.0, 0.0
        point, sizes = self.slice_point(position), self._image.grid.voxel_size_mm
        return point.x() / sizes[self.plane.horizontal], point.y() / sizes[self.plane.vertical]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Go on with what the press began; otherwise say what is under the pointer."""
        position = event.position().toPoint()
        self._pointer = position
        if self._drag is not None:
            self._continue_drag(position)
        self._point_at(self.voxel_at(position))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """End a drag."""
        if self._is_stroke_drag():
            self._stroke_end = None
            self.stroke_ended.emit()
        self._drag = None
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Show this view alone, or all; Shift resets the window; a brush touches again, a polygon closes."""
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self._gesture is Gesture.NONE:
            self.reset_window()
            event.accept()
        elif self._gesture is Gesture.NONE and event.button() is Qt.MouseButton.LeftButton:
            self.enlarge_wanted.emit()
            event.accept()
        elif self._gesture is Gesture.POLYGON and event.button() is Qt.MouseButton.LeftButton:
            self.close_polygon(erases=False)
            event.accept()
        else:
            self.mousePressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Nothing is under the pointer any more."""
        self._leave()
        super().leaveEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Nothing is under the pointer any more."""
        self._leave()
        super().hideEvent(event)

    def set_convention(self, convention: Convention) -> None:
        """Put the patient's right or left at the left of the screen: another voxel lies below the pointer."""
        super().set_convention(convention)
        self._point_again()

    def redraw_labels(self) -> None:
        """Draw the labels of the slice anew; what lies below the pointer may be another."""
        super().redraw_labels()
        self._point_again()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:  # noqa: N802 - Qt's name
        """Draw the crosshair, the voxels that the brush would cover, and the polygon."""
        super().drawForeground(painter, rect)
        self._draw_polygon(painter)
        if self._footprint is None or self._pointed is None or self._image is None:
            return
        h, v = self.plane.horizontal, self.plane.vertical
        sizes = self._image.grid.voxel_size_mm
        path = footprint_path(
            self._footprint[:, (h, v)], (self._pointed[h], self._pointed[v]), (sizes[h], sizes[v])
        )
        painter.save()
        painter.resetTransform()
        draw_seen(painter, self.mapFromScene(self.box.childGroup.mapToScene(path)))
        painter.restore()

    def _draw_polygon(self, painter: QPainter) -> None:
        """Draw the polygon that is being clicked, to the pointer and back to where it began."""
        if self._image is None or not self.polygon.is_on(self.index):
            return
        sizes = self._image.grid.voxel_size_mm
        pointer = None if self._pointer is None else self._in_voxels(self._pointer)
        path = self.polygon.path((sizes[self.plane.horizontal], sizes[self.plane.vertical]), pointer)
        painter.save()
        painter.resetTransform()
        draw_seen(painter, self.mapFromScene(self.box.childGroup.mapToScene(path)))
        painter.restore()

    def _leave(self) -> None:
        self._pointer = None
        self._point_at(None)

    def _point_again(self) -> None:
        """Say what lies below a pointer that has not moved since."""
        if self._pointer is not None:
            self._point_at(self.voxel_at(self._pointer))

    def _point_at(self, voxel: Voxel | None) -> None:
        if self.polygon.is_begun or (self._footprint is not None and voxel != self._pointed):
            self.viewport().update()
        self._pointed = voxel
        self.pointed.emit(voxel)

    @staticmethod
    def _is_stroke(button: Qt.MouseButton, modifiers: Qt.KeyboardModifier) -> bool:
        keys = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
        return button in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton) and not modifiers & keys

    def _is_stroke_drag(self) -> bool:
        return self._drag is not None and self._drag[1] is Qt.MouseButton.NoButton

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
        elif button is Qt.MouseButton.NoButton:
            self._draw_to(position)
        elif button is Qt.MouseButton.LeftButton:
            self.change_window(moved.x(), moved.y())
        elif button is Qt.MouseButton.RightButton:
            self.zoom(_DRAG_ZOOM ** -moved.y(), self._zoom_centre)
        elif button is Qt.MouseButton.MiddleButton:
            self.move_part(self.slice_point(start) - self.slice_point(position))
        self._drag = (position, button, modifiers)

    def _draw_to(self, position: QPoint) -> None:
        voxel = self.voxel_at(position)
        if voxel is not None and voxel != self._stroke_end:
            self.stroke_moved.emit(self._stroke_end or voxel, voxel)
        self._stroke_end = voxel

    def _crosshair_to(self, position: QPoint) -> None:
        voxel = self.voxel_at(position)
        if voxel is not None:
            self.move_to(voxel, by_user=True)
