"""The atlas under a scan's warp: what of each structure lies where, without counting voxels.

A nucleus of 50 to 200 mm³ is nearly all border, and the number of voxels whose middle falls inside it is half
chance. Under the warp each point of the scan has a share of each structure (trilinear between the atlas's
voxels); the shares summed over the scan are its volume. Label maps are a picture of the same: each voxel has
the structure of which it holds most, with a bonus for each structure that keeps its volume.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_cdt, map_coordinates, maximum_filter, minimum_filter

from brainstem_app.atlas.importing.share_assignment import Candidates, assign_voxels, candidates
from brainstem_app.imaging.spaces import BOX_SHAPE, Affine, box_affine
from brainstem_app.imaging.trilinear import corners
from brainstem_app.preprocessing.scan_to_atlas import ScanToAtlas
from brainstem_app.preprocessing.transforms import Transforms, carried, cropped_affine, grid_points

FloatArray = NDArray[np.float32]
Grid = tuple[tuple[int, int, int], Affine]

# Points at a time: the shares of all classes take 34 times their number.
_CHUNK = 100_000
# No label: a voxel that may hold parts of several structures.
_MIXED = 255
# Placement and warp stretch a voxel at most so many times beyond what the affine does.
_STRETCH = 2.0
# A voxel is looked at in so many places along an axis that they are at most so far apart, mm.
_SAMPLE_MM = 0.7


@dataclass(frozen=True)
class SoftMeasures:
    """What of a structure lies in a scan.

    Attributes
    ----------
    volume_mm3 : float
        Its shares, summed over what the scan covers.
    centroid_mm : tuple of three floats or None
        Its centre of mass, world mm (RAS+); None if nothing of it lies in the scan.
    confidence : float or None
        Mean over it of the network's probability of it, 0…1.
    covered : float
        Which part of it the scan covers, 0…1.
    """

    volume_mm3: float
    centroid_mm: tuple[float, float, float] | None
    confidence: float | None
    covered: float


@dataclass(frozen=True)
class WarpedAtlas:
    """An atlas, and where it lies in a scan.

    Attributes
    ----------
    labels : ndarray of uint8, shape (50, 50, 73)
        Label map of the atlas in the box.
    displacement : ndarray of float32, shape (3, 50, 50, 73)
        The box has at x the label of the atlas at x + d(x), voxels (mm).
    transforms : Transforms
        How the scan was placed in ``mni``.
    """

    labels: NDArray[np.uint8]
    displacement: FloatArray
    transforms: Transforms

    @cached_property
    def map(self) -> ScanToAtlas:
        """Where the scan's points lie in the atlas."""
        return ScanToAtlas.of(self.transforms, self.displacement)

    def labels_on(self, grid: Grid) -> NDArray[np.uint8]:
        """Labels of a scan's voxels; each structure has as many as its shares in them come to.

        Parameters
        ----------
        grid : tuple of shape and affine
            Voxels of the scan, and voxel to world (mm, RAS+). A structure keeps its volume to about a voxel,
            unless too few voxels hold enough of it (`share_assignment.LEAST_SHARE`).
        """
        shape, affine = grid
        result = np.zeros(shape, dtype=np.uint8)
        region = self.transforms.native_region(shape, affine)
        size = tuple(part.stop - part.start for part in region)
        if min(size, default=0) <= 0:
            return result
        first, offsets = cropped_affine(affine, region), _offsets(affine)
        uniform = _Uniform.of(self.labels, self._reach(affine))
        around = _Around.of(self.labels, uniform.layers, self.map)
        found = np.zeros(int(np.prod(size)), dtype=np.uint8)
        mixed, given, volumes = [], [], np.zeros(self._classes)
        for start in range(0, len(found), _CHUNK):
            stop = min(start + _CHUNK, len(found))
            voxels = np.stack(np.unravel_index(np.arange(start, stop), size), axis=-1)
            centres = carried(voxels.astype(np.float64), first)
            placed = self.map.to_mni(centres)
            near = np.flatnonzero(around.hold(placed))
            known = np.zeros(len(centres), dtype=np.uint8)
            known[near] = uniform.at(_in_box(self.map.warped(placed[near])))
            found[start:stop] = np.where(known == _MIXED, 0, known)
            rows = np.flatnonzero(known == _MIXED)
            shares = np.zeros((len(rows), self._classes), dtype=np.float32)
            for offset in offsets:
                shares += shares_at(self.labels, self._voxels(centres[rows] + offset), self._classes)
            shares /= len(offsets)
            mixed.append(rows + start)
            given.append(candidates(shares))
            volumes += shares.sum(axis=0, dtype=np.float64)
        found[np.concatenate(mixed)] = assign_voxels(Candidates.joined(given), volumes)
        result[region] = found.reshape(size)
        return result

    def confidence_on(
        self, grid: Grid, labels: NDArray[np.uint8], confidence: FloatArray
    ) -> NDArray[np.float32]:
        """Confidence of the label of each of a scan's voxels, from the nearest of the box; 0 outside of it.

        Parameters
        ----------
        grid : tuple of shape and affine
            Voxels of the scan.
        labels : ndarray of uint8
            Labels on that grid.
        confidence : ndarray of float32, shape (50, 50, 73, K)
            Probability of each class in the box.
        """
        shape, affine = grid
        result = np.zeros(shape, dtype=np.float32)
        region = self.transforms.native_region(shape, affine)
        given = labels[region]
        points = grid_points(given.shape, cropped_affine(affine, region))
        voxels = np.rint(self.transforms.to_mni(points) - box_affine()[:3, 3]).astype(int)
        nearest = np.clip(voxels, 0, np.array(BOX_SHAPE) - 1)
        x, y, z = nearest.T
        # A structure may reach beyond the middle of the outermost voxels.
        known = (voxels == nearest).all(axis=1) | (given.reshape(-1) > 0)
        found = np.where(known, confidence[x, y, z, given.reshape(-1)], np.float32(0))
        result[region] = found.reshape(given.shape)
        return result

    def measure(self, grid: Grid, confidence: FloatArray) -> dict[int, SoftMeasures]:
        """Measure each structure of the atlas.

        Parameters
        ----------
        grid : tuple of shape and affine
            Voxels of the scan, and voxel to world (mm, RAS+).
        confidence : ndarray of float32, shape (50, 50, 73, K)
            Probability of each class in the box.
        """
        native, inside = self._box_in(grid)
        shares = box_shares(self.labels, self.displacement) * self._volume_mm3[:, None].astype(np.float32)
        whole = shares.sum(axis=0, dtype=np.float64)
        shares *= inside[:, None]
        found = shares.sum(axis=0, dtype=np.float64)
        probabilities = confidence.reshape(len(native), -1)[:, : self._classes]
        sure = np.einsum("nk,nk->k", shares, probabilities, dtype=np.float64)
        middle = shares.T.astype(np.float64) @ native
        return {
            int(k): _measures(found[k], whole[k], middle[k], sure[k]) for k in np.unique(self.labels) if k > 0
        }

    def measure_regions(self, grid: Grid, regions: NDArray[np.uint8]) -> dict[int, SoftMeasures]:
        """Measure regions of the brainstem in the same way, without a confidence: the network sees none.

        Parameters
        ----------
        grid : tuple of shape and affine
            Voxels of the scan, and voxel to world (mm, RAS+).
        regions : ndarray of uint8, shape (50, 50, 73)
            Region of each voxel of the box, above 0 where `labels` are: the volumes of the regions add up
            to those of the structures.

        Returns
        -------
        dict of int to SoftMeasures
            By region; 0 stands for all regions together.
        """
        native, inside = self._box_in(grid)
        whole = box_shares(regions, self.displacement) * self._volume_mm3[:, None].astype(np.float32)
        # In place of what is outside: all together.
        whole[:, 0] = whole[:, 1:].sum(axis=1)
        found = whole * inside[:, None]
        middle = found.T.astype(np.float64) @ native
        volumes = zip(found.sum(axis=0, dtype=np.float64), whole.sum(axis=0, dtype=np.float64), strict=True)
        return {k: _measures(part, of, middle[k], None) for k, (part, of) in enumerate(volumes)}

    def regions_on(
        self, grid: Grid, labels: NDArray[np.uint8], regions: NDArray[np.uint8]
    ) -> NDArray[np.uint8]:
        """Regions of a scan's voxels: of each with a label, the region with the largest share at its middle.

        Parameters
        ----------
        grid : tuple of shape and affine
            Voxels of the scan.
        labels : ndarray of uint8
            Labels on that grid.
        regions : ndarray of uint8, shape (50, 50, 73)
            Region of every voxel of the box, none 0 (`brainstem_app.atlas.regions.nearest_region`).
        """
        voxels = np.argwhere(labels)
        affine = grid[1]
        points = carried(voxels.astype(np.float64), affine)
        result = np.zeros(labels.shape, dtype=np.uint8)
        n = int(regions.max()) + 1
        for start in range(0, len(voxels), _CHUNK):
            part = slice(start, start + _CHUNK)
            places = (self.map.to_atlas(points[part]) - box_affine()[:3, 3]).T
            inside = np.clip(places, 0, np.array(BOX_SHAPE)[:, None] - 1).astype(np.float32)
            result[tuple(voxels[part].T)] = shares_at(regions, inside, n)[:, 1:].argmax(axis=1) + 1
        return result

    def _box_in(self, grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Where in the scan each voxel of the box lies (N, 3), mm, and whether the scan covers it (N,)."""
        shape, affine = grid
        native = self.transforms.to_native(grid_points(BOX_SHAPE, box_affine()))
        voxels = carried(native, np.linalg.inv(affine))
        inside = (voxels >= -0.5) & (voxels <= np.array(shape) - 0.5)
        return native, np.asarray(inside.all(axis=1))

    @property
    def _classes(self) -> int:
        return int(self.labels.max()) + 1

    def _voxels(self, points_mm: NDArray[np.float64]) -> FloatArray:
        """Where points (N, 3) of the scan lie in the atlas's box, voxels (3, N)."""
        return _in_box(self.map.to_atlas(points_mm))

    def _reach(self, affine: Affine) -> int:
        """How far from its middle a voxel's shares may come from, voxels of the atlas."""
        to_mni = np.linalg.inv(self.transforms.mni_to_native)[:3, :3] @ affine[:3, :3]
        half = np.abs(to_mni).sum(axis=1).max() / 2
        return _layers(_STRETCH * half)

    @cached_property
    def _volume_mm3(self) -> NDArray[np.float64]:
        """Volume (N,) in the scan of each voxel of the box."""
        scale = abs(float(np.linalg.det(self.transforms.mni_to_native[:3, :3])))
        if self.transforms.warp is None:
            return np.full(int(np.prod(BOX_SHAPE)), scale)
        warp = self.transforms.warp
        local = warp.jacobian().astype(np.float32)
        voxels = grid_points(BOX_SHAPE, np.linalg.inv(warp.affine) @ box_affine())
        volume = np.zeros(len(voxels))
        for corner in corners(local, voxels.T.astype(np.float32)):
            volume += corner.weight * corner.values
        return volume * scale


def box_shares(labels: NDArray[np.uint8], displacement: FloatArray) -> FloatArray:
    """Share (N, K) of each class of a map in each voxel of the box, from eight places in it.

    Parameters
    ----------
    labels : ndarray of uint8, shape (50, 50, 73)
        Classes 0…K − 1, fewer than 255.
    displacement : ndarray of float32, shape (3, 50, 50, 73)
        The box has at x the class of the map at x + d(x), voxels (mm).
    """
    classes = int(labels.max()) + 1
    middles = np.indices(BOX_SHAPE, dtype=np.float32).reshape(3, -1)
    known = _Uniform.of(labels, _layers(_STRETCH / 2)).at(middles + displacement.reshape(3, -1))
    shares = np.zeros((len(known), classes), dtype=np.float32)
    rows = np.flatnonzero(known != _MIXED)
    shares[rows, known[rows]] = 1
    rows = np.flatnonzero(known == _MIXED)
    for corner in np.ndindex(2, 2, 2):
        places = middles[:, rows] + (np.array(corner, dtype=np.float32)[:, None] - 0.5) / 2
        moved = [map_coordinates(part, places, order=1, mode="nearest") for part in displacement]
        shares[rows] += shares_at(labels, places + np.stack(moved), classes) / 8
    return shares


def labels_under(labels: NDArray[np.uint8], displacement: FloatArray) -> NDArray[np.uint8]:
    """Labels of an atlas's own grid under a displacement (3, X, Y, Z) in voxels; volumes are kept."""
    points = np.indices(labels.shape, dtype=np.float32).reshape(3, -1) + displacement.reshape(3, -1)
    shares = shares_at(labels, points, int(labels.max()) + 1)
    found = assign_voxels(candidates(shares), shares.sum(axis=0, dtype=np.float64))
    return found.reshape(labels.shape)


def _measures(found: float, whole: float, middle: NDArray[np.float64], sure: float | None) -> SoftMeasures:
    if found <= 0:
        return SoftMeasures(0.0, None, None, 0.0)
    x, y, z = (middle / found).tolist()
    confidence = None if sure is None else float(sure / found)
    return SoftMeasures(float(found), (x, y, z), confidence, float(found / whole))


def shares_at(labels: NDArray[np.uint8], points: FloatArray, classes: int) -> FloatArray:
    """Share (N, K) of each class at points (3, N), voxels; outside of the map all is background."""
    shares = np.zeros((points.shape[1], classes), dtype=np.float32)
    rows = np.arange(points.shape[1])
    # One layer of background around the map: what lies beyond its edge belongs to nothing.
    padded = np.pad(labels, 1)
    for corner in corners(padded, points + np.float32(1)):
        shares[rows, corner.values] += corner.weight
    return shares


@dataclass(frozen=True)
class _Uniform:
    """Where in an atlas there is one structure alone: its voxels need no closer look.

    Attributes
    ----------
    labels : ndarray of uint8
        The atlas, with layers of background on each side; `_MIXED` near other structures.
    layers : int
        So many layers, and so near.
    """

    labels: NDArray[np.uint8]
    layers: int

    @classmethod
    def of(cls, labels: NDArray[np.uint8], layers: int) -> _Uniform:
        padded = np.pad(labels, 2 * layers)
        size = 2 * layers + 1
        alike = minimum_filter(padded, size) == maximum_filter(padded, size)
        inner = (slice(layers, -layers),) * 3
        return cls(np.where(alike, padded, np.uint8(_MIXED))[inner], layers)

    def at(self, points: FloatArray) -> NDArray[np.uint8]:
        """Label (N,) around points (3, N), voxels of the atlas; `_MIXED` where there are several."""
        nearest = np.rint(points).astype(np.intp) + self.layers
        x, y, z = np.clip(nearest, 0, np.array(self.labels.shape)[:, None] - 1)
        return np.asarray(self.labels[x, y, z])


@dataclass(frozen=True)
class _Around:
    """Where in ``mni``, before the warp, anything but background may lie: the rest need not be warped.

    Attributes
    ----------
    mask : ndarray of bool
        The box, and `reach` voxels on each side.
    """

    mask: NDArray[np.bool_]
    reach: int

    @classmethod
    def of(cls, labels: NDArray[np.uint8], layers: int, warp: ScanToAtlas) -> _Around:
        """Mark what lies within so many voxels, and the longest way of a warp, of a label."""
        # A voxel more for the rounding to the nearest one, another for good measure.
        reach = layers + 2 + int(np.ceil(np.abs(warp.warp.field).max(initial=0.0)))
        distance = distance_transform_cdt(np.pad(labels == 0, reach, constant_values=True), "chessboard")
        return cls(distance <= reach, reach)

    def hold(self, points_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether points (N, 3) of ``mni``, mm, lie there."""
        nearest = np.rint(points_mm - box_affine()[:3, 3]).astype(np.intp) + self.reach
        inside = np.clip(nearest, 0, np.array(self.mask.shape) - 1)
        x, y, z = inside.T
        return np.asarray(self.mask[x, y, z] & (inside == nearest).all(axis=1))


def _in_box(points_mm: NDArray[np.float64]) -> FloatArray:
    """Points (N, 3) of the atlas as voxels (3, N) of its box."""
    return (points_mm - box_affine()[:3, 3]).T.astype(np.float32)


def _layers(half: float) -> int:
    """How many voxels around the nearest one matter to what lies within so many voxels of a point."""
    return int(half + 0.5) + 1


def _offsets(affine: Affine) -> list[NDArray[np.float64]]:
    """Places in a voxel, from its middle, mm: one in a fine voxel, several along its thick axes."""
    sizes = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
    counts = np.maximum(np.ceil(sizes / _SAMPLE_MM), 1).astype(int)
    places = np.ndindex(*counts.tolist())
    return [affine[:3, :3] @ ((np.array(index) + 0.5) / counts - 0.5) for index in places]
