"""Write resources/report/NAME.schema.json of every report from the model that writes it."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.imaging.atomic import write_text
from brainstem_app.reports.schema import PUBLISHED, report_schema

if __name__ == "__main__":
    folder = Path(__file__).resolve().parents[2] / "resources" / "report"
    for name in PUBLISHED:
        write_text(folder / f"{name}.schema.json", report_schema(name))
