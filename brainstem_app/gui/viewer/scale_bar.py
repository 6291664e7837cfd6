"""Scale bar and name of the sides, drawn into a picture so that they are in every copy of it."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from brainstem_app.gui.viewer.convention import Convention, Plane

_LENGTHS_MM = (1, 2, 5, 10, 20, 50, 100)
_LONGEST_PX = 110
_MARGIN = 12
_TICK = 4
_SHADOW, _LIGHT = QColor(0, 0, 0, 190), QColor(255, 255, 255)


def bar_length_mm(mm_per_pixel: float) -> int:
    """Longest round length, in mm, that is no longer on the screen than a bar should be."""
    fitting = [length for length in _LENGTHS_MM if length <= _LONGEST_PX * mm_per_pixel]
    return fitting[-1] if fitting else _LENGTHS_MM[0]


def draw_scale_bar(painter: QPainter, area: QRectF, mm_per_pixel: float) -> None:
    """Draw a bar and its length into the lower right corner of a picture."""
    length = bar_length_mm(mm_per_pixel)
    right, bottom = area.right() - _MARGIN, area.bottom() - _MARGIN
    left = right - length / mm_per_pixel
    lines = [
        QLineF(left, bottom, right, bottom),
        QLineF(left, bottom - _TICK, left, bottom),
        QLineF(right, bottom - _TICK, right, bottom),
    ]
    for colour, width in ((_SHADOW, 4), (_LIGHT, 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawLines(lines)
    words = QRectF(left - 40, bottom - _TICK - 20, right - left + 80, 18)
    draw_words(painter, words, Qt.AlignmentFlag.AlignCenter, f"{length} mm")


def draw_sides(painter: QPainter, area: QRectF, plane: Plane, convention: Convention) -> None:
    """Name the convention in the lower left corner of a picture in which left and right are seen."""
    if plane is Plane.SAGITTAL:
        return
    words = {
        Convention.RADIOLOGICAL: "radiological",
        Convention.NEUROLOGICAL: "neurological",
    }
    place = QRectF(area.left() + _MARGIN, area.bottom() - _MARGIN - 16, area.width() / 2, 18)
    draw_words(painter, place, Qt.AlignmentFlag.AlignLeft, words[convention])


def draw_words(painter: QPainter, area: QRectF, side: Qt.AlignmentFlag, text: str) -> None:
    """Write on a picture, light with a shadow, so that it is read on bright and on dark."""
    font = QFont(painter.font())
    font.setPixelSize(11)
    painter.setFont(font)
    where = side | Qt.AlignmentFlag.AlignVCenter
    painter.setPen(_SHADOW)
    for x, y in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        painter.drawText(area.translated(QPointF(x, y)), where, text)
    painter.setPen(_LIGHT)
    painter.drawText(area, where, text)
