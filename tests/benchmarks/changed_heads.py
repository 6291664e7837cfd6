"""Real heads, moved in the scanner or shrunk in a known place: what a repeated or a later scan would show."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform, map_coordinates
from scipy.spatial.transform import Rotation

from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import Affine
from brainstem_app.preprocessing.transforms import grid_points

MOST_DEGREES, MOST_MM, NOISE = 8.0, 6.0, 0.02
#: A scan with so many zeros was stripped of its skull.
STRIPPED = 0.3


@dataclass(frozen=True)
class Shrinkage:
    """Smooth loss of volume around places of the template.

    A point x goes to c + (x − c)(1 + a·exp(−|x−c|²/2s²)), for every centre c, so that what was there is
    smaller.

    Attributes
    ----------
    name : str
    centres_mm : tuple of points
        In ``mni``.
    spread_mm : float
        s.
    lost : float
        Share of the volume that is lost at the centre.
    """

    name: str
    centres_mm: tuple[tuple[float, float, float], ...]
    spread_mm: float
    lost: float = 0.1

    def source(self, points_mm: NDArray[np.float64], to_native: Affine) -> NDArray[np.float64]:
        """Where in the head as it was a point (N, 3) of the shrunk one comes from, native mm."""
        grown = (1 - self.lost) ** (-1 / 3) - 1
        moved = points_mm.copy()
        for centre in self.centres_mm:
            away = points_mm - (to_native @ [*centre, 1.0])[:3]
            moved += away * (grown * np.exp(-(away**2).sum(axis=1) / 2 / self.spread_mm**2))[:, None]
        return moved


SHRINKAGES = (
    Shrinkage("tectum and PAG", ((0, -32, -8),), 9.0),
    Shrinkage("both substantiae nigrae", ((9, -17, -13), (-9, -17, -13)), 6.0),
    Shrinkage("pons", ((0, -28, -36),), 14.0),
    Shrinkage("medulla", ((0, -42, -56),), 9.0),
)


def moved(scan: Scan, seed: int) -> Scan:
    """Turn a head by up to 8° about every axis, move it by up to 6 mm, resample it once, add noise."""
    rng = np.random.default_rng(seed)
    turn = Rotation.from_euler("xyz", rng.uniform(-MOST_DEGREES, MOST_DEGREES, 3), degrees=True).as_matrix()
    middle = (scan.affine @ [*(np.array(scan.shape) / 2), 1])[:3]
    back = np.eye(4)
    back[:3, :3] = turn
    back[:3, 3] = middle - turn @ middle + rng.uniform(-MOST_MM, MOST_MM, 3)
    pull = np.linalg.inv(scan.affine) @ back @ scan.affine
    data = affine_transform(scan.data, pull[:3, :3], pull[:3, 3], scan.shape, order=3, mode="grid-constant")
    tissue = float(np.median(scan.data[scan.data > np.median(scan.data[scan.data > 0])]))
    data = np.maximum(data + rng.normal(0, NOISE * tissue, scan.shape), 1e-3)
    if (scan.data == 0).mean() > STRIPPED:
        kept = affine_transform((scan.data > 0).astype(np.float32), pull[:3, :3], pull[:3, 3], order=1) > 0.5
        data = np.where(kept, data, 0)
    return replace(scan, data=data.astype(np.float32))


def shrunk(scan: Scan, shrinkage: Shrinkage, to_native: Affine) -> Scan:
    """Take volume away, as `Shrinkage` says; `to_native` leads from ``mni`` mm to the scan's."""
    points = grid_points(scan.shape, scan.affine)
    near = np.zeros(len(points), dtype=bool)
    for centre in shrinkage.centres_mm:
        away = points - (to_native @ [*centre, 1.0])[:3]
        near |= (away**2).sum(axis=1) < (4 * shrinkage.spread_mm) ** 2
    back = np.linalg.inv(scan.affine)
    voxels = shrinkage.source(points[near], to_native) @ back[:3, :3].T + back[:3, 3]
    data = np.array(scan.data, dtype=np.float32, order="C")  # so that reshape is no copy
    changed = map_coordinates(scan.data, voxels.T, order=3, mode="nearest")
    # Splines swing below the background, which stays what it was.
    data.reshape(-1)[near] = np.where(scan.data.reshape(-1)[near] == 0, 0, np.maximum(changed, 0))
    return replace(scan, data=data)
