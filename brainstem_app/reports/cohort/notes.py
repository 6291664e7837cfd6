"""Notes of the report of a cohort: what its reader must know before the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from brainstem_app.counting import counted, listed
from brainstem_app.evaluation.linear_model import FAR, SMALL_GROUP, chance_of_far
from brainstem_app.reports.cohort.model import CohortReport
from brainstem_app.reports.cohort.participants import is_head_size
from brainstem_app.reports.cohort.people import Person
from brainstem_app.reports.cohort.people_table import PeopleTable
from brainstem_app.reports.scan.missing import missing_notes
from brainstem_app.reports.scan.model import unseen_sentence
from brainstem_app.reports.scan.regions import compared_by_name, uneven_notes
from brainstem_app.reports.scan.scan_entry import BRAIN_ML, INTRACRANIAL_ML, METHOD_IN_WORDS

#: From so many degrees of freedom on, z-scores are not far from those of a large group.
_MANY_DEGREES = 30


def cohort_notes(report: CohortReport, table: PeopleTable, people: Sequence[Person]) -> tuple[str, ...]:
    """Say who is missing, which groups are small, which nuclei lost, and what was not adjusted for."""
    return (
        *_who_is_missing(report, table),
        *_small_groups(report),
        *_sites(report),
        *_uncertain_scores(report),
        *_missing(report, people),
        *uneven_notes({person.name: [person.result.report] for person in people}),
        *_unseen_nuclei(report, people),
        *_head_size(report, table, people),
    )


def _who_is_missing(report: CohortReport, table: PeopleTable) -> list[str]:
    notes = []
    lacking: dict[str, list[str]] = {}
    incomplete = [each.subject for each in report.subjects if not table.is_complete(each.subject)]
    for name in incomplete:
        if name not in table.matched.only_in_results:
            lacking.setdefault(", ".join(table.lacking(name)), []).append(name)
    left_out = len(incomplete)
    told = [f"{columns} is unknown of {listed(names)}" for columns, names in lacking.items()]
    if left_out and table.matched.only_in_results:
        told.append(f"not in the table of participants: {listed(table.matched.only_in_results)}")
    if left_out:
        notes.append(
            f"{left_out} of {counted(len(report.subjects), 'subject')} in no model: {'; '.join(told)}."
        )
    elif table.matched.only_in_results and table.table.path:
        notes.append(f"Not in the table of participants: {listed(table.matched.only_in_results)}.")
    if table.matched.unclear:
        notes.append(f"Not matched with the table: {'; '.join(table.matched.unclear)}.")
    if absent := report.without_result:
        notes.append(
            f"{counted(len(absent), 'row')} of the table of participants without a result: {listed(absent)}."
        )
    return notes


def _small_groups(report: CohortReport) -> list[str]:
    sizes = {group: report.size_of(group) for group in report.groups} if report.comparisons else {}
    small = [f"{group}: {n}" for group, n in sizes.items() if n < SMALL_GROUP]
    if not small:
        return []
    return [
        f"Small groups ({', '.join(small)}; fewer than {SMALL_GROUP}): one person can make a difference or "
        "hide one, and the intervals hold only if the volumes are normally distributed."
    ]


def _sites(report: CohortReport) -> list[str]:
    """Say what was taken out for the sites, and what that does to p-values."""
    if not report.sites:
        return []
    sizes = ", ".join(f"{site}: {n}" for site, n in report.sites.items())
    kept = listed([*([f"the group ({report.group})"] if report.group else []), *report.covariates])
    keeping = f", keeping what goes with {kept}" if kept else ""
    return [
        f"Differences in place and spread between {counted(len(report.sites), 'site')} of “{report.site}” "
        f"({sizes}) were taken out (ComBat){keeping}. The tests do not know that they were estimated from "
        "the same people: where groups are spread unevenly over the sites, p-values are somewhat too small."
    ]


def _uncertain_scores(report: CohortReport) -> list[str]:
    if report.against is not None or not any(subject.z for subject in report.subjects):
        return []
    others = [s for s in report.modelled if report.reference is None or s.group == report.reference]
    degrees = len(others) - 2 - len(report.covariates)
    if not 0 < degrees < _MANY_DEGREES:
        return []
    return [
        f"z-scores against {counted(len(others) - 1, 'person')}: by chance alone one in "
        f"{round(1 / chance_of_far(degrees))} is {FAR:g} or more (in a large group one in 370), and there is "
        "one of each nucleus."
    ]


def _missing(report: CohortReport, people: Sequence[Person]) -> tuple[str, ...]:
    regions = {name for person in people for name in compared_by_name(person.result.report)}
    nuclei = {n.name for c in report.comparisons for n in c.nuclei} or {
        n for s in report.subjects for n in s.z if n not in regions
    }
    used = {subject.subject for subject in report.modelled}
    reports = {p.name: [p.result.report] for p in people if p.name in used}
    return missing_notes(reports, nuclei, of_changes=report.of_changes)


def unseen_nuclei(people: Sequence[Person]) -> tuple[str, ...]:
    """Nuclei in which a model that labelled any of the people cannot see change."""
    seen = [(s.name, s.change_seen) for p in people for s in p.result.report.structures]
    return tuple(dict.fromkeys(name for name, can in seen if can is False))


def _unseen_nuclei(report: CohortReport, people: Sequence[Person]) -> list[str]:
    said = unseen_sentence(unseen_nuclei(people))
    marked = " In the tables of groups they have a dagger (†)." if report.comparisons else ""
    return [said + marked] if said else []


def _head_size(report: CohortReport, table: PeopleTable, people: Sequence[Person]) -> list[str]:
    notes = []
    if BRAIN_ML in table.columns:
        notes.append(
            "Adjusted for the volume of the brain: a disease that shrinks both may be hidden; the volume "
            f"inside the skull (eTIV, {INTRACRANIAL_ML}) does not have that fault."
        )
    if INTRACRANIAL_ML in table.columns and INTRACRANIAL_ML not in table.table.columns:
        notes.append(f"Adjusted for the volume inside the skull, {METHOD_IN_WORDS}.")
    if notes:
        return notes
    # A change in per cent is of the person's own volume.
    if report.group is None or report.of_changes or any(map(is_head_size, table.columns)):
        return []
    known = sum(person.result.report.scan.intracranial_ml is not None for person in people)
    some = f" The volume inside the skull is known of {known} of {len(people)}." if known else ""
    return [
        "The size of the head was not adjusted for: it may explain a difference of all nuclei."
        f"{some} Without eTIV in the table, --covariates {BRAIN_ML} adjusts for the volume of the brain."
    ]
