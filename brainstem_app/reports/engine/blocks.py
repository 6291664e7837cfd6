"""Blocks of a report: what it says, in the order in which it says it, whoever shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from brainstem_app import __version__
from brainstem_app.reports.engine.columns import Cell, Column

#: Who shows a table, and which columns there is room for there (`Column.where`).
Where = Literal["page", "window", "paper"]
_ROOM: Mapping[Where, tuple[str, ...]] = {
    "page": ("everywhere", "screen", "files"),
    "window": ("everywhere", "screen"),
    "paper": ("everywhere", "paper", "files"),
}
FOOTER = f"Brainstem App {__version__}. Research software: not for diagnosis or treatment."


@dataclass(frozen=True)
class Heading:
    """Begins a section; `anchor` is its name in links to the page."""

    text: str
    anchor: str = ""


@dataclass(frozen=True)
class Tiles:
    """Numbers to see first, each with what it is."""

    tiles: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Note:
    """Something the reader must know, and what to do about it."""

    text: str
    fix: str = ""
    level: Literal["error", "warning", "info"] = "warning"
    #: Whether the level stands before the text.
    named: bool = False


@dataclass(frozen=True)
class Paragraph:
    """Words: plain, in a box, small under a table, or a command line."""

    text: str
    style: Literal["plain", "box", "small", "command"] = "plain"


@dataclass(frozen=True)
class Items:
    """A list, with numbers if it is ordered."""

    items: tuple[str, ...]
    ordered: bool = False


@dataclass(frozen=True)
class Facts:
    """Names and what they stand for; grades are written in their colours."""

    facts: tuple[tuple[str, str], ...]
    are_grades: bool = False


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    columns : tuple of Column
        What it shows of each row.
    groups : tuple of tuple
        Rows, set apart by lines.
    style : {"", "dense", "scores", "heat"}
        Many columns, with intervals below the numbers; columns of one width; or fields in the middle,
        coloured by their shade.
    folded : str
        Words to click on for the table to appear on the page; empty if it always shows.
    """

    columns: tuple[Column[Any], ...]
    groups: tuple[tuple[Any, ...], ...]
    style: Literal["", "dense", "scores", "heat"] = ""
    folded: str = ""

    def shown(self, where: Where) -> tuple[Column[Any], ...]:
        """Columns that there is room for."""
        return tuple(column for column in self.columns if column.where in _ROOM[where])

    def cells(self, where: Where = "page") -> list[list[list[Cell]]]:
        """Cells by group, row and column."""
        columns = self.shown(where)
        return [[[column.cell(row) for column in columns] for row in rows] for rows in self.groups]


@dataclass(frozen=True)
class Picture:
    """A picture (PNG), what stands under it, and what it shows in words for who cannot see it."""

    png: bytes
    alt: str
    caption: str = ""


@dataclass(frozen=True)
class Beside:
    """A picture with blocks at its right."""

    picture: Picture
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Chart:
    """A chart that is drawn (SVG), its title, what stands under that, and what it shows in words."""

    svg: str
    title: str
    alt: str
    result: str = ""


@dataclass(frozen=True)
class Charts:
    """Charts in rows.

    Attributes
    ----------
    charts : tuple of Chart
        All of one size.
    across : int
        How many fit beside each other on paper.
    key : str
        Drawing (SVG) of what their colours and dashes mean; empty for none.
    """

    charts: tuple[Chart, ...]
    across: int = 3
    key: str = ""


Block = Heading | Tiles | Note | Paragraph | Items | Facts | Table | Picture | Beside | Charts


@dataclass(frozen=True)
class Document:
    """A report, ready to be shown.

    Attributes
    ----------
    title : str
        Of the window or tab that shows it.
    kind, headline, about : str
        What the report is, what it is of, when and with what it was made.
    created : str
        ISO 8601.
    blocks : tuple of Block
        All that it says.
    """

    title: str
    kind: str
    headline: str
    about: str
    created: str
    blocks: tuple[Block, ...]
    footer: str = FOOTER


def rows_of(rows: Iterable[Any]) -> tuple[tuple[Any, ...], ...]:
    """Rows of a table as one group."""
    return (tuple(rows),)


def cautions(notes: Sequence[str], limits: str) -> list[Block]:
    """Blocks of the warnings, if there are any, and of what the numbers of the report are worth."""
    warned: list[Block] = [Heading("Warnings", "warnings"), *map(Note, notes)] if notes else []
    return [
        *warned,
        Heading("What these numbers are, and are not", "limits"),
        Paragraph(limits, "box"),
    ]


def methods(paragraph: str) -> list[Block]:
    """Blocks of the paragraph to paste."""
    return [Heading("Methods, to paste", "methods"), Paragraph(paragraph)]


def repeat(command: str, steps: Sequence[str] = (), facts: Mapping[str, str] | None = None) -> list[Block]:
    """Blocks of how to make the report again; none if nothing is said."""
    blocks: list[Block] = [Items(tuple(steps), ordered=True)] if len(steps) > 1 else [*map(Paragraph, steps)]
    if command:
        blocks.append(Paragraph(command, "command"))
    if facts:
        blocks.append(Facts(tuple(facts.items())))
    return [Heading("How to repeat this", "repeat"), *blocks] if blocks else []


def grades(meaning: Mapping[str, str]) -> Facts:
    """Block of what each grade of reliability means."""
    return Facts(tuple(meaning.items()), are_grades=True)


def facts_of(settings: Mapping[str, Any], write: Callable[[Any], str] = str) -> dict[str, str]:
    """Names of settings and their values in words."""
    return {name: write(value) for name, value in settings.items()}
