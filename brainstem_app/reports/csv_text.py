"""A table as CSV text, the same in every file: commas, one header line, line feeds, empty for None."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from brainstem_app.plain_text import cell_text


def csv_text(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    """Return the text of a table: the names of its columns, then its rows.

    Text that a spreadsheet would compute gets an apostrophe before it; numbers stay numbers.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in (head, *rows):
        writer.writerow([cell_text(cell) if isinstance(cell, str) else cell for cell in row])
    return buffer.getvalue()
