"""Cross-validation: the people of a study in as many parts as there are folds, each of them tested once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from brainstem_app.errors import InputError
from brainstem_app.study.quality import read_quality
from brainstem_app.study.record import Record, changing
from brainstem_app.study.splits import Splits, stratified_order
from brainstem_app.study.study import Study

# Of those that are not tested, who chooses the epoch.
_VALIDATION_SHARE = 0.2
LEAST_FOLDS = 2


class Folds(Record):
    """``folds-N.json``: the split of each of N folds. All scans of one person are in the same test part."""

    schema_name: Literal["brainstem-folds/1"] = Field("brainstem-folds/1", alias="schema")
    seed: int
    folds: tuple[Splits, ...]


def make_folds(
    scans_of: Mapping[str, Sequence[str]],
    count: int,
    *,
    seed: int,
    group_of: Mapping[str, str] | None = None,
) -> Folds:
    """Divide people into folds; every one is tested in exactly one, and validated on in some.

    Parameters
    ----------
    scans_of : mapping of str to sequence of str
        For each person, the names of the person's scans.
    count : int
        How many folds, 2 or more.
    seed : int
        The same seed and people give the same folds.
    group_of : mapping of str to str, optional
        A group for each person; every fold gets about the same share of each.

    Raises
    ------
    InputError
        If there are fewer people than folds, or a fold would leave nobody to train on or to validate on.
    """
    people = len(scans_of)
    # The largest fold is tested; one of the others trains, one chooses the epoch.
    if count < LEAST_FOLDS or people < count or people - -(-people // count) < 2:
        raise InputError(
            f"{people} people cannot be divided into {count} folds.",
            "--folds",
            f"Give {LEAST_FOLDS} or more folds, no more than there are people, and so many that each leaves "
            "two or more to learn from.",
        )
    rng = np.random.default_rng(seed)
    order = stratified_order(sorted(scans_of), group_of or {}, rng)
    # Stretches of the order, each of which holds the same share of every group.
    parts = [list(map(str, part)) for part in np.array_split(order, count)]
    return Folds(seed=seed, folds=tuple(_fold(order, parts[k], k, seed, scans_of) for k in range(count)))


def _fold(
    order: list[str], tested: list[str], k: int, seed: int, scans_of: Mapping[str, Sequence[str]]
) -> Splits:
    rest = [person for person in order if person not in tested]
    n = min(max(1, round(_VALIDATION_SHARE * len(rest))), len(rest) - 1)
    start = k * n % len(rest)
    validated = [*rest[start:], *rest[:start]][:n]
    trained = [person for person in rest if person not in validated]
    train, validation, test = (
        tuple(scan for person in sorted(part) for scan in scans_of[person])
        for part in (trained, validated, tested)
    )
    return Splits(seed=seed, train=train, validation=validation, test=test)


def folds_file(count: int) -> str:
    """Name of the file of so many folds."""
    return f"folds-{count}.json"


def fold_of(study: Study, count: int, number: int) -> Splits:
    """Split of one fold, without rejected subjects.

    The folds are made when they are first asked for, of the subjects prepared then, and stay.

    Parameters
    ----------
    count : int
        How many folds there are.
    number : int
        Which one, from 1.

    Raises
    ------
    InputError
        If there is no such fold, there are too few people, or the file is damaged.
    """
    if not 1 <= number <= count:
        raise InputError(f"There is no fold {number} of {count}.", "--fold", f"Give 1 to {count}.")
    return _folds(study, count).folds[number - 1].without(read_quality(study.folder).rejected)


def not_in_folds(study: Study, count: int) -> tuple[str, ...]:
    """Name the prepared subjects that the folds do not know: they were prepared after these were made."""
    known = {name for fold in _folds(study, count).folds for name in fold.test}
    return tuple(record.name for record in study.finished_subjects() if record.name not in known)


def _folds(study: Study, count: int) -> Folds:
    path = study.folder / folds_file(count)
    if not path.exists():
        with changing(study.folder, "folds", also=path):
            if not path.exists():
                made_of(study, count).save(path)
    return Folds.load(path)


def made_of(study: Study, count: int) -> Folds:
    """Folds of the subjects that a study has now; nothing is written."""
    scans_of: dict[str, list[str]] = {}
    group_of = {}
    for record in study.finished_subjects():
        scans_of.setdefault(record.person, []).append(record.name)
        group_of[record.person] = record.group
    return make_folds(scans_of, count, seed=study.settings.seed, group_of=group_of)
