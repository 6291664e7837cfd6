"""Report on the volumes of many people, from the ``report.json`` of each: groups and single subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from brainstem_app.errors import InputError
from brainstem_app.evaluation.linear_model import GroupEffect, deviations, group_effects
from brainstem_app.evaluation.paired import benjamini_hochberg, holm
from brainstem_app.imaging.bids.subject_ids import id_key
from brainstem_app.reports.change.model import A_YEAR, CHANGE_LIMITS
from brainstem_app.reports.cohort.methods import cohort_methods
from brainstem_app.reports.cohort.model import (
    CohortReport,
    GroupComparison,
    LeftOutPerson,
    VolumeEffect,
)
from brainstem_app.reports.cohort.modelled import Measured, ModelledPeople, Values, modelled_people
from brainstem_app.reports.cohort.notes import cohort_notes, unseen_nuclei
from brainstem_app.reports.cohort.people import people_of, session_of
from brainstem_app.reports.cohort.people_table import PeopleTable, people_table
from brainstem_app.reports.cohort.reference_scores import reference_scores
from brainstem_app.reports.cohort.request import CohortRequest
from brainstem_app.reports.cohort.saved_reference import read_reference
from brainstem_app.reports.cohort.subjects import Scores, subjects_of
from brainstem_app.reports.engine.entry import rounded
from brainstem_app.reports.scan.results import Result, common_limits, find_results, model_names


@dataclass(frozen=True)
class ChosenBefore:
    """How the results were chosen, before a comparison: what to say of it, and who was left out."""

    notes: Sequence[str] = ()
    left_out: Sequence[LeftOutPerson] = field(default=())


def build_cohort_report(
    request: CohortRequest,
    command: str = "",
    results: Sequence[Result] | None = None,
    chosen: ChosenBefore | None = None,
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
    chosen : ChosenBefore, optional
        How they were chosen.

    Raises
    ------
    InputError
        If there is no report, a subject has two, their atlases, models or versions differ, a column or the
        reference group is missing, a cell of the table is doubtful, a group or site has too few people, or
        there are too few subjects for the model.
    """
    results = find_results(request.results) if results is None else results
    chosen = chosen or ChosenBefore()
    people, notes = people_of(request, results)
    reference = None if request.against is None else read_reference(request.against)
    if reference is not None and not request.group:
        # Nothing is compared that could be adjusted, and one person has no covariate that varies.
        request = request.model_copy(update={"covariates": (), "head_size": False})
    table = people_table(request, people, () if reference is None else reference.columns)
    model, said = modelled_people(request, people, table, request.contrasts)
    if reference is None or request.against is None:
        scores, unscored = _scores(model, request.group)
        against = None
    else:
        found = reference_scores(
            reference, request.against, people, model.measures, table, mixed=request.mixed
        )
        scores = Scores(found.z, found.centile, {} if request.group else found.unscored)
        unscored, against = found.notes, found.reference
    reports = [person.result.report for person in people]
    of_changes = any(measured.unit == A_YEAR for measured in model.measures.all)
    report = CohortReport(
        created=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        atlas=", ".join(sorted({each.atlas.title for each in reports})),
        models=model_names(reports),
        versions=tuple(sorted({person.result.version for person in people} - {""})),
        group=request.group or None,
        reference=model.groups.names[0] if request.group else None,
        covariates=model.covariates.names,
        least=request.least,
        site=table.site or None,
        sites=model.sites,
        against=against,
        comparisons=_comparisons(model, request.least) if request.group else (),
        subjects=subjects_of(people, table, model, scores),
        left_out=tuple(chosen.left_out),
        without_row=None if request.participants is None else table.matched.only_in_results,
        without_result=None if request.participants is None else _without_result(table, chosen, results),
        notes=(*chosen.notes, *notes, *said, *unscored),
        command=command,
        limits=CHANGE_LIMITS if of_changes else common_limits(reports),
        of_changes=of_changes,
    )
    report = report.model_copy(update={"notes": (*report.notes, *cohort_notes(report, table, people))})
    return report.model_copy(update={"methods": cohort_methods(report)})


def _without_result(table: PeopleTable, chosen: ChosenBefore, results: Sequence[Result]) -> tuple[str, ...]:
    """People of the table who have no result; who has one that was left out is named there."""
    measured = [(person.dataset, person.subject, person.session) for person in chosen.left_out]
    measured += [(result.dataset, result.subject, session_of(result)) for result in results]
    have = {
        id_key(" ".join(filter(None, (dataset, subject, session))))
        for known_dataset, subject, known_session in measured
        for dataset in ("", known_dataset)
        for session in ("", known_session)
    }
    return tuple(name for name in table.matched.only_in_table if id_key(name) not in have)


def _scores(model: ModelledPeople, group: str) -> tuple[Scores, tuple[str, ...]]:
    """Return z-scores by subject; none, and a note why, if the reference group is too small."""
    try:
        z = deviations(model.values, model.covariates.values, model.codes == 0)
    except InputError as error:
        where = f" in the group {model.groups.names[0]}," if group else ""
        return Scores(), (f"There are no z-scores:{where} {error.what}",)
    names = [measured.name for measured in model.measures.all]
    found = {
        person.name: dict(zip(names, map(float, own), strict=True))
        for person, own in zip(model.used, z, strict=True)
        if np.isfinite(own).any()
    }
    return Scores(found), ()


def _comparisons(model: ModelledPeople, least: int) -> tuple[GroupComparison, ...]:
    groups, families = model.groups, model.measures.families
    weights = [contrast.weights(groups.names) for contrast in groups.contrasts]
    effects = group_effects(model.values, model.codes, model.covariates.values, weights, least)
    strict, lenient = (
        [iter(correct([_known(p) for effect in effects for p in effect.p[f]])) for f in families]
        for correct in (holm, benjamini_hochberg)
    )
    family_of = [number for number, f in enumerate(families) for _ in model.measures.all[f]]
    unseen = unseen_nuclei(model.used)
    lacking = np.isnan(model.values) & ~model.set_aside
    found = []
    for contrast, weight, effect in zip(groups.contrasts, weights, effects, strict=True):
        own, reference = (np.isin(model.codes, np.flatnonzero(side)) for side in (weight > 0, weight < 0))
        lost = [lacking[side].sum(axis=0) for side in (own, reference)]
        means = [_mean_of_groups(model, np.clip(sign * weight, 0, None)) for sign in (1, -1)]
        entries = []
        for k, measured in enumerate(model.measures.all):
            corrected = next(strict[family_of[k]]), next(lenient[family_of[k]])
            sides = (means[0][k], means[1][k]), (lost[0][k], lost[1][k])
            entry = _effect(measured, effect, k, *sides, corrected)
            is_unseen = entry.name in unseen
            entries.append(entry.model_copy(update={"change_seen": False}) if is_unseen else entry)
        regions, areas, nuclei = (tuple(entries[f]) for f in families)
        found.append(
            GroupComparison(
                group=contrast.name,
                reference=contrast.reference,
                groups=contrast.over,
                reference_groups=contrast.under,
                n=int(own.sum()),
                reference_n=int(reference.sum()),
                degrees=effect.degrees,
                regions=regions,
                areas=areas,
                nuclei=nuclei,
            )
        )
    return tuple(found)


def _effect(
    measured: Measured,
    effect: GroupEffect,
    k: int,
    means: tuple[float, float],
    lost: tuple[int, int],
    corrected: tuple[float | None, float | None],
) -> VolumeEffect:
    return VolumeEffect(
        name=measured.name,
        full_name=measured.full_name,
        reliability=measured.reliability,
        unit=measured.unit,
        n=int(effect.n[k]),
        reference_n=int(effect.reference_n[k]),
        mean_mm3=rounded(means[0]),
        reference_mean_mm3=rounded(means[1]),
        difference_mm3=rounded(effect.difference[k]),
        low_mm3=rounded(effect.low[k]),
        high_mm3=rounded(effect.high[k]),
        t=rounded(effect.t[k]),
        d=rounded(effect.d[k]),
        d_low=rounded(effect.d_low[k]),
        d_high=rounded(effect.d_high[k]),
        p=_known(effect.p[k]),
        p_holm=corrected[0],
        p_fdr=corrected[1],
        not_found=int(lost[0]),
        reference_not_found=int(lost[1]),
        smallest_change_percent=measured.smallest_change_percent,
        change_seen=measured.change_seen,
    )


def _mean_of_groups(model: ModelledPeople, weight: Values) -> Values:
    """Mean of each measure over groups, by their weights in a contrast; NaN where one has nobody known."""
    codes = np.flatnonzero(weight)
    people = [np.ma.masked_invalid(model.values[model.codes == code]) for code in codes]
    return np.average([own.mean(axis=0).filled(np.nan) for own in people], axis=0, weights=weight[codes])


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
