"""What several registrations of one subject agree on, and by how much they don't."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from brainstem_app.imaging.spaces import AROUND_BOX, BOX_SHAPE, BOX_START, Region
from brainstem_app.preprocessing.reference import crop_displacement
from brainstem_app.preprocessing.transforms import Displacement

# The box and 4 mm around it (below it the template ends): what is kept of a consensus.
KEPT = Region((BOX_START[0] - 4, BOX_START[1] - 4, 0), (BOX_SHAPE[0] + 9, BOX_SHAPE[1] + 9, BOX_SHAPE[2] + 4))
_STEPS = 20
# Closer than this to a member, the weight of that member grows no more.
_NEAR_MM = 0.05
_SMOOTHING_MM = (1.0, 1.5, 2.0, 3.0)


@dataclass(frozen=True)
class Consensus:
    """The middle of several registrations.

    Attributes
    ----------
    displacement : Displacement
        On `KEPT`: ``atlas(x + d(x))`` is the label at x of the placed scan.
    disagreement : ndarray of float32, shape of `KEPT`
        Root mean square distance (mm) of the registrations from it.
    smoothing_mm : float
        By how much (sigma) it was smoothed to be free of folds in the box.
    """

    displacement: Displacement
    disagreement: NDArray[np.float32]
    smoothing_mm: float


def consensus_of(fields: NDArray[np.float32]) -> Consensus:
    """Geometric median of displacements (M, 75, 76, 85, 3) on `AROUND_BOX`, lightly smoothed.

    One member that goes astray moves a mean by as much as it pleases, and the geometric median hardly at all.

    Raises
    ------
    ValueError
        If the warp still folds where it is smoothed most.
    """
    start = np.subtract(KEPT.start, AROUND_BOX.start)
    kept = (slice(None), *(slice(a, a + n) for a, n in zip(start, KEPT.shape, strict=True)))
    fields = fields[kept]
    median = geometric_median(fields)
    for sigma in _SMOOTHING_MM:
        smooth = gaussian_filter(median, (sigma, sigma, sigma, 0), mode="nearest")
        found = Displacement(smooth, KEPT.affine)
        if folds(found) == 0:
            apart = ((fields - smooth) ** 2).sum(axis=-1)
            return Consensus(found, np.sqrt(apart.mean(axis=0)).astype(np.float32), sigma)
    raise ValueError("The consensus folds.")


def folds(warp: Displacement) -> int:
    """Voxels of the box where a warp of 1 mm folds."""
    return int((crop_displacement(warp).jacobian() <= 0).sum())


def geometric_median(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Points (…, 3) whose distances to M points (M, …, 3) have the least sum (Weiszfeld's algorithm)."""
    found = np.median(points, axis=0)
    for _ in range(_STEPS):
        distance = np.sqrt(((points - found) ** 2).sum(axis=-1, keepdims=True))
        weight = 1 / np.maximum(distance, np.float32(_NEAR_MM))
        found = (points * weight).sum(axis=0) / weight.sum(axis=0)
    return np.asarray(found, dtype=np.float32)
