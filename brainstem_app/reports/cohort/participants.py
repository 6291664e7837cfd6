"""The table of participants of a BIDS dataset, and which of its rows are of whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from brainstem_app.counting import listed
from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.dataset import PARTICIPANT, PARTICIPANTS_FIX, is_bids_dataset
from brainstem_app.imaging.bids.derivatives import dataset_id
from brainstem_app.imaging.bids.subject_ids import bare_id, id_key
from brainstem_app.imaging.text_table import TableRow, TextTable, read_text_table
from brainstem_app.reports.cohort.people import Person
from brainstem_app.reports.scan.scan_entry import BRAIN_ML, INTRACRANIAL_ML

HEAD_SIZE = (
    "etiv",
    "tiv",
    "icv",
    "head_size",
    "headsize",
    "estimatedtotalintracranialvol",
    INTRACRANIAL_ML,
)
_SESSIONS = ("session_id", "session", "ses")
_DATASETS = ("dataset", "dataset_name")
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
#: What a table has for unknown, by BIDS and by R; other words must be named by the user.
_UNKNOWN = ("n/a", "na", "nan")


@dataclass(frozen=True)
class Participant:
    """One row of the table.

    Attributes
    ----------
    row : int
        Its number, as a spreadsheet program counts.
    subject, session, dataset : str
        As the table spells them; the latter two empty where it has none.
    values : dict of str to str
        Known values by column.
    """

    row: int
    subject: str
    session: str
    dataset: str
    values: dict[str, str]

    @property
    def name(self) -> str:
        """Dataset, subject and session, for the words."""
        return " ".join(part for part in (self.dataset, self.subject, self.session) if part)


@dataclass(frozen=True)
class Participants:
    """The table.

    Attributes
    ----------
    path : Path or None
        None without a table.
    columns : tuple of str
        Columns with at least one known value, but those that say who it is.
    rows : tuple of Participant
    decimal_comma : bool
        See `TextTable`.
    """

    path: Path | None = None
    columns: tuple[str, ...] = ()
    rows: tuple[Participant, ...] = ()
    decimal_comma: bool = False

    def column(self, name: str) -> str:
        """Name of a column as the table spells it, upper and lower case aside; `name` itself if none is."""
        if name in self.columns:
            return name
        return next((c for c in self.columns if c.casefold() == name.strip().casefold()), name)


@dataclass(frozen=True)
class MatchedPeople:
    """Which row is of whom.

    Attributes
    ----------
    rows : dict of str to Participant
        By the name of the person.
    only_in_table, only_in_results : tuple of str
        Who is missing on the other side.
    unclear : tuple of str
        What kept them from being matched, in words.
    is_of_others : bool
        Whether the table lies in the root of a dataset that nobody is of.
    """

    rows: dict[str, Participant] = field(default_factory=dict)
    only_in_table: tuple[str, ...] = ()
    only_in_results: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    is_of_others: bool = False


def read_participants(path: Path, missing: Iterable[str] = ()) -> Participants:
    """Read ``participants.tsv``.

    Parameters
    ----------
    path : Path
        The table.
    missing : iterable of str
        Values that mean unknown, besides ``n/a``: everywhere, or in one column, ``age=-999``.

    Raises
    ------
    InputError
        As `read_text_table`; if there is no column ``participant_id``, a row names nobody, or two rows are of
        one person and session.
    """
    table = read_text_table(path, "table of participants")
    name = table.column(PARTICIPANT)
    if name is None:
        there = f" It has: {listed(table.columns)}." if len(table.columns) > 1 else ""
        problem = f"The table of participants has no column participant_id.{there}"
        raise InputError(problem, path, PARTICIPANTS_FIX)
    session, dataset = table.column(*_SESSIONS), table.column(*_DATASETS)
    unknown = _unknown(table, missing)
    rows = tuple(_participant(row, table, (name, session, dataset), unknown) for row in table.rows)
    _require_one_row_each(rows, path)
    known = {column for row in rows for column in row.values}
    return Participants(
        path, tuple(c for c in table.columns if c in known), rows, decimal_comma=table.decimal_comma
    )


def match_participants(table: Participants, people: Sequence[Person], session: str = "") -> MatchedPeople:
    """Find the row of each person by dataset, subject and session.

    A name that is spelled alike is taken first. Another spelling (see `id_key`) is taken only if no other row
    and no other person shares it. A table that lies in the root of a dataset is of that dataset alone; one
    with a column ``dataset`` says of which each row is. `session` is that of results that name none.

    Raises
    ------
    InputError
        If a person has rows of several sessions and the result names none, or a row could be of people of two
        datasets.
    """
    own = _own_datasets(table, people)
    rows: dict[str, Participant] = {}
    unclear: list[str] = []
    spelled, alike, namesakes = defaultdict(list), defaultdict(list), defaultdict(list)
    for row in table.rows:
        spelled[bare_id(row.subject)].append(row)
        alike[id_key(row.subject)].append(row)
    for person in people:
        namesakes[id_key(person.subject)].append(person)
    for person in people:
        same = [row for row in spelled[bare_id(person.subject)] if _may_be(row, person, own, session)]
        if not same:
            same = [row for row in alike[id_key(person.subject)] if _may_be(row, person, own, session)]
            spellings = {bare_id(row.subject) for row in same}
            rivals = [
                p
                for p in namesakes[id_key(person.subject)]
                if p is not person and any(_may_be(row, p, own, session) for row in same)
            ]
            if len(spellings) > 1 or (same and rivals):
                told = " or ".join(f"“{row.subject}” (row {row.row})" for row in same)
                also = f", and so could {listed([p.name for p in rivals])}" if rivals else ""
                unclear.append(f"{person.name} could be {told}{also}")
                continue
        if len(same) > 1:
            raise _several_sessions(table, person, same)
        if same:
            rows[person.name] = same[0]
    _require_one_person_each(table, rows)
    taken = {row.row for row in rows.values()}
    return MatchedPeople(
        rows,
        only_in_table=tuple(row.name for row in table.rows if row.row not in taken),
        only_in_results=tuple(p.name for p in people if p.name not in rows),
        unclear=tuple(unclear),
        is_of_others=own is not None and not own,
    )


def head_size_column(table: Participants) -> str | None:
    """Name of the column that holds the size of the head, if there is one."""
    return next((column for column in sorted(table.columns) if is_head_size(column)), None)


def is_head_size(column: str) -> bool:
    """Whether a column is called like the size of the head."""
    return column.casefold() in HEAD_SIZE


def name_head_size(columns: Iterable[str]) -> bool:
    """Whether covariates name the size of the head, or of the brain, which takes its place."""
    return any(column == BRAIN_ML or is_head_size(column) for column in columns)


def is_reference_name(group: str) -> bool:
    """Whether a group is called control, healthy or the like."""
    return group.lower() in _REFERENCES


def require_columns(table: Participants, columns: Sequence[str], also: Sequence[str] = ()) -> None:
    """Raise InputError for a column that no participant has a value of, but those the results have."""
    for column in columns:
        if column not in table.columns and column not in also:
            raise InputError(
                f"The table of participants has no column “{column}” with values.",
                table.path,
                "It has: " + (", ".join(sorted(table.columns)) or "none") + ".",
            )


def _unknown(table: TextTable, missing: Iterable[str]) -> dict[str, set[str]]:
    """Cells that mean unknown in each column, in lower case."""
    found: dict[str, set[str]] = {column: set(_UNKNOWN) for column in table.columns}
    for text in missing:
        column, is_split, value = text.partition("=")
        own = table.column(column.strip()) if is_split else None
        for name in (own,) if own else table.columns:
            found[name].add((value if own else text).strip().casefold())
    return found


def _participant(
    row: TableRow, table: TextTable, who: tuple[str, str | None, str | None], unknown: dict[str, set[str]]
) -> Participant:
    name, session, dataset = who
    subject = row.cells.get(name, "")
    if not subject or subject.casefold() in unknown[name]:
        problem = f"Row {row.number} of the table of participants names nobody in {name}."
        raise InputError(problem, table.path, "Write the person's name there, or take the row out.")
    values = {
        column: cell
        for column, cell in row.cells.items()
        if cell.casefold() not in unknown[column] and column != name
    }
    return Participant(
        row.number,
        subject,
        values.get(session or "", ""),
        values.get(dataset or "", ""),
        values,
    )


def _require_one_row_each(rows: Sequence[Participant], path: Path) -> None:
    seen: dict[tuple[str, str, str], Participant] = {}
    for row in rows:
        key = (bare_id(row.subject), id_key(row.session), row.dataset.casefold())
        if key in seen:
            raise InputError(
                f"{row.name} is in the table of participants twice, in rows {seen[key].row} and {row.row}.",
                path,
                "Keep one row of each; rows of several sessions need a column session_id, those of several "
                "datasets a column dataset.",
            )
        seen[key] = row


def _own_datasets(table: Participants, people: Sequence[Person]) -> frozenset[str] | None:
    """Datasets of the people whom a table in the root of a dataset may name; None for a table elsewhere."""
    if table.path is None:
        return None
    root = table.path.absolute().parent
    here = dataset_id(root)
    own = frozenset(person.dataset_id for person in people if person.result.dataset == here)
    if own or not is_bids_dataset(root):
        return own or None
    # Nobody's scan lay in this very folder: it was moved since, or is another dataset, which its name tells.
    return frozenset(p.dataset_id for p in people if p.result.report.scan.dataset == root.name)


def _may_be(row: Participant, person: Person, own: frozenset[str] | None, session: str) -> bool:
    known = {name.casefold() for name in (person.dataset, person.result.report.scan.dataset or "") if name}
    if row.dataset and known and row.dataset.casefold() not in known:
        return False
    if not row.dataset and own is not None and person.dataset_id and person.dataset_id not in own:
        return False
    asked = person.session or session
    return not row.session or not asked or id_key(row.session) == id_key(asked)


def _several_sessions(table: Participants, person: Person, rows: Sequence[Participant]) -> InputError:
    told = ", ".join(f"row {row.row}: {row.name}" for row in rows)
    return InputError(
        f"The table of participants has more than one row for {person.name} ({told}), and the name of "
        "the scan does not say which.",
        table.path,
        "Keep the rows of the session that was segmented, or say which with --session.",
    )


def _require_one_person_each(table: Participants, rows: dict[str, Participant]) -> None:
    taken: dict[int, str] = {}
    for name, row in rows.items():
        if row.row in taken:
            raise InputError(
                f"Row {row.row} of the table of participants ({row.name}) could be {taken[row.row]} or "
                f"{name}: two people of two datasets.",
                table.path,
                "Give the table a column dataset with the name of each person's dataset.",
            )
        taken[row.row] = name
