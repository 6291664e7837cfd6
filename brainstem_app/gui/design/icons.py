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
def line_icon(name: str, colour: str, disabled: str = "", checked: str = "") -> QIcon:
    """Icon of the set in a colour, with others for what cannot be used now, and for what is switched on."""
    icon = QIcon()
    _add(icon, name, colour, QIcon.Mode.Normal, QIcon.State.Off)
    _add(icon, name, disabled or colour, QIcon.Mode.Disabled, QIcon.State.Off)
    if checked:
        _add(icon, name, checked, QIcon.Mode.Normal, QIcon.State.On)
    return icon


@cache
def line_pixmap(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """Picture of an icon, `size` pixels high, on a screen of a scale."""
    pixels = round(size * ratio)
    made = QPixmap(pixels, pixels)
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


def _add(icon: QIcon, name: str, colour: str, mode: QIcon.Mode, state: QIcon.State) -> None:
    ratios = sorted({screen.devicePixelRatio() for screen in QGuiApplication.screens()} | {1.0})
    for size in _SIZES:
        for ratio in ratios:
            icon.addPixmap(line_pixmap(name, colour, size, ratio), mode, state)
