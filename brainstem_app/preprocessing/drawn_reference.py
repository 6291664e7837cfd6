"""Reference labels of a subject that a person drew on the scan, brought into the ``box`` in one step.

A voxel of the box gets the label that fills most of it: of the many points in it, each looked up in the map
as it was drawn, through the whole chain of transforms. Nothing is resampled twice.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from nibabel.orientations import apply_orientation, inv_ornt_aff, io_orientation
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter

from brainstem_app.errors import InputError
from brainstem_app.imaging.spaces import BOX_SHAPE, Affine, box_affine
from brainstem_app.preprocessing.transforms import Transforms, carried, grid_points

#: Points along each edge of a voxel of the box, 1 mm: 64 a voxel.
_POINTS = 4
# Of labels that fill a voxel alike, the one nearer to its middle: what a point counts less at a corner.
_FALL = 0.01
# How far corners of two grids may lie apart that are one: headers are rounded.
_SAME_MM = 0.1
# Voxels of the box whose points are looked up together.
_AT_ONCE = 2500


def drawn_in_box(classes: NDArray[np.uint8], affine: Affine, transforms: Transforms) -> NDArray[np.uint8]:
    """Label of the largest share of each voxel of the box.

    Parameters
    ----------
    classes : ndarray of uint8, shape (X, Y, Z)
        Label map as it was drawn; beyond it is background.
    affine : ndarray, shape (4, 4)
        Its voxels to the scan's world, mm.
    transforms : Transforms
        How the scan was placed in ``mni``.

    Returns
    -------
    ndarray of uint8, shape (50, 50, 73)
    """
    padded = np.pad(classes, 1)
    to_voxel = np.linalg.inv(affine)
    result, divided = _where_one_label(padded, to_voxel, transforms)
    steps = (np.arange(_POINTS) + 0.5) / _POINTS - 0.5
    within = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    weights = (1 - _FALL * (within**2).sum(axis=1)).astype(np.float32)
    centres = grid_points(BOX_SHAPE, box_affine())
    rows = np.flatnonzero(divided)
    for start in range(0, len(rows), _AT_ONCE):  # the points of all would take 300 MB
        some = rows[start : start + _AT_ONCE]
        points = (centres[some][:, None] + within).reshape(-1, 3)
        i, j, k = _voxels_at(points, to_voxel, transforms, padded.shape)
        result[some] = _largest(padded[i, j, k].reshape(len(some), -1), weights)
    return result.reshape(BOX_SHAPE)


def _where_one_label(
    padded: NDArray[np.uint8], to_voxel: NDArray[np.floating], transforms: Transforms
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Label (N,) of the middle of each voxel of the box, and (N,) whether another is within its reach.

    Most voxels lie far from any border of labels, and need no more points than one.
    """
    if transforms.warp is not None:
        return np.zeros(np.prod(BOX_SHAPE), np.uint8), np.ones(np.prod(BOX_SHAPE), bool)
    # A voxel of the box holds what lies within this many voxels of the scan of its middle, axis by axis.
    reach = np.abs((to_voxel @ transforms.mni_to_native)[:3, :3]).sum(axis=1) / 2
    size = tuple(2 * int(np.ceil(one)) + 1 for one in reach)
    i, j, k = _voxels_at(grid_points(BOX_SHAPE, box_affine()), to_voxel, transforms, padded.shape)
    # Only the part of the scan that is looked at.
    part = tuple(
        slice(max(0, int(at.min()) - width), int(at.max()) + width + 1)
        for at, width in zip((i, j, k), size, strict=True)
    )
    near = padded[part]
    mixed = maximum_filter(near, size, mode="nearest") != minimum_filter(near, size, mode="nearest")
    a, b, c = (at - one.start for at, one in zip((i, j, k), part, strict=True))
    return padded[i, j, k], mixed[a, b, c]


def _voxels_at(
    points: NDArray[np.float64],
    to_voxel: NDArray[np.floating],
    transforms: Transforms,
    padded: tuple[int, ...],
) -> NDArray[np.intp]:
    """Return the indices (3, N) into the padded map of the voxels that hold points (N, 3) of ``mni``."""
    voxels = carried(transforms.to_native(points), to_voxel)
    return np.clip(np.floor(voxels + 0.5).astype(np.intp) + 1, 0, np.array(padded) - 1).T


def _largest(labels: NDArray[np.uint8], weights: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Label of the most weight in each row (N, P)."""
    # The background last: of two that fill a voxel alike, what was drawn stays.
    present = np.unique(labels)[::-1]
    shares = np.stack([(labels == label) @ weights for label in present], axis=1)
    return np.asarray(present[shares.argmax(axis=1)])


def require_grid_of_scan(
    shape: tuple[int, ...], affine: Affine, scan_shape: tuple[int, ...], scan_affine: Affine, where: Path
) -> None:
    """Refuse a label map that does not lie on its scan's grid, in whatever order its axes are stored.

    Parameters
    ----------
    shape, affine
        Of the label map.
    scan_shape, scan_affine
        Of the scan.
    where : Path
        The label map, for the error.

    Raises
    ------
    InputError
        With how far the grids are apart.
    """
    mine, other = _corners(shape, affine), _corners(scan_shape, scan_affine)
    if mine[0] != other[0]:
        raise InputError(
            f"The label map has {_size(shape)} voxels, its scan {_size(scan_shape)}: it was drawn on "
            "another grid.",
            where,
            "Give labels on the grid of the T1-weighted scan that is prepared, as they were drawn on it.",
        )
    apart = float(np.linalg.norm(mine[1] - other[1], axis=1).max())
    if apart > _SAME_MM:
        raise InputError(
            f"The label map lies up to {apart:.1f} mm beside its scan, though both have {_size(shape)} "
            "voxels.",
            where,
            "Look at both in a viewer: the header of one of them was changed, or it is another scan's map.",
        )


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def _corners(shape: tuple[int, ...], affine: Affine) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Shape and corners (8, 3), mm, of a grid as if its axes were stored from left, back and bottom."""
    turn = io_orientation(affine)
    turned = apply_orientation(np.empty(shape, dtype=bool), turn).shape
    placed = affine @ inv_ornt_aff(turn, shape)
    ends = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) * (np.array(turned) - 1)
    return tuple(turned), carried(ends.astype(np.float64), placed)
