"""Report on the volumes of many people, from the ``report.json`` of each: groups and single subjects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import Group
from brainstem_app.errors import InputError
from brainstem_app.evaluation.linear_model import GroupEffect, deviations, group_effects
from brainstem_app.evaluation.paired import holm
from brainstem_app.reports.cohort.covariates import Covariates
from brainstem_app.reports.cohort.document import cohort_methods
from brainstem_app.reports.cohort.model import CohortReport, GroupComparison, VolumeEffect, VolumeSubject
from brainstem_app.reports.cohort.notes import cohort_notes, unseen_nuclei
from brainstem_app.reports.cohort.people import Person, one_result_each
from brainstem_app.reports.cohort.people_table import (
    PeopleTable,
    covariates_in,
    groups_in,
    people_table,
    require_apart,
)
from brainstem_app.reports.cohort.request import CohortRequest
from brainstem_app.reports.engine.entry import rounded
from brainstem_app.reports.scan.model import LIMITS, StructureEntry
from brainstem_app.reports.scan.reading import atlas_of
from brainstem_app.reports.scan.region_model import AreaEntry, RegionEntry
from brainstem_app.reports.scan.regions import common_areas, common_regions, compared_by_name, compared_values
from brainstem_app.reports.scan.results import Result, find_results, model_names, require_alike

Values = NDArray[np.float64]
Measured = RegionEntry | AreaEntry | StructureEntry


@dataclass(frozen=True)
class _Model:
    """What the linear models are of: subjects, families of measures, their values (n, K), groups, covariates.

    Regions, midsagittal areas and nuclei are a family of tests each: whoever looks at one does not pay for
    the others.
    """

    used: list[Person]
    regions: list[RegionEntry]
    areas: list[AreaEntry]
    nuclei: list[StructureEntry]
    volumes: Values
    groups: list[str]
    codes: NDArray[np.int_]
    covariates: Covariates

    @property
    def measured(self) -> tuple[Measured, ...]:
        """What each column of the values is of."""
        return (*self.regions, *self.areas, *self.nuclei)

    @property
    def families(self) -> tuple[slice, slice, slice]:
        """Columns of regions, of areas and of nuclei."""
        first, second = len(self.regions), len(self.regions) + len(self.areas)
        return slice(first), slice(first, second), slice(second, None)


def build_cohort_report(
    request: CohortRequest,
    command: str = "",
    results: Sequence[Result] | None = None,
    said_before: Sequence[str] = (),
) -> CohortReport:
    """Read every subject's report and compare; nothing is written.

    Parameters
    ----------
    request : CohortRequest
        What to compare.
    command : str
        The command line that does the same.
    results : sequence of Result, optional
        The results, if they are read already; else those in the folders of the request.
    said_before : sequence of str
        Notes on how they were chosen.

    Raises
    ------
    InputError
        If there is no report, a subject has two, their atlases, models or versions differ, a column or the
        reference group is missing, a cell of the table is doubtful, or there are too few subjects for the
        model.
    """
    results = find_results(request.results) if results is None else results
    people, notes = one_result_each(results, request.session, separate=request.separate_folders)
    names = {person.result.path: person.name for person in people}
    alike = require_alike(
        [person.result for person in people], mixed=request.mixed, whose=lambda result: names[result.path]
    )
    table = people_table(request, people)
    model, said = _model(request, people, table)
    scores, unscored = _scores(model, request.group)
    effects = group_effects(model.volumes, model.codes, model.covariates.values) if request.group else []
    report = CohortReport(
        created=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        atlas=", ".join(sorted({atlas_of(person.result.report) for person in people})),
        models=model_names([person.result.report for person in people]),
        group=request.group or None,
        reference=model.groups[0] if request.group else None,
        covariates=model.covariates.names,
        comparisons=_comparisons(effects, model),
        subjects=_subjects(people, table, model, scores),
        without_row=None if request.participants is None else table.matched.only_in_results,
        without_result=None if request.participants is None else table.matched.only_in_table,
        notes=(*said_before, *alike, *notes, *said, *unscored),
        command=command,
        limits=LIMITS,
    )
    report = report.model_copy(update={"notes": (*report.notes, *cohort_notes(report, table, people))})
    return report.model_copy(update={"methods": cohort_methods(report)})


def _model(
    request: CohortRequest, people: Sequence[Person], table: PeopleTable
) -> tuple[_Model, tuple[str, ...]]:
    """Who is in the linear models, with what; and what to say of the columns."""
    reports = [person.result.report for person in people]
    nuclei, regions, areas = _common_nuclei(people), common_regions(reports), common_areas(reports)
    used = [person for person in people if table.is_complete(person.name)]
    if not used:
        raise InputError(*table.nobody())
    covariates = covariates_in(table, [person.name for person in used])
    groups, of_person, said = groups_in(request, table, [person.name for person in used])
    codes = np.array([groups.index(of_person[person.name]) for person in used])
    require_apart(request, groups, codes, covariates)
    others = [each.name for each in (*regions, *areas)]
    volumes = np.array(
        [[*compared_values(p.result.report, others), *(_volume(p, s.name) for s in nuclei)] for p in used],
        dtype=np.float64,
    )
    model = _Model(used, regions, areas, nuclei, volumes, groups, codes, covariates)
    return model, (*said, *covariates.notes)


def _common_nuclei(people: Sequence[Person]) -> list[StructureEntry]:
    """Nuclei that the atlas of every result has."""
    times = Counter(s.name for p in people for s in p.result.report.structures)
    first = people[0].result.report
    found = [s for s in first.structures if s.group is Group.NUCLEUS and times[s.name] == len(people)]
    if not found:
        raise InputError(
            "The atlases of these results have no nucleus in common.",
            people[0].result.given,
            "Segment all scans with one model.",
        )
    return found


def _volume(person: Person, name: str) -> float:
    """Volume of a structure, mm³; NaN if it was not found or is cut."""
    entry = next(s for s in person.result.report.structures if s.name == name)
    return np.nan if entry.compared is None else entry.compared


def _subjects(
    people: Sequence[Person], table: PeopleTable, model: _Model, scores: dict[str, Values]
) -> tuple[VolumeSubject, ...]:
    measured, used = [m.name for m in model.measured], {person.name for person in model.used}
    found = []
    for person in people:
        report = person.result.report
        z = scores.get(person.name)
        found.append(
            VolumeSubject(
                subject=person.name,
                dataset=person.dataset or None,
                session=person.session or None,
                in_model=person.name in used,
                file=report.scan.file,
                group=table.group_of(person.name),
                covariates=table.shown(person.name),
                brain_ml=report.scan.brain_ml,
                intracranial_ml=report.scan.intracranial_ml,
                volume_mm3={
                    **compared_by_name(report),
                    **{s.name: s.compared for s in report.structures if s.group is not Group.BACKGROUND},
                },
                z={} if z is None else dict(zip(measured, map(rounded, z), strict=True)),
            )
        )
    return tuple(found)


def _scores(model: _Model, group: str) -> tuple[dict[str, Values], tuple[str, ...]]:
    """Return z-scores by subject; none, and a note why, if the reference group is too small."""
    try:
        z = deviations(model.volumes, model.covariates.values, model.codes == 0)
    except InputError as error:
        where = f" in the group {model.groups[0]}," if group else ""
        return {}, (f"There are no z-scores:{where} {error.what}",)
    names = [person.name for person in model.used]
    return {name: own for name, own in zip(names, z, strict=True) if np.isfinite(own).any()}, ()


def _comparisons(effects: Sequence[GroupEffect], model: _Model) -> tuple[GroupComparison, ...]:
    corrected = [iter(holm([_known(p) for effect in effects for p in effect.p[f]])) for f in model.families]
    family_of = [number for number, f in enumerate(model.families) for _ in model.measured[f]]
    reference = model.volumes[model.codes == 0]
    unseen = unseen_nuclei(model.used)
    found = []
    for code, effect in enumerate(effects, start=1):
        own = model.volumes[model.codes == code]
        entries = tuple(
            _effect(measured, effect, k, own[:, k], reference[:, k], next(corrected[family_of[k]]))
            for k, measured in enumerate(model.measured)
        )
        entries = tuple(
            entry.model_copy(update={"change_seen": False}) if entry.name in unseen else entry
            for entry in entries
        )
        found.append(
            GroupComparison(
                group=model.groups[code],
                n=len(own),
                reference_n=len(reference),
                degrees=effect.degrees,
                regions=entries[model.families[0]],
                areas=entries[model.families[1]],
                nuclei=entries[model.families[2]],
            )
        )
    return tuple(found)


def _effect(
    measured: Measured,
    effect: GroupEffect,
    k: int,
    own: Values,
    reference: Values,
    p_holm: float | None,
) -> VolumeEffect:
    return VolumeEffect(
        name=measured.name,
        full_name=measured.full_name,
        reliability=measured.reliability,
        unit=measured.unit,
        n=int(effect.n[k]),
        reference_n=int(effect.reference_n[k]),
        mean_mm3=_mean(own),
        reference_mean_mm3=_mean(reference),
        difference_mm3=rounded(effect.difference[k]),
        low_mm3=rounded(effect.low[k]),
        high_mm3=rounded(effect.high[k]),
        t=rounded(effect.t[k]),
        d=rounded(effect.d[k]),
        d_low=rounded(effect.d_low[k]),
        d_high=rounded(effect.d_high[k]),
        p=_known(effect.p[k]),
        p_holm=p_holm,
        not_found=int(np.isnan(own).sum()),
        reference_not_found=int(np.isnan(reference).sum()),
        smallest_change_percent=measured.smallest_change_percent,
        change_seen=measured.change_seen,
    )


def _mean(values: Values) -> float | None:
    known = values[np.isfinite(values)]
    return rounded(known.mean()) if known.size else None


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
