"""The spaces of the program, each with one name: ``native``, ``mni``, ``box``, ``slice``.

``native`` is the scan's own grid. ``mni`` is nilearn's packaged MNI152 template grid (ICBM 2009a
nonlinear symmetric, 1 mm, RAS). ``box`` is ``mni`` cropped to the brainstem, x −25…+24, y −51…−2,
z −72…0 mm. ``slice`` is one axial slice of the box, 50×50, resized to 224×224 for a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Affine = NDArray[np.float64]

MNI_SHAPE = (197, 233, 189)
MNI_ORIGIN_MM = (-98.0, -134.0, -72.0)
BOX_START = (73, 83, 0)
BOX_SHAPE = (50, 50, 73)
# Where x = 0 mm, the plane between left and right, lies along the box's first axis, voxels. The box reaches
# one voxel further to the left: reversing its axis mirrors at x = −0.5 mm instead.
BOX_MIDPLANE = 25
SLICE_SIZE = 224


class Space(StrEnum):
    """How far a scan is made alike the template before a network sees it.

    ``affine`` keeps each subject's own anatomy; ``nonlinear`` adds a coarse, smooth warp as in the paper.
    """

    AFFINE = "affine"
    NONLINEAR = "nonlinear"


@dataclass(frozen=True)
class Region:
    """A block of the ``mni`` grid.

    Attributes
    ----------
    start, shape : tuple of int
        First voxel, and number of voxels, along the three axes.
    """

    start: tuple[int, int, int]
    shape: tuple[int, int, int]

    @property
    def slices(self) -> tuple[slice, ...]:
        """Index of the block in an ``mni`` volume."""
        return tuple(slice(a, a + n) for a, n in zip(self.start, self.shape, strict=True))

    @property
    def affine(self) -> Affine:
        """Voxel-to-world matrix (4×4, mm) of the block."""
        return ras_affine(1.0, np.add(MNI_ORIGIN_MM, self.start))

    def crop(self, volume: NDArray[Any]) -> NDArray[Any]:
        """Cut the block (with any further axes) out of an ``mni`` volume; a copy."""
        return np.ascontiguousarray(volume[self.slices])


WHOLE = Region((0, 0, 0), MNI_SHAPE)
BOX = Region(BOX_START, BOX_SHAPE)
# The box and 12 mm around it; below it the template ends: x −37…37, y −63…12, z −72…12 mm.
AROUND_BOX = Region((61, 71, 0), (75, 76, 85))

# The box and 12 mm around it on all sides, also below the template: where the warp to the atlas is stored,
# and fades to nothing. x −37…37, y −63…12, z −84…12 mm.
WARP_REGION = Region((61, 71, -12), (75, 76, 97))


def ras_affine(edge_mm: float, origin_mm: Sequence[float] | NDArray[np.float64]) -> Affine:
    """Voxel-to-world matrix (4×4, mm) of a RAS grid without rotation whose voxels are cubes."""
    affine = np.diag([edge_mm, edge_mm, edge_mm, 1.0])
    affine[:3, 3] = origin_mm
    return affine


def mni_affine() -> Affine:
    """Voxel-to-world matrix (4×4, mm) of the ``mni`` grid."""
    return ras_affine(1.0, MNI_ORIGIN_MM)


def box_affine() -> Affine:
    """Voxel-to-world matrix (4×4, mm) of the ``box`` grid."""
    return BOX.affine


def mirrored_order(plane: float = BOX_MIDPLANE) -> NDArray[np.intp]:
    """Voxel of the first axis that each one of the mirrored box is taken from; the edge goes on outside."""
    places = 2 * plane - np.arange(BOX_SHAPE[0])
    order: NDArray[np.intp] = np.clip(np.rint(places), 0, BOX_SHAPE[0] - 1).astype(np.intp)
    return order


def crop_to_box(volume: NDArray[Any]) -> NDArray[Any]:
    """Crop an ``mni`` volume (197, 233, 189, …) to the ``box`` (50, 50, 73, …); a copy."""
    return BOX.crop(volume)


def paste_into_mni(box: NDArray[Any]) -> NDArray[Any]:
    """Place a ``box`` volume (50, 50, 73, …) into zeros of the ``mni`` grid, same dtype."""
    volume = np.zeros(MNI_SHAPE + box.shape[3:], dtype=box.dtype)
    volume[BOX.slices] = box
    return volume
