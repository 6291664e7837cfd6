"""Distance of a warped atlas from a brainstem that was drawn by hand, where it faces fluid or the outside."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
from measured_heads import Warped
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, map_coordinates

from brainstem_app.atlas.warped import WarpedAtlas
from brainstem_app.imaging.spaces import Affine
from brainstem_app.preprocessing.transforms import Transforms

STEM, FLUID = 35, (0, 4, 11, 46, 51, 52)
_HIGHEST_MM, _LOWEST_MM = -6, -68
_SIZE_MM, _MARGIN_MM = 0.5, 5


def outline_mm(atlas: NDArray[np.uint8], scan: Warped, way: str, drawn: Path, affine: Affine) -> float:
    """Mean distance of the drawn outline from the warped one, mm."""
    labels = np.asarray(nib.load(drawn).dataobj).astype(int)
    stem, fluid = labels == STEM, np.isin(labels, FLUID)
    faces = []
    for axis in range(3):
        for side in (1, -1):
            face = np.argwhere(stem & np.roll(fluid, -side, axis=axis)).astype(float)
            face[:, axis] += 0.5 * side
            faces.append(face)
    points = np.concatenate(faces) @ affine[:3, :3].T + affine[:3, 3]
    placed = Transforms(scan.to_native)
    height = placed.to_mni(points)[:, 2]
    points = points[(height > _LOWEST_MM) & (height < _HIGHEST_MM)]
    grid = _fine_grid(points)
    warped = WarpedAtlas((atlas > 0).astype(np.uint8), scan.fields[way], placed)
    inside = warped.labels_on(grid) > 0
    signed = distance_transform_edt(inside) - distance_transform_edt(~inside)
    signed = np.where(signed > 0, signed - 0.5, signed + 0.5) * _SIZE_MM
    return float(np.abs(map_coordinates(signed, (points - grid[1][:3, 3]).T / _SIZE_MM, order=1)).mean())


def _fine_grid(points: NDArray[np.float64]) -> tuple[tuple[int, int, int], Affine]:
    low = points.min(axis=0) - _MARGIN_MM
    x, y, z = (np.ceil((points.max(axis=0) + _MARGIN_MM - low) / _SIZE_MM).astype(int)).tolist()
    affine = np.diag([_SIZE_MM, _SIZE_MM, _SIZE_MM, 1.0])
    affine[:3, 3] = low
    return (x, y, z), affine
