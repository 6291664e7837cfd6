"""The report of a run on many subjects."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.disagreement import disagreement_about
from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import load_atlas_table
from brainstem_app.errors import InputError
from brainstem_app.evaluation.confusion import confusion_counts
from brainstem_app.evaluation.structures import mean_distance_of_nuclei, measure_structures
from brainstem_app.reports.evaluation.files import write_evaluation_report
from brainstem_app.reports.evaluation.model import EvaluationInputs, EvaluationReport, MethodResult
from brainstem_app.study.cell_record import CellRecord

from .pdf_text import headings, pdf_text
from .test_sheets import read_sheets


def _counts(found: int, of: int = 100, *, missed: bool = False) -> np.ndarray:
    counts = np.diag([1000, 400, found, found, 0 if missed else found]).astype(np.int64)
    counts[2:, 1] = of - np.diagonal(counts)[2:]
    return counts


@pytest.fixture
def inputs(table: LabelTable) -> EvaluationInputs:
    run = {"sub-01": _counts(80), "sub-02": _counts(60, missed=True), "sub-03": _counts(70)}
    affine = {name: _counts(30) for name in run}
    return EvaluationInputs(
        MethodResult("net", run), table, "small", "1", (MethodResult("affine atlas", affine),)
    )


def test_pooled_and_subject_means_stand_side_by_side(inputs: EvaluationInputs, tmp_path: Path) -> None:
    write_evaluation_report(tmp_path, inputs)
    metrics = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["schema"] == "brainstem-metrics/1"
    summary = metrics["summary"]
    assert summary["macro_miou_nuclei"]["value"] == pytest.approx((0.7 + 0.7 + 0.5) / 3, abs=1e-6)
    assert summary["mean_subject_miou_nuclei"]["value"] == pytest.approx((0.8 + 0.4 + 0.7) / 3, abs=1e-6)
    assert summary["macro_miou_nuclei"]["low"] < summary["macro_miou_nuclei"]["high"]
    assert metrics["baselines"][0]["macro_miou_nuclei"]["value"] == pytest.approx(0.3)
    middle = metrics["structures"][4]
    assert (middle["missed_subjects"], middle["baselines"]) == (1, {"affine atlas": 0.3})
    assert [s["subject"] for s in metrics["subjects"]] == ["sub-01", "sub-02", "sub-03"]


def test_files_of_older_versions_that_say_yardsticks_are_read(
    inputs: EvaluationInputs, tmp_path: Path
) -> None:
    report = write_evaluation_report(tmp_path, inputs)
    older = (tmp_path / "metrics.json").read_text(encoding="utf-8").replace('"baselines"', '"yardsticks"')
    assert EvaluationReport.model_validate_json(older) == report
    record = {"schema": "brainstem-cell/1", "state": "finished", "yardsticks": {"affine atlas": (0.4, 0.3)}}
    assert CellRecord.model_validate(record).baselines == {"affine atlas": (0.4, 0.3)}


def test_table_and_page_name_every_structure_and_baseline(inputs: EvaluationInputs, tmp_path: Path) -> None:
    write_evaluation_report(tmp_path, inputs)
    with (tmp_path / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["iou affine atlas"] for row in rows[2:]] == ["0.3"] * 3
    page = (tmp_path / "metrics.html").read_text(encoding="utf-8")
    assert all(name in page for name in ("RN_L", "RN_R", "PAG", "affine atlas"))


def test_pdf_says_what_the_page_says(inputs: EvaluationInputs, table: LabelTable, tmp_path: Path) -> None:
    labels = np.zeros((10, 8, 8), dtype=np.uint8)
    labels[4:6, 3:5, 3:5] = 4
    measures = {name: measure_structures(labels, np.eye(4), table, labels) for name in inputs.result.counts}
    told = replace(
        inputs,
        measures=measures,
        notes=("3 test subjects.",),
        settings={"decoder": "unet", "encoder": "resnet34"},
        command=("brainstem-app", "evaluate", "--study", "lab/study"),
    )
    write_evaluation_report(tmp_path, told)
    text = pdf_text(tmp_path / "metrics.pdf")
    page = (tmp_path / "metrics.html").read_text(encoding="utf-8")
    parts = ["Warnings 3 test subjects.", *headings(page)]
    assert "Surfaces, centres and volumes" in parts
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert text.count("■") == len(table.structures) + 1, "a swatch of each, and of the measured one"
    for part in (
        "RN_L",
        "PAG",
        "affine atlas",
        "0.70 [0.60, 0.80]",
        "unet with resnet34 as encoder",
        "sub-03",
    ):
        assert part in text
    assert "brainstem-app evaluate --study study" in text


def test_surfaces_over_subjects_count_a_missed_nucleus_and_stand_in_every_table(
    inputs: EvaluationInputs, table: LabelTable, tmp_path: Path
) -> None:
    reference = np.zeros((10, 8, 8), dtype=np.uint8)
    reference[4:6, 3:5, 3:5] = 4
    moved = {"sub-01": 0, "sub-02": 1, "sub-03": None}
    measures = {}
    for name, by in moved.items():
        predicted = np.zeros_like(reference) if by is None else np.roll(reference, by, axis=0)
        measures[name] = measure_structures(predicted, np.diag([2.0, 1, 1, 1]), table, reference)
    write_evaluation_report(tmp_path, replace(inputs, measures=measures))
    with (tmp_path / "metrics.csv").open(encoding="utf-8", newline="") as file:
        row = list(csv.DictReader(file))[4]
    # Dice 1, 0.5 and 0; distances 0, 0 and 2 mm in two halves, and farther than any; 8 voxels of 2 mm3.
    assert [row[name] for name in ("name", "subjects", "missed_subjects")] == ["PAG", "3", "1"]
    assert float(row["dice_mean"]) == pytest.approx(0.5)
    assert float(row["nsd_1mm_mean"]) == pytest.approx(0.5)
    assert (float(row["hd95_mm_median"]), float(row["hd95_mm_median_low"])) == (2.0, 0.0)
    assert row["hd95_mm_median_high"] == "", "a draw of missed ones alone has no distance"
    assert float(row["assd_mm_median"]) == 1.0
    assert float(row["centroid_error_mm_median"]) == 2.0
    assert float(row["volume_difference_mm3_mean"]) == pytest.approx(-16 / 3)
    sheet = read_sheets((tmp_path / "metrics.xlsx").read_bytes())["structures"]
    assert {f"volume_difference_mm3_mean{end}" for end in ("", "_low", "_high")} <= set(sheet[0].values())
    assert ">1 of 3<" in (tmp_path / "metrics.html").read_text(encoding="utf-8")


def test_distance_stands_beside_overlap_with_what_references_disagree_by(tmp_path: Path) -> None:
    atlas = load_atlas_table("brainstem31")
    nucleus = atlas.table.by_name("RN_L")
    reference = np.zeros((10, 8, 8), dtype=np.uint8)
    reference[4:6, 3:5, 3:5] = nucleus.index
    labels = np.roll(reference, 1, axis=0)
    counts = {"sub-01": confusion_counts(reference, labels, atlas.table.n_classes)}
    measures = {"sub-01": measure_structures(labels, np.diag([2.0, 1, 1, 1]), atlas.table, reference)}
    run = MethodResult("net", counts, {"sub-01": mean_distance_of_nuclei(measures["sub-01"])})
    table, version = atlas.table, atlas.version
    inputs = EvaluationInputs(
        run, table, atlas.name, version, (MethodResult("affine", counts),), measures=measures
    )
    report = write_evaluation_report(tmp_path, inputs)
    apart = disagreement_about(atlas.name, version).between_mm("RN_L")
    with (tmp_path / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert (rows["RN_L"]["assd_mm_median"], rows["RN_L"]["references_disagree_mm"]) == ("1.0", str(apart))
    tissue = [row for row in rows.values() if row["group"] == "tissue"]
    assert {row["references_disagree_mm"] for row in tissue} == {""}
    assert report.summary.distance_nuclei_mm.value == 1.0
    assert report.baselines[0].distance_nuclei_mm is None
    words = f"1.00 {apart:.2f}"
    assert words in pdf_text(tmp_path / "metrics.pdf")
    page = (tmp_path / "metrics.html").read_text(encoding="utf-8")
    assert f"<td>1.00</td><td>{apart:.2f}</td>" in page
    assert "1.00 mm" in page
    assert page.count("References disagree: the same distance") == 1


def test_atlas_whose_references_were_not_compared_says_so_once(
    inputs: EvaluationInputs, table: LabelTable, tmp_path: Path
) -> None:
    labels = np.zeros((10, 8, 8), dtype=np.uint8)
    labels[4:6, 3:5, 3:5] = 4
    measures = {name: measure_structures(labels, np.eye(4), table, labels) for name in inputs.result.counts}
    write_evaluation_report(tmp_path, replace(inputs, measures=measures))
    page = (tmp_path / "metrics.html").read_text(encoding="utf-8")
    assert page.count("was not measured") == 1
    assert "disagree, mm" not in page


def test_card_gets_the_iou_of_each_structure(inputs: EvaluationInputs, tmp_path: Path) -> None:
    report = write_evaluation_report(tmp_path, inputs)
    assert report.iou_per_structure()["RN_R"] == pytest.approx(0.7)


def test_baseline_on_other_subjects_is_refused(
    inputs: EvaluationInputs, tmp_path: Path, table: LabelTable
) -> None:
    other = MethodResult("affine atlas", {"sub-99": _counts(30)})
    with pytest.raises(InputError, match="other subjects"):
        write_evaluation_report(tmp_path, EvaluationInputs(inputs.result, table, "small", "1", (other,)))


def test_no_subject_is_an_input_error(table: LabelTable, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no subject"):
        write_evaluation_report(tmp_path, EvaluationInputs(MethodResult("net", {}), table, "small", "1"))


def test_workbook_holds_structures_subjects_and_methods(inputs: EvaluationInputs, tmp_path: Path) -> None:
    write_evaluation_report(tmp_path, inputs)
    sheets = read_sheets((tmp_path / "metrics.xlsx").read_bytes())
    with (tmp_path / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert list(sheets["structures"][0].values()) == rows[0]
    assert len(sheets["structures"]) == len(rows)
    assert [line["A"] for line in sheets["subjects"][1:]] == ["sub-01", "sub-02", "sub-03"]
    assert [line["A"] for line in sheets["methods"][1:]] == [inputs.result.name, "affine atlas"]
