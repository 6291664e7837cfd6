"""Reference group made of the results of people, to be saved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from brainstem_app import __version__
from brainstem_app.counting import counted, listed
from brainstem_app.errors import InputError
from brainstem_app.evaluation.linear_model import SMALL_GROUP, least_reference
from brainstem_app.evaluation.reference_fit import fit_reference
from brainstem_app.reports.change.model import A_YEAR, CHANGE_LIMITS
from brainstem_app.reports.cohort.modelled import ModelledPeople, reference_people
from brainstem_app.reports.cohort.people import people_of
from brainstem_app.reports.cohort.people_table import people_table
from brainstem_app.reports.cohort.request import PeopleRequest
from brainstem_app.reports.cohort.saved_reference import (
    ReferenceCovariate,
    ReferenceGroup,
    ReferenceMeasure,
    model_of_person,
)
from brainstem_app.reports.scan.midsagittal import measure_words
from brainstem_app.reports.scan.results import Result, common_limits, model_names
from brainstem_app.reports.scan.scan_entry import INTRACRANIAL_ML


def build_reference(
    request: PeopleRequest,
    results: Sequence[Result],
    name: str = "",
    command: str = "",
) -> tuple[ReferenceGroup, tuple[str, ...]]:
    """Model every measure of a reference group; nothing is written.

    Parameters
    ----------
    request : PeopleRequest
        Who; without groups all people are the reference group.
    results : sequence of Result
    name : str
        What the group is called; its word in the table by default.
    command : str
        The command line that does the same.

    Returns
    -------
    ReferenceGroup
        Names nobody.
    tuple of str
        What to say of its people, by name: not for the file.

    Raises
    ------
    InputError
        As `build_cohort_report`; or if the results were made with more than one model, or are too few, or
        differences of sites are to be taken out.
    """
    if request.site:
        raise InputError(
            "A reference group cannot be saved without the differences of its sites: whoever is set against "
            "it is measured with a scanner's.",
            request.participants,
            f"Save a group for each scanner; or give it as a covariate (--covariates {request.site}): each "
            "person is then set against those of the same one.",
        )
    people, notes = people_of(request, results)
    table = people_table(request, people)
    found, group, said = reference_people(request, people, table)
    reports = [person.result.report for person in found.used]
    if len(models := model_names(reports)) > 1 or len({report.atlas.title for report in reports}) > 1:
        raise InputError(
            f"A reference group is of one model and atlas; these results are of {listed(models)}.",
            people[0].result.given,
            "Segment all of its people with one model.",
        )
    needed = least_reference(len(found.covariates.names))
    if len(found.used) < needed:
        raise InputError(
            f"{counted(len(found.used), 'person is', 'people are')} too few for a reference group with "
            f"{counted(len(found.covariates.names), 'covariate')}; at least {needed} are needed.",
            request.participants or people[0].result.given,
            "Give more people, or fewer covariates.",
        )
    measures = _measures(found)
    methods: set[str | None] = {report.scan.intracranial_method for report in reports}
    made = ReferenceGroup(
        created=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        program=__version__,
        name=name or group or "all people",
        n=len(found.used),
        atlas=reports[0].atlas.title,
        model=model_of_person(found.used[0]),
        versions=tuple(sorted({p.result.version for p in found.used} - {""})),
        covariates=tuple(
            ReferenceCovariate(
                column=one.column, levels=one.levels, means=one.means, low=one.low, high=one.high
            )
            for one in found.covariates.codings
        ),
        head_size_method=_head_size_method(found, methods),
        measures=measures,
        notes=(*said, *_own_notes(found, measures)),
        command=command,
        limits=CHANGE_LIMITS if any(m.unit == A_YEAR for m in measures) else common_limits(reports),
    )
    lacking = [person.name for person in people if not table.is_complete(person.name)]
    left = [f"Without all that is asked for, and left out: {listed(lacking)}."] if lacking else []
    return made, (*notes, *left)


def _measures(found: ModelledPeople) -> tuple[ReferenceMeasure, ...]:
    fits = fit_reference(found.values, found.covariates.values)
    made = []
    for k, (measured, fit) in enumerate(zip(found.measures.all, fits, strict=True)):
        if fit is None:
            continue
        own = found.values[np.isfinite(found.values[:, k]), k]
        made.append(
            ReferenceMeasure(
                name=measured.name,
                full_name=measured.full_name,
                unit=measured.unit,
                reliability=measured.reliability,
                mean=float(own.mean()),
                sd=float(own.std(ddof=1)),
                n=fit.n,
                degrees=fit.degrees,
                spread=fit.spread,
                coefficients=tuple(map(float, fit.coefficients)),
                covariance=tuple(tuple(map(float, row)) for row in fit.covariance),
            )
        )
    return tuple(made)


def _head_size_method(found: ModelledPeople, methods: set[str | None]) -> str | None:
    """How the volume inside the skull was measured, if the program did it and it is a covariate."""
    is_used = any(one.column == INTRACRANIAL_ML for one in found.covariates.codings)
    return next(iter(methods)) if is_used and len(methods) == 1 else None


def _own_notes(found: ModelledPeople, measures: Sequence[ReferenceMeasure]) -> list[str]:
    kept = {measure.name for measure in measures}
    gone = [measure_words(each.name) for each in found.measures.all if each.name not in kept]
    notes = []
    if gone:
        notes.append(f"Known in too few people, or the same in all, and left out: {listed(gone)}.")
    if len(found.used) < SMALL_GROUP:
        notes.append(
            f"A small group ({counted(len(found.used), 'person')}): z-scores against it are widened by what "
            "it does not know."
        )
    return notes
