from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.atlas.building.recipe import read_recipe
from brainstem_app.errors import InputError
from brainstem_app.locations import resource


def test_shipped_recipe_names_a_source_for_each_nucleus() -> None:
    recipe = read_recipe(resource("atlas", "brainstem31", "recipe.toml"))
    assert sum(2 if s.paired else 1 for s in recipe.structure) == 31
    assert recipe.table_path.is_file()
    corrected = [s for s in recipe.structure if any(s.shift_mm) or s.column_mm or s.aqueduct_mm]
    assert all(s.why for s in corrected)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('version = "0.1"', "version = ", "not valid TOML"),
        ('source = "made"\nlabels = [1]', 'source = "lost"\nlabels = [1]', "no source lost"),
        ("left = [2]\n", "", "either labels, or left and right"),
        ("labels = [1]", "labels = [1]\nshift_mm = [1.0, 0.0, 0.0]", "cannot be moved away"),
        ("labels = [1]", "labels = [1]\nthreshhold = 0.5", "threshhold"),
        ("labels = [1]", "labels = [1]\nthreshold = 2.0", "threshold"),
        ('name = "Side"', 'name = "Mid"', "occurs twice"),
    ],
)
def test_mistake_in_a_recipe_is_named(tiny_recipe: Path, old: str, new: str, message: str) -> None:
    text = tiny_recipe.read_text(encoding="utf-8")
    assert old in text
    tiny_recipe.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        read_recipe(tiny_recipe)
    assert caught.value.where == str(tiny_recipe)


def test_missing_recipe_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_recipe(tmp_path / "none.toml")
