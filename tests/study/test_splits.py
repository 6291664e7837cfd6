from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brainstem_app.errors import InputError
from brainstem_app.study.splits import PARTS, extend_split, part_sizes, split_subjects


def _people(n: int) -> dict[str, list[str]]:
    return {f"sub-{i:02d}": [f"sub-{i:02d}"] for i in range(1, n + 1)}


def test_fifty_two_subjects_are_split_as_in_the_paper() -> None:
    splits = split_subjects(_people(52), seed=0)
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (15, 11, 26)


@given(st.integers(min_value=3, max_value=400))
def test_no_part_is_empty_and_nobody_is_lost(n: int) -> None:
    sizes = part_sizes(n)
    assert sum(sizes) == n
    assert min(sizes) >= 1


def test_nobody_is_in_two_parts() -> None:
    splits = split_subjects(_people(31), seed=3)
    assert sorted(splits.names) == sorted(_people(31))


def test_the_same_seed_gives_the_same_split_and_another_seed_another() -> None:
    first, again, other = (split_subjects(_people(52), seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.test != other.test


def test_two_scans_of_one_person_stay_together() -> None:
    scans = {f"sub-{i}": [f"sub-{i}_ses-1", f"sub-{i}_ses-2"] for i in range(9)}
    splits = split_subjects(scans, seed=0)
    for part in (splits.train, splits.validation, splits.test):
        people = Counter(name.split("_")[0] for name in part)
        assert set(people.values()) == {2}


def test_every_part_holds_its_share_of_each_group() -> None:
    people = _people(52)
    group_of = {name: "control" if i < 16 else "patient" for i, name in enumerate(people)}
    for seed in range(5):
        splits = split_subjects(people, seed=seed, group_of=group_of)
        for part in (splits.train, splits.validation, splits.test):
            share = sum(group_of[name] == "control" for name in part) / len(part)
            assert share == pytest.approx(16 / 52, abs=0.11)


@pytest.mark.parametrize(("before", "after"), [(1, 52), (3, 4), (30, 31), (31, 52)])
def test_newcomers_join_where_the_split_is_short_and_move_nobody(before: int, after: int) -> None:
    first = split_subjects(_people(before), seed=0)
    joined = extend_split(first, _people(after))
    assert sorted(joined.names) == sorted(_people(after))
    for part in PARTS:
        assert getattr(joined, part)[: len(getattr(first, part))] == getattr(first, part)
    assert tuple(len(getattr(joined, part)) for part in PARTS) == part_sizes(after)
    assert extend_split(joined, _people(after)) == joined


def test_new_scan_of_somebody_joins_the_other_one() -> None:
    first = split_subjects(_people(5), seed=0)
    scans = {person: [*names, f"{person}_ses-2"] for person, names in _people(5).items()}
    joined = extend_split(first, scans)
    for part in PARTS:
        assert {name.partition("_")[0] for name in getattr(joined, part)} == set(getattr(first, part))


def test_newcomers_of_each_group_join_every_part() -> None:
    first, people = split_subjects(_people(10), seed=0), _people(52)
    group_of = {name: "control" if i % 2 else "patient" for i, name in enumerate(people)}
    joined = extend_split(first, people, group_of=group_of)
    for part in PARTS:
        new = set(getattr(joined, part)) - set(getattr(first, part))
        assert sum(group_of[name] == "control" for name in new) == pytest.approx(len(new) / 2, abs=2)


def test_nobody_to_split_is_an_error() -> None:
    with pytest.raises(InputError, match="no prepared subjects"):
        split_subjects({}, seed=0)
