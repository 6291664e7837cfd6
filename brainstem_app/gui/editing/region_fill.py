"""Fill: the region around a voxel that an outline closes, and the connected piece of a label."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def bounded_region(walls: NDArray[np.bool_], seed: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Region around a seed that walls close, along the edges of pixels or the faces of voxels.

    Parameters
    ----------
    walls : ndarray of bool, shape (V, H) or (Z, Y, X)
        What closes it; the edge of the array does not.
    seed : tuple of int

    Returns
    -------
    ndarray of bool, of the shape of `walls`, or None
        None if the region is open, or the seed lies on a wall.
    """
    region = _connected(np.pad(~walls, 1, constant_values=True), tuple(place + 1 for place in seed))
    if region is None or region[(0,) * region.ndim]:
        return None
    inside: NDArray[np.bool_] = region[(slice(1, -1),) * region.ndim]
    return inside


def connected_piece(mask: NDArray[np.bool_], seed: tuple[int, ...]) -> NDArray[np.bool_] | None:
    """Piece of a mask that hangs together with a seed; None if the seed is not in it."""
    return _connected(mask, seed)


def _connected(mask: NDArray[np.bool_], seed: tuple[int, ...]) -> NDArray[np.bool_] | None:
    from scipy.ndimage import label

    if not mask[seed]:
        return None
    pieces: NDArray[Any] = label(mask)[0]
    same: NDArray[np.bool_] = pieces == pieces[seed]
    return same
