"""The program's icon as Windows wants it, drawn from the picture that the window shows."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from installer.building.editions import ROOT

_SIZES = (16, 20, 24, 32, 40, 48, 64, 128, 256)
_PICTURE = ROOT / "resources" / "icons" / "brainstem-app.svg"


def write_icon(path: Path) -> None:
    """Write the icon in all sizes that Windows shows, each drawn at its own size."""
    pictures = [_drawn(size) for size in _SIZES]
    pictures[-1].save(
        path, format="ICO", sizes=[(size, size) for size in _SIZES], append_images=pictures[:-1]
    )


def _drawn(size: int) -> Image.Image:
    picture = QImage(size, size, QImage.Format.Format_RGBA8888)
    picture.fill(0)
    painter = QPainter(picture)
    QSvgRenderer(str(_PICTURE)).render(painter)
    painter.end()
    return Image.frombytes("RGBA", (size, size), bytes(picture.constBits()))
