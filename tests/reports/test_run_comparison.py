"""The comparison of two measured runs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.cli.app import run
from brainstem_app.reports.evaluation.files import write_evaluation_report
from brainstem_app.reports.evaluation.model import EvaluationInputs, MethodResult

from .pdf_text import headings, pdf_text
from .test_sheets import read_sheets

SUBJECTS = [f"sub-{n:02d}" for n in range(1, 9)]


def _counts(red: int, grey: int) -> np.ndarray:
    counts = np.diag([1000, 400, red, 50, grey]).astype(np.int64)
    counts[2:, 1] = 100 - np.diagonal(counts)[2:]
    return counts


def _measured(study: Path, name: str, table: LabelTable, gain: int, subjects: list[str]) -> Path:
    counts = {s: _counts(40 + n + gain * (n + 1), 60 + n) for n, s in enumerate(subjects)}
    folder = study / "runs" / name
    folder.mkdir(parents=True)
    write_evaluation_report(folder, EvaluationInputs(MethodResult(name, counts), table, "small", "1"))
    return folder


@pytest.fixture
def study(tmp_path: Path, table: LabelTable) -> Path:
    _measured(tmp_path, "new", table, 2, SUBJECTS)
    _measured(tmp_path, "old", table, 0, SUBJECTS)
    return tmp_path


def test_nucleus_that_is_better_in_all_eight_subjects_is_found_and_no_other(study: Path) -> None:
    assert run(["evaluate", "--study", str(study), "--run", "new", "--against", "old"]) == 0
    folder = study / "runs" / "new" / "against" / "old"
    report = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    assert report["schema"] == "brainstem-comparison/1"
    red, right, grey = report["nuclei"]
    assert (red["name"], red["n"], red["rank_biserial"]) == ("RN_L", 8, 1.0)
    assert red["difference"] == pytest.approx(0.09)  # 2, 4, … 16 voxels of 100
    assert red["p"] == pytest.approx(2 / 2**8)
    assert red["p_holm"] == pytest.approx(3 * 2 / 2**8)
    assert (right["p"], grey["p_holm"]) == (1.0, 1.0)
    assert report["means"][0]["difference"] == pytest.approx(0.03)
    with (folder / "comparison.csv").open(encoding="utf-8", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)][2:] == ["RN_L", "RN_R", "PAG"]
    page = (folder / "comparison.html").read_text(encoding="utf-8")
    assert "new against old" in page
    assert "+0.090" in page
    text = pdf_text(folder / "comparison.pdf")
    places = [text.index(part) for part in headings(page)]
    assert places == sorted(places)
    assert "+0.090" in text
    book = read_sheets((folder / "comparison.xlsx").read_bytes())
    assert [line["A"] for line in book["differences"]][3:] == ["RN_L", "RN_R", "PAG"]
    assert "Wilcoxon" in str(book["about"])


def test_other_subjects_and_unmeasured_runs_are_refused(
    study: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    _measured(study, "others", table, 0, SUBJECTS[1:])
    assert run(["evaluate", "--study", str(study), "--run", "new", "--against", "others"]) == 2
    assert "other subjects" in capsys.readouterr().err
    assert run(["evaluate", "--study", str(study), "--run", "new", "--against", "none"]) == 2
    assert "not been measured" in capsys.readouterr().err


@pytest.mark.parametrize("of_old", [{"sub-1": "before"}, {}])
def test_runs_that_were_measured_with_other_references_are_refused(
    study: Path, capsys: pytest.CaptureFixture[str], of_old: dict[str, str]
) -> None:
    for run_name, references in (("new", {"sub-1": "now"}), ("old", of_old)):
        path = study / "runs" / run_name / "metrics.json"
        content = json.loads(path.read_text(encoding="utf-8")) | {"references": references}
        path.write_text(json.dumps(content), encoding="utf-8")
    assert run(["evaluate", "--study", str(study), "--run", "new", "--against", "old"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "other reference labels of sub-1" in said
    assert "Evaluate both runs again" in said


def test_metrics_of_an_older_version_must_be_measured_again(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = study / "runs" / "old" / "metrics.json"
    metrics = json.loads(path.read_text(encoding="utf-8"))
    for subject in metrics["subjects"]:
        del subject["iou"]
    path.write_text(json.dumps(metrics), encoding="utf-8")
    assert run(["evaluate", "--study", str(study), "--run", "new", "--against", "old"]) == 2
    assert "older" in capsys.readouterr().err
