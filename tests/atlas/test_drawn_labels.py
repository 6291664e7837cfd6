"""A lab's own table of labels: numbers, names, sides, what is not drawn, and whether it is an atlas's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.drawn_labels import DrawnTable, counterparts, read_drawn_table, table_hash
from brainstem_app.atlas.label_table import Group, Side, read_label_table
from brainstem_app.atlas.library import AtlasTable, load_any_atlas, load_atlas, load_atlas_table
from brainstem_app.errors import InputError
from brainstem_app.imaging.label_map import IGNORED_LABEL
from brainstem_app.reports.scan.manifest import sha256_of
from kerasmodels.data.volumes import IGNORED

TABLE = "index\tname\tcolor\n0\tbackground\n450\tPAG\t#102030\n12\tRN, right\n11\tRN, left\n99\tnot drawn\n"


def _table(folder: Path, text: str = TABLE, name: str = "dseg.tsv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_program_and_networks_ignore_the_same_label() -> None:
    assert IGNORED_LABEL == IGNORED


def test_numbers_become_classes_in_their_order_with_sides_and_colours(tmp_path: Path) -> None:
    drawn = read_drawn_table(_table(tmp_path))
    assert drawn.table.names == ("background", "RN_L", "RN_R", "PAG")
    assert dict(drawn.index_of) == {0: 0, 11: 1, 12: 2, 450: 3}
    assert drawn.ignored == {99}
    assert drawn.table.mirrored_indices() == (0, 2, 1, 3)
    assert drawn.table.by_name("RN_R").side is Side.RIGHT
    assert drawn.table.by_name("PAG").colour == "#102030"
    assert [s.reliability for s in drawn.table.structures] == ["", "", "", ""], "nobody graded them"
    assert all(s.group is Group.NUCLEUS for s in drawn.table.structures[1:])


@pytest.mark.parametrize("name", ["Unknown", "unlabeled"])
def test_background_may_be_called_as_freesurfer_and_others_call_it(tmp_path: Path, name: str) -> None:
    drawn = read_drawn_table(_table(tmp_path, f"index\tname\n0\t{name}\n1\tRN\n2\t{name}\n"))
    assert drawn.table.names == ("background", "RN")
    assert drawn.ignored == {2}


def test_map_is_read_by_its_numbers_and_what_is_not_drawn_is_ignored(tmp_path: Path) -> None:
    drawn = read_drawn_table(_table(tmp_path), ignored=[7])
    numbers = np.array([[[0, 450, 11], [99, 7, 12]]])
    assert drawn.classes(numbers, tmp_path).tolist() == [[[0, 3, 1], [255, 255, 2]]]


def test_map_with_a_number_of_no_name_is_refused(tmp_path: Path) -> None:
    drawn, where = read_drawn_table(_table(tmp_path)), tmp_path / "map.nii.gz"
    with pytest.raises(InputError, match="holds 13") as caught:
        drawn.classes(np.array([0, 11, 13]).reshape(3, 1, 1), where)
    assert caught.value.fix
    assert caught.value.where == str(where)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("index\tname\n1\tRN_L\n2\tRN, left\n", "one name"),
        ("index\tname\n0\tnot drawn\n1\tRN\n", "background"),
        ("index\tname\n9\tignore\n", "0 labels"),
        ("index\tname\n" + "".join(f"{k}\tn{k}\n" for k in range(1, 256)), "255 labels"),
    ],
)
def test_table_that_no_network_can_learn_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_drawn_table(_table(tmp_path, text))


def test_table_of_the_shipped_atlas_is_told_from_one_of_some_of_its_nuclei(tmp_path: Path) -> None:
    atlas = load_atlas_table("brainstem31").table
    rows = [f"{s.index}\t{s.full_name}\t{s.name}" for s in atlas.structures]
    head = "index\tname\tabbreviation"
    whole = read_drawn_table(_table(tmp_path, "\n".join([head, *rows]) + "\n"))
    assert whole.is_of(atlas)
    assert whole.of_atlas(atlas).table is atlas
    assert not read_drawn_table(_table(tmp_path, "\n".join([head, *rows[:9]]) + "\n")).is_of(atlas)


def test_numbers_become_classes_of_another_table_by_names_however_they_are_spelt(tmp_path: Path) -> None:
    atlas = load_atlas_table("brainstem31").table
    rows = ["300\tRed nucleus (left)", "7\trn_R", "5\tPeriaqueductal grey", "2\tthalamus_L", "99\tignore"]
    drawn = read_drawn_table(_table(tmp_path, "\n".join(["index\tname", *rows]) + "\n"))
    matched = drawn.as_classes_of(atlas)
    own = {name: atlas.by_name(name).index for name in ("RN_L", "RN_R", "PAG")}
    assert matched.index_of == {0: 0, 300: own["RN_L"], 7: own["RN_R"], 5: own["PAG"], 2: 0}
    assert matched.table is atlas
    assert matched.ignored == {99}
    again = DrawnTable.of_classes(atlas).as_classes_of(atlas)
    assert again.index_of == {k: k for k in range(atlas.n_classes)}


def test_name_that_two_structures_have_tells_neither(tmp_path: Path) -> None:
    mine = read_drawn_table(_table(tmp_path, "index\tname\n1\tRN\n2\tPAG\n")).table
    both = read_drawn_table(_table(tmp_path, "index\tname\n1\trn\n2\tRn\n3\tPAG\n")).table
    assert counterparts(mine, both) == {0: 0, 2: 3}
    assert counterparts(both, mine) == {0: 0, 3: 2}


def test_saved_table_is_an_atlas_without_a_map(tmp_path: Path) -> None:
    drawn = read_drawn_table(_table(tmp_path))
    drawn.save(tmp_path / "labels", "lab", "1")
    loaded = load_any_atlas(tmp_path / "labels")
    assert isinstance(loaded, AtlasTable)
    assert (loaded.name, loaded.version, loaded.table) == ("lab", "1", drawn.table)
    assert read_label_table(tmp_path / "labels" / "structures.csv") == drawn.table
    assert sha256_of(tmp_path / "labels" / "structures.csv") == table_hash(drawn)


def test_atlas_that_lost_its_map_is_no_table_of_a_lab(tmp_path: Path) -> None:
    source = load_atlas_table("brainstem31").folder
    for name in ("structures.csv", "atlas.json"):
        (tmp_path / name).write_bytes((source / name).read_bytes())
    with pytest.raises(InputError):
        load_any_atlas(tmp_path)
    assert load_any_atlas("brainstem31").table == load_atlas().table
