"""Numbers as a reader sees them."""

from __future__ import annotations

import pytest

from brainstem_app.reports.engine import formatting
from brainstem_app.reports.scan.methods import shareable_command


def test_numbers_have_the_digits_they_are_worth() -> None:
    assert (formatting.volume(624.4), formatting.volume(62.44), formatting.volume(35534.2)) == (
        "624",
        "62.4",
        "35,534",
    )
    assert (formatting.volume(99.97), formatting.volume(0.0)) == ("100", "0")
    assert formatting.point((0.04, -31.26, -0.01)) == "0.0, −31.3, 0.0"
    assert (formatting.seconds(0.44), formatting.seconds(12.3), formatting.seconds(185)) == (
        "0.4 s",
        "12 s",
        "3 min 05 s",
    )


def test_differences_have_the_digits_of_the_size_that_differs() -> None:
    shown = [formatting.difference(-12.345, of) for of in (25_000.0, 550.0, 32.0, None)]
    assert shown == ["−12", "−12.3", "−12.35", "−12.3"]
    assert (formatting.measure(553.44, "mm³"), formatting.measure(553.44, "mm²")) == ("553", "553.4")
    assert formatting.difference(1397.4, 25_000.0) == "+1,397"
    assert formatting.difference(None, 550.0) == "–"


@pytest.mark.parametrize(
    "write", [formatting.ratio, formatting.percent, formatting.length, formatting.volume, formatting.point]
)
def test_what_is_not_defined_is_a_dash(write) -> None:
    assert write(None) == "–"


def test_shared_command_keeps_names_and_drops_folders() -> None:
    command = ("brainstem-app", "segment", "clinic/anna/t1.nii.gz", "--out=clinic\\anna\\out", "--json")
    assert shareable_command(command) == "brainstem-app segment t1.nii.gz --out=out --json"
