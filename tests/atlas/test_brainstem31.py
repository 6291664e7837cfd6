"""What the shipped atlas promises."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import ndimage as ndi

from brainstem_app.atlas.building.notice import write_notice
from brainstem_app.atlas.building.recipe import read_recipe
from brainstem_app.atlas.label_table import Group, Side
from brainstem_app.atlas.library import CARD_FILE_NAME, NOTICE_FILE_NAME, Atlas, load_atlas
from brainstem_app.atlas.reliability import grade
from brainstem_app.imaging.spaces import MNI_ORIGIN_MM, crop_to_box
from brainstem_app.locations import resource
from brainstem_app.preprocessing.template import load_template


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return load_atlas()


def test_has_the_papers_34_labels_and_none_is_empty(atlas: Atlas) -> None:
    assert atlas.table.n_classes == 34
    assert len(atlas.table.nuclei) == 31
    assert np.unique(atlas.labels).tolist() == list(range(34))


def test_every_nucleus_has_a_plausible_volume(atlas: Atlas) -> None:
    volume_mm3 = np.bincount(atlas.labels.ravel())
    for nucleus in atlas.table.nuclei:
        assert 30 <= volume_mm3[nucleus.index] <= 800, nucleus.name
    # Manual tracings and sections: red nucleus 250-400 mm3 a side, nigra 400-600.
    assert 250 <= volume_mm3[atlas.table.by_name("RN_L").index] <= 400
    assert 400 <= volume_mm3[atlas.table.by_name("SN_L").index] <= 600


def test_right_half_is_the_mirror_image_of_the_left(atlas: Atlas) -> None:
    other_side = np.array(atlas.table.mirrored_indices(), dtype=np.uint8)
    np.testing.assert_array_equal(other_side[atlas.labels[::-1]], atlas.labels)


def test_left_is_on_the_left(atlas: Atlas) -> None:
    for structure in atlas.table.nuclei:
        x = np.nonzero(atlas.labels == structure.index)[0] + MNI_ORIGIN_MM[0]
        if structure.side is Side.LEFT:
            assert x.max() < 0, structure.name
        elif structure.side is Side.RIGHT:
            assert x.min() > 0, structure.name
        else:
            assert abs(x.mean()) < 1e-9, structure.name


def test_labels_fill_the_brainstem_and_nothing_else(atlas: Atlas) -> None:
    np.testing.assert_array_equal(atlas.labels > 0, load_template().brainstem)


def test_no_nucleus_lies_in_the_aqueduct_or_ventricle(atlas: Atlas) -> None:
    nuclei = atlas.labels > 2
    assert load_template().t1[nuclei].min() > 0.45
    aqueduct = tuple(round(c - o) for c, o in zip((0, -32, -9), MNI_ORIGIN_MM, strict=True))
    fourth_ventricle = tuple(round(c - o) for c, o in zip((0, -45, -32), MNI_ORIGIN_MM, strict=True))
    assert atlas.labels[aqueduct] == atlas.labels[fourth_ventricle] == 0


def test_every_nucleus_is_in_one_piece(atlas: Atlas) -> None:
    touching = np.ones((3, 3, 3))
    for nucleus in atlas.table.nuclei:
        assert ndi.label(atlas.labels == nucleus.index, touching)[1] == 1, nucleus.name


def test_every_nucleus_lies_in_the_box_that_the_network_sees(atlas: Atlas) -> None:
    whole, box = (
        np.bincount(atlas.labels.ravel()),
        np.bincount(crop_to_box(atlas.labels).ravel(), minlength=34),
    )
    for nucleus in atlas.table.nuclei:
        assert box[nucleus.index] == whole[nucleus.index], nucleus.name


def test_levels_follow_one_another_from_midbrain_to_medulla(atlas: Atlas) -> None:
    def height(name: str) -> float:
        return float(np.nonzero(atlas.labels == atlas.table.by_name(name).index)[2].mean())

    levels = [
        height(name) for name in ("SC_L", "IC_L", "MnR", "LC_L", "B5", "RMg", "MedR", "IO_L", "DMNX_NTS_L")
    ]
    assert levels == sorted(levels, reverse=True)


def test_grades_and_volumes_on_file_are_those_of_the_label_map(atlas: Atlas) -> None:
    folder = resource("atlas", "brainstem31")
    drawn = {s.name for s in read_recipe(folder / "recipe.toml").structure if s.drawn}
    card = json.loads((folder / CARD_FILE_NAME).read_text(encoding="utf-8"))
    for structure in atlas.table.nuclei:
        mask = atlas.labels == structure.index
        name = structure.name.removesuffix("_L").removesuffix("_R")
        assert structure.reliability == grade(mask, drawn=name in drawn), structure.name
        assert card["structures"][structure.index]["volume_mm3"] == np.count_nonzero(mask)
    assert {s.reliability for s in atlas.table.structures if s.group is not Group.NUCLEUS} == {""}


def test_notice_names_sources_and_licences(atlas: Atlas) -> None:
    for word in ("CANlab", "CIT168", "Allen", "GPL-3.0", "CC BY 4.0", "10.1038/sdata.2018.63"):
        assert word in atlas.notice


def test_card_and_notice_are_what_the_recipe_says() -> None:
    folder = resource("atlas", "brainstem31")
    recipe = read_recipe(folder / "recipe.toml")
    assert (folder / NOTICE_FILE_NAME).read_text(encoding="utf-8") == write_notice(recipe)
    card = json.loads((folder / CARD_FILE_NAME).read_text(encoding="utf-8"))
    for name in ("name", "version", "date", "licence"):
        assert card[name] == getattr(recipe, name)
