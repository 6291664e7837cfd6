"""A table as CSV text, the same in every file: commas, one header line, line feeds, empty for None."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable


def csv_text(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    """Return the text of a table: the names of its columns, then its rows."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return buffer.getvalue()
