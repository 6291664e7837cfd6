from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray

from brainstem_app.atlas.importing.own_atlas import Imported, import_atlas
from brainstem_app.atlas.importing.request import AtlasRequest
from brainstem_app.atlas.label_table import Group
from brainstem_app.atlas.library import list_atlases, load_atlas
from brainstem_app.cli.app import run
from brainstem_app.errors import ImplausibleResultError, InputError
from brainstem_app.imaging.spaces import AROUND_BOX, Region, mni_affine
from brainstem_app.preprocessing.template import load_template

# A block of the pons and around it: the files of these tests are small.
HERE = Region((78, 88, 20), (41, 41, 40))
Box = tuple[tuple[int, int, int], tuple[int, int, int]]
LEFT: Box = ((-8, -30, -30), (-4, -26, -26))
RIGHT: Box = ((4, -30, -30), (8, -26, -26))
MIDDLE: Box = ((-2, -30, -30), (2, -26, -26))
OUTSIDE: Box = ((-2, -10, -20), (2, -7, -18))


def drawn(box: Box, value: float = 1.0) -> NDArray[np.float32]:
    volume = np.zeros(HERE.shape, dtype=np.float32)
    low, high = (np.round(np.array(corner) - HERE.affine[:3, 3]).astype(int) for corner in box)
    volume[tuple(slice(a, b + 1) for a, b in zip(low, high, strict=True))] = value
    return volume


def save(path: Path, volume: NDArray[np.float32]) -> Path:
    image = nib.Nifti1Image(volume, HERE.affine)
    image.set_sform(HERE.affine, 4)
    nib.save(image, path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three structures as Brainstem Navigator names its files, the middle one overlapping nobody."""
    maps = tmp_path / "maps"
    maps.mkdir()
    save(maps / "CnF_l.nii.gz", drawn(LEFT))
    save(maps / "CnF_r.nii.gz", drawn(RIGHT))
    save(maps / "MnR.nii.gz", drawn(MIDDLE))
    return maps


def do(source: Path, out: Path, **settings: object) -> Imported:
    return import_atlas(
        AtlasRequest(source=source, name="lab", space="MNI152NLin2009aSym", **settings),
        out,
    )


def count(folder: Path, name: str) -> int:
    atlas = load_atlas(folder)
    return int(np.count_nonzero(atlas.labels == atlas.table.by_name(name).index))


def test_folder_of_masks_becomes_an_atlas_with_pairs_tissue_and_grades(folder: Path, tmp_path: Path) -> None:
    made = do(folder, tmp_path / "out", licence="CC BY 4.0")

    atlas = load_atlas(tmp_path / "out")
    assert atlas.table.names == ("background", "WM", "GM", "CnF_L", "CnF_R", "MnR")
    assert [s.side.value for s in atlas.table.nuclei] == ["left", "right", "midline"]
    assert all(s.group is Group.NUCLEUS and s.reliability in "ABC" for s in atlas.table.nuclei)
    assert [count(tmp_path / "out", name) for name in ("CnF_L", "CnF_R", "MnR")] == [125, 125, 125]
    np.testing.assert_array_equal(atlas.labels > 0, load_template().brainstem)
    x = np.argwhere(atlas.labels == 3)[:, 0] + mni_affine()[0, 3]
    assert x.max() < 0
    card = json.loads((tmp_path / "out" / "atlas.json").read_text(encoding="utf-8"))
    assert card["symmetric"] is True
    assert card["sources"][0]["space"] == "MNI152NLin2009aSym"
    assert "CC BY 4.0" in atlas.notice
    # The blocks do not lie where the nuclei of these names do, which is all there is to say.
    assert [text[:16] for text in made.warnings] == ["Measured against"]


def test_overlap_goes_to_the_more_probable_and_a_tie_to_the_smaller(tmp_path: Path) -> None:
    maps = tmp_path / "maps"
    maps.mkdir()
    large: Box = ((-4, -30, -30), (4, -22, -26))
    save(maps / "large.nii.gz", drawn(large, 0.7))
    save(maps / "likely.nii.gz", drawn(MIDDLE, 0.9))
    save(maps / "same.nii.gz", drawn(((3, -30, -30), (4, -26, -26)), 0.7))
    do(maps, tmp_path / "out")
    assert count(tmp_path / "out", "likely") == 125
    assert count(tmp_path / "out", "same") == 2 * 5 * 5
    assert count(tmp_path / "out", "large") == 9 * 9 * 5 - 125 - 50


def test_percent_and_threshold_are_understood(tmp_path: Path) -> None:
    maps = tmp_path / "maps"
    maps.mkdir()
    save(maps / "core.nii.gz", drawn(LEFT, 30) + drawn(((-6, -28, -28), (-6, -28, -28)), 60))
    do(maps, tmp_path / "half")
    do(maps, tmp_path / "quarter", threshold=0.25)
    assert (count(tmp_path / "half", "core"), count(tmp_path / "quarter", "core")) == (1, 125)


def test_structure_outside_is_left_out_and_one_at_the_edge_is_cut(folder: Path, tmp_path: Path) -> None:
    save(folder / "Hypothalamus.nii.gz", drawn(OUTSIDE))
    made = do(folder, tmp_path / "out")
    assert "Hypothalamus" not in made.table.names
    assert any("outside the brainstem: Hypothalamus" in warning for warning in made.warnings)


TABLES = {
    "fsl.xml": "<atlas><header><type>Label</type></header><data>"
    '<label index="0">Unknown</label><label index="7">RN left</label>'
    '<label index="9">RN right</label></data></atlas>',
    "itk.label": '# ITK-SnAP\n0 0 0 0 0 0 0 "Clear Label"\n'
    '7 255 0 0 1 1 1 "RN left"\n9 0 9 0 1 1 1 "RN right"\n',
    "lut.txt": "0 Unknown 0 0 0 0\n7 Left-RN 255 0 0 0\n9 Right-RN 0 9 0 0\n1000 ctx-lh 1 2 3 0\n",
    "plain.txt": "7\tRN left\n9\tRN right\n",
    "table.csv": "index,name,color,region\n7,RN_L,#ff0000,midbrain\n9,RN_R,#000900,unknown\n",
    "dseg.tsv": "index\tname\tr\tg\tb\n7\tRN L\t255\t0\t0\n9\tRN R\t0\t9\t0\n",
    "map.json": '{"7": "RN_l", "9": "RN_r"}',
    "list.json": '[{"id": 7, "label": "RN_l"}, {"id": 9, "label": "RN_r"}]',
}


@pytest.mark.parametrize("name", TABLES)
def test_label_map_with_a_table_of_each_format(tmp_path: Path, name: str) -> None:
    source = save(tmp_path / "map.nii.gz", drawn(LEFT, 7) + drawn(RIGHT, 9))
    table = tmp_path / name
    table.write_text(TABLES[name], encoding="utf-8")
    made = do(source, tmp_path / "out", table=table)
    assert made.table.names[3:] == ("RN_L", "RN_R")
    assert count(tmp_path / "out", "RN_L") == 125
    if name in ("itk.label", "lut.txt", "table.csv", "dseg.tsv"):
        assert made.table.by_name("RN_L").colour == "#ff0000"
    of_table = ("midbrain", "") if name == "table.csv" else ("", "")
    assert tuple(s.region for s in load_atlas(tmp_path / "out").table.nuclei) == of_table
    assert load_atlas(tmp_path / "out").regions is None


def test_fsl_probabilistic_counts_volumes_from_nought_and_summary_labels_from_one(tmp_path: Path) -> None:
    table = tmp_path / "fsl.xml"
    rows = '<label index="0">A left</label><label index="1">B right</label>'
    table.write_text(
        f"<atlas><header><type>Probabilistic</type></header><data>{rows}</data></atlas>", encoding="utf-8"
    )
    summary = save(tmp_path / "summary.nii.gz", drawn(LEFT, 1) + drawn(RIGHT, 2))
    volumes = save(tmp_path / "volumes.nii.gz", np.stack([drawn(LEFT, 80), drawn(RIGHT, 90)], axis=-1))
    for source in (summary, volumes):
        made = do(source, tmp_path / source.stem, table=table)
        assert made.table.names[3:] == ("A_L", "B_R")


def test_one_label_on_both_sides_is_split_if_asked(tmp_path: Path) -> None:
    source = save(tmp_path / "map.nii.gz", drawn(LEFT, 7) + drawn(RIGHT, 7))
    table = tmp_path / "table.csv"
    table.write_text("index,name\n7,RN\n", encoding="utf-8")
    whole = do(source, tmp_path / "whole", table=table)
    assert any("--split-sides" in warning for warning in whole.warnings)
    split = do(source, tmp_path / "split", table=table, split_sides=True)
    assert split.table.names[3:] == ("RN_L", "RN_R")
    assert "nan" not in " ".join(split.warnings)
    assert count(tmp_path / "split", "RN_R") == 125


def test_coarser_grid_of_another_orientation_keeps_left_on_the_left(folder: Path, tmp_path: Path) -> None:
    flip = np.diag([-1.0, 1.0, 1.0, 1.0])
    flip[0, 3] = HERE.shape[0] - 1
    for path in folder.iterdir():
        image = nib.Nifti1Image(np.asarray(nib.load(path).dataobj)[::-1], HERE.affine @ flip)
        image.set_sform(HERE.affine @ flip, 4)
        nib.save(image, path)
    do(folder, tmp_path / "out")
    labels = load_atlas(tmp_path / "out").labels
    assert (np.argwhere(AROUND_BOX.crop(labels) == 3)[:, 0] + AROUND_BOX.affine[0, 3]).max() < 0


def test_bad_folders_are_refused_with_what_where_and_fix(folder: Path, tmp_path: Path) -> None:
    def refused(match: str, kind: type[Exception] = InputError, **settings: object) -> None:
        with pytest.raises(kind, match=match) as caught:
            do(folder, tmp_path / "out", **settings)
        assert caught.value.where  # type: ignore[attr-defined]
        assert caught.value.fix  # type: ignore[attr-defined]
        assert not (tmp_path / "out").exists()

    odd = folder / "odd.nii.gz"
    save(odd, drawn(MIDDLE, 0))
    refused("empty")
    save(odd, drawn(MIDDLE, 0.3))
    refused("reaches the threshold")
    save(odd, drawn(MIDDLE, 480) + drawn(LEFT, 3))
    refused("a probability is 0 to 1")
    nib.save(nib.Nifti1Image(drawn(MIDDLE), HERE.affine + np.diag([0, 0, 1.0, 0])), odd)
    refused("another grid")
    odd.write_bytes(b"no image")
    refused("recognised")
    odd.unlink()
    save(folder / "cnf_L.nii.gz", drawn(LEFT))
    refused("occurs twice")
    (folder / "cnf_L.nii.gz").unlink()
    save(folder / "swapped_l.nii.gz", drawn(RIGHT))
    refused("other side than its name says")
    (folder / "swapped_l.nii.gz").unlink()
    save(folder / "hidden.nii.gz", drawn(MIDDLE, 0.6))
    refused("No voxel is left for hidden", ImplausibleResultError)


def _red_nuclei(folder: Path, shift: tuple[int, int, int]) -> Path:
    """The red nuclei of the shipped atlas, moved by whole millimetres; one by its name in words."""
    atlas = load_atlas()
    folder.mkdir()
    for name, file in (("RN_L", "RN_l"), ("RN_R", "Red nucleus_r")):
        mask = (atlas.labels == atlas.table.by_name(name).index).astype(np.float32)
        image = nib.Nifti1Image(np.roll(mask, shift, axis=(0, 1, 2)), mni_affine())
        image.set_sform(mni_affine(), 4)
        nib.save(image, folder / f"{file}.nii.gz")
    return folder


def test_distance_from_structures_of_the_same_name_is_measured_and_told(tmp_path: Path) -> None:
    source = _red_nuclei(tmp_path / "maps", (0, -1, 1))
    made = import_atlas(AtlasRequest(source=source, name="lab", space="MNI152NLin6Asym"), tmp_path / "lab")
    (warning,) = [text for text in made.warnings if "Measured against" in text]
    assert "2 structures" in warning
    assert "1.4 mm" in warning
    assert "(+0.0, −1.0, +1.0) mm" in warning
    card = json.loads((tmp_path / "lab" / "atlas.json").read_text(encoding="utf-8"))
    assert card["sources"][0]["registration"]["shift_mm"] == [0.0, -1.0, 1.0]


def test_large_shift_is_warned_of_even_in_the_programs_own_space(tmp_path: Path) -> None:
    made = do(_red_nuclei(tmp_path / "a", (0, 0, 0)), tmp_path / "lab")
    assert not any("Measured" in text for text in made.warnings)
    made = do(_red_nuclei(tmp_path / "b", (0, -3, 2)), tmp_path / "lab")
    assert any("too far for the same place" in text for text in made.warnings)


@pytest.mark.parametrize("space", ["MNI305", "MNIColin27", "mniinfant"])
def test_space_of_another_family_needs_its_image(folder: Path, tmp_path: Path, space: str) -> None:
    with pytest.raises(InputError, match="MNI152 family") as raised:
        import_atlas(AtlasRequest(source=folder, name="lab", space=space), tmp_path / "lab")
    assert "--template" in raised.value.fix


def test_nothing_in_the_brainstem_and_unknown_spaces_are_refused(tmp_path: Path) -> None:
    maps = tmp_path / "maps"
    maps.mkdir()
    save(maps / "Hypothalamus.nii.gz", drawn(OUTSIDE))
    with pytest.raises(InputError, match="No structure lies in the brainstem") as caught:
        do(maps, tmp_path / "out")
    assert "--space" in caught.value.fix
    with pytest.raises(InputError, match="Talairach is not of the MNI152 family"):
        import_atlas(AtlasRequest(source=maps, name="lab", space="Talairach"), tmp_path / "out")
    with pytest.raises(InputError, match="needs a table"):
        do(maps / "Hypothalamus.nii.gz", tmp_path / "out")


def test_command_lists_what_it_made_and_keeps_an_atlas_of_that_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("WIN_PD_OVERRIDE_LOCAL_APPDATA", str(tmp_path / "data"))
    assert run(["atlas", "import", str(folder), "--name", "lab"]) == 0
    shown = capsys.readouterr()
    assert "CnF_L" in shown.out
    assert "not declared" in shown.err
    assert "lab" in list_atlases()
    assert run(["atlas", "import", str(folder), "--name", "lab"]) == 2
    assert run(["atlas", "import", str(folder), "--name", "lab", "--replace"]) == 0
    assert run(["atlas", "import", str(folder), "--name", "brainstem31"]) == 2
