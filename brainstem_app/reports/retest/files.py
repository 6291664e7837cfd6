"""The files of the report on repeated scans."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.imaging.atomic import write_text
from brainstem_app.reports.engine.files import write_document
from brainstem_app.reports.engine.sheets import Cell, Sheet, about_sheet, entry_sheet
from brainstem_app.reports.retest.document import retest_document, retest_methods
from brainstem_app.reports.retest.model import RetestEntry, RetestReport

FILES = ("retest.json", "retest.csv", "retest.xlsx", "retest.html", "retest.pdf", "changes.csv")


def write_retest_report(folder: Path, report: RetestReport) -> None:
    """Write the `FILES` into a folder, each whole or not at all, ``retest.json`` last.

    ``retest.csv`` has one row a region, area or structure, ``changes.csv`` one a subject and each.
    """
    structures = entry_sheet("structures", RetestEntry, (*report.measured, *report.totals))
    changes = _changes(report)
    facts = [("atlas", report.atlas), ("model", report.model)]
    about = about_sheet(report.created, facts, report.notes, retest_methods(report), report.limits)
    tables = {"retest.csv": structures, "changes.csv": changes}
    write_document(folder, "retest", retest_document(report), (structures, changes, about), tables)
    write_text(folder / "retest.json", report.to_json())


def _changes(report: RetestReport) -> Sheet:
    rows: list[list[Cell]] = []
    for subject in report.subjects:
        for name, first in subject.first_mm3.items():
            second = subject.second_mm3.get(name)
            difference = change = None
            if first is not None and second is not None:
                mean, difference = (first + second) / 2, round(second - first, 6)
                change = round((second - first) / mean, 6) if mean else None
            rows.append([subject.subject, name, first, second, difference, change])
    head = ("subject", "structure", "first_mm3", "second_mm3", "difference_mm3", "change")
    return Sheet("changes", head, rows)
