"""Find the T1-weighted scans of a BIDS dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from brainstem_app.counting import natural_key
from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.scan_name import BidsScan, bids_scan, preference
from brainstem_app.imaging.bids.subject_ids import bare_id, id_key
from brainstem_app.imaging.text_table import read_text_table
from brainstem_app.written_files import DESCRIPTION_FILE, PARTICIPANTS_FILE

_MISSING = {"n/a"}
PARTICIPANT = "participant_id"
PARTICIPANTS_FIX = "Give a table with the column participant_id, as BIDS has it: tabs between the columns."


def is_bids_dataset(path: Path) -> bool:
    """Whether a folder is laid out as BIDS: it has a description or a ``sub-…`` folder with ``anat``."""
    if not path.is_dir():
        return False
    if (path / DESCRIPTION_FILE).is_file():
        return True
    return any(True for pattern in ("sub-*/anat", "sub-*/ses-*/anat") for _ in path.glob(pattern))


def holds_t1w_scan(folder: Path) -> bool:
    """Whether a folder ``anat`` below a folder holds a T1-weighted scan."""
    return any(_raw_scan(path) is not None for path in folder.glob("**/anat/*"))


def find_t1w_scans(root: Path) -> list[BidsScan]:
    """Find the T1-weighted NIfTI files of a dataset, or of one of its subject folders.

    Derivatives, hidden folders and what is not as acquired (`BidsScan.is_raw`) are left out. Of two files of
    one name, ``.nii`` beside ``.nii.gz``, one is taken: reading it tells (`check_name`).

    Parameters
    ----------
    root : Path
        Root of the dataset, or a folder ``sub-…`` or ``ses-…`` in it.

    Returns
    -------
    list of BidsScan
        In the order of subject, session and file name, numbers in them by their value.

    Raises
    ------
    InputError
        If the folder is missing, or holds no such scan.
    """
    if not root.is_dir():
        raise InputError("There is no such folder.", root, "Check the name of the dataset's folder.")
    patterns: tuple[str, ...] = ("sub-*/anat", "sub-*/ses-*/anat")
    if root.name.startswith("sub-"):
        patterns = ("anat", "ses-*/anat")
    elif root.name.startswith("ses-"):
        patterns = ("anat",)
    files = [file for pattern in patterns for folder in root.glob(pattern) for file in folder.iterdir()]
    named = [scan for file in files if (scan := _raw_scan(file)) is not None]
    if not named:
        raise _nothing_found(root)
    scans: dict[tuple[Path, str], BidsScan] = {}
    for scan in sorted(named, key=lambda s: (natural_key(s.full_name), preference(s))):
        scans.setdefault((scan.path.parent, scan.full_name), scan)
    return list(scans.values())


def subject_folders(scans: Iterable[BidsScan]) -> dict[str, BidsScan]:
    """Name of each scan's folder in a study: the person, with all entities where there are several scans."""
    scans = tuple(scans)
    count = Counter(scan.subject for scan in scans)
    found: dict[str, BidsScan] = {}
    for scan in scans:
        name = wanted = scan.subject if count[scan.subject] == 1 else scan.full_name
        number = 1
        while name in found:
            number += 1
            name = f"{wanted}-{number}"
        found[name] = scan
    return found


def read_participants(root: Path) -> dict[str, dict[str, str]]:
    """Read ``participants.tsv``: for each ``sub-…`` its columns.

    Values that are missing are left out, and those that several rows of one person say in different ways.

    A name that is spelled otherwise than the subject's folder (``1`` for ``sub-01``) is taken for it where no
    other row and no other folder could be meant.

    Returns
    -------
    dict
        ``{"sub-01": {"age": "34", "sex": "f"}, …}``; empty when the dataset has no such file.

    Raises
    ------
    InputError
        If the file cannot be read or has no column ``participant_id``.
    """
    path = root / PARTICIPANTS_FILE
    if not path.is_file():
        return {}
    table = read_text_table(path, "table of participants")
    name = table.column(PARTICIPANT)
    if name is None:
        raise InputError("The table of participants has no column participant_id.", path, PARTICIPANTS_FIX)
    said: dict[str, dict[str, set[str]]] = {}
    for row in (row for row in table.rows if name in row.cells):
        own = said.setdefault(row.cells[name], {})
        for column, cell in _known(row.cells, name).items():
            own.setdefault(column, set()).add(cell)
    rows = {
        person: {column: cell for column, (cell, *others) in columns.items() if not others}
        for person, columns in said.items()
    }
    folders = [folder.name for folder in root.glob("sub-*")]
    return {_subject(person, list(rows), folders): columns for person, columns in rows.items()}


def _raw_scan(path: Path) -> BidsScan | None:
    # A link whose data were not fetched counts: reading it says so, rather than a subject missing silently.
    scan = bids_scan(path) if path.is_file() or path.is_symlink() else None
    return scan if scan is not None and scan.is_raw else None


def _nothing_found(root: Path) -> InputError:
    if is_bids_dataset(root):
        return InputError(
            "The dataset holds no T1-weighted scan.",
            root,
            "It looks for sub-…/[ses-…/]anat/…_T1w.nii.gz; with DataLad or git-annex, get the files first.",
        )
    return InputError(
        "This folder is no BIDS dataset.",
        root,
        "Give the folder that holds dataset_description.json and the folders sub-….",
    )


def _subject(name: str, rows: list[str], folders: list[str]) -> str:
    """Return the folder of a person; the name with its prefix if none is surely meant."""
    alike = [folder for folder in folders if id_key(folder) == id_key(name)]
    is_only = sum(id_key(other) == id_key(name) for other in rows) == 1
    named = f"sub-{bare_id(name)}"
    return alike[0] if named not in folders and len(alike) == 1 and is_only else named


def _known(cells: dict[str, str], name: str) -> dict[str, str]:
    return {
        column: cell for column, cell in cells.items() if column != name and cell.casefold() not in _MISSING
    }
