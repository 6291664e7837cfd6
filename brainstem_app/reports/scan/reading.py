"""Read a ``report.json`` back, and which of a person's scans it is of."""

from __future__ import annotations

import re
from pathlib import Path

from brainstem_app.reports.scan.model import Report

REPORT_FILE = "report.json"
_OCCASION = re.compile(r"(?:ses|run)-[A-Za-z0-9]+")


def read_report(path: Path) -> Report:
    """Read a report.

    Raises
    ------
    InputError
        If the file cannot be read or is none of this program's reports.
    """
    return Report.read(path, "This is no report of this program.", "Segment the scan again.")


def occasion_of(report: Report, path: Path) -> str:
    """Session and run of the scan, from its file or its folder: ``ses-2_run-1``; empty if none is named."""
    # The folder is named after all of them, also after the session that a file's name leaves out.
    of_file, of_folder = (_OCCASION.findall(name) for name in (report.scan.file, path.parent.name))
    return "_".join(of_folder if len(of_folder) > len(of_file) else of_file)
