"""Grids of networks, from files and with changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from brainstem_app.errors import InputError
from brainstem_app.study.grid import Grid, read_grid

TOML = """
title = "Two decoders"
repeats = 3
[settings]
epochs = 20
"input.size" = 128
[vary]
decoder = ["n_deconet", "fpn"]
loss = ["dice", "dicece"]
[[leave_out]]
decoder = "fpn"
loss = ["dice", "focal"]
"""


def test_every_combination_is_a_variant_but_those_left_out(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(TOML, encoding="utf-8")
    grid = read_grid(tmp_path / "mine.toml")
    assert (grid.name, grid.repeats, grid.settings["input.size"]) == ("mine", 3, 128)
    assert [tuple(v.values()) for v in grid.variants()] == [
        ("n_deconet", "dice"),
        ("n_deconet", "dicece"),
        ("fpn", "dicece"),
    ]


def test_json_and_saved_grids_read_as_the_same(tmp_path: Path) -> None:
    grid = Grid(name="a", vary={"alpha": (0.1, 0.5)}, settings={"loss": "dicece"})
    grid.save(tmp_path / "grid.json")
    assert read_grid(tmp_path / "grid.json") == grid
    (tmp_path / "b.json").write_text(json.dumps({"vary": {"alpha": [0.1]}}), encoding="utf-8")
    assert read_grid(tmp_path / "b.json").repeats == 5


@pytest.mark.parametrize(
    ("vary", "problem"),
    [
        ({"decoder": []}, "no value"),
        ({"decoder": ["fpn", "fpn"]}, "twice"),
        ({"epochs": [1, 2]}, "both"),
        ({"seed": [1, 2]}, "seed"),
        ({"decoder": ["unet"]}, "left out"),
    ],
)
def test_grid_that_does_not_fit_says_why(vary: dict[str, list[object]], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Grid.model_validate(
            {"name": "x", "settings": {"epochs": 3}, "vary": vary, "leave_out": [{"decoder": "unet"}]}
        )


@pytest.mark.parametrize("text", ["vary = ", "[]", "repeats = 0\n[vary]\ndecoder = ['fpn']", "colour = 1"])
def test_file_that_is_no_grid_is_bad_input(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_grid(tmp_path / "bad.toml")
    assert caught.value.where is not None
    assert "bad.toml" in caught.value.where


def test_settings_given_later_win_but_not_over_what_varies() -> None:
    grid = Grid(name="x", settings={"epochs": 10}, vary={"alpha": (0.1, 0.2)})
    assert grid.with_settings({"epochs": 2}, 1, "y") == Grid(
        name="y", repeats=1, settings={"epochs": 2}, vary={"alpha": (0.1, 0.2)}
    )
    with pytest.raises(InputError, match="alpha is both"):
        grid.with_settings({"alpha": 0.3})
