"""Which two reports are of the same person: from a table, from two folders, or from sessions."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.reports.participants import subject_name
from brainstem_app.reports.reading import REPORT_FILE, atlas_of, occasion_of, read_report
from brainstem_app.reports.report_model import Report

_COLUMNS = ("first", "second")
_NAMES = ("subject", "participant_id")
_TABLE = "Give a table with the columns subject, first and second: two folders of results a row."


@dataclass(frozen=True)
class Pair:
    """Two reports of one subject."""

    subject: str
    first: Report
    second: Report


@dataclass(frozen=True)
class Pairs:
    """All pairs, and the subjects that have none, by the reason."""

    pairs: tuple[Pair, ...]
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def find_pairs(results: Path, second: Path | None = None) -> Pairs:
    """Find two reports of each subject.

    Parameters
    ----------
    results : Path
        A table (CSV or TSV) with the columns ``subject``, ``first`` and ``second``, whose cells are folders
        of results, relative to the table's folder or absolute. Or a folder: with `second`, that of all first
        results; without, one in which each subject has two sessions or runs.
    second : Path, optional
        Folder of all second results.

    Raises
    ------
    InputError
        If a path is not there, there is no pair, a subject has more than two reports, or their atlases or
        models differ.
    """
    for path in (results, second):
        if path is not None and not path.exists():
            raise InputError(
                "There is no such file or folder.",
                path,
                "Give a table of pairs, or folders that segment wrote; brainstem-app retest --help says how.",
            )
    if results.is_file():
        if second is not None:
            raise InputError("A table already names both results.", second, "Leave out the second folder.")
        found = _from_table(results)
    elif second is not None:
        found = _from_two_folders(results, second)
    else:
        found = _from_sessions(results)
    _require_comparable(found, results)
    return found


def _from_table(path: Path) -> Pairs:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            file.seek(0)
            rows = list(csv.DictReader(file, delimiter="\t" if "\t" in head else ","))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("The table of pairs cannot be read.", path, _TABLE) from error
    columns = set(rows[0]) if rows else set()
    name = next((n for n in _NAMES if n in columns), None)
    if name is None or not columns.issuperset(_COLUMNS):
        raise InputError("The table of pairs lacks a column, or has no row.", path, _TABLE)
    found: dict[str, Pair] = {}
    for row in rows:
        subject = (row[name] or "").strip()
        if not subject or subject in found:
            problem = f"“{subject}” is in the table of pairs twice." if subject else "A row names no subject."
            raise InputError(problem, path, "Keep one row of each subject.")
        one, other = (_report_at(path.parent / (row[column] or "").strip(), path) for column in _COLUMNS)
        found[subject] = Pair(subject, one, other)
    return Pairs(tuple(found.values()))


def _report_at(path: Path, table: Path) -> Report:
    file = path / REPORT_FILE if path.is_dir() else path
    if not file.is_file():
        raise InputError(f"The table of pairs names “{path.name}”, which holds no report.", table, _TABLE)
    return read_report(file)


def _from_two_folders(first: Path, second: Path) -> Pairs:
    one, other = (_by_subject(folder) for folder in (first, second))
    left_out = {
        f"only in {folder.name}": tuple(name for name in mine if name not in others)
        for folder, mine, others in ((first, one, other), (second, other, one))
    }
    both = tuple(Pair(name, report, other[name]) for name, report in one.items() if name in other)
    return Pairs(both, {reason: names for reason, names in left_out.items() if names})


def _by_subject(folder: Path) -> dict[str, Report]:
    found: dict[str, Report] = {}
    for path in _report_files(folder):
        report = read_report(path)
        name = subject_name(report.scan.file, path.parent.name)
        if name in found:
            raise InputError(f"{name} has two reports in one folder.", path, _TABLE)
        found[name] = report
    return found


def _from_sessions(folder: Path) -> Pairs:
    found: dict[str, dict[str, Report]] = {}
    for path in _report_files(folder):
        report = read_report(path)
        name = subject_name(report.scan.file, path.parent.name)
        occasions = found.setdefault(name, {})
        occasion = occasion_of(report, path)
        if occasion in occasions:
            problem = f"{name} has two reports of {occasion or 'no named session'}."
            raise InputError(problem, path, _TABLE)
        occasions[occasion] = report
    pairs, once = [], []
    for name, occasions in sorted(found.items()):
        if len(occasions) > 2:
            raise InputError(f"{name} has more than two sessions: {', '.join(occasions)}.", folder, _TABLE)
        if len(occasions) < 2:
            once.append(name)
            continue
        one, other = (occasions[occasion] for occasion in sorted(occasions))
        pairs.append(Pair(name, one, other))
    return Pairs(tuple(pairs), {"one scan": tuple(once)} if once else {})


def _report_files(folder: Path) -> list[Path]:
    files = sorted(folder.rglob(REPORT_FILE))
    if not files:
        raise InputError("The folder holds no report.json.", folder, "Give the folder that segment wrote.")
    return files


def _require_comparable(found: Pairs, where: Path) -> None:
    if not found.pairs:
        raise InputError("No subject has two results.", where, _TABLE)
    first = found.pairs[0].first
    for pair in found.pairs:
        for report in (pair.first, pair.second):
            for what, one, known in (
                ("atlas", atlas_of(report), atlas_of(first)),
                ("model", _model(report), _model(first)),
            ):
                if one != known:
                    raise InputError(
                        f"{pair.subject} was labelled with the {what} {one}, others with {known}.",
                        where,
                        "Segment all scans with one model; two of them measure the models' difference.",
                    )


def _model(report: Report) -> str:
    if report.model is None:
        return "none"
    digest = report.model.sha256
    return f"{report.model.name} ({digest[:8]}…)" if digest else report.model.name
