from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from brainstem_app.atlas.library import list_atlases, load_atlas
from brainstem_app.errors import InputError
from brainstem_app.locations import resource


def test_default_atlas_is_listed_and_loads_by_name() -> None:
    assert "brainstem31" in list_atlases()
    assert load_atlas().name == "brainstem31"


def test_labels_of_a_loaded_atlas_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        load_atlas().labels[0, 0, 0] = 1


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="no atlas named nonsense") as caught:
        load_atlas("nonsense")
    assert "brainstem31" in caught.value.fix


def test_atlas_loads_from_its_folder_and_a_short_table_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(resource("atlas", "brainstem31"), folder)
    assert load_atlas(folder).table.n_classes == 34
    table = folder / "structures.csv"
    rows = table.read_text(encoding="utf-8").splitlines()[:-1]
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="holds 33"):
        load_atlas(folder)
