"""Data model of ``cohort.json``, the report on volumes of many people."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from brainstem_app.reports.change.model import A_YEAR
from brainstem_app.reports.engine.entry import Entry, ReportEntry
from brainstem_app.reports.scan.midsagittal import unit_of


class VolumeEffect(Entry):
    """Volume of a nucleus or region in a group minus the reference group; see `GroupEffect` for the numbers.

    The means are of the volumes as they are, mm³; of groups that are taken together, the mean of their means,
    as the difference weighs them. `difference_mm3` is adjusted for the covariates. Of an area on the
    midsagittal plane and of a ratio they are in its `unit`, whatever their names say. `p_holm` is corrected
    over all nuclei and all comparisons, that of a region or area over all regions or areas and comparisons;
    `p_fdr` over the same by Benjamini and Hochberg (null in files of older versions). `n` and `reference_n`
    count those in whom it was found whole, over whom all of it is taken (null where too few are left), and
    `not_found` and `reference_not_found` those in whom it was not. Who is in neither was left out for the
    sake of a site, which `notes` tell. `change_seen` says whether the model can
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
    p_fdr: float | None = None
    not_found: int
    reference_not_found: int
    smallest_change_percent: float | None = None
    change_seen: bool | None = None


class GroupComparison(Entry):
    """Groups set against each other: regions, areas on the midsagittal plane, nuclei.

    `group` and `reference` are what both sides are called, `groups` and `reference_groups` the groups of
    each, which have the same weight whatever their size; the difference is the first minus the second. In
    files of older versions `reference` is empty: it was that of the report. There are no regions or areas in
    files of older versions, nor where a result has none.
    """

    group: str
    reference: str = ""
    groups: tuple[str, ...] = ()
    reference_groups: tuple[str, ...] = ()
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


class SavedReference(Entry):
    """Saved reference group that people were set against: its name, file (with hash) and people."""

    name: str
    file: str
    sha256: str
    n: int
    covariates: tuple[str, ...]


class LeftOutPerson(Entry):
    """Somebody who has a result but takes no part, and why; `state` is what was said of the result."""

    subject: str
    dataset: str | None = None
    session: str | None = None
    model: str | None = None
    state: str | None = None
    why: str


class VolumeSubject(Entry):
    """One subject: volumes by region and structure, z-scores by region and nucleus (empty if in no model).

    The volume of a structure that was not found is null. Areas on the midsagittal plane and their ratio stand
    beside them, under names that end with their unit (``_mm2``, ``_percent``). `dataset` and `session` are
    null where they are not known, and so are the volumes of the brain and inside the skull; `in_model` says
    whether the subject is in the models (or, where nothing is compared, whether it could be set against the
    saved reference group), and `why_not` why it is not. `model` and `version` made the result, `state` is
    what people said of it in its study (null outside of one), `corrected` says whether its labels were
    corrected by hand, `warnings` what its report warns of. `site` is the subject's site, and `harmonised`
    holds what was compared, without the differences of sites; both are null or empty where sites were not
    asked for. `centile` says of each `z` what share of the saved reference group's population lies below, in
    per cent; it is empty without one.
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
    model: str | None = None
    version: str | None = None
    state: str | None = None
    corrected: bool = False
    warnings: tuple[str, ...] = ()
    why_not: str | None = None
    site: str | None = None
    harmonised: dict[str, float | None] = Field(default_factory=dict)
    centile: dict[str, float | None] = Field(default_factory=dict)

    def compared(self, name: str) -> float | None:
        """Value of a measure that was compared, without the difference of sites if there are several."""
        return self.harmonised[name] if self.harmonised else self.volume_mm3.get(name)


class CohortReport(ReportEntry):
    """Content of ``cohort.json``. Without groups `reference` is null, and z-scores are against all others.

    `without_row` names the people of the results that the table of participants lacks, `without_result` those
    of the table that the results lack; both are null without a table. `methods` is empty in files of older
    versions. `versions` are those of the program that made the results, `least` the fewest people of a group
    and site. `site` is the column of the sites and `sites` how many people each has (null and empty for one
    site). `against` is the saved reference group that z-scores are against, null for none. `left_out` names
    those who have a result and take no part. With `of_changes` all of it is of changes over time in per cent
    a year, where names say volume and mm³ too.
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
    versions: tuple[str, ...] = ()
    least: int | None = None
    site: str | None = None
    sites: dict[str, int] = Field(default_factory=dict)
    against: SavedReference | None = None
    left_out: tuple[LeftOutPerson, ...] = ()
    of_changes: bool = False

    @property
    def measured(self) -> str:
        """What is compared, in a word."""
        return "change" if self.of_changes else "volume"

    def unit_of(self, name: str) -> str:
        """Say what a measure is in."""
        return A_YEAR if self.of_changes else unit_of(name)

    @property
    def modelled(self) -> tuple[VolumeSubject, ...]:
        """Subjects that are in the models."""
        return tuple(subject for subject in self.subjects if subject.in_model)

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups of those who are in the models, the reference first; none without groups."""
        if self.group is None:
            return ()
        own = sorted({subject.group for subject in self.modelled if subject.group is not None})
        compared = [group for c in self.comparisons for group in (c.groups or (c.group,))]
        ordered = dict.fromkeys([self.reference, *compared, *own])
        return tuple(group for group in ordered if group in own)

    def size_of(self, group: str) -> int:
        """How many people of a group are in the models."""
        return sum(subject.group == group for subject in self.modelled)
