"""Results of `segment`, made: a report and what it says of its origin."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.imaging.scan import Scan
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import ModelDescription, ReportInputs
from brainstem_app.reports.scan.scan_entry import ScanEntry

MODEL = ModelDescription("net", "a" * 64, "1", test_macro_miou=0.7, test_nuclei_miou=0.6)


def inputs_with_confidence(
    table: LabelTable, model: ModelDescription, red: float = 0.55, grey: float = 0.65
) -> ReportInputs:
    """Inputs of a report whose RN_L has the confidence `red`, RN_R 0.85 and PAG `grey`."""
    labels = np.ones((6, 6, 6), dtype=np.uint8)
    flat = labels.reshape(-1)
    flat[:10], flat[40:50], flat[100:120] = 2, 3, 4
    confidence = np.choose(labels, [0, 0.9, red, 0.85, grey]).astype(np.float32)
    scan = Scan(np.ones(labels.shape, dtype=np.float32), np.eye(4), Path("sub-01.nii.gz"))
    return ReportInputs(
        labels, np.eye(4), table, "small", "1", model=model, scan=scan, confidence_native=confidence
    )


def write_result(
    folder: Path,
    table: LabelTable,
    file: str,
    red: int,
    *,
    grey: int = 20,
    dataset: str | None = None,
    sha256: str | None = None,
    brain_ml: float | None = None,
    atlas: str = "small",
    model: ModelDescription | None = MODEL,
    version: str = "",
) -> Path:
    """Write the report of a scan whose RN_L has so many voxels of 2 mm³, and PAG `grey`; 0 is not found."""
    labels = np.ones((6, 6, 6), dtype=np.uint8)
    flat = labels.reshape(-1)
    flat[:red], flat[40:50], flat[100 : 100 + grey] = 2, 3, 4
    inputs = ReportInputs(labels, np.diag([2.0, 1, 1, 1]), table, atlas, "1", name=file, model=model)
    report = build_report(inputs, make_manifest(inputs, "2026-01-01T00:00:00+00:00"))
    scan = ScanEntry(
        file=file,
        sha256=sha256,
        brain_ml=brain_ml,
        dataset=dataset,
        dataset_id=dataset and f"id of {dataset}",
    )
    folder.mkdir(parents=True)
    text = report.model_copy(update={"scan": scan}).to_json()
    (folder / "report.json").write_text(text, encoding="utf-8")
    if version:
        (folder / "manifest.json").write_text(json.dumps({"brainstem_app": version}), encoding="utf-8")
    return folder
