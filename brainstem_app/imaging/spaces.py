"""The spaces of the program, each with one name: ``native``, ``mni``, ``box``, ``slice``.

``native`` is the scan's own grid. ``mni`` is nilearn's packaged MNI152 template grid (ICBM 2009a
nonlinear symmetric, 1 mm, RAS). ``box`` is ``mni`` cropped to the brainstem, x −25…+24, y −51…−2,
z −72…0 mm. ``slice`` is one axial slice of the box, 50×50, resized to 224×224 for a network.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Affine = NDArray[np.float64]

MNI_SHAPE = (197, 233, 189)
MNI_ORIGIN_MM = (-98.0, -134.0, -72.0)
BOX_START = (73, 83, 0)
BOX_SHAPE = (50, 50, 73)
SLICE_SIZE = 224

BOX_SLICES = tuple(slice(a, a + n) for a, n in zip(BOX_START, BOX_SHAPE, strict=True))


def mni_affine() -> Affine:
    """Voxel-to-world matrix (4×4, mm) of the ``mni`` grid."""
    affine = np.eye(4)
    affine[:3, 3] = MNI_ORIGIN_MM
    return affine


def box_affine() -> Affine:
    """Voxel-to-world matrix (4×4, mm) of the ``box`` grid."""
    affine = mni_affine()
    affine[:3, 3] += BOX_START
    return affine


def crop_to_box(volume: NDArray[Any]) -> NDArray[Any]:
    """Crop an ``mni`` volume (197, 233, 189, …) to the ``box`` (50, 50, 73, …); a copy."""
    return np.ascontiguousarray(volume[BOX_SLICES])


def paste_into_mni(box: NDArray[Any]) -> NDArray[Any]:
    """Place a ``box`` volume (50, 50, 73, …) into zeros of the ``mni`` grid, same dtype."""
    volume = np.zeros(MNI_SHAPE + box.shape[3:], dtype=box.dtype)
    volume[BOX_SLICES] = box
    return volume
