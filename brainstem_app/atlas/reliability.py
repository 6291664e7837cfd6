"""Grade A, B or C: how far a nucleus can be trusted, from its size against the error of registration.

The rule. A mask is shifted by 1 mm, the error that a good registration leaves, along each of the six
directions of the axes, and compared with itself: the mean Dice is what a perfect label would score after such
an error. It falls with the nucleus' size and compactness alone.

- **A**: expected Dice at least 0.80, and the source outlined the nucleus on images or sections;
- **B**: expected Dice at least 0.65, and likewise outlined;
- **C**: smaller or thinner than that, or drawn (a sphere or a hand drawing around published coordinates),
  whatever its size.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Grade = Literal["A", "B", "C"]
LEAST_DICE_A = 0.80
LEAST_DICE_B = 0.65


def dice_after_shift(mask: NDArray[Any], voxels: int = 1) -> float:
    """Mean Dice of a mask with itself shifted by that many voxels, over the six axis directions.

    Parameters
    ----------
    mask : ndarray of bool, shape (X, Y, Z)
        Not empty.
    voxels : int, default=1
        On the ``mni`` grid: millimetres.

    Returns
    -------
    float
        0…1.
    """
    padded = np.pad(mask, voxels)
    overlap = [
        np.count_nonzero(padded & np.roll(padded, way * voxels, axis=axis))
        for axis in range(3)
        for way in (1, -1)
    ]
    return float(np.mean(overlap)) / np.count_nonzero(mask)


def grade(mask: NDArray[Any], *, drawn: bool) -> Grade:
    """Grade of a nucleus by the rule above."""
    dice = dice_after_shift(mask)
    if drawn or dice < LEAST_DICE_B:
        return "C"
    return "A" if dice >= LEAST_DICE_A else "B"
