"""Parts that the data models of several reports share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Entry(BaseModel):
    """A part of a report: cannot be changed, has no unknown field and no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


class Estimate(Entry):
    """A number with its 95 % bootstrap interval over subjects (null for fewer than two subjects)."""

    value: float | None
    low: float | None
    high: float | None
