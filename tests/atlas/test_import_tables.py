"""Numbers of label maps and volumes, and the tables that name them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray

from brainstem_app.atlas.importing.label_matching import Matched, match_values, match_volumes
from brainstem_app.atlas.importing.source_maps import read_maps
from brainstem_app.atlas.source_tables.reading import read_source_table
from brainstem_app.errors import InputError

MAP = Path("map.nii.gz")


def save(path: Path, values: NDArray[np.generic]) -> Path:
    image = nib.Nifti1Image(values, np.eye(4), dtype=values.dtype)
    image.set_sform(np.eye(4), 4)
    nib.save(image, path)
    return path


def numbered(numbers: list[int | float], dtype: DTypeLike) -> NDArray[np.generic]:
    """A row of voxels of each number: one of the first, two of the second, and so on."""
    values = np.zeros((len(numbers) + 1, 4, len(numbers) + 2), dtype=dtype)
    for place, number in enumerate(numbers):
        values[place, 1, : place + 1] = number
    return values


def read(tmp_path: Path, values: NDArray[np.generic], text: str, **options: bool) -> dict[str, int]:
    """Voxels of each structure that is read."""
    table = tmp_path / "table.csv"
    table.write_text(text, encoding="utf-8")
    maps = read_maps(save(tmp_path / "map.nii.gz", values), table, **options).maps
    return {found.table_name: int(found.probability.sum()) for found in maps}


@pytest.mark.parametrize(
    ("numbers", "dtype"),
    [
        ([16777216, 16777217, 16777218], np.int32),
        ([312782546, 312782550, 576073733], np.uint32),
        ([2**40, 2**40 + 1, 2**40 + 2], np.int64),
        ([16777217, 16777219, 2**40 + 1], np.float64),
        ([-7, 7, 32767], np.int16),
        ([450, 451, 452], np.float32),
    ],
)
def test_label_numbers_stay_exact_however_large(tmp_path: Path, numbers: list[int], dtype: DTypeLike) -> None:
    text = "index,name\n" + "".join(f"{number},N{place}\n" for place, number in enumerate(numbers))
    assert read(tmp_path, numbered(list(numbers), dtype), text) == {"N0": 1, "N1": 2, "N2": 3}


def test_region_of_a_structure_is_read_from_its_column_and_unknown_ones_are_none(tmp_path: Path) -> None:
    text = "index,name,region\n1,RN,midbrain\n2,LC,unknown\n3,IO,\n"
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    assert [(s.name, s.region) for s in read_source_table(path).labels] == [
        ("RN", "midbrain"),
        ("LC", ""),
        ("IO", ""),
    ]
    # A table whose structures stand in a column of that name says nothing of regions.
    path.write_text("index,region\n1,RN\n", encoding="utf-8")
    assert [(s.name, s.region) for s in read_source_table(path).labels] == [("RN", "")]


def test_full_name_of_a_structure_is_read_from_its_column_or_key(tmp_path: Path) -> None:
    path = tmp_path / "table.tsv"
    path.write_text("index\tname\tFull name\n1\tRN_L\tLeft red nucleus\n2\tLC\t\n", encoding="utf-8")
    assert [s.full_name for s in read_source_table(path).labels] == ["Left red nucleus", ""]
    path = tmp_path / "table.json"
    path.write_text('[{"index": 1, "name": "RN_L", "full_name": "Left red nucleus"}]', encoding="utf-8")
    assert [(s.name, s.full_name) for s in read_source_table(path).labels] == [("RN_L", "Left red nucleus")]


def test_labels_that_a_header_scales_are_whole_again(tmp_path: Path) -> None:
    image = nib.Nifti1Image(numbered([85, 170, 255], np.uint8), np.eye(4))
    image.header.set_slope_inter(7 / 255, 0)
    image.set_sform(np.eye(4), 4)
    path = tmp_path / "map.nii"
    path.write_bytes(_scaled(image, 7 / 255))
    table = tmp_path / "t.csv"
    table.write_text("index,name\n7,A\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"fractions such as 2\.33"):
        read_maps(path, table)
    path.write_bytes(_scaled(image, 1 / 85))
    table.write_text("index,name\n1,A\n2,B\n3,C\n", encoding="utf-8")
    maps = {found.table_name: int(found.probability.sum()) for found in read_maps(path, table).maps}
    assert maps == {"A": 1, "B": 2, "C": 3}


def _scaled(image: nib.Nifti1Image, slope: float) -> bytes:
    """The file with a slope over the stored numbers; nibabel alone would store them anew."""
    content = bytearray(image.to_bytes())
    content[112:116] = np.float32(slope).tobytes()
    return bytes(content)


def test_numbers_that_the_file_has_rounded_already_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="stores them as float32") as caught:
        read(tmp_path, numbered([16777216, 16777218], np.float32), "index,name\n16777216,A\n16777218,B\n")
    assert "int32" in caught.value.fix


def test_labels_without_a_name_are_refused_or_left_out_as_the_user_says(tmp_path: Path) -> None:
    values = numbered([1, 2, 99], np.int16)
    text = "index,name\n1,A\n2,B\n3,C\n"
    with pytest.raises(InputError, match=r"does not name: 99 \(3 voxels\)") as caught:
        read(tmp_path, values, text)
    assert "--leave-out-unnamed" in caught.value.fix
    assert read(tmp_path, values, text, leave_out_unnamed=True) == {"A": 1, "B": 2}
    notes = read_maps(tmp_path / "map.nii.gz", tmp_path / "table.csv", leave_out_unnamed=True).notes
    assert any("Left out" in note and "99 (3 voxels)" in note for note in notes)
    assert any("not in the label map: 3 (C)" in note for note in notes)


def test_volumes_without_a_name_are_refused_or_left_out_as_the_user_says(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("index,name\n0,A\n1,B\n", encoding="utf-8")
    volumes = np.zeros((4, 4, 4, 3), dtype=np.float32)
    volumes[1, 1, 1, :] = 0.9
    volumes[2, 2, 2, :] = 0.4
    source = save(tmp_path / "map.nii.gz", volumes)
    with pytest.raises(InputError, match="1 of the 3 volumes, counted from 0: 2"):
        read_maps(source, table)
    read_ = read_maps(source, table, leave_out_unnamed=True)
    assert [found.table_name for found in read_.maps] == ["A", "B"]
    assert any("the volumes 2" in note for note in read_.notes)


# FSL's XML -------------------------------------------------------------------------------------------


def matched(xml: Path, numbers: Mapping[int, int], *, leave_out: bool = False) -> Matched:
    return match_values(read_source_table(xml), numbers, MAP, xml, leave_out=leave_out)


def xml_of(tmp_path: Path, names: dict[int, str], kind: str = "") -> Path:
    rows = "".join(f'<label index="{index}">{name}</label>' for index, name in names.items())
    head = f"<type>{kind}</type>" if kind else "<name>lab</name>"
    path = tmp_path / "table.xml"
    path.write_text(f"<atlas><header>{head}</header><data>{rows}</data></atlas>", encoding="utf-8")
    return path


def names_of(found: Matched) -> dict[int, str]:
    return {label.number: label.name for label in found.labels}


def test_xml_without_a_type_is_read_as_the_map_says(tmp_path: Path) -> None:
    values = {1: 5, 2: 5, 3: 5}
    from_one = xml_of(tmp_path, {1: "A", 2: "B", 3: "C"})
    assert names_of(matched(from_one, values)) == {1: "A", 2: "B", 3: "C"}
    from_nought = xml_of(tmp_path, {0: "A", 1: "B", 2: "C"})
    assert names_of(matched(from_nought, values)) == {1: "A", 2: "B", 3: "C"}
    with_background = xml_of(tmp_path, {0: "Unclassified", 1: "A", 2: "B", 3: "C"})
    assert names_of(matched(with_background, values)) == {1: "A", 2: "B", 3: "C"}


def test_xml_without_a_type_is_refused_where_both_readings_fit(tmp_path: Path) -> None:
    both = xml_of(tmp_path, {0: "PAG", 1: "A", 2: "B", 3: "C"})
    with pytest.raises(InputError, match="both readings fit") as caught:
        matched(both, {1: 5, 2: 5, 3: 5})
    assert "<type>Label</type>" in caught.value.fix
    with pytest.raises(InputError, match="neither reading"):
        matched(xml_of(tmp_path, {1: "A"}), {1: 5, 9: 5})


def test_type_that_contradicts_the_map_is_refused_with_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not name: 1 ") as caught:
        matched(xml_of(tmp_path, {1: "A", 2: "B"}, "Probabilistic"), {1: 5, 2: 5})
    assert "write <type>Label</type>" in caught.value.fix
    with pytest.raises(InputError, match="does not name: 2 ") as caught:
        matched(xml_of(tmp_path, {0: "A", 1: "B"}, "Label"), {1: 5, 2: 5})
    assert "counts from 0" in caught.value.fix


@pytest.mark.parametrize("first", [0, 1])
def test_xml_without_a_type_counts_volumes_from_its_first_number(tmp_path: Path, first: int) -> None:
    table = read_source_table(xml_of(tmp_path, {first: "A", first + 1: "B"}), volumes=True)
    found = match_volumes(table, 2, MAP, MAP, leave_out=False)
    assert names_of(found) == {0: "A", 1: "B"}


def test_name_of_nought_in_a_table_is_not_dropped_in_silence(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("index,name\n0,PAG\n1,RN\n", encoding="utf-8")
    assert "PAG" in " ".join(matched(table, {1: 5}).notes)
    table.write_text("index,name\n0,Clear Label\n1,RN\n", encoding="utf-8")
    assert matched(table, {1: 5}).notes == ()


# Formats ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bom.csv", "\ufeffindex,name\n7,Noyau é\n-1,B\n".encode()),
        ("latin.csv", "index,name\n7,Noyau é\n-1,B\n".encode("latin-1")),
        ("utf16.csv", "index\tname\r\n7\tNoyau é\r\n-1\tB\r\n".encode("utf-16")),
        ("blank.csv", "index;name\n\n ; \n7;Noyau é\n-1;B\n".encode()),
        ("floats.csv", "index,name\n7.0,Noyau é\n-1.0,B\n".encode()),
        ("no_head.tsv", "7\tNoyau é\n-1\tB\n".encode()),
        ("slicer.csv", "LabelValue,Name,Color_R,Color_G,Color_B\n7,Noyau é,1,2,3\n-1,B,1,2,3\n".encode()),
        ("slicer.ctbl", "# Color table file\n7 Noyau_é 255 0 0 255\n-1 B 0 0 0 255\n".encode()),
        ("lut.txt", "#No. Label Name: R G B A\n7 Noyau_é 1 2 3 0\n-1 B 1 2 3 0\n".encode()),
        ("map.json", '{"7": "Noyau é", "-1": "B"}'.encode()),
        ("turned.json", '{"Noyau é": 7, "B": -1}'.encode()),
    ],
)
def test_tables_of_spreadsheets_and_of_other_programs_are_read(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    rows = {label.number: label.name.replace("_", " ") for label in read_source_table(tmp_path / name).labels}
    assert rows == {7: "Noyau é", -1: "B"}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("t.csv", "index,name\n7,PAG\n8,\n9,RN\n"),
        ("t.tsv", "index\tname\tregion\n7\tPAG\tpons\n8\t\tpons\n"),
        ("t.csv", "7,PAG\n8,\n"),
        ("t.csv", "7,PAG\n8\n"),
        ("t.json", '{"7": "PAG", "8": ""}'),
        ("t.json", '[{"index": 7, "name": "PAG"}, {"index": 8, "name": ""}]'),
        ("t.txt", "7 PAG 10 20 30 0\n8 10 20 30 0\n"),
        ("t.label", '7 10 20 30 1 1 1 "PAG"\n8 10 20 30 1 1 1 ""\n'),
    ],
    ids=["csv", "tsv", "two columns", "one cell", "json", "json list", "freesurfer", "itk-snap"],
)
def test_number_without_a_name_is_named(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="Number 8 has no name in the table of labels"):
        read_source_table(tmp_path / file)


def test_structure_that_is_called_a_region_is_read_beside_a_second_column_of_numbers(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("index,label,region\n7,1,PAG\n", encoding="utf-8")
    (label,) = read_source_table(tmp_path / "t.csv").labels
    assert (label.number, label.name, label.region) == (7, "PAG", "")


def test_name_without_a_number_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("index,name\n7,PAG\n,RN\n", encoding="utf-8")
    with pytest.raises(InputError, match="“RN” has no number"):
        read_source_table(tmp_path / "t.csv")


def test_number_that_a_table_names_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("index,name\n7,A\n7,B\n", encoding="utf-8")
    with pytest.raises(InputError, match="The number 7 occurs twice"):
        read_source_table(tmp_path / "t.csv")
