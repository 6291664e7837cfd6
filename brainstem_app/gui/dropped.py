"""Files and folders that are dropped: taken as copies, whatever the program they come from offers."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDropEvent


def dropped_paths(event: QDropEvent) -> list[Path]:
    """Files and folders of this computer that are dragged or dropped."""
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]


def take_drop(event: QDropEvent) -> None:
    """Take what is dragged or dropped, and say that it stays where it is.

    What a program proposes is often a move: it may then take the files away from where they came from.
    """
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()
