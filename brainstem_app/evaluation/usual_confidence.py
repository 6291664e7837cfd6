"""How sure a model usually is of each nucleus, and from where on its confidence is unusually low.

Of some nuclei a model is never sure: they are small, or nothing in the scan shows them. A low confidence says
something of one scan only where the same nucleus is clearer in others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from brainstem_app.evaluation.robust import middle_and_spread

#: From so many standard deviations on a result is called unusual.
FAR_Z = 3.5
#: A confidence that lies less below the others' is as they are, however alike those are.
LEAST_DROP = 0.1


def lowest_usual(median: float, spread: float) -> float:
    """Lower end of the usual range: `FAR_Z` standard deviations below the median, or `LEAST_DROP` if more."""
    return median - max(FAR_Z * spread, LEAST_DROP)


class UsualConfidence(BaseModel):
    """Confidence of one nucleus over people.

    Attributes
    ----------
    median : float
    spread : float
        Standard deviation between people.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    median: Annotated[float, Field(ge=0, le=1)]
    spread: Annotated[float, Field(ge=0)]

    @property
    def lowest(self) -> float:
        """Lower end of the usual range."""
        return lowest_usual(self.median, self.spread)


class UsualConfidences(BaseModel):
    """Confidence of the nuclei over people whom the model has not learned from.

    Attributes
    ----------
    measured_on : str
        People, in words.
    subjects : int
        How many.
    nuclei : dict of str to UsualConfidence
        By short name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    measured_on: str
    subjects: Annotated[int, Field(ge=1)]
    nuclei: dict[str, UsualConfidence]


def usual_confidences(people: Sequence[Mapping[str, float]], measured_on: str) -> UsualConfidences | None:
    """Median and spread of each nucleus over people.

    The deviation of half a dozen people is itself hardly known, and now and then by chance far too small:
    none is less than that of the nucleus in the middle.

    Parameters
    ----------
    people : sequence of dict of str to float
        Confidence of each nucleus that a person has, by short name.
    measured_on : str
        Who they are, in words.

    Returns
    -------
    UsualConfidences or None
        Without the nuclei that fewer than `brainstem_app.evaluation.robust.LEAST_GROUP` people have; None if
        none is left.
    """
    names = dict.fromkeys(name for own in people for name in own)
    found = {
        name: middle_and_spread(np.array([own[name] for own in people if name in own])) for name in names
    }
    known = {name: usual for name, usual in found.items() if usual is not None}
    if not known:
        return None
    least = median(spread for _, spread in known.values())
    nuclei = {
        name: UsualConfidence(median=round(middle, 4), spread=round(max(spread, least), 4))
        for name, (middle, spread) in known.items()
    }
    return UsualConfidences(measured_on=measured_on, subjects=len(people), nuclei=nuclei)


def often_low(nuclei: Mapping[str, UsualConfidence], limit: float) -> list[str]:
    """Names of the nuclei whose confidence is below a limit in about one person in six, or in more."""
    return [name for name, usual in nuclei.items() if usual.median - usual.spread < limit]
