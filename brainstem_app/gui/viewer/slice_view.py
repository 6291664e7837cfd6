"""A slice the user can work with: wheel, keys, zoom, window and level, crosshair."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.slice_picture import SlicePicture

PAGE = 10
_ZOOM_STEP = 1.2
_WHEEL_NOTCH = 120


class SliceView(SlicePicture):
    """A `SlicePicture` that answers to mouse and keys.

    Several views are linked by connecting ``crosshair_moved`` of each to ``set_crosshair`` of the others.

    Signals
    -------
    pointed(object)
        Voxel (x, y, z) under the pointer, None outside the picture.
    """

    pointed = Signal(object)

    def __init__(self, plane: Plane = Plane.AXIAL, parent: QWidget | None = None) -> None:
        super().__init__(plane, parent)
        self._drag: tuple[QPoint, Qt.MouseButton, Qt.KeyboardModifier] | None = None
        self._wheel = 0
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Slices of the scan"))
        self.setAccessibleDescription(
            self.tr("Up and down arrows and page keys change the slice; Ctrl and wheel zoom.")
        )

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Change the slice, or zoom about the pointer with Ctrl."""
        turned = event.angleDelta().y()
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
        self.pointed.emit(self.voxel_at(position))
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
            self.box.translateBy(self.slice_point(start) - self.slice_point(position))
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
        voxel = self.voxel_at(position)
        if voxel is not None:
            self.move_to(voxel, by_user=True)
