"""Pairs of results of one person, from a table, from two folders, or from sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from brainstem_app.counting import listed, natural_key
from brainstem_app.errors import InputError, UnconfirmedError
from brainstem_app.imaging.bids.subject_ids import bare_id, id_key
from brainstem_app.imaging.text_table import read_text_table
from brainstem_app.reports.scan.model import Report
from brainstem_app.reports.scan.results import ReadResult, Result, find_results, read_result, require_alike
from brainstem_app.written_files import REPORT_FILE

_COLUMNS = ("first", "second")
_NAMES = ("subject", "participant_id")
_TABLE = "Give a table with the columns subject, first and second: two folders of results a row."


@dataclass(frozen=True)
class Pair:
    """Two results of one subject."""

    subject: str
    first_result: Result
    second_result: Result

    @property
    def first(self) -> Report:
        """Report of the first."""
        return self.first_result.report

    @property
    def second(self) -> Report:
        """Report of the second."""
        return self.second_result.report


@dataclass(frozen=True)
class Pairs:
    """All pairs, the subjects that have none, by the reason, and what to say of those that have."""

    pairs: tuple[Pair, ...]
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def find_pairs(
    results: Path,
    second: Path | None = None,
    *,
    mixed: bool = False,
    same_people: bool = False,
    read: ReadResult = read_result,
) -> Pairs:
    """Find two results of each subject.

    Parameters
    ----------
    results : Path
        A table (CSV or TSV) with the columns ``subject``, ``first`` and ``second``, whose cells are folders
        of results, relative to the table's folder or absolute. Or a folder: with `second`, that of all first
        results; without, one in which each subject has two sessions or runs.
    second : Path, optional
        Folder of all second results.
    mixed : bool
        The results may be of different atlases, models or versions of the program.
    same_people : bool
        People of one name in two datasets are the same; a table says so by itself.
    read : callable
        What reads one result, as `read_result`.

    Raises
    ------
    InputError
        If a path is not there, there is no pair, a subject has more than two results, a pair is of two
        datasets, or atlases, models or versions differ.
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
        found = _from_table(results, read)
    elif second is not None:
        found = _from_two_folders(results, second, read)
        _require_one_dataset(found, results, same_people=same_people)
    else:
        found = _from_sessions(find_results([results], read), results)
    return _require_pairs(found, results, mixed=mixed)


def pairs_of_sessions(results: Sequence[Result], where: Path, *, mixed: bool = False) -> Pairs:
    """Find two results of each subject among results that were read; see `find_pairs`."""
    return _require_pairs(_from_sessions(results, where), where, mixed=mixed)


def _require_pairs(found: Pairs, results: Path, *, mixed: bool) -> Pairs:
    if not found.pairs:
        left = "; ".join(f"{reason}: {listed(names, 4)}" for reason, names in found.left_out.items())
        problem = "No subject has two results" + (f" ({left})." if left else ".")
        raise InputError(problem, results, _TABLE)
    both = [(pair.subject, r) for pair in found.pairs for r in (pair.first_result, pair.second_result)]
    whose = {id(result): name for name, result in both}
    notes = require_alike([result for _, result in both], mixed=mixed, whose=lambda r: whose[id(r)])
    return Pairs(found.pairs, found.left_out, (*notes, *found.notes))


def _from_table(path: Path, read: ReadResult) -> Pairs:
    table = read_text_table(path, "table of pairs")
    name = table.column(*_NAMES)
    one, other = (table.column(column) for column in _COLUMNS)
    if name is None or one is None or other is None or not table.rows:
        raise InputError("The table of pairs lacks a column, or has no row.", path, _TABLE)
    found: dict[str, Pair] = {}
    for row in table.rows:
        subject = row.cells.get(name, "")
        if not subject or subject in found:
            problem = f"“{subject}” is in the table of pairs twice" if subject else "No subject is named"
            raise InputError(f"{problem} (row {row.number}).", path, "Keep one row of each subject.")
        results = [_result_at(path, row.cells.get(column, ""), row.number, read) for column in (one, other)]
        if results[0].path.resolve() == results[1].path.resolve():
            problem = f"Row {row.number} of the table of pairs names one result twice ({subject})."
            raise InputError(problem, path, _TABLE)
        found[subject] = Pair(subject, *results)
    return Pairs(tuple(found.values()))


def _result_at(table: Path, cell: str, row: int, read: ReadResult) -> Result:
    path = table.parent / cell
    file = path / REPORT_FILE if path.is_dir() else path
    if not cell or not file.is_file():
        problem = f"Row {row} of the table of pairs names “{cell}”, which holds no report."
        raise InputError(problem, table, _TABLE)
    return read(file, file.parent)


def _from_two_folders(first: Path, second: Path, read: ReadResult) -> Pairs:
    one, other = (_by_subject(folder, read) for folder in (first, second))
    same = _spelled_alike(one, other)
    left_out = {
        f"only in {folder.name}": tuple(name for name in mine if name not in matched)
        for folder, mine, matched in ((first, one, same.keys()), (second, other, set(same.values())))
    }
    both = tuple(Pair(name, one[name], other[same[name]]) for name in one if name in same)
    return Pairs(both, {reason: names for reason, names in left_out.items() if names})


def _spelled_alike(one: Mapping[str, Result], other: Mapping[str, Result]) -> dict[str, str]:
    """Name in the second folder of each in the first: the same, or the only one with its `id_key`."""
    exact = {bare_id(name): name for name in other}
    keys: dict[str, list[str]] = {}
    for name in other:
        keys.setdefault(id_key(name), []).append(name)
    own = [id_key(name) for name in one]
    found = {}
    for name in one:
        alike = keys.get(id_key(name), [])
        if bare_id(name) in exact:
            found[name] = exact[bare_id(name)]
        elif len(alike) == 1 and own.count(id_key(name)) == 1:
            found[name] = alike[0]
    return found


def _by_subject(folder: Path, read: ReadResult) -> dict[str, Result]:
    found: dict[str, Result] = {}
    for result in find_results([folder], read):
        if result.subject in found:
            other = found[result.subject]
            of_two = other.dataset != result.dataset
            problem = f"{result.subject} has two reports in one folder" + (
                ", of two datasets." * of_two or "."
            )
            raise InputError(problem, f"{other.path.parent}, {result.path.parent}", _TABLE)
        found[result.subject] = result
    return dict(sorted(found.items()))


def _require_one_dataset(found: Pairs, where: Path, *, same_people: bool) -> None:
    apart = [
        pair.subject
        for pair in found.pairs
        if pair.first_result.dataset is not None
        and pair.second_result.dataset is not None
        and pair.first_result.dataset != pair.second_result.dataset
    ]
    if not apart or same_people:
        return
    pair = next(pair for pair in found.pairs if pair.subject == apart[0])
    one, other = pair.first.scan.dataset, pair.second.scan.dataset
    names = f"{one} and {other}" if one != other else f"both called {one}, in different places"
    raise UnconfirmedError(
        f"{listed(apart, 4)}: the two results are of two datasets ({names}), where one name may "
        "be two people.",
        where,
        "If they are the same people, confirm with --same-people (in the window: “compare all the "
        "same”), or give a table of pairs.",
    )


def _from_sessions(results: Sequence[Result], folder: Path) -> Pairs:
    datasets = {result.dataset: result.report.scan.dataset or "" for result in results}
    found: dict[str, dict[str, Result]] = {}
    for result in results:
        several = f"{datasets[result.dataset] or 'unknown dataset'}/" if len(datasets) > 1 else ""
        name = f"{several}{result.subject}"
        occasions = found.setdefault(name, {})
        if result.occasion in occasions:
            problem = f"{name} has two reports of {result.occasion or 'no named session'}."
            where = f"{occasions[result.occasion].path.parent}, {result.path.parent}"
            raise InputError(problem, where, _TABLE)
        occasions[result.occasion] = result
    pairs, once = [], []
    for name, occasions in sorted(found.items()):
        if len(occasions) > 2:
            raise InputError(f"{name} has more than two sessions: {', '.join(occasions)}.", folder, _TABLE)
        if len(occasions) < 2:
            once.append(name)
            continue
        one, other = (occasions[occasion] for occasion in sorted(occasions, key=natural_key))
        pairs.append(Pair(name, one, other))
    return Pairs(tuple(pairs), {"one scan": tuple(once)} if once else {})
