"""What a report says in the window: lines, and the tables of its page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from brainstem_app.gui.messages.window_words import window_words
from brainstem_app.gui.report.report_entries import ReportEntry
from brainstem_app.reports.engine.blocks import Block, Document, Heading, Note, Paragraph, Table
from brainstem_app.reports.engine.columns import Column


@dataclass(frozen=True)
class ShownTable:
    """One table of a report.

    Attributes
    ----------
    title : str
        What it is called.
    columns : tuple of Column
        Those that the window has room for.
    rows : tuple
        Things that the columns are about, one a row.
    note : str
        How its numbers were made.
    """

    title: str
    columns: tuple[Column[Any], ...]
    rows: tuple[Any, ...]
    note: str = ""

    @classmethod
    def of(cls, title: str, table: Table) -> ShownTable:
        """Table of a page, as far as the window has room for it."""
        rows = tuple(row for group in table.groups for row in group)
        return cls(title, table.shown("window"), rows)

    def beside(self, other: ShownTable) -> ShownTable:
        """Both tables as one: the same rows, of whom the page has no room for all columns in a line."""
        more = tuple(column for column in other.columns if column not in self.columns)
        return replace(self, columns=(*self.columns, *more))


@dataclass(frozen=True)
class ReportContent:
    """A report as the window shows it.

    Attributes
    ----------
    lines : tuple of (str, str)
        What stands above the tables: what, value.
    tables : tuple of ShownTable
        The one to see first in front.
    notes : str
        What the reader must know.
    volumes : dict of str to dict of str to tuple of float
        For each nucleus the volumes (mm³) of the people of each group, or of both scans, to be drawn.
    pictures : tuple of Path
        Of the labels on the scan, and of its midsagittal plane.
    """

    entry: ReportEntry
    lines: tuple[tuple[str, str], ...] = ()
    tables: tuple[ShownTable, ...] = ()
    notes: str = ""
    volumes: dict[str, dict[str, tuple[float, ...]]] = field(default_factory=dict)
    pictures: tuple[Path, ...] = ()


def lines_of(document: Document, kind: str) -> tuple[tuple[str, str], ...]:
    """Lines of a page: what it is of, when and with what it was made, what it warns of.

    Parameters
    ----------
    document : Document
    kind : str
        Kind of the job that made it, in whose words the window says it.
    """
    notes = (block for block in document.blocks if isinstance(block, Note))
    warned = (("note", window_words(f"{note.text} {note.fix}".strip(), kind)) for note in notes)
    return (("report", document.headline), ("made", document.about), *warned)


def tables_of(blocks: Iterable[Block]) -> tuple[ShownTable, ...]:
    """Tables of a page under their headings; those that stand under one heading are one."""
    found: dict[str, ShownTable] = {}
    notes: dict[str, str] = {}
    heading = ""
    for block in blocks:
        if isinstance(block, Heading):
            heading = block.text
        elif isinstance(block, Paragraph) and block.style == "small":
            notes[heading] = block.text
        elif isinstance(block, Table):
            table = ShownTable.of(block.folded or heading, block)
            earlier = found.get(table.title)
            found[table.title] = table if earlier is None else earlier.beside(table)
    return tuple(replace(table, note=notes.get(title, "")) for title, table in found.items())


def limits_of(blocks: Iterable[Block]) -> str:
    """Say what the numbers of a page are worth."""
    return " ".join(b.text for b in blocks if isinstance(b, Paragraph) and b.style == "box")
