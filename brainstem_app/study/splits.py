"""Who is trained on, who chooses the epoch, who is tested: by subject, never by slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal, Self

import numpy as np
from pydantic import Field

from brainstem_app.errors import InputError
from brainstem_app.plain_name import PartName
from brainstem_app.study.record import Record

TestedPart = Literal["validation", "test"]
PARTS = ("train", "validation", "test")
PAPER_COUNTS = (15, 11, 26)


class Splits(Record):
    """``splits.json``: the folder names of the scans in each part.

    Two scans of one person are always in the same part.
    """

    schema_name: Literal["brainstem-splits/1"] = Field("brainstem-splits/1", alias="schema")
    seed: int
    train: tuple[PartName, ...]
    validation: tuple[PartName, ...]
    test: tuple[PartName, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All names, of the three parts together."""
        return self.train + self.validation + self.test

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the split of a study; InputError if there is none yet, or it is damaged."""
        if not path.is_file():
            raise InputError(
                "No subject of this study is prepared yet, so there is no split by subject.",
                path.parent,
                "Prepare its scans with `brainstem-app prepare`.",
            )
        return super().load(path)

    def without(self, names: frozenset[str]) -> Self:
        """Return the same split with some subjects left out of every part."""
        kept = {part: tuple(name for name in getattr(self, part) if name not in names) for part in PARTS}
        return self.model_copy(update=kept)

    def joined_by(self, name: str, person_of: Mapping[str, str]) -> tuple[Self, str]:
        """Return the same split with one scan more, and the part that it is in.

        It joins the part of the person's other scans, else the training part.
        """
        for part in PARTS:
            names = getattr(self, part)
            if name in names:
                return self, part
            if any(person_of.get(other) == person_of[name] for other in names):
                return self.model_copy(update={part: (*names, name)}), part
        return self.model_copy(update={"train": (*self.train, name)}), "train"


def extend_split(
    splits: Splits, scans_of: Mapping[str, Sequence[str]], *, group_of: Mapping[str, str] | None = None
) -> Splits:
    """Let people join a split: who is in it stays, others come where their part of the whole is short.

    Parameters
    ----------
    scans_of : mapping of str to sequence of str
        For each person, those in the split among them, the names of the person's scans.
    group_of : mapping of str to str, optional
        A group for each person; every part gets about the same share of each.
    """
    parts = {part: list(getattr(splits, part)) for part in PARTS}
    part_of = {name: part for part, names in parts.items() for name in names}
    home = {p: part_of[n] for p, names in scans_of.items() for n in names if n in part_of}
    counts = {part: sum(own == part for own in home.values()) for part in PARTS}
    sizes = dict(zip(PARTS, part_sizes(len(scans_of)), strict=True))
    new = sorted(scans_of.keys() - home.keys())
    for person in stratified_order(new, group_of or {}, np.random.default_rng(splits.seed)):
        home[person] = max(PARTS, key=lambda part: sizes[part] - counts[part])
        counts[home[person]] += 1
    for person, part in home.items():
        parts[part] += [name for name in scans_of[person] if name not in part_of]
    return splits.model_copy(update={part: tuple(names) for part, names in parts.items()})


def part_sizes(n: int) -> tuple[int, int, int]:
    """How many of `n` subjects to train, validate and test on: 15/11/26 of 52, else in proportion.

    From three subjects on no part is empty.
    """
    if n < len(PARTS):
        return (n > 0) * 1, 0, (n > 1) * 1
    exact = [n * count / sum(PAPER_COUNTS) for count in PAPER_COUNTS]
    sizes = [max(1, int(value)) for value in exact]
    while sum(sizes) < n:
        short = max(range(3), key=lambda part: exact[part] - sizes[part])
        sizes[short] += 1
    return sizes[0], sizes[1], sizes[2]


def split_subjects(
    scans_of: Mapping[str, Sequence[str]], *, seed: int, group_of: Mapping[str, str] | None = None
) -> Splits:
    """Split people into train, validation and test.

    Parameters
    ----------
    scans_of : mapping of str to sequence of str
        For each person, the names of the person's scans.
    seed : int
        The same seed and people give the same split.
    group_of : mapping of str to str, optional
        A group (e.g. control, patient) for each person; every part gets about the same share of each.

    Raises
    ------
    InputError
        If there is nobody to split.
    """
    if not scans_of:
        raise InputError("There are no prepared subjects to split.", None, "Prepare at least three subjects.")
    groups = group_of or {}
    rng = np.random.default_rng(seed)
    order = stratified_order(sorted(scans_of), groups, rng)
    n_train, n_validation, _ = part_sizes(len(order))
    bounds = (0, n_train, n_train + n_validation, len(order))
    train, validation, test = (
        tuple(scan for person in sorted(order[a:b]) for scan in scans_of[person]) for a, b in pairwise(bounds)
    )
    return Splits(seed=seed, train=train, validation=validation, test=test)


def stratified_order(people: list[str], groups: Mapping[str, str], rng: np.random.Generator) -> list[str]:
    """Random order in which every stretch holds about the same share of each group."""
    rank: dict[str, float] = {}
    for group in sorted({groups.get(person, "") for person in people}):
        members = [person for person in people if groups.get(person, "") == group]
        for place, index in enumerate(rng.permutation(len(members))):
            rank[members[index]] = (place + rng.random()) / len(members)
    return sorted(people, key=lambda person: rank[person])
