"""What is told of a network's confidence, from subjects made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.evaluation.calibration import Temperature
from brainstem_app.reports.evaluation.calibration import (
    Calibration,
    CalibrationCounts,
    SubjectVoxels,
    nuclei_confidence,
)
from brainstem_app.reports.evaluation.confidence import reliability_charts

SHAPE = (4, 4, 4)


def _subject() -> SubjectVoxels:
    """Label 2 on 8 voxels with probability 0.9, of which 4 are right; label 1 elsewhere, right."""
    labels, reference = np.ones(SHAPE, dtype=np.uint8), np.ones(SHAPE, dtype=np.uint8)
    labels[0, :2] = reference[0, 0] = 2
    probabilities = np.full((*SHAPE, 5), 0.025, dtype=np.float32)
    np.put_along_axis(probabilities, labels[..., None].astype(np.intp), 0.9, axis=-1)
    return SubjectVoxels(probabilities, labels, labels, reference)


def _counts(table: LabelTable, *, temperature: float = 1.0, same: bool = True) -> CalibrationCounts:
    calibration = Calibration(Temperature(temperature, 0.5, 0.4), 0.6, 3)
    return CalibrationCounts(calibration, table, np.ones(SHAPE, dtype=bool), same)


def test_confidence_of_a_nucleus_stands_beside_its_overlap() -> None:
    (found,) = nuclei_confidence(_subject(), [2, 3], 1.0)
    assert (found.index, found.precision, found.dice) == (2, 0.5, pytest.approx(2 * 4 / 12))
    assert found.iou == pytest.approx(0.5)
    assert found.before == found.after == pytest.approx(0.9)


def test_confidence_under_a_warp_is_the_mean_over_shares_of_voxels() -> None:
    voxels = _subject()
    shares = np.zeros_like(voxels.probabilities)
    # Four voxels that are labelled so, and a quarter of four that are not, with probability 0.025.
    shares[0, 0, :, 2], shares[1, 0, :, 2] = 1.0, 0.25
    (found,) = nuclei_confidence(replace(voxels, shares=shares), [2, 3], 1.0)
    assert found.before == pytest.approx((4 * 0.9 + 1 * 0.025) / 5)
    assert found.dice == pytest.approx(2 * 4 / 12)


def test_report_says_how_sure_the_network_usually_is_by_name(table: LabelTable) -> None:
    counts = _counts(table)
    counts.add(_subject())
    assert counts.report().usual_confidence is None
    people = [{2: 0.5 + n / 10} for n in range(5)]
    usual = (
        replace(counts, calibration=replace(counts.calibration, confidences=people)).report().usual_confidence
    )
    assert usual is not None
    assert usual.measured_on == "5 validation subjects"
    (name,) = (structure.name for structure in table.nuclei if structure.index == 2)
    assert {own: value.median for own, value in usual.nuclei.items()} == {name: 0.7}


def test_error_of_the_nuclei_is_not_hidden_by_the_rest(table: LabelTable) -> None:
    counts = _counts(table)
    for _ in range(2):
        counts.add(_subject())
    report = counts.report()
    everywhere, nuclei = report.diagrams
    assert (everywhere.n_voxels, nuclei.n_voxels) == (128, 16)
    assert nuclei.ece_before.value == pytest.approx(0.4, abs=1e-6)
    assert everywhere.ece_before.value == pytest.approx(60 / 64 - 0.9, abs=1e-5)
    assert nuclei.before == nuclei.after
    used = [b for b in nuclei.before if b.voxels]
    assert [(b.voxels, b.confidence, b.right) for b in used] == [(16, pytest.approx(0.9), 0.5)]
    assert (report.validation_subjects, report.good, report.good_marked) == (3, 2, 0)


def test_higher_temperature_lowers_the_confidence_and_marks(table: LabelTable) -> None:
    counts = _counts(table, temperature=3.0)
    counts.add(_subject())
    report = counts.report()
    red = next(n for n in report.nuclei if n.subjects)
    assert red.confidence_before == pytest.approx(0.9)
    assert red.confidence is not None
    assert red.confidence < 0.6
    assert (red.marked, report.good_marked) == (1, 1)
    assert report.diagrams[1].ece_after.value < report.diagrams[1].ece_before.value  # type: ignore[operator]


def test_bent_labels_and_most_probable_classes_are_told_apart(table: LabelTable) -> None:
    counts = _counts(table, same=False)
    counts.add(_subject())
    report = counts.report()
    assert [(d.labels, d.voxels) for d in report.diagrams] == [
        ("label given", "neighbourhood"),
        ("label given", "nuclei"),
        ("most probable class", "neighbourhood"),
        ("most probable class", "nuclei"),
    ]
    charts = reliability_charts(report)
    assert len(charts) == 4
    assert charts[1].lines[0].points == ((pytest.approx(0.9), 0.5),)
