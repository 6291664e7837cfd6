"""Smoothing of one nucleus that keeps its volume."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def smoothed(
    mask: NDArray[np.bool_],
    free: NDArray[np.bool_],
    width_mm: float,
    voxel_mm: tuple[float, float, float],
) -> NDArray[np.bool_]:
    """Nucleus smoothed by a Gaussian: as many voxels as before, those where the smoothed mask is highest.

    Parameters
    ----------
    mask : ndarray of bool, shape (Z, Y, X)
        The nucleus, with room around it for what it may grow.
    free : ndarray of bool, shape (Z, Y, X)
        Voxels that it may have; its own need not be named.
    width_mm : float
        Standard deviation of the Gaussian.
    voxel_mm : tuple of float
        Edges of a voxel along x, y, z.

    Returns
    -------
    ndarray of bool, shape (Z, Y, X)
        With fewer voxels than `mask` only where not so many are free within reach.
    """
    from scipy.ndimage import gaussian_filter

    sigma = [width_mm / size for size in reversed(voxel_mm)]
    value = gaussian_filter(mask.astype(np.float32), sigma, mode="constant")
    reached = np.flatnonzero((value > 1e-4) & (free | mask))
    # Of equal ones those that it has stay, so that a smooth nucleus is left as it is.
    order = np.lexsort((mask.ravel()[reached], value.ravel()[reached]))[::-1]
    result = np.zeros_like(mask)
    result.reshape(-1)[reached[order[: int(mask.sum())]]] = True
    return result
