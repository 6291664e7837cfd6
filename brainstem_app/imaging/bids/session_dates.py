"""When a scan was made: from the tables of its BIDS dataset, or from a DICOM header."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from brainstem_app.counting import listed
from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.subject_ids import bare_id, id_key
from brainstem_app.imaging.dicom.conversion import split_series
from brainstem_app.imaging.dicom.headers import holds_dicom, read_dataset
from brainstem_app.imaging.text_table import (
    TableRow,
    TextTable,
    has_decimal_commas,
    number_of,
    read_text_table,
)

DAYS_A_YEAR = 365.25
#: Nobody was scanned for longer.
MOST_YEARS = 120.0
ACQUIRED = "acq_time"
_UNKNOWN = frozenset({"", "n/a", "na", "nan"})
_SINCE = {"years": 1.0, "days": DAYS_A_YEAR}
_FIX = (
    "Write dates as 2024-03-31 or 2024-03-31T10:15:00 into the column acq_time, or numbers into a column "
    "years or days."
)


@dataclass(frozen=True)
class ScanTime:
    """When a scan was made.

    Attributes
    ----------
    years : float
        Since some beginning.
    since : {"calendar", "baseline"}
        Which: that of the calendar, or the person's own. Times are compared only within one of them.
    day : str
        Date, ``2024-03-31``; empty if it is not known.
    """

    years: float
    since: Literal["calendar", "baseline"]
    day: str = ""

    @classmethod
    def of(cls, moment: datetime) -> ScanTime:
        """Time of a date."""
        seconds = (moment - datetime(1, 1, 1, tzinfo=moment.tzinfo)).total_seconds()
        return cls(seconds / 86400 / DAYS_A_YEAR, "calendar", moment.date().isoformat())


def time_of_scan(scan: Path) -> ScanTime | None:
    """Say when a scan was made; None if nothing near it says so.

    Parameters
    ----------
    scan : Path
        ``sub-…/[ses-…/]anat/…`` of a BIDS dataset: its row of ``…_scans.tsv`` (``acq_time``), or that of its
        session in ``sub-…_sessions.tsv`` (``acq_time``, else ``years`` or ``days`` since the first scan). Or
        a DICOM folder: the date of the acquisition, else of the study.

    Raises
    ------
    InputError
        If a table cannot be read, says a date or number that is none, or two times of one scan.
    """
    folder, _ = split_series(scan)
    if scan.parent.name == "anat":
        return _of_bids(scan)
    if folder.is_dir() and holds_dicom(folder):
        return _of_dicom(folder)
    return None


def years_between(times: Sequence[ScanTime]) -> tuple[float, ...] | None:
    """Years of each scan since the first; None if they count from different beginnings."""
    if len({time.since for time in times}) != 1:
        return None
    first = min(time.years for time in times)
    return tuple(time.years - first for time in times)


def _of_bids(scan: Path) -> ScanTime | None:
    place = scan.parent.parent
    person = place.parent if place.name.startswith("ses-") else place
    for folder in dict.fromkeys((place, person)):
        for path in sorted(folder.glob("*_scans.tsv")):
            table = read_text_table(path, "table of scans")
            if found := _in_table(table, ("filename",), scan.relative_to(folder).as_posix(), str):
                return found
    path = person / f"{person.name}_sessions.tsv"
    if place == person or not path.is_file():
        return None
    table = read_text_table(path, "table of sessions")
    return _in_table(table, ("session_id", "session"), place.name, bare_id, id_key)


def _in_table(
    table: TextTable, names: tuple[str, ...], wanted: str, *spellings: Callable[[str], str]
) -> ScanTime | None:
    """Time that the rows of a scan or session say, found by the first spelling that any row shares."""
    column = table.column(*names)
    if column is None:
        return None
    rows: list[TableRow] = []
    for spelled in spellings:
        rows = rows or [r for r in table.rows if spelled(r.cells.get(column, "")) == spelled(wanted)]
    told = [(row, time) for row in rows if (time := _in_row(table, row)) is not None]
    if len({time for _, time in told}) > 1:
        numbers = listed([str(row.number) for row, _ in told])
        raise InputError(
            f"{wanted} is in the table more than once, with different times: rows {numbers}.",
            table.path,
            "Keep one row of each.",
        )
    return told[0][1] if told else None


def _in_row(table: TextTable, row: TableRow) -> ScanTime | None:
    acquired = table.column(ACQUIRED)
    text = row.cells.get(acquired, "") if acquired else ""
    if text.casefold() not in _UNKNOWN:
        return _date(text, table.path, row.number)
    for name, in_a_year in _SINCE.items():
        known = table.column(name)
        if known and row.cells.get(known, "").casefold() not in _UNKNOWN:
            return ScanTime(_number(known, table, row) / in_a_year, "baseline")
    return None


def _date(text: str, path: Path, row: int) -> ScanTime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"Row {row} has “{text}” for a date.", path, _FIX) from error
    return ScanTime.of(moment.astimezone(UTC) if moment.tzinfo else moment)


def _number(column: str, table: TextTable, row: TableRow) -> float:
    text = row.cells[column]
    comma = table.decimal_comma and has_decimal_commas(r.cells.get(column, "") for r in table.rows)
    number = number_of(text, decimal_comma=comma)
    if number is None:
        raise InputError(f"Row {row.number} has “{text}” where a number is due.", table.path, _FIX)
    return number


def _of_dicom(folder: Path) -> ScanTime | None:
    for path in sorted(file for file in folder.rglob("*") if file.is_file()):
        image = read_dataset(path)
        if image is None:
            continue
        for name in ("AcquisitionDate", "SeriesDate", "StudyDate"):
            text = str(image.get(name, "") or "")
            try:
                day = date.fromisoformat(text)
            except ValueError:
                continue
            return ScanTime.of(datetime(day.year, day.month, day.day))
        return None
    return None
