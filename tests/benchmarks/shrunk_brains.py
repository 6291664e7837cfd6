"""Heads with less brain: it shrinks towards its middle inside an unchanged skull, and fluid fills the gap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from brainstem_app.imaging.scan import Scan

# In brain masks, which end at the brain's surface, the darkest three of a hundred voxels hold fluid.
_FLUID_PERCENTILE, _NOISE = 3.0, 0.02


def with_less_brain(scan: Scan, brain: NDArray[np.bool_], lost: float, seed: int = 0) -> Scan:
    """Take a share `lost` of the brain's volume away; what is not brain stays as it is.

    Parameters
    ----------
    scan : Scan
        A whole head.
    brain : ndarray of bool, shape (X, Y, Z)
        Its brain.
    lost : float
        0…1.
    """
    if not lost:
        return scan
    points = np.argwhere(brain).astype(np.float64)
    middle = points.mean(axis=0)
    source = (middle + (points - middle) / (1 - lost) ** (1 / 3)).T
    is_brain = map_coordinates(brain.astype(np.float32), source, order=1) > 0.5
    inside = scan.data[brain]
    fluid = np.percentile(inside, _FLUID_PERCENTILE)
    noise = np.random.default_rng(seed).normal(0, _NOISE * np.percentile(inside, 90), len(points))
    data = scan.data.copy()
    data[brain] = np.where(is_brain, map_coordinates(scan.data, source, order=1), fluid + noise)
    return replace(scan, data=data.astype(np.float32))
