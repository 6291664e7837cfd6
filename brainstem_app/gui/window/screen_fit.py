"""Size and place of a window on its screen: all of it is seen, at any scale."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QSize
from PySide6.QtWidgets import QWidget

# What a desktop draws around a window, for as long as the window is not on the screen and cannot know.
_USUAL_FRAME = QMargins(8, 40, 8, 8)


def resize_to_fit(window: QWidget, wanted: QSize) -> None:
    """Give a window that is not shown yet the size it should have, or what its screen has room for."""
    room = window.screen().availableGeometry().marginsRemoved(_USUAL_FRAME)
    window.resize(wanted.boundedTo(room.size()))


def keep_on_screen(window: QWidget) -> None:
    """Make a window that is shown no larger than its screen, and move it to where all of it is seen."""
    if window.isMaximized() or window.isFullScreen():
        return
    inner, outer = window.geometry(), window.frameGeometry()
    frame = QMargins(
        inner.left() - outer.left(),
        inner.top() - outer.top(),
        outer.right() - inner.right(),
        outer.bottom() - inner.bottom(),
    )
    room = window.screen().availableGeometry().marginsRemoved(frame)
    place = inner
    place.setSize(inner.size().boundedTo(room.size()))
    place.moveRight(min(place.right(), room.right()))
    place.moveBottom(min(place.bottom(), room.bottom()))
    place.moveLeft(max(place.left(), room.left()))
    place.moveTop(max(place.top(), room.top()))
    if place != window.geometry():
        window.setGeometry(place)
