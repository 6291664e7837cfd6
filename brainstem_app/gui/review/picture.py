"""Pictures of a view, saved as PNG."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from brainstem_app.errors import BrainstemError


def picture_target(chosen: Path) -> Path:
    """Path to save a picture to: what the user chose, ending in ``.png``."""
    return chosen if chosen.suffix.lower() == ".png" else chosen.with_name(chosen.name + ".png")


def picture_of(widget: QWidget, texts: dict[str, str]) -> QImage:
    """Picture of a widget as it is on the screen, with texts that the PNG file carries (scan, place)."""
    image = widget.grab().toImage()
    for key, text in texts.items():
        image.setText(key, text)
    return image


def save_picture(image: QImage, path: Path) -> Path:
    """Write a picture as PNG, complete or not at all.

    Raises
    ------
    BrainstemError
        If it cannot be written.
    """
    from brainstem_app.imaging.atomic import atomic_path

    target = picture_target(path)
    fix = "Choose another folder, or make room on the disk."
    try:
        with atomic_path(target) as temporary:
            if not image.save(str(temporary), "PNG"):
                raise BrainstemError("The picture could not be saved.", target, fix)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BrainstemError(f"The picture could not be saved: {reason}.", target, fix) from error
    return target
