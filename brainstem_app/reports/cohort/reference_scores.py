"""People set against a saved reference group: z-scores and centiles, and what to say of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.counting import counted, listed
from brainstem_app.errors import InputError
from brainstem_app.evaluation.reference_fit import deviations_from
from brainstem_app.imaging.edited_version import digest_of
from brainstem_app.reports.cohort.cells import level_key
from brainstem_app.reports.cohort.covariates import CellPlace, numbers_in
from brainstem_app.reports.cohort.model import SavedReference
from brainstem_app.reports.cohort.modelled import Measures
from brainstem_app.reports.cohort.people import Person
from brainstem_app.reports.cohort.people_table import PeopleTable
from brainstem_app.reports.cohort.saved_reference import (
    REFERENCE_FILE,
    ReferenceCovariate,
    ReferenceGroup,
    require_same_kind,
)
from brainstem_app.reports.scan.midsagittal import measure_words
from brainstem_app.reports.scan.scan_entry import INTRACRANIAL_ML

Values = NDArray[np.float64]


@dataclass(frozen=True)
class ReferenceScores:
    """Scores of people against a saved reference group.

    Attributes
    ----------
    reference : SavedReference
    names : tuple of str
        Measures that both have.
    z, centile : dict of str to dict of str to float
        By person and measure; NaN where unknown.
    unscored : dict of str to str
        Who cannot be set against it, and why not.
    notes : tuple of str
    """

    reference: SavedReference
    names: tuple[str, ...]
    z: dict[str, dict[str, float]]
    centile: dict[str, dict[str, float]]
    unscored: dict[str, str]
    notes: tuple[str, ...]


def reference_scores(
    reference: ReferenceGroup,
    path: Path,
    people: list[Person],
    measures: Measures,
    table: PeopleTable,
    *,
    mixed: bool = False,
) -> ReferenceScores:
    """Set people against the saved reference group of a file, as they were measured.

    Raises
    ------
    InputError
        If the people were measured with another atlas or model, or a covariate of the reference group is
        known of nobody.
    """
    known = {(measure.name, measure.unit): measure for measure in reference.measures}
    shared = [(k, known[m.name, m.unit]) for k, m in enumerate(measures.all) if (m.name, m.unit) in known]
    if not shared:
        raise InputError(
            "The saved reference group and these people have no measure in common: one is of volumes, the "
            "other of changes over time.",
            path,
            "Give a reference group that was saved of the same.",
        )
    said = require_same_kind(reference, people, path, mixed=mixed)
    _require_head_size(reference, people, path)
    scored, unscored = _people_with_covariates(reference, people, table, path)
    values = measures.values_of(scored)[:, [k for k, _ in shared]]
    numbers, outside = _numbers(reference, scored, table)
    z, centile = deviations_from(values, numbers, [measure.fit for _, measure in shared])
    names = tuple(measure.name for _, measure in shared)
    file = path / REFERENCE_FILE if path.is_dir() else path
    return ReferenceScores(
        SavedReference(
            name=reference.name,
            file=file.name,
            sha256=digest_of(file),
            n=reference.n,
            covariates=reference.columns,
        ),
        names,
        _by_person(scored, names, z),
        _by_person(scored, names, centile),
        unscored,
        (
            *said,
            *_about(reference),
            *([f"Not set against the saved reference group: {_told(unscored)}."] if unscored else []),
            *outside,
            *_not_shared(measures, {measure.name for _, measure in shared}),
        ),
    )


def _by_person(people: Sequence[Person], names: Sequence[str], values: Values) -> dict[str, dict[str, float]]:
    return {
        person.name: dict(zip(names, map(float, row), strict=True))
        for person, row in zip(people, values, strict=True)
    }


def _about(reference: ReferenceGroup) -> list[str]:
    adjusted = f", given {', '.join(reference.columns)}" if reference.columns else ""
    notes = [
        f"Each person is set against the saved reference group “{reference.name}” ({reference.n} people, "
        f"{reference.created[:10]}){adjusted}. If its people were scanned on another scanner or with another "
        "sequence, z-scores hold that difference too: look first at what healthy people of yours have."
    ]
    if reference.sites:
        sizes = ", ".join(f"{site}: {n}" for site, n in reference.sites.items())
        notes.append(
            f"Differences between {counted(len(reference.sites), 'site')} ({sizes}) were taken out of the "
            "saved reference group, and are in these people as they were measured: z-scores hold the whole "
            "difference of their scanner, and healthy people may have large ones. Save the group again, with "
            "the scanner as a covariate."
        )
    return notes


def _not_shared(measures: Measures, shared: Collection[str]) -> list[str]:
    gone = [measure_words(each.name) for each in measures.all if each.name not in shared]
    return [f"Not in the saved reference group, so without a score: {listed(gone)}."] if gone else []


def _require_head_size(reference: ReferenceGroup, people: Sequence[Person], path: Path) -> None:
    """Refuse a volume inside the skull that was measured in another way than the reference group's."""
    if reference.head_size_method is None:
        return
    methods = {p.result.report.scan.intracranial_method for p in people} - {None, reference.head_size_method}
    if methods:
        raise InputError(
            f"The reference group's volume inside the skull was measured in another way "
            f"({reference.head_size_method}) than these people's ({listed(sorted(map(str, methods)))}).",
            path,
            "Segment the scans with the version of the program that the reference group was made with.",
        )


def _people_with_covariates(
    reference: ReferenceGroup, people: Sequence[Person], table: PeopleTable, path: Path
) -> tuple[list[Person], dict[str, str]]:
    """People of whom all covariates of a reference group are known, and what is not known of the others."""
    unscored: dict[str, str] = {}
    scored = []
    for person in people:
        problems = [problem for one in reference.covariates if (problem := _problem(one, table, person.name))]
        if problems:
            unscored[person.name] = ", ".join(problems)
        else:
            scored.append(person)
    if not scored:
        raise InputError(
            f"Nobody can be set against the saved reference group, which is adjusted for "
            f"{', '.join(reference.columns)}. {_told(unscored)}.",
            table.table.path or path,
            "Give a table of participants with these columns, spelled as in the reference group.",
        )
    return scored, unscored


def _told(unscored: Mapping[str, str]) -> str:
    """Who lacks what, each reason once."""
    names: dict[str, list[str]] = {}
    for name, why in unscored.items():
        names.setdefault(why, []).append(name)
    return "; ".join(f"{why}: {listed(own)}" for why, own in names.items())


def _problem(covariate: ReferenceCovariate, table: PeopleTable, person: str) -> str:
    cell = _cell(covariate.column, table, person)
    if cell is None:
        return f"{covariate.column} is unknown"
    known = {level_key(level) for level in covariate.levels}
    if known and level_key(cell.text) not in known:
        return f"{covariate.column} is “{cell.text}”, not {' or '.join(covariate.levels)}"
    return ""


def _cell(column: str, table: PeopleTable, person: str) -> CellPlace | None:
    own = table.table.column(column)
    return table.cell(person, own) if own in table.values[person] else None


def _numbers(
    reference: ReferenceGroup, people: Sequence[Person], table: PeopleTable
) -> tuple[Values, list[str]]:
    """Covariates of people, coded as the reference group's (n, C), and who lies outside of its range."""
    columns: list[list[float]] = []
    notes = []
    for one in reference.covariates:
        cells = [c for person in people if (c := _cell(one.column, table, person.name)) is not None]
        if one.levels:
            keys = [level_key(cell.text) for cell in cells]
            columns += [
                [float(key == level_key(level)) - mean for key in keys]
                for level, mean in zip(one.levels[1:], one.means, strict=True)
            ]
            continue
        usual = table.usual(table.table.column(one.column))
        # As often as the people of the table: they must resemble the reference group, not it them.
        ends = [end for end in (one.low, one.high) if end is not None] * max(len(usual), len(cells))
        found = numbers_in(one.column, cells, usual, table.reading, ends)
        columns.append([number - one.means[0] for number in found])
        if one.low is None or one.high is None:
            continue
        beyond = [
            p.name for p, number in zip(people, found, strict=True) if not one.low <= number <= one.high
        ]
        if beyond:
            unit = " ml" if one.column == INTRACRANIAL_ML else ""
            notes.append(
                f"Outside of the reference group's {one.column} ({one.low:g} to {one.high:g}{unit}), where "
                f"it only guesses: {listed(beyond)} ({counted(len(beyond), 'person')})."
            )
    return np.array(columns, dtype=np.float64).reshape(len(columns), len(people)).T, notes
