"""Data model of ``retest.json``, the report on repeated scans."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from brainstem_app.reports.engine.entry import Entry, ReportEntry


class RetestEntry(Entry):
    """How well the volume of one structure repeats itself; see `Repeatability` for each number.

    Volumes are in mm³ (areas on the midsagittal plane and their ratio in their `unit`) and differences are
    second minus first. `within_cv` and `absolute_change` are shares:
    0.05 is 5 %. `n` counts the subjects in whom it was found twice, over whom all of it is taken;
    `not_found_first` and `not_found_second` those in whom it was not. Null where it cannot be said.
    `change_seen` says whether the model can see the nucleus change (`StructureEntry`).
    """

    name: str
    full_name: str = ""
    reliability: str = ""
    unit: str = "mm³"
    change_seen: bool | None = None
    n: int
    first_mm3: float | None = None
    second_mm3: float | None = None
    bias_mm3: float | None = None
    bias_low_mm3: float | None = None
    bias_high_mm3: float | None = None
    sd_mm3: float | None = None
    limit_low_mm3: float | None = None
    limit_high_mm3: float | None = None
    within_sd_mm3: float | None = None
    within_cv: float | None = None
    repeatability_mm3: float | None = None
    absolute_change: float | None = None
    icc_agreement: float | None = None
    icc_agreement_low: float | None = None
    icc_agreement_high: float | None = None
    icc_consistency: float | None = None
    icc_consistency_low: float | None = None
    icc_consistency_high: float | None = None
    not_found_first: int
    not_found_second: int


class RetestSubject(Entry):
    """Both volumes of each region and structure of one subject, mm³; null where it was not found.

    Areas on the midsagittal plane and their ratio have names that end with their unit.
    """

    subject: str
    first_file: str
    second_file: str
    first_mm3: dict[str, float | None]
    second_mm3: dict[str, float | None]


class RetestReport(ReportEntry):
    """Content of ``retest.json``. `totals` are of all nuclei together, and of all labels.

    There are no `regions` or `areas` (on the midsagittal plane) in files of older versions, nor where a
    result has none.
    """

    schema_name: Annotated[Literal["brainstem-retest/1"], Field(alias="schema")] = "brainstem-retest/1"
    created: str
    atlas: str
    model: str | None
    regions: tuple[RetestEntry, ...] = ()
    areas: tuple[RetestEntry, ...] = ()
    nuclei: tuple[RetestEntry, ...]
    totals: tuple[RetestEntry, ...]
    subjects: tuple[RetestSubject, ...]
    notes: tuple[str, ...]
    command: str
    limits: str

    @property
    def measured(self) -> tuple[RetestEntry, ...]:
        """Regions, areas and nuclei."""
        return (*self.regions, *self.areas, *self.nuclei)
