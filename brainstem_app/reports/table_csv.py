"""The report's table as CSV: one row a structure, columns named as in ``report.json``."""

from __future__ import annotations

import csv
import io

from brainstem_app.reports.report_model import Report, StructureEntry

_AXES = ("x", "y", "z")


def report_csv(report: Report) -> str:
    """CSV text with one header line; empty where a number is not defined.

    The centroid is three columns, ``centroid_x_mm``, ``centroid_y_mm``, ``centroid_z_mm``.
    """
    names = [name for field in StructureEntry.model_fields for name in _columns(field)]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    for entry in report.structures:
        row = entry.model_dump(mode="json")
        centroid = row.pop("centroid_mm") or ("", "", "")
        row.update(zip(_columns("centroid_mm"), centroid, strict=True))
        writer.writerow(row)
    return buffer.getvalue()


def _columns(field: str) -> list[str]:
    return [f"centroid_{axis}_mm" for axis in _AXES] if field == "centroid_mm" else [field]
