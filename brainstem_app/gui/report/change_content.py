"""What the report on change over time says in the window."""

from __future__ import annotations

from typing import Any

from brainstem_app.gui.report.report_content import Cell, NotSeen, OneDigit, ReportContent, Rounded
from brainstem_app.gui.report.report_entries import ReportEntry

_SOURCES = {"repeatability": "method", "fit": "fit", "": ""}


def change_content(entry: ReportEntry, report: dict[str, Any]) -> ReportContent:
    """Change of each region and nucleus, the scans above."""
    scans = report["scans"]
    model = report["model"]
    lines = [("model", f"{model['name']} {model['version'] or ''}".strip())]
    lines += [("scan", f"{s['session']}, {s['day'] or '–'}, {s['years']:.2f} years") for s in scans]
    lines += [("note", f"{w['problem']} {w['fix']}".strip()) for w in report["warnings"]]
    headers = (
        "Structure",
        *(f"{scan['session']} mm³" for scan in (scans[0], scans[-1])),
        "% a year",
        "95 %",
        "Error",
        "From",
        "Grade",
        "Full name",
    )
    rows = tuple(_row(each) for each in (*report["regions"], *report["nuclei"]))
    pictures = tuple(file for file in entry.files if file.suffix == ".png")
    notes = f"The slope of a straight line through the volumes, in % of their mean a year. {report['limits']}"
    return ReportContent(entry, tuple(lines), headers, rows, notes, pictures=pictures)


def _row(e: dict[str, Any]) -> tuple[Cell, ...]:
    dagger = " †" if e["change_seen"] is False else ""
    rate = e["percent_a_year"]
    first, last = (None if v is None else OneDigit(v) for v in (e["volumes_mm3"][0], e["volumes_mm3"][-1]))
    return (
        e["name"] + dagger,
        first,
        last,
        NotSeen("not measured") if rate is None else Rounded(rate, 2),
        "" if e["low"] is None else f"{e['low']:.2f} to {e['high']:.2f}",
        None if e["error"] is None else Rounded(e["error"], 2),
        _SOURCES[e["error_source"]],
        e["reliability"],
        e["why_not"] or e["full_name"],
    )
