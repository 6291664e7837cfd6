"""Distance of a warped atlas from a brainstem that was drawn by hand, where it faces fluid or the outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from measured_heads import Warped
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, map_coordinates
from scipy.spatial import cKDTree

from brainstem_app.atlas.warped import Grid, WarpedAtlas
from brainstem_app.imaging.spaces import Affine
from brainstem_app.preprocessing.transforms import Transforms

_HIGHEST_MM, _LOWEST_MM = -6, -68
_SIZE_MM, _MARGIN_MM = 0.5, 5
_HALF, _NEAR_VOXELS = 0.5, 2.0


@dataclass(frozen=True)
class Protocol:
    """What the labels of a drawn map mean.

    Attributes
    ----------
    stem : int
        The brainstem.
    fluid : tuple of int
        Fluid, or outside of the brain: where the brainstem faces these, all protocols have one border.
    upper, lateral : tuple of int
        Parts that our brainstem holds and this one does not: above (peduncles, nigra and red nucleus, within
        the ventral diencephalon), and at the sides (middle cerebellar peduncles, within the white matter of
        the cerebellum).
    """

    stem: int
    fluid: tuple[int, ...]
    upper: tuple[int, ...]
    lateral: tuple[int, ...]


#: Neuromorphometrics' labels of the MICCAI 2012 challenge.
MICCAI = Protocol(35, (0, 4, 11, 46, 51, 52), (61, 62), (40, 41))
#: FreeSurfer's ``aseg``.
FREESURFER = Protocol(16, (0, 4, 5, 14, 15, 24, 43, 44, 72), (28, 60), (7, 46))


@dataclass(frozen=True)
class Drawn:
    """Labels that were drawn on a scan, on its grid.

    Attributes
    ----------
    labels : ndarray of int, shape (X, Y, Z)
    affine : ndarray, shape (4, 4)
        Voxel to world, mm.
    protocol : Protocol
        What they mean.
    """

    labels: NDArray[np.int_]
    affine: Affine
    protocol: Protocol = MICCAI

    @classmethod
    def read(cls, path: Path, affine: Affine, protocol: Protocol = MICCAI) -> Drawn:
        """Read a label map; the affine is its scan's, as the program reads it."""
        image: Any = nib.load(path)
        return cls(np.asarray(image.dataobj).astype(int), affine, protocol)

    @property
    def stem(self) -> NDArray[np.bool_]:
        """The brainstem."""
        return np.asarray(self.labels == self.protocol.stem)

    def facing_mm(self, placed: Transforms) -> NDArray[np.float64]:
        """Middles (N, 3) of the faces between brainstem and fluid, mm, at heights that all ways label."""
        fluid = np.isin(self.labels, self.protocol.fluid)
        faces = []
        for axis in range(3):
            for side in (1, -1):
                face = np.argwhere(self.stem & np.roll(fluid, -side, axis=axis)).astype(float)
                face[:, axis] += 0.5 * side
                faces.append(face)
        points = np.concatenate(faces) @ self.affine[:3, :3].T + self.affine[:3, 3]
        return np.asarray(points[at_heights(points, placed)])


def at_heights(points_mm: NDArray[np.float64], placed: Transforms) -> NDArray[np.bool_]:
    """Which points (N, 3) of a scan lie neither above the midbrain nor near the template's lower end."""
    height = placed.to_mni(points_mm)[:, 2]
    return np.asarray((height > _LOWEST_MM) & (height < _HIGHEST_MM))


def outline_mm(atlas: NDArray[np.uint8], scan: Warped, way: str, drawn: Path, affine: Affine) -> float:
    """Mean distance of the drawn outline from the warped one, mm, in steps of half a millimetre from 0.25 on.

    The figures of the measurement are made of it; `depths_mm` looks between the voxels.
    """
    placed = Transforms(scan.to_native)
    points = Drawn.read(drawn, affine).facing_mm(placed)
    grid = _fine_grid(points)
    warped = WarpedAtlas((atlas > 0).astype(np.uint8), scan.fields[way], placed)
    inside = warped.labels_on(grid) > 0
    signed = distance_transform_edt(inside) - distance_transform_edt(~inside)
    signed = np.where(signed > 0, signed - 0.5, signed + 0.5) * _SIZE_MM
    return float(np.abs(map_coordinates(signed, _voxels(points, grid), order=1)).mean())


def depths_mm(
    points_mm: NDArray[np.float64], share_on: Callable[[Grid], NDArray[np.float32]]
) -> NDArray[np.float64]:
    """How deep points (N, 3) lie inside of a shape, mm; outside is negative.

    Parameters
    ----------
    points_mm : ndarray, shape (N, 3)
    share_on : callable
        Share of the shape at each voxel's middle of a grid, 0…1. Its surface is where that is one half, found
        between the voxels; near it a distance is taken along the surface's normal.
    """
    grid = _fine_grid(points_mm)
    share = share_on(grid)
    surface = _crossings(share)
    slopes = [map_coordinates(part, surface.T, order=1) for part in np.gradient(share)]
    inwards = np.stack(slopes, axis=-1) / np.maximum(np.linalg.norm(slopes, axis=0), 1e-6)[:, None]
    voxels = _voxels(points_mm, grid).T
    far, nearest = cKDTree(surface).query(voxels)
    along = np.abs(((voxels - surface[nearest]) * inwards[nearest]).sum(axis=1))
    length = np.where(far < _NEAR_VOXELS, along, far) * _SIZE_MM
    return np.asarray(np.where(map_coordinates(share, voxels.T, order=1) > _HALF, length, -length))


def _crossings(share: NDArray[np.float32]) -> NDArray[np.float64]:
    """Where the lines between neighbouring voxels cross the surface (N, 3), voxels."""
    found = []
    for axis in range(3):
        steps = np.diff(share, axis=axis)
        first = np.take(share, range(share.shape[axis] - 1), axis=axis)
        crossed = (first > _HALF) != (first + steps > _HALF)
        places = np.argwhere(crossed).astype(float)
        places[:, axis] += (_HALF - first[crossed]) / steps[crossed]
        found.append(places)
    return np.concatenate(found)


def _voxels(points_mm: NDArray[np.float64], grid: Grid) -> NDArray[np.float64]:
    return (points_mm - grid[1][:3, 3]).T / _SIZE_MM


def _fine_grid(points: NDArray[np.float64]) -> Grid:
    low = points.min(axis=0) - _MARGIN_MM
    x, y, z = (np.ceil((points.max(axis=0) + _MARGIN_MM - low) / _SIZE_MM).astype(int)).tolist()
    affine = np.diag([_SIZE_MM, _SIZE_MM, _SIZE_MM, 1.0])
    affine[:3, 3] = low
    return (x, y, z), affine
