"""Shape-based interpolation between outlined slices.

The outline of a slice is the zero of its signed distance; distances of two slices are mixed (Raya and Udupa,
IEEE Trans Med Imaging 9, 1990), with both shapes moved to the centre between theirs, so that a nucleus that
runs obliquely through the slices is followed too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def gaps_to_fill(drawn: Sequence[int], present: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs of slices between which a nucleus is to be made.

    Between neighbours of those that were drawn on everything is made anew; besides, the gaps between slices
    that hold it are filled.

    Parameters
    ----------
    drawn : sequence of int
        Slices that were drawn on.
    present : sequence of int
        Slices that hold the nucleus.
    """
    held = sorted(set(present))
    keys = [index for index in sorted(set(drawn)) if index in set(held)]
    pairs = [(a, b) for a, b in pairwise(keys) if b - a > 1]
    gaps = [(a, b) for a, b in pairwise(held) if b - a > 1]
    pairs += [(a, b) for a, b in gaps if not any(low <= a and b <= high for low, high in pairs)]
    return sorted(pairs)


def slices_between(first: Mask, last: Mask, count: int, voxel_mm: tuple[float, float]) -> Iterator[Mask]:
    """Shapes of the slices between two outlined ones.

    Parameters
    ----------
    first, last : ndarray of bool, shape (V, H)
        The nucleus on the two slices; each holds some of it.
    count : int
        How many slices lie between them.
    voxel_mm : tuple of float
        Height and width of a pixel.

    Yields
    ------
    ndarray of bool, shape (V, H)
        In the order from `first` to `last`, none of them empty.
    """
    rows, columns = (np.flatnonzero((first | last).any(axis=axis)) for axis in (1, 0))
    inside = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    # Distances have to hold as far as a shape is wide from where the other is moved to.
    room = max(inside[0].stop - inside[0].start, inside[1].stop - inside[1].start)
    shapes = [np.pad(mask[inside], room) for mask in (first, last)]
    distances = [_signed_distance(shape, voxel_mm) for shape in shapes]
    centres = [np.argwhere(shape).mean(axis=0) for shape in shapes]
    for number in range(1, count + 1):
        share = number / (count + 1)
        between = np.zeros_like(first)
        between[inside] = _positive(_mixed(distances, centres, share)[room:-room, room:-room])
        yield between


def _mixed(
    distances: Sequence[NDArray[np.float64]], centres: Sequence[NDArray[np.float64]], share: float
) -> NDArray[np.float64]:
    from scipy.ndimage import shift

    shares = (1 - share, share)
    centre = sum(weight * place for weight, place in zip(shares, centres, strict=True))
    total = np.zeros_like(distances[0])
    for weight, distance, place in zip(shares, distances, centres, strict=True):
        total += weight * shift(distance, centre - place, order=1, mode="nearest")
    return total


def _positive(distance: NDArray[np.float64]) -> Mask:
    """Pixels inside; the innermost where there is none, for shapes of a voxel must not leave nothing."""
    inside: Mask = distance > 0
    if not inside.any():
        inside[np.unravel_index(int(distance.argmax()), distance.shape)] = True
    return inside


def _signed_distance(mask: Mask, voxel_mm: tuple[float, float]) -> NDArray[np.float64]:
    """Distance to the outline in mm, positive inside."""
    from scipy.ndimage import distance_transform_edt

    inside = distance_transform_edt(mask, sampling=voxel_mm)
    outside = distance_transform_edt(~mask, sampling=voxel_mm)
    # Both count to the centre of the pixel beyond; the outline runs half a pixel before it.
    half = min(voxel_mm) / 2
    distance: NDArray[np.float64] = np.where(mask, inside - half, half - outside)
    return distance
