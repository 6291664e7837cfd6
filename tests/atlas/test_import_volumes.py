"""Volumes, grids and value scales of imported atlases."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray

from brainstem_app.atlas.importing.own_atlas import Imported, import_atlas
from brainstem_app.atlas.importing.probability_scale import ValueRange, scale_of
from brainstem_app.atlas.importing.request import AtlasRequest
from brainstem_app.atlas.importing.source_maps import files_of, read_maps
from brainstem_app.atlas.library import load_atlas, source_volumes_of
from brainstem_app.errors import InputError
from brainstem_app.imaging.spaces import MNI_ORIGIN_MM, Affine

CENTRES_MM = {1: (-8.0, -28.0, -30.0), 2: (8.0, -28.0, -30.0)}
TABLE = "index,name\n1,RN_L\n2,RN_R\n"


def balls(
    edges_mm: tuple[float, float, float], rotated: float = 0.0, radius_mm: float = 4.2
) -> tuple[NDArray[np.int16], Affine]:
    """Label map of two balls on a grid with these edges, turned about the x axis (degrees)."""
    cosine, sine = np.cos(np.radians(rotated)), np.sin(np.radians(rotated))
    affine = np.eye(4)
    affine[:3, :3] = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]]) @ np.diag(edges_mm)
    shape = tuple(int(np.ceil(48 / edge)) for edge in edges_mm)
    # The grid's centre lies on a whole millimetre, as that of FSL's at 2 mm.
    affine[:3, 3] = np.array([0, -28, -30]) - affine[:3, :3] @ np.array([n // 2 for n in shape])
    places = np.indices(shape).reshape(3, -1)
    world = affine[:3, :3] @ places + affine[:3, 3:]
    labels = np.zeros(shape, dtype=np.int16)
    for label, centre in CENTRES_MM.items():
        near = np.linalg.norm(world - np.reshape(centre, (3, 1)), axis=0) <= radius_mm
        labels[near.reshape(shape)] = label
    return labels, affine


def save(path: Path, values: NDArray[np.generic], affine: Affine) -> Path:
    image = nib.Nifti1Image(values, affine)
    image.set_sform(affine, 4)
    nib.save(image, path)
    return path


def do(source: Path, out: Path, **settings: object) -> Imported:
    return import_atlas(
        AtlasRequest(source=source, name="lab", space="MNI152NLin2009aSym", **settings),
        out,
    )


@pytest.mark.parametrize(
    ("edges_mm", "rotated"),
    [((2, 2, 2), 0), ((0.5, 0.5, 0.5), 0), ((0.7, 0.7, 0.7), 9), ((1, 1, 2.5), 0), ((2, 2, 2), 17)],
)
def test_structures_keep_their_volume_and_place_on_the_templates_grid(
    tmp_path: Path, edges_mm: tuple[float, float, float], rotated: float
) -> None:
    labels, affine = balls(edges_mm, rotated)
    table = tmp_path / "table.csv"
    table.write_text(TABLE, encoding="utf-8")
    do(save(tmp_path / "map.nii.gz", labels, affine), tmp_path / "out", table=table)
    atlas = load_atlas(tmp_path / "out")
    voxel_mm3 = float(np.prod(edges_mm))
    for label, centre in CENTRES_MM.items():
        structure = atlas.table.nuclei[label - 1]
        before = np.count_nonzero(labels == label) * voxel_mm3
        mine = np.argwhere(atlas.labels == structure.index)
        assert len(mine) == pytest.approx(before, rel=0.03)
        assert source_volumes_of(atlas)[structure.name] == pytest.approx(before, abs=0.1)
        np.testing.assert_allclose(mine.mean(axis=0) + MNI_ORIGIN_MM, centre, atol=0.5)


def test_coarse_grid_stored_from_right_to_left_gives_the_same_labels(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text(TABLE, encoding="utf-8")
    labels, affine = balls((2, 2, 2))
    flip = np.diag([-1.0, 1, 1, 1])
    flip[0, 3] = len(labels) - 1
    do(save(tmp_path / "ras.nii.gz", labels, affine), tmp_path / "ras", table=table)
    do(save(tmp_path / "las.nii.gz", labels[::-1], affine @ flip), tmp_path / "las", table=table)
    np.testing.assert_array_equal(load_atlas(tmp_path / "ras").labels, load_atlas(tmp_path / "las").labels)


def test_probability_maps_keep_the_volume_that_reaches_the_threshold(tmp_path: Path) -> None:
    labels, affine = balls((2, 2, 2), radius_mm=6)
    maps = tmp_path / "maps"
    maps.mkdir()
    volumes = {}
    for label, name in ((1, "RN_l"), (2, "RN_r")):
        distance = np.linalg.norm(
            (affine[:3, :3] @ np.indices(labels.shape).reshape(3, -1) + affine[:3, 3:])
            - np.reshape(CENTRES_MM[label], (3, 1)),
            axis=0,
        ).reshape(labels.shape)
        probability = np.clip(1.15 - distance / 8, -0.05, 1.05).astype(np.float32)
        volumes[name.upper()] = 8 * np.count_nonzero(probability >= 0.35)
        save(maps / f"{name}.nii.gz", probability, affine)
    made = do(maps, tmp_path / "out", threshold=0.35)
    atlas = load_atlas(tmp_path / "out")
    for structure in atlas.table.nuclei:
        count = np.count_nonzero(atlas.labels == structure.index)
        assert count == pytest.approx(volumes[structure.name.upper()], rel=0.03)
    assert any("as interpolation leaves them" in warning for warning in made.warnings)
    assert not any("per cent" in warning for warning in made.warnings)


def test_change_of_a_volume_is_told_with_its_reason(tmp_path: Path) -> None:
    affine = np.eye(4)
    affine[:3, 3] = (-20, -48, -50)
    values = np.zeros((40, 40, 40), dtype=np.float32)
    maps = tmp_path / "maps"
    maps.mkdir()
    large, likely = values.copy(), values.copy()
    large[15:25, 15:25, 15:25] = 0.6
    likely[15:25, 15:25, 15:20] = 0.9
    save(maps / "large.nii.gz", large, affine)
    save(maps / "likely.nii.gz", likely, affine)
    made = do(maps, tmp_path / "out")
    (warning,) = [text for text in made.warnings if "more probable there" in text]
    assert "large (−50 %)" in warning
    assert "likely" not in warning
    rows = json.loads((tmp_path / "out" / "atlas.json").read_text(encoding="utf-8"))["structures"]
    told = {row["name"]: (row["source_volume_mm3"], row["volume_mm3"]) for row in rows[3:]}
    assert told == {"large": (1000.0, 500), "likely": (500.0, 500)}


def test_structure_smaller_than_a_voxel_stays_and_is_told_of(tmp_path: Path) -> None:
    affine = np.diag([0.5, 0.5, 0.5, 1.0])
    affine[:3, 3] = (0, -28, -30)
    values = np.zeros((8, 8, 8), dtype=np.int16)
    values[0:2, 0:2, 0] = 1
    table = tmp_path / "table.csv"
    table.write_text("index,name\n1,Tiny\n", encoding="utf-8")
    made = do(save(tmp_path / "map.nii.gz", values, affine), tmp_path / "out", table=table)
    assert any("Tiny (0.5 mm³ became 1)" in text for text in made.warnings)


# Scales of values ------------------------------------------------------------------------------------


def _range(*values: float) -> ValueRange:
    return ValueRange.of(np.array(values, dtype=np.float32), Path("map.nii.gz"))


@pytest.mark.parametrize(
    ("values", "top"),
    [
        ((0, 0.2, 0.98), 1.0),
        ((-0.03, 0.5, 1.04), 1.0),
        ((0, 3, 60), 100.0),
        ((-2, 50, 103.5), 100.0),
        ((0, 7, 255), 255.0),
    ],
)
def test_scale_of_probabilities_per_cent_and_bytes(values: tuple[float, ...], top: float) -> None:
    assert scale_of([_range(*values)]).top == top


def test_all_maps_of_an_atlas_have_one_scale_and_masks_have_any() -> None:
    scale = scale_of([_range(0, 0.4, 0.9), _range(0, 20, 95), _range(0, 480, 480)])
    assert scale.top == 100.0
    assert scale.probability(np.array([0.0, 0.9], dtype=np.float32))[1] == pytest.approx(0.009)
    assert scale.probability(np.array([0.0, 480.0], dtype=np.float32))[1] == 1


@pytest.mark.parametrize(
    "values", [(0, 1.2, 3.5), (-3, 0.5, 1), (0, 100, 1000), (-0.5, 0.2, 1), (0, 30, 180)]
)
def test_values_that_are_no_probabilities_are_refused(values: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="a probability is 0 to 1"):
        scale_of([_range(*values)])


def test_files_that_macos_leaves_beside_maps_are_no_maps(tmp_path: Path) -> None:
    labels, affine = balls((2, 2, 2))
    save(tmp_path / "RN_l.nii.gz", (labels == 1).astype(np.uint8), affine)
    (tmp_path / "._RN_l.nii.gz").write_bytes(b"\x00\x05\x16\x07 Mac OS X")
    (tmp_path / "sub").mkdir()
    save(tmp_path / "sub" / "SN_l.nii.gz", (labels == 1).astype(np.uint8), affine)
    assert [path.name for path in files_of(tmp_path)] == ["RN_l.nii.gz"]
    read = read_maps(tmp_path)
    assert [found.table_name for found in read.maps] == ["RN_L"]
    assert read.notes == ("Folders below it are not read: sub.",)
