"""What reports say of confidence: all that is low is marked, and only what is unusual is warned of."""

from __future__ import annotations

import csv
import html
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.evaluation.usual_confidence import UsualConfidence
from brainstem_app.reports.corrected import Correction, corrected_report
from brainstem_app.reports.quality_table import LookedAt, quality_rows
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.confidence import LOW_CONFIDENCE_CODE, unsure_findings
from brainstem_app.reports.scan.files import write_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import ModelDescription, Report
from brainstem_app.reports.scan.tables import structure_table

from .made_results import MODEL, inputs_with_confidence
from .pdf_text import pdf_text
from .test_sheets import read_sheets

#: Of PAG the model is never sure, of the red nuclei always.
USUAL = {
    "RN_L": UsualConfidence(median=0.82, spread=0.02),
    "RN_R": UsualConfidence(median=0.82, spread=0.02),
    "PAG": UsualConfidence(median=0.68, spread=0.02),
}
MEASURED = replace(MODEL, low_confidence=0.7, usual_confidence=USUAL)
UNKNOWN = replace(MODEL, low_confidence=0.7)
WARNED = "1 nucleus with an unusually low confidence: RN_L (0.55, usually 0.82)."
OFTEN = "The model is often unsure of PAG, in good scans too"


def _report(table: LabelTable, model: ModelDescription, **confidences: float) -> Report:
    inputs = inputs_with_confidence(table, model, **confidences)
    return build_report(inputs, make_manifest(inputs, "2026-01-01T00:00:00+00:00"))


def _warned(report: Report) -> list[str]:
    return [w.problem for w in report.warnings if w.code == LOW_CONFIDENCE_CODE]


def _unsure(*reports: Report) -> list[str]:
    looked = [LookedAt(str(n), "ds", str(n), "", "net-1", r) for n, r in enumerate(reports)]
    return [row.unsure for row in quality_rows(looked)]


def test_only_a_nucleus_that_is_unusually_low_is_warned_of(table: LabelTable) -> None:
    report = _report(table, MEASURED)
    assert _warned(report) == [WARNED]
    entries = {
        s.name: (s.low_confidence, s.usual_confidence, s.unusual_confidence) for s in report.structures
    }
    assert entries["RN_L"] == (True, 0.82, True)
    assert entries["PAG"] == (True, 0.68, False)
    assert entries["RN_R"] == (False, 0.82, False)
    assert entries["WM"] == (None, None, None), "tissue"
    assert _unsure(report) == ["RN_L"], "one result alone has no others to be compared with"


@pytest.mark.parametrize(("grey", "warned"), [(0.59, False), (0.57, True)])
def test_nucleus_of_which_the_model_is_never_sure_is_warned_of_where_it_is_lower_still(
    table: LabelTable, grey: float, warned: bool
) -> None:
    report = _report(table, MEASURED, red=0.85, grey=grey)
    assert bool(_warned(report)) is warned
    assert _unsure(report) == ["PAG" if warned else ""]


def test_confidence_above_the_limit_is_not_warned_of_however_much_it_fell(table: LabelTable) -> None:
    report = _report(table, MEASURED, red=0.705, grey=0.75)
    assert not _warned(report)
    assert {s.unusual_confidence for s in report.structures if s.confidence} == {None, False}


def test_model_whose_usual_confidence_is_unknown_is_reported_as_before(table: LabelTable) -> None:
    report = _report(table, UNKNOWN)
    assert _warned(report) == ["2 nuclei with a mean confidence below 0.7: RN_L, PAG."]
    assert {(s.usual_confidence, s.unusual_confidence) for s in report.structures} == {(None, None)}
    assert "often unsure" not in report.limits
    cells = _confidence_cells(report)
    assert cells == {"RN_L": ("0.55 *", "bad"), "RN_R": ("0.85", ""), "PAG": ("0.65 *", "bad")}
    assert _unsure(report) == [""], "beside nobody"


def _confidence_cells(report: Report) -> dict[str, tuple[str, str]]:
    shown = structure_table(report)
    column = next(c for c in shown.columns if c.title == "Confidence")
    cells = {s.name: column.cell(s) for s in shown.groups[0]}
    return {name: (cell.text, cell.mark) for name, cell in cells.items()}


def test_all_low_confidences_stay_marked_in_page_paper_and_tables(tmp_path: Path, table: LabelTable) -> None:
    report = write_report(tmp_path, inputs_with_confidence(table, MEASURED))
    cells = _confidence_cells(report)
    assert cells == {"RN_L": ("0.55 **", "bad"), "RN_R": ("0.85", ""), "PAG": ("0.65 *", "")}
    page = html.unescape((tmp_path / "report.html").read_text(encoding="utf-8"))
    paper = pdf_text(tmp_path / "report.pdf")
    for text in (page, paper):
        words = " ".join(text.split())
        assert WARNED in words
        assert OFTEN in words
        assert "two asterisks one that is also unusually low for the nucleus" in words
    with (tmp_path / "report.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    low = ("low_confidence", "usual_confidence", "unusual_confidence")
    assert [rows["PAG"][name] for name in low] == ["1", "0.68", "0"]
    assert [rows["RN_L"][name] for name in low] == ["1", "0.82", "1"]
    about = read_sheets((tmp_path / "report.xlsx").read_bytes())["about"]
    assert WARNED in {cell for line in about for cell in line.values()}


def test_limits_name_what_the_model_is_often_unsure_of_in_every_report_alike(table: LabelTable) -> None:
    good, poor = _report(table, MEASURED, red=0.85, grey=0.75), _report(table, MEASURED)
    assert good.limits == poor.limits
    assert good.limits.startswith(OFTEN)
    assert not _warned(good)


def test_corrected_nucleus_is_no_longer_warned_of(table: LabelTable) -> None:
    before = inputs_with_confidence(table, MEASURED).labels_native
    after = before.copy()
    after.reshape(-1)[10:13] = 2
    correction = Correction(before, after, np.eye(4), datetime(2026, 2, 3).astimezone(), None, ())
    original = _report(table, MEASURED, grey=0.5)
    assert "RN_L (0.55" in _warned(original)[0]
    (warned,) = _warned(corrected_report(original, correction))
    assert warned == "1 nucleus with an unusually low confidence: PAG (0.50, usually 0.68)."
    assert not _warned(corrected_report(_report(table, MEASURED), correction))
    (unknown,) = _warned(corrected_report(_report(table, UNKNOWN), correction))
    assert unknown == "1 nucleus with a mean confidence below the model's limit: PAG."


def test_report_of_an_older_version_can_be_read(table: LabelTable) -> None:
    written = json.loads(_report(table, UNKNOWN).to_json())
    for entry in written["structures"]:
        del entry["usual_confidence"], entry["unusual_confidence"]
    assert Report.model_validate(written) == _report(table, UNKNOWN).model_copy(
        update={"created": written["created"]}
    )


def test_warning_of_many_nuclei_gives_their_names_alone(table: LabelTable) -> None:
    red = next(s for s in _report(table, MEASURED).structures if s.name == "RN_L")
    (found,) = unsure_findings([red.model_copy(update={"name": f"N{n}"}) for n in range(6)])
    assert found.problem == "6 nuclei with an unusually low confidence: N0, N1, N2, N3, N4, N5."
