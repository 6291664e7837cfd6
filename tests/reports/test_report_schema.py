"""The published schema is that of the model, and says what a written report is, and what is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.locations import resource
from brainstem_app.reports.build import build_report
from brainstem_app.reports.manifest import make_manifest
from brainstem_app.reports.report_model import ReportInputs
from brainstem_app.reports.report_schema import report_schema

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "null": (type(None),), "boolean": (bool,),
}  # fmt: skip
_KNOWN = {
    "$defs", "$id", "$ref", "$schema", "additionalProperties", "anyOf", "const", "default", "description",
    "enum", "items", "maxItems", "minItems", "prefixItems", "properties", "required", "title", "type",
}  # fmt: skip


def faults(value: Any, schema: dict[str, Any], root: dict[str, Any], where: str = "$") -> list[str]:
    """What does not fit; the keywords are those the schema uses, another one fails the test."""
    assert set(schema) <= _KNOWN, set(schema) - _KNOWN
    if "$ref" in schema:
        return faults(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, where)
    if "anyOf" in schema:
        return (
            [] if any(not faults(value, s, root, where) for s in schema["anyOf"]) else [f"{where}: no form"]
        )
    if "type" in schema and not isinstance(value, _TYPES[schema["type"]]):
        return [f"{where}: no {schema['type']}"]
    found = [f"{where}: not {schema['const']}"] if value != schema.get("const", value) else []
    found += [f"{where}: not listed"] if value not in schema.get("enum", [value]) else []
    if isinstance(value, dict):
        fields = schema.get("properties", {})
        found += [f"{where}.{name}: missing" for name in schema.get("required", ()) if name not in value]
        if schema.get("additionalProperties") is False:
            found += [f"{where}.{name}: unknown" for name in value if name not in fields]
        for name in value.keys() & fields.keys():
            found += faults(value[name], fields[name], root, f"{where}.{name}")
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            found.append(f"{where}: {len(value)} items")
        each = schema.get("prefixItems") or [schema.get("items", {})] * len(value)
        for number, (item, form) in enumerate(zip(value, each, strict=False)):
            found += faults(item, form, root, f"{where}[{number}]")
    return found


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    published: dict[str, Any] = json.loads(
        resource("report", "report.schema.json").read_text(encoding="utf-8")
    )
    return published


@pytest.fixture(scope="module")
def report(table: LabelTable) -> dict[str, Any]:
    labels = np.zeros((8, 8, 8), dtype=np.uint8)
    labels[2:5, 2:5, 2:5] = 2
    inputs = ReportInputs(
        labels_native=labels, labels_affine=np.eye(4), table=table, atlas_name="small", atlas_version="1",
        reference=np.roll(labels, 1, axis=0),
    )  # fmt: skip
    written: dict[str, Any] = json.loads(build_report(inputs, make_manifest(inputs, "2026-01-01")).to_json())
    return written


def test_published_schema_is_that_of_the_model(repository_root: Path) -> None:
    """If this fails: python docs/reference/write_report_schema.py."""
    published = repository_root / "resources" / "report" / "report.schema.json"
    assert published.read_text(encoding="utf-8") == report_schema()


def test_written_report_fits(schema: dict[str, Any], report: dict[str, Any]) -> None:
    assert schema["$schema"].endswith("2020-12/schema")
    assert faults(report, schema, schema) == []


def test_every_field_is_required(schema: dict[str, Any]) -> None:
    forms = [schema, *(form for form in schema["$defs"].values() if "properties" in form)]
    assert all(set(form["required"]) == set(form["properties"]) for form in forms)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda r: r.pop("limits"), "$.limits: missing"),
        (lambda r: r.update(patient="Anna"), "$.patient: unknown"),
        (lambda r: r.update(schema="brainstem-report/2"), "$.schema: not brainstem-report/1"),
        (lambda r: r["structures"][2].update(voxels="27"), "$.structures[2].voxels: no integer"),
        (lambda r: r["structures"][2].update(side="top"), "$.structures[2].side: not listed"),
    ],
)
def test_what_is_no_report_does_not_fit(
    schema: dict[str, Any], report: dict[str, Any], change: Any, fault: str
) -> None:
    spoilt = json.loads(json.dumps(report))
    change(spoilt)
    assert faults(spoilt, schema, schema) == [fault]
