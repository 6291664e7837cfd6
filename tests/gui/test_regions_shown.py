"""Regions in the window: their volumes after an edit, and the brainstem as glass around the nuclei."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from brainstem_app.atlas.library import load_atlas
from brainstem_app.gui.document.confidence import read_confidence
from brainstem_app.gui.document.opened import OpenedLabels, read_labels_for_viewer, read_result_for_viewer
from brainstem_app.gui.report.read_report import read_report
from brainstem_app.gui.report.report_entries import ReportEntry, ReportKind, files_of
from brainstem_app.gui.report.report_table import ReportTable
from brainstem_app.gui.rows_model import SORT_ROLE
from brainstem_app.gui.viewer.surfaces.render import Camera, render
from brainstem_app.gui.viewer.surfaces.surface import shell_of, surface_of
from brainstem_app.gui.viewer.volume import label_volume
from brainstem_app.imaging.label_map import save_label_map, save_volume
from brainstem_app.imaging.scan import Level
from brainstem_app.reports.exports.label_files import write_label_files
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import ReportInputs
from brainstem_app.reports.scan.region_model import AreaEntry, RegionEntry
from brainstem_app.written_files import LABELS_FILE, REGION_LABELS_FILE

from .conftest import VOXEL_MM

_VOXEL_MM3 = float(np.prod(VOXEL_MM))
_REPORTED = {"brainstem": 900.0, "midbrain": 600.0, "medulla": 300.0}


@pytest.fixture
def regions(labels: np.ndarray) -> np.ndarray:
    """Midbrain around the labels near the head, medulla around those near the feet."""
    made = np.zeros_like(labels)
    made[labels > 0] = 1
    made[labels == 3] = 3
    return made


@pytest.fixture
def folder(result_folder: Path, labels: np.ndarray, affine: np.ndarray, regions: np.ndarray) -> Path:
    """A result with regions, as Segment writes them."""
    atlas = load_atlas()
    assert atlas.regions is not None
    save_label_map(result_folder / "labels_regions_native.nii.gz", regions, affine)
    write_label_files(result_folder, atlas.regions.table, "labels_regions")
    inputs = ReportInputs(labels, affine, atlas.table, atlas.name, atlas.version, name="head_T1w.nii.gz")
    report = build_report(inputs, make_manifest(inputs, "2026-01-01T00:00:00+00:00"))
    entries = tuple(RegionEntry(name=n, full_name=n, voxels=1, volume_mm3=v) for n, v in _REPORTED.items())
    made = report.model_copy(update={"regions": entries, "volume_method": "warp"})
    (result_folder / "report.json").write_text(made.to_json(), encoding="utf-8")
    return result_folder


def edited(folder: Path, labels: np.ndarray, affine: np.ndarray) -> OpenedLabels:
    save_label_map(folder / "labels_native_edited.nii.gz", labels, affine)
    return read_labels_for_viewer(folder / "labels_native_edited.nii.gz")


def test_regions_keep_the_reports_volume_where_an_edit_only_repaints(
    folder: Path, labels: np.ndarray, affine: np.ndarray
) -> None:
    assert read_labels_for_viewer(folder / "labels_native.nii.gz").regions_mm3 == _REPORTED
    assert edited(folder, np.where(labels == 3, 5, labels), affine).regions_mm3 == _REPORTED


def test_what_an_edit_adds_or_takes_away_is_counted_in_its_region(
    folder: Path, labels: np.ndarray, affine: np.ndarray
) -> None:
    changed = labels.copy()
    changed[4:6, 4:6, 2] = 0
    changed[11:14, 10, 12] = 4
    found = edited(folder, changed, affine).regions_mm3
    assert found["midbrain"] == pytest.approx(600 + 3 * _VOXEL_MM3)
    assert found["medulla"] == pytest.approx(300 - 4 * _VOXEL_MM3)
    assert found["brainstem"] == pytest.approx(900 - _VOXEL_MM3)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("labels_regions_itksnap.txt", None, "labels_regions_itksnap.txt, which names the regions"),
        ("labels_regions_itksnap.txt", b"\xff\x00", "labels_regions_native.nii.gz cannot be read"),
        ("labels_regions_native.nii.gz", b"no map", "labels_regions_native.nii.gz cannot be read"),
        ("report.json", b"{}", "report.json cannot be read"),
    ],
)
def test_what_lies_beside_labels_and_cannot_be_read_is_told(
    folder: Path, file: str, content: bytes | None, said: str
) -> None:
    assert "not-read" not in {finding.code for finding in read_result_for_viewer(folder).findings}
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content)
    (told,) = (one for one in read_result_for_viewer(folder).findings if one.code == "not-read")
    assert told.level is Level.WARNING
    assert said in told.problem
    assert told.fix
    assert read_labels_for_viewer(folder / LABELS_FILE).findings == (told,)


def test_scan_of_a_result_that_cannot_be_read_is_told(result_folder: Path, scan_file: Path) -> None:
    assert read_result_for_viewer(result_folder).scan is not None
    scan_file.write_bytes(b"no scan")
    opened = read_result_for_viewer(result_folder)
    assert opened.scan is None
    (told,) = (one for one in opened.findings if one.code == "not-read")
    assert told.problem.startswith(f"{scan_file.name} cannot be read")


def test_regions_opened_as_labels_have_no_confidence_for_it_is_of_the_nuclei(
    folder: Path, labels: np.ndarray, affine: np.ndarray
) -> None:
    save_volume(folder / "confidence_native.nii.gz", np.full(labels.shape, 0.5, dtype=np.float32), affine)
    opened = {name: read_labels_for_viewer(folder / name) for name in (LABELS_FILE, REGION_LABELS_FILE)}
    assert [s.name for s in opened[REGION_LABELS_FILE].table.structures[1:]] == [
        "midbrain",
        "pons",
        "medulla",
    ]
    known = {name: read_confidence(each.path, each.labels.grid) for name, each in opened.items()}
    assert known[LABELS_FILE] is not None
    assert known[REGION_LABELS_FILE] is None


def test_brainstem_is_drawn_as_glass_around_the_nuclei() -> None:
    labels = np.zeros((40, 40, 40), dtype=np.uint8)
    labels[6:34, 6:34, 6:34] = 1
    labels[17:23, 17:23, 17:23] = 4
    regions = np.where(labels > 0, 1, 0).astype(np.uint8)
    regions[..., :20] *= 2
    volume, affine = label_volume(labels, np.eye(4)), np.eye(4)
    shell = shell_of(volume, label_volume(regions, affine), {1: (250, 0, 0), 2: (0, 0, 250)}, None)
    assert set(shell.surface.labels.tolist()) == {1, 2}
    camera, size, middle = Camera(0.0, 0.0, 4.0), (160, 160), shell.surface.centre
    table = np.zeros((256, 4), dtype=np.uint8)
    table[4] = 0, 255, 0, 255
    nuclei = render(surface_of(volume, [4]), camera, size, table, middle)
    seen = nuclei.behind(render(shell.surface, camera, size, shell.colours, middle))
    assert (seen.labels == nuclei.labels).all(), "a click goes through the glass"
    red, green, blue = (int(value) for value in seen.pixels[80, 80, :3])
    assert green > max(red, blue), "the nucleus is seen through it"
    above, below = (seen.pixels[row, 80, :3].astype(int) for row in (40, 120))
    assert above[0] > above[2] > 0
    assert below[2] > below[0] > 0
    assert not seen.pixels[2, 2].any()


def test_brainstem_without_regions_is_of_one_colour_and_follows_an_edit() -> None:
    labels = np.zeros((30, 30, 30), dtype=np.uint8)
    labels[8:20, 8:20, 8:20] = 1
    shell = shell_of(label_volume(labels, np.eye(4)), None, {}, None)
    assert set(shell.surface.labels.tolist()) == {1}
    regions = label_volume((labels > 0).astype(np.uint8), np.eye(4))
    labels[8:20, 8:20, 20:26] = 4
    grown = shell_of(label_volume(labels, np.eye(4)), regions, {1: (9, 9, 9)}, None)
    heights = np.ptp(grown.surface.points[:, 2]) - np.ptp(shell.surface.points[:, 2])
    assert heights == pytest.approx(6, abs=0.2)


def test_report_page_has_a_table_of_regions_and_one_of_areas_and_shows_their_plane(folder: Path) -> None:
    path = folder / "report.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    area = AreaEntry(
        name="pons_mm2", full_name="Pons, midsagittal area", value=512.34, unit="mm²", covered=1.0
    )
    plane = {"point_mm": (0, 0, 0), "normal": (1, 0, 0), "symmetry": 1.0, "is_refined": True}
    apart = {"shifted_mm": 0.0, "turned_degrees": 0.0}
    report["midsagittal"] = {"areas": [area.model_dump()], **plane, **apart}
    report["scan"] |= {"brain_ml": 1312.4, "intracranial_ml": 1504.6}
    path.write_text(json.dumps(report), encoding="utf-8")
    for name in ("qc.png", "midsagittal.png"):
        (folder / name).write_bytes(b"")
    files = tuple(file for stem in ("report", "qc", "midsagittal") for file in files_of(folder, stem))
    content = read_report(ReportEntry(ReportKind.SEGMENTATION, "head", folder, files))
    tables = {table.title: table for table in content.tables}
    assert list(tables) == ["Structures", "Regions", "Midsagittal areas"]
    shown = ReportTable()
    shown.set_table(tables["Midsagittal areas"])
    assert [shown.index(0, column).data() for column in (0, 1)] == ["Pons, midsagittal area", "512.3 mm²"]
    assert shown.index(0, 0).data(Qt.ItemDataRole.ToolTipRole) == "pons_mm2"
    shown.set_table(tables["Regions"])
    assert [shown.index(row, 0).data() for row in range(3)] == list(_REPORTED)
    assert shown.index(0, 2).data(SORT_ROLE) == _REPORTED["brainstem"]
    assert dict(content.lines)["head size"] == "1,505 ml inside the skull, 1,312 ml brain mask"
    assert [picture.name for picture in content.pictures] == ["qc.png", "midsagittal.png"]
