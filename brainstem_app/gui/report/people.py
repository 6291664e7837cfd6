"""Who the segmentations are of, and what the table of participants says of them; read on a thread."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_TABLE = "participants.tsv"
_MOST_GROUPS = 8
_LIKELY = ("group", "diagnosis", "dx", "condition", "patient")


@dataclass(frozen=True)
class People:
    """People of some segmentations.

    Attributes
    ----------
    names : dict of Path to str
        Person of each result folder.
    table : Path or None
        The table that was read.
    columns : tuple of str
        Its columns with values.
    groups : dict of str to tuple of str
        Columns that may say a group, each with its values among these people.
    head_size : str
        Column of the size of the head, empty if there is none.
    """

    names: dict[Path, str] = field(default_factory=dict)
    table: Path | None = None
    columns: tuple[str, ...] = ()
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    head_size: str = ""

    @property
    def likely_group(self) -> str:
        """Column that most likely says the group, empty if none does."""
        return next((column for column in self.groups if column.lower() in _LIKELY), "")


def read_people(folders: Iterable[Path], table: Path | None) -> People:
    """Read who the results in these folders are of.

    Parameters
    ----------
    folders : iterable of Path
        Result folders.
    table : Path or None
        ``participants.tsv``; None looks for that of the datasets that the scans came from.

    Raises
    ------
    InputError
        If the table cannot be read.
    """
    from brainstem_app.reports.subject_ids import subject_name

    files = {folder: _scan_file(folder) for folder in folders}
    names = {folder: subject_name(file, folder.name) for folder, file in files.items()}
    table = table or _table_of(names)
    if table is None:
        return People(names)
    participants = read_participants(table)
    rows = [participants[name] for name in sorted(set(names.values())) if name in participants]
    found = {column for row in rows for column in row} - {"participant_id"}
    columns = [column for row in participants.values() for column in row if column in found]
    values = {c: tuple(sorted({row[c] for row in rows if c in row})) for c in dict.fromkeys(columns)}
    groups = {
        column: words
        for column, words in values.items()
        if 1 < len(words) <= _MOST_GROUPS and not all(map(_is_number, words))
    }
    return People(names, table, tuple(values), groups, head_size_column(participants) or "")


def _scan_file(folder: Path) -> str:
    try:
        return str(json.loads((folder / "report.json").read_text(encoding="utf-8"))["scan"]["file"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _table_of(names: dict[Path, str]) -> Path | None:
    """Return the table of the first dataset that a scan of these results lies in."""
    from brainstem_app.gui.scans.opened import scan_of_result

    for folder in names:
        scan = scan_of_result(folder)
        for above in () if scan is None else list(scan.parents)[:5]:
            if (above / _TABLE).is_file():
                return above / _TABLE
    return None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
