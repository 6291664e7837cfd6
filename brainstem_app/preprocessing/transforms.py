"""The way between ``native`` and ``mni``: saved once, reapplied as often as wanted, never recomputed.

A point y of ``mni`` (mm) lies at x = A·(y + d(y)) in the scan (mm), with the affine A and, in the nonlinear
space, the smooth displacement d. Images are pulled along that way. Labels go back along its inverse, which
is exact for the affine and found by fixed-point iteration for the smooth displacement.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import atomic_path, write_text
from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.scan_limits import require_fitting
from brainstem_app.imaging.spaces import BOX_SHAPE, WHOLE, Affine, Region, box_affine
from brainstem_app.small_files import read_text

AFFINE_FILE = "mni_to_native_mm.txt"
WARP_FILE = "mni_coarse_warp_mm.nii.gz"
_INVERSE_STEPS = 20
_MOST_OF_A_MATRIX = 2**16


@dataclass(frozen=True)
class Displacement:
    """A field of displacements in mm on a regular grid.

    Attributes
    ----------
    field : ndarray of float32, shape (X, Y, Z, 3)
        Displacement (mm, RAS) at each grid point; 0 outside of the grid.
    affine : ndarray, shape (4, 4)
        Voxel to world (mm) of the grid.
    """

    field: NDArray[np.float32]
    affine: Affine

    def at(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Displacement (N, 3) in mm at points (N, 3) in mm, interpolated linearly."""
        inverse = np.linalg.inv(self.affine)
        voxels = points_mm @ inverse[:3, :3].T + inverse[:3, 3]
        moved = [
            map_coordinates(self.field[..., axis], voxels.T, order=1, mode="grid-constant", cval=0.0)
            for axis in range(3)
        ]
        return np.stack(moved, axis=-1).astype(np.float64)

    def jacobian(self) -> NDArray[np.float64]:
        """Return the determinant (X, Y, Z) of the Jacobian of x + d(x); zero or less where the warp folds."""
        sizes = np.sqrt((self.affine[:3, :3] ** 2).sum(axis=0))
        field = self.field.astype(np.float64)
        slopes = [np.gradient(field, size, axis=axis) for axis, size in enumerate(sizes)]
        determinant: NDArray[np.float64] = np.linalg.det(np.stack(slopes, axis=-1) + np.eye(3))
        return determinant

    def save(self, path: Path) -> None:
        """Write as NIfTI with a vector per voxel (intent 1006, displacement)."""
        image = nib.Nifti1Image(self.field[:, :, :, None, :], self.affine)
        image.header.set_intent(1006)
        image.header.set_xyzt_units("mm")
        with atomic_path(path) as temporary:
            nib.save(image, temporary)

    @classmethod
    def load(cls, path: Path, fix: str = "Restore it from a copy, or make it again.") -> Displacement:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            If it is missing or damaged, or larger than any head; `fix` is what to do then.
        """
        try:
            image: Any = nib.load(path)
            x, y, z = image.shape[:3]
            require_fitting(path, (x, y, z))
            field = np.asarray(image.dataobj, dtype=np.float32)[:, :, :, 0, :]
        except (OSError, EOFError, ValueError, IndexError, ImageFileError) as error:
            raise InputError("The saved warp cannot be read.", path, fix) from error
        return cls(field, np.asarray(image.affine, dtype=np.float64))


@dataclass(frozen=True)
class Transforms:
    """How one scan was placed in ``mni``.

    Attributes
    ----------
    mni_to_native : ndarray of float64, shape (4, 4)
        A: ``mni`` mm → ``native`` mm.
    warp : Displacement or None
        d: displacement in ``mni`` before A; None in the affine space.
    """

    mni_to_native: Affine
    warp: Displacement | None = None

    def image_to_mni(
        self, data: NDArray[np.float32], affine: Affine, *, order: int = 1, region: Region = WHOLE
    ) -> NDArray[np.float32]:
        """Pull a ``native`` volume (X, Y, Z) onto a region of the ``mni`` grid (by default all of it)."""
        if self.warp is None:
            return resample(
                data, affine, region.shape, region.affine, order=order, world_to_world=self.mni_to_native
            )
        result = np.empty(region.shape, dtype=data.dtype)
        for x in range(region.shape[0]):  # plane by plane: the points of all of mni would take a gigabyte
            plane = region.affine
            plane[0, 3] += x
            points = grid_points((1, *region.shape[1:]), plane)
            points += self.warp.at(points)
            result[x] = _sample(data, affine, points, self.mni_to_native, region.shape[1:], order)
        return result

    def labels_to_native(
        self, labels: NDArray[np.uint8], shape: tuple[int, int, int], affine: Affine
    ) -> NDArray[np.uint8]:
        """Carry ``box`` labels (50, 50, 73) to the scan's grid: the nearest voxel's label, 0 outside the box.

        Parameters
        ----------
        labels : ndarray of uint8, shape (50, 50, 73)
            Labels on the ``box`` grid.
        shape, affine : tuple, ndarray (4, 4)
            Grid of the scan.

        Returns
        -------
        ndarray of uint8, shape `shape`
        """
        if self.warp is None:
            native_to_mni = np.asarray(np.linalg.inv(self.mni_to_native), dtype=np.float64)
            return resample(labels, box_affine(), shape, affine, order=0, world_to_world=native_to_mni)
        result = np.zeros(shape, dtype=np.uint8)
        region = self.native_region(shape, affine)
        size = tuple(part.stop - part.start for part in region)
        points = self.to_mni(grid_points(size, cropped_affine(affine, region)))
        result[region] = _sample(labels, box_affine(), points, np.eye(4), size, 0)
        return result

    def to_native(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points (N, 3) of ``mni`` lie in the scan, mm."""
        moved = points_mm if self.warp is None else points_mm + self.warp.at(points_mm)
        return carried(moved, self.mni_to_native)

    def to_mni(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points (N, 3) of the scan lie in ``mni``, mm."""
        return self._unwarped(carried(points_mm, np.linalg.inv(self.mni_to_native)))

    def _unwarped(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Solve y + d(y) = point for y."""
        if self.warp is None:
            return points
        found = points.copy()
        for _ in range(_INVERSE_STEPS):
            found = points - self.warp.at(found)
        return found

    def native_region(self, shape: tuple[int, int, int], affine: Affine) -> tuple[slice, ...]:
        """Voxels of the scan that can lie in the box: its corners, carried over, with a margin of 15 mm."""
        size = np.array(BOX_SHAPE)
        corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * (size - 1)
        around = box_affine()
        world = corners @ around[:3, :3].T + around[:3, 3] + (np.sign(corners - 1) * 15.0)
        to_voxel = np.linalg.inv(affine) @ self.mni_to_native
        voxels = world @ to_voxel[:3, :3].T + to_voxel[:3, 3]
        low = np.clip(np.floor(voxels.min(axis=0)).astype(int), 0, shape)
        high = np.clip(np.ceil(voxels.max(axis=0)).astype(int) + 1, 0, shape)
        return tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))

    def save(self, folder: Path) -> None:
        """Write the transforms into a folder (made if missing)."""
        header = "# mni mm -> native mm (RAS+), 4x4\n"
        rows = "\n".join(" ".join(f"{value:.17g}" for value in row) for row in self.mni_to_native)
        write_text(folder / AFFINE_FILE, header + rows + "\n")
        if self.warp is not None:
            self.warp.save(folder / WARP_FILE)

    @classmethod
    def load(cls, folder: Path) -> Transforms:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            If the affine is missing or damaged.
        """
        path = folder / AFFINE_FILE
        try:
            matrix = np.loadtxt(read_text(path, _MOST_OF_A_MATRIX).splitlines())
        except (OSError, ValueError) as error:
            raise InputError(
                "The saved transform cannot be read.", path, "Prepare this subject again."
            ) from error
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
            raise InputError(
                "The saved transform is not a 4×4 matrix of numbers.", path, "Prepare this subject again."
            )
        warp = folder / WARP_FILE
        return cls(matrix, Displacement.load(warp) if warp.exists() else None)


def cropped_affine(affine: Affine, region: tuple[slice, ...]) -> Affine:
    """Voxel-to-world matrix of a part of a grid."""
    start = [part.start for part in region]
    moved = affine.copy()
    moved[:3, 3] = affine[:3, :3] @ start + affine[:3, 3]
    return moved


def grid_points(shape: tuple[int, ...], affine: Affine) -> NDArray[np.float64]:
    """World coordinates (N, 3) in mm of all voxels of a grid, in C order."""
    x, y, z = np.ogrid[: shape[0], : shape[1], : shape[2]]
    points = np.empty((*shape, 3))
    for axis, (a, b, c, origin) in enumerate(affine[:3].tolist()):
        points[..., axis] = (a * x + b * y) + (c * z + origin)
    return points.reshape(-1, 3)


def carried(points_mm: NDArray[np.float64], affine: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points (N, 3) carried by an affine (4, 4).

    Written out, for the last digits of a product by BLAS change with where its rows lie in memory, and with
    them now and then the label of a voxel.
    """
    x, y, z = points_mm.T
    rows = [((a * x + b * y) + (c * z + shift)) for a, b, c, shift in affine[:3].tolist()]
    return np.stack(rows, axis=-1)


def _sample(
    data: NDArray[Any],
    affine: Affine,
    points: NDArray[np.float64],
    between: Affine,
    shape: tuple[int, ...],
    order: int,
) -> NDArray[Any]:
    pull = np.linalg.inv(affine) @ between
    voxels = points @ pull[:3, :3].T + pull[:3, 3]
    values = map_coordinates(data, voxels.T, order=order, mode="grid-constant", cval=0.0, prefilter=order > 1)
    return np.asarray(values, dtype=data.dtype).reshape(shape)
