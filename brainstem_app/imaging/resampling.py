"""Resample a volume from one grid to another: one interpolation, whatever lies between."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app.imaging.spaces import Affine


def resample(
    data: NDArray[Any],
    affine: Affine,
    target_shape: tuple[int, int, int],
    target_affine: Affine,
    *,
    order: int = 1,
    world_to_world: Affine | None = None,
) -> NDArray[Any]:
    """Look up, for every voxel of the target grid, the value of the source there.

    Parameters
    ----------
    data : ndarray, shape (X, Y, Z)
        Source volume.
    affine : ndarray, shape (4, 4)
        Voxel to world (mm, RAS+) of the source; may be oblique or sheared.
    target_shape : tuple of int
        Voxels of the target grid.
    target_affine : ndarray, shape (4, 4)
        Voxel to world (mm, RAS+) of the target grid.
    order : int, default=1
        0 nearest neighbour (labels; the dtype is kept), 1 linear, 3 cubic spline.
    world_to_world : ndarray, shape (4, 4), optional
        Where a point of the target's world (mm) lies in the source's world (mm); default the same place.

    Returns
    -------
    ndarray, shape `target_shape`
        float32, or the source's dtype with ``order=0``; 0 outside of the source.
    """
    from scipy.ndimage import affine_transform

    between = np.eye(4) if world_to_world is None else world_to_world
    pull = np.linalg.inv(affine) @ between @ target_affine
    if order > 0 and data.dtype != np.float32:
        data = data.astype(np.float32)
    # "grid-constant" gives a voxel its full extent; "constant" would lose the outermost half voxel, and
    # with it, after rounding errors, whole border planes of labels.
    moved = affine_transform(
        data, pull[:3, :3], pull[:3, 3], target_shape, order=order, mode="grid-constant", cval=0.0
    )
    return np.asarray(moved)
