"""Comparing two label files."""

from __future__ import annotations

import csv
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from brainstem_app.atlas.disagreement import disagreement_about
from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import load_atlas_table
from brainstem_app.errors import InputError
from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.reports.scan.label_map_comparison import write_label_map_comparison
from brainstem_app.reports.scan.model import Report
from brainstem_app.reports.scan.regions import RegionsOnScan, regions_note

AFFINE = np.diag([1.0, 1.0, 2.0, 1.0])


@pytest.fixture
def labels() -> np.ndarray:
    volume = np.zeros((10, 9, 8), dtype=np.uint8)
    volume[2:5, 3:6, 3:5] = 2
    volume[6:9, 3:6, 3:5] = 3
    return volume


def _compare(folder: Path, table: LabelTable) -> Report:
    return write_label_map_comparison(
        folder / "a.nii.gz",
        folder / "b.nii.gz",
        folder / "out",
        table=table,
        atlas_name="small",
        atlas_version="1",
    )


def test_same_labels_stored_in_another_order_agree_fully(
    labels: np.ndarray, table: LabelTable, tmp_path: Path
) -> None:
    save_label_map(tmp_path / "a.nii.gz", labels, AFFINE)
    flip = np.diag([-1.0, 1, 1, 1])
    flip[0, 3] = len(labels) - 1
    save_label_map(tmp_path / "b.nii.gz", labels[::-1], AFFINE @ flip)
    report = _compare(tmp_path, table)
    assert report.summary.macro_miou_nuclei == 1.0
    assert report.summary.n_scored == 2
    assert report.scan.file == "a.nii.gz"
    assert (tmp_path / "out" / "report.pdf").exists()


@pytest.mark.parametrize("degrees", [45.0, 135.0, 225.0])
@pytest.mark.parametrize("order", [[0, 1, 2], [1, 0, 2]])
def test_same_labels_on_a_grid_around_45_degrees_agree_fully(
    labels: np.ndarray, table: LabelTable, tmp_path: Path, degrees: float, order: list[int]
) -> None:
    """The second file is another program's: as qform alone, and with its axes in another order."""
    angle = np.radians(degrees)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    affine = turn @ AFFINE
    save_label_map(tmp_path / "a.nii.gz", labels, affine)
    image = nib.Nifti1Image(np.ascontiguousarray(labels.transpose(order)), None)
    image.set_qform(affine[:, [*order, 3]], 1)
    nib.save(image, tmp_path / "b.nii.gz")
    assert _compare(tmp_path, table).summary.macro_miou_nuclei == 1.0


def test_other_place_is_an_input_error_that_says_how_far(
    labels: np.ndarray, table: LabelTable, tmp_path: Path
) -> None:
    moved = AFFINE.copy()
    moved[1, 3] = 3
    save_label_map(tmp_path / "a.nii.gz", labels, AFFINE)
    save_label_map(tmp_path / "b.nii.gz", labels, moved)
    with pytest.raises(InputError, match=r"3\.0 mm"):
        _compare(tmp_path, table)


def test_other_size_is_an_input_error(labels: np.ndarray, table: LabelTable, tmp_path: Path) -> None:
    save_label_map(tmp_path / "a.nii.gz", labels, AFFINE)
    save_label_map(tmp_path / "b.nii.gz", labels[1:], AFFINE)
    with pytest.raises(InputError, match="10 × 9 × 8"):
        _compare(tmp_path, table)


def test_label_of_another_atlas_names_the_file(labels: np.ndarray, table: LabelTable, tmp_path: Path) -> None:
    save_label_map(tmp_path / "a.nii.gz", labels, AFFINE)
    save_label_map(tmp_path / "b.nii.gz", labels * 20, AFFINE)
    with pytest.raises(InputError, match="label 60") as caught:
        _compare(tmp_path, table)
    assert caught.value.where == str(tmp_path / "b.nii.gz")


def test_distance_of_a_nucleus_stands_beside_what_references_disagree_by(tmp_path: Path) -> None:
    atlas = load_atlas_table("brainstem31")
    labels = np.zeros((10, 9, 8), dtype=np.uint8)
    labels[2:5, 3:6, 3:5] = atlas.table.by_name("RN_L").index
    save_label_map(tmp_path / "a.nii.gz", labels, AFFINE)
    save_label_map(tmp_path / "b.nii.gz", np.roll(labels, 1, axis=0), AFFINE)
    write_label_map_comparison(
        tmp_path / "a.nii.gz",
        tmp_path / "b.nii.gz",
        tmp_path / "out",
        table=atlas.table,
        atlas_name=atlas.name,
        atlas_version=atlas.version,
    )
    apart = disagreement_about(atlas.name, atlas.version).between_mm("RN_L")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert f"<td>{apart:.2f}</td>" in page
    assert page.count("References disagree: the same distance") == 1
    with (tmp_path / "out" / "report.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert float(rows["RN_L"]["references_disagree_mm"]) == apart
    assert rows["RN_L"]["assd_mm"]


def test_edited_labels_have_the_regions_of_the_warp_with_what_the_edit_moved(
    labels: np.ndarray, table: LabelTable, tmp_path: Path
) -> None:
    """The nucleus 3 lies in the second region; a row of it is erased, and another voxel added beside it."""
    regions = np.where(labels == 2, 1, np.where(labels == 3, 2, 0)).astype(np.uint8)
    edited = labels.copy()
    edited[8, 3:6, 3:5] = 0
    edited[6, 6, 3] = 2
    save_label_map(tmp_path / "regions.nii.gz", regions, AFFINE)
    save_label_map(tmp_path / "a.nii.gz", edited, AFFINE)
    save_label_map(tmp_path / "b.nii.gz", labels, AFFINE)
    parts = LabelTable(
        structures=tuple(
            s.model_copy(update={"name": name}) for s, name in zip(table.structures, "oab", strict=False)
        )
    )
    report = write_label_map_comparison(
        tmp_path / "a.nii.gz",
        tmp_path / "b.nii.gz",
        tmp_path / "out",
        table=table,
        atlas_name="small",
        atlas_version="1",
        regions=(tmp_path / "regions.nii.gz", parts),
    )
    assert [(r.name, r.volume_mm3) for r in report.regions] == [("brainstem", 62), ("a", 36), ("b", 26)]
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "what was added to the brainstem is counted to the nearest region" in page


def test_regions_whose_table_names_them_alone_have_no_invented_borders(table: LabelTable) -> None:
    said = {}
    for source in ("not stated", "imported from a.nii.gz", "below the notch"):
        rows = tuple(s.model_copy(update={"source": source}) for s in table.structures)
        regions = RegionsOnScan(
            table.model_copy(update={"structures": rows}), np.zeros((2, 2, 2), dtype=np.uint8)
        )
        said[source] = regions_note(regions).split(":")[0]
    assert list(said.values()) == [
        "Borders",
        "Borders, the atlas's own and carried to the scan",
        "Borders, drawn on the template and carried to the scan",
    ]
