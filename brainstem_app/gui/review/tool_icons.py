"""Icons of the drawing tools, drawn in the colour of the text around them, in the light and in the dark."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPainterPath,
    QPalette,
    QPen,
    QPixmap,
    QPolygonF,
)

_SIDE = 24.0  # drawings are made on 24 × 24 units
_LINE = 1.8


def tool_icon(name: str) -> QIcon:
    """Icon of the action with this id."""
    return QIcon(_Engine(name))


class _Engine(QIconEngine):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def clone(self) -> QIconEngine:
        """Return another engine that draws the same."""
        return _Engine(self._name)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Draw the icon on nothing."""
        pixels = QPixmap(size)
        pixels.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixels)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return pixels

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw the icon in the colour that text has there."""
        role = QPalette.ColorRole.ButtonText
        if mode is QIcon.Mode.Disabled:
            role = QPalette.ColorRole.PlaceholderText
        elif state is QIcon.State.On:
            role = QPalette.ColorRole.HighlightedText
        colour = QGuiApplication.palette().color(role)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(rect.topLeft())
        painter.scale(rect.width() / _SIDE, rect.height() / _SIDE)
        pen = QPen(colour, _LINE)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        _DRAWINGS[self._name](painter)
        painter.restore()


def _lines(painter: QPainter, *points: tuple[float, float]) -> None:
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))


def _filled(painter: QPainter, path: QPainterPath) -> None:
    painter.fillPath(path, painter.pen().color())


def _dots(painter: QPainter, *points: tuple[float, float]) -> None:
    path = QPainterPath()
    for x, y in points:
        path.addEllipse(QPointF(x, y), 2.1, 2.1)
    _filled(painter, path)


def _look(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(12, 12), 6, 6)
    for line in (((12, 2), (12, 8)), ((12, 16), (12, 22)), ((2, 12), (8, 12)), ((16, 12), (22, 12))):
        _lines(painter, *line)


def _brush(painter: QPainter) -> None:
    _lines(painter, (21, 3), (12, 12))
    tip = QPainterPath(QPointF(12.5, 13.5))
    tip.cubicTo(QPointF(11, 20), QPointF(6, 21), QPointF(3, 21))
    tip.cubicTo(QPointF(5, 18), QPointF(4, 13), QPointF(10.5, 11.5))
    tip.closeSubpath()
    _filled(painter, tip)


def _eraser(painter: QPainter) -> None:
    _lines(painter, (14, 4), (21, 11), (12, 20), (7, 20), (3, 16), (14, 4))
    _lines(painter, (8.5, 10), (15.5, 17))
    _lines(painter, (12, 20), (21, 20))


def _fill(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(12, 12), 9, 9)
    inner = QPainterPath()
    inner.addEllipse(QPointF(12, 12), 5.5, 5.5)
    _filled(painter, inner)


def _polygon(painter: QPainter) -> None:
    corners = ((5, 7), (15, 4), (20, 13), (12, 20), (4, 16))
    _lines(painter, *corners, corners[0])
    _dots(painter, *corners)


def _cube(painter: QPainter) -> None:
    _lines(painter, (12, 3), (20, 7), (20, 16), (12, 21), (4, 16), (4, 7), (12, 3))
    _lines(painter, (4, 7), (12, 11.5), (20, 7))
    _lines(painter, (12, 11.5), (12, 21))


def _lock(painter: QPainter) -> None:
    shackle = QPainterPath(QPointF(7.5, 11))
    shackle.lineTo(7.5, 8)
    shackle.arcTo(QRectF(7.5, 3.5, 9, 9), 180, -180)
    shackle.lineTo(16.5, 11)
    painter.drawPath(shackle)
    body = QPainterPath()
    body.addRoundedRect(QRectF(5, 11, 14, 10), 1.5, 1.5)
    _filled(painter, body)


def _range(painter: QPainter) -> None:
    for x, top in ((4, 17), (8, 11), (12, 5), (16, 10), (20, 16)):
        _lines(painter, (x, 18), (x, top))
    _lines(painter, (6, 21.5), (18, 21.5))


def _interpolate(painter: QPainter) -> None:
    for y in (5, 19):
        painter.drawEllipse(QPointF(12, y), 8, 3)
    pen = painter.pen()
    pen.setDashPattern([1.2, 2.2])
    painter.setPen(pen)
    painter.drawEllipse(QPointF(12, 12), 8, 3)


def _smooth(painter: QPainter) -> None:
    _lines(painter, (2, 9), (5, 4), (8, 9), (11, 4), (14, 9), (17, 4), (20, 9))
    wave = QPainterPath(QPointF(2, 17))
    wave.cubicTo(QPointF(8, 12), QPointF(13, 22), QPointF(21, 16))
    painter.drawPath(wave)


def _copy(painter: QPainter, *, up: bool) -> None:
    low, high = (20.0, 13.0) if up else (11.0, 4.0)
    painter.drawRect(QRectF(4, high, 9, low - high))
    if up:
        _lines(painter, (18, 20), (18, 4))
        _lines(painter, (14.5, 7.5), (18, 4), (21.5, 7.5))
    else:
        _lines(painter, (18, 4), (18, 20))
        _lines(painter, (14.5, 16.5), (18, 20), (21.5, 16.5))


def _turn(painter: QPainter, *, back: bool) -> None:
    if not back:
        painter.translate(_SIDE, 0)
        painter.scale(-1, 1)
    arc = QPainterPath(QPointF(4, 9))
    arc.lineTo(14, 9)
    arc.arcTo(QRectF(8.5, 9, 11, 10), 90, -180)
    arc.lineTo(8, 19)
    painter.drawPath(arc)
    _lines(painter, (8.5, 4.5), (4, 9), (8.5, 13.5))


_DRAWINGS: dict[str, Callable[[QPainter], None]] = {
    "look": _look,
    "brush": _brush,
    "eraser": _eraser,
    "fill": _fill,
    "polygon": _polygon,
    "in_3d": _cube,
    "protects": _lock,
    "limits": _range,
    "interpolate": _interpolate,
    "smooth": _smooth,
    "copy_up": lambda painter: _copy(painter, up=True),
    "copy_down": lambda painter: _copy(painter, up=False),
    "undo": lambda painter: _turn(painter, back=True),
    "redo": lambda painter: _turn(painter, back=False),
}
