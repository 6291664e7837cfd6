"""Read a ``report.json`` back, and which of a person's scans it is of."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.imaging.bids.subject_ids import occasion_name
from brainstem_app.reports.scan.model import Report


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
    return occasion_name(report.scan.file, path.parent.name)
