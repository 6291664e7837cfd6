"""What the report on volumes of many people holds: the data model of ``cohort.json``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


class VolumeEffect(_Entry):
    """Volume of one nucleus in a group minus the reference group; see `GroupEffect` for the numbers.

    The means are of the volumes as they are, mm³; `difference_mm3` is adjusted. `p_holm` is corrected over
    all nuclei and all comparisons. `not_found` counts the group's subjects with a volume of 0.
    """

    name: str
    full_name: str
    reliability: str
    mean_mm3: float
    reference_mean_mm3: float
    difference_mm3: float
    low_mm3: float | None
    high_mm3: float | None
    t: float | None
    d: float | None
    d_low: float | None
    d_high: float | None
    p: float | None
    p_holm: float | None = None
    not_found: int
    reference_not_found: int


class GroupComparison(_Entry):
    """One group against the reference group, nucleus by nucleus."""

    group: str
    n: int
    reference_n: int
    degrees: int
    nuclei: tuple[VolumeEffect, ...]


class VolumeSubject(_Entry):
    """One subject: volumes by structure, and z-scores by nucleus (empty if it is in no model)."""

    subject: str
    file: str
    group: str | None
    covariates: dict[str, str]
    volume_mm3: dict[str, float]
    z: dict[str, float | None]


class VolumesReport(_Entry):
    """Content of ``cohort.json``. Without groups `reference` is null, and z-scores are against all others.

    `methods` is empty in files of older versions.
    """

    schema_name: Annotated[Literal["brainstem-cohort/1"], Field(alias="schema")] = "brainstem-cohort/1"
    created: str
    atlas: str
    models: tuple[str, ...]
    group: str | None
    reference: str | None
    covariates: tuple[str, ...]
    comparisons: tuple[GroupComparison, ...]
    subjects: tuple[VolumeSubject, ...]
    notes: tuple[str, ...]
    command: str
    limits: str
    methods: str = ""

    def to_json(self) -> str:
        """JSON text; never NaN."""
        return self.model_dump_json(by_alias=True, indent=1) + "\n"
