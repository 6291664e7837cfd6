"""Report of corrected labels: what was corrected changes, all else stays as the warp has it."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.reports.corrected import CORRECTED, Correction, corrected_report
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import Report, ReportInputs, StructureEntry
from brainstem_app.reports.scan.region_model import RegionEntry

SAVED = datetime(2026, 2, 3, 4, 5).astimezone()
VOXEL_MM3 = 2.0


def _labels(red: int, right: int = 10, grey: int = 20) -> np.ndarray:
    labels = np.ones((6, 6, 6), dtype=np.uint8)
    flat = labels.reshape(-1)
    flat[:red], flat[40 : 40 + right], flat[100 : 100 + grey] = 2, 3, 4
    return labels


def _original(table: LabelTable, labels: np.ndarray) -> Report:
    """Report of a segmentation whose warp has 1.3 mm³ more of each structure than its voxels."""
    inputs = ReportInputs(labels, np.diag([VOXEL_MM3, 1, 1, 1]), table, "small", "1", name="sub-01")
    report = build_report(inputs, make_manifest(inputs, "2026-01-01T00:00:00+00:00"))
    structures = tuple(
        s.model_copy(update={"volume_mm3": s.volume_mm3 + 1.3, "confidence": 0.8, "covered": 1.0})
        for s in report.structures
    )
    regions = (
        RegionEntry(name="brainstem", full_name="all", voxels=216, volume_mm3=432.6),
        RegionEntry(name="upper", full_name="upper", voxels=108, volume_mm3=216.4),
        RegionEntry(name="lower", full_name="lower", voxels=108, volume_mm3=216.2),
    )
    return report.model_copy(update={"structures": structures, "regions": regions, "volume_method": "warp"})


def _correction(before: np.ndarray, after: np.ndarray) -> Correction:
    regions = np.ones_like(before)
    regions[3:] = 2
    affine = np.diag([VOXEL_MM3, 1, 1, 1])
    return Correction(before, after, affine, SAVED, np.where(before > 0, regions, 0), ("upper", "lower"))


def _by_name(report: Report) -> dict[str, StructureEntry]:
    return {s.name: s for s in report.structures}


def test_corrected_nucleus_has_its_volume_and_what_was_added(table: LabelTable) -> None:
    before, after = _labels(12), _labels(15)
    original = _original(table, before)
    report = corrected_report(original, _correction(before, after))
    old, new = _by_name(original), _by_name(report)
    assert new["RN_L"].volume_mm3 == pytest.approx(12 * VOXEL_MM3 + 1.3 + 3 * VOXEL_MM3)
    assert new["RN_L"].voxels == 15
    assert new["RN_L"].confidence is None
    assert new["WM"].volume_mm3 == pytest.approx(old["WM"].volume_mm3 - 3 * VOXEL_MM3)
    assert new["PAG"] == old["PAG"]
    assert report.volume_method == "corrected"
    assert report.regions == original.regions  # within the brainstem nothing moved its border


def test_asymmetry_follows_the_corrected_side_on_both(table: LabelTable) -> None:
    before, after = _labels(12), _labels(15)
    new = _by_name(corrected_report(_original(table, before), _correction(before, after)))
    left, right = new["RN_L"].volume_mm3, new["RN_R"].volume_mm3
    expected = pytest.approx((left - right) / (left + right), abs=1e-5)
    assert new["RN_L"].asymmetry_index == expected
    assert new["RN_R"].asymmetry_index == expected


def test_nucleus_that_was_removed_has_no_volume_and_is_warned_of(table: LabelTable) -> None:
    before, after = _labels(12), _labels(0)
    report = corrected_report(_original(table, before), _correction(before, after))
    red = _by_name(report)["RN_L"]
    assert (red.volume_mm3, red.centroid_mm, red.compared) == (0.0, None, None)
    (lost,) = [w for w in report.warnings if w.code == "nuclei-not-found"]
    assert "RN_L" in lost.problem
    assert report.summary.n_found == 2


def test_region_loses_the_voxels_that_left_the_brainstem(table: LabelTable) -> None:
    before = _labels(12)
    after = before.copy()
    after[5, :, :4] = 0  # 24 voxels of the lower region
    original = _original(table, before)
    whole, upper, lower = corrected_report(original, _correction(before, after)).regions
    assert upper == original.regions[1]
    assert lower.volume_mm3 == pytest.approx(216.2 - 24 * VOXEL_MM3)
    assert whole.volume_mm3 == pytest.approx(upper.volume_mm3 + lower.volume_mm3)
    assert lower.voxels == 108 - 24


def test_report_says_first_what_was_corrected_when_and_how_volumes_are_meant(table: LabelTable) -> None:
    before, after = _labels(12), _labels(15)
    report = corrected_report(_original(table, before), _correction(before, after))
    first = report.warnings[0]
    assert first.code == CORRECTED
    assert "2026-02-03 04:05" in first.problem
    assert "3 voxels" in first.problem
    assert "RN_L" in first.problem
    assert "PAG" not in first.problem
    assert "plus the voxels that a structure gained, less those that it lost" in report.methods


def test_labels_that_were_saved_without_a_change_keep_all_numbers(table: LabelTable) -> None:
    before = _labels(12)
    original = _original(table, before)
    report = corrected_report(original, _correction(before, before.copy()))
    assert report.structures == original.structures
    assert report.regions == original.regions
