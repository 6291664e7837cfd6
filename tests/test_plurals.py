"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from brainstem_app.plurals import agreeing, counted


@pytest.mark.parametrize(
    ("number", "noun", "expected"),
    [
        (0, "subject", "0 subjects"),
        (1, "subject", "1 subject"),
        (2, "test subject", "2 test subjects"),
        (1, "nucleus", "1 nucleus"),
        (31, "nucleus", "31 nuclei"),
        (1, "person", "1 person"),
        (3, "person", "3 people"),
        (2, "study", "2 studies"),
        (2, "day", "2 days"),
        (2, "box", "2 boxes"),
        (2, "series", "2 series"),
        (12345, "voxel", "12,345 voxels"),
    ],
)
def test_noun_agrees_with_its_number(number: int, noun: str, expected: str) -> None:
    assert counted(number, noun) == expected


def test_verb_agrees_with_its_number() -> None:
    assert [agreeing(number, "is", "are") for number in (0, 1, 2)] == ["are", "is", "are"]
