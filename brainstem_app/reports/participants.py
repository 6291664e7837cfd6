"""The table of participants of a BIDS dataset, and what a linear model takes from it."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.errors import InputError

Participants = dict[str, dict[str, str]]
HEAD_SIZE = ("etiv", "tiv", "icv", "head_size", "headsize", "estimatedtotalintracranialvol")
_REFERENCES = (
    "control",
    "controls",
    "healthy",
    "healthy control",
    "healthy controls",
    "hc",
    "con",
    "cn",
    "ctrl",
)
_SUBJECT = re.compile(r"sub-[A-Za-z0-9]+")
_UNKNOWN = ("", "n/a", "na", "nan")


@dataclass(frozen=True)
class Covariates:
    """Numbers of the covariates, shape (n, C), and the name of each column."""

    names: tuple[str, ...]
    values: NDArray[np.float64]


def read_participants(path: Path) -> Participants:
    """Read ``participants.tsv``: a row's known values by column name, by ``participant_id``.

    Raises
    ------
    InputError
        If the file cannot be read, has no column ``participant_id``, or names a participant twice.
    """
    fix = "Give a tab-separated table with the column participant_id, as BIDS has it."
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t")
            rows = list(reader)
            columns = reader.fieldnames or ()
    except OSError as error:
        raise InputError(
            "The table of participants cannot be read.", path, "Check that it exists."
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError("The table of participants is no text table.", path, fix) from error
    if "participant_id" not in columns:
        raise InputError("The table of participants has no column participant_id.", path, fix)
    found: Participants = {}
    for row in rows:
        name = (row["participant_id"] or "").strip()
        name = name if name.startswith("sub-") else f"sub-{name}"
        if name in found:
            raise InputError(f"{name} is in the table of participants twice.", path, "Keep one row of each.")
        found[name] = {
            column: value.strip()
            for column, value in row.items()
            if isinstance(value, str) and value.strip().lower() not in _UNKNOWN
        }
    return found


def subject_name(scan_file: str, folder: str) -> str:
    """Name of the subject of a result: ``sub-…`` in the scan's or the folder's name, else the folder's."""
    match = _SUBJECT.search(scan_file) or _SUBJECT.search(folder)
    return match.group() if match else folder


def head_size_column(participants: Participants) -> str | None:
    """Name of the column that holds the size of the head, if there is one."""
    columns = {column for row in participants.values() for column in row}
    return next((column for column in sorted(columns) if column.lower() in HEAD_SIZE), None)


def is_reference_name(group: str) -> bool:
    """Whether a group is called control, healthy or the like."""
    return group.lower() in _REFERENCES


def require_columns(participants: Participants, columns: Sequence[str], where: Path | None) -> None:
    """Raise InputError for a column that no participant has a value of."""
    known = {column for row in participants.values() for column in row}
    for column in columns:
        if column not in known:
            raise InputError(
                f"The table of participants has no column “{column}” with values.",
                where,
                "It has: " + ", ".join(sorted(known - {"participant_id"})) + ".",
            )


def covariates_of(rows: Sequence[dict[str, str]], columns: Sequence[str]) -> Covariates:
    """Numbers of the chosen columns; words become one 0/1 column for each value but the first."""
    names: list[str] = []
    values: list[list[float]] = []
    for column in columns:
        cells = [row[column] for row in rows]
        try:
            values.append([float(cell) for cell in cells])
            names.append(column)
        except ValueError:
            for level in sorted(set(cells))[1:]:
                values.append([float(cell == level) for cell in cells])
                names.append(f"{column} = {level}")
    matrix = np.array(values, dtype=np.float64).reshape(len(values), len(rows)).T
    return Covariates(tuple(names), matrix - matrix.mean(axis=0) if matrix.size else matrix)
