"""Make a BIDS dataset of single scans: whose they are, where they go, the table of participants."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import temporary_name
from brainstem_app.imaging.bids.scan_name import check_name
from brainstem_app.imaging.bids.session_dates import ACQUIRED, MOST_YEARS, time_of_scan
from brainstem_app.imaging.file_names import NIFTI_ENDINGS, has_ending
from brainstem_app.imaging.scan import Level
from brainstem_app.plain_text import tsv_text
from brainstem_app.written_files import DESCRIPTION_FILE, PARTICIPANTS_FILE

DESCRIPTION = {"Name": "Scans gathered by Brainstem App", "BIDSVersion": "1.9.0", "DatasetType": "raw"}
#: What the description is called while the rest is moved to its place.
_MARK = ".being-moved"
#: Columns of participants.tsv that can be given.
PARTICIPANT_COLUMNS = ("group", "age", "sex")
_YEARS = re.compile(r"\d+(?:[.,]\d+)?")
_LABEL = re.compile(r"[A-Za-z0-9]+")
_SUBJECT_IN_NAME = re.compile(r"sub-([A-Za-z0-9]+)")
_SESSION_IN_NAME = re.compile(r"ses-([A-Za-z0-9]+)")
_FIX_FOLDER = "Choose an empty folder that you may write to."


@dataclass(frozen=True)
class NewScan:
    """A scan and the place that it gets in a dataset.

    Attributes
    ----------
    path : Path
        What `read_scan` takes.
    subject, session : str
        Letters and digits, without ``sub-`` and ``ses-``; the session may be empty.
    columns : mapping of str to str
        What participants.tsv says of the person.
    acquired : str
        When it was made: a date (``2024-03-31``), or years since the person's first scan (``1.5``); empty
        if not known, then that of a DICOM header or BIDS dataset counts.
    """

    path: Path
    subject: str
    session: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    acquired: str = ""

    @property
    def name(self) -> str:
        """Name of its file without ending."""
        return f"sub-{self.subject}{f'_ses-{self.session}' if self.session else ''}_T1w"

    @property
    def folder(self) -> str:
        """Its folder in the dataset."""
        return f"sub-{self.subject}/{f'ses-{self.session}/' if self.session else ''}anat"


def proposed(paths_and_names: Sequence[tuple[Path, str]]) -> tuple[NewScan, ...]:
    """Propose subject and session of scans by their names; all subjects are different where none is named.

    Nobody is proposed for a scan whose name and folders say that it is of two people.
    """
    found: list[NewScan] = []
    taken: set[tuple[str, str]] = set()
    for path, name in paths_and_names:
        subject, session = _SUBJECT_IN_NAME.search(name), _SESSION_IN_NAME.search(name)
        label = subject[1] if subject else re.sub(r"[^A-Za-z0-9]", "", name) or "scan"
        label = "" if _contradiction(path) else label
        ses, base, number = session[1] if session else "", label, 1
        while not subject and (label.casefold(), ses.casefold()) in taken:
            number += 1
            label = f"{base}x{number}"
        taken.add((label.casefold(), ses.casefold()))
        found.append(NewScan(path, label, ses))
    return tuple(found)


def problems_of(scans: Sequence[NewScan]) -> dict[int, str]:
    """Say for each scan that cannot be named so why, by its number in the list."""
    found: dict[int, str] = {}
    places = Counter((scan.subject.casefold(), scan.session.casefold()) for scan in scans)
    people: dict[str, list[NewScan]] = {}
    for scan in scans:
        people.setdefault(scan.subject.casefold(), []).append(scan)
    for number, scan in enumerate(scans):
        others = people[scan.subject.casefold()]
        if not _LABEL.fullmatch(scan.subject):
            unnamed = "A subject is named by letters and digits, such as 01."
            found[number] = _contradiction(scan.path) or unnamed
        elif scan.session and not _LABEL.fullmatch(scan.session):
            found[number] = "A session is named by letters and digits, such as 2."
        elif places[scan.subject.casefold(), scan.session.casefold()] > 1:
            found[number] = f"{scan.name.removesuffix('_T1w')} is given to more than one scan."
        elif len(others) > 1 and not scan.session:
            found[number] = f"sub-{scan.subject} has several scans: each needs a session."
        elif any(other.subject != scan.subject for other in others):
            found[number] = f"sub-{scan.subject} is spelled in two ways."
        elif any(_differ(other.columns, scan.columns) for other in others):
            found[number] = f"Group, age and sex of sub-{scan.subject} are given in two ways."
        elif wrong := _problem_of_time(scan, others):
            found[number] = wrong
    return found


def _contradiction(path: Path) -> str:
    """Say how name and folders of a scan contradict each other about whose it is; empty if they agree."""
    return next((found.problem for found in check_name(path) if found.level is Level.ERROR), "")


def _problem_of_time(scan: NewScan, others: Sequence[NewScan]) -> str:
    if scan.acquired and _read_time(scan.acquired) is None:
        return f"“{scan.acquired}” is no date such as 2024-03-31, nor years such as 1.5."
    times = [_read_time(other.acquired) for other in others]
    if len({time[0] for time in times if time}) > 1:
        return f"Of sub-{scan.subject} one scan has a date, another years."
    return ""


def _read_time(text: str) -> tuple[str, str] | None:
    """Read a date (``2024-03-31``, ``20240331``, also with a time) or years since the first scan.

    Returns the column of BIDS for it, and how it is written there; None if a text is neither.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        years = float(text.replace(",", ".")) if _YEARS.fullmatch(text) else None
        return None if years is None or years > MOST_YEARS else ("years", f"{years:g}")
    has_time = len(text) > len("2024-03-31")
    return ACQUIRED, moment.isoformat() if has_time else moment.date().isoformat()


def _differ(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return any(one.get(name) and other.get(name) and one[name] != other[name] for name in PARTICIPANT_COLUMNS)


def make_dataset(
    scans: Sequence[NewScan],
    root: Path,
    *,
    links: bool = False,
    report: Callable[[str], None] = lambda _name: None,
) -> Path:
    """Copy or link scans into ``root/sub-…/[ses-…/]anat/…_T1w.nii.gz``, and write ``participants.tsv``.

    Where it is known when scans were made, that is in ``sub-…_sessions.tsv`` (``_scans.tsv`` of whom has no
    sessions). What is no NIfTI file (DICOM, MGZ, pairs) is read and written as one. Nothing is overwritten;
    if it fails, what was made is taken away again. It appears when all of it is there; what a killed process
    has moved to its place by then is taken away by the next one.

    Parameters
    ----------
    root : Path
        New or empty folder.
    links : bool
        Whether NIfTI files are linked to instead of copied: the dataset then needs them where they are.
    report : callable
        Told the name of each scan before it is copied.

    Returns
    -------
    Path
        `root`.

    Raises
    ------
    InputError
        If a scan cannot be named so or cannot be read, or the folder holds something already or cannot be
        written to.
    """
    if problems := problems_of(scans):
        number, what = min(problems.items())
        raise InputError(
            what,
            scans[number].path,
            "Give each scan a subject, and a session where one has more: in its name or a table (--table).",
        )
    names = (*sorted({f"sub-{scan.subject}" for scan in scans}), PARTICIPANTS_FILE)
    mark, staging = root / _MARK, temporary_name(root / "dataset")
    if mark.exists():
        _remove(*(root / name for name in names), mark)
    _require_empty(root)
    try:
        _write(scans, staging, links=links, report=report)
        (staging / DESCRIPTION_FILE).rename(mark)
        for name in names:
            (staging / name).rename(root / name)
        staging.rmdir()
        mark.rename(root / DESCRIPTION_FILE)
    except BaseException as error:
        _remove(staging, *(root / name for name in names), mark)
        if isinstance(error, OSError):
            what = f"The dataset cannot be written: {error.strerror or error}."
            raise InputError(what, root, _FIX_FOLDER) from error
        raise
    return root


def _remove(*paths: Path) -> None:
    for path in paths:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _require_empty(root: Path) -> None:
    try:
        # Hidden files do not count: file managers make them, and locks are such.
        if root.exists() and any(not path.name.startswith(".") for path in root.iterdir()):
            raise InputError("The folder for the dataset is not empty.", root, _FIX_FOLDER)
    except OSError as error:
        what = f"The folder for the dataset cannot be read: {error.strerror or error}."
        raise InputError(what, root, _FIX_FOLDER) from error


def _write(scans: Sequence[NewScan], root: Path, *, links: bool, report: Callable[[str], None]) -> None:
    for scan in scans:
        report(scan.name)
        folder = root / scan.folder
        folder.mkdir(parents=True, exist_ok=True)
        _place(scan, folder, links=links)
    _write_times(scans, root)
    (root / PARTICIPANTS_FILE).write_text(participants_table(scans), encoding="utf-8")
    (root / DESCRIPTION_FILE).write_text(json.dumps(DESCRIPTION, indent=1), encoding="utf-8")


def _write_times(scans: Sequence[NewScan], root: Path) -> None:
    """Write when each person's scans were made, as far as known, into the tables that BIDS has for it."""
    people: dict[str, list[tuple[str, str]]] = {}
    for scan in scans:
        when = _read_time(scan.acquired or _known_time(scan.path))
        if when is None:
            continue
        of_time, text = when
        person = f"sub-{scan.subject}"
        table, column, what = f"{person}/{person}_sessions.tsv", "session_id", f"ses-{scan.session}"
        if not scan.session:
            file = next((root / scan.folder).iterdir()).relative_to(root / person)
            table, column, what = f"{person}/{person}_scans.tsv", "filename", file.as_posix()
        rows = people.setdefault(table, [(column, of_time)])
        if rows[0][1] != of_time:
            raise InputError(
                f"Of {person} one scan has a date, another years.",
                scan.path,
                "Give the time of each of this person's scans in one way: where none is given, that of its "
                "dataset or DICOM header counts.",
            )
        rows.append((what, text))
    for table, rows in people.items():
        (root / table).write_text(tsv_text(rows), encoding="utf-8")


def _known_time(scan: Path) -> str:
    """Say when a scan was made by its DICOM header or its dataset's tables; empty if they do not."""
    known = time_of_scan(scan)
    if known is None:
        return ""
    return known.day or f"{known.years:g}"


def participants_table(scans: Sequence[NewScan]) -> str:
    """Text of ``participants.tsv``: a row a person, with the columns that somebody has filled in."""
    people: dict[str, dict[str, str]] = {}
    for scan in scans:
        row = people.setdefault(f"sub-{scan.subject}", {})
        row.update({name: " ".join(text.split()) for name, text in scan.columns.items() if text.strip()})
    columns = [name for name in PARTICIPANT_COLUMNS if any(name in row for row in people.values())]
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(["participant_id", *columns])
    for person, row in people.items():
        writer.writerow([person, *(row.get(name, "n/a") for name in columns)])
    return text.getvalue()


def _place(scan: NewScan, folder: Path, *, links: bool) -> None:
    """Link to a NIfTI file, or copy it; read what is none, which is refused where its header is silent."""
    from brainstem_app.imaging.label_map import save_volume
    from brainstem_app.imaging.reading import read_scan, require_usable

    ending = next((e for e in NIFTI_ENDINGS if has_ending(scan.path, (e,))), "")
    if not (ending and scan.path.is_file()):
        read = read_scan(scan.path)
        require_usable(read)
        save_volume(folder / f"{scan.name}.nii.gz", read.data, read.affine)
        return
    target = folder / f"{scan.name}{ending}"
    if not links:
        shutil.copyfile(scan.path, target)
        return
    try:
        target.symlink_to(scan.path.resolve())
    except OSError as error:
        raise InputError(
            "This system does not let links be made here.",
            target,
            "Copy the scans instead; on Windows, links need the developer mode.",
        ) from error
