"""How sure a model usually is of each nucleus, and from where on its confidence is unusually low.

Of some nuclei a model is never sure: they are small, or nothing in the scan shows them. A low confidence says
something of one scan only where the same nucleus is clearer in others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

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


def often_low(nuclei: Mapping[str, UsualConfidence], limit: float) -> list[str]:
    """Names of the nuclei whose confidence is below a limit in about one person in six, or in more."""
    return [name for name, usual in nuclei.items() if usual.median - usual.spread < limit]
