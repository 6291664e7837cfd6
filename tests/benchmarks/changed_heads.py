"""Real heads, moved in the scanner or shrunk in known places: what a repeated or a later scan would show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform, map_coordinates
from scipy.spatial.transform import Rotation

from brainstem_app.imaging.intensity_levels import above_floor, intensity_levels
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import BOX_SHAPE, Affine, box_affine
from brainstem_app.preprocessing.intensity import LIMIT, normalise
from brainstem_app.preprocessing.n4 import correct_bias
from brainstem_app.preprocessing.skull_strip import brain_mask, is_stripped, stripped_mask
from brainstem_app.preprocessing.transforms import grid_points

Points = NDArray[np.float64]
MOST_DEGREES, MOST_MM, NOISE = 8.0, 6.0, 0.02
#: A scan with so many zeros was stripped of its skull.
STRIPPED = 0.3
#: Nuclei whose middles lie at least so far apart may shrink in one head, mm.
APART_MM = 20.0


@dataclass(frozen=True)
class Bell:
    """A place that shrinks: x comes from c + (x − c)(1 + a·exp(−|x−c|²/2s²)), in ``mni``, mm.

    Attributes
    ----------
    centre_mm : ndarray, shape (3,)
        c.
    spread_mm, growth : float
        s and a.
    """

    centre_mm: Points
    spread_mm: float
    growth: float


def source(points_mm: Points, bells: Sequence[Bell]) -> Points:
    """Where in the head as it was the points (N, 3) of the shrunk one come from, ``mni`` mm."""
    found = points_mm.astype(np.float64, copy=True)
    for bell in bells:
        away = points_mm - bell.centre_mm
        far = (away**2).sum(axis=1)
        found += away * (bell.growth * np.exp(-far / 2 / bell.spread_mm**2))[:, None]
    return found


def bells_of(points_mm: Points, growth: float) -> list[Bell]:
    """Bells that shrink what fills the voxels (N, 3), mm, and little else.

    A compact nucleus gets one as wide as a ball that reaches as far; a long one several, side by side.
    """
    middle = points_mm - points_mm.mean(axis=0)
    ball = (3 * len(points_mm) / 4 / np.pi) ** (1 / 3)
    parts = max(1, round(_reach(points_mm) / ball))
    along = middle @ np.linalg.svd(middle, full_matrices=False)[2][0]
    return [
        Bell(part.mean(axis=0), _reach(part), growth)
        for part in np.array_split(points_mm[np.argsort(along)], parts)
    ]


def together(middles: Sequence[Points], apart_mm: float) -> list[list[int]]:
    """Share targets out to few heads, so that those of one head lie apart.

    Parameters
    ----------
    middles : sequence of ndarrays, shape (parts, 3)
        The middles of each target's parts, mm.
    apart_mm : float
        Least distance of two middles of one head.
    """
    near = np.zeros((len(middles), len(middles)), dtype=bool)
    for i, j in combinations(range(len(middles)), 2):
        distance = np.linalg.norm(middles[i][:, None] - middles[j][None], axis=-1).min()
        near[i, j] = near[j, i] = distance < apart_mm
    heads: list[list[int]] = []
    for target in np.argsort(-near.sum(axis=1), kind="stable").tolist():
        free = next((head for head in heads if not near[target, head].any()), None)
        if free is None:
            heads.append(free := [])
        free.append(target)
    return heads


@dataclass(frozen=True)
class StandardHead:
    """A real head, corrected and placed once; shrunk, it is interpolated once, as any scan is.

    Attributes
    ----------
    corrected : ndarray of float32, shape (X, Y, Z)
        Bias-corrected intensities on the scan's grid.
    mask : ndarray of bool, shape (X, Y, Z)
        Its brain.
    affine, to_native : ndarray, shape (4, 4)
        Voxel to world, and ``mni`` to world, mm.
    """

    corrected: NDArray[np.float32]
    mask: NDArray[np.bool_]
    affine: Affine
    to_native: Affine

    @classmethod
    def of(cls, scan: Scan, to_native: Affine) -> StandardHead:
        """Strip and correct a scan as `normalise_scan` does."""
        levels = intensity_levels(scan.data)
        if levels is None:
            raise ValueError("the scan is empty")
        whole = above_floor(scan.data, levels)
        mask = (stripped_mask if is_stripped(whole, scan.affine) else brain_mask)(whole, scan.affine)
        low, high = np.argwhere(mask).min(axis=0), np.argwhere(mask).max(axis=0) + 1
        part = tuple(slice(max(0, a - 5), b + 5) for a, b in zip(low, high, strict=True))
        affine = scan.affine.copy()
        affine[:3, 3] += scan.affine[:3, :3] @ [each.start for each in part]
        data, mask = np.ascontiguousarray(whole[part]), np.ascontiguousarray(mask[part])
        return cls(correct_bias(data, mask, scan.voxel_size_mm), mask, affine, to_native)

    def box(self, bells: Sequence[Bell], seed: int) -> NDArray[np.float32]:
        """Box (50, 50, 73) of the head after it has shrunk, with another scan's noise."""
        tissue = float(np.median(self.corrected[self.mask]))
        noise = np.random.default_rng(seed).normal(0, NOISE * tissue, self.mask.shape)
        standard = normalise((self.corrected + noise).astype(np.float32), self.mask) + np.float32(LIMIT)
        pull = np.linalg.inv(self.affine) @ self.to_native
        voxels = source(grid_points(BOX_SHAPE, box_affine()), bells) @ pull[:3, :3].T + pull[:3, 3]
        found = map_coordinates(standard, voxels.T, order=1, mode="grid-constant", cval=0.0)
        return np.asarray(found.reshape(BOX_SHAPE) - np.float32(LIMIT), dtype=np.float32)


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


def shrunk(scan: Scan, bells: Sequence[Bell], to_native: Affine) -> Scan:
    """Shrink a scan on its own grid, to be placed anew; `to_native` leads from ``mni`` mm to the scan's."""
    to_mni = np.linalg.inv(to_native) @ scan.affine
    points = grid_points(scan.shape, to_mni)
    near = np.zeros(len(points), dtype=bool)
    for bell in bells:
        near |= ((points - bell.centre_mm) ** 2).sum(axis=1) < (4 * bell.spread_mm) ** 2
    back = np.linalg.inv(to_mni)
    voxels = source(points[near], bells) @ back[:3, :3].T + back[:3, 3]
    data = np.array(scan.data, dtype=np.float32, order="C")  # so that reshape is no copy
    changed = map_coordinates(scan.data, voxels.T, order=3, mode="nearest")
    # Splines swing below the background, which stays what it was.
    data.reshape(-1)[near] = np.where(scan.data.reshape(-1)[near] == 0, 0, np.maximum(changed, 0))
    return replace(scan, data=data)


def _reach(points_mm: Points) -> float:
    """Radius (mm) of the ball whose points lie as far from its middle on average; not below a voxel's."""
    away = ((points_mm - points_mm.mean(axis=0)) ** 2).sum(axis=1).mean()
    return float(np.sqrt(5 / 3 * max(away, 0.25)))
