"""View of the nuclei in three dimensions, drawn in software on a thread."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from brainstem_app.gui.background import Background
from brainstem_app.gui.viewer.surfaces.render import Camera, Rendered, render
from brainstem_app.gui.viewer.surfaces.surface import Shell, Surface

_DEGREES_PER_PIXEL = 0.5
_KEY_DEGREES = 15.0
_ZOOM_STEP = 1.15
_SETTLE_MS = 180
_CLICK_PIXELS = 3
_MOST_FINE_PIXELS = 700 * 700
_FILLED = 0.9
_ARROW = 26
# Width of the rim around the chosen structure, pixels of the screen.
_RIM = 1.5


class SurfaceView(QWidget):
    """Shows a `Surface`, and another one around it as of glass.

    Dragging and the arrow keys turn it, the wheel magnifies, Home resets.

    Signals
    -------
    picked(int)
        The user clicked on the structure with this label.
    pointed(int)
        The pointer is over the structure with this label, or over none (0).
    enlarge_wanted
        The user wants to see this view alone, or all views again.
    menu_wanted(int, object)
        The user wants the menu of this label, 0 for none, at a pixel (QPoint) of this widget.
    shell_changed(bool)
        There is a surface around the others now, or none.
    """

    picked = Signal(int)
    pointed = Signal(int)
    enlarge_wanted = Signal()
    menu_wanted = Signal(int, object)
    shell_changed = Signal(bool)

    def __init__(self, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._surface: Surface | None = None
        self._is_expected = False
        self._shell: Shell | None = None
        self._shows_shell = True
        self._chosen = self._pointed = 0
        self._table = np.zeros((256, 4), dtype=np.uint8)
        self._rendered: Rendered | None = None
        self._camera = Camera()
        self._is_rendering = False
        self._is_stale = False
        exists = self._exists = [True]
        self.destroyed.connect(lambda: exists.clear())
        self._pressed: QPoint | None = None
        self._last = QPoint()
        self._fine = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._fine.timeout.connect(self._render_fine)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(120, 120)
        self.setAccessibleName("Nuclei in three dimensions")
        self.setAccessibleDescription("Arrow keys turn the nuclei; plus and minus change their size.")
        self.setToolTip(
            "Drag turns, wheel magnifies, a click shows a nucleus, a double click space alone, Home resets"
        )

    @property
    def camera(self) -> Camera:
        """Where it is looked at from."""
        return self._camera

    def show_shell(self, shown: bool) -> None:
        """Draw the surface around the others, or not."""
        self._shows_shell = shown
        self._render(1)

    def expect_surface(self) -> None:
        """Say that a surface is being made, where there is none yet."""
        self._is_expected = True
        self.update()

    def set_surface(self, surface: Surface | None, shell: Shell | None = None) -> None:
        """Show these surfaces, or nothing, and one around them as of glass."""
        if not self._exists:  # the thread that made them may outlive the window
            return
        is_first, self._is_expected = self._surface is None, False
        self._surface, self._shell = surface, shell
        self.shell_changed.emit(shell is not None)
        if surface is None or not len(surface.quads):
            self._surface, self._rendered = None, None
            self.update()
        elif is_first:
            self.reset()
        else:
            self._render(1)

    def set_colours(self, table: NDArray[np.uint8]) -> None:
        """Set the colours of the labels, (256, 4); those without opacity are not drawn."""
        self._table = table
        self._render(1)

    def set_chosen(self, label: int) -> None:
        """Draw a rim around a structure; 0 for none."""
        if label != self._chosen:
            self._chosen = label
            self._render(1)

    def reset(self) -> None:
        """Look from the front, a little from the left and above, at all of it."""
        self._camera = Camera(pixels_per_mm=self._fitting())
        self._render(1)

    def look_from(self, yaw: float, pitch: float) -> None:
        """Look from a direction, in degrees as a `Camera` has them."""
        self._camera = replace(self._camera, yaw=yaw, pitch=pitch)
        self._render(1)

    def turn(self, yaw: float, pitch: float) -> None:
        """Turn by some degrees."""
        camera = self._camera
        self._camera = replace(
            camera, yaw=(camera.yaw + yaw) % 360, pitch=min(max(camera.pitch + pitch, -90.0), 90.0)
        )
        self._render_soon()

    def magnify(self, factor: float) -> None:
        """Show it larger (factor above 1) or smaller."""
        size = min(max(self._camera.pixels_per_mm * factor, 0.5), 60.0)
        self._camera = replace(self._camera, pixels_per_mm=size)
        self._render_soon()

    # Rendering ---------------------------------------------------------------------------------------

    def _fitting(self) -> float:
        if self._surface is None:
            return Camera().pixels_per_mm
        shown = self._surface if self._visible_shell is None else self._visible_shell.surface
        span = float(np.ptp(shown.points, axis=0).max())
        return max(_FILLED * min(self.width(), self.height()) / max(span, 1.0), 0.5)

    @property
    def _visible_shell(self) -> Shell | None:
        return self._shell if self._shows_shell else None

    def _render_soon(self) -> None:
        """Render coarsely now, and finely once the user rests."""
        self._render(2)
        self._fine.start()

    def _render_fine(self) -> None:
        self._render(1)

    def _render(self, coarseness: int) -> None:
        """Render on the thread; what comes while it works is done after it, once."""
        if self._surface is None or not self.isVisible():
            return
        if self._is_rendering:
            self._is_stale = True
            return
        self._is_rendering, self._is_stale = True, False
        scale = 1 / coarseness
        if coarseness == 1:  # twice as fine as the screen, for smooth edges, unless that takes too long
            ratio = self.devicePixelRatioF()
            pixels = self.width() * self.height() * ratio**2
            scale = ratio * (2 if pixels < _MOST_FINE_PIXELS else 1)
        size = max(int(self.width() * scale), 1), max(int(self.height() * scale), 1)
        camera = replace(self._camera, pixels_per_mm=self._camera.pixels_per_mm * scale)
        surface, table, shell, chosen = self._surface, self._table, self._visible_shell, self._chosen
        rim = max(round(scale * _RIM), 1)
        # The whole outline of the chosen one is drawn, also of what lies behind others.
        alone = np.zeros_like(table)
        alone[chosen] = table[chosen] if chosen else 0

        def draw() -> Rendered:
            middle = surface.centre if shell is None else shell.surface.centre
            drawn = render(surface, camera, size, table, middle)
            if shell is not None:
                drawn = drawn.behind(render(shell.surface, camera, size, shell.colours, middle))
            if not alone.any():
                return drawn
            return drawn.rimmed(render(surface, camera, size, alone, middle).labels > 0, rim)

        self._background.run(draw, self._on_rendered, self._on_failed)

    def _on_rendered(self, rendered: Rendered) -> None:
        if not self._exists:
            return
        self._is_rendering = False
        if self._surface is not None:
            self._rendered = rendered
        self.update()
        if self._is_stale:
            self._render(1 if not self._fine.isActive() else 2)

    def _on_failed(self, _error: BaseException) -> None:
        self._is_rendering = False

    # Qt's events -------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw what was rendered last, and the directions of the body."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._rendered is None:
            painter.setPen(QColor(150, 150, 155))
            is_coming = self._is_expected or self._surface is not None
            words = "Being drawn…" if is_coming else "No labels"
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)
            return
        pixels = np.ascontiguousarray(self._rendered.pixels)
        height, width = pixels.shape[:2]
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
        painter.drawImage(QRectF(self.rect()), image)
        self._draw_directions(painter)

    def _draw_directions(self, painter: QPainter) -> None:
        """Draw a small cross with the letters of the body's directions; those that point away are dim."""
        axes = self._camera.axes
        centre = QPointF(_ARROW + 18, self.height() - _ARROW - 18)
        for letter, world in (
            ("R", (1, 0, 0)), ("L", (-1, 0, 0)), ("A", (0, 1, 0)),
            ("P", (0, -1, 0)), ("S", (0, 0, 1)), ("I", (0, 0, -1)),
        ):  # fmt: skip
            right, up, near = (float(value) for value in axes @ np.array(world, dtype=np.float32))
            painter.setPen(QPen(QColor(255, 217, 74, 255 if near > -0.2 else 110), 1.2))
            tip = centre + QPointF(right, -up) * _ARROW
            painter.drawLine(centre, tip)
            middle = centre + QPointF(right, -up) * (_ARROW + 9)
            painter.drawText(
                QRectF(middle.x() - 8, middle.y() - 8, 16, 16), Qt.AlignmentFlag.AlignCenter, letter
            )

    def resizeEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """Fit it to the new size."""
        self._camera = replace(self._camera, pixels_per_mm=self._fitting())
        self._render_soon()

    def showEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """Render what was not rendered while hidden."""
        self._render_soon()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Begin to turn, or a click."""
        self._pressed = self._last = event.position().toPoint()
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Turn, or say what lies under the pointer."""
        position = event.position().toPoint()
        if self._pressed is None:
            self._point_at(self.label_at(position))
            return
        moved, self._last = position - self._last, position
        self.turn(-moved.x() * _DEGREES_PER_PIXEL, moved.y() * _DEGREES_PER_PIXEL)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Pick the nucleus under a click."""
        position = event.position().toPoint()
        if self._pressed is not None and (position - self._pressed).manhattanLength() <= _CLICK_PIXELS:
            label = self.label_at(position)
            if event.button() is Qt.MouseButton.RightButton:
                self.menu_wanted.emit(label, position)
            elif label:
                self.picked.emit(label)
        self._pressed = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Show this view alone, or all."""
        self._pressed = None
        self.enlarge_wanted.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """Ask for the menu by the key for menus; the mouse asks when it is released."""
        event.accept()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            self.menu_wanted.emit(0, self.rect().center())

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Nothing is under the pointer any more."""
        self._point_at(0)
        super().leaveEvent(event)

    def _point_at(self, label: int) -> None:
        if label != self._pointed:
            self._pointed = label
            self.pointed.emit(label)

    def label_at(self, position: QPoint) -> int:
        """Label drawn at a pixel of this widget, 0 for none."""
        if self._rendered is None or not self.rect().contains(position):
            return 0
        height, width = self._rendered.labels.shape
        x, y = position.x() * width // self.width(), position.y() * height // self.height()
        return int(self._rendered.labels[y, x])

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Magnify."""
        self.magnify(_ZOOM_STEP ** (event.angleDelta().y() / 120))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Turn with the arrows, magnify with plus and minus, look from the front again with Home."""
        turns = {
            Qt.Key.Key_Left: (_KEY_DEGREES, 0.0),
            Qt.Key.Key_Right: (-_KEY_DEGREES, 0.0),
            Qt.Key.Key_Up: (0.0, _KEY_DEGREES),
            Qt.Key.Key_Down: (0.0, -_KEY_DEGREES),
        }
        key = Qt.Key(event.key())
        if key in turns:
            self.turn(*turns[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus):
            self.magnify(_ZOOM_STEP if key is Qt.Key.Key_Plus else 1 / _ZOOM_STEP)
        elif key is Qt.Key.Key_Home:
            self.reset()
        else:
            event.ignore()
