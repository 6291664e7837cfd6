"""Make a BIDS dataset of single scans, of which a study can be made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from brainstem_app.counting import listed
from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.dataset import PARTICIPANT
from brainstem_app.imaging.bids.new_dataset import PARTICIPANT_COLUMNS, NewScan, make_dataset, proposed
from brainstem_app.imaging.bids.session_dates import ACQUIRED, DAYS_A_YEAR
from brainstem_app.imaging.bids.subject_ids import bare_id
from brainstem_app.imaging.inputs import ScanInput, expand_inputs
from brainstem_app.imaging.text_table import TextTable, number_of, read_text_table
from brainstem_app.jobs.job import MakeDatasetJob
from brainstem_app.jobs.reporter import Reporter, Summary

#: Columns that say when a scan was made, each as a date or in years since the first scan.
_TIMES = (ACQUIRED, "date", "years")
_COLUMNS = (
    "Give the columns scan (file), participant_id; if need be session_id, acq_time (or years, days), "
    "group, age, sex."
)


def gather(job: MakeDatasetJob, reporter: Reporter) -> Summary:
    """Copy or link scans into a new dataset; whose they are says a table, or their names.

    Raises
    ------
    InputError
        If a scan cannot be read or named, or the folder holds something already.
    JobCancelled
        If the user cancels; nothing is left then.
    """
    found = expand_inputs(job.scans)
    scans = proposed([(scan.path, scan.name) for scan in found])
    if job.table is not None:
        scans = _named(found, scans, job.table)
    done = 0

    def report(name: str) -> None:
        nonlocal done
        reporter.progress(done, len(scans), name)
        done += 1

    make_dataset(scans, job.out, links=job.links, report=report)
    reporter.artifact("dataset", job.out)
    people = {scan.subject for scan in scans}
    return {"scans": len(scans), "people": len(people), "folder": str(job.out)}


def _named(found: list[ScanInput], scans: tuple[NewScan, ...], path: Path) -> tuple[NewScan, ...]:
    """Name scans as a table says, which has a row for each of them."""
    table = read_text_table(path, "table of scans")
    scan_column, person = table.column("scan", "file"), table.column(PARTICIPANT)
    if scan_column is None or person is None:
        raise InputError("The table does not say whose the scans are.", path, _COLUMNS)
    rows = {row.cells[scan_column]: row.cells for row in table.rows if scan_column in row.cells}
    files = Counter(row.cells.get(scan_column, "") for row in table.rows)
    if twice := [name for name, times in files.items() if name and times > 1]:
        what = f"The table has more than one row of {listed(twice)}."
        raise InputError(what, path, "Keep one row of each scan.")
    session = table.column("session_id", "session")
    columns = {name: column for name in PARTICIPANT_COLUMNS if (column := table.column(name)) is not None}
    named = []
    for given, scan in zip(found, scans, strict=True):
        cells = next((rows[key] for key in _keys(given) if key in rows), None)
        if cells is None or person not in cells:
            raise InputError(f"The table does not say whose {given.path.name} is.", path, _COLUMNS)
        named.append(
            replace(
                scan,
                subject=bare_id(cells[person]),
                session=bare_id(cells.get(session, "")) if session else "",
                columns=_known(cells, columns),
                acquired=_acquired(cells, table),
            )
        )
    return tuple(named)


def _acquired(cells: Mapping[str, str], table: TextTable) -> str:
    """When a scan was made, by the first cell that says it: a date, or years since the first scan."""
    columns = {name: column for name in (*_TIMES, "days") if (column := table.column(name)) is not None}
    known = _known(cells, columns)
    if text := next((known[name] for name in _TIMES if name in known), ""):
        return text
    days = number_of(known.get("days", "").replace(",", "."))
    return known.get("days", "") if days is None else f"{days / DAYS_A_YEAR:.6g}"


def _keys(scan: ScanInput) -> tuple[str, ...]:
    return str(scan.path), scan.path.name, scan.name


def _known(cells: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, str]:
    return {
        name: cells[column]
        for name, column in columns.items()
        if column in cells and cells[column].casefold() != "n/a"
    }
