"""Entries of the people of a cohort: who is in, with what, and what was measured of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from brainstem_app.atlas.label_table import Group
from brainstem_app.reports.cohort.model import VolumeSubject
from brainstem_app.reports.cohort.modelled import ModelledPeople
from brainstem_app.reports.cohort.people import Person
from brainstem_app.reports.cohort.people_table import PeopleTable
from brainstem_app.reports.engine.entry import rounded
from brainstem_app.reports.scan.regions import compared_by_name
from brainstem_app.reports.scan.results import model_title


@dataclass(frozen=True)
class Scores:
    """z-scores of people by measure, and centiles where they are known; NaN where one is not.

    `unscored` says why somebody has none where there is nothing else to be in.
    """

    z: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    centile: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    unscored: Mapping[str, str] = field(default_factory=dict)


def subjects_of(
    people: Sequence[Person], table: PeopleTable, model: ModelledPeople, scores: Scores
) -> tuple[VolumeSubject, ...]:
    """Entry of each person, in their order."""
    names = [measured.name for measured in model.measures.all]
    compared = {
        person.name: dict(zip(names, map(rounded, row), strict=True))
        for person, row in zip(model.used, model.values, strict=True)
    }
    return tuple(_subject(person, table, compared, scores, has_sites=bool(model.sites)) for person in people)


def _subject(
    person: Person,
    table: PeopleTable,
    compared: Mapping[str, dict[str, float | None]],
    scores: Scores,
    *,
    has_sites: bool,
) -> VolumeSubject:
    report, name = person.result.report, person.name
    why_not = scores.unscored.get(name) if name in compared else _why_not(table, name)
    return VolumeSubject(
        subject=name,
        dataset=person.dataset or None,
        session=person.session or None,
        in_model=why_not is None,
        why_not=why_not,
        file=report.scan.file,
        group=table.group_of(name),
        covariates=table.shown(name),
        site=table.site_of(name),
        model=model_title(report) if report.model else None,
        version=person.result.version or None,
        state=person.result.state or None,
        corrected=person.result.is_corrected,
        warnings=tuple(warning.problem for warning in report.warnings),
        brain_ml=report.scan.brain_ml,
        intracranial_ml=report.scan.intracranial_ml,
        volume_mm3={
            **compared_by_name(report),
            **{s.name: s.compared for s in report.structures if s.group is not Group.BACKGROUND},
        },
        harmonised=compared.get(name, {}) if has_sites else {},
        z={measure: rounded(z) for measure, z in scores.z.get(name, {}).items()},
        centile={measure: rounded(share, 2) for measure, share in scores.centile.get(name, {}).items()},
    )


def _why_not(table: PeopleTable, name: str) -> str:
    """Why a person is in no model."""
    if name in table.matched.only_in_results and table.table.path:
        return "not in the table of participants"
    return f"{', '.join(table.lacking(name))} unknown"
