"""Volumes of many people, from their reports."""

from __future__ import annotations

import csv
import html
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.cli.app import run
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import ReportInputs

from .test_sheets import read_sheets

AGES = [30, 40, 50, 60, 30, 40, 50, 60]
SEXES = ["F", "F", "M", "M", "M", "M", "F", "F"]
RED = [10, 12, 11, 13, 6, 8, 7, 9]  # voxels of RN_L: patients have 4 fewer
GREY = [20, 21, 20, 21, 20, 21, 20, 21]


def _write_report(
    folder: Path,
    table: LabelTable,
    subject: str,
    red: int,
    grey: int,
    brain_ml: float = 1300.0,
    intracranial_ml: float | None = None,
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
        intracranial_ml=intracranial_ml,
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
    return run(
        ["cohort", str(results), "--participants", str(table), "--out", str(out), "--least", "2", *words]
    )


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
    assert "RN_L" not in z[0]
    assert any("4 people are too few to set a person against; at least 9" in n for n in report["notes"])
    assert len(_rows(results, "cohort.csv")) == 3
    book = read_sheets((results.parent / "out" / "cohort.xlsx").read_bytes())
    assert list(book) == ["comparisons", "volumes", "zscores", "people", "about"]
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


def test_deviation_from_the_controls_is_adjusted_for_age(tmp_path: Path, table: LabelTable) -> None:
    ages, red = [30, 40, 50, 60, 35, 45, 55, 65, 70, 50], [10, 12, 11, 13, 11, 12, 14, 13, 15, 8]
    lines = ["participant_id\tage\tdiagnosis"]
    for n, (age, voxels) in enumerate(zip(ages, red, strict=True), start=1):
        _write_report(tmp_path / "results", table, f"sub-{n:02d}", voxels, 20)
        lines.append(f"sub-{n:02d}\t{age}\t{'control' if n < 10 else 'patient'}")
    lines[-1] += "\nsub-11\t60\tpatient"
    _write_report(tmp_path / "results", table, "sub-11", 7, 20)
    (tmp_path / "participants.tsv").write_text("\n".join(lines), encoding="utf-8")
    assert _cohort(tmp_path / "results", "--group", "diagnosis", "--covariates", "age") == 0
    design = np.column_stack([np.ones(9), ages[:9]])
    volumes = 2.0 * np.array(red[:9])
    slopes, squares, *_ = np.linalg.lstsq(design, volumes, rcond=None)
    own = np.array([1, 50])
    spread = np.sqrt(squares[0] / 7 * (1 + own @ np.linalg.inv(design.T @ design) @ own))
    z = _rows(tmp_path / "results", "zscores.csv")
    assert float(z[9]["RN_L"]) == pytest.approx((16 - own @ slopes) / spread, abs=1e-6)


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


def test_size_of_the_head_that_is_asked_for_is_taken_alone(results: Path, table: LabelTable) -> None:
    _with_skulls(results, table)
    path = results.parent / "participants.tsv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    lines = [f"{head}\teTIV\tTIV", *(f"{row}\t{1400 + 9 * n}\t{1390 + n * n}" for n, row in enumerate(rows))]
    path.write_text("\n".join(lines), encoding="utf-8")
    for asked in ("eTIV", "tiv", "intracranial_ml", "brain_ml", "TIV,eTIV", "brain_ml,intracranial_ml"):
        assert _cohort(results, "--group", "diagnosis", "--covariates", asked) == 0
        report = json.loads((results.parent / "out" / "cohort.json").read_text(encoding="utf-8"))
        assert [name.lower() for name in report["covariates"]] == asked.lower().split(",")
        for name, said in (("brain_ml", "the volume of the brain"), ("intracranial_ml", "skull and scalp")):
            assert any(said in note for note in report["notes"]) is (name in asked)


def test_size_of_the_head_that_follows_from_a_covariate_is_named_with_its_option(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = results.parent / "participants.tsv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    sizes = [1400 + 2 * int(row.split("\t")[1].replace("n/a", "0")) for row in rows]
    lines = [f"{head}\teTIV", *(f"{row}\t{size}" for row, size in zip(rows, sizes, strict=True))]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert _cohort(results, "--group", "diagnosis", "--covariates", "age") == 2
    assert "Leave one out (“eTIV” by --no-head-size)." in capsys.readouterr().err
    assert _cohort(results, "--group", "diagnosis", "--covariates", "age,eTIV") == 2
    assert "--no-head-size" not in capsys.readouterr().err


def _with_skulls(results: Path, table: LabelTable, lacking: tuple[str, ...] = ()) -> None:
    """Write the results anew, with the volume inside the skull of all but some."""
    shutil.rmtree(results)
    for n in range(1, 9):
        name = f"sub-{n:02d}"
        size = None if name in lacking else 1450.0 + 31 * (n % 3) + 7 * n
        _write_report(results, table, name, RED[n - 1], GREY[n - 1], 1200.0 + 37 * (n % 4) + n, size)


def test_groups_are_adjusted_for_the_volume_inside_the_skull_if_everybody_has_it(
    results: Path, table: LabelTable
) -> None:
    _with_skulls(results, table)
    for words, covariates in (([], ["intracranial_ml"]), (["--no-head-size"], [])):
        assert _cohort(results, "--group", "diagnosis", *words) == 0
        report = json.loads((results.parent / "out" / "cohort.json").read_text(encoding="utf-8"))
        assert report["covariates"] == covariates
        said = any("skull and scalp alone" in note for note in report["notes"])
        assert said is bool(covariates)
    rows = {row["participant_id"]: row for row in _rows(results, "volumes.csv")}
    assert float(rows["sub-01"]["intracranial_ml"]) == 1488.0


def test_size_of_the_head_is_never_that_of_some_only(results: Path, table: LabelTable) -> None:
    _with_skulls(results, table, lacking=("sub-03",))
    assert _cohort(results, "--group", "diagnosis") == 0
    report = json.loads((results.parent / "out" / "cohort.json").read_text(encoding="utf-8"))
    assert report["covariates"] == []
    assert any("is known of 7 of 8" in note for note in report["notes"])
    assert _cohort(results, "--group", "diagnosis", "--covariates", "intracranial_ml") == 0
    report = json.loads((results.parent / "out" / "cohort.json").read_text(encoding="utf-8"))
    assert [s["subject"] for s in report["subjects"] if not s["in_model"]] == ["sub-03"]


def test_older_results_without_the_volume_inside_the_skull_still_load(results: Path) -> None:
    for file in results.glob("*/report.json"):
        content = json.loads(file.read_text(encoding="utf-8"))
        del content["scan"]["intracranial_ml"], content["scan"]["intracranial_method"]
        file.write_text(json.dumps(content), encoding="utf-8")
    assert _cohort(results, "--group", "diagnosis") == 0
    assert "intracranial_ml" in (results.parent / "out" / "volumes.csv").read_text(encoding="utf-8")


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


def test_nucleus_that_was_not_found_is_missing_in_every_number(results: Path, table: LabelTable) -> None:
    _write_report(results, table, "sub-98", 0, 20)
    with (results.parent / "participants.tsv").open("a", encoding="utf-8") as file:
        file.write("\nsub-98\t44\tF\tpatient")
    assert _cohort(results, "--group", "diagnosis") == 0
    report = json.loads((results.parent / "out" / "cohort.json").read_text(encoding="utf-8"))
    (comparison,) = report["comparisons"]
    red, right, _ = comparison["nuclei"]
    # As without that person: patients 6, 8, 7, 9, 10 voxels of 2 mm3.
    assert (comparison["n"], red["n"], red["reference_n"], red["not_found"]) == (6, 5, 4, 1)
    assert (red["mean_mm3"], red["difference_mm3"]) == (16, -7)
    assert red["d"] == pytest.approx(-7 / np.sqrt(60 / 7), abs=1e-6)
    assert (right["n"], right["not_found"]) == (6, 0)
    assert report["subjects"][8]["volume_mm3"]["RN_L"] is None
    assert {row["participant_id"]: row["RN_L"] for row in _rows(results, "volumes.csv")}["sub-98"] == ""
    assert [row["n"] for row in _rows(results, "cohort.csv")] == ["5", "6", "6"]
    assert any("1 nucleus was not found and counted as missing" in note for note in report["notes"])
    assert any("sub-98: RN_L" in note for note in report["notes"])
    page = (results.parent / "out" / "cohort.html").read_text(encoding="utf-8")
    assert "<td>5 / 4</td>" in page
    assert "volume of 0" not in page


def test_nucleus_that_was_found_in_nobody_has_no_number_and_no_picture(
    tmp_path: Path, table: LabelTable
) -> None:
    for n in range(8):
        _write_report(tmp_path / "results", table, f"sub-{n}", 0, 20 + n)
    assert run(["cohort", str(tmp_path / "results"), "--out", str(tmp_path / "out")]) == 0
    rows = _rows(tmp_path / "results", "zscores.csv")
    assert {row["RN_L"] for row in rows} == {""}
    assert all(row["PAG"] for row in rows)
    assert (tmp_path / "out" / "cohort.html").read_text(encoding="utf-8").count('<figure class="group">') == 2


def test_few_people_have_no_z_scores_and_the_command_says_so(
    tmp_path: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    for n, red in enumerate([10, 11, 40]):
        _write_report(tmp_path / "results", table, f"sub-{n}", red, 20)
    assert run(["cohort", str(tmp_path / "results"), "--out", str(tmp_path / "out")]) == 0
    told = "There are no z-scores: 3 people are too few to set a person against"
    assert told in capsys.readouterr().err
    assert told in (tmp_path / "out" / "cohort.html").read_text(encoding="utf-8")
    assert "RN_L" not in _rows(tmp_path / "results", "zscores.csv")[0]


def test_small_reference_group_says_how_often_chance_alone_marks_somebody(
    tmp_path: Path, table: LabelTable
) -> None:
    for n, red in enumerate([10, 11, 12, 13, 14, 11, 12, 10]):
        _write_report(tmp_path / "results", table, f"sub-{n}", red, 20)
    assert run(["cohort", str(tmp_path / "results"), "--out", str(tmp_path / "out")]) == 0
    notes = json.loads((tmp_path / "out" / "cohort.json").read_text(encoding="utf-8"))["notes"]
    # Against 7 others, so on 6 degrees: two-sided p of 3.0 is .024.
    assert any("against 7 people: by chance alone one in 42" in note for note in notes)


def test_one_person_is_one_subject_in_words(tmp_path: Path, table: LabelTable) -> None:
    _write_report(tmp_path / "results", table, "sub-1", 10, 20)
    assert run(["cohort", str(tmp_path / "results"), "--out", str(tmp_path / "out")]) == 0
    page = (tmp_path / "out" / "cohort.html").read_text(encoding="utf-8")
    assert "1 subject<" in page
    for wrong in ("1 subjects", "1 people", "1 persons"):
        assert wrong not in page


def test_small_groups_are_said(results: Path) -> None:
    assert _cohort(results, "--group", "diagnosis") == 0
    notes = json.loads((results.parent / "out" / "cohort.json").read_text(encoding="utf-8"))["notes"]
    assert any("Small groups (control: 4, patient: 5" in note for note in notes)
