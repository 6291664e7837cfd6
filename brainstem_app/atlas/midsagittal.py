"""Areas of regions of the brainstem on the midsagittal plane of a scan, under the warp of the atlas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.regions import Regions
from brainstem_app.atlas.warped import Grid, shares_at
from brainstem_app.imaging.spaces import box_affine, crop_to_box
from brainstem_app.preprocessing.midsagittal_plane import MidsagittalPlane
from brainstem_app.preprocessing.scan_to_atlas import ScanToAtlas

#: Regions whose areas are measured, as the atlas names them (capitals aside); and the part of the first
#: before the aqueduct.
MIDBRAIN, PONS = "midbrain", "pons"
TEGMENTUM = "midbrain_tegmentum"
#: Distance of the places on the plane that are looked at, mm.
PIXEL_MM = 0.25
# The plane is searched so far around its middle, mm.
_REACH_MM = 70.0
_COARSE_MM, _MARGIN_MM = 2.0, 3.0
# Two points (y, z; mm) of the template's midsagittal slice in the middle of the aqueduct: what lies below the
# line through them is tegmentum, above it tectum.
_AQUEDUCT_MM = ((-35.0, -13.0), (-28.5, -6.0))


@dataclass(frozen=True)
class Area:
    """Area of a part of the brainstem on a plane.

    Attributes
    ----------
    area_mm2 : float
        Its shares, summed over what the scan covers of the plane.
    covered : float
        Which part of it the scan covers, 0…1.
    empty : float or None
        Which part of what is covered lies where the scan is empty, 0…1; None if that is unknown.
    """

    area_mm2: float
    covered: float
    empty: float | None = None


@dataclass(frozen=True)
class Midsagittal:
    """What of the brainstem lies on the midsagittal plane of a scan.

    Attributes
    ----------
    plane : MidsagittalPlane
        Where it lies in the scan.
    areas : mapping of str to Area
        Of the midbrain, of its tegmentum (before the aqueduct) and of the pons, as far as the atlas has them.
    regions : ndarray of uint8, shape (F, U)
        Region with the largest share at each place of the plane, 0 outside; from behind to the front, and
        from below upwards, `PIXEL_MM` apart.
    corner_mm : tuple of two floats
        Place of its first pixel, from the plane's point along its two axes.
    """

    plane: MidsagittalPlane
    areas: Mapping[str, Area]
    regions: NDArray[np.uint8]
    corner_mm: tuple[float, float]

    @property
    def axes_mm(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Places of the pixels of `regions` along its two axes, from the plane's point."""
        front, up = (
            first + PIXEL_MM * np.arange(n)
            for first, n in zip(self.corner_mm, self.regions.shape, strict=True)
        )
        return front, up


def measure_midsagittal(
    to_atlas: ScanToAtlas,
    regions: Regions,
    plane: MidsagittalPlane,
    grid: Grid,
    is_empty: NDArray[np.bool_] | None = None,
) -> Midsagittal | None:
    """Measure areas on the midsagittal plane of a scan; None if the atlas has no midbrain and pons.

    The plane cuts the regions as the warp lays them on the scan; their shares are summed over places 0.25 mm
    apart, so that neither the scan's voxels nor the tilt of its grid matter.

    Parameters
    ----------
    to_atlas : ScanToAtlas
        Where the points of the scan lie in the atlas.
    regions : Regions
        Those of the atlas.
    plane : MidsagittalPlane
    grid : tuple of shape and affine
        Voxels of the scan.
    is_empty : ndarray of bool, shape of the grid, optional
        Where the scan is empty, as outside of a brain mask.
    """
    names = [name.lower() for name in regions.names]
    if not {MIDBRAIN, PONS} <= set(names):
        return None
    box = crop_to_box(regions.labels)
    n = len(names) + 1
    reach = np.arange(-_REACH_MM, _REACH_MM + _COARSE_MM, _COARSE_MM)
    coarse = _shares(to_atlas, box, n, plane, (reach, reach))[1]
    filled = np.argwhere(coarse[..., 1:].sum(axis=-1) > 0)
    if not len(filled):
        return None
    low, high = (reach[end] for end in (filled.min(axis=0), filled.max(axis=0)))
    axes = tuple(np.arange(a - _MARGIN_MM, b + _MARGIN_MM, PIXEL_MM) for a, b in zip(low, high, strict=True))
    places, shares = _shares(to_atlas, box, n, plane, (axes[0], axes[1]))
    voxels, inside = _voxels(places.scan_mm, grid)
    seen = inside.reshape(shares.shape[:2])
    empty = None
    if is_empty is not None:
        empty = np.zeros(seen.shape, dtype=bool)
        empty[seen] = is_empty[tuple(voxels[inside].T)]
    before = _is_before_aqueduct(places.atlas_mm).reshape(shares.shape[:2])
    midbrain, pons = (shares[..., names.index(name) + 1] for name in (MIDBRAIN, PONS))
    parts = {MIDBRAIN: midbrain, TEGMENTUM: midbrain * before, PONS: pons}
    areas = {name: _area(part, seen, empty) for name, part in parts.items()}
    label = np.where(seen, shares.argmax(axis=-1), 0).astype(np.uint8)
    return Midsagittal(plane, areas, label, (float(axes[0][0]), float(axes[1][0])))


@dataclass(frozen=True)
class _Places:
    """Points (N, 3) of a plane, in the scan and in the atlas, mm."""

    scan_mm: NDArray[np.float64]
    atlas_mm: NDArray[np.float64]


def _shares(
    to_atlas: ScanToAtlas,
    regions: NDArray[np.uint8],
    n: int,
    plane: MidsagittalPlane,
    axes: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> tuple[_Places, NDArray[np.float32]]:
    """Points of a plane, and the share (F, U, n) of each region there."""
    front, up = (part.ravel() for part in np.meshgrid(*axes, indexing="ij"))
    scan = plane.points_mm(front, up, np.zeros(len(front)))
    atlas = to_atlas.to_atlas(scan)
    voxels = (atlas - box_affine()[:3, 3]).T.astype(np.float32)
    shares = shares_at(regions, voxels, n)
    return _Places(scan, atlas), shares.reshape(len(axes[0]), len(axes[1]), n)


def _voxels(points_mm: NDArray[np.float64], grid: Grid) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Voxels (N, 3) of the scan that points lie in, and whether it has them."""
    shape, affine = grid
    back = np.linalg.inv(affine)
    voxels = points_mm @ back[:3, :3].T + back[:3, 3]
    inside = ((voxels >= -0.5) & (voxels <= np.array(shape) - 0.5)).all(axis=1)
    return np.clip(np.rint(voxels), 0, np.array(shape) - 1).astype(np.intp), np.asarray(inside)


def _is_before_aqueduct(atlas_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
    (y0, z0), (y1, z1) = _AQUEDUCT_MM
    return np.asarray(atlas_mm[:, 2] - z0 < (z1 - z0) / (y1 - y0) * (atlas_mm[:, 1] - y0))


def _area(shares: NDArray[np.float32], seen: NDArray[np.bool_], is_empty: NDArray[np.bool_] | None) -> Area:
    whole = float(shares.sum(dtype=np.float64))
    found = float(shares[seen].sum(dtype=np.float64))
    empty = None
    if is_empty is not None and found:
        empty = float(shares[is_empty].sum(dtype=np.float64)) / found
    return Area(found * PIXEL_MM**2, found / whole if whole else 0.0, empty)
