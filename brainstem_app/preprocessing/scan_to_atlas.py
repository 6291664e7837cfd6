"""The one map between a scan and the atlas: affine, then a smooth displacement; both ways, for any program.

A point x of the scan (mm) lies at w = A⁻¹·x in ``mni``, and there the atlas's point is w + d(w). The files
are those of ITK, in its own LPS coordinates: ANTs, 3D Slicer and SimpleITK apply them as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from brainstem_app.imaging.atomic import atomic_path
from brainstem_app.imaging.spaces import BOX_SHAPE, WARP_REGION, Affine, box_affine
from brainstem_app.imaging.trilinear import interpolated
from brainstem_app.preprocessing.transforms import Displacement, Transforms, carried, grid_points

TO_MNI_AFFINE, TO_ATLAS_WARP = "scan_to_mni_affine.mat", "mni_to_atlas_warp.nii.gz"
TO_MNI_WARP, TO_SCAN_AFFINE = "atlas_to_mni_warp.nii.gz", "mni_to_scan_affine.mat"
#: All of them, for what has to know which files are the program's own.
ITK_FILES = (TO_MNI_AFFINE, TO_ATLAS_WARP, TO_MNI_WARP, TO_SCAN_AFFINE)
_INVERSE_STEPS = 30
# Whole steps are quick where the warp is gentle; where they have not ended by then, shorter ones are safe.
_WHOLE_STEPS, _SHORTER = 5, 0.7
# Hundredths of a millimetre: the files are half as large.
_DECIMALS = 2
# A step so short ends the search for a point.
_STILL_MM = 5e-4


@dataclass(frozen=True)
class ScanToAtlas:
    """Where each point of a scan lies in the atlas.

    Attributes
    ----------
    mni_to_native : ndarray of float64, shape (4, 4)
        A: ``mni`` mm → ``native`` mm.
    warp : Displacement
        d, on `WARP_REGION`; nothing outside of it.
    """

    mni_to_native: Affine
    warp: Displacement

    @classmethod
    def of(cls, transforms: Transforms, displacement: NDArray[np.float32]) -> ScanToAtlas:
        """Join a scan's placement and the displacement of the atlas in its box.

        Parameters
        ----------
        transforms : Transforms
            How the scan was placed in ``mni``.
        displacement : ndarray of float32, shape (3, 50, 50, 73)
            Of the atlas in the box, mm. Beyond the box it goes on and fades within 12 mm.
        """
        points = grid_points(WARP_REGION.shape, WARP_REGION.affine)
        low = box_affine()[:3, 3]
        high = low + np.array(BOX_SHAPE) - 1
        if transforms.warp is None:
            # Both grids have the same points.
            placed, bend = points, _beyond_the_box(displacement)
        else:
            placed = Transforms(np.eye(4), transforms.warp).to_mni(points)
            field = Displacement(np.moveaxis(displacement, 0, -1), box_affine())
            bend = field.at(np.clip(placed, low, high))
        moved = placed + bend - points
        away = np.abs(points - np.clip(points, low, high)).max(axis=1)
        fade = np.cos(np.clip(away / _margin(), 0, 1) * np.pi / 2) ** 2
        field = np.round(moved * fade[:, None], _DECIMALS).astype(np.float32)
        return cls(transforms.mni_to_native, Displacement(_grid(field), WARP_REGION.affine))

    @classmethod
    def load(cls, folder: Path) -> ScanToAtlas:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            If a file is missing or damaged.
        """
        path = folder / TO_ATLAS_WARP
        kept = Displacement.load(path, "Segment the scan again.")
        turned = kept.field * np.array([-1.0, -1.0, 1.0], dtype=np.float32)
        placed = Transforms.load(folder).mni_to_native
        return cls(placed, Displacement(turned, kept.affine))

    def to_atlas(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points (N, 3) of the scan lie in the atlas, mm."""
        return self.warped(self.to_mni(points_mm))

    def to_mni(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points (N, 3) of the scan lie in ``mni``, before the warp, mm."""
        return carried(points_mm, np.linalg.inv(self.mni_to_native))

    def warped(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points (N, 3) of ``mni`` lie in the atlas, mm."""
        return np.asarray(points_mm + self.warp.at(points_mm))

    def to_scan(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points (N, 3) of the atlas lie in the scan, mm."""
        return carried(self._unwarped(points_mm), self.mni_to_native)

    def save(self, folder: Path) -> None:
        """Write both directions for ITK into a folder (made if missing)."""
        folder.mkdir(parents=True, exist_ok=True)
        points = grid_points(WARP_REGION.shape, WARP_REGION.affine)
        back = np.round(self._unwarped(points) - points, _DECIMALS).astype(np.float32)
        _write_affine(np.linalg.inv(self.mni_to_native), folder / TO_MNI_AFFINE)
        _write_affine(self.mni_to_native, folder / TO_SCAN_AFFINE)
        _write_warp(self.warp, folder / TO_ATLAS_WARP)
        _write_warp(Displacement(_grid(back), WARP_REGION.affine), folder / TO_MNI_WARP)

    def _unwarped(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Solve w + d(w) = point for w."""
        # In voxels of the field, which are millimetres; beyond its border, where it is 0, it stays 0.
        origin = self.warp.affine[:3, 3]
        field = np.ascontiguousarray(np.moveaxis(self.warp.field, -1, 0))
        points = np.ascontiguousarray((points_mm - origin).T, dtype=np.float32)
        found, moving, here, wanted = points.copy(), np.arange(points.shape[1]), points.copy(), points
        for number in range(_INVERSE_STEPS):
            step = interpolated(field, here)
            step += here
            step -= wanted
            if number >= _WHOLE_STEPS:
                # So that steep warps do not overshoot.
                step *= np.float32(_SHORTER)
            here -= step
            found[:, moving] = here
            (on,) = np.nonzero((np.abs(step) > _STILL_MM).any(axis=0))
            if not on.size:
                break
            moving, here, wanted = moving[on], here[:, on], wanted[:, on]
        return found.T.astype(np.float64) + origin


def _beyond_the_box(displacement: NDArray[np.float32]) -> NDArray[np.float64]:
    """Displacement (N, 3) at the points of `WARP_REGION`: beyond the box that of its border."""
    first = np.rint(box_affine()[:3, 3] - WARP_REGION.affine[:3, 3]).astype(int)
    last = np.array(WARP_REGION.shape) - first - BOX_SHAPE
    room = [(0, 0), *zip(first.tolist(), last.tolist(), strict=True)]
    wide = np.pad(displacement, room, mode="edge").reshape(3, -1)
    return np.ascontiguousarray(wide.T, dtype=np.float64)


def _margin() -> float:
    return float(np.round(box_affine()[0, 3] - WARP_REGION.affine[0, 3]))


def _grid(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return rows.reshape(*WARP_REGION.shape, 3)


# RAS to LPS, as ITK has it.
_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def _write_affine(matrix: NDArray[np.floating], path: Path) -> None:
    """Write an affine between worlds, RAS mm, as ITK reads it (a ``.mat`` of ANTs)."""
    from scipy.io import savemat

    turned = _LPS @ matrix @ _LPS
    parameters = np.concatenate([turned[:3, :3].ravel(), turned[:3, 3]])
    content = {"AffineTransform_double_3_3": parameters, "fixed": np.zeros(3)}
    with atomic_path(path) as temporary:
        savemat(temporary, content, appendmat=False, format="4", oned_as="column")


def _write_warp(warp: Displacement, path: Path) -> None:
    """Write a displacement as the vector image that ITK's displacement field transform reads."""
    field = warp.field * np.array([-1.0, -1.0, 1.0], dtype=np.float32)
    image = nib.Nifti1Image(field[:, :, :, None, :], warp.affine)
    image.header.set_intent("vector")
    image.header.set_xyzt_units("mm")
    with atomic_path(path) as temporary:
        nib.save(image, temporary)
