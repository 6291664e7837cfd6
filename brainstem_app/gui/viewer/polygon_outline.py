"""Polygon that is being clicked on a slice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath

Point = tuple[float, float]
_LEAST_CORNERS = 3
_CORNER_MM = 0.3


class PolygonOutline:
    """Corners on one slice, in voxels from its corner: (horizontally, vertically)."""

    def __init__(self) -> None:
        self._corners: list[Point] = []
        self.index = 0

    @property
    def is_begun(self) -> bool:
        """Whether there is a corner."""
        return bool(self._corners)

    @property
    def can_close(self) -> bool:
        """Whether there are corners enough for an area."""
        return len(self._corners) >= _LEAST_CORNERS

    @property
    def points(self) -> NDArray[np.float64]:
        """The corners, shape (N, 2)."""
        return np.array(self._corners, dtype=np.float64).reshape(-1, 2)

    def is_on(self, index: int) -> bool:
        """Whether it lies on a slice."""
        return self.is_begun and self.index == index

    def add(self, index: int, corner: Point) -> None:
        """Add a corner; on another slice a new polygon begins. The same corner twice is one."""
        if index != self.index:
            self.clear()
        self.index = index
        if not self._corners or self._corners[-1] != corner:
            self._corners.append(corner)

    def drop_last(self) -> None:
        """Take the last corner back."""
        del self._corners[-1:]

    def clear(self) -> None:
        """Forget it."""
        self._corners = []

    def path(self, voxel_mm: Point, pointer: Point | None) -> QPainterPath:
        """Lines from corner to corner, to the pointer and back to the first, in mm of the slice."""
        path = QPainterPath()
        corners = [QPointF(h * voxel_mm[0], v * voxel_mm[1]) for h, v in self._corners]
        if not corners:
            return path
        path.moveTo(corners[0])
        for corner in corners[1:]:
            path.lineTo(corner)
        if pointer is not None:
            path.lineTo(QPointF(pointer[0] * voxel_mm[0], pointer[1] * voxel_mm[1]))
        path.closeSubpath()
        for corner in corners:
            path.addEllipse(corner, _CORNER_MM, _CORNER_MM)
        return path
