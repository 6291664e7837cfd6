"""Polygon: which voxels of a slice lie inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def inside_polygon(points: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels of a slice whose centre lies inside a polygon, which is closed from its last point to the first.

    By the even-odd rule, exactly. Qt's painter rounds to 1/64 of a pixel, and matplotlib takes a second to be
    imported, which the first click would wait for.

    Parameters
    ----------
    points : ndarray of float64, shape (N, 2)
        Horizontally and vertically, in pixels from the corner of the slice.
    shape : tuple of int
        Rows and columns (V, H) of the slice.
    """
    mask = np.zeros(shape, dtype=bool)
    rows, columns = np.arange(shape[0]) + 0.5, np.arange(shape[1]) + 0.5
    for (h0, v0), (h1, v1) in zip(points, np.roll(points, -1, axis=0), strict=True):
        crossed = np.flatnonzero((v0 > rows) != (v1 > rows))
        if crossed.size:
            at = h0 + (rows[crossed] - v0) * (h1 - h0) / (v1 - v0)
            mask[crossed] ^= columns < at[:, None]
    return mask
