"""Confusion counts and mean IoU against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from brainstem_app.errors import InputError
from brainstem_app.evaluation.confusion import (
    confusion_counts,
    dice_per_class,
    iou_per_class,
    macro_miou,
    mean_subject_miou,
)


def test_counts_are_reference_by_prediction() -> None:
    reference = np.array([0, 0, 1, 1, 1, 2], dtype=np.uint8)
    predicted = np.array([0, 1, 1, 1, 0, 2], dtype=np.uint8)
    assert confusion_counts(reference, predicted, 3).tolist() == [[1, 1, 0], [1, 2, 0], [0, 0, 1]]


def test_iou_and_dice_of_a_hand_worked_case() -> None:
    counts = np.array([[1, 1, 0], [1, 2, 0], [0, 0, 1]])
    assert iou_per_class(counts) == pytest.approx([1 / 3, 2 / 4, 1])
    assert dice_per_class(counts) == pytest.approx([2 / 4, 4 / 6, 1])
    assert macro_miou(counts) == pytest.approx((1 / 3 + 1 / 2 + 1) / 3)
    assert macro_miou(counts, [1]) == pytest.approx(0.5)


def test_missed_class_counts_as_zero_and_absent_class_is_not_counted() -> None:
    missed = np.array([[4, 0, 0], [2, 0, 0], [0, 0, 2]])
    assert macro_miou(missed) == pytest.approx((4 / 6 + 0 + 1) / 3)
    absent_but_predicted = np.array([[4, 2, 0], [0, 0, 0], [0, 0, 2]])
    assert np.isnan(iou_per_class(absent_but_predicted)[1])
    assert macro_miou(absent_but_predicted) == pytest.approx((4 / 6 + 1) / 2)
    assert macro_miou(absent_but_predicted, [1]) is None


def test_macro_miou_pools_voxels_and_is_not_the_mean_over_subjects() -> None:
    large = np.array([[0, 0], [10, 90]])
    small = np.array([[0, 0], [10, 0]])
    assert macro_miou(large + small, [1]) == pytest.approx(90 / 110)
    assert mean_subject_miou([large, small], [1]) == pytest.approx((0.9 + 0.0) / 2)


def test_all_255_labels_are_counted_without_overflow() -> None:
    labels = np.arange(256, dtype=np.uint8)
    assert np.array_equal(confusion_counts(labels, labels, 256), np.eye(256, dtype=np.int64))


@pytest.mark.parametrize(
    ("reference", "predicted"),
    [
        (np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.uint8)),
        (np.zeros(2, np.uint8), np.full(2, 7, np.uint8)),
    ],
)
def test_other_size_or_unknown_label_is_an_input_error(reference: np.ndarray, predicted: np.ndarray) -> None:
    with pytest.raises(InputError):
        confusion_counts(reference, predicted, 3)


def test_voxels_that_nobody_labelled_are_not_counted() -> None:
    reference = np.array([0, 1, 255, 255, 2], np.uint8)
    predicted = np.array([0, 2, 1, 0, 2], np.uint8)
    counts = confusion_counts(reference, predicted, 3, ignored=255)
    assert counts.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 1]]
    with pytest.raises(InputError, match="255"):
        confusion_counts(reference, predicted, 3)
