"""Volumes as the viewer draws them: canonical axes, native integer dtype, contiguous axial slices."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.slices import Corners, Voxel, slice_of
from brainstem_app.imaging.grey_range import BOX_MM, grey_range
from brainstem_app.imaging.orientation import to_canonical
from brainstem_app.imaging.spaces import Affine

_STEPS = 65535
_SAMPLE = 200_000


@dataclass(frozen=True, eq=False)
class CanonicalGrid:
    """A grid whose axes run to the patient's right, anterior and superior.

    Attributes
    ----------
    shape : tuple of int
        Voxels to the right, anterior, superior.
    affine : ndarray of float64, shape (4, 4)
        Canonical voxel to world (mm, RAS+).
    """

    shape: Voxel
    affine: Affine

    @property
    def voxel_size_mm(self) -> tuple[float, float, float]:
        """Length of a voxel's edges in mm."""
        x, y, z = np.sqrt((self.affine[:3, :3] ** 2).sum(axis=0))
        return float(x), float(y), float(z)

    @property
    def centre(self) -> Voxel:
        """The voxel in the middle."""
        x, y, z = (n // 2 for n in self.shape)
        return x, y, z

    def world_mm(self, voxel: Voxel) -> tuple[float, float, float]:
        """World coordinates (mm, RAS+) of a voxel's centre."""
        x, y, z = self.affine[:3, :3] @ np.asarray(voxel, dtype=np.float64) + self.affine[:3, 3]
        return float(x), float(y), float(z)

    def voxel_at_mm(self, place: tuple[float, float, float]) -> Voxel:
        """Voxel nearest to world coordinates (mm, RAS+); it may lie outside of the grid."""
        x, y, z = np.rint(np.linalg.inv(self.affine)[:3] @ np.array([*place, 1.0])).astype(int)
        return int(x), int(y), int(z)

    def contains(self, voxel: Voxel) -> bool:
        """Whether the voxel lies on the grid."""
        return all(0 <= i < n for i, n in zip(voxel, self.shape, strict=True))

    def matches(self, other: CanonicalGrid, tolerance_mm: float = 1e-2) -> bool:
        """Whether both grids have the same voxels at the same places."""
        return self.shape == other.shape and bool(np.allclose(self.affine, other.affine, atol=tolerance_mm))


@dataclass(frozen=True, eq=False)
class ImageVolume:
    """Intensities ready for the screen.

    Attributes
    ----------
    grid : CanonicalGrid
    steps : ndarray of uint16, shape (Z, Y, X)
        Intensities in 65,536 steps, C-contiguous, so that an axial slice is one block of memory.
    turned : ndarray of uint16, shape (X, Z, Y)
        The same again, so that a sagittal slice is one block too: picked out of `steps` voxel by voxel it
        would take several times as long as the others.
    lowest, step : float
        Intensity of step 0, and the intensity difference of one step.
    window : tuple of float
        First guess of the darkest and brightest step to show.
    """

    grid: CanonicalGrid
    steps: NDArray[np.uint16]
    turned: NDArray[np.uint16]
    lowest: float
    step: float
    window: tuple[float, float]

    def slice(self, plane: Plane, index: int) -> NDArray[np.uint16]:
        """Return the steps of one slice as (vertical, horizontal), contiguous; not to be written into."""
        if plane is Plane.SAGITTAL:
            return np.ascontiguousarray(self.turned[index])
        return slice_of(self.steps, plane, index)

    def sample(self) -> NDArray[np.uint16]:
        """Return the steps of some voxels, evenly spread over the scan."""
        return _sample(self.steps)

    def window_for(self, labels: LabelVolume) -> tuple[float, float]:
        """Darkest and brightest step to show so that what lies in the brainstem is told apart.

        The labels are on the scan's own grid.
        """
        if labels.extent is None:
            return self.window
        sizes = self.grid.voxel_size_mm
        parts = []
        for axis in (2, 1, 0):
            low, high = (corner[axis] for corner in labels.extent)
            more = max(0, round((BOX_MM[axis] / sizes[axis] - (high - low)) / 2))
            parts.append(slice(max(0, low - more), high + more + 1))
        box = tuple(parts)
        step = _stride(self.steps[box].size)
        thin = (slice(None, None, step),) * 3
        found = grey_range(self.steps[box][thin], labels.labels[box][thin], step**3 * float(np.prod(sizes)))
        return self.window if found is None else found

    def intensity(self, voxel: Voxel) -> float:
        """Intensity of a voxel in the scan's own units."""
        x, y, z = voxel
        return self.lowest + self.step * float(self.steps[z, y, x])


@dataclass(frozen=True, eq=False)
class LabelVolume:
    """Labels ready for the screen.

    Attributes
    ----------
    grid : CanonicalGrid
    labels : ndarray of uint8, shape (Z, Y, X)
        C-contiguous.
    """

    grid: CanonicalGrid
    labels: NDArray[np.uint8]

    def label(self, voxel: Voxel) -> int:
        """Label of a voxel."""
        x, y, z = voxel
        return int(self.labels[z, y, x])

    @cached_property
    def volumes_mm3(self) -> NDArray[np.float64]:
        """Volume of each label 0…255 in mm³."""
        counts = np.bincount(self.labels.ravel(), minlength=256).astype(np.float64)
        return counts * abs(float(np.linalg.det(self.grid.affine[:3, :3])))

    @cached_property
    def extent(self) -> Corners | None:
        """Lowest and highest voxel of the box that holds all labels; None if there are none."""
        if not self.places:
            return None
        z, y, x = (np.flatnonzero(self.labels.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1)))
        return (int(x[0]), int(y[0]), int(z[0])), (int(x[-1]), int(y[-1]), int(z[-1]))

    @cached_property
    def places(self) -> dict[int, Voxel]:
        """For each label present, a voxel in the middle of the axial slice that holds most of it."""
        z, y, x = np.nonzero(self.labels)
        values = self.labels[z, y, x]
        per_slice = np.zeros((256, self.labels.shape[0]), dtype=np.int64)
        np.add.at(per_slice, (values, z), 1)
        places: dict[int, Voxel] = {}
        for label in np.unique(values):
            best = int(per_slice[label].argmax())
            chosen = (values == label) & (z == best)
            places[int(label)] = _nearest_to_middle(x[chosen], y[chosen], best)
        return places


def _nearest_to_middle(x: NDArray[Any], y: NDArray[Any], z: int) -> Voxel:
    distance = (x - x.mean()) ** 2 + (y - y.mean()) ** 2
    nearest = int(distance.argmin())
    return int(x[nearest]), int(y[nearest]), z


def image_volume(data: NDArray[Any], affine: Affine) -> ImageVolume:
    """Make intensities (X, Y, Z, finite) ready for the screen."""
    canonical, canonical_affine = to_canonical(data, affine)
    lowest, highest = _span(canonical)
    scale = _STEPS / (highest - lowest)
    x, y, z = canonical.shape
    steps, turned = np.empty((z, y, x), dtype=np.uint16), np.empty((x, z, y), dtype=np.uint16)
    for k in range(z):
        values = (canonical[:, :, k].T.astype(np.float32) - lowest) * scale
        steps[k] = np.clip(values, 0, _STEPS)
        turned[:, k] = steps[k].T
    grid = CanonicalGrid((x, y, z), canonical_affine)
    return ImageVolume(grid, steps, turned, lowest, 1.0 / scale, _first_window(steps))


def label_volume(labels: NDArray[np.uint8], affine: Affine) -> LabelVolume:
    """Make a label map (X, Y, Z) ready for the screen."""
    canonical, canonical_affine = to_canonical(labels, affine)
    x, y, z = canonical.shape
    ready = np.ascontiguousarray(canonical.transpose(2, 1, 0), dtype=np.uint8)
    return LabelVolume(CanonicalGrid((x, y, z), canonical_affine), ready)


def empty_image(grid: CanonicalGrid) -> ImageVolume:
    """Return a black image, to show labels whose scan is not there."""
    x, y, z = grid.shape
    black = np.zeros((), dtype=np.uint16)  # one voxel stands for all
    steps, turned = np.broadcast_to(black, (z, y, x)), np.broadcast_to(black, (x, z, y))
    return ImageVolume(grid, steps, turned, 0.0, 1.0, (0.0, 1.0))


def _stride(size: int) -> int:
    """Return how many voxels to go on along each axis to see about `_SAMPLE` of them."""
    return max(1, round(math.cbrt(max(1, size // _SAMPLE))))


def _sample(values: NDArray[Any]) -> NDArray[Any]:
    step = _stride(values.size)
    return values[::step, ::step, ::step].ravel()


def _span(data: NDArray[Any]) -> tuple[float, float]:
    """Range to show: a few far too bright voxels must not take all the steps."""
    lowest, highest = float(data.min()), float(data.max())
    bright = float(np.percentile(_sample(data), 99.5))
    if bright > lowest:
        highest = min(highest, lowest + 4.0 * (bright - lowest))
    return lowest, highest if highest > lowest else lowest + 1.0


def _first_window(steps: NDArray[np.uint16]) -> tuple[float, float]:
    sample = _sample(steps)
    inside = sample[sample > 0]
    if inside.size == 0:
        return 0.0, float(_STEPS)
    head = inside[inside >= inside.mean()]
    low, high = np.percentile(inside, 1.0), np.percentile(head, 99.5)
    return (float(low), float(high)) if high > low else (0.0, float(max(high, 1.0)))
