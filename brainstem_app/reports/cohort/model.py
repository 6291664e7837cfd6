"""Data model of ``cohort.json``, the report on volumes of many people."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from brainstem_app.reports.engine.entry import Entry, ReportEntry


class VolumeEffect(Entry):
    """Volume of a nucleus or region in a group minus the reference group; see `GroupEffect` for the numbers.

    The means are of the volumes as they are, mm³; `difference_mm3` is adjusted. Of an area on the midsagittal
    plane and of a ratio they are in its `unit`, whatever their names say. `p_holm` is corrected over all
    nuclei and all comparisons, that of a region or area over all regions or areas and comparisons. `n` and
    `reference_n` count those in whom it was found whole, over whom all of it is taken, and `not_found` and
    `reference_not_found` the others; null where too few are left. `change_seen` says whether the model can
    see the nucleus change (`StructureEntry`).
    """

    name: str
    full_name: str
    reliability: str
    unit: str = "mm³"
    n: int | None = None
    reference_n: int | None = None
    mean_mm3: float | None
    reference_mean_mm3: float | None
    difference_mm3: float | None
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
    smallest_change_percent: float | None = None
    change_seen: bool | None = None


class GroupComparison(Entry):
    """One group against the reference group: regions, areas on the midsagittal plane, nuclei.

    There are no regions or areas in files of older versions, nor where a result has none.
    """

    group: str
    n: int
    reference_n: int
    degrees: int
    regions: tuple[VolumeEffect, ...] = ()
    areas: tuple[VolumeEffect, ...] = ()
    nuclei: tuple[VolumeEffect, ...]

    @property
    def effects(self) -> tuple[VolumeEffect, ...]:
        """All of them, the largest parts first."""
        return (*self.regions, *self.areas, *self.nuclei)


class VolumeSubject(Entry):
    """One subject: volumes by region and structure, z-scores by region and nucleus (empty if in no model).

    The volume of a structure that was not found is null. Areas on the midsagittal plane and their ratio stand
    beside them, under names that end with their unit (``_mm2``, ``_percent``). `dataset` and `session` are
    null where they are not known, and so are the volumes of the brain and inside the skull; `in_model` says
    whether the subject is in the models.
    """

    subject: str
    dataset: str | None = None
    session: str | None = None
    in_model: bool = True
    file: str
    group: str | None
    covariates: dict[str, str]
    brain_ml: float | None = None
    intracranial_ml: float | None = None
    volume_mm3: dict[str, float | None]
    z: dict[str, float | None]


class CohortReport(ReportEntry):
    """Content of ``cohort.json``. Without groups `reference` is null, and z-scores are against all others.

    `without_row` names the people of the results that the table of participants lacks, `without_result` those
    of the table that the results lack; both are null without a table. `methods` is empty in files of older
    versions.
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
    without_row: tuple[str, ...] | None = None
    without_result: tuple[str, ...] | None = None
    notes: tuple[str, ...]
    command: str
    limits: str
    methods: str = ""

    @property
    def modelled(self) -> tuple[VolumeSubject, ...]:
        """Subjects that are in the models."""
        return tuple(subject for subject in self.subjects if subject.in_model)
