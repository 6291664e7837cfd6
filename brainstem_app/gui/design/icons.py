"""Line icons, drawn in any colour and size from one set of SVG files."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from brainstem_app.locations import resource

_SIZES = (16, 20, 24, 32)


def svg_text(name: str, colour: str) -> str:
    """Text of an icon's file, its lines in a colour ``#rrggbb``."""
    text = resource("icons", "lines", f"{name}.svg").read_text(encoding="utf-8")
    return text.replace("currentColor", colour)


@cache
def line_icon(name: str, colour: str, disabled: str = "", *, gap: int = 0) -> QIcon:
    """Icon of the set in a colour, with another for what cannot be used now, and room at its right."""
    icon = QIcon()
    _add(icon, name, colour, QIcon.Mode.Normal, gap)
    _add(icon, name, disabled or colour, QIcon.Mode.Disabled, gap)
    return icon


@cache
def line_pixmap(name: str, colour: str, size: int, ratio: float = 1.0, gap: int = 0) -> QPixmap:
    """Picture of an icon, `size` pixels high, on a screen of a scale."""
    pixels = round(size * ratio)
    made = QPixmap(round((size + gap) * ratio), pixels)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    _renderer(name, colour).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made


@cache
def _renderer(name: str, colour: str) -> QSvgRenderer:
    """Reader of an icon's lines: one for all its sizes."""
    return QSvgRenderer(QByteArray(svg_text(name, colour).encode("utf-8")))


def _add(icon: QIcon, name: str, colour: str, mode: QIcon.Mode, gap: int) -> None:
    ratios = sorted({screen.devicePixelRatio() for screen in QGuiApplication.screens()} | {1.0})
    for size in _SIZES:
        for ratio in ratios:
            icon.addPixmap(line_pixmap(name, colour, size, ratio, gap), mode)
