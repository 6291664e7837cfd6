"""The files of the report on repeated scans: tables for a statistics program, a page to read, JSON."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.imaging.atomic import write_bytes, write_text
from brainstem_app.reports.csv_text import csv_text
from brainstem_app.reports.html import render
from brainstem_app.reports.report_model import reliability_text
from brainstem_app.reports.retest_model import RetestEntry, RetestReport
from brainstem_app.reports.retest_page import make_retest_page, unseen_mark
from brainstem_app.reports.retest_pdf import retest_pdf
from brainstem_app.reports.table_xlsx import Cell, Sheet, workbook

FILES = ("retest.json", "retest.csv", "retest.xlsx", "retest.html", "retest.pdf", "changes.csv")


def write_retest_report(folder: Path, report: RetestReport) -> None:
    """Write the `FILES` into a folder, each whole or not at all, ``retest.json`` last.

    ``retest.csv`` has one row a region, area or structure, ``changes.csv`` one a subject and each.
    """
    page = make_retest_page(report)
    head, rows = _structures(report)
    change_head, changes = _changes(report)
    about: list[tuple[Cell, ...]] = [
        ("created", report.created),
        ("atlas", report.atlas),
        ("model", report.model),
        *(("note", note) for note in report.notes),
        ("methods", page.paragraph),
        ("limits", report.limits),
    ]
    sheets = [
        Sheet("structures", head, rows),
        Sheet("changes", change_head, changes),
        Sheet("about", (), about),
    ]
    write_text(folder / "retest.csv", csv_text(head, rows))
    write_text(folder / "changes.csv", csv_text(change_head, changes))
    write_bytes(folder / "retest.xlsx", workbook(sheets, report.created))
    meaning = reliability_text(page.with_change)
    html = render("retest.html", **vars(page), unseen_mark=unseen_mark, reliability=meaning)
    write_text(folder / "retest.html", html)
    write_bytes(folder / "retest.pdf", retest_pdf(page))
    write_text(folder / "retest.json", report.to_json())


def _structures(report: RetestReport) -> tuple[list[str], list[list[Cell]]]:
    entries = (*report.measured, *report.totals)
    rows = [
        # A mark is 1 or 0: spreadsheets count it.
        [int(value) if isinstance(value, bool) else value for value in entry.model_dump().values()]
        for entry in entries
    ]
    return list(RetestEntry.model_fields), rows


def _changes(report: RetestReport) -> tuple[list[str], list[list[Cell]]]:
    head = ["subject", "structure", "first_mm3", "second_mm3", "difference_mm3", "change"]
    rows: list[list[Cell]] = []
    for subject in report.subjects:
        for name, first in subject.first_mm3.items():
            second = subject.second_mm3.get(name)
            difference = change = None
            if first is not None and second is not None:
                mean, difference = (first + second) / 2, round(second - first, 6)
                change = round((second - first) / mean, 6) if mean else None
            rows.append([subject.subject, name, first, second, difference, change])
    return head, rows
