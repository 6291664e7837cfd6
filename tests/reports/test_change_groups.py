"""Groups compared on their change a year, by the same statistics as volumes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_ind

from brainstem_app.cli.app import run
from brainstem_app.reports.change.files import REPORT

from .test_change_report import report_of


@pytest.fixture
def changes(tmp_path: Path) -> tuple[Path, dict[str, list[float]]]:
    """Folder of the changes of two groups of six, with their table; and the changes, % a year."""
    rng = np.random.default_rng(3)
    rates: dict[str, list[float]] = {}
    lines = ["participant_id\tgroup"]
    for number in range(12):
        group = "patient" if number % 2 else "control"
        last = 1 - 0.01 * rng.normal(3 if number % 2 else 0.5, 1)
        name = f"sub-{number:02d}"
        report = report_of(1.0, last, years=(0.0, 1.0)).model_copy(update={"subject": name})
        (tmp_path / "changes" / name).mkdir(parents=True)
        (tmp_path / "changes" / name / REPORT).write_text(report.to_json())
        rates.setdefault(group, []).append(100 * (last - 1) / ((1 + last) / 2))
        lines.append(f"{name}\t{group}")
    (tmp_path / "participants.tsv").write_text("\n".join(lines) + "\n")
    return tmp_path, rates


def test_groups_differ_in_per_cent_a_year_as_a_t_test_says(
    changes: tuple[Path, dict[str, list[float]]],
) -> None:
    folder, rates = changes
    words = ["cohort", str(folder / "changes"), "--participants", str(folder / "participants.tsv")]
    assert run([*words, "--group", "group", "--out", str(folder / "out")]) == 0
    report = json.loads((folder / "out" / "cohort.json").read_text())
    (comparison,) = report["comparisons"]
    effect = next(each for each in comparison["nuclei"] if each["name"] == "PAG")
    patients, controls = rates["patient"], rates["control"]
    assert effect["unit"] == "% a year"
    assert effect["difference_mm3"] == pytest.approx(np.mean(patients) - np.mean(controls), abs=1e-4)
    assert effect["p"] == pytest.approx(ttest_ind(patients, controls).pvalue, rel=1e-3)
    assert comparison["regions"][0]["name"] == "brainstem"
    assert any("not volumes" in note for note in report["notes"])
    page = (folder / "out" / "cohort.html").read_text()
    assert "mean % a year" in page
    assert re.search(r'"PAG\. control: 6 people, median -\d\.\d % a year; ', page)
    assert " mm³" not in page
    assert report["of_changes"]
    assert report["methods"].startswith("Changes of the nuclei of the brainstem of 12 people (patient: 6")
    assert "(method half-way-1)" in report["methods"]
    assert "The change of each region of the brainstem and of each nucleus was compared" in report["methods"]
    assert not any("size of the head" in note for note in report["notes"])


def test_change_that_is_not_known_is_missing_and_no_change_of_nothing(
    changes: tuple[Path, dict[str, list[float]]],
) -> None:
    folder, _ = changes
    path = folder / "changes" / "sub-03" / REPORT
    report = json.loads(path.read_text())
    next(n for n in report["nuclei"] if n["name"] == "PAG")["percent_a_year"] = None
    path.write_text(json.dumps(report))
    assert run(["cohort", str(folder / "changes"), "--out", str(folder / "out")]) == 0
    report = json.loads((folder / "out" / "cohort.json").read_text())
    assert "The z-score of a person is the distance of a change from" in report["methods"]
    (note,) = [note for note in report["notes"] if "missing" in note]
    assert "not measured in all scans of a person and counted as missing, not as a change of 0" in note
    assert "(sub-03: PAG)" in note


def test_changes_and_volumes_are_not_mixed(
    changes: tuple[Path, dict[str, list[float]]], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, _ = changes
    (folder / "changes" / "report.json").write_text("{}")
    words = ["cohort", str(folder / "changes"), "--out", str(folder / "out")]
    assert run(words) == 2
    assert "compared together" in capsys.readouterr().err
