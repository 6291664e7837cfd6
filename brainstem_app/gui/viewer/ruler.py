"""Rulers on slices: the distance of two points, in mm of the scan, and how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from brainstem_app.gui.design import tokens
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.polygon_outline import Point
from brainstem_app.gui.viewer.scale_bar import draw_words
from brainstem_app.gui.viewer.volume import CanonicalGrid

_SHADOW = QColor(0, 0, 0, 190)
_TICK, _REACH = 5.0, 7.0
_WORDS = (90.0, 18.0)


@dataclass(frozen=True)
class Ruler:
    """Two points of one slice.

    Attributes
    ----------
    plane : Plane
    index : int
        Number of the slice, from 0.
    start, end : tuple of float
        In voxels from the slice's corner, horizontally and vertically.
    """

    plane: Plane
    index: int
    start: Point
    end: Point

    def length_mm(self, grid: CanonicalGrid) -> float:
        """Distance of the two points in the scan's world, mm, whatever the shape of its voxels."""
        step = np.zeros(3)
        step[self.plane.horizontal] = self.end[0] - self.start[0]
        step[self.plane.vertical] = self.end[1] - self.start[1]
        return float(np.linalg.norm(grid.affine[:3, :3] @ step))

    def is_on(self, plane: Plane, index: int) -> bool:
        """Whether it lies on a slice."""
        return self.plane is plane and self.index == index


def ruler_text(length_mm: float) -> str:
    """Length of a ruler in words."""
    return f"{length_mm:.1f} mm"


def draw_ruler(painter: QPainter, line: QLineF, text: str, *, is_chosen: bool) -> None:
    """Draw a ruler along a line of pixels, its length beside its middle."""
    ticks = [line]
    if line.length() > 0:
        across = line.normalVector().unitVector()
        way = QPointF(across.dx(), across.dy()) * _TICK
        ticks += [QLineF(point - way, point + way) for point in (line.p1(), line.p2())]
    colour = QColor(tokens.RULER_CHOSEN if is_chosen else tokens.RULER)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for pen in (QPen(_SHADOW, 4), QPen(colour, 1.6)):
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLines(ticks)
    middle, (width, height) = line.center(), _WORDS
    is_flat = abs(line.dx()) > 2 * abs(line.dy())
    place = middle + (QPointF(-width / 2, 6) if is_flat else QPointF(8, -height / 2))
    side = Qt.AlignmentFlag.AlignHCenter if is_flat else Qt.AlignmentFlag.AlignLeft
    draw_words(painter, QRectF(place.x(), place.y(), width, height), side, text)


def end_near(line: QLineF, pixel: QPointF) -> int | None:
    """Which end of a line of pixels lies near a pixel, 0 or 1; None if neither does."""
    ways = [QLineF(pixel, point).length() for point in (line.p1(), line.p2())]
    nearest = int(np.argmin(ways))
    return nearest if ways[nearest] <= _REACH else None


def is_near(line: QLineF, pixel: QPointF) -> bool:
    """Whether a line of pixels passes near a pixel."""
    along, length = QPointF(line.dx(), line.dy()), line.length()
    share = QPointF.dotProduct(pixel - line.p1(), along) / max(length**2, 1e-9)
    return QLineF(pixel, line.pointAt(min(max(share, 0.0), 1.0))).length() <= _REACH
