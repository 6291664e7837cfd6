"""Intensity normalisation: the brain's own mean and spread become 0 and 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LIMIT = 3.0


def normalise(volume: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Z-score of the brain's intensities, clipped to ±3; everything outside the mask is −3.

    Mean and standard deviation are taken over the masked voxels between their 2nd and 98th percentile, so
    that a bright vessel or a rim of the mask does not move them.

    Parameters
    ----------
    volume : ndarray of float32, any shape
        Bias-corrected intensities.
    mask : ndarray of bool, same shape
        Voxels of the brain, at least two.

    Returns
    -------
    ndarray of float32
        Dimensionless, between −3 and 3.
    """
    return scaled(volume, mask, *centre_and_spread(volume[mask]))


def centre_and_spread(inside: NDArray[np.float32]) -> tuple[float, float]:
    """Mean and standard deviation of a brain's intensities (N,), without the outermost 2 % at both ends."""
    low, high = np.percentile(inside, (2.0, 98.0))
    core = inside[(inside >= low) & (inside <= high)]
    return float(core.mean()), max(float(core.std()), 1e-6)


def scaled(
    volume: NDArray[np.float32], mask: NDArray[np.bool_], centre: float, spread: float
) -> NDArray[np.float32]:
    """Z-score of intensities whose mean and spread are known; see `normalise`."""
    inside = np.clip((volume - centre) / spread, -LIMIT, LIMIT).astype(np.float32)
    return np.where(mask, inside, np.float32(-LIMIT))
