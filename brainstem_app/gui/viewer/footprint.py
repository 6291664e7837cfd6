"""Outline of the voxels that a brush would cover, and how lines over a scan are drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from brainstem_app.gui.viewer.graphics import pg
from brainstem_app.gui.viewer.overlays.outline import outline_lines


def footprint_path(
    offsets: NDArray[np.int64], centre: tuple[int, int], voxel_mm: tuple[float, float]
) -> QPainterPath:
    """Outline of a brush on a slice, in mm from the corner of the slice.

    Parameters
    ----------
    offsets : ndarray of int64, shape (N, 2)
        Voxels covered, horizontally and vertically from the centre.
    centre : tuple of int
        Voxel under the pointer.
    voxel_mm : tuple of float
        Width and height of a voxel.
    """
    lowest = offsets.min(axis=0)
    columns, rows = (offsets - lowest).T
    mask = np.zeros((rows.max() + 1, columns.max() + 1), dtype=np.uint8)
    mask[rows, columns] = 1
    points = outline_lines(mask)[1].reshape(-1, 2) + lowest + np.array(centre)
    mm = points * np.array(voxel_mm)
    path: QPainterPath = pg.arrayToQPath(mm[:, 0].copy(), mm[:, 1].copy(), connect="pairs")
    return path


def draw_seen(painter: QPainter, path: QPainterPath) -> None:
    """Draw lines that are seen on black and on white."""
    for colour, width in ((QColor(0, 0, 0, 160), 3), (QColor(255, 255, 255), 1)):
        painter.setPen(QPen(colour, width))
        painter.drawPath(path)
