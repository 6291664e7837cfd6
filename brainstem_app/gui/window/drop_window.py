"""Window that files and folders can be dropped on."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from brainstem_app.gui.dropped import dropped_paths, take_drop


class DropWindow(QMainWindow):
    """Main window that takes files and folders.

    Signals
    -------
    dropped(object)
        List of the paths that were dropped.
    drag_over(bool)
        Something that can be dropped is over the window, or has left it.
    """

    dropped = Signal(object)
    drag_over = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files and folders."""
        if dropped_paths(event):
            take_drop(event)
            self.drag_over.emit(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802 - Qt's name
        """Take the highlight away."""
        self.drag_over.emit(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Open what was dropped."""
        self.drag_over.emit(False)
        if paths := dropped_paths(event):
            take_drop(event)
            self.dropped.emit(paths)
