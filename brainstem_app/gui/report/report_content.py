"""What a report says, as text and one table: its parts, whatever the report is of."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from brainstem_app.gui.report.report_entries import ReportEntry


@dataclass(frozen=True)
class Effect:
    """A difference with its interval, to be drawn on a scale from −`reach` to `reach`."""

    value: float
    low: float
    high: float
    reach: float


class OneDigit(float):
    """A number that is written with one digit behind the point."""


class Rounded(OneDigit):
    """A number that is written with as many digits behind the point as it is worth.

    Attributes
    ----------
    decimals : int
    """

    decimals: int

    def __new__(cls, value: float, decimals: int) -> Rounded:
        """Make the number."""
        made = super().__new__(cls, value)
        made.decimals = decimals
        return made


class Measured(OneDigit):
    """A number that is written with its own unit, since the heading names that of the other rows.

    Attributes
    ----------
    unit : str
        Such as ``mm²``.
    """

    unit: str

    def __new__(cls, value: float, unit: str) -> Measured:
        """Make the number."""
        made = super().__new__(cls, value)
        made.unit = unit
        return made


class Named(str):
    """A short name.

    Attributes
    ----------
    full : str
        What it stands for.
    """

    full: str

    def __new__(cls, name: str, full: str) -> Named:
        """Make the name."""
        made = super().__new__(cls, name)
        made.full = full
        return made


class NotSeen(str):
    """Words in the place of a number: they stand as numbers do, and are sorted behind all of them."""


Cell = str | float | Effect | None


@dataclass(frozen=True)
class ContentTable:
    """One table of a report that has several: what it is called, its headings and rows."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class ReportContent:
    """A report as the window shows it.

    Attributes
    ----------
    lines : tuple of (str, str)
        What stands above the table: what, value.
    headers : tuple of str
        Of the table.
    rows : tuple of tuple
        Text or number by column; None where there is none.
    notes : str
        What the reader must know.
    volumes : dict of str to dict of str to tuple of float
        For each nucleus the volumes (mm³) of the people of each group, or of both scans, to be drawn.
    pictures : tuple of Path
        Of the labels on the scan, and of its midsagittal plane.
    title : str
        What the table is called, where there are more.
    more : tuple of ContentTable
        Other tables.
    """

    entry: ReportEntry
    lines: tuple[tuple[str, str], ...] = ()
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    notes: str = ""
    volumes: dict[str, dict[str, tuple[float, ...]]] = field(default_factory=dict)
    pictures: tuple[Path, ...] = ()
    title: str = ""
    more: tuple[ContentTable, ...] = ()

    @property
    def tables(self) -> tuple[ContentTable, ...]:
        """All tables, the first that of the report itself."""
        return (ContentTable(self.title, self.headers, self.rows), *self.more)
