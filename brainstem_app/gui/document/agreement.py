"""Agreement of two label maps: Dice of each structure, and where they differ."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainstem_app.evaluation.confusion import confusion_counts, dice_per_class
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.slices import Corners, Voxel


@dataclass(frozen=True)
class Agreement:
    """Comparison of two label maps.

    Attributes
    ----------
    dice : dict of int to float
        Dice of each label that the reference holds.
    mean_dice : float or None
        Mean over the nuclei that the reference holds.
    differing : int
        Voxels that differ in a nucleus.
    """

    dice: dict[int, float]
    mean_dice: float | None
    differing: int


def compare(
    labels: NDArray[np.uint8],
    reference: NDArray[np.uint8],
    box: Corners | None,
    n_classes: int,
    nuclei: Collection[int],
) -> Agreement:
    """Compare two label maps (Z, Y, X) within a box that holds all their labels."""
    if box is None:
        return Agreement({}, None, 0)
    ours, theirs = labels[_slices(box)], reference[_slices(box)]
    values = dice_per_class(confusion_counts(theirs, ours, n_classes))
    dice = {label: float(value) for label, value in enumerate(values) if label and not np.isnan(value)}
    scored = [dice[label] for label in nuclei if label in dice]
    mean = float(np.mean(scored)) if scored else None
    return Agreement(dice, mean, int(_differing(ours, theirs, nuclei).sum()))


def next_difference(
    labels: NDArray[np.uint8],
    reference: NDArray[np.uint8],
    box: Corners | None,
    shown: Collection[int],
    plane: Plane,
    after: int,
) -> Voxel | None:
    """Find the next slice above ``after`` where a label of ``shown`` differs, going round at the end.

    Returns
    -------
    tuple of int or None
        A differing voxel (x, y, z) in the middle of those of that slice; None if nothing differs.
    """
    if box is None:
        return None
    differs = _differing(labels[_slices(box)], reference[_slices(box)], shown)
    axis = 2 - plane.normal
    others = tuple(i for i in range(3) if i != axis)
    found = np.flatnonzero(differs.any(axis=others)) + box[0][plane.normal]
    if found.size == 0:
        return None
    above = found[found > after]
    index = int(above[0] if above.size else found[0])
    places = np.argwhere(np.take(differs, [index - box[0][plane.normal]], axis=axis))
    z, y, x = places[((places - places.mean(axis=0)) ** 2).sum(axis=1).argmin()]
    voxel = [int(i) + low for i, low in zip((x, y, z), box[0], strict=True)]
    voxel[plane.normal] = index
    return voxel[0], voxel[1], voxel[2]


def _differing(
    ours: NDArray[np.uint8], theirs: NDArray[np.uint8], shown: Collection[int]
) -> NDArray[np.bool_]:
    counts = np.zeros(256, dtype=bool)
    counts[list(shown)] = True
    differing: NDArray[np.bool_] = (ours != theirs) & (counts[ours] | counts[theirs])
    return differing


def _slices(box: Corners) -> tuple[slice, slice, slice]:
    (x0, y0, z0), (x1, y1, z1) = box
    return slice(z0, z1 + 1), slice(y0, y1 + 1), slice(x0, x1 + 1)
