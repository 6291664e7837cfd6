"""Part of a label map around one label, so that no step of drawing looks at the whole head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from brainstem_app.gui.viewer.slices import Corners, Voxel

#: Rows of an array (Z, Y, X) that are a part of it.
Part = tuple[slice, slice, slice]


def part_of_box(box: Corners, margin: Voxel, shape: tuple[int, ...]) -> Part:
    """Part of an array (Z, Y, X) that holds a box of voxels (x, y, z) and a margin, as far as it goes."""
    rows = [
        slice(max(low - more, 0), min(high + more + 1, shape[2 - axis]))
        for axis, (low, high, more) in enumerate(zip(*box, margin, strict=True))
    ]
    return rows[2], rows[1], rows[0]


def box_of_label(labels: NDArray[np.uint8], label: int, extent: Corners) -> Corners | None:
    """Lowest and highest voxel (x, y, z) of a label that lies within an extent; None without any."""
    (x0, y0, z0), _ = extent
    here = labels[part_of_box(extent, (0, 0, 0), labels.shape)] == label
    z, y, x = (np.flatnonzero(here.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1)))
    if z.size == 0:
        return None
    lowest = (x0 + int(x[0]), y0 + int(y[0]), z0 + int(z[0]))
    return lowest, (x0 + int(x[-1]), y0 + int(y[-1]), z0 + int(z[-1]))


def flat_indices(mask: NDArray[np.bool_], part: Part, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Sorted flat indices into an array (Z, Y, X) of the voxels that are true in a part of it."""
    z, y, x = np.nonzero(mask)
    z, y, x = z + part[0].start, y + part[1].start, x + part[2].start
    flat: NDArray[np.int64] = ((z * shape[1] + y) * shape[2] + x).astype(np.int64)
    return flat


def given_back(
    labels: NDArray[np.uint8],
    removed: NDArray[np.bool_],
    is_tissue: NDArray[np.bool_],
    voxel_mm: tuple[float, float, float],
) -> NDArray[np.uint8]:
    """Labels that voxels get which a nucleus gives up: those of the tissue, or background, nearest to each.

    Parameters
    ----------
    labels : ndarray of uint8, shape (Z, Y, X)
        Part of a label map before.
    removed : ndarray of bool, shape (Z, Y, X)
    is_tissue : ndarray of bool, shape (256,)
        Labels that no nucleus has; the background is one.
    voxel_mm : tuple of float
        Edges of a voxel along x, y, z.

    Returns
    -------
    ndarray of uint8, shape (N,)
        In the order of ``removed``.
    """
    from scipy.ndimage import distance_transform_edt

    tissue = is_tissue[labels]
    if not tissue.any():
        return np.zeros(int(removed.sum()), dtype=np.uint8)
    nearest = distance_transform_edt(
        ~tissue, sampling=voxel_mm[::-1], return_distances=False, return_indices=True
    )
    values: NDArray[np.uint8] = labels[tuple(axis[removed] for axis in nearest)]
    return values
