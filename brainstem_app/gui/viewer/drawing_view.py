"""View of a slice that is drawn on: strokes, touches, polygons, and rulers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPainterPath
from PySide6.QtWidgets import QWidget

from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.footprint import draw_seen, footprint_path
from brainstem_app.gui.viewer.gesture import Gesture
from brainstem_app.gui.viewer.polygon_outline import Point, PolygonOutline
from brainstem_app.gui.viewer.ruler import Ruler, draw_ruler, end_near, is_near, ruler_text
from brainstem_app.gui.viewer.slice_view import CLICK_PIXELS, SliceView
from brainstem_app.gui.viewer.slices import Voxel

_LEFT, _RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


class DrawingView(SliceView):
    """A `SliceView` whose buttons draw while a gesture is set.

    Signals
    -------
    stroke_began(bool), stroke_moved(object, object), stroke_ended
        The user draws with the brush: whether to erase; from which voxel to which.
    touched(object, bool)
        A voxel was clicked; whether to erase.
    outlined(int, object, bool)
        A polygon was closed: on which slice, its points (N, 2) in voxels from the slice's corner, whether to
        erase.
    measured(object, object)
        A `Ruler` was drawn, and which one it takes the place of, or None.
    ruler_chosen(object)
        The user clicked on a `Ruler`, or beside all of them (None).
    removal_wanted
        The chosen ruler is to go.
    """

    stroke_began = Signal(bool)
    stroke_moved = Signal(object, object)
    stroke_ended = Signal()
    touched = Signal(object, bool)
    outlined = Signal(int, object, bool)
    measured = Signal(object, object)
    ruler_chosen = Signal(object)
    removal_wanted = Signal()

    def __init__(self, plane: Plane = Plane.AXIAL, parent: QWidget | None = None) -> None:
        super().__init__(plane, parent)
        self._gesture = Gesture.NONE
        self._footprint: NDArray[np.int64] | None = None
        self._stroke_end: Voxel | None = None
        self.polygon = PolygonOutline()
        self._rulers: tuple[Ruler, ...] = ()
        self._chosen: Ruler | None = None
        self._drawn: Ruler | None = None
        self._moved: Ruler | None = None

    # What is drawn with ------------------------------------------------------------------------------

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
        self._drawn = None
        self._gesture, self._footprint = gesture, footprint
        shape = Qt.CursorShape.ArrowCursor if gesture is Gesture.NONE else Qt.CursorShape.CrossCursor
        self.viewport().setCursor(shape)
        self.viewport().update()

    def set_rulers(self, rulers: tuple[Ruler, ...], chosen: Ruler | None) -> None:
        """Draw these rulers, each on its own slice."""
        self._rulers, self._chosen = rulers, chosen
        self.viewport().update()

    def ruler_at(self, position: QPoint) -> Ruler | None:
        """Ruler that passes near a pixel of this widget."""
        found = (ruler for ruler in reversed(self._here()) if is_near(self._line(ruler), QPointF(position)))
        return next(found, None)

    def _here(self) -> list[Ruler]:
        return [ruler for ruler in self._rulers if ruler.is_on(self.plane, self.index)]

    # Keys --------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Space draws at the crosshair, Delete takes away; what is no key for drawing is one for looking."""
        key = Qt.Key(event.key())
        if self._image is not None and key is Qt.Key.Key_Space and self._gesture is not Gesture.NONE:
            self._touch_crosshair()
        elif self._image is not None and key is Qt.Key.Key_Delete and not self.polygon.is_on(self.index):
            self.removal_wanted.emit()
        elif not self._polygon_key(key):
            super().keyPressEvent(event)

    def _touch_crosshair(self) -> None:
        """Draw at the crosshair as a click there does; a ruler begins, or ends."""
        corner = (self.crosshair[self.plane.horizontal] + 0.5, self.crosshair[self.plane.vertical] + 0.5)
        if self._gesture is Gesture.STROKE:
            self.stroke_began.emit(False)
            self.stroke_moved.emit(self.crosshair, self.crosshair)
            self.stroke_ended.emit()
        elif self._gesture is Gesture.TOUCH:
            self.touched.emit(self.crosshair, False)
        elif self._gesture is Gesture.POLYGON:
            self.polygon.add(self.index, corner)
        elif self._drawn is None or not self._drawn.is_on(self.plane, self.index):
            self._drawn = Ruler(self.plane, self.index, corner, corner)
        else:
            self._end_ruler(corner)
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
        """Forget the polygon or the ruler that is being drawn; False if there was none."""
        had = self.polygon.is_begun or self._drawn is not None
        self.polygon.clear()
        self._drawn = self._moved = None
        self.viewport().update()
        return had

    # Mouse -------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Draw with the tool; with Shift, Ctrl, or the middle button look."""
        if not self._draws(event):
            super().mousePressEvent(event)
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        position, erases = event.position().toPoint(), event.button() is _RIGHT
        self._drag = None
        if self._gesture is Gesture.RULER:
            self._begin_ruler(position)
        elif self._gesture is Gesture.STROKE:
            self.stroke_began.emit(erases)
            self._stroke_end = self.voxel_at(position)
            if self._stroke_end is not None:
                self.stroke_moved.emit(self._stroke_end, self._stroke_end)
            self._drag = (position, Qt.MouseButton.NoButton, event.modifiers())
        else:
            self._click(position, erases=erases)
        event.accept()

    def _draws(self, event: QMouseEvent) -> bool:
        """Whether a button draws: the left one, and but for rulers the right one, without keys."""
        keys = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
        if self._gesture is Gesture.NONE or event.modifiers() & keys:
            return False
        return event.button() in ((_LEFT,) if self._gesture is Gesture.RULER else (_LEFT, _RIGHT))

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

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Draw on; what is drawn follows the pointer."""
        position = event.position().toPoint()
        if self._is_stroke_drag():
            self._draw_to(position)
        elif self._drawn is not None and event.buttons() & _LEFT:
            self._drawn = self._to(self._drawn, self._in_voxels(position))
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """End what is drawn."""
        if self._is_stroke_drag():
            self._stroke_end = None
            self.stroke_ended.emit()
        elif self._drawn is not None and event.button() is _LEFT:
            self._end_ruler(self._in_voxels(event.position().toPoint()))
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Close the polygon; a brush touches again; without a tool as in any view."""
        if self._gesture is Gesture.NONE:
            super().mouseDoubleClickEvent(event)
        elif self._gesture is Gesture.POLYGON and event.button() is _LEFT:
            self.close_polygon(erases=False)
            event.accept()
        else:
            self.mousePressEvent(event)

    def _is_stroke_drag(self) -> bool:
        return self._drag is not None and self._drag[1] is Qt.MouseButton.NoButton

    def _draw_to(self, position: QPoint) -> None:
        voxel = self.voxel_at(position)
        if voxel is not None and voxel != self._stroke_end:
            self.stroke_moved.emit(self._stroke_end or voxel, voxel)
        self._stroke_end = voxel

    # Rulers ------------------------------------------------------------------------------------------

    def _begin_ruler(self, position: QPoint) -> None:
        """Take an end of a ruler, or begin another one."""
        point = self._in_voxels(position)
        for ruler in reversed(self._here()):
            end = end_near(self._line(ruler), QPointF(position))
            if end is not None:
                self._moved = ruler
                stays = ruler.start if end == 1 else ruler.end
                self._drawn = Ruler(self.plane, self.index, stays, point)
                return
        if self.voxel_at(position) is not None:
            self._drawn = Ruler(self.plane, self.index, point, point)

    def _end_ruler(self, point: Point) -> None:
        """Tell of the ruler that was drawn; one without a length was a click."""
        if self._drawn is None:
            return
        made, moved = self._to(self._drawn, point), self._moved
        self._drawn = self._moved = None
        line = self._line(made)
        if moved is not None or line.length() > CLICK_PIXELS:
            self.measured.emit(made, moved)
        else:
            self.ruler_chosen.emit(self.ruler_at(line.p1().toPoint()))
        self.viewport().update()

    @staticmethod
    def _to(ruler: Ruler, point: Point) -> Ruler:
        return Ruler(ruler.plane, ruler.index, ruler.start, point)

    # Drawing -----------------------------------------------------------------------------------------

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:  # noqa: N802 - Qt's name
        """Draw rulers, the voxels that the brush would cover, and the polygon."""
        super().drawForeground(painter, rect)
        if self._image is None:
            return
        painter.save()
        painter.resetTransform()
        shown = [ruler for ruler in self._here() if ruler is not self._moved]
        for ruler in shown if self._drawn is None else (*shown, self._drawn):
            is_chosen = ruler is self._drawn or ruler == self._chosen
            words = ruler_text(ruler.length_mm(self._image.grid))
            draw_ruler(painter, self._line(ruler), words, is_chosen=is_chosen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self.polygon.is_on(self.index):
            pointer = None if self._pointer is None else self._in_voxels(self._pointer)
            self._draw_lines(painter, self.polygon.path(self._sizes(), pointer))
        if self._footprint is not None and self._pointed is not None:
            h, v = self.plane.horizontal, self.plane.vertical
            centre = (self._pointed[h], self._pointed[v])
            self._draw_lines(painter, footprint_path(self._footprint[:, (h, v)], centre, self._sizes()))
        painter.restore()

    def _draw_lines(self, painter: QPainter, path: QPainterPath) -> None:
        draw_seen(painter, self.mapFromScene(self.box.childGroup.mapToScene(path)))

    def _line(self, ruler: Ruler) -> QLineF:
        """Pixels that a ruler lies on."""
        width, height = self._sizes()
        ends = [
            self.mapFromScene(self.box.mapViewToScene(QPointF(h * width, v * height)))
            for h, v in (ruler.start, ruler.end)
        ]
        return QLineF(QPointF(ends[0]), QPointF(ends[1]))

    def _sizes(self) -> tuple[float, float]:
        """Width and height of a voxel on the slice, mm."""
        sizes = (1.0, 1.0, 1.0) if self._image is None else self._image.grid.voxel_size_mm
        return sizes[self.plane.horizontal], sizes[self.plane.vertical]

    def _in_voxels(self, position: QPoint) -> Point:
        """Place of a pixel on the slice, in voxels from its corner."""
        point, (width, height) = self.slice_point(position), self._sizes()
        return point.x() / width, point.y() / height

    def _point_at(self, voxel: Voxel | None) -> None:
        is_drawing = self.polygon.is_begun or self._drawn is not None
        if is_drawing or (self._footprint is not None and voxel != self._pointed):
            self.viewport().update()
        super()._point_at(voxel)
