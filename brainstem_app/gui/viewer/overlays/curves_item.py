"""Labels in a view as closed curves, filled or outlined, drawn as fine as the screen is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QWidget

from brainstem_app.gui.viewer.graphics import pg
from brainstem_app.gui.viewer.overlays.smooth_shapes import Loops

#: Gives the curves of some labels on the slice that is shown.
Curves = Callable[[list[int]], Mapping[int, Loops]]
_LINE_PIXELS = 2.0


class CurvesItem(pg.GraphicsObject):
    """Curves in the colours of their labels, in voxels from the corner of a slice."""

    def __init__(self) -> None:
        super().__init__()
        self._paths: list[tuple[QColor, QPainterPath]] = []
        self._is_filled = True
        self._bounds = self._area = QRectF()

    def set_area(self, area: QRectF) -> None:
        """Draw nothing beyond the slice, where the scan ends and the atlas goes on."""
        self._area = area

    def show_curves(self, curves: Mapping[int, Loops], table: NDArray[np.uint8], *, is_filled: bool) -> None:
        """Show these; `table` (256, 4) has the colours."""
        self._is_filled = is_filled
        self._paths = [
            (QColor(*(int(c) for c in table[label, :3])), path_of(loops)) for label, loops in curves.items()
        ]
        self.prepareGeometryChange()
        self._bounds = QRectF()
        for _, path in self._paths:
            self._bounds |= path.boundingRect()
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        """Return what holds all curves."""
        return self._bounds

    def paint(self, painter: QPainter, _option: Any, widget: QWidget | None = None) -> None:
        """Fill or draw the curves."""
        if self._is_filled:
            self._fill(painter, QRectF(painter.viewport() if widget is None else widget.rect()))
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self._area)
        for colour, path in self._paths:
            pen = QPen(colour, _LINE_PIXELS)
            pen.setCosmetic(True)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.strokePath(path, pen)

    def _fill(self, painter: QPainter, seen: QRectF) -> None:
        """Fill all on a layer of its own: where two overlap by a hair the later one lies above, not both."""
        transform, device = painter.worldTransform(), painter.device()
        area = transform.mapRect(self._bounds).intersected(seen).toAlignedRect()
        if area.isEmpty():
            return
        ratio = device.devicePixelRatio()
        layer = QImage(area.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
        layer.setDevicePixelRatio(ratio)
        layer.fill(Qt.GlobalColor.transparent)
        on_layer = QPainter(layer)
        on_layer.setRenderHint(QPainter.RenderHint.Antialiasing)
        on_layer.translate(-area.topLeft())
        on_layer.setTransform(transform, combine=True)
        on_layer.setClipRect(self._area)
        for colour, path in self._paths:
            on_layer.fillPath(path, colour)
        on_layer.end()
        painter.save()
        painter.resetTransform()
        painter.drawImage(area.topLeft(), layer)
        painter.restore()


def path_of(loops: Loops) -> QPainterPath:
    """Path of closed curves; one inside another is a hole."""
    path = QPainterPath()
    for loop in loops:
        path.addPolygon(pg.functions.arrayToQPolygonF(loop[:, 0], loop[:, 1]))
        path.closeSubpath()
    return path
