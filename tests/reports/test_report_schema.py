"""The published schemas are those of the models, and say what a written report is, and what is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.cli.app import run
from brainstem_app.locations import resource
from brainstem_app.reports.evaluation.files import write_evaluation_report
from brainstem_app.reports.evaluation.model import EvaluationInputs, MethodResult
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import ReportInputs
from brainstem_app.reports.schema import PUBLISHED, report_schema


def _published(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(resource("report", f"{name}.schema.json").read_text(encoding="utf-8"))
    return schema


def _faults(written: Any, name: str = "report") -> list[str]:
    """Where a report does not fit, and why, as the library of JSON Schema says it."""
    found = Draft202012Validator(_published(name)).iter_errors(written)
    return [f"{error.json_path}: {error.message}" for error in found]


def _report(table: LabelTable, scan: str = "", voxels: int = 27) -> dict[str, Any]:
    labels = np.zeros((8, 8, 8), dtype=np.uint8)
    labels.reshape(-1)[100 : 100 + voxels] = 2
    inputs = ReportInputs(
        labels_native=labels,
        labels_affine=np.eye(4),
        table=table,
        atlas_name="small",
        atlas_version="1",
        reference=None if scan else np.roll(labels, 1, axis=0),
        name=scan,
    )
    written: dict[str, Any] = json.loads(build_report(inputs, make_manifest(inputs, "2026-01-01")).to_json())
    return written


@pytest.fixture(scope="module")
def report(table: LabelTable) -> dict[str, Any]:
    return _report(table)


@pytest.fixture
def results(tmp_path: Path, table: LabelTable) -> Path:
    """Results of four people in two sessions, and the table of their groups."""
    for session in (1, 2):
        for n in range(1, 5):
            folder = tmp_path / f"session-{session}" / f"sub-{n}"
            folder.mkdir(parents=True)
            text = json.dumps(_report(table, f"sub-{n}_T1w.nii.gz", 20 + 3 * n + session))
            (folder / "report.json").write_text(text, encoding="utf-8")
    lines = ["participant_id\tgroup", *(f"sub-{n}\t{'control' if n < 3 else 'patient'}" for n in range(1, 5))]
    (tmp_path / "participants.tsv").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_schema_is_that_of_the_model(repository_root: Path, name: str) -> None:
    """If this fails: python docs/reference/write_report_schema.py."""
    published = repository_root / "resources" / "report" / f"{name}.schema.json"
    assert published.read_text(encoding="utf-8") == report_schema(name)
    Draft202012Validator.check_schema(_published(name))


def test_written_report_fits(report: dict[str, Any]) -> None:
    assert _faults(report) == []


def test_comparisons_of_groups_and_of_repeated_scans_fit(results: Path) -> None:
    participants, first, second = (results / n for n in ("participants.tsv", "session-1", "session-2"))
    words = ["--participants", str(participants), "--group", "group", "--least", "2", "--out", str(results)]
    assert run(["cohort", str(first), *words]) == 0
    assert run(["retest", str(first), str(second), "--out", str(results)]) == 0
    for name in ("cohort", "retest"):
        assert _faults(json.loads((results / f"{name}.json").read_text(encoding="utf-8")), name) == []


def test_metrics_of_a_run_fit(table: LabelTable, tmp_path: Path) -> None:
    counts = np.diag([1000, 400, 30, 30, 0]).astype(np.int64)
    inputs = EvaluationInputs(MethodResult("net", {"sub-1": counts, "sub-2": counts}), table, "small", "1")
    write_evaluation_report(tmp_path, inputs)
    assert _faults(json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8")), "metrics") == []


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_field_is_required(name: str) -> None:
    schema = _published(name)
    forms = [schema, *(form for form in schema["$defs"].values() if "properties" in form)]
    assert all(set(form["required"]) == set(form["properties"]) for form in forms)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda r: r.pop("limits"), "$: 'limits' is a required property"),
        (lambda r: r.update(patient="Anna"), "$: Additional properties are not allowed"),
        (lambda r: r.update(schema="brainstem-report/2"), "$.schema: 'brainstem-report/1' was expected"),
        (lambda r: r["structures"][2].update(voxels="27"), "$.structures[2].voxels: '27' is not of type"),
        (lambda r: r["structures"][2].update(side="top"), "$.structures[2].side: 'top' is not one of"),
    ],
)
def test_what_is_no_report_does_not_fit(report: dict[str, Any], change: Any, fault: str) -> None:
    spoilt = json.loads(json.dumps(report))
    change(spoilt)
    assert [found for found in _faults(spoilt) if found.startswith(fault)]
