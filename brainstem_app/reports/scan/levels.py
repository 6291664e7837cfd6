"""Axial slices of the pictures: no two levels of one picture are the same slice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Share of the labels' height, from below, at which the axial pictures are taken.
AXIAL_LEVELS = {"Midbrain": 0.83, "Pons": 0.55, "Medulla": 0.22}
#: Slices nearer to each other than this show the same.
_APART_MM = 2.0


def distinct_levels(
    wanted: Sequence[float], extent: tuple[int, int], n_slices: int, slice_mm: float = 1.0
) -> list[int | None]:
    """Slices nearest to those wanted, each 2 mm from the others, or next to them where there is no room.

    Parameters
    ----------
    wanted : sequence of float
        Where the slices should be; the first is served first.
    extent : tuple of int
        First and last slice that hold labels; those around them are taken only when no other is left.
    n_slices : int
        How many slices there are.
    slice_mm : float
        From one slice to the next.

    Returns
    -------
    list of int or None
        A slice of each that is wanted; None where there are not as many slices.
    """
    apart = max(1, round(_APART_MM / slice_mm))
    low, high = extent
    choices = ((range(low, high + 1), apart), (range(low, high + 1), 1), (range(n_slices), 1))
    taken: list[int] = []
    found: list[int | None] = []
    for place in wanted:
        free = next(
            (
                left
                for slices, distance in choices
                if (left := [z for z in slices if all(abs(z - other) >= distance for other in taken)])
            ),
            None,
        )
        level = None if free is None else min(free, key=lambda z: (abs(z - round(place)), z))
        found.append(level)
        taken += [] if level is None else [level]
    return found


def levels_of(nuclei: NDArray[np.bool_]) -> dict[str, int]:
    """Slices through midbrain, pons and medulla of nuclei (X, Y, Z), by the extent of these."""
    filled = np.flatnonzero(nuclei.any(axis=(0, 1)))
    low, high = (int(filled[0]), int(filled[-1])) if filled.size else (0, nuclei.shape[2] - 1)
    wanted = [low + share * (high - low) for share in AXIAL_LEVELS.values()]
    levels = distinct_levels(wanted, (low, high), nuclei.shape[2])
    return {name: z for name, z in zip(AXIAL_LEVELS, levels, strict=True) if z is not None}
