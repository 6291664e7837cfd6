"""Distances between the surfaces of two masks, in world millimetres.

The surface of a mask is its voxels that touch the outside by a face (the grid's edge is outside). Distances
are Euclidean between voxel centres placed by the affine, from a k-d tree: the same as a distance transform
on orthogonal grids, also right on sheared ones, and not slowed down by a stray voxel far away.

ASSD and NSD pool both surfaces' voxels, and HD95 is the larger of both directions, as in Metrics reloaded and
MONAI. Panoptica and MedPy have the same distances, but average both directions' means and pool for HD95.
DeepMind's surface-distance puts the surface between the voxels, where points lie denser, and so gives smaller
distances and a higher NSD on small structures: compare like with like. `tests/parity/test_distances.py`
compares all three.

References
----------
Maier-Hein et al., Metrics reloaded, Nature Methods 2024 (HD95, ASSD, NSD).
Nikolov et al., J Med Internet Res 2021 (NSD).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainstem_app.imaging.spaces import Affine

NSD_TOLERANCE_MM = 1.0
# Distances of whole voxels are compared with a tolerance of whole voxels; rounding must not decide.
_ROUNDING_MM = 1e-6


@dataclass(frozen=True)
class SurfaceAgreement:
    """How far two surfaces are apart.

    Attributes
    ----------
    nsd_1mm : float
        Normalised surface distance: share of both surfaces within 1 mm of the other, 0…1.
    hd95_mm : float
        The larger of the two directed 95th percentiles of the distances.
    assd_mm : float
        Average symmetric surface distance: mean of all distances of both directions.
    """

    nsd_1mm: float
    hd95_mm: float
    assd_mm: float


def surface_points_mm(
    mask: NDArray[np.bool_], affine: Affine, offset: tuple[int, int, int] = (0, 0, 0)
) -> NDArray[np.float64]:
    """World positions (n, 3) in mm of a mask's surface voxels.

    ``offset`` is the index of the mask's first voxel on the affine's grid, when the mask is a crop that
    holds the whole structure.
    """
    from scipy.ndimage import binary_erosion

    surface = mask & ~binary_erosion(mask)
    return np.asarray((np.argwhere(surface) + offset) @ affine[:3, :3].T + affine[:3, 3], dtype=np.float64)


def compare_surfaces(first: NDArray[np.float64], second: NDArray[np.float64]) -> SurfaceAgreement | None:
    """Agreement of two surfaces given as points (n, 3) in mm; None if one has no point."""
    if not len(first) or not len(second):
        return None
    from scipy.spatial import cKDTree

    there, _ = cKDTree(second).query(first)
    back, _ = cKDTree(first).query(second)
    both = np.concatenate([there, back])
    return SurfaceAgreement(
        nsd_1mm=float((both <= NSD_TOLERANCE_MM + _ROUNDING_MM).mean()),
        hd95_mm=float(max(np.percentile(there, 95), np.percentile(back, 95))),
        assd_mm=float(both.mean()),
    )
