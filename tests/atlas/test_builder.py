from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.building.builder import build_atlas
from brainstem_app.atlas.building.recipe import read_recipe
from brainstem_app.atlas.library import load_atlas
from brainstem_app.errors import ImplausibleResultError, InputError


def change(recipe: Path, old: str, new: str) -> None:
    text = recipe.read_text(encoding="utf-8")
    assert old in text
    recipe.write_text(text.replace(old, new), encoding="utf-8")


def test_build_gives_an_atlas_that_loads_and_is_symmetric(tiny_recipe: Path, tmp_path: Path) -> None:
    messages: list[str] = []
    build_atlas(
        read_recipe(tiny_recipe), tmp_path / "out", tmp_path, lambda done, text: messages.append(text)
    )

    atlas = load_atlas(tmp_path / "out")
    assert (atlas.name, atlas.version, atlas.table.n_classes) == ("tiny", "0.1", 6)
    counts = np.bincount(atlas.labels.ravel(), minlength=6)
    # The pair has the higher priority but only half the votes in the column where it overlaps the middle.
    assert counts[4] == counts[5] == 6 * 5 * 5 + 5 * 5
    assert counts[3] == 3 * 5 * 5
    other_side = np.array(atlas.table.mirrored_indices(), dtype=np.uint8)
    np.testing.assert_array_equal(other_side[atlas.labels[::-1]], atlas.labels)
    assert messages[0].startswith("registering")
    assert messages[-1] == "writing"
    card = json.loads((tmp_path / "out" / "atlas.json").read_text(encoding="utf-8"))
    assert len(card["sources"][0]["sha256"]) == 64
    assert card["licence"] == "not stated"
    assert "Made-up atlas" in atlas.notice
    assert "Licence of the fused map as a whole: not stated." in atlas.notice


def test_shift_moves_both_sides_away_from_the_midline(tiny_recipe: Path, tmp_path: Path) -> None:
    change(tiny_recipe, "priority = 1", 'priority = 1\nshift_mm = [2.0, 0.0, 1.0]\nwhy = "to test"')
    build_atlas(read_recipe(tiny_recipe), tmp_path / "out", tmp_path)
    labels = load_atlas(tmp_path / "out").labels
    left, right = np.argwhere(labels == 4), np.argwhere(labels == 5)
    assert left[:, 0].min() - 98 == -10
    assert right[:, 0].max() - 98 == 10
    assert left[:, 2].min() - 72 == -29


def test_nucleus_outside_the_brainstem_is_refused(tiny_recipe: Path, tmp_path: Path) -> None:
    change(tiny_recipe, "priority = 1", "shift_mm = [0.0, 60.0, 0.0]")
    with pytest.raises(ImplausibleResultError, match="Side_L, Side_R"):
        build_atlas(read_recipe(tiny_recipe), tmp_path / "out", tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("labels = [1]", "labels = [9]", "has no label 9"),
        ('kind = "labels"', 'kind = "probabilities"', "has 3 dimensions"),
        ('file = "made.nii.gz"', 'file = "gone.nii.gz"', "cannot be read"),
        ('name = "Mid"', 'name = "Middle"', "do not name the same nuclei: Mid, Middle"),
    ],
)
def test_recipe_that_does_not_fit_its_data_says_where(
    tiny_recipe: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    change(tiny_recipe, old, new)
    with pytest.raises(InputError, match=message) as caught:
        build_atlas(read_recipe(tiny_recipe), tmp_path / "out", tmp_path)
    assert caught.value.where
    assert caught.value.fix
