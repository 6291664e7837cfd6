"""Where reports on the people of a study lie: groups, repeatability, change, saved reference groups."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

#: Folder of a study with a folder for each of these reports.
REPORTS_FOLDER = "reports"
_MOST = 1000


def new_report_place(study: Path, what: str) -> Path:
    """Folder for a new report on people of a study, named after what it says and the time; not made here."""
    return next(path for path in places_named(study / REPORTS_FOLDER, what) if not path.exists())


def places_named(parent: Path, what: str) -> Iterator[Path]:
    """Yield folders that are named after something and the time: the second of one second has a number."""
    stamp = datetime.now().strftime("%Y-%m-%d %H-%M-%S")
    yield parent / f"{what} {stamp}"
    for number in range(2, _MOST):
        yield parent / f"{what} {stamp} ({number})"
