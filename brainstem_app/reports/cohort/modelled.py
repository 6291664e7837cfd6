"""What the linear models of a cohort are of: people, measures and values, groups, covariates, sites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import Group
from brainstem_app.counting import agreeing, counted, listed
from brainstem_app.errors import InputError
from brainstem_app.evaluation.combat import harmonised
from brainstem_app.reports.cohort.covariates import Covariates
from brainstem_app.reports.cohort.groups import (
    Groups,
    apart_notes,
    fewer_asked,
    groups_in,
    reference_group,
    require_apart,
    require_enough,
)
from brainstem_app.reports.cohort.people import Person
from brainstem_app.reports.cohort.people_table import PeopleTable, covariates_in
from brainstem_app.reports.cohort.request import PeopleRequest
from brainstem_app.reports.scan.midsagittal import measure_words
from brainstem_app.reports.scan.model import StructureEntry
from brainstem_app.reports.scan.region_model import AreaEntry, RegionEntry
from brainstem_app.reports.scan.regions import common_areas, common_regions, compared_values

Values = NDArray[np.float64]
Measured = RegionEntry | AreaEntry | StructureEntry


@dataclass(frozen=True)
class Measures:
    """What is measured of everybody: families of regions, midsagittal areas and nuclei.

    Each is a family of tests: whoever looks at one does not pay for the others.
    """

    regions: tuple[RegionEntry, ...]
    areas: tuple[AreaEntry, ...]
    nuclei: tuple[StructureEntry, ...]

    @property
    def all(self) -> tuple[Measured, ...]:
        """Regions, areas and nuclei."""
        return (*self.regions, *self.areas, *self.nuclei)

    @property
    def families(self) -> tuple[slice, slice, slice]:
        """Places of the regions, of the areas and of the nuclei among them."""
        first, second = len(self.regions), len(self.regions) + len(self.areas)
        return slice(first), slice(first, second), slice(second, None)

    def values_of(self, people: Sequence[Person]) -> Values:
        """Values of some people, (n, K); NaN where a measure was not found or is cut."""
        others = [each.name for each in (*self.regions, *self.areas)]
        rows = [
            [*compared_values(p.result.report, others), *(_volume(p, s.name) for s in self.nuclei)]
            for p in people
        ]
        return np.array(rows, dtype=np.float64).reshape(len(people), len(self.all))


@dataclass(frozen=True)
class ModelledPeople:
    """People of the linear models.

    Attributes
    ----------
    used : list of Person
    measures : Measures
    values : ndarray of float64, shape (n, K)
        What is compared: without the differences of sites, if there are several.
    groups : Groups
    codes : ndarray of int, shape (n,)
        Group of each person, 0 the reference group.
    covariates : Covariates
    set_aside : ndarray of bool, shape (n, K)
        What is known and yet not compared: the difference of its site cannot be told.
    sites : dict of str to int
        People of each site; empty for one site.
    """

    used: list[Person]
    measures: Measures
    values: Values
    groups: Groups
    codes: NDArray[np.int_]
    covariates: Covariates
    set_aside: NDArray[np.bool_]
    sites: dict[str, int]


def modelled_people(
    request: PeopleRequest, people: Sequence[Person], table: PeopleTable, contrasts: Sequence[str] = ()
) -> tuple[ModelledPeople, tuple[str, ...]]:
    """People of whom all is known that the models need, with their values; and what to say of the columns.

    Raises
    ------
    InputError
        If there is nobody, groups or sites have too few people, or what is compared cannot be told apart.
    """
    measures = common_measures(people)
    used = [person for person in people if table.is_complete(person.name)]
    if not used:
        raise InputError(*table.nobody())
    names = [person.name for person in used]
    covariates = covariates_in(table, names)
    groups = groups_in(request, table, names, contrasts)
    codes = groups.codes(names)
    require_enough(request, groups.names, covariates)
    of_site = _sites(request, table, names)
    require_apart(request, groups.names, codes, covariates, of_site)
    found = _as_measured(used, measures, groups, codes, covariates)
    apart = apart_notes(groups, codes, covariates)
    model = _without_sites(found, of_site, request.least)
    aside = _set_aside_notes(model, of_site, request.least)
    return model, (*groups.notes, *covariates.notes, *apart, *aside)


def reference_people(
    request: PeopleRequest, people: Sequence[Person], table: PeopleTable
) -> tuple[ModelledPeople, str, tuple[str, ...]]:
    """People of the reference group alone, all people without groups; its name, and what to say of columns.

    Raises
    ------
    InputError
        As `modelled_people`.
    """
    measures = common_measures(people)
    complete = [person for person in people if table.is_complete(person.name)]
    if not complete:
        raise InputError(*table.nobody())
    group = reference_group(request, table, [person.name for person in complete])
    used = [person for person in complete if not group or table.group_of(person.name) == group]
    names = [person.name for person in used]
    covariates = covariates_in(table, names)
    codes = np.zeros(len(used), dtype=np.int_)
    require_apart(request, [group], codes, covariates)
    groups = Groups([group], dict.fromkeys(names, group))
    return _as_measured(used, measures, groups, codes, covariates), group, covariates.notes


def _as_measured(
    used: list[Person],
    measures: Measures,
    groups: Groups,
    codes: NDArray[np.int_],
    covariates: Covariates,
) -> ModelledPeople:
    values = measures.values_of(used)
    aside = np.zeros(values.shape, dtype=np.bool_)
    return ModelledPeople(used, measures, values, groups, codes, covariates, aside, {})


def common_measures(people: Sequence[Person]) -> Measures:
    """Regions, areas and nuclei that every result has.

    Raises
    ------
    InputError
        If the results have no nucleus in common.
    """
    reports = [person.result.report for person in people]
    times = Counter(s.name for report in reports for s in report.structures)
    nuclei = tuple(
        s for s in reports[0].structures if s.group is Group.NUCLEUS and times[s.name] == len(people)
    )
    if not nuclei:
        raise InputError(
            "The atlases of these results have no nucleus in common.",
            people[0].result.given,
            "Segment all scans with one model.",
        )
    return Measures(tuple(common_regions(reports)), tuple(common_areas(reports)), nuclei)


def _volume(person: Person, name: str) -> float:
    """Volume of a structure, mm³; NaN if it was not found or is cut."""
    entry = next((s for s in person.result.report.structures if s.name == name), None)
    return np.nan if entry is None or entry.compared is None else entry.compared


def _sites(request: PeopleRequest, table: PeopleTable, names: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    """Who is of which site, by what it is called in words; empty where nothing is asked for."""
    if not table.site:
        return {}
    own = [table.site_of(name) or "" for name in names]
    sites = sorted(set(own))
    if len(sites) < 2:
        raise InputError(
            f"There is one site alone: “{table.site}” is {sites[0]} in everybody.",
            request.participants,
            "Leave out --site.",
        )
    if small := [site for site in sites if own.count(site) < request.least]:
        told = listed([f"“{site}” ({own.count(site)})" for site in small], 4)
        raise InputError(
            f"{counted(len(small), 'site')} of “{table.site}” {agreeing(len(small), 'has', 'have')} too few "
            f"people to tell what is of the site: {told}; at least {request.least} are asked of each.",
            request.participants,
            f'Leave such people out with --missing "{table.site}={small[0]}" (in the window: Means unknown).'
            f"{fewer_asked(map(own.count, small))}",
        )
    return {f"{table.site} = {site}": np.array([one == site for one in own]) for site in sites}


def _without_sites(
    people: ModelledPeople, of_site: dict[str, NDArray[np.bool_]], least: int
) -> ModelledPeople:
    """Return the same with what is only of the sites taken out; groups and covariates keep their effects."""
    if not of_site:
        return people
    site = np.argmax(np.column_stack(list(of_site.values())), axis=1)
    dummies = [people.codes == code for code in range(1, len(people.groups.names))]
    kept = np.column_stack([np.zeros((len(site), 0)), *dummies, people.covariates.values]).astype(np.float64)
    if len(kept) <= len(of_site) + kept.shape[1]:
        raise InputError(
            f"{counted(len(kept), 'person is', 'people are')} too few to take out the differences of "
            f"{counted(len(of_site), 'site')} with groups and covariates kept; it takes "
            f"{len(of_site) + kept.shape[1] + 1}, and says something with many more.",
            None,
            "Give more results, or fewer --covariates, or leave out --site.",
        )
    sizes = {name.partition(" = ")[2]: int(own.sum()) for name, own in of_site.items()}
    values = harmonised(people.values, site, kept, least)
    aside = np.isfinite(people.values) & ~np.isfinite(values)
    return replace(people, values=values, set_aside=aside, sites=sizes)


def _set_aside_notes(
    people: ModelledPeople, of_site: dict[str, NDArray[np.bool_]], least: int
) -> tuple[str, ...]:
    """Say who is left out of which measure, although it is known, for the sake of their site."""
    few: dict[str, list[str]] = {}
    inseparable: list[str] = []
    for measured, values, aside in zip(people.measures.all, people.values.T, people.set_aside.T, strict=True):
        name, known = measure_words(measured.name), aside | np.isfinite(values)
        for site, own in of_site.items():
            out = [person.name for person, is_out in zip(people.used, own & aside, strict=True) if is_out]
            if out and (own & known).sum() < least:
                few.setdefault(f"{listed(out, 4)} ({site})", []).append(name)
            elif out and name not in inseparable:
                inseparable.append(name)
    notes = []
    if few:
        told = "; ".join(f"{who}: {listed(names)}" for who, names in few.items())
        notes.append(
            f"Left out where fewer than {least} people of their site have a measure, too few to tell what is "
            f"of the site: {told}. They do not count as not found."
        )
    if inseparable:
        notes.append(
            f"Compared in nobody: {listed(inseparable)}. In those who have it, the sites cannot be told "
            "apart from groups and covariates, or these explain it whole."
        )
    return tuple(notes)
