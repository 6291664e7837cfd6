"""View of a slice that the user works with: wheel, keys, zoom, window and level, crosshair."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QHideEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from brainstem_app.gui.viewer.convention import Convention, Plane
from brainstem_app.gui.viewer.orientation_letters import is_mirrored
from brainstem_app.gui.viewer.slice_picture import SlicePicture
from brainstem_app.gui.viewer.slices import Voxel

PAGE = 10
#: A mouse that moved no farther than this, in all, has clicked.
CLICK_PIXELS = 3
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
    focused
        The view has the keys now.
    enlarge_wanted
        The user wants to see this view alone, or all views again.
    menu_wanted(object, object)
        The user wants the menu of a voxel, None outside the picture, at a pixel (QPoint) of this widget.
    """

    pointed = Signal(object)
    focused = Signal()
    enlarge_wanted = Signal()
    menu_wanted = Signal(object, object)

    def __init__(self, plane: Plane = Plane.AXIAL, parent: QWidget | None = None) -> None:
        super().__init__(plane, parent)
        self._drag: tuple[QPoint, Qt.MouseButton, Qt.KeyboardModifier] | None = None
        self._zoom_centre: QPointF | None = None
        self._pressed: QPoint | None = None
        self._wheel = 0
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
        """Arrows: slice; with Ctrl the crosshair, with Shift brightness and contrast."""
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
        else:
            event.ignore()

    def _nudge(self, right: int, up: int) -> None:
        """Move the crosshair by a voxel on the screen."""
        voxel = list(self.crosshair)
        voxel[self.plane.horizontal] += -right if is_mirrored(self.plane, self.convention) else right
        voxel[self.plane.vertical] += up
        self.move_to((voxel[0], voxel[1], voxel[2]), by_user=True)

    def centre_on(self, voxel: Voxel) -> None:
        """Move the picture so that a voxel lies in its middle."""
        if self._image is not None:
            sizes, seen = self._image.grid.voxel_size_mm, self.part
            wanted = [(voxel[a] + 0.5) * sizes[a] for a in (self.plane.horizontal, self.plane.vertical)]
            self.move_part(QPointF(*(w - sum(ends) / 2 for w, ends in zip(wanted, seen, strict=True))))

    def show_voxel(self, voxel: Voxel) -> None:
        """Move the picture if a voxel lies outside of the part that is seen."""
        if self._image is not None and not self.viewport().rect().contains(self._pixel_of(voxel)):
            self.centre_on(voxel)

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

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Tell that keys come here now."""
        super().focusInEvent(event)
        self.focused.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Left: crosshair; with Shift window and level. Middle: move. Right: zoom, or the menu."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        position = event.position().toPoint()
        self._drag = (position, event.button(), event.modifiers())
        self._zoom_centre = self.slice_point(position)
        self._pressed = position if event.button() is Qt.MouseButton.RightButton else None
        if self._is_crosshair_drag():
            self._crosshair_to(position)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Go on with what the press began; otherwise say what is under the pointer."""
        position = event.position().toPoint()
        self._pointer = position
        if self._drag is not None:
            self._continue_drag(position)
        self._point_at(self.voxel_at(position))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """End a drag; a right button that was not dragged asks for the menu."""
        pressed, self._drag, self._pressed = self._pressed, None, None
        event.accept()
        if pressed is not None and event.button() is Qt.MouseButton.RightButton:
            self.menu_wanted.emit(self.voxel_at(pressed), pressed)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """Ask for the menu of the crosshair, by the key for menus; the mouse asks when it is released."""
        event.accept()
        if event.reason() is QContextMenuEvent.Reason.Keyboard and self._image is not None:
            self.menu_wanted.emit(self.crosshair, self._crosshair_pixel())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Show this view alone, or all; Shift resets the window."""
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.reset_window()
            event.accept()
        elif event.button() is Qt.MouseButton.LeftButton:
            self.enlarge_wanted.emit()
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

    def _leave(self) -> None:
        self._pointer = None
        self._point_at(None)

    def _point_again(self) -> None:
        """Say what lies below a pointer that has not moved since."""
        if self._pointer is not None:
            self._point_at(self.voxel_at(self._pointer))

    def _point_at(self, voxel: Voxel | None) -> None:
        self._pointed = voxel
        self.pointed.emit(voxel)

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
        if self._pressed is not None and moved.manhattanLength() <= CLICK_PIXELS:
            return  # a hand that is not quite still
        self._pressed = None
        if self._is_crosshair_drag():
            self._crosshair_to(position)
        elif button is Qt.MouseButton.LeftButton:
            self.change_window(moved.x(), moved.y())
        elif button is Qt.MouseButton.RightButton:
            self.zoom(_DRAG_ZOOM ** -moved.y(), self._zoom_centre)
        elif button is Qt.MouseButton.MiddleButton:
            self.move_part(self.slice_point(start) - self.slice_point(position))
        self._drag = (position, button, modifiers)

    def _crosshair_to(self, position: QPoint) -> None:
        voxel = self.voxel_at(position)
        if voxel is not None:
            self.move_to(voxel, by_user=True)
