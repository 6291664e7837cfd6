"""The report's files: complete, in the promised form, private, and repeatable."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.errors import InputError
from brainstem_app.imaging.scan import Finding, Level, Scan
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.files import write_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import LIMITS, ModelDescription, Report, ReportInputs
from brainstem_app.reports.scan.tables import structure_table

from .pdf_text import pdf_text
from .test_sheets import read_sheets

FILES = {"report.json", "report.csv", "report.xlsx", "report.html", "report.pdf", "qc.png", "manifest.json"}
INTERFACE_KEYS = {
    "index", "name", "side", "group", "status", "voxels", "volume_mm3", "centroid_mm", "confidence", "iou",
    "dice", "nsd_1mm", "hd95_mm", "assd_mm", "centroid_error_mm", "references_disagree_mm",
}  # fmt: skip


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory, table: LabelTable) -> ReportInputs:
    tmp_path = tmp_path_factory.mktemp("home")
    labels = np.zeros((16, 14, 12), dtype=np.uint8)
    labels[3:13, 3:11, 2:10] = 1
    labels[4:6, 5:7, 4:6] = 3
    labels[10:12, 5:7, 4:6] = 2
    folder = tmp_path / "clinic of Anna"
    folder.mkdir()
    source = folder / "sub-07_<T1w>.nii.gz"
    source.write_bytes(b"scan")
    affine = np.diag([-1.0, 1.0, 1.5, 1.0])
    noise = np.random.default_rng(0).normal(100, 10, labels.shape).astype(np.float32)
    finding = Finding(Level.WARNING, "qform-sform-differ", "Two positions in the header.", "Check the sides.")
    return ReportInputs(
        labels_native=labels,
        labels_affine=affine,
        table=table,
        atlas_name="small",
        atlas_version="1.0",
        model=ModelDescription(
            "net",
            sha256="c" * 64,
            version="7",
            network="n_deconet with resnet18 as encoder",
            iou_per_structure={"RN_L": 0.612},
            limits="Adults only.",
        ),
        scan=Scan(noise, affine, source, (finding,)),
        confidence_native=np.full(labels.shape, 0.75, dtype=np.float32),
        settings={"space": "affine", "engine": "onnx", "threshold": 0.5},
        timings={"network": 2.5},
        seed=11,
        command=("brainstem-app", "segment", str(source), "--out", str(tmp_path / "out")),
    )


@pytest.fixture(scope="module")
def written(inputs: ReportInputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with all files of one report."""
    folder = tmp_path_factory.mktemp("reports") / "out"
    write_report(folder, inputs)
    return folder


def _report(inputs: ReportInputs) -> Report:
    """What is in the report, without its files."""
    return build_report(inputs, make_manifest(inputs, "2026-01-01"))


def _json(folder: Path, name: str = "report.json") -> dict:
    return json.loads((folder / name).read_text(encoding="utf-8"), parse_constant=pytest.fail)


def test_all_files_are_written_and_no_temporary_one_stays(written: Path) -> None:
    assert {p.name for p in written.iterdir()} == FILES
    assert (written / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert (written / "qc.png").read_bytes().startswith(b"\x89PNG")


def test_json_has_the_promised_form(written: Path) -> None:
    report = _json(written)
    assert report["schema"] == "brainstem-report/1"
    digest = hashlib.sha256(b"scan").hexdigest()
    assert report["scan"] == {
        "file": "sub-07_<T1w>.nii.gz",
        "sha256": digest,
        "brain_ml": None,
        "intracranial_ml": None,
        "intracranial_method": None,
        "dataset": None,
        "dataset_id": None,
    }
    assert (report["model"]["name"], report["model"]["version"]) == ("net", "7")
    described = f"“net” (version 7, n_deconet with resnet18 as encoder, SHA-256 {'c' * 12}…)"
    assert described in report["methods"]
    assert report["atlas"] == {"name": "small", "version": "1.0"}
    left = report["structures"][2]
    assert left.keys() >= INTERFACE_KEYS
    assert (left["name"], left["side"], left["group"], left["status"]) == (
        "RN_L",
        "left",
        "nucleus",
        "unscored",
    )
    assert (left["voxels"], left["volume_mm3"], left["confidence"]) == (8, 12.0, 0.75)
    assert left["centroid_mm"] == [-10.5, 5.5, 6.75]
    assert (left["iou"], left["model_test_iou"]) == (None, 0.612)
    assert report["summary"]["macro_miou"] is None


def test_summary_with_a_reference_counts_missed_as_zero(inputs: ReportInputs) -> None:
    reference = inputs.labels_native.copy()
    reference[7, 5:7, 7] = 4
    report = _report(replace(inputs, reference=reference))
    summary = report.summary
    assert (summary.n_scored, summary.n_missed, summary.n_absent) == (2, 1, 0)
    assert summary.macro_miou_nuclei == pytest.approx((1 + 1 + 0) / 3, abs=1e-6)
    tissue = report.structures[1].iou
    assert summary.macro_miou == pytest.approx((1 + tissue + 1 + 1 + 0) / 5, abs=1e-6)
    assert "nuclei-missed" in {w.code for w in report.warnings}


def test_warnings_of_the_scan_and_of_the_result_are_all_there(inputs: ReportInputs) -> None:
    doubtful = Finding(Level.ERROR, "poor-fit", "The scan does not fit.", "Look at it.")
    report = _report(replace(inputs, findings=(doubtful, *inputs.scan.findings)))
    assert [w.code for w in report.warnings] == ["poor-fit", "qform-sform-differ", "nuclei-not-found"]
    assert "PAG" in report.warnings[2].problem


def test_findings_of_level_info_are_notes_and_no_warnings(inputs: ReportInputs, tmp_path: Path) -> None:
    tilted = Finding(Level.INFO, "oblique", "The scan is tilted by 8°.")
    write_report(tmp_path / "out", replace(inputs, findings=(tilted,)))
    report = _json(tmp_path / "out")
    assert [(note["level"], note["code"]) for note in report["notes"]] == [("info", "oblique")]
    assert "oblique" not in {warning["code"] for warning in report["warnings"]}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    warnings, notes = page.split("<h2>Notes</h2>")
    assert "tilted" not in warnings
    assert "tilted by 8°" in notes


def test_labels_at_the_edge_of_the_scan_are_warned_of(inputs: ReportInputs) -> None:
    cut = inputs.labels_native.copy()
    cut[:, :, :3] = cut[:, :, 4:5]
    report = _report(replace(inputs, labels_native=cut))
    assert "labels-at-edge" in {w.code for w in report.warnings}


def test_limits_are_stated_with_those_of_the_model(inputs: ReportInputs) -> None:
    report = _report(inputs)
    assert report.limits.startswith(LIMITS)
    assert report.limits.endswith("Adults only.")
    without = _report(replace(inputs, model=None))
    assert without.limits == LIMITS


def test_csv_has_a_row_a_structure_and_the_same_numbers(written: Path) -> None:
    rows = list(csv.DictReader(io.StringIO((written / "report.csv").read_text(encoding="utf-8"))))
    report = _json(written)
    assert [row["name"] for row in rows] == [s["name"] for s in report["structures"]]
    assert float(rows[2]["volume_mm3"]) == 12.0
    assert (rows[2]["centroid_x_mm"], rows[2]["hd95_mm"]) == ("-10.5", "")
    lost = [row for row in rows if row["voxels"] == "0"]
    assert [row["volume_mm3"] for row in lost] == [""], "what was not found has no volume"


def test_html_needs_no_other_file_and_escapes_names(written: Path) -> None:
    page = (written / "report.html").read_text(encoding="utf-8")
    sources = re.findall(r"(?:src|href)=\"([^\"]{0,30})", page) + re.findall(
        r"url\(|@import|<script|<link", page
    )
    assert sources == ["data:image/png;base64,iVBORw0K"[:30]]
    assert "sub-07_&lt;T1w&gt;" in page
    assert "<T1w>" not in page


def test_works_to_cite_are_the_atlas_sources_and_the_steps(inputs: ReportInputs, tmp_path: Path) -> None:
    write_report(tmp_path, replace(inputs, atlas_citations=("Someone & Other. An atlas. Journal 1 (2018)",)))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    works = page.split('<section id="citations">')[1].split("</section>")[0]
    for work in ("Brainstem App", "Someone &amp; Other", "N4ITK", "hal-04497572"):
        assert work in works


@pytest.mark.parametrize("scored", [False, True])
def test_pdf_has_the_columns_of_the_html(inputs: ReportInputs, tmp_path: Path, scored: bool) -> None:
    given = replace(inputs, reference=inputs.labels_native if scored else None)
    titles = [column.title for column in structure_table(_report(given)).columns]
    write_report(tmp_path / "out", given)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    table = page.split('<section id="structures">')[1].split("</thead>")[0]
    assert [html.unescape(title) for title in re.findall(r"<th(?: [^>]*)?>(.*?)<", table)] == titles
    text = pdf_text(tmp_path / "out" / "report.pdf")
    text = text[text.rindex("Structures") :]
    assert all(title in text for title in titles)
    assert "Asymmetry" in titles
    assert ("Difference" in titles) == scored
    assert (tmp_path / "out" / "report.pdf").read_bytes().startswith(b"%PDF-"), "every column has room"


def test_shared_files_name_no_folder_and_the_manifest_repeats_the_run(
    inputs: ReportInputs, written: Path
) -> None:
    for name in ("report.json", "report.csv", "report.html"):
        assert "Anna" not in (written / name).read_text(encoding="utf-8")
    manifest = _json(written, "manifest.json")
    assert manifest["command"] == list(inputs.command)
    assert manifest["files"]["scan"]["sha256"] == hashlib.sha256(b"scan").hexdigest()
    assert manifest["settings"] == {"space": "affine", "engine": "onnx", "threshold": 0.5}
    assert (manifest["seed"], manifest["timings_s"]) == (11, {"network": 2.5})
    assert manifest["libraries"]["numpy"] == np.__version__


def test_scan_on_another_grid_is_refused_and_nothing_written(inputs: ReportInputs, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="different grids"):
        write_report(tmp_path / "out", replace(inputs, labels_native=inputs.labels_native[1:]))
    assert not (tmp_path / "out").exists()


def test_empty_label_map_still_gives_a_report(inputs: ReportInputs, tmp_path: Path) -> None:
    report = write_report(
        tmp_path / "out", replace(inputs, labels_native=np.zeros_like(inputs.labels_native))
    )
    assert report.summary.n_found == 0
    assert {p.name for p in (tmp_path / "out").iterdir()} == FILES


def test_workbook_holds_the_table_of_the_csv_and_the_limits(written: Path) -> None:
    sheets = read_sheets((written / "report.xlsx").read_bytes())
    with (written / "report.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    head, *lines = sheets["structures"]
    assert list(head.values()) == rows[0]
    for line, row in zip(lines, rows[1:], strict=True):
        values = [line.get(letter, "") for letter in head]
        assert [v if isinstance(v, str) else pytest.approx(v) for v in values] == [
            cell if isinstance(v, str) else float(cell) for v, cell in zip(values, row, strict=True)
        ]
    about = {line["A"]: line.get("B") for line in sheets["about"]}
    assert LIMITS in str(about["limits"])
    assert about["model"] == "net version 7"
