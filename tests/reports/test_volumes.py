"""Volumes of many people, from their reports."""

from __future__ import annotations

import csv
import html
import json
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.cli.app import run
from brainstem_app.reports.build import build_report
from brainstem_app.reports.manifest import make_manifest
from brainstem_app.reports.report_model import ReportInputs

from .test_table_xlsx import read_sheets

AGES = [30, 40, 50, 60, 30, 40, 50, 60]
SEXES = ["F", "F", "M", "M", "M", "M", "F", "F"]
RED = [10, 12, 11, 13, 6, 8, 7, 9]  # voxels of RN_L: patients have 4 fewer
GREY = [20, 21, 20, 21, 20, 21, 20, 21]


def _write_report(
    folder: Path, table: LabelTable, subject: str, red: int, grey: int, brain_ml: float = 1300.0
) -> None:
    labels = np.ones((6, 6, 6), dtype=np.uint8)
    flat = labels.reshape(-1)
    flat[:red], flat[40:50], flat[100 : 100 + grey] = 2, 3, 4
    inputs = ReportInputs(
        labels,
        np.diag([2.0, 1, 1, 1]),
        table,
        "small",
        "1",
        name=f"{subject}_T1w.nii.gz",
        brain_ml=brain_ml,
    )
    report = build_report(inputs, make_manifest(inputs, "2026-01-01T00:00:00+00:00"))
    (folder / subject).mkdir(parents=True)
    (folder / subject / "report.json").write_text(report.to_json(), encoding="utf-8")


@pytest.fixture
def results(tmp_path: Path, table: LabelTable) -> Path:
    lines = ["participant_id\tage\tsex\tdiagnosis"]
    for n, (age, sex) in enumerate(zip(AGES, SEXES, strict=True), start=1):
        brain_ml = 1200.0 + 37 * (n % 4) + n
        _write_report(tmp_path / "results", table, f"sub-{n:02d}", RED[n - 1], GREY[n - 1], brain_ml)
        lines.append(f"sub-{n:02d}\t{age}\t{sex}\t{'control' if n < 5 else 'patient'}")
    _write_report(tmp_path / "results", table, "sub-99", 10, 20)
    (tmp_path / "participants.tsv").write_text(
        "\n".join([*lines, "sub-99\tn/a\tF\tpatient"]), encoding="utf-8"
    )
    return tmp_path / "results"


def _cohort(results: Path, *words: str) -> int:
    out, table = results.parent / "out", results.parent / "participants.tsv"
    return run(["cohort", str(results), "--participants", str(table), "--out", str(out), *words])


def _rows(results: Path, name: str) -> list[dict[str, str]]:
    with (results.parent / "out" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_brain_volume_of_the_reports_is_a_covariate_and_what_it_hides_is_said(results: Path) -> None:
    assert _cohort(results, "--group", "diagnosis", "--covariates", "age,brain_ml") == 0
    report = json.loads((results.parent / "out" / "cohort.json").read_text(encoding="utf-8"))
    assert report["covariates"] == ["age", "brain_ml"]
    assert any("may be hidden" in note for note in report["notes"])
    rows = {row["participant_id"]: row for row in _rows(results, "volumes.csv")}
    assert float(rows["sub-01"]["brain_ml"]) == 1238.0


def test_brain_volume_needs_no_table(results: Path) -> None:
    words = ["cohort", str(results), "--out", str(results.parent / "out"), "--covariates", "brain_ml"]
    assert run(words) == 0
    report = json.loads((results.parent / "out" / "cohort.json").read_text(encoding="utf-8"))
    assert report["covariates"] == ["brain_ml"]


def test_groups_are_compared_as_worked_by_hand(results: Path) -> None:
    assert _cohort(results, "--group", "diagnosis") == 0
    report = json.loads((results.parent / "out" / "cohort.json").read_text(encoding="utf-8"))
    assert (report["schema"], report["reference"]) == ("brainstem-cohort/1", "control")
    (comparison,) = report["comparisons"]
    red, right, grey = comparison["nuclei"]
    assert (comparison["n"], comparison["reference_n"], comparison["degrees"]) == (5, 4, 7)
    # Patients 6, 8, 7, 9, 10 voxels of 2 mm3, mean 16; controls mean 23; squares 40 and 20 on 7 degrees.
    assert (red["mean_mm3"], red["reference_mean_mm3"], red["difference_mm3"]) == (16, 23, -7)
    assert red["d"] == pytest.approx(-7 / np.sqrt(60 / 7), abs=1e-6)
    assert (right["p"], right["d"], right["p_holm"]) == (None, None, None)
    assert red["p_holm"] == pytest.approx(2 * red["p"])
    assert grey["p"] > 0.05


def test_covariates_adjust_and_who_lacks_one_is_named_and_kept_in_the_table(results: Path) -> None:
    assert _cohort(results, "--group", "diagnosis", "--covariates", "age,sex") == 0
    report = json.loads((results.parent / "out" / "cohort.json").read_text(encoding="utf-8"))
    assert report["covariates"] == ["age", "sex = M"]
    assert report["comparisons"][0]["nuclei"][0]["difference_mm3"] == pytest.approx(-8)
    assert any("sub-99" in note for note in report["notes"])
    volumes, z = _rows(results, "volumes.csv"), _rows(results, "zscores.csv")
    assert [row["RN_L"] for row in volumes] == [f"{2.0 * n}" for n in [*RED, 10]]
    assert volumes[8]["age"] == ""
    assert "RN_L" not in z[0]  # three other controls are too few for age and sex
    assert any("no z-scores" in note for note in report["notes"])
    assert len(_rows(results, "cohort.csv")) == 3
    book = read_sheets((results.parent / "out" / "cohort.xlsx").read_bytes())
    assert list(book) == ["comparisons", "volumes", "zscores", "about"]
    page = (results.parent / "out" / "cohort.html").read_text(encoding="utf-8")
    assert "diagnosis: patient against control" in page
    assert "age, sex = M" in page
    assert page.count('<figure class="group">') == 3
    assert "sub-99:" not in page, "who is in no model is in no picture"
    assert html.escape(report["methods"], quote=False) in page.replace("&#39;", "'")
    assert "of 8 people (patient: 4, control: 4)" in report["methods"]
    assert "linear model on group, age, sex = M" in report["methods"]
    assert (results.parent / "out" / "cohort.pdf").read_bytes().startswith(b"%PDF-")


def test_without_groups_each_is_compared_with_all_others(results: Path) -> None:
    assert _cohort(results) == 0
    values = 2.0 * np.array([*RED, 10])
    others = values[1:]
    expected = (values[0] - others.mean()) / (others.std(ddof=1) * np.sqrt(1 + 1 / 8))
    assert float(_rows(results, "zscores.csv")[0]["RN_L"]) == pytest.approx(expected, abs=1e-6)


def test_deviation_from_the_controls_is_adjusted_for_age(results: Path) -> None:
    assert _cohort(results, "--group", "diagnosis", "--covariates", "age") == 0
    z = _rows(results, "zscores.csv")
    # Controls 20, 24, 22, 26 mm3 at 30 to 60 years: 23 + 0.16 (age - 45), squares left 7.2, 2 degrees.
    expected = (16 - (23 - 0.16 * 5)) / np.sqrt(3.6 * (1 + 1 / 4 + 25 / 500))
    assert float(z[5]["RN_L"]) == pytest.approx(expected, abs=1e-6)
    assert z[8]["RN_L"] == ""  # sub-99 has no age


def test_size_of_the_head_is_adjusted_for_where_the_table_has_it(results: Path) -> None:
    table = results.parent / "participants.tsv"
    lines = table.read_text(encoding="utf-8").splitlines()
    sizes = ["eTIV", "1500", "1400", "1600", "1450", "1550", "1480", "1390", "1610", "1500"]
    table.write_text("\n".join(f"{a}\t{b}" for a, b in zip(lines, sizes, strict=True)), encoding="utf-8")
    for words, covariates in (([], ["eTIV"]), (["--no-head-size"], [])):
        assert _cohort(results, "--group", "diagnosis", *words) == 0
        report = json.loads((results.parent / "out" / "cohort.json").read_text(encoding="utf-8"))
        assert report["covariates"] == covariates
        assert any("size of the head" in note for note in report["notes"]) is not bool(covariates)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--group", "site"], "no column"),
        (["--group", "sex"], "not clear which group"),
        (["--group", "diagnosis", "--reference", "twin"], "not clear which group"),
    ],
)
def test_what_the_table_does_not_say_is_asked_for(
    results: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _cohort(results, *words) == 2
    assert said in capsys.readouterr().err


def test_two_reports_of_one_subject_are_refused(
    results: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    _write_report(results / "again", table, "sub-01", 5, 5)
    assert _cohort(results) == 2
    assert "two reports" in capsys.readouterr().err
