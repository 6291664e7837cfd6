"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from brainstem_app.counting import counted, listed


@pytest.mark.parametrize(
    ("number", "words", "text"),
    [
        (0, ("subject",), "0 subjects"),
        (1, ("subject",), "1 subject"),
        (2, ("subject",), "2 subjects"),
        (1, ("person", "people"), "1 person"),
        (3, ("nucleus was", "nuclei were"), "3 nuclei were"),
    ],
)
def test_noun_stands_in_the_form_that_its_number_asks_for(
    number: int, words: tuple[str, ...], text: str
) -> None:
    assert counted(number, *words) == text


def test_long_list_is_cut_only_where_that_makes_it_shorter() -> None:
    names = [f"sub-{n}" for n in range(1, 13)]
    assert listed(names[:11]).count("sub-") == 11
    assert listed(names) == ", ".join(names[:10]) + " and 2 more"
