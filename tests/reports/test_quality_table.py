"""Quality control of a cohort: the row of a bad result shows it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.reports.quality_table import LookedAt, quality_rows, quality_tsv
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import FindingEntry, ReportInputs
from brainstem_app.reports.scan.region_model import RegionEntry


def _result(table: LabelTable, number: int, red: int, right: int, brainstem: float = 400.0) -> LookedAt:
    labels = np.ones((6, 6, 6), dtype=np.uint8)
    flat = labels.reshape(-1)
    flat[:red], flat[40 : 40 + right], flat[100:120] = 2, 3, 4
    inputs = ReportInputs(labels, np.eye(4), table, "small", "1", name=f"sub-{number:02d}_T1w.nii.gz")
    report = build_report(inputs, make_manifest(inputs, "2026-01-01T00:00:00+00:00"))
    region = RegionEntry(name="brainstem", full_name="all", voxels=216, volume_mm3=brainstem)
    report = report.model_copy(update={"regions": (region,)})
    name = f"sub-{number:02d}"
    return LookedAt(f"{name}/net-1", "ds", name, "", "net-1", report, fit=0.9, coverage=1.0)


def _cohort(table: LabelTable) -> list[LookedAt]:
    reds, rights = (10, 11, 12, 13, 9, 10), (11, 10, 13, 12, 10, 9)
    return [
        _result(table, n, red, right, 400 + 3 * n)
        for n, (red, right) in enumerate(zip(reds, rights, strict=True), start=1)
    ]


def test_small_brainstem_and_one_sided_nuclei_stand_out(table: LabelTable) -> None:
    rows = quality_rows([*_cohort(table), _result(table, 8, 30, 10, 400), _result(table, 9, 11, 11, 100)])
    *normal, one_sided, small = rows
    assert all(abs(row.region_z["brainstem"]) < 3.5 and abs(row.asymmetry_z) < 3.5 for row in normal)
    assert one_sided.asymmetry_z > 3.5
    assert one_sided.nucleus == "RN_L"
    assert one_sided.nucleus_z > 3.5
    assert small.region_z["brainstem"] < -10


def test_side_of_a_structure_whose_name_has_none_is_no_pair(table: LabelTable) -> None:
    one = _result(table, 1, 30, 10)
    left, *others = (s for s in one.report.structures if s.name != "RN_R")
    alone = [s.model_copy(update={"name": "red left"}) if s.name == "RN_L" else s for s in (left, *others)]
    (row,) = quality_rows([replace(one, report=one.report.model_copy(update={"structures": tuple(alone)}))])
    assert row.asymmetry is None
    assert quality_rows([one])[0].asymmetry == 0.5


def _with_confidence(result: LookedAt, nucleus: str, confidence: float) -> LookedAt:
    entries = tuple(
        s.model_copy(update={"confidence": confidence, "low_confidence": confidence < 0.7})
        if s.name == nucleus
        else s.model_copy(update={"confidence": 0.9})
        for s in result.report.structures
    )
    return replace(result, report=result.report.model_copy(update={"structures": entries}))


def test_nucleus_is_called_unsure_where_the_others_are_sure_of_it(table: LabelTable) -> None:
    cohort = [_with_confidence(one, "PAG", 0.8 + n / 100) for n, one in enumerate(_cohort(table))]
    *others, last = quality_rows([*cohort, _with_confidence(_result(table, 9, 11, 11), "PAG", 0.4)])
    assert last.unsure == "PAG"
    assert last.confidence_z < -3.5
    assert {row.unsure for row in others} == {""}
    # Low in everybody: that is the model, not the person.
    low = [_with_confidence(one, "PAG", 0.62 + n / 100) for n, one in enumerate(_cohort(table))]
    assert {row.unsure for row in quality_rows(low)} == {""}
    nearly = [*low, _with_confidence(_result(table, 9, 11, 11), "PAG", 0.56)]
    assert {row.unsure for row in quality_rows(nearly)} == {""}, "little is nothing, however alike they are"


def test_far_less_confidence_makes_a_result_unusual_and_more_does_not(table: LabelTable) -> None:
    cohort = [_with_confidence(one, "PAG", 0.8 + n / 100) for n, one in enumerate(_cohort(table))]
    usual = _result(table, 9, 11, 11)
    for confidence, is_unusual in ((0.4, True), (1.0, False)):
        *others, last = quality_rows([*cohort, _with_confidence(usual, "PAG", confidence)])
        assert abs(last.confidence_z) > 3.5
        assert last.is_unusual is is_unusual
        assert not any(row.is_unusual for row in others)


def test_errors_and_warnings_are_counted_apart(table: LabelTable) -> None:
    result = _result(table, 9, 11, 11)
    said = tuple(
        FindingEntry(level=level, code=f"{level}-{n}", problem="", fix="")
        for level, n in (("error", 1), ("warning", 1), ("warning", 2))
    )
    (row,) = quality_rows([replace(result, report=result.report.model_copy(update={"warnings": said}))])
    assert (row.errors, row.warnings, row.warned) == (1, 2, "error-1, warning-1, warning-2")


def test_rejected_result_is_scored_against_the_others_and_moves_no_score(table: LabelTable) -> None:
    cohort = _cohort(table)
    alone = quality_rows(cohort)
    rejected = replace(_result(table, 9, 11, 11, 100), state="rejected", why="moved")
    *others, last = quality_rows([*cohort, rejected])
    assert others == alone
    assert last.region_z["brainstem"] < -10
    assert (last.state, last.why) == ("rejected", "moved")


def test_results_of_another_model_are_a_group_of_their_own(table: LabelTable) -> None:
    other = [replace(r, model="net-2", folder=r.folder.replace("net-1", "net-2")) for r in _cohort(table)[:2]]
    rows = quality_rows([*_cohort(table), *other])
    assert [row.region_z["brainstem"] for row in rows[-2:]] == [None, None]
    assert rows[0].region_z["brainstem"] is not None


def test_table_is_read_by_any_program_whatever_people_wrote(table: LabelTable) -> None:
    cohort = _cohort(table)
    cohort[0] = replace(cohort[0], state="rejected", why='moved\ta lot\n"really"', who="=cmd()")
    rows = list(csv.DictReader(io.StringIO(quality_tsv(quality_rows(cohort))), delimiter="\t", quoting=3))
    assert len(rows) == 6
    assert rows[0]["why"] == 'moved a lot "really"'
    assert rows[0]["who"] == "'=cmd()"
    assert rows[0]["session"] == "n/a"
    assert float(rows[0]["brainstem_z"]) < 0
    assert rows[0]["warnings"] == "0"
