"""Tables for programs: CSV text, and Excel workbooks with numbers as numbers and a fixed head line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from brainstem_app.plain_text import cell_text, printable

Cell = str | int | float | None
_WIDEST = 60
_TEXT_WIDTH = 110


@dataclass(frozen=True)
class Sheet:
    """A table with one row a thing, for a workbook or a CSV file.

    Attributes
    ----------
    name : str
        At most 31 characters.
    head : sequence of str
        Names of the columns; empty for a sheet of words, whose first column is wide.
    rows : sequence of sequences of cells
        None is an empty cell. Text is never taken as a formula.
    """

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    @property
    def csv(self) -> str:
        """Text of the table as CSV."""
        return csv_text(self.head, self.rows)


def entry_sheet(name: str, model: type[BaseModel], entries: Iterable[BaseModel]) -> Sheet:
    """Sheet of a report's entries: a column a field, named as in the JSON; a mark is 1 or 0."""
    head = list(model.model_fields)
    rows = [[_plain(value) for value in entry.model_dump(mode="json").values()] for entry in entries]
    return Sheet(name, head, rows)


def about_sheet(
    created: str, facts: Iterable[tuple[str, Cell]], notes: Iterable[str], methods: str, limits: str
) -> Sheet:
    """Sheet that says what a workbook is: when and with what it was made, and what its numbers are worth."""
    words = [("methods", methods), ("limits", limits)]
    return Sheet("about", (), [("created", created), *facts, *(("note", note) for note in notes), *words])


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def csv_text(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    """Return a table as CSV, the same in every file: commas, one header line, line feeds, empty for None.

    Text that a spreadsheet would compute gets an apostrophe before it; numbers stay numbers.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in (head, *rows):
        writer.writerow([cell_text(cell) if isinstance(cell, str) else cell for cell in row])
    return buffer.getvalue()


def workbook(sheets: Sequence[Sheet], created: str) -> bytes:
    """Bytes of an ``.xlsx`` file with these sheets; `created` (ISO 8601) is its date."""
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties(
            {"created": datetime.fromisoformat(created).astimezone(UTC), "comments": "Brainstem App"}
        )
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        for content in sheets:
            sheet = book.add_worksheet(content.name)
            lines = [content.head, *content.rows] if content.head else list(content.rows)
            for number, line in enumerate(lines):
                style = bold if content.head and number == 0 else None if content.head else wrapped
                for column, value in enumerate(line):
                    if isinstance(value, str):
                        sheet.write_string(number, column, printable(value), style)
                    elif value is not None:
                        sheet.write_number(number, column, value, style)
            for column, width in enumerate(_widths(content)):
                sheet.set_column(column, column, width)
            if content.head:
                sheet.freeze_panes(1, 0)
                sheet.autofilter(0, 0, len(content.rows), len(content.head) - 1)
    return buffer.getvalue()


def _widths(sheet: Sheet) -> list[int]:
    """Width of each column in characters, as wide as its longest cell within reason."""
    if not sheet.head:
        return [30, _TEXT_WIDTH]
    columns = zip(sheet.head, *sheet.rows, strict=True)
    longest = [max(len(str(value)) for value in column if value is not None) for column in columns]
    return [min(length + 3, _WIDEST) for length in longest]
