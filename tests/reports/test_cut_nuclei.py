"""Nuclei in which, or before which, a scan ends: never a volume among whole ones."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.warped import SoftMeasures
from brainstem_app.cli.app import run
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import Report, ReportInputs

from .made_results import write_result


def _cut(folder: Path, **covered: float) -> None:
    """Say in a report how much of each nucleus its scan covers."""
    path = folder / "report.json"
    report = Report.model_validate_json(path.read_bytes())
    structures = [s.model_copy(update={"covered": covered.get(s.name, 1.0)}) for s in report.structures]
    made = report.model_copy(update={"structures": tuple(structures)})
    path.write_text(made.to_json(), encoding="utf-8")


def _results(tmp_path: Path, table: LabelTable, names: list[str]) -> Path:
    for n, name in enumerate(names):
        write_result(tmp_path / "results" / name, table, f"{name}_T1w.nii.gz", 10 + n % 3, grey=20 + n)
    return tmp_path / "results"


def test_nucleus_cut_by_the_scan_is_missing_in_a_comparison_of_people(
    tmp_path: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    results = _results(tmp_path, table, [f"sub-{n:02d}" for n in range(1, 9)])
    _cut(results / "sub-03", RN_L=0.4)
    assert run(["cohort", str(results), "--out", str(tmp_path / "out")]) == 0
    with (tmp_path / "out" / "volumes.csv").open(encoding="utf-8", newline="") as file:
        volumes = {row["participant_id"]: row for row in csv.DictReader(file)}
    assert volumes["sub-03"]["RN_L"] == ""
    assert float(volumes["sub-03"]["PAG"]) == 44
    assert float(volumes["sub-02"]["RN_L"]) == 22
    said = " ".join(capsys.readouterr().err.split())
    assert "1 nucleus was cut by the end of the scan or of its brain mask and counted as missing" in said
    assert "(sub-03: RN_L)" in said
    assert "not found" not in said


def test_nucleus_cut_in_one_scan_of_a_pair_is_missing_in_retest(tmp_path: Path, table: LabelTable) -> None:
    names = [f"sub-{n}_ses-{session}" for n in range(1, 6) for session in (1, 2)]
    results = _results(tmp_path, table, names)
    _cut(results / "sub-2_ses-1", RN_L=0.9)
    assert run(["retest", str(results), "--out", str(tmp_path / "out")]) == 0
    report = json.loads((tmp_path / "out" / "retest.json").read_text(encoding="utf-8"))
    assert {n["name"]: n["n"] for n in report["nuclei"]} == {"RN_L": 4, "RN_R": 5, "PAG": 5}
    assert report["subjects"][1]["first_mm3"]["RN_L"] is None
    assert any("cut by the end of the scan" in note and "RN_L of sub-2" in note for note in report["notes"])


def test_report_names_nuclei_beyond_the_scan_as_cut_and_not_as_lost(table: LabelTable) -> None:
    labels = np.ones((6, 6, 6), dtype=np.uint8)
    labels[0], labels[1] = 3, 4
    whole = SoftMeasures(72.0, (0.0, 0.0, 0.0), 0.9, 1.0)
    soft = dict.fromkeys(range(1, table.n_classes), whole)
    soft[2] = SoftMeasures(0.0, None, None, 0.0)
    soft[3] = SoftMeasures(30.0, (0.0, 0.0, 0.0), 0.9, 0.4)
    inputs = ReportInputs(labels, np.diag([2.0, 1, 1, 1]), table, "small", "1", name="a.nii.gz", soft=soft)
    report = build_report(inputs, make_manifest(inputs, "2026-01-01T00:00:00+00:00"))
    said = {w.code: w.problem for w in report.warnings}
    assert said["nuclei-cut"] == "The scan ends within or before 2 nuclei: RN_L, RN_R."
    assert "nuclei-not-found" not in said
