"""Groups and covariates of a cohort, from the table of participants and from the reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from brainstem_app.counting import listed
from brainstem_app.errors import InputError
from brainstem_app.reports.cohort.cells import spelled_alike
from brainstem_app.reports.cohort.covariates import CellPlace, Covariates, Reading, covariates_of
from brainstem_app.reports.cohort.participants import (
    MatchedPeople,
    Participants,
    head_size_column,
    match_participants,
    name_head_size,
    read_participants,
    require_columns,
)
from brainstem_app.reports.cohort.people import Person
from brainstem_app.reports.cohort.request import PeopleRequest
from brainstem_app.reports.scan.scan_entry import BRAIN_ML, INTRACRANIAL_ML, know_head_size

#: Covariates that come from the reports where the table has none, and what they are the volume of.
MEASURED = {BRAIN_ML: "of the brain", INTRACRANIAL_ML: "inside the skull"}


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
    site : str
        Column of the sites; empty for none.
    """

    table: Participants
    matched: MatchedPeople
    values: dict[str, dict[str, str]]
    group: str
    columns: tuple[str, ...]
    reading: Reading
    site: str = ""

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns that a person must have a value of to be in a model."""
        return (*filter(None, (self.group, self.site)), *self.columns)

    def is_complete(self, person: str) -> bool:
        """Whether all that the model needs of a person is known."""
        return not self.lacking(person)

    def lacking(self, person: str) -> list[str]:
        """Columns of which a person has no value."""
        return [column for column in self.needed if column not in self.values[person]]

    def group_of(self, person: str) -> str | None:
        """Group of a person as the table spells it, but for twins; None if it is unknown."""
        return self.values[person].get(self.group)

    def site_of(self, person: str) -> str | None:
        """Site of a person, spelled as `group_of`; None if it is unknown or nobody asks."""
        return self.values[person].get(self.site) if self.site else None

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
            fix = "Write the names of the results into the column participant_id."
            if self.matched.is_of_others:
                fix = (
                    f"The table is that of the dataset “{self.table.path.absolute().parent.name}”, and the "
                    "results are of others: give theirs, or copy this one out of the dataset if it is theirs."
                )
            return (
                f"Nobody of the results is in the table of participants. The results: "
                f"{listed(self.matched.only_in_results, 4)}; the table: "
                f"{listed(self.matched.only_in_table, 4)}.",
                self.table.path,
                fix,
            )
        return (
            f"Nobody has all that is asked for: {self._unknown(self.values)}.",
            self.table.path,
            "Fill the table, or ask for less.",
        )


def people_table(request: PeopleRequest, people: Sequence[Person], scored: Sequence[str] = ()) -> PeopleTable:
    """Read the table of participants and find the row of each person.

    `scored` names columns that a saved reference group asks for.

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
    wanted = [table.column(name) for name in request.covariates]
    head = None if name_head_size(wanted) else _head_size(request, table, people)
    columns = tuple(dict.fromkeys([*wanted, *([head] if head else [])]))
    group = table.column(request.group) if request.group else ""
    if group in columns:
        problem = f"“{group}” is the column of the groups, and cannot be adjusted for as well."
        raise InputError(problem, request.participants, "Leave it out of --covariates.")
    site = _site_column(request, table, (group, *columns))
    for name, what in MEASURED.items():
        if name in columns and name not in (*table.columns, *also):
            problem = f"No result has the volume {what} ({name})."
            raise InputError(problem, people[0].result.given, "Segment the scans again, or leave it out.")
    if INTRACRANIAL_ML in columns and INTRACRANIAL_ML not in table.columns:
        _require_one_method(request, people)
    require_columns(table, [*columns, *filter(None, (group, site))], also)
    told = (*columns, *map(table.column, scored))
    reading = Reading(
        where=request.participants,
        decimal_comma=table.decimal_comma,
        categorical=_known_columns(request.categorical, told, table, "--categorical"),
        numeric=_known_columns(request.numeric, told, table, "--numeric"),
    )
    made = PeopleTable(table, matched, values, group, columns, reading, site)
    return _spelled_alike(_spelled_alike(made, group), site)


def covariates_in(table: PeopleTable, used: Sequence[str]) -> Covariates:
    """Numbers of the covariates of some people. Raises InputError as `covariates_of`."""
    cells = {column: [table.cell(name, column) for name in used] for column in table.columns}
    usual = {column: table.usual(column) for column in table.columns}
    return covariates_of(cells, usual, table.reading, len(used))


def _head_size(request: PeopleRequest, table: Participants, people: Sequence[Person]) -> str | None:
    """Column of the head's size that groups are adjusted for without being asked.

    That of the table; else the volume inside the skull, if it was measured in one way of everybody.
    """
    if not request.head_size:
        return None
    if column := head_size_column(table):
        return column
    known = know_head_size(person.result.report.scan for person in people)
    return INTRACRANIAL_ML if request.group and known else None


def _require_one_method(request: PeopleRequest, people: Sequence[Person]) -> None:
    scans = [person.result.report.scan for person in people]
    methods = sorted({scan.intracranial_method or "unknown" for scan in scans if scan.intracranial_ml})
    if len(methods) > 1:
        raise InputError(
            f"The volume inside the skull was measured in several ways: {listed(methods)}.",
            people[0].result.given,
            "Segment all scans with one version of the program, or leave it out.",
        )


def _participants(request: PeopleRequest) -> Participants:
    if request.participants is not None:
        return read_participants(request.participants, request.missing)
    if request.group or request.site or set(request.covariates) - MEASURED.keys():
        raise InputError(
            "Groups, sites and covariates need the table of participants.",
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


def _site_column(request: PeopleRequest, table: Participants, others: Sequence[str]) -> str:
    """Column of the sites as the table spells it; empty for none."""
    site = table.column(request.site) if request.site else ""
    if site and site in others:
        raise InputError(
            f"“{site}” is the column of the sites, whose differences are taken out, and cannot be a group or "
            "covariate as well.",
            request.participants,
            "Leave it out of --covariates and --group, or give another --site.",
        )
    return site


def _spelled_alike(table: PeopleTable, column: str) -> PeopleTable:
    """Return the same with one spelling of each word of a column."""
    if not column:
        return table
    spellings = spelled_alike(row[column] for row in table.values.values() if column in row)
    values = {
        name: {**row, column: spellings[row[column]]} if column in row else row
        for name, row in table.values.items()
    }
    return replace(table, values=values)
