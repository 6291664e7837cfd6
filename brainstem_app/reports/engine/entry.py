"""Parts that the data models of several reports share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from brainstem_app.errors import InputError
from brainstem_app.small_files import read_small

if TYPE_CHECKING:
    from brainstem_app.evaluation.bootstrap import Interval

#: Of numbers in files.
DECIMALS = 6


def rounded(value: float | None, decimals: int = DECIMALS) -> float | None:
    """Round a number for a file; None of one that is not finite."""
    return None if value is None or not math.isfinite(value) else round(float(value), decimals)


class Entry(BaseModel):
    """A part of a report: cannot be changed, has no unknown field and no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


class Estimate(Entry):
    """A number with its 95 % bootstrap interval over subjects (null for fewer than two subjects)."""

    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, value: float | None, interval: Interval | None) -> Estimate:
        """Estimate of a number and its interval, rounded for a file."""
        ends = (interval.low, interval.high) if interval else (None, None)
        return cls(value=rounded(value), low=rounded(ends[0]), high=rounded(ends[1]))


class ReportEntry(Entry):
    """A whole report: what is written as JSON."""

    @classmethod
    def read(cls, path: Path, what: str, fix: str) -> Self:
        """Read one back; InputError, with `what` and `fix`, if the file cannot be read or is none."""
        try:
            return cls.model_validate_json(read_small(path))
        except (OSError, ValidationError) as error:
            raise InputError(what, path, fix) from error

    def to_json(self) -> str:
        """JSON text with the names of the interface; never NaN."""
        return self.model_dump_json(by_alias=True, indent=1) + "\n"
