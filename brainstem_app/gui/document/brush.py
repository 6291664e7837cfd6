"""Brush: which voxels a touch or a stroke covers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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

    def footprint(self, voxel_mm: tuple[float, float, float], plane: Plane) -> NDArray[np.int64]:
        """Voxels (x, y, z), shape (N, 3), that a touch covers, counted from the voxel touched.

        At least that voxel itself.
        """
        radius = self.diameter_mm / 2
        reach = [int(radius / size) for size in voxel_mm]
        if not self.in_3d:
            reach[plane.normal] = 0
        axes = [np.arange(-n, n + 1) for n in reach]
        offsets = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        distance = ((offsets * np.array(voxel_mm)) ** 2).sum(axis=1)
        covered: NDArray[np.int64] = offsets[(distance <= radius**2) | ~offsets.any(axis=1)].astype(np.int64)
        return covered


def stroke_voxels(start: Voxel, end: Voxel, footprint: NDArray[np.int64], shape: Voxel) -> NDArray[np.int64]:
    """Voxels that the brush covers on its way.

    Parameters
    ----------
    start, end : tuple of int
        Voxels (x, y, z).
    footprint : ndarray of int64, shape (N, 3)
        From `Brush.footprint`.
    shape : tuple of int
        Voxels of the grid along x, y, z; what lies outside is left out.

    Returns
    -------
    ndarray of int64, shape (M,)
        Sorted flat indices into an array (Z, Y, X), each once.
    """
    first, last = np.array(start), np.array(end)
    steps = max(int(np.abs(last - first).max()), 1)
    way = np.round(first + (last - first) * np.linspace(0.0, 1.0, steps + 1)[:, None]).astype(np.int64)
    covered = (way[:, None] + footprint).reshape(-1, 3)
    inside = ((covered >= 0) & (covered < np.array(shape))).all(axis=1)
    x, y, z = covered[inside].T
    return np.unique((z * shape[1] + y) * shape[0] + x)
