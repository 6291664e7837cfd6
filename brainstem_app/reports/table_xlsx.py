"""Tables as an Excel workbook: numbers as numbers, a fixed head line, and a sheet that says what they are."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from brainstem_app.plain_text import printable
from brainstem_app.reports.midsagittal import midsagittal_rows
from brainstem_app.reports.regions import region_rows
from brainstem_app.reports.report_model import Report
from brainstem_app.reports.scan_entry import BRAIN_ML, INTRACRANIAL_ML
from brainstem_app.reports.table_csv import report_rows

Cell = str | int | float | None
_WIDEST = 60
_TEXT_WIDTH = 110


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook.

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


def report_xlsx(report: Report) -> bytes:
    """Workbook of a report: ``structures`` as ``report.csv``, ``regions``, ``midsagittal`` and ``about``."""
    head, rows = report_rows(report)
    findings = [(f"{f.level.value}: {f.code}", f.problem) for f in (*report.warnings, *report.notes)]
    about: list[tuple[Cell, ...]] = [
        ("scan", report.scan.file),
        (BRAIN_ML, report.scan.brain_ml),
        (INTRACRANIAL_ML, report.scan.intracranial_ml),
        ("size of the head", report.scan.head_size_in_words or None),
        ("created", report.created),
        ("model", report.model.title if report.model else None),
        ("atlas", f"{report.atlas.name} {report.atlas.version}"),
        *report.summary.model_dump(mode="json").items(),
        *findings,
        ("limits", report.limits),
        ("methods", report.methods),
    ]
    regions = [Sheet("regions", *region_rows(report))] if report.regions else []
    if report.midsagittal is not None:
        regions.append(Sheet("midsagittal", *midsagittal_rows(report)))
    sheets = [Sheet("structures", head, rows), *regions, Sheet("about", (), about)]
    return workbook(sheets, report.created)


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
