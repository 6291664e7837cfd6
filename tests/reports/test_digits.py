"""Numbers as a reader sees them."""

from __future__ import annotations

import pytest

from brainstem_app.reports import digits
from brainstem_app.reports.methods import shareable_command


def test_numbers_have_the_digits_they_are_worth() -> None:
    assert (digits.volume(624.4), digits.volume(62.44), digits.volume(35534.2)) == (
        "624",
        "62.4",
        "35\u2009534",
    )
    assert (digits.volume(99.97), digits.volume(0.0)) == ("100", "0")
    assert digits.point((0.04, -31.26, -0.01)) == "0.0, −31.3, 0.0"
    assert (digits.seconds(0.44), digits.seconds(12.3), digits.seconds(185)) == (
        "0.4 s",
        "12 s",
        "3 min 05 s",
    )


def test_differences_have_the_digits_of_the_size_that_differs() -> None:
    shown = [digits.difference(-12.345, of) for of in (25_000.0, 550.0, 32.0, None)]
    assert shown == ["−12", "−12.3", "−12.35", "−12.3"]
    assert (digits.measure(553.44, "mm³"), digits.measure(553.44, "mm²")) == ("553", "553.4")
    assert digits.difference(None, 550.0) == "–"


@pytest.mark.parametrize("write", [digits.share, digits.share3, digits.length, digits.volume, digits.point])
def test_what_is_not_defined_is_a_dash(write) -> None:
    assert write(None) == "–"


def test_shared_command_keeps_names_and_drops_folders() -> None:
    command = ("brainstem-app", "segment", "clinic/anna/t1.nii.gz", "--out=clinic\\anna\\out", "--json")
    assert shareable_command(command) == "brainstem-app segment t1.nii.gz --out=out --json"
