"""Volume and position of a structure in the world."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from brainstem_app.imaging.spaces import Affine

Point = tuple[float, float, float]


def voxel_volume_mm3(affine: Affine) -> float:
    """Volume of one voxel in mm³: the determinant's size, right for oblique and sheared grids too."""
    return float(abs(np.linalg.det(affine[:3, :3])))


def centroid_mm(
    mask: NDArray[np.bool_], affine: Affine, offset: tuple[int, int, int] = (0, 0, 0)
) -> Point | None:
    """Mean world position (mm, RAS+) of a mask's voxel centres; None if it is empty.

    ``offset`` is the index of the mask's first voxel on the affine's grid, when the mask is a crop.
    """
    indices = np.argwhere(mask)
    if not len(indices):
        return None
    x, y, z = affine[:3, :3] @ (indices.mean(axis=0) + offset) + affine[:3, 3]
    return float(x), float(y), float(z)


def distance_mm(first: Point | None, second: Point | None) -> float | None:
    """Distance of two points in mm; None if one is missing."""
    if first is None or second is None:
        return None
    return float(np.linalg.norm(np.subtract(first, second)))
