"""The icon as Windows wants it and the side of setup's last page, from the picture that the window shows."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from installer.building.editions import ROOT

_SIZES = (16, 20, 24, 32, 40, 48, 64, 128, 256)
_PICTURE = ROOT / "resources" / "icons" / "brainstem-app.svg"
#: Twice what NSIS shows at 100 %, which makes it smaller as needed.
_SIDE = (328, 628)
#: Where on the icon its ground is seen, as shares of its sides.
_GROUND = (0.5, 0.04)


def write_icon(path: Path) -> None:
    """Write the icon in all sizes that Windows shows, each drawn at its own size."""
    pictures = [_drawn(size) for size in _SIZES]
    pictures[-1].save(
        path, format="ICO", sizes=[(size, size) for size in _SIZES], append_images=pictures[:-1]
    )


def write_side(path: Path) -> None:
    """Write the picture at the left of setup's last page: the icon on its own ground."""
    width, height = _SIDE
    icon = _drawn(width)
    ground = icon.getpixel((int(_GROUND[0] * width), int(_GROUND[1] * width)))
    picture = Image.new("RGBA", _SIDE, ground)
    picture.alpha_composite(icon, (0, (height - width) // 2))
    picture.convert("RGB").save(path, format="BMP")


def _drawn(size: int) -> Image.Image:
    picture = QImage(size, size, QImage.Format.Format_RGBA8888)
    picture.fill(0)
    painter = QPainter(picture)
    QSvgRenderer(str(_PICTURE)).render(painter)
    painter.end()
    return Image.frombytes("RGBA", (size, size), bytes(picture.constBits()))
