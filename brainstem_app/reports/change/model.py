"""Data model of ``change.json``, the report on several scans of one person."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from brainstem_app.reports.engine.entry import Entry, ReportEntry
from brainstem_app.reports.scan.model import AtlasEntry, FindingEntry, ModelEntry

#: Unit of a change.
A_YEAR = "% a year"
CHANGE_LIMITS = (
    "A change is measured as far as the scans show it: the bend is smooth, so that of a nucleus that shrinks "
    "alone a part goes unseen, and a nucleus without a border of its own follows what is around it (†). The "
    "standard error says how much two scans of somebody who has not changed differ; it knows nothing of "
    "another scanner, another protocol, another way of stripping the skull or contrast agent, which by "
    "themselves make changes of this size, nor of swelling, thirst or the hour of the day. Two scans a few "
    "weeks apart say little: their error a year is large. Whether a change is normal for the age is not said "
    "here. For research only; not for diagnosis, prognosis or the judgement of a treatment."
)


class ChangeEntry(Entry):
    """Change of one nucleus or region.

    `volumes_mm3` has one number a scan, in the order of the report's scans; null in all of a structure that
    was not measured, of which `why_not` says why. `percent_a_year` is the slope of the line through the
    volumes by their mean, `error` its standard error, from the method's repeatability or from the scatter
    about the line (`error_source`), and `low` and `high` are the ends of its 95 % interval. `compared` is the
    part of the structure, 0…1, where the scans could be compared. `slope` is the part of a true change that
    is measured, where the structure was shrunk alone in test scans; null where that is not known.
    """

    name: str
    full_name: str
    kind: Literal["region", "nucleus"]
    reliability: str = ""
    change_seen: bool | None = None
    volumes_mm3: tuple[float | None, ...]
    percent_a_year: float | None = None
    error: float | None = None
    error_source: Literal["", "repeatability", "fit"] = ""
    low: float | None = None
    high: float | None = None
    cv_percent: float | None = None
    slope: float | None = None
    compared: float
    why_not: str = ""

    unit: ClassVar[str] = "mm³"

    @property
    def is_change(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


class ChangeScan(Entry):
    """One of the scans: its session, file, hash, date (null if it is not known), years since the first."""

    session: str
    file: str
    sha256: str | None
    day: str | None
    years: float


class ChangeReport(ReportEntry):
    """Content of ``change.json``.

    `likeness` is the least correlation of the brains of two of the scans, one laid on the other.
    `repeatability` says where the standard errors of two scans come from. Regions stand from top to bottom,
    the whole brainstem first.
    """

    schema_name: Annotated[Literal["brainstem-change/1"], Field(alias="schema")] = "brainstem-change/1"
    created: str
    subject: str
    dataset: str | None
    dataset_id: str | None
    scans: tuple[ChangeScan, ...]
    model: ModelEntry
    atlas: AtlasEntry
    program: str
    method: str
    likeness: float
    repeatability: str
    regions: tuple[ChangeEntry, ...]
    nuclei: tuple[ChangeEntry, ...]
    warnings: tuple[FindingEntry, ...]
    command: str
    methods: str
    limits: str

    @property
    def measured(self) -> tuple[ChangeEntry, ...]:
        """Regions and nuclei."""
        return (*self.regions, *self.nuclei)

    @property
    def span_years(self) -> float:
        """Years between the first and the last scan."""
        return max(scan.years for scan in self.scans) - min(scan.years for scan in self.scans)
