"""Columns of a report's tables: declared once, shown on the page, on paper and in the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, TypeVar

from brainstem_app.reports.engine import formatting
from brainstem_app.reports.engine.entry import Estimate

Row = TypeVar("Row")
#: How a cell stands out: in bold, in the colour of what is good or bad or of little weight, or as a grade.
Mark = Literal["", "strong", "good", "bad", "faint", "A", "B", "C"]


@dataclass(frozen=True)
class IntervalPlot:
    """A number with its interval on a line from `low` to `high`, drawn in a cell on the page.

    Attributes
    ----------
    value, interval : float or None, tuple of float or None
        What is drawn; ends beyond the line are cut off.
    ends : tuple of float
        Of the line; a second line stands in the middle where they lie on both sides of 0.
    ticks : tuple of (float, str)
        Other numbers on the line and their colours.
    """

    value: float | None
    interval: tuple[float, float] | None
    ends: tuple[float, float] = (0.0, 1.0)
    ticks: tuple[tuple[float, str], ...] = ()

    #: Left and right end of the line in the drawing.
    LEFT, RIGHT = 4.0, 204.0

    def place(self, value: float) -> float:
        """Horizontal place of a number in the drawing."""
        low, high = self.ends
        share = (min(max(value, low), high) - low) / (high - low)
        return round(self.LEFT + (self.RIGHT - self.LEFT) * share, 2)

    @property
    def text(self) -> str:
        """Number and interval in words."""
        if self.value is None:
            return ""
        ends = "" if self.interval is None else f" [{self.interval[0]:.2f}, {self.interval[1]:.2f}]"
        return f"{self.value:.2f}{ends}"

    @property
    def is_inside(self) -> bool:
        """Whether the number lies on the line."""
        return self.value is not None and self.ends[0] <= self.value <= self.ends[1]


@dataclass(frozen=True)
class Cell:
    """What one cell shows.

    Attributes
    ----------
    text : str
        The number or word.
    beside, below : str
        With less weight: an interval behind it, more words under it; these are left out on paper.
    swatch : str
        Colour ``#rrggbb`` of a square before it; empty for none.
    mark : Mark
        How it stands out.
    bar, shade : float or None
        Length of a bar before it, strength of its background's colour, each 0…1.
    plot : IntervalPlot or None
        Drawn in its place.
    png : bytes
        Picture in its place on the page, of which the text says what it shows; empty for none.
    number : float or None
        By which a table is sorted; None for its text.
    """

    text: str = ""
    beside: str = ""
    below: str = ""
    swatch: str = ""
    mark: Mark = ""
    bar: float | None = None
    shade: float | None = None
    plot: IntervalPlot | None = None
    png: bytes = b""
    number: float | None = None

    @property
    def line(self) -> str:
        """All of it but what stands below, for paper; neither a number nor an interval is broken."""
        unbroken = self.beside.replace(" ", "\N{NO-BREAK SPACE}")
        both = f"{self.text} {unbroken}" if unbroken else self.text
        return both.replace("\N{THIN SPACE}", "\N{NARROW NO-BREAK SPACE}")


def _no_mark(_row: Any) -> Mark:
    return ""


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column of a table.

    Attributes
    ----------
    title, unit : str
        Head of the column, and what stands small under it.
    value : callable
        What a row has there: a number, a word or a `Cell`.
    format : callable
        How a value is written.
    mark : callable
        How the cell of a row stands out.
    align : {"right", "centre", "words"}
        Words stand on the left and are broken over lines; so are those of the first column.
    where : {"everywhere", "screen", "paper", "files"}
        Where there is room for it: "screen" are the page and the window, "files" the page and paper.
    swatch : str
        Colour ``#rrggbb`` of a square before the title, of what is drawn in it elsewhere; empty for none.
    """

    title: str
    value: Callable[[Row], Any]
    unit: str = ""
    format: Callable[[Any], str | Cell] = str
    mark: Callable[[Row], Mark] = _no_mark
    align: Literal["right", "centre", "words"] = "right"
    where: Literal["everywhere", "screen", "paper", "files"] = "everywhere"
    swatch: str = ""

    def cell(self, row: Row) -> Cell:
        """Cell of a row."""
        value = self.value(row)
        shown = value if isinstance(value, Cell) else self.format(value)
        cell = shown if isinstance(shown, Cell) else Cell(shown)
        if cell.number is None:
            drawn = None if cell.plot is None else cell.plot.value
            cell = replace(cell, number=value if isinstance(value, int | float) else drawn)
        mark = self.mark(row)
        return replace(cell, mark=mark) if mark else cell


def between(
    value: float | None, low: float | None, high: float | None, write: Callable[[float | None], str]
) -> Cell:
    """Cell of a number with its interval, where both ends are known."""
    if low is None or high is None:
        return Cell(write(value), number=value)
    return Cell(write(value), beside=f"[{write(low)}, {write(high)}]", number=value)


def estimated(estimate: Estimate | None, write: Callable[[float | None], str]) -> Cell:
    """Cell of an estimate with its interval; a dash without one."""
    if estimate is None:
        return Cell(formatting.MISSING)
    return between(estimate.value, estimate.low, estimate.high, write)


def ratio3(value: float | None) -> str:
    """Write a mean of many ratios."""
    return formatting.ratio(value, 3)


def distance(value: float | None) -> str:
    """Write a distance of surfaces, mm."""
    return formatting.length(value, 2)


def signed1(value: float | None) -> str:
    """Write a difference of volumes."""
    return formatting.signed(value, 1)


def grade(reliability: str) -> Cell:
    """Cell of a grade of reliability; empty for none."""
    marks: dict[str, Mark] = {"A": "A", "B": "B", "C": "C"}
    return Cell(reliability, mark=marks.get(reliability, ""))


def count(number: int, text: str = "") -> Cell:
    """Cell of a number of what should be none: in the colour of bad unless it is 0."""
    return Cell(text or str(number), mark="bad" if number else "faint")


def below_five(p: float | None) -> Mark:
    """Mark of a p-value below 0.05."""
    return "strong" if p is not None and p < 0.05 else ""
