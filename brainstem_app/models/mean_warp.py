"""Where the atlas usually lies in scans placed by the affine: the mean fine warp of the training subjects.

An affine leaves the same differences between template and people in scan after scan: the template is an
average, and the brainstem's step looks at its border. The fine registrations of the training subjects know
them. The bend of the atlas (`brainstem_app.models.atlas_fit`) begins there, and is smooth beside it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from brainstem_app.imaging.spaces import BOX_SHAPE, box_affine, mirrored_order
from brainstem_app.preprocessing.transforms import Displacement, grid_points

# Steps of a hundredth of a millimetre: the file is a third as large.
_DECIMALS = 2


def mean_warp(warps: Iterable[Displacement]) -> Displacement:
    """Average warps of the box and their mirror images.

    Parameters
    ----------
    warps : iterable of Displacement
        Fine warps on the ``box`` grid, of one subject each: the label at x is that of the atlas at x + d(x).

    Returns
    -------
    Displacement
        On the ``box`` grid, symmetric about x = 0, in steps of 0.01 mm.

    Raises
    ------
    ValueError
        If there is no warp.
    """
    fields = [warp.field.astype(np.float64) for warp in warps]
    if not fields:
        raise ValueError("the mean of no warps")
    mean = np.mean(fields, axis=0)
    turned = mean[mirrored_order()]
    turned[..., 0] *= -1
    return Displacement(np.round((mean + turned) / 2, _DECIMALS).astype(np.float32), box_affine())


def displacement_in_box(warp: Displacement) -> NDArray[np.float32]:
    """Displacement (3, 50, 50, 73) of each voxel of the box, voxels (mm), as `fit_atlas` takes it."""
    if warp.field.shape[:3] == BOX_SHAPE and np.array_equal(warp.affine, box_affine()):
        return np.ascontiguousarray(np.moveaxis(warp.field, -1, 0), dtype=np.float32)
    field = warp.at(grid_points(BOX_SHAPE, box_affine()))
    return np.ascontiguousarray(field.T.reshape(3, *BOX_SHAPE), dtype=np.float32)
