"""Groups and covariates of a cohort, from the table of participants and from the reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.counting import counted, listed
from brainstem_app.errors import InputError
from brainstem_app.evaluation.linear_model import LEAST_GROUP, dependent_columns
from brainstem_app.reports.cohort.cells import level_key, spelled_alike
from brainstem_app.reports.cohort.covariates import CellPlace, Covariates, Reading, covariates_of, twin_notes
from brainstem_app.reports.cohort.participants import (
    MatchedPeople,
    Participants,
    head_size_column,
    is_reference_name,
    match_participants,
    read_participants,
    require_columns,
)
from brainstem_app.reports.cohort.people import Person
from brainstem_app.reports.cohort.request import CohortRequest
from brainstem_app.reports.scan.scan_entry import BRAIN_ML, INTRACRANIAL_ML, know_head_size

#: Covariates that come from the reports where the table has none, and what they are the volume of.
MEASURED = {BRAIN_ML: "of the brain", INTRACRANIAL_ML: "inside the skull"}
_FEWER_COVARIATES = "Leave that covariate out, or fill it in the table."


@dataclass(frozen=True)
class PeopleTable:
    """Values of the people of a comparison.

    Attributes
    ----------
    table : Participants
    matched : MatchedPeople
    values : dict of str to dict of str to str
        Known values by person and column.
    group : str
        Column of the groups; empty for none.
    columns : tuple of str
        Covariates.
    reading : Reading
    """

    table: Participants
    matched: MatchedPeople
    values: dict[str, dict[str, str]]
    group: str
    columns: tuple[str, ...]
    reading: Reading

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns that a person must have a value of to be in a model."""
        return (*([self.group] if self.group else []), *self.columns)

    def is_complete(self, person: str) -> bool:
        """Whether all that the model needs of a person is known."""
        return not self.lacking(person)

    def lacking(self, person: str) -> list[str]:
        """Columns of which a person has no value."""
        return [column for column in self.needed if column not in self.values[person]]

    def group_of(self, person: str) -> str | None:
        """Group of a person as the table spells it, but for twins; None if it is unknown."""
        return self.values[person].get(self.group)

    def shown(self, person: str) -> dict[str, str]:
        """Values of the covariates of a person."""
        return {c: self.values[person][c] for c in self.columns if c in self.values[person]}

    def cell(self, person: str, column: str) -> CellPlace:
        """Cell of a person."""
        row = self.matched.rows.get(person)
        in_table = row is not None and column in row.values
        return CellPlace(person, row.row if row and in_table else None, self.values[person][column])

    def usual(self, column: str) -> list[str]:
        """All cells of a column of the table."""
        return [row.values[column] for row in self.table.rows if column in row.values]

    def left_out(self, groups: Sequence[str], used: Collection[str]) -> str:
        """Which covariates are unknown of how many people of some groups; empty if nobody lacks any."""
        people = [name for name in self.values if name not in used and self.group_of(name) in groups]
        return self._unknown(people)

    def _unknown(self, people: Collection[str]) -> str:
        lacking = Counter(column for person in people for column in self.lacking(person))
        return ", ".join(
            f"“{column}” is unknown in {n} of {len(self.values)}" for column, n in lacking.items()
        )

    def nobody(self) -> tuple[str, Path | None, str]:
        """Why nobody can be compared: what, where and what to do."""
        if self.table.path is not None and not self.matched.rows:
            return (
                f"Nobody of the results is in the table of participants. The results: "
                f"{listed(self.matched.only_in_results, 4)}; the table: "
                f"{listed(self.matched.only_in_table, 4)}.",
                self.table.path,
                "Write the names of the results into the column participant_id.",
            )
        return (
            f"Nobody has all that is asked for: {self._unknown(self.values)}.",
            self.table.path,
            "Fill the table, or ask for less.",
        )


def people_table(request: CohortRequest, people: Sequence[Person]) -> PeopleTable:
    """Read the table of participants and find the row of each person.

    Raises
    ------
    InputError
        As `read_participants` and `match_participants`; if a column is not there, or there is no table.
    """
    table = _participants(request)
    matched = match_participants(table, people, request.session) if table.path else MatchedPeople()
    values = {p.name: dict(matched.rows[p.name].values) if p.name in matched.rows else {} for p in people}
    for person in people:
        for name in MEASURED:
            if measured := getattr(person.result.report.scan, name):
                values[person.name].setdefault(name, str(measured))
    also = tuple(name for name in MEASURED if any(name in row for row in values.values()))
    head = _head_size(request, table, people)
    wanted = [table.column(name) for name in request.covariates]
    columns = tuple(dict.fromkeys([*wanted, *([head] if head else [])]))
    group = table.column(request.group) if request.group else ""
    if group in columns:
        problem = f"“{group}” is the column of the groups, and cannot be adjusted for as well."
        raise InputError(problem, request.participants, "Leave it out of --covariates.")
    for name, what in MEASURED.items():
        if name in columns and name not in (*table.columns, *also):
            problem = f"No result has the volume {what} ({name})."
            raise InputError(problem, request.results[0], "Segment the scans again, or leave it out.")
    if INTRACRANIAL_ML in columns and INTRACRANIAL_ML not in table.columns:
        _require_one_method(request, people)
    require_columns(table, [*columns, *([group] if group else [])], also)
    reading = Reading(
        where=request.participants,
        decimal_comma=table.decimal_comma,
        categorical=_known_columns(request.categorical, columns, table, "--categorical"),
        numeric=_known_columns(request.numeric, columns, table, "--numeric"),
    )
    return _with_groups_alike(PeopleTable(table, matched, values, group, columns, reading))


def covariates_in(table: PeopleTable, used: Sequence[str]) -> Covariates:
    """Numbers of the covariates of some people. Raises InputError as `covariates_of`."""
    cells = {column: [table.cell(name, column) for name in used] for column in table.columns}
    usual = {column: table.usual(column) for column in table.columns}
    return covariates_of(cells, usual, table.reading, len(used))


def groups_in(
    request: CohortRequest, table: PeopleTable, used: Sequence[str]
) -> tuple[list[str], dict[str, str], tuple[str, ...]]:
    """All groups, the reference first; the group of each person; and what to say of their names.

    Raises
    ------
    InputError
        If it is not clear which group to compare with, or a group has one person, or loses all others because
        of a covariate.
    """
    of_person = {name: table.group_of(name) or "" for name in used}
    groups = sorted(set(of_person.values()))
    if not table.group:
        return groups, of_person, ()
    asked = level_key(request.reference)
    wanted = [g for g in groups if (level_key(g) == asked if asked else is_reference_name(g))]
    if len(wanted) != 1 or len(groups) < 2:
        _require_no_group_left_out(request, table, groups, used)
        raise InputError(
            f"It is not clear which group to compare with; “{table.group}” has: {listed(groups)}.",
            request.participants,
            "Give --reference with one of at least two groups.",
        )
    _require_two_in_each(request, table, groups, of_person)
    spellings = spelled_alike(
        table.matched.rows[name].values[table.group] for name in used if name in table.matched.rows
    )
    return (
        [*wanted, *(g for g in groups if g != wanted[0])],
        of_person,
        tuple(twin_notes(table.group, spellings)),
    )


def _require_no_group_left_out(
    request: CohortRequest, table: PeopleTable, groups: Sequence[str], used: Sequence[str]
) -> None:
    """Refuse covariates that nobody of a group has, naming them."""
    gone = sorted({table.group_of(name) or "" for name in table.values} - {"", *groups})
    if gone:
        raise InputError(
            f"Nobody of the {counted(len(gone), 'group')} {listed([f'“{g}”' for g in gone], 4)} has all that "
            f"is asked for: {table.left_out(gone, used)}.",
            request.participants,
            _FEWER_COVARIATES,
        )


def _require_two_in_each(
    request: CohortRequest, table: PeopleTable, groups: Sequence[str], of_person: Mapping[str, str]
) -> None:
    """Refuse groups of one person, and say if covariates left the others out."""
    times = Counter(of_person.values())
    alone = [g for g in groups if times[g] < LEAST_GROUP]
    if not alone:
        return
    who = [next(name for name, group in of_person.items() if group == g) for g in alone]
    told = listed([f"“{g}” ({name})" for g, name in zip(alone, who, strict=True)], 4)
    if left_out := table.left_out(alone, of_person):
        raise InputError(
            f"Of {counted(len(alone), 'group')} of “{table.group}” one person alone has all that is asked "
            f"for: {told}; {left_out}. A comparison needs {LEAST_GROUP} or more in each.",
            request.participants,
            _FEWER_COVARIATES,
        )
    raise InputError(
        f"{counted(len(alone), 'group')} of “{table.group}” with one person: {told}. A comparison needs "
        f"{LEAST_GROUP} or more in each.",
        request.participants,
        f'Leave it out with --missing "{table.group}={alone[0]}" (in the window: cells that mean '
        "unknown), or compare each person against all others, without groups.",
    )


def require_apart(
    request: CohortRequest, groups: Sequence[str], codes: NDArray[np.int_], covariates: Covariates
) -> None:
    """Refuse groups and covariates of which one follows from the others, naming them.

    Raises
    ------
    InputError
        If there are such columns.
    """
    names = ["", *(f"{request.group} = {group}" for group in groups[1:]), *covariates.names]
    dummies = [codes == code for code in range(1, len(groups))]
    spread = covariates.values.std(axis=0) if covariates.names else np.zeros(0)
    design = np.column_stack([np.ones(len(codes)), *dummies, covariates.values / np.where(spread, spread, 1)])
    found = [names[column] for column in dependent_columns(design) if names[column]]
    if not found or len(design) <= design.shape[1]:
        return
    of_group = any(name.startswith(f"{request.group} = ") for name in found) and request.group
    raise InputError(
        f"{' and '.join(f'“{name}”' for name in found)} cannot be told apart: one follows from the other"
        f"{'s' if len(found) > 2 else ''} in all {counted(len(codes), 'person')}.",
        request.participants,
        "Leave that covariate out; what it does cannot be told from the group."
        if of_group
        else "Leave one out.",
    )


def _head_size(request: CohortRequest, table: Participants, people: Sequence[Person]) -> str | None:
    """Column of the head's size that groups are adjusted for without being asked.

    That of the table; else the volume inside the skull, if it was measured in one way of everybody.
    """
    if not request.head_size:
        return None
    if column := head_size_column(table):
        return column
    known = know_head_size(person.result.report.scan for person in people)
    return INTRACRANIAL_ML if request.group and known else None


def _require_one_method(request: CohortRequest, people: Sequence[Person]) -> None:
    scans = [person.result.report.scan for person in people]
    methods = sorted({scan.intracranial_method or "unknown" for scan in scans if scan.intracranial_ml})
    if len(methods) > 1:
        raise InputError(
            f"The volume inside the skull was measured in several ways: {listed(methods)}.",
            request.results[0],
            "Segment all scans with one version of the program, or leave it out.",
        )


def _participants(request: CohortRequest) -> Participants:
    if request.participants is not None:
        return read_participants(request.participants, request.missing)
    if request.group or set(request.covariates) - MEASURED.keys():
        raise InputError(
            "Groups and covariates need the table of participants.",
            None,
            "Add --participants participants.tsv.",
        )
    return Participants()


def _known_columns(
    asked: Sequence[str], columns: Sequence[str], table: Participants, option: str
) -> tuple[str, ...]:
    found = tuple(table.column(name) for name in asked)
    for name in found:
        if name not in columns:
            raise InputError(
                f"{option} names “{name}”, which is no covariate here.",
                table.path,
                f"The covariates are: {', '.join(columns) or 'none'}.",
            )
    return found


def _with_groups_alike(table: PeopleTable) -> PeopleTable:
    """Return the same with one spelling of each group."""
    if not table.group:
        return table
    spellings = spelled_alike(row[table.group] for row in table.values.values() if table.group in row)
    values = {
        name: {**row, table.group: spellings[row[table.group]]} if table.group in row else row
        for name, row in table.values.items()
    }
    return replace(table, values=values)
