"""Numbers with their nouns, and lists of names."""

from __future__ import annotations

import pytest

from brainstem_app.counting import agreeing, counted, listed


@pytest.mark.parametrize(
    ("number", "words", "text"),
    [
        (0, ("subject",), "0 subjects"),
        (1, ("subject",), "1 subject"),
        (2, ("test subject",), "2 test subjects"),
        (1, ("nucleus",), "1 nucleus"),
        (31, ("nucleus",), "31 nuclei"),
        (1, ("person",), "1 person"),
        (3, ("person",), "3 people"),
        (2, ("study",), "2 studies"),
        (2, ("day",), "2 days"),
        (2, ("box",), "2 boxes"),
        (2, ("series",), "2 series"),
        (12345, ("voxel",), "12,345 voxels"),
        (1, ("nucleus was", "nuclei were"), "1 nucleus was"),
        (3, ("nucleus was", "nuclei were"), "3 nuclei were"),
    ],
)
def test_noun_stands_in_the_form_that_its_number_asks_for(
    number: int, words: tuple[str, ...], text: str
) -> None:
    assert counted(number, *words) == text


def test_verb_agrees_with_its_number() -> None:
    assert [agreeing(number, "is", "are") for number in (0, 1, 2)] == ["are", "is", "are"]


def test_long_list_is_cut_only_where_that_makes_it_shorter() -> None:
    names = [f"sub-{n}" for n in range(1, 13)]
    assert listed(names[:11]).count("sub-") == 11
    assert listed(names) == ", ".join(names[:10]) + " and 2 more"
