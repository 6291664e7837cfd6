"""Cutting slices out of volumes (Z, Y, X)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app.gui.viewer.convention import Plane

Voxel = tuple[int, int, int]
Corners = tuple[Voxel, Voxel]


def slice_of(volume: NDArray[Any], plane: Plane, index: int) -> NDArray[Any]:
    """Return one slice of a (Z, Y, X) array as (vertical, horizontal), contiguous."""
    return np.ascontiguousarray(volume[(slice(None),) * (2 - plane.normal) + (index,)])


def slice_of_box(volume: NDArray[Any], box: Corners, plane: Plane, index: int) -> NDArray[Any]:
    """Return the part of a slice that lies in a box of voxels, its corners included."""
    (x0, y0, z0), (x1, y1, z1) = box
    part = volume[z0 : z1 + 1, y0 : y1 + 1, x0 : x1 + 1]
    return slice_of(part, plane, index - box[0][plane.normal])


def joined(first: Corners | None, second: Corners | None) -> Corners | None:
    """Smallest box of voxels that holds two boxes."""
    if first is None or second is None:
        return first or second
    x0, y0, z0 = map(min, first[0], second[0])
    x1, y1, z1 = map(max, first[1], second[1])
    return (x0, y0, z0), (x1, y1, z1)
