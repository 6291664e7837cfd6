"""Volumes of the label map beside those of the warp: a note where voxels are too coarse to show them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.warped import SoftMeasures
from brainstem_app.imaging.scan import Scan
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import Report, ReportInputs


def _notes(table: LabelTable, volume_mm3: float) -> dict[str, str]:
    labels = np.zeros((6, 6, 6), dtype=np.uint8)
    labels[2, 2, 2:4] = 4
    soft = {4: SoftMeasures(volume_mm3, (0.0, 0.0, 0.0), 0.9, 1.0)}
    inputs = ReportInputs(labels, np.diag([1.0, 1, 3, 1]), table, "small", "1", name="a.nii.gz", soft=soft)
    report = build_report(inputs, make_manifest(inputs, "2026-01-01T00:00:00+00:00"))
    return {note.code: note.problem for note in report.notes}


def test_nucleus_that_thick_voxels_cannot_show_is_noted(table: LabelTable) -> None:
    name = table.names[4]
    said = _notes(table, 10.0)["label-map-coarse"]
    assert said == f"The voxels are too coarse for the label map to show the volume of {name} (6 of 10 mm³)."


def test_volume_that_is_off_by_less_than_a_voxel_is_not_noted(table: LabelTable) -> None:
    assert "label-map-coarse" not in _notes(table, 8.0)


def _masked(table: LabelTable, masked: int) -> Report:
    """Report of a nucleus of ten voxels of which so many lie where a brain mask left zero."""
    labels = np.zeros((6, 6, 12), dtype=np.uint8)
    labels[2, 2, 1:11] = 4
    data = np.full(labels.shape, 100.0, dtype=np.float32)
    data[:, :, : 1 + masked] = 0
    scan = Scan(data, np.eye(4), Path("a.nii.gz"), ())
    inputs = ReportInputs(labels, np.eye(4), table, "small", "1", scan=scan)
    return build_report(inputs, make_manifest(inputs, "2026-01-01T00:00:00+00:00"))


def _warnings(report: Report) -> dict[str, str]:
    return {warning.code: warning.problem for warning in report.warnings}


def test_nucleus_on_what_a_mask_left_empty_is_named_and_not_compared(table: LabelTable) -> None:
    report = _masked(table, 6)
    entry = report.structures[4]
    assert f"60 % of {table.names[4]}" in _warnings(report)["labels-on-nothing"]
    assert (entry.empty, entry.is_cut, entry.compared) == (0.6, True, None)


def test_nucleus_of_which_a_mask_left_nearly_all_is_compared(table: LabelTable) -> None:
    report = _masked(table, 1)
    assert "labels-on-nothing" not in _warnings(report)
    assert report.structures[4].compared == 10.0
