"""Cutting slices out of volumes (Z, Y, X), fast in every plane."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app.gui.viewer.convention import Plane

Voxel = tuple[int, int, int]
Corners = tuple[Voxel, Voxel]
_BLOCK = 16


class SliceCutter:
    """Cuts slices of a volume that does not change.

    A sagittal slice takes one voxel of every line of memory. So the lines of some neighbours are copied
    together, which costs no more, and the neighbours are cut from that small copy.

    Parameters
    ----------
    volume : ndarray, shape (Z, Y, X)
    """

    def __init__(self, volume: NDArray[Any]) -> None:
        self._volume = volume
        self._block = volume[:, :, :0]
        self._first = 0

    def cut(self, plane: Plane, index: int) -> NDArray[Any]:
        """Return one slice as (vertical, horizontal), contiguous."""
        if plane is not Plane.SAGITTAL:
            return slice_of(self._volume, plane, index)
        if not 0 <= index - self._first < self._block.shape[2]:
            self._first = index - index % _BLOCK
            self._block = np.ascontiguousarray(self._volume[:, :, self._first : self._first + _BLOCK])
        return slice_of(self._block, plane, index - self._first)


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
