"""Read a ``report.json`` back, and which of a person's scans it is of."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import ValidationError

from brainstem_app.errors import InputError
from brainstem_app.reports.scan.model import Report
from brainstem_app.small_files import read_small

REPORT_FILE = "report.json"
_OCCASION = re.compile(r"(?:ses|run)-[A-Za-z0-9]+")


def read_report(path: Path) -> Report:
    """Read a report.

    Raises
    ------
    InputError
        If the file cannot be read or is none of this program's reports.
    """
    try:
        return Report.model_validate_json(read_small(path))
    except (OSError, ValidationError) as error:
        raise InputError("This is no report of this program.", path, "Segment the scan again.") from error


def occasion_of(report: Report, path: Path) -> str:
    """Session and run of the scan, from its file or its folder: ``ses-2_run-1``; empty if none is named."""
    return "_".join(_OCCASION.findall(report.scan.file) or _OCCASION.findall(path.parent.name))


def atlas_of(report: Report) -> str:
    """Name and version of the atlas of a report."""
    return f"{report.atlas.name} {report.atlas.version}"
