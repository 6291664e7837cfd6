"""Regions of the brainstem: whole, by the planes of the recipe, with every nucleus in one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.building.builder import build_atlas
from brainstem_app.atlas.building.recipe import Recipe, read_recipe
from brainstem_app.atlas.label_table import table_text
from brainstem_app.atlas.library import Atlas, copy_atlas, load_atlas
from brainstem_app.atlas.regions import (
    REGIONS_FILE_NAME,
    changes_of_edit,
    draw_regions,
    follow_edit,
    nearest_region,
    region_of_nuclei,
)
from brainstem_app.errors import InputError
from brainstem_app.imaging.spaces import MNI_ORIGIN_MM
from brainstem_app.locations import resource
from brainstem_app.preprocessing.template import load_template

FOLDER = resource("atlas", "brainstem31")


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return load_atlas()


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return read_recipe(FOLDER / "recipe.toml")


def test_every_voxel_of_the_brainstem_is_in_exactly_one_region(atlas: Atlas) -> None:
    assert atlas.regions is not None
    assert atlas.regions.names == ("midbrain", "pons", "medulla")
    np.testing.assert_array_equal(atlas.regions.labels > 0, atlas.labels > 0)
    np.testing.assert_array_equal(atlas.regions.labels[::-1], atlas.regions.labels)


def test_shipped_regions_are_those_of_the_recipe(atlas: Atlas, recipe: Recipe) -> None:
    drawn = draw_regions(recipe.plane, recipe.region, atlas.labels > 0)
    assert atlas.regions is not None
    np.testing.assert_array_equal(drawn.labels, atlas.regions.labels)
    assert table_text(drawn.table) == (FOLDER / "regions.csv").read_text(encoding="utf-8")
    of_nuclei = region_of_nuclei(atlas.labels, atlas.table, drawn)
    assert of_nuclei == {s.name: s.region for s in atlas.table.nuclei}
    card = json.loads((FOLDER / "atlas.json").read_text(encoding="utf-8"))
    assert card["planes"] == [plane.model_dump(mode="json") for plane in recipe.plane]
    volumes = np.bincount(drawn.labels.ravel())[1:].tolist()
    assert [region["volume_mm3"] for region in card["regions"]] == volumes


def test_planes_go_through_the_notches_and_the_edge_of_the_tectum(recipe: Recipe) -> None:
    t1 = load_template().t1[-int(MNI_ORIGIN_MM[0])]

    def crossing(y_mm: float, z_mm: float, along: tuple[int, int]) -> float:
        """How far (mm) from a landmark the T1 passes from tissue to fluid, on a line through it."""
        place = np.array([y_mm - MNI_ORIGIN_MM[1], z_mm - MNI_ORIGIN_MM[2]])
        steps = np.arange(-3, 3.01, 0.1)
        points = np.rint(place + steps[:, None] * np.array(along)).astype(int)
        tissue = t1[tuple(points.T)] > 0.47
        return float(np.abs(steps[1:][tissue[1:] != tissue[:-1]]).min())

    (notch, tectum), (lower,) = (plane.through_mm for plane in recipe.plane)
    assert crossing(*notch, (1, 0)) < 1
    assert crossing(*lower, (1, 0)) < 1
    assert crossing(*tectum, (0, 1)) < 1


def test_nuclei_lie_where_anatomy_has_them(atlas: Atlas) -> None:
    lies_in = {s.name.removesuffix("_L").removesuffix("_R"): s.region for s in atlas.table.nuclei}
    assert {lies_in[n] for n in ("SC", "IC", "RN", "SN", "VTA", "PBP", "PAG", "DR")} == {"midbrain"}
    assert {lies_in[n] for n in ("LC", "PBN", "MnR", "B5")} == {"pons"}
    assert {lies_in[n] for n in ("IO", "MedR", "DMNX_NTS", "SpTr")} == {"medulla"}
    assert all(s.region == "" for s in atlas.table.structures if s not in atlas.table.nuclei)


def test_region_is_carried_on_to_the_nearest_voxels_outside(atlas: Atlas) -> None:
    assert atlas.regions is not None
    inner = atlas.regions.labels[70:127, 80:140, :80]
    carried = nearest_region(inner)
    np.testing.assert_array_equal(carried[inner > 0], inner[inner > 0])
    assert carried.min() == 1
    assert (carried[:, :, -1] == 1).all()


def test_regions_that_do_not_cover_the_labels_are_refused(atlas: Atlas, tmp_path: Path) -> None:
    copy_atlas(FOLDER, tmp_path / "copy")
    assert load_atlas(tmp_path / "copy").regions is not None
    shutil.copyfile(FOLDER / "labels.nii.gz", tmp_path / "copy" / REGIONS_FILE_NAME)
    with pytest.raises(InputError, match="which their table does not know"):
        load_atlas(tmp_path / "copy")
    (tmp_path / "copy" / REGIONS_FILE_NAME).unlink()
    assert load_atlas(tmp_path / "copy").regions is None


PLANES = """
[[plane]]
name = "middle"
title = "plane in the middle"
through_mm = [[-20.0, -28.0], [-40.0, -28.0]]
why = "to test"
citation = "none"

[[region]]
name = "upper"
full_name = "Upper part"
colour = "#d9822b"

[[region]]
name = "lower"
full_name = "Lower part"
colour = "#2f7fc1"
below = "middle"
"""


def test_build_draws_the_regions_of_a_recipe_and_removes_old_ones(tiny_recipe: Path, tmp_path: Path) -> None:
    plain = tiny_recipe.read_text(encoding="utf-8")
    tiny_recipe.write_text(plain + PLANES, encoding="utf-8")
    build_atlas(read_recipe(tiny_recipe), tmp_path / "out", tmp_path)
    atlas = load_atlas(tmp_path / "out")
    assert atlas.regions is not None
    z = np.nonzero(atlas.regions.labels == 1)[2] + MNI_ORIGIN_MM[2]
    assert z.min() == -28  # a middle on the plane is above it
    # Blocks from z = −30 to −26 mm: three layers of five are above.
    assert {s.region for s in atlas.table.nuclei} == {"upper"}

    tiny_recipe.write_text(plain, encoding="utf-8")
    build_atlas(read_recipe(tiny_recipe), tmp_path / "out", tmp_path)
    assert load_atlas(tmp_path / "out").regions is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('below = "middle"', "", "each region but the first is below a plane"),
        ('name = "lower"', 'name = "upper"', "upper occurs twice"),
        (", [-40.0, -28.0]", "", "give two points, or one and parallel_to"),
        ("[-40.0, -28.0]", "[-20.0, -30.0]", "one above the other"),
        ('name = "middle"', 'name = "other"', "each region but the first is below a plane"),
    ],
)
def test_regions_that_do_not_fit_say_why(tiny_recipe: Path, old: str, new: str, message: str) -> None:
    text = tiny_recipe.read_text(encoding="utf-8") + PLANES
    assert old in text
    tiny_recipe.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_recipe(tiny_recipe)


def test_edit_moves_regions_only_where_the_brainstem_changes() -> None:
    regions = np.zeros((10, 10, 20), dtype=np.uint8)
    regions[2:8, 2:8, 10:18], regions[2:8, 2:8, 2:10] = 1, 2
    labels = np.where(regions > 0, 1, 0).astype(np.uint8)
    repainted = labels.copy()
    repainted[3:6, 3:6, 8:12] = 5
    np.testing.assert_array_equal(follow_edit(regions, repainted), regions)
    assert changes_of_edit(regions, repainted, 3).tolist() == [0, 0, 0]
    edited = labels.copy()
    edited[2, 2:8, 2:4] = 0  # twelve of the lower one erased
    edited[8, 4, 14:17] = 7  # three added beside the upper one
    assert changes_of_edit(regions, edited, 3).tolist() == [9, 3, -12]
    assert (follow_edit(regions, edited)[8, 4, 14:17] == 1).all()
    far = labels.copy()
    far[9, 9, 0] = 7
    assert changes_of_edit(regions[:, :, :], far, 3).tolist() == [-1, 0, 1]
    wide = np.zeros((80, 10, 20), dtype=np.uint8)
    wide[:10] = regions
    alone = np.zeros_like(wide)
    alone[:10], alone[70, 5, 15] = labels, 7
    assert follow_edit(wide, alone)[70, 5, 15] == 1, "nothing is so near that it would be missed"
