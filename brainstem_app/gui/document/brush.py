"""Brush: which voxels a touch or a stroke covers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from brainstem_app.gui.editing.part import Part
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.slices import Voxel


@dataclass(frozen=True)
class Brush:
    """A round brush.

    Attributes
    ----------
    diameter_mm : float
        On the patient, so that it is as round on anisotropic scans.
    in_3d : bool
        A ball instead of a disc in the plane of the view.
    """

    diameter_mm: float = 3.0
    in_3d: bool = False

    def touch(self, voxel_mm: tuple[float, float, float], plane: Plane) -> NDArray[np.bool_]:
        """Voxels (Z, Y, X) that a touch covers, of odd shape about the one touched; at least that itself."""
        return _touch(self, voxel_mm, plane)

    def footprint(self, voxel_mm: tuple[float, float, float], plane: Plane) -> NDArray[np.int64]:
        """Voxels (x, y, z), shape (N, 3), that a touch covers, counted from the voxel touched."""
        touch = self.touch(voxel_mm, plane)
        covered: NDArray[np.int64] = (np.argwhere(touch) - np.array(touch.shape) // 2)[:, ::-1]
        return covered


@lru_cache(maxsize=8)  # asked for at each movement of the pointer
def _touch(brush: Brush, voxel_mm: tuple[float, float, float], plane: Plane) -> NDArray[np.bool_]:
    radius = brush.diameter_mm / 2
    reach = [int(radius / size) for size in voxel_mm]
    if not brush.in_3d:
        reach[plane.normal] = 0
    x, y, z = ((np.arange(-n, n + 1) * size) ** 2 for n, size in zip(reach, voxel_mm, strict=True))
    touch: NDArray[np.bool_] = z[:, None, None] + y[:, None] + x <= radius**2
    touch[reach[2], reach[1], reach[0]] = True
    touch.setflags(write=False)
    return touch


def stroke_part(
    start: Voxel, end: Voxel, touch: NDArray[np.bool_], shape: Voxel
) -> tuple[Part, NDArray[np.bool_]]:
    """Voxels that the brush covers on its way.

    Parameters
    ----------
    start, end : tuple of int
        Voxels (x, y, z).
    touch : ndarray of bool, shape (Z, Y, X)
        From `Brush.touch`.
    shape : tuple of int
        Voxels of the grid along x, y, z; what lies outside is left out.

    Returns
    -------
    part : tuple of slice
        Part of an array (Z, Y, X) that the way lies in.
    mask : ndarray of bool
        Voxels of the part that are covered.
    """
    first, last = (np.array(voxel[::-1]) for voxel in (start, end))
    lowest, reach = np.minimum(first, last), np.array(touch.shape) // 2
    way_shape = np.abs(last - first) + touch.shape
    mask = np.zeros(way_shape, dtype=bool)
    steps = max(int(np.abs(last - first).max()), 1) if start != end else 0
    way = np.round(first + (last - first) * np.linspace(0.0, 1.0, steps + 1)[:, None]).astype(np.int64)
    for z, y, x in way - lowest:
        mask[z : z + touch.shape[0], y : y + touch.shape[1], x : x + touch.shape[2]] |= touch
    corner = lowest - reach
    begin, stop = np.maximum(corner, 0), np.minimum(corner + way_shape, shape[::-1])
    z, y, x = (slice(int(low), max(int(high), int(low))) for low, high in zip(begin, stop, strict=True))
    inside = tuple(
        slice(int(low - edge), max(int(high - edge), int(low - edge)))
        for low, high, edge in zip(begin, stop, corner, strict=True)
    )
    return (z, y, x), mask[inside]
