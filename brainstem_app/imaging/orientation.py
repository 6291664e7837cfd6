"""Which way the axes of a volume point. The only place of the program that flips or permutes axes."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app.imaging.spaces import Affine

_SIDES = ("LR", "PA", "IS")
_SINGULAR = 1e-6
#: Difference of the cosines of two orders of axes below which the first one is taken: 0.1° at 45°.
_EQUALLY_GOOD = 5e-3
_PREFERRED = np.array([[0.0, 1.0, 2.0], [0.0, 0.0, 4.0], [0.0, 0.0, 0.0]])


def axis_letters(affine: Affine) -> tuple[str, str, str]:
    """Direction of the patient that each voxel axis runs towards.

    Parameters
    ----------
    affine : ndarray, shape (4, 4)
        Voxel to world (mm, RAS+), not singular.

    Returns
    -------
    tuple of str
        One of ``L R``, ``P A``, ``I S`` for each of the three axes; of an oblique volume the nearest.

    Examples
    --------
    >>> import numpy as np
    >>> axis_letters(np.diag([-1.0, 1.0, 1.0, 1.0]))
    ('L', 'A', 'S')
    """
    letters = [_SIDES[int(axis)][int(sign > 0)] for axis, sign in _axis_codes(affine)]
    return letters[0], letters[1], letters[2]


def to_canonical(data: NDArray[Any], affine: Affine) -> tuple[NDArray[Any], Affine]:
    """Reorder the axes so that they run as nearly as possible towards right, anterior and superior.

    Only permutes and flips; no voxel is interpolated, and an oblique volume stays oblique.

    Parameters
    ----------
    data : ndarray, shape (X, Y, Z, …)
        Any dtype; kept.
    affine : ndarray, shape (4, 4)
        Voxel to world (mm, RAS+), not singular.

    Returns
    -------
    data : ndarray
        A view of the same voxels.
    affine : ndarray of float64, shape (4, 4)
        Voxel to world of the reordered data.
    """
    return _reordered(data, affine, _axis_codes(affine))


def to_letters(data: NDArray[Any], affine: Affine, letters: str) -> tuple[NDArray[Any], Affine]:
    """Reorder the axes as `to_canonical` does, but to run as the letters say, e.g. ``"LPS"``."""
    from nibabel.orientations import axcodes2ornt, ornt_transform

    return _reordered(data, affine, ornt_transform(_axis_codes(affine), axcodes2ornt(letters)))


def to_axes_of(data: NDArray[Any], affine: Affine, other: Affine) -> tuple[NDArray[Any], Affine]:
    """Reorder the axes so that each runs as the same axis of another grid does; no voxel is interpolated.

    Two files of one grid are compared so, whatever its angle to the body: each put into its own nearest
    order, they would differ by that order around 45°.

    Parameters
    ----------
    affine, other : ndarray, shape (4, 4)
        Voxel to world of the data, and of the other grid; neither singular.

    Returns
    -------
    data, affine
        As of `to_canonical`.
    """
    return _reordered(data, affine, _axis_codes(np.linalg.inv(other) @ affine))


def _reordered(data: NDArray[Any], affine: Affine, change: NDArray[Any]) -> tuple[NDArray[Any], Affine]:
    from nibabel.orientations import apply_orientation, inv_ornt_aff

    moved = apply_orientation(data, change)
    return moved, np.asarray(affine, dtype=np.float64) @ inv_ornt_aff(change, data.shape[:3])


def from_canonical(data: NDArray[Any], native_affine: Affine) -> NDArray[Any]:
    """Undo `to_canonical`: put canonical voxels back in the native order of axes.

    Parameters
    ----------
    data : ndarray, shape (X, Y, Z, …)
        Volume on the grid that `to_canonical` made; any dtype; kept.
    native_affine : ndarray, shape (4, 4)
        The affine that was given to `to_canonical`.

    Returns
    -------
    ndarray
        A view of the same voxels, in native order.
    """
    from nibabel.orientations import apply_orientation, ornt_transform

    canonical = np.array([[0, 1], [1, 1], [2, 1]])
    return np.asarray(apply_orientation(data, ornt_transform(canonical, _axis_codes(native_affine))))


def all_orientations() -> tuple[str, ...]:
    """List the 48 orders and directions that three axes can have, as letters, e.g. ``"LPS"``."""
    return tuple(
        "".join(_SIDES[axis][flip] for axis, flip in zip(order, flips, strict=True))
        for order in permutations(range(3))
        for flips in product((1, 0), repeat=3)
    )


def affine_from_letters(
    letters: str, shape: tuple[int, int, int], voxel_size_mm: tuple[float, float, float]
) -> Affine:
    """Affine of a volume of which only the orientation is known; its centre is put at 0 mm.

    Parameters
    ----------
    letters : str
        Direction each voxel axis runs towards, e.g. ``"RAS"``.
    shape : tuple of int
        Voxels along the three axes.
    voxel_size_mm : tuple of float
        Length of a voxel's edges in mm.

    Returns
    -------
    ndarray of float64, shape (4, 4)
        Voxel to world (mm, RAS+).

    Raises
    ------
    ValueError
        If the letters are not one of `all_orientations`.
    """
    if letters not in all_orientations():
        raise ValueError(f"{letters!r} is not an orientation such as RAS or LPS")
    affine = np.zeros((4, 4))
    affine[3, 3] = 1.0
    for column, (letter, size) in enumerate(zip(letters, voxel_size_mm, strict=True)):
        row = next(i for i, side in enumerate(_SIDES) if letter in side)
        affine[row, column] = size if _SIDES[row].index(letter) else -size
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return affine


def shear(affine: Affine) -> float:
    """Largest cosine between two voxel axes: 0 where they are at right angles."""
    columns = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return float(np.abs(columns.T @ columns - np.eye(3)).max())


def obliquity_degrees(affine: Affine) -> float:
    """Largest angle in degrees between a voxel axis and the body axis nearest to it."""
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    nearest = [int(axis) for axis, _ in _axis_codes(affine)]
    cosines = np.abs(directions[nearest, range(3)])
    return float(np.degrees(np.arccos(np.clip(cosines.min(), 0.0, 1.0))))


def _axis_codes(affine: Affine) -> NDArray[Any]:
    """Body axis (0 left–right, 1 back–front, 2 down–up) and direction (1 or −1) of each voxel axis.

    Around 45° two answers are equally good. Which one it is must not hang on the last digits of the affine:
    a scan and its label map, which another program wrote with fewer digits, would get different axes.
    """
    linear = np.asarray(affine, dtype=np.float64)[:3, :3]
    directions = linear / np.where((lengths := np.linalg.norm(linear, axis=0)) > 0, lengths, 1.0)
    if not np.isfinite(directions).all() or np.linalg.matrix_rank(directions, tol=_SINGULAR) < 3:
        raise ValueError("the affine is singular: an axis of the volume has no direction")
    left, _, right = np.linalg.svd(directions)
    rotation = left @ right  # the axes at right angles that are nearest to a sheared volume's
    orders = [np.array(order) for order in permutations(range(3))]
    signs = [np.where(rotation[order, range(3)] < 0, -1.0, 1.0) for order in orders]
    # Each order's axes as they lie in space: the choice must not hang on how the file numbers them either.
    moved = [(rotation * sign)[:, np.argsort(order)] for order, sign in zip(orders, signs, strict=True)]
    fits = np.array([np.trace(axes) for axes in moved])
    good = np.flatnonzero(fits > fits.max() - _EQUALLY_GOOD)
    best = max(good, key=lambda index: float((moved[index] * _PREFERRED).sum()))
    return np.column_stack([orders[best], signs[best]])
