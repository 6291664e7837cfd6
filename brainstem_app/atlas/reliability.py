"""Grade A, B or C: how far a nucleus can be trusted.

Of a model whose volumes were tested on known changes, from what it can detect (`Detectability`):

- **A**: in one person, a change of 5 % or less can be told from chance;
- **B**: a change of 10 % or less, or of 5 % where the atlas itself grades the nucleus C;
- **C**: only larger changes; or none: see `Detectability.is_seen`.

Of an atlas, and of models that were not tested so, from size against the error of registration. A mask is
shifted by 1 mm, the error that a good registration leaves, along each of the six directions of the axes, and
compared with itself: the mean Dice is what a perfect label would score after such an error. It falls with the
nucleus' size and compactness alone.

- **A**: expected Dice at least 0.80, and the source outlined the nucleus on images or sections;
- **B**: expected Dice at least 0.65, and likewise outlined;
- **C**: smaller or thinner than that, or drawn (a sphere or a hand drawing around published coordinates),
  whatever its size.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

Grade = Literal["A", "B", "C"]
LEAST_DICE_A = 0.80
LEAST_DICE_B = 0.65
#: Largest values of the smallest change of one person that can be detected, %, of grades A and B.
MOST_CHANGE_A, MOST_CHANGE_B = 5.0, 10.0
#: A nucleus is seen if so much of a change of it alone is measured, and a change of so many % detected.
LEAST_SLOPE, MOST_CHANGE_SEEN = 0.5, 20.0


class Detectability(BaseModel):
    """What a model can detect of a nucleus, measured by shrinking it, and nothing else, in real heads.

    Attributes
    ----------
    cv_percent : float
        Within-subject coefficient of variation of its volume over repeated scans.
    slope : float
        Measured over true change.
    smallest_change_percent : float or None
        Smallest change of one person that two scans tell from chance, 1.96·√2·CV / slope; None if no change
        is measured at all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    cv_percent: Annotated[float, Field(ge=0)]
    slope: float
    smallest_change_percent: Annotated[float | None, Field(ge=0)]

    @property
    def is_seen(self) -> bool:
        """Whether the model can see the nucleus change.

        Not if less than half of a change is measured, or if even 20 % can't be told from chance: its volume
        then follows what is around it.
        """
        change = self.smallest_change_percent
        return self.slope >= LEAST_SLOPE and change is not None and change <= MOST_CHANGE_SEEN

    def grade(self, by_shape: str) -> Grade:
        """Grade by the rule above; `by_shape` is the atlas's own."""
        change = self.smallest_change_percent
        if not self.is_seen or change is None or change > MOST_CHANGE_B:
            return "C"
        return "A" if change <= MOST_CHANGE_A and by_shape != "C" else "B"


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
