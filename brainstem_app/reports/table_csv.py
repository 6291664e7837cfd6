"""The report's table, and as CSV: one row a structure, columns named as in ``report.json``."""

from __future__ import annotations

from brainstem_app.reports.csv_text import csv_text
from brainstem_app.reports.report_model import Report, StructureEntry

_AXES = ("x", "y", "z")


def report_csv(report: Report) -> str:
    """CSV text with one header line; empty where a number is not defined.

    The centroid is three columns, ``centroid_x_mm``, ``centroid_y_mm``, ``centroid_z_mm``.
    """
    return csv_text(*report_rows(report))


def report_rows(report: Report) -> tuple[list[str], list[list[str | int | float | None]]]:
    """Names of the columns, and one row a structure; None where a number is not defined.

    A structure that was not found has no volume: statistics are to leave it out.
    """
    head = [name for field in StructureEntry.model_fields for name in _columns(field)]
    rows = []
    for entry in report.structures:
        row = entry.model_dump(mode="json")
        row["volume_mm3"] = entry.measured_mm3
        centroid = row.pop("centroid_mm") or (None, None, None)
        row.update(zip(_columns("centroid_mm"), centroid, strict=True))
        # A mark is 1 or 0: spreadsheets count it.
        rows.append([int(row[name]) if isinstance(row[name], bool) else row[name] for name in head])
    return head, rows


def _columns(field: str) -> list[str]:
    return [f"centroid_{axis}_mm" for axis in _AXES] if field == "centroid_mm" else [field]
