"""The files of the report on repeated scans: tables for a statistics program, a page to read, JSON."""

from __future__ import annotations

import math
from pathlib import Path

from brainstem_app import __version__
from brainstem_app.imaging.atomic import write_bytes, write_text
from brainstem_app.reports.chart import COLOURS, Chart, Line
from brainstem_app.reports.csv_text import csv_text
from brainstem_app.reports.html import render
from brainstem_app.reports.report_model import RELIABILITY_TEXT
from brainstem_app.reports.retest_model import RetestEntry, RetestReport
from brainstem_app.reports.table_xlsx import Cell, Sheet, workbook

FILES = ("retest.json", "retest.csv", "retest.xlsx", "retest.html", "changes.csv")


def write_retest_report(folder: Path, report: RetestReport) -> None:
    """Write the `FILES` into a folder, each whole or not at all, ``retest.json`` last.

    ``retest.csv`` has one row a structure, ``changes.csv`` one a subject and structure.
    """
    page = render(
        "retest.html",
        report=report,
        charts=[bland_altman_chart(report, nucleus) for nucleus in report.nuclei],
        widest=max((n.within_cv or 0 for n in report.nuclei), default=0) or 1,
        reliability=RELIABILITY_TEXT,
        version=__version__,
    )
    head, rows = _structures(report)
    change_head, changes = _changes(report)
    about: list[tuple[Cell, ...]] = [
        ("created", report.created),
        ("atlas", report.atlas),
        ("model", report.model),
        *(("note", note) for note in report.notes),
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
    write_text(folder / "retest.html", page)
    write_text(folder / "retest.json", report.to_json())


def bland_altman_chart(report: RetestReport, entry: RetestEntry) -> Chart:
    """Difference of both volumes of a nucleus against their mean, with bias and limits of agreement."""
    pairs = [(s.first_mm3[entry.name], s.second_mm3[entry.name]) for s in report.subjects]
    points = tuple((round((a + b) / 2, 3), round(b - a, 3)) for a, b in pairs)
    lines = [Line("a subject", COLOURS[0], points, joined=False)]
    ends = min(x for x, _ in points), max(x for x, _ in points)
    if ends[0] < ends[1]:
        levels = [("bias", COLOURS[2], entry.bias_mm3)]
        levels += [
            ("95 % limits of agreement", COLOURS[1], limit)
            for limit in (entry.limit_low_mm3, entry.limit_high_mm3)
            if limit is not None
        ]
        lines += [
            Line(label, colour, tuple((x, level) for x in ends), thin=True) for label, colour, level in levels
        ]
    title = f"{entry.name}: {entry.full_name}" if entry.full_name else entry.name
    return Chart(title, "mean, mm³", "second − first, mm³", tuple(lines), least=-math.inf, most=math.inf)


def _structures(report: RetestReport) -> tuple[list[str], list[list[Cell]]]:
    entries = (*report.nuclei, *report.totals)
    return list(RetestEntry.model_fields), [list(entry.model_dump().values()) for entry in entries]


def _changes(report: RetestReport) -> tuple[list[str], list[list[Cell]]]:
    head = ["subject", "structure", "first_mm3", "second_mm3", "difference_mm3", "change"]
    rows: list[list[Cell]] = []
    for subject in report.subjects:
        for name, first in subject.first_mm3.items():
            second = subject.second_mm3[name]
            mean = (first + second) / 2
            change = round((second - first) / mean, 6) if mean else None
            rows.append([subject.subject, name, first, second, round(second - first, 6), change])
    return head, rows
