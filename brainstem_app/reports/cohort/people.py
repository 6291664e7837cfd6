"""People of a cohort: a person is a subject of a dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from brainstem_app.counting import counted, listed
from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.subject_ids import id_key
from brainstem_app.reports.cohort.request import PeopleRequest
from brainstem_app.reports.scan.results import Result, require_alike

_MOST_ALIKE = 4


@dataclass(frozen=True)
class Person:
    """One person and the result to compare.

    Attributes
    ----------
    name : str
        ``sub-01``; with the dataset before it, ``ds/sub-01``, where results come from more than one.
    subject : str
        Name within the dataset.
    dataset : str
        Name of the dataset; empty if unknown.
    dataset_id : str
        What tells datasets apart; empty if unknown.
    result : Result
    """

    name: str
    subject: str
    dataset: str
    dataset_id: str
    result: Result

    @property
    def session(self) -> str:
        """Session of the result, e.g. ``"ses-2"``; empty if none is named."""
        return session_of(self.result)


def session_of(result: Result) -> str:
    """Session of a result, e.g. ``"ses-2"``; empty if none is named."""
    return next((part for part in result.occasion.split("_") if part.startswith("ses-")), "")


def people_of(request: PeopleRequest, results: Sequence[Result]) -> tuple[list[Person], list[str]]:
    """Person of each result, whose results may be taken together, and what to say of them.

    Raises
    ------
    InputError
        As `one_result_each` and `require_alike`.
    """
    people, notes = one_result_each(results, request.session, separate=request.separate_folders)
    names = {person.result.path: person.name for person in people}
    alike = require_alike(
        [person.result for person in people], mixed=request.mixed, whose=lambda result: names[result.path]
    )
    return people, [*alike, *notes]


def one_result_each(
    results: Sequence[Result], session: str = "", *, separate: bool = False
) -> tuple[list[Person], list[str]]:
    """Person of each result, in the order of their names, and what to say of it.

    Of a scan that was segmented more than once one result counts (`segmented_again`).

    Parameters
    ----------
    results : sequence of Result
        At least one.
    session : str
        Take this session of those who have sessions; empty if each has one result.
    separate : bool
        Results in different folders are of different people, whatever their names.

    Raises
    ------
    InputError
        If a person has two results, it cannot be told whether two results are of one person, or nobody has
        the session.
    """
    notes = []
    kept = [r for r in results if not session or _is_of_session(r, session)]
    if not kept:
        there = sorted({session_of(r) for r in results} - {""})
        problem = f"Nobody has the session {session}; the results name: {', '.join(there) or 'none'}."
        raise InputError(problem, results[0].given, "Give one of them with --session.")
    whose = names_of(results)
    without = sorted({whose[r.path] for r in results} - {whose[r.path] for r in kept})
    if without:
        notes.append(f"Left out, without the session {session}: {listed(without)}.")
    again = segmented_again(kept, separate=separate)
    notes += _again_notes(kept, again, whose)
    kept = [r for r in kept if r.path not in again]
    datasets = _datasets(kept, separate=separate)
    people: dict[tuple[str, str], Result] = {}
    for result in kept:
        key = (datasets[result.path], result.subject)
        if key in people:
            raise _twice(result, people[key], whose)
        people[key] = result
    _require_known_datasets(kept, datasets, whose)
    names = _dataset_names(kept, datasets)
    several = len(names) > 1
    found = [
        Person(
            name=f"{names[dataset]}/{subject}" if several and names[dataset] else subject,
            subject=subject,
            dataset=names[dataset],
            dataset_id=dataset,
            result=result,
        )
        for (dataset, subject), result in people.items()
    ]
    notes += _same_scans(found)
    return sorted(found, key=lambda person: person.name), notes


def names_of(results: Sequence[Result]) -> dict[Path, str]:
    """Name of each result's person, by its path: with the dataset before it where there are several."""
    is_one = len({result.dataset for result in results}) < 2
    datasets = {r.path: "" if is_one else r.report.scan.dataset for r in results}
    return {r.path: f"{datasets[r.path]}/{r.subject}" if datasets[r.path] else r.subject for r in results}


def segmented_again(results: Sequence[Result], *, separate: bool = False) -> dict[Path, Path]:
    """Results of a scan that has a better one, by their paths: the path of the one that counts.

    The same scan file (by its hash) under the same name is the same person. So it is under two names, unless
    both are names of people (``sub-…``): then somebody has to say which is right, and both stay. A result
    that names its dataset counts before one that does not; then one whose labels were corrected by hand; then
    the newer one.

    Parameters
    ----------
    results : sequence of Result
    separate : bool
        Results in different folders are of different people, whatever their names.
    """
    by_scan: dict[str, list[Result]] = {}
    for result in results:
        if result.report.scan.sha256:
            by_scan.setdefault(result.report.scan.sha256, []).append(result)
    found: dict[Path, Path] = {}
    for alike in by_scan.values():
        best_first = sorted(alike, key=_rank, reverse=True)
        counted_ones: list[Result] = []
        for result in best_first:
            known = [
                r for r in counted_ones if _are_one(r, result) and not (separate and r.given != result.given)
            ]
            if known:
                found[result.path] = known[0].path
            else:
                counted_ones.append(result)
    return found


def _rank(result: Result) -> tuple[bool, bool, bool, str, Path]:
    made = result.report.created
    return bool(result.dataset), _is_person(result), result.is_corrected, made, result.path


def _is_person(result: Result) -> bool:
    return result.subject.startswith("sub-")


def _are_one(one: Result, other: Result) -> bool:
    """Whether two results of the same scan file are of one person on one occasion."""
    may_be = not one.dataset or not other.dataset or one.dataset == other.dataset
    if one.subject == other.subject:
        return may_be and one.occasion == other.occasion
    return not (_is_person(one) and _is_person(other)) and (not one.dataset or not other.dataset)


def _again_notes(results: Sequence[Result], again: dict[Path, Path], whose: Mapping[Path, str]) -> list[str]:
    if not again:
        return []
    made = {r.path: f"of {r.report.created[:16].replace('T', ' ')}" for r in results}
    told = [
        f"{whose[new]} ({made[new]}, not {'that' if whose[old] == whose[new] else whose[old]} {made[old]})"
        for old, new in again.items()
    ]
    n = counted(len(set(again.values())), "scan was", "scans were")
    return [f"{n} segmented more than once; one result of each counts: {listed(told, 4)}."]


def _is_of_session(result: Result, session: str) -> bool:
    return not session_of(result) or id_key(session_of(result)) == id_key(session)


def _datasets(results: Sequence[Result], *, separate: bool) -> dict[object, str]:
    """Dataset of each result by its path; empty where it is unknown."""
    if separate:
        return {r.path: r.dataset or str(r.given) for r in results}
    merged = _moved_datasets(results)
    return {r.path: merged.get(r.dataset or "", r.dataset or "") for r in results}


def _moved_datasets(results: Sequence[Result]) -> dict[str, str]:
    """Datasets that are one although their places differ: of one name, and no subject is in both."""
    subjects: dict[str, dict[str, set[str]]] = {}
    for r in results:
        if r.dataset:
            of_name = subjects.setdefault(r.report.scan.dataset or "", {})
            of_name.setdefault(r.dataset, set()).add(r.subject)
    merged: dict[str, str] = {}
    for places in subjects.values():
        if sum(map(len, places.values())) == len(set().union(*places.values())):
            merged |= dict.fromkeys(places, min(places))
    return merged


def _dataset_names(results: Sequence[Result], datasets: dict[object, str]) -> dict[str, str]:
    """Name of each dataset; where two have one, with the folder of the results, or else a number."""
    names, folders = {}, {}
    for r in results:
        key = datasets[r.path]
        names[key] = r.report.scan.dataset or (r.given.name if key else "")
        folders[key] = r.given.name
    often = Counter(names.values())
    named = {key: f"{name}, {folders[key]}" if often[name] > 1 else name for key, name in names.items()}
    often = Counter(named.values())
    return {
        key: name if often[name] == 1 else f"{name}, {number}"
        for number, (key, name) in enumerate(sorted(named.items()), start=1)
    }


def _twice(one: Result, other: Result, whose: Mapping[Path, str]) -> InputError:
    where = f"{other.path.parent}, {one.path.parent}"
    name = whose[one.path]
    if one.occasion != other.occasion:
        occasions = " and ".join(o or "no named session" for o in sorted((other.occasion, one.occasion)))
        return InputError(
            f"{name} was scanned more than once ({occasions}); a comparison takes one result of each person.",
            where,
            "Choose with --session, or give a folder with one scan of each person.",
        )
    if one.dataset and one.dataset == other.dataset:
        return InputError(
            f"{name} of one dataset has two reports, of two scans.", where, "Give one scan of each person."
        )
    return InputError(
        f"{name} has two reports of different scans, which do not say of which dataset: one person or two?",
        where,
        "If people in different folders are different people, say so with --separate-folders; else give one "
        "scan of each person.",
    )


def _require_known_datasets(
    results: Sequence[Result], datasets: dict[object, str], whose: Mapping[Path, str]
) -> None:
    """Refuse two results of one name of which only one says its dataset."""
    by_subject: dict[str, list[Result]] = {}
    for result in results:
        by_subject.setdefault(result.subject, []).append(result)
    for same in by_subject.values():
        unknown = [r for r in same if not datasets[r.path]]
        if unknown and len(same) > 1:
            raise _twice(unknown[0], next(r for r in same if r is not unknown[0]), whose)


def _equal(names: Sequence[str]) -> str:
    """Names with equals signs between them; of many the first and how many more."""
    more = [f"{len(names) - _MOST_ALIKE} more"] if len(names) > _MOST_ALIKE else []
    return " = ".join([*names[:_MOST_ALIKE], *more])


def _same_scans(people: Sequence[Person]) -> list[str]:
    by_scan: dict[str, list[str]] = {}
    for person in people:
        if person.result.report.scan.sha256:
            by_scan.setdefault(person.result.report.scan.sha256, []).append(person.name)
    alike = [_equal(names) for names in by_scan.values() if len(names) > 1]
    if not alike:
        return []
    count = counted(len(alike), "scan file has", "scan files have")
    return [f"{count} more than one name; each name counts as a person: {listed(alike, 4)}."]
