"""Which atlas the labels of a file belong to."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from brainstem_app.atlas.label_table import Group, LabelTable, Side, Structure, table_text
from brainstem_app.atlas.library import CARD_FILE_NAME, LABELS_FILE_NAME, load_atlas_table
from brainstem_app.cli.app import run
from brainstem_app.errors import InputError
from brainstem_app.gui.document.edited_copy import EditedLabels, save_edited_copy
from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.models.label_meaning import UnknownAtlasError, known_atlases, meaning_of_labels
from brainstem_app.reports.exports.label_files import itk_snap_labels, write_label_files

SMALL = ("background", "WM", "GM", "RN_L", "RN_R", "PAG")


def table_of(names: tuple[str, ...]) -> LabelTable:
    groups = (Group.BACKGROUND, Group.TISSUE, Group.TISSUE)
    return LabelTable(
        structures=tuple(
            Structure(
                index=index,
                name=name,
                full_name=f"The {name}",
                side=Side.LEFT if name.endswith("_L") else Side.MIDLINE,
                group=groups[index] if index < len(groups) else Group.NUCLEUS,
                colour=f"#0000{index:02x}",
                source="lab",
                licence="CC0",
            )
            for index, name in enumerate(names)
        )
    )


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's data folder of this test's own."""
    for name in ("XDG_DATA_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "data"))
    from brainstem_app.locations import user_data_folder

    return user_data_folder()


def install(data: Path, names: tuple[str, ...] = SMALL, name: str = "small", version: str = "1") -> Path:
    folder = data / "atlases" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "structures.csv").write_text(table_text(table_of(names)), encoding="utf-8")
    (folder / CARD_FILE_NAME).write_text(json.dumps({"name": name, "version": version}), encoding="utf-8")
    (folder / LABELS_FILE_NAME).touch()
    return folder


def result(folder: Path, names: tuple[str, ...] = SMALL, version: str = "1") -> Path:
    """A label map with labels 0 to 5, and the report that names them."""
    folder.mkdir()
    rows = [
        {**s.model_dump(mode="json", include={"index", "name", "full_name", "side", "group", "reliability"})}
        for s in table_of(names).structures
    ]
    report = {"atlas": {"name": "small", "version": version}, "structures": rows}
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    (folder / "labels_itksnap.txt").write_text(itk_snap_labels(table_of(names)), encoding="utf-8")
    return bare(folder)


def bare(folder: Path, highest: int = 5) -> Path:
    folder.mkdir(exist_ok=True)
    volume = np.zeros((6, 7, 8), dtype=np.uint8)
    for label in range(1, highest + 1):
        volume[1 + label % 3, 1:6, label % 8] = label
    save_label_map(folder / "labels_native.nii.gz", volume, np.eye(4))
    return folder / "labels_native.nii.gz"


def names_in(report: Path) -> list[str]:
    content = json.loads(report.read_text(encoding="utf-8"))
    return [row["name"] for row in content["structures"]]


def test_evaluate_takes_names_from_the_report_beside_the_labels_even_without_the_atlas(
    tmp_path: Path,
) -> None:
    labels = str(result(tmp_path / "a"))
    assert run(["evaluate", labels, labels, "--out", str(tmp_path / "out")]) == 0
    assert names_in(tmp_path / "out" / "report.json") == list(SMALL)
    meaning = meaning_of_labels(tmp_path / "a" / "labels_native.nii.gz", frozenset({0, 3}))
    assert meaning.table.structures[5].colour == "#000005"
    assert meaning.title == "small version 1"


def test_evaluate_of_labels_alone_needs_the_atlas_once_two_fit(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, out = str(bare(tmp_path / "a")), str(tmp_path / "out")
    assert run(["evaluate", labels, labels, "--out", out]) == 0
    assert "the only atlas here that names them all" in capsys.readouterr().err
    assert "atlas-of-labels" in (tmp_path / "out" / "report.json").read_text(encoding="utf-8")
    install(data)
    assert run(["evaluate", labels, labels, "--out", out]) == 2
    shown = capsys.readouterr().err
    assert "brainstem31 version 1.0, small version 1" in shown
    assert "--atlas" in shown
    assert run(["evaluate", labels, labels, "--out", out, "--atlas", "small"]) == 0
    assert names_in(tmp_path / "out" / "report.json") == list(SMALL)


def test_two_label_maps_without_a_nucleus_in_common_are_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = str(result(tmp_path / "a"))
    second = str(result(tmp_path / "b", (*SMALL[:3], "SN_L", "SN_R", "LC"), version="2"))
    assert run(["evaluate", first, second, "--out", str(tmp_path / "out")]) == 2
    shown = capsys.readouterr().err
    assert "small version 1" in shown
    assert "small version 2" in shown
    assert not (tmp_path / "out").exists()


def numbered(folder: Path, numbers: dict[str, int], table: str = "", dtype: type = np.uint16) -> Path:
    """The labels of `bare` under other numbers, and the table that says so."""
    labels = folder / "sub-1" / "sub-1_dseg.nii.gz"
    labels.parent.mkdir(parents=True)
    image = nib.load(bare(folder / "bare"))
    stored = np.asarray(image.dataobj)
    made = np.zeros(stored.shape, dtype)
    for name, number in numbers.items():
        if name in SMALL:
            made[stored == SMALL.index(name)] = number
    nib.save(nib.Nifti1Image(made, image.affine), labels)
    rows = "".join(f"{number}\t{name}\n" for name, number in numbers.items())
    (folder / "dseg.tsv").write_text(table or f"index\tname\n{rows}", encoding="utf-8")
    return labels


def scores(report: Path) -> dict[str, float | None]:
    content = json.loads(report.read_text(encoding="utf-8"))
    return {row["name"]: row["dice"] for row in content["structures"][1:]}


NUCLEI_FROM_1 = {"RN_L": 1, "RN_R": 2, "PAG": 3}
WITH_GAPS = {"PAG": 500, "RN_R": 12, "RN_L": 11}


@pytest.mark.parametrize("numbers", [NUCLEI_FROM_1, WITH_GAPS], ids=["without a row for 0", "with gaps"])
def test_maps_that_number_their_structures_otherwise_are_compared_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], numbers: dict[str, int]
) -> None:
    first, second = str(result(tmp_path / "a")), str(numbered(tmp_path / "lab", numbers))
    for files in ((first, second), (second, first)):
        assert run(["evaluate", *files, "--out", str(tmp_path / "out")]) == 0
        said = capsys.readouterr().err
        assert "as dseg.tsv beside it says: they are matched by name" in said or files[0] == second
        assert "Nothing beside" not in said
        found = scores(tmp_path / "out" / "report.json")
        assert {name: found[name] for name in numbers} == {"RN_L": 1.0, "RN_R": 1.0, "PAG": 1.0}
        assert found.get("WM") is None
        assert "has WM, GM: " in said
    assert run(["evaluate", second, second, "--out", str(tmp_path / "out")]) == 0
    assert scores(tmp_path / "out" / "report.json") == dict.fromkeys(sorted(numbers, key=numbers.get), 1.0)


def test_table_with_a_gap_is_refused_where_a_map_is_opened_by_its_numbers(tmp_path: Path) -> None:
    labels = numbered(tmp_path / "lab", WITH_GAPS)
    with pytest.raises(
        InputError, match=r"By dseg\.tsv beside the labels, their numbers are 11, 12, 500"
    ) as caught:
        meaning_of_labels(labels, frozenset({0, 11}))
    assert "Renumber a copy" in caught.value.fix


def test_table_in_any_order_without_a_row_for_0_names_the_labels(tmp_path: Path) -> None:
    labels = numbered(tmp_path / "lab", dict(reversed(NUCLEI_FROM_1.items())))
    meaning = meaning_of_labels(labels, frozenset({0, 2}))
    assert meaning.table.names == ("background", "RN_L", "RN_R", "PAG")
    assert [s.name for s in meaning.table.nuclei] == ["RN_L", "RN_R", "PAG"]


def test_what_nobody_drew_is_left_out_of_both_maps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = result(tmp_path / "a")
    second = numbered(tmp_path / "lab", {**WITH_GAPS, "not drawn": 99})
    image = nib.load(second)
    labels = np.asarray(image.dataobj).copy()
    drawn = np.argwhere(labels == WITH_GAPS["PAG"])
    labels[tuple(drawn[:2].T)] = 99
    nib.save(nib.Nifti1Image(labels, image.affine), second)
    assert run(["evaluate", str(first), str(second), "--out", str(tmp_path / "out")]) == 0
    assert "Where nobody labelled sub-1_dseg.nii.gz (99), both are left out." in capsys.readouterr().err
    assert scores(tmp_path / "out" / "report.json")["PAG"] == 1.0
    rows = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["structures"]
    assert (rows[5]["voxels"], rows[5]["reference_voxels"]) == (len(drawn) - 2, len(drawn) - 2)


def test_number_that_the_table_does_not_name_and_a_wrong_word_of_the_user_say_what_to_do(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = str(result(tmp_path / "a")), str(numbered(tmp_path / "lab", WITH_GAPS))
    install(data)
    assert run(["evaluate", first, second, "--out", str(tmp_path / "out"), "--atlas", "small"]) == 2
    assert "Leave --atlas out: dseg.tsv beside it" in capsys.readouterr().err
    (tmp_path / "lab" / "dseg.tsv").write_text("index\tname\n11\tRN_L\n12\tRN_R\n", encoding="utf-8")
    assert run(["evaluate", first, second, "--out", str(tmp_path / "out")]) == 2
    assert "The file has label 500, but dseg.tsv beside it has no such number" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


BROKEN = {
    "dseg.tsv": "name\nRN_L\n",
    "sub-1/report.json": '{"atlas": {"name": "small"}, "structures": [{"index": 1}]}',
    "sub-1/manifest.json": "{",
    "sub-1/sub-1_dseg.json": "not JSON",
}


@pytest.mark.parametrize("name", BROKEN)
def test_file_that_cannot_be_read_is_not_as_if_there_were_none(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    first = str(result(tmp_path / "a"))
    second = numbered(tmp_path / "lab", {name: index for index, name in enumerate(SMALL)})
    (tmp_path / "lab" / name).write_text(BROKEN[name], encoding="utf-8")
    words = ["evaluate", first, str(second), "--out", str(tmp_path / "out")]
    assert run(words) == 2
    said = capsys.readouterr().err
    assert f"{Path(name).name} beside the labels cannot be read" in said
    assert str(tmp_path / "lab" / name) in said
    assert "Restore that file" in said
    install(data)
    assert run([*words, "--atlas", "small"]) == 0
    assert "read as those of small version 1, as you say" in capsys.readouterr().err


def test_regions_whose_names_are_gone_are_not_read_as_nuclei(tmp_path: Path) -> None:
    folder = result(tmp_path / "made").parent
    with pytest.raises(UnknownAtlasError, match=r"labels_regions_itksnap\.txt.* is missing"):
        meaning_of_labels(folder / "labels_regions_native.nii.gz", frozenset({0, 1, 3}))


def test_table_one_folder_up_names_a_map_that_is_not_called_as_in_bids(tmp_path: Path) -> None:
    labels = numbered(tmp_path / "lab", NUCLEI_FROM_1)
    labels = labels.rename(labels.with_name("nuclei.nii.gz"))
    assert meaning_of_labels(labels, frozenset({0, 1})).table.names[1] == "RN_L"
    folder = result(tmp_path / "lab" / "result").parent
    assert meaning_of_labels(folder / "labels_native.nii.gz", frozenset({0, 1})).table.names == SMALL


def test_reference_alone_is_read_like_the_labels_it_is_compared_with_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = str(result(tmp_path / "a")), str(bare(tmp_path / "b"))
    assert run(["evaluate", first, second, "--out", str(tmp_path / "out")]) == 0
    assert names_in(tmp_path / "out" / "report.json") == list(SMALL)
    assert "read as those of labels_native.nii.gz, of the atlas small version 1" in capsys.readouterr().err
    beyond = str(bare(tmp_path / "c", highest=7))
    assert run(["evaluate", first, beyond, "--out", str(tmp_path / "out")]) == 2
    assert "label 7" in capsys.readouterr().err


def test_users_word_against_the_report_is_followed_and_told(tmp_path: Path, data: Path) -> None:
    install(data, (*SMALL[:3], "SN_L", "SN_R", "PAG"), name="mine")
    meaning = meaning_of_labels(result(tmp_path / "a"), frozenset({0, 3, 5}), "mine")
    assert meaning.table.names[3] == "SN_L"
    assert "report.json" in meaning.notes[0]
    assert "small version 1" in meaning.notes[0]


def test_atlas_that_was_replaced_since_does_not_rename_old_labels(tmp_path: Path, data: Path) -> None:
    install(data, (*SMALL[:3], "SN_L", "SN_R", "PAG"))
    meaning = meaning_of_labels(result(tmp_path / "a"), frozenset({0, 3, 5}))
    assert meaning.table.names == SMALL
    assert "names some labels otherwise" in meaning.notes[0]


def test_sources_beside_the_labels_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    labels = result(tmp_path / "a")
    rows = [(index, name) for index, name in enumerate((*SMALL[:3], "SN_L", "SN_R", "PAG"))]
    text = "index\tname\n" + "".join(f"{index}\t{name}\n" for index, name in rows)
    labels.with_name("labels_native.tsv").write_text(text, encoding="utf-8")
    with pytest.raises(UnknownAtlasError, match="contradict each other"):
        meaning_of_labels(labels, frozenset({0, 3}))
    assert meaning_of_labels(labels, frozenset({0, 5})).table.names[5] == "PAG"


def test_bids_table_above_the_labels_names_them(tmp_path: Path) -> None:
    labels = tmp_path / "truth" / "sub-1" / "anat" / "sub-1_dseg.nii.gz"
    labels.parent.mkdir(parents=True)
    text = "index\tname\tcolor\n" + "".join(f"{k}\t{name}\t#00ff00\n" for k, name in enumerate(SMALL))
    (tmp_path / "truth" / "dseg.tsv").write_text(text, encoding="utf-8")
    meaning = meaning_of_labels(labels, frozenset({0, 3}))
    assert meaning.table.names == SMALL
    assert [s.name for s in meaning.table.nuclei] == list(SMALL[3:])


def test_regions_of_a_result_are_not_read_as_the_nuclei_that_its_report_names(tmp_path: Path) -> None:
    folder = result(tmp_path / "made").parent
    regions = table_of(("background", "midbrain", "pons", "medulla"))
    write_label_files(folder, regions, "labels_regions")
    meaning = meaning_of_labels(folder / "labels_regions_native.nii.gz", frozenset({0, 1, 3}))
    assert meaning.table.names == regions.names
    assert [s.name for s in meaning.table.nuclei] == ["midbrain", "pons", "medulla"]


def test_copy_of_an_atlas_from_before_its_regions_is_no_second_atlas(data: Path) -> None:
    known = len(known_atlases())
    folder = install(data)
    (folder / "structures.csv").write_text(table_text(table_of(SMALL)), encoding="utf-8")
    assert len(known_atlases()) == known + 1
    with_region = LabelTable(
        structures=tuple(s.model_copy(update={"region": "pons"}) for s in table_of(SMALL).structures)
    )
    copy = install(data, name="copy")
    (copy / "structures.csv").write_text(table_text(with_region), encoding="utf-8")
    (copy / CARD_FILE_NAME).write_text(json.dumps({"name": "small", "version": "1"}), encoding="utf-8")
    assert len(known_atlases()) == known + 1


def test_corrected_copy_and_its_copy_are_of_the_atlas_of_the_original(tmp_path: Path) -> None:
    labels = bare(tmp_path / "anat")
    original = labels.rename(labels.with_name("sub-1_dseg.nii.gz"))
    text = "index\tname\tcolor\n" + "".join(f"{k}\t{name}\t#00ff00\n" for k, name in enumerate(SMALL))
    (tmp_path / "dseg.tsv").write_text(text, encoding="utf-8")
    values = np.asarray(nib.load(original).dataobj).astype(np.uint8).transpose(2, 1, 0)
    for name in ("sub-1_dseg_edited.nii.gz", "sub-1_dseg_edited-2.nii.gz"):
        copy = save_edited_copy(EditedLabels(original, values, table_of(SMALL), [0] * 256, [0] * 256))
        assert copy.name == name
        assert meaning_of_labels(copy, frozenset({0, 3})).table.names == SMALL
        original = copy


def test_labels_of_a_prepared_subject_are_of_the_atlas_that_its_record_names(
    tmp_path: Path, data: Path
) -> None:
    record = {"settings": {"atlas": "small", "atlas_version": "1", "atlas_sha256": ""}}
    (tmp_path / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
    labels = tmp_path / "labels_box.nii.gz"
    with pytest.raises(UnknownAtlasError, match="small version 1, which is not here"):
        meaning_of_labels(labels, frozenset({0, 3}))
    install(data)
    assert meaning_of_labels(labels, frozenset({0, 3})).table.names == SMALL


def test_atlas_that_only_a_model_brings_is_found(tmp_path: Path, data: Path) -> None:
    folder = data / "models" / "small-net"
    folder.mkdir(parents=True)
    card = {
        "name": "small-net",
        "atlas": "small",
        "atlas_version": "1",
        "decoder": "n_deconet",
        "encoder": "resnet34",
        "classes": 6,
    }
    (folder / "model.json").write_text(json.dumps(card), encoding="utf-8")
    install(data).rename(folder / "atlas")
    with pytest.raises(UnknownAtlasError) as caught:
        meaning_of_labels(tmp_path / "labels.nii.gz", frozenset({0, 3}))
    assert [atlas.title for atlas in caught.value.choices] == ["brainstem31 version 1.0", "small version 1"]


def test_label_that_the_table_does_not_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"label 9, but report\.json beside it has only 0 to 5"):
        meaning_of_labels(result(tmp_path / "a"), frozenset({0, 9}))
    with pytest.raises(InputError, match="go up to 200"):
        meaning_of_labels(tmp_path / "alone.nii.gz", frozenset({0, 200}))


def test_tissue_that_all_atlases_name_alike_needs_no_question(tmp_path: Path, data: Path) -> None:
    install(data, (*load_atlas_table().table.names[:3], "RN_L", "RN_R", "PAG"))
    assert meaning_of_labels(tmp_path / "alone.nii.gz", frozenset({0, 1, 2})).table.names[1] == "WM"
