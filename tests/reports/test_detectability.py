"""What reports say of change: the smallest that can be detected, and the nuclei in which none can be seen."""

from __future__ import annotations

import csv
import html
import json
from dataclasses import replace
from pathlib import Path

import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.reliability import Detectability
from brainstem_app.cli.app import run
from brainstem_app.reports.scan.model import COMPARISON_LIMITS, MEASURED_TEXT, RELIABILITY_TEXT, Report

from .made_results import MODEL, write_result
from .pdf_text import pdf_text

SEEN = Detectability(cv_percent=1.5, slope=0.9, smallest_change_percent=4.62)
BLIND = Detectability(cv_percent=1.5, slope=0.05, smallest_change_percent=83.2)
TESTED = replace(MODEL, detectability={"RN_L": SEEN, "RN_R": BLIND})
SENTENCE = "The model cannot see change in RN_R:"


def _result(folder: Path, table: LabelTable, name: str = "sub-01", model=TESTED, red: int = 10) -> Report:
    write_result(folder, table, f"{name}_T1w.nii.gz", red, model=model)
    return Report.model_validate_json((folder / "report.json").read_text(encoding="utf-8"))


def test_report_gives_the_smallest_change_and_names_the_nuclei_without(
    tmp_path: Path, table: LabelTable
) -> None:
    report = _result(tmp_path / "a", table)
    entries = {s.name: (s.smallest_change_percent, s.change_seen) for s in report.structures}
    assert (entries["RN_L"], entries["RN_R"]) == ((4.62, True), (83.2, False))
    assert entries["PAG"] == (None, None), "it was not measured"
    assert report.limits.startswith(SENTENCE)


def test_report_of_a_model_that_was_not_tested_says_nothing_of_change(
    tmp_path: Path, table: LabelTable
) -> None:
    report = _result(tmp_path / "a", table, model=MODEL)
    assert report.limits == COMPARISON_LIMITS
    assert {s.change_seen for s in report.structures} == {None}


@pytest.fixture
def cohort(tmp_path: Path, table: LabelTable) -> Path:
    rows = ["participant_id\tgroup"]
    for n in range(1, 9):
        _result(tmp_path / "results" / f"sub-0{n}", table, f"sub-0{n}", red=8 + n % 3 + n // 5)
        rows.append(f"sub-0{n}\t{'a' if n < 5 else 'b'}")
    (tmp_path / "people.tsv").write_text("\n".join(rows), encoding="utf-8")
    words = (
        "cohort",
        tmp_path / "results",
        "--out",
        tmp_path / "out",
        "--least",
        "2",
        "--group",
        "group",
        "--reference",
        "a",
    )
    assert run([*map(str, words), "--participants", str(tmp_path / "people.tsv")]) == 0
    return tmp_path / "out"


def test_comparison_of_groups_marks_the_nuclei_that_cannot_be_seen(cohort: Path) -> None:
    report = json.loads((cohort / "cohort.json").read_text(encoding="utf-8"))
    nuclei = {n["name"]: n["change_seen"] for n in report["comparisons"][0]["nuclei"]}
    assert (nuclei["RN_L"], nuclei["RN_R"], nuclei["PAG"]) == (True, False, None)
    assert any(note.startswith(SENTENCE) for note in report["notes"])
    page = html.unescape((cohort / "cohort.html").read_text(encoding="utf-8"))
    assert "<td>RN_R †<" in page
    assert "<td>RN_L<" in page
    assert MEASURED_TEXT["A"] in page
    assert RELIABILITY_TEXT["A"] not in page
    assert "RN_R †" in pdf_text(cohort / "cohort.pdf")
    with (cohort / "cohort.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: row["change_seen"] for row in csv.DictReader(file)}
    assert (rows["RN_L"], rows["RN_R"], rows["PAG"]) == ("1", "0", "")


def test_repeated_volumes_have_the_mark_too(tmp_path: Path, table: LabelTable) -> None:
    for when, red in (("first", 10), ("second", 11)):
        for n in (1, 2, 3):
            _result(tmp_path / when / f"sub-0{n}", table, f"sub-0{n}", red=red + n)
    words = ("retest", tmp_path / "first", tmp_path / "second", "--out", tmp_path / "out")
    assert run(list(map(str, words))) == 0
    assert "<td>RN_R †<" in (tmp_path / "out" / "retest.html").read_text(encoding="utf-8")
    notes = json.loads((tmp_path / "out" / "retest.json").read_text(encoding="utf-8"))["notes"]
    assert f"{SENTENCE}" in " ".join(notes)
