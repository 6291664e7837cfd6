"""Write resources/report/report.schema.json from the model of report.json."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.imaging.atomic import write_text
from brainstem_app.reports.report_schema import SCHEMA_FILE_NAME, report_schema

if __name__ == "__main__":
    folder = Path(__file__).resolve().parents[2] / "resources" / "report"
    write_text(folder / SCHEMA_FILE_NAME, report_schema())
