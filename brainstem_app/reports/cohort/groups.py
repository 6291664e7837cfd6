"""Groups of a cohort: which there are, which are compared, and whether a model can tell them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainstem_app.counting import agreeing, counted, listed
from brainstem_app.errors import InputError
from brainstem_app.evaluation.linear_model import dependent_columns
from brainstem_app.reports.cohort.cells import level_key, spelled_alike
from brainstem_app.reports.cohort.contrasts import Contrast, against_reference, read_contrasts
from brainstem_app.reports.cohort.covariates import Covariates, twin_notes
from brainstem_app.reports.cohort.participants import is_head_size, is_reference_name
from brainstem_app.reports.cohort.people_table import PeopleTable
from brainstem_app.reports.cohort.request import PeopleRequest

_FEWER_COVARIATES = "Leave that covariate out, or fill it in the table."


@dataclass(frozen=True)
class Groups:
    """Groups of the people in the models.

    Attributes
    ----------
    names : list of str
        The reference group first; one empty name without groups.
    of_person : dict of str to str
    contrasts : tuple of Contrast
        What is set against each other; empty without groups.
    notes : tuple of str
        What to say of their names.
    """

    names: list[str]
    of_person: dict[str, str]
    contrasts: tuple[Contrast, ...] = ()
    notes: tuple[str, ...] = ()

    def codes(self, people: Sequence[str]) -> NDArray[np.int_]:
        """Return the number of the group of each person."""
        return np.array([self.names.index(self.of_person[name]) for name in people])


def groups_in(
    request: PeopleRequest, table: PeopleTable, used: Sequence[str], contrasts: Sequence[str] = ()
) -> Groups:
    """Return the groups of some people.

    Parameters
    ----------
    contrasts : sequence of str
        As the user writes them (`read_contrasts`); each group with the reference group if there is none.

    Raises
    ------
    InputError
        If it is not clear which group to compare with, a contrast names none, or a group has too few people,
        perhaps because of a covariate.
    """
    of_person = {name: table.group_of(name) or "" for name in used}
    groups = sorted(set(of_person.values()))
    if not table.group:
        return Groups(groups, of_person)
    read = read_contrasts(contrasts, groups, request.participants) if contrasts else ()
    asked, wanted = level_key(request.reference), _called_reference(request, groups)
    if read and not asked and len(wanted) != 1:
        # What the first comparison is with is what people are set against.
        wanted = [read[0].under[0]]
    if len(wanted) != 1 or len(groups) < 2:
        _require_no_group_left_out(request, table, groups, used)
        raise _unclear(request, table, groups, "--reference with one of at least two groups")
    ordered = [*wanted, *(g for g in groups if g != wanted[0])]
    read = read or against_reference(ordered)
    _require_sizes(request, table, [g for g in ordered if any(g in c.groups for c in read)], of_person)
    spellings = spelled_alike(
        table.matched.rows[name].values[table.group] for name in used if name in table.matched.rows
    )
    return Groups(ordered, of_person, read, tuple(twin_notes(table.group, spellings)))


def reference_group(request: PeopleRequest, table: PeopleTable, used: Sequence[str]) -> str:
    """Name of the reference group; empty without groups. Raises InputError if it is not clear which it is."""
    if not table.group:
        return ""
    groups = sorted({table.group_of(name) or "" for name in used})
    wanted = _called_reference(request, groups)
    if len(wanted) != 1:
        raise _unclear(request, table, groups, "--reference with one of them")
    return wanted[0]


def _called_reference(request: PeopleRequest, groups: Sequence[str]) -> list[str]:
    """Return groups of the name that was asked for, or else those that are called control or the like."""
    asked = level_key(request.reference)
    return [g for g in groups if (level_key(g) == asked if asked else is_reference_name(g))]


def _unclear(request: PeopleRequest, table: PeopleTable, groups: Sequence[str], fix: str) -> InputError:
    return InputError(
        f"It is not clear which group to compare with; “{table.group}” has: {listed(groups)}.",
        request.participants,
        f"Give {fix}.",
    )


def _require_no_group_left_out(
    request: PeopleRequest, table: PeopleTable, groups: Sequence[str], used: Sequence[str]
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


def _require_sizes(
    request: PeopleRequest, table: PeopleTable, groups: Sequence[str], of_person: Mapping[str, str]
) -> None:
    """Refuse groups of too few people, and say if covariates left the others out."""
    times = Counter(of_person.values())
    small = [g for g in groups if times[g] < request.least]
    if not small:
        return
    told = listed([f"“{g}” ({_who(g, of_person)})" for g in small], 4)
    needs = f"at least {request.least} are asked of each"
    if left_out := table.left_out(small, of_person):
        raise InputError(
            f"{counted(len(small), 'group')} of “{table.group}” {agreeing(len(small), 'has', 'have')} too "
            f"few people of whom all that is asked for is known: {told}; {left_out}; {needs}.",
            request.participants,
            _FEWER_COVARIATES + fewer_asked(times[g] for g in small),
        )
    raise InputError(
        f"{counted(len(small), 'group')} of “{table.group}” {agreeing(len(small), 'has', 'have')} too few "
        f"people: {told}; {needs}.",
        request.participants,
        f'Leave it out with --missing "{table.group}={small[0]}" (in the window: Means unknown), or compare '
        f"each person against all others, without groups.{fewer_asked(times[g] for g in small)}",
    )


def fewer_asked(sizes: Iterable[int]) -> str:
    """Sentence that offers groups, or sites, of these sizes; empty where one is of one person."""
    smallest = min(sizes)
    return f" Or ask for fewer: --least {smallest} (in the window: Fewest people)." if smallest > 1 else ""


def _who(group: str, of_person: Mapping[str, str]) -> str:
    names = [name for name, own in of_person.items() if own == group]
    return names[0] if len(names) == 1 else counted(len(names), "person")


def require_enough(request: PeopleRequest, groups: Sequence[str], covariates: Covariates) -> None:
    """Refuse a model of groups with as many unknowns as people.

    Raises
    ------
    InputError
        If there are too few people.
    """
    people, unknowns = len(covariates.values), max(len(groups), 1) + len(covariates.names)
    if not request.group or people > unknowns:
        return
    adjusted = f" and {listed(covariates.names)}" if covariates.names else ""
    least = counted(unknowns + 1, "person", "people")
    raise InputError(
        f"{counted(people, 'person is', 'people are')} too few for a model of {counted(len(groups), 'group')}"
        f"{adjusted}; it takes {least}, and says something with many more.",
        request.participants,
        "Give more results, or fewer --covariates"
        + (", or --no-head-size." if _unasked_size(request, covariates.names) else "."),
    )


def _unasked_size(request: PeopleRequest, columns: Sequence[str]) -> str:
    """Size of the head among columns that no covariate of the request names; empty if there is none."""
    asked = {name.strip().casefold() for name in request.covariates}
    return next((name for name in columns if is_head_size(name) and name.casefold() not in asked), "")


def apart_notes(groups: Groups, codes: NDArray[np.int_], covariates: Covariates) -> list[str]:
    """Note covariates in which everybody of one side lies above everybody of the other."""
    notes = []
    for coding in covariates.codings:
        if coding.levels:
            continue
        values = covariates.values[:, covariates.names.index(coding.column)] + coding.means[0]
        for contrast in groups.contrasts:
            weights = contrast.weights(groups.names)
            one, other = (values[np.isin(codes, np.flatnonzero(side))] for side in (weights > 0, weights < 0))
            if one.min() > other.max() or other.min() > one.max():
                notes.append(
                    f"“{coding.column}” of {contrast.name} ({one.min():g} to {one.max():g}) and "
                    f"{contrast.reference} ({other.min():g} to {other.max():g}) does not overlap: what is of "
                    "the group can hardly be told from what is of it."
                )
    return notes


def require_apart(
    request: PeopleRequest,
    groups: Sequence[str],
    codes: NDArray[np.int_],
    covariates: Covariates,
    sites: Mapping[str, NDArray[np.bool_]] | None = None,
) -> None:
    """Refuse groups, covariates and sites of which one follows from the others, naming them.

    Raises
    ------
    InputError
        If there are such columns.
    """
    # What the first site and the first group have is the mean.
    of_sites = dict(list((sites or {}).items())[1:])
    names = ["", *(f"{request.group} = {group}" for group in groups[1:]), *of_sites, *covariates.names]
    dummies = [*(codes == code for code in range(1, len(groups))), *of_sites.values()]
    spread = covariates.values.std(axis=0) if covariates.names else np.zeros(0)
    design = np.column_stack([np.ones(len(codes)), *dummies, covariates.values / np.where(spread, spread, 1)])
    found = [names[column] for column in dependent_columns(design) if names[column]]
    if not found or len(design) <= design.shape[1]:
        return
    size = _unasked_size(request, found)
    by = f" (“{size}” by --no-head-size)" if size else ""
    of_group = any(name.startswith(f"{request.group} = ") for name in found) and request.group
    raise InputError(
        f"{' and '.join(f'“{name}”' for name in found)} cannot be told apart: one follows from the other"
        f"{'s' if len(found) > 2 else ''} in all {counted(len(codes), 'person')}.",
        request.participants,
        f"Leave that covariate out{by}; what it does cannot be told from the group."
        if of_group
        else f"Leave one out{by}.",
    )
