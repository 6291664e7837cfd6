"""Volumes of the same people measured twice, from their reports."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.cli.app import run
from brainstem_app.errors import InputError
from brainstem_app.reports.retest.pairs import find_pairs
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import ModelDescription, ReportInputs

from .pdf_text import headings, pdf_text
from .test_sheets import read_sheets

#: Voxels of RN_L, of 2 mm³ each, in the first and in the second scan of four people.
FIRST, SECOND = [10, 12, 14, 16], [11, 12, 13, 20]


def _write_report(
    folder: Path, table: LabelTable, file: str, red: int, *, atlas: str = "small", model: str = "net"
) -> None:
    labels = np.ones((6, 6, 6), dtype=np.uint8)
    flat = labels.reshape(-1)
    flat[:red], flat[40:50], flat[100:120] = 2, 3, 4
    inputs = ReportInputs(
        labels, np.diag([2.0, 1, 1, 1]), table, atlas, "1", name=file, model=ModelDescription(model)
    )
    report = build_report(inputs, make_manifest(inputs, "2026-01-01T00:00:00+00:00"))
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(report.to_json(), encoding="utf-8")


@pytest.fixture
def sessions(tmp_path: Path, table: LabelTable) -> Path:
    """Folder of results of four people with two sessions each."""
    for n, pair in enumerate(zip(FIRST, SECOND, strict=True), start=1):
        for session, red in enumerate(pair, start=1):
            name = f"sub-{n:02d}_ses-{session}"
            _write_report(tmp_path / "results" / name, table, f"{name}_T1w.nii.gz", red)
    return tmp_path / "results"


def _retest(*words: object) -> int:
    return run(["retest", *map(str, words)])


def _report(out: Path) -> dict[str, object]:
    return dict(json.loads((out / "retest.json").read_text(encoding="utf-8")))


def test_sessions_are_compared_as_worked_by_hand(sessions: Path, tmp_path: Path) -> None:
    assert _retest(sessions, "--out", tmp_path / "out") == 0
    report = json.loads((tmp_path / "out" / "retest.json").read_text(encoding="utf-8"))
    red, *others = report["nuclei"]
    assert (report["schema"], red["name"], red["n"]) == ("brainstem-retest/1", "RN_L", 4)
    # Differences 2, 0, -2, 8 mm3: mean 2, squares about it 0, 4, 16, 36; of means 21, 24, 27, 36 mm3.
    assert (red["first_mm3"], red["second_mm3"], red["bias_mm3"]) == (26, 28, 2)
    assert red["sd_mm3"] == pytest.approx(np.sqrt(56 / 3), abs=1e-6)
    assert red["limit_high_mm3"] == pytest.approx(2 + 1.96 * np.sqrt(56 / 3), abs=1e-6)
    assert red["within_sd_mm3"] == pytest.approx(np.sqrt(72 / 4 / 2), abs=1e-6)
    shares = np.array([2 / 21, 0, 2 / 27, 8 / 36])
    assert red["within_cv"] == pytest.approx(np.sqrt((shares**2).mean() / 2), abs=1e-6)
    assert red["absolute_change"] == pytest.approx(shares.mean(), abs=1e-6)
    assert all((other["bias_mm3"], other["icc_agreement"]) == (0, None) for other in others)
    nuclei, labels = report["totals"]
    assert (nuclei["first_mm3"], nuclei["bias_mm3"]) == (26 + 20 + 40, 2)
    assert labels["bias_mm3"] == 0  # what the red nucleus gains, the white matter loses


def test_tables_page_and_workbook_hold_every_structure(sessions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert _retest(sessions, "--out", out) == 0
    with (out / "changes.csv").open(encoding="utf-8", newline="") as file:
        changes = [row for row in csv.DictReader(file) if row["structure"] == "RN_L"]
    assert [float(row["difference_mm3"]) for row in changes] == [2, 0, -2, 8]
    assert float(changes[3]["change"]) == pytest.approx(8 / 36, abs=1e-6)
    page = (out / "retest.html").read_text(encoding="utf-8")
    assert page.count('<figure class="chart">') == 3
    assert "Only 4 pairs" in page
    book = read_sheets((out / "retest.xlsx").read_bytes())
    assert list(book) == ["structures", "changes", "about"]
    assert (
        "of 4 people were measured twice"
        in {line["A"]: line.get("B", "") for line in book["about"]}["methods"]
    )


def test_pdf_says_what_the_page_says(sessions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert _retest(sessions, "--out", out) == 0
    text = pdf_text(out / "retest.pdf")
    page = (out / "retest.html").read_text(encoding="utf-8")
    parts = headings(page)
    assert parts[-2:] == ["Methods, to paste", "How to repeat this"]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "Only 4 pairs" in text[: places[1]]
    for part in ("RN_L", "all labels", "26.0", "+2.0", "second − first, mm³", "1.96 · √2 times", "net"):
        assert part in text
    assert text.count("mean, mm³") == 3, "a plot of each nucleus"
    assert "brainstem-app retest results --out OUT" in text


def test_table_of_pairs_and_two_folders_give_the_same(
    sessions: Path, tmp_path: Path, table: LabelTable
) -> None:
    lines = ["subject\tfirst\tsecond"]
    for n, (one, other) in enumerate(zip(FIRST, SECOND, strict=True), start=1):
        lines.append(f"sub-{n:02d}\tresults/sub-{n:02d}_ses-1\tresults/sub-{n:02d}_ses-2/report.json")
        for folder, red in (("plain", one), ("turned", other)):
            _write_report(tmp_path / folder / f"sub-{n:02d}", table, f"sub-{n:02d}_T1w.nii.gz", red)
    _write_report(tmp_path / "turned" / "sub-09", table, "sub-09_T1w.nii.gz", 9)
    (tmp_path / "pairs.tsv").write_text("\n".join(lines), encoding="utf-8")
    assert _retest(sessions, "--out", tmp_path / "a") == 0
    assert _retest(tmp_path / "pairs.tsv", "--out", tmp_path / "b") == 0
    assert _retest(tmp_path / "plain", tmp_path / "turned", "--out", tmp_path / "c") == 0
    one, two, three = (_report(tmp_path / name) for name in "abc")
    assert one["nuclei"] == two["nuclei"] == three["nuclei"]
    assert any("sub-09 (only in turned)" in note for note in three["notes"])  # type: ignore[attr-defined]


def test_nucleus_lost_in_one_scan_is_missing_in_every_number_and_named(
    tmp_path: Path, table: LabelTable
) -> None:
    pairs = [(10, 0), (12, 12), (14, 16), (9, 14), (11, 10)]
    for n, pair in enumerate(pairs, start=1):
        for session, red in enumerate(pair, start=1):
            name = f"sub-{n}_run-{session}"
            _write_report(tmp_path / "results" / name, table, f"{name}_T1w.nii.gz", red)
    out = tmp_path / "out"
    assert _retest(tmp_path / "results", "--out", out) == 0
    report = json.loads((out / "retest.json").read_text(encoding="utf-8"))
    red = report["nuclei"][0]
    # Of the four others, of 2 mm3 a voxel: differences 0, 4, 10, -2.
    assert (red["n"], red["not_found_first"], red["not_found_second"]) == (4, 0, 1)
    assert (red["first_mm3"], red["bias_mm3"]) == (23, 3)
    differences, means = np.array([0, 4, 10, -2]), np.array([24, 30, 23, 21])
    assert red["within_cv"] == pytest.approx(np.sqrt(((differences / means) ** 2).mean() / 2), abs=1e-6)
    nuclei, labels = report["totals"]
    assert (nuclei["n"], nuclei["bias_mm3"]) == (4, 3)
    assert (labels["n"], labels["bias_mm3"]) == (5, 0)
    assert report["subjects"][0]["second_mm3"]["RN_L"] is None
    with (out / "changes.csv").open(encoding="utf-8", newline="") as file:
        lost = next(row for row in csv.DictReader(file) if row["structure"] == "RN_L")
    assert (lost["first_mm3"], lost["second_mm3"], lost["difference_mm3"]) == ("20.0", "", "")
    assert any("1 nucleus was not found and counted as missing" in note for note in report["notes"])
    assert "<td>4</td>" in (out / "retest.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("cut", ["RN_L", "WM"])
def test_person_of_whom_one_scan_cuts_a_structure_has_no_sum_of_all_labels(
    sessions: Path, tmp_path: Path, cut: str
) -> None:
    path = sessions / "sub-03_ses-2" / "report.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    next(s for s in report["structures"] if s["name"] == cut)["covered"] = 0.7
    path.write_text(json.dumps(report), encoding="utf-8")
    assert _retest(sessions, "--out", tmp_path / "out") == 0
    nuclei, labels = json.loads((tmp_path / "out" / "retest.json").read_text(encoding="utf-8"))["totals"]
    assert (labels["n"], labels["not_found_second"], labels["bias_mm3"]) == (3, 1, 0)
    assert nuclei["n"] == (3 if cut == "RN_L" else 4)


@pytest.mark.parametrize(("changed", "said"), [({"atlas": "other"}, "atlas"), ({"model": "older"}, "model")])
def test_results_of_another_atlas_or_model_are_refused(
    sessions: Path,
    tmp_path: Path,
    table: LabelTable,
    changed: dict[str, str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for session in (1, 2):
        name = f"sub-09_ses-{session}"
        _write_report(sessions / name, table, f"{name}_T1w.nii.gz", 9, **changed)  # type: ignore[arg-type]
    assert _retest(sessions, "--out", tmp_path / "out") == 2
    said_so = capsys.readouterr().err
    assert f"differ in the {said}" in said_so
    assert "sub-09" in said_so
    assert _retest(sessions, "--out", tmp_path / "out", "--mixed") == 0
    notes = _report(tmp_path / "out")["notes"]
    assert f"differ in the {said}" in str(notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subject,first\nsub-01,a", "lacks a column"),
        ("subject,first,second\nsub-01,results/sub-01_ses-1,nowhere", "holds no report"),
        (
            "subject,first,second\n" + "sub-01,results/sub-01_ses-1,results/sub-01_ses-2\n" * 2,
            "twice",
        ),
    ],
)
def test_table_that_does_not_name_pairs_is_refused(
    sessions: Path, tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pairs.csv").write_text(text, encoding="utf-8")
    assert _retest(tmp_path / "pairs.csv", "--out", tmp_path / "out") == 2
    assert said in capsys.readouterr().err


def test_folder_without_repeated_scans_and_a_third_session_are_refused(
    sessions: Path, tmp_path: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    _write_report(tmp_path / "once" / "sub-01", table, "sub-01_T1w.nii.gz", 9)
    assert _retest(tmp_path / "once", "--out", tmp_path / "out") == 2
    assert "No subject has two results" in capsys.readouterr().err
    _write_report(sessions / "sub-01_ses-3", table, "sub-01_ses-3_T1w.nii.gz", 9)
    assert _retest(sessions, "--out", tmp_path / "out") == 2
    assert "more than two sessions" in capsys.readouterr().err


@pytest.mark.parametrize("second", [None, Path("also-nowhere")])
def test_path_that_is_not_there_is_named(tmp_path: Path, second: Path | None) -> None:
    with pytest.raises(InputError, match="no such file or folder") as caught:
        find_pairs(tmp_path / "nowhere.tsv", second)
    assert caught.value.where == str(tmp_path / "nowhere.tsv")
