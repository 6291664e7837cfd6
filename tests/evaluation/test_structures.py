"""Measures of whole label maps: what is scored, missed, absent, unscored, and where things lie."""

from __future__ import annotations

import numpy as np
import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.errors import InputError
from brainstem_app.evaluation.structures import Status, StructureMeasures, measure_structures


@pytest.fixture
def labels() -> np.ndarray:
    volume = np.zeros((12, 10, 8), dtype=np.uint8)
    volume[1:11, 1:9, 1:7] = 1
    volume[2:4, 4:6, 3:5] = 3
    volume[8:10, 4:6, 3:5] = 2
    return volume


def _by_name(measures: list[StructureMeasures]) -> dict[str, StructureMeasures]:
    return {m.structure.name: m for m in measures}


def test_volume_is_voxels_times_determinant_on_an_oblique_grid(labels: np.ndarray, table: LabelTable) -> None:
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0.6, -0.8, 0], [0.8, 0.6, 0], [0, 0, 1]]) @ np.diag([0.5, -2.0, 1.5])
    found = _by_name(measure_structures(labels, affine, table))["RN_L"]
    assert (found.status, found.voxels) == (Status.UNSCORED, 8)
    assert found.volume_mm3 == pytest.approx(8 * 0.5 * 2 * 1.5)


def test_left_structure_has_its_centre_on_the_left_whatever_the_order_of_axes(
    labels: np.ndarray, table: LabelTable
) -> None:
    """Left is negative x of the world; here voxels run towards the left, so a high index is left."""
    affine = np.diag([-1.0, 1.0, 2.0, 1.0])
    affine[:3, 3] = (5.5, 0, -10)
    found = _by_name(measure_structures(labels, affine, table))
    assert found["RN_L"].centroid_mm == pytest.approx((5.5 - 8.5, 4.5, -10 + 2 * 3.5))
    assert found["RN_R"].centroid_mm == pytest.approx((5.5 - 2.5, 4.5, -3.0))


def test_confidence_is_the_mean_over_the_structure(labels: np.ndarray, table: LabelTable) -> None:
    confidence = np.full(labels.shape, 0.5, dtype=np.float32)
    confidence[2, 4:6, 3:5] = 0.9
    confidence[3, 4:6, 3:5] = 0.7
    found = _by_name(measure_structures(labels, np.eye(4), table, confidence=confidence))
    assert found["RN_R"].confidence == pytest.approx(0.8)
    assert found["PAG"].confidence is None
    assert found["PAG"].centroid_mm is None


def test_shifted_nucleus_is_scored_as_worked_by_hand(labels: np.ndarray, table: LabelTable) -> None:
    reference = labels.copy()
    reference[2:4, 4:6, 3:5] = 1
    reference[3:5, 4:6, 3:5] = 3
    found = _by_name(measure_structures(labels, np.diag([2.0, 1, 1, 1]), table, reference))["RN_R"]
    assert found.status is Status.SCORED
    assert found.iou == pytest.approx(4 / 12)
    assert found.dice == pytest.approx(8 / 16)
    assert found.centroid_error_mm == pytest.approx(2.0)
    assert found.assd_mm == pytest.approx(1.0)  # of 16 surface voxels, 8 coincide and 8 are 2 mm off
    assert found.nsd_1mm == pytest.approx(0.5)
    assert found.hd95_mm == pytest.approx(2.0)
    assert found.reference_volume_mm3 == pytest.approx(16.0)


def test_missed_counts_as_zero_and_absent_gives_its_false_positive_volume(
    labels: np.ndarray, table: LabelTable
) -> None:
    predicted = labels.copy()
    predicted[labels == 2] = 1
    predicted[5, 5, 5] = 4
    found = _by_name(measure_structures(predicted, np.diag([1.0, 1, 3, 1]), table, labels))
    missed, absent = found["RN_L"], found["PAG"]
    assert (missed.status, missed.iou, missed.dice, missed.nsd_1mm) == (Status.MISSED, 0.0, 0.0, 0.0)
    assert (missed.hd95_mm, missed.assd_mm, missed.centroid_error_mm) == (None, None, None)
    assert (absent.status, absent.iou, absent.false_positive_mm3) == (Status.ABSENT, None, pytest.approx(3.0))


def test_background_is_a_class_but_has_no_surface(labels: np.ndarray, table: LabelTable) -> None:
    background = measure_structures(labels, np.eye(4), table, labels)[0]
    assert (background.structure.index, background.iou, background.hd95_mm) == (0, 1.0, None)


def test_order_of_axes_changes_no_number(labels: np.ndarray, table: LabelTable) -> None:
    """The same voxels stored in another order, with the matching affine, measure the same."""
    reference = np.roll(labels, 1, axis=1)
    affine = np.array([[0.9, -0.2, 0, 3], [0.2, 1.1, 0.1, -7], [0, 0.1, 2.0, 4], [0, 0, 0, 1.0]])
    swap = np.array([[0, 0, -1, labels.shape[0] - 1], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1.0]])
    moved = [np.ascontiguousarray(v[::-1].transpose(1, 2, 0)) for v in (labels, reference)]
    before = measure_structures(labels, affine, table, reference)
    after = measure_structures(moved[0], affine @ swap, table, moved[1])
    for old, new in zip(before, after, strict=True):
        assert new.centroid_mm == pytest.approx(old.centroid_mm)
        for name in ("iou", "hd95_mm", "assd_mm", "nsd_1mm", "centroid_error_mm", "volume_mm3"):
            assert getattr(new, name) == pytest.approx(getattr(old, name))


def test_label_that_is_not_in_the_table_is_an_input_error(labels: np.ndarray, table: LabelTable) -> None:
    labels[0, 0, 0] = 9
    with pytest.raises(InputError, match="label 9"):
        measure_structures(labels, np.eye(4), table)


def test_volume_difference_has_a_sign_and_a_missed_structure_loses_all(
    labels: np.ndarray, table: LabelTable
) -> None:
    predicted = labels.copy()
    predicted[labels == 2] = 1  # RN_L missed: 8 voxels of 2 mm³
    predicted[4, 4:6, 3:5] = 3  # RN_R 4 voxels too large
    predicted[5, 8, 5] = 4  # PAG is not in the reference
    found = _by_name(measure_structures(predicted, np.diag([2.0, 1, 1, 1]), table, labels))
    assert found["RN_L"].volume_difference_mm3 == pytest.approx(-16.0)
    assert found["RN_R"].volume_difference_mm3 == pytest.approx(8.0)
    assert found["PAG"].volume_difference_mm3 is None
    assert _by_name(measure_structures(labels, np.eye(4), table))["RN_R"].volume_difference_mm3 is None


def test_asymmetry_is_of_the_pair_and_one_when_a_side_is_missing(
    labels: np.ndarray, table: LabelTable
) -> None:
    smaller = labels.copy()
    smaller[2, 4:6, 3:5] = 1  # RN_R has 4 voxels left, RN_L 8
    found = _by_name(measure_structures(smaller, np.eye(4), table))
    assert found["RN_L"].asymmetry_index == found["RN_R"].asymmetry_index == pytest.approx((8 - 4) / 12)
    assert found["PAG"].asymmetry_index is found["WM"].asymmetry_index is None
    without_left = np.where(smaller == 2, 1, smaller).astype(np.uint8)
    compared = _by_name(measure_structures(without_left, np.eye(4), table, smaller))
    assert compared["RN_R"].asymmetry_index == compared["RN_L"].asymmetry_index == -1.0
    assert compared["RN_L"].reference_asymmetry_index == pytest.approx(1 / 3)
    neither = np.where(without_left == 3, 1, without_left).astype(np.uint8)
    assert _by_name(measure_structures(neither, np.eye(4), table))["RN_L"].asymmetry_index is None
