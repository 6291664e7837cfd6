"""The streaming confusion matrix counts exactly, in whatever batches the pixels come."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasmodels.metrics.confusion import ConfusionMatrix
from kerasmodels.metrics.overlap import class_dice, class_iou, macro_iou


@settings(max_examples=8)
@given(cuts=st.lists(st.integers(1, 11), max_size=3, unique=True), seed=st.integers(0, 1000))
def test_counts_equal_a_plain_count_on_any_split_into_batches(cuts: list[int], seed: int) -> None:
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, 4, (12, 3, 3)).astype(np.uint8)
    scores = draw.random((12, 3, 3, 5), dtype=np.float32)
    expected = np.zeros((5, 5), np.int64)
    np.add.at(expected, (labels.ravel(), scores.argmax(axis=-1).ravel()), 1)
    metric = ConfusionMatrix(5)
    edges = [0, *sorted(cuts), 12]
    for start, stop in itertools.pairwise(edges):
        metric.update_state(labels[start:stop], scores[start:stop])
    np.testing.assert_array_equal(metric.counts(), expected)
    assert float(metric.result()) == pytest.approx(macro_iou(expected), abs=1e-6)


def test_counts_stay_exact_beyond_what_float_and_int32_hold() -> None:
    metric = ConfusionMatrix(2)
    metric.low.assign(np.array([2**30 - 1, 5, 0, 0], np.int32))
    metric.high.assign(np.array([7, 0, 0, 0], np.int32))
    metric.update_state(np.zeros((1, 1, 3), np.uint8), np.tile(np.float32([0.9, 0.1]), (1, 1, 3, 1)))
    assert metric.counts().tolist() == [[8 * 2**30 + 2, 5], [0, 0]]


def test_reset_forgets_everything() -> None:
    metric = ConfusionMatrix(2)
    metric.update_state(np.zeros((1, 2, 2), np.uint8), np.zeros((1, 2, 2, 2), np.float32))
    metric.reset_state()
    assert metric.counts().sum() == 0


def test_overlaps_of_a_matrix_counted_by_hand() -> None:
    counts = np.array([[6, 2, 0], [1, 3, 0], [0, 0, 0]], np.int64)
    np.testing.assert_allclose(class_iou(counts), [6 / 9, 3 / 6, np.nan])
    np.testing.assert_allclose(class_dice(counts), [12 / 15, 6 / 9, np.nan])
    assert macro_iou(counts) == pytest.approx((6 / 9 + 3 / 6) / 2)
    assert macro_iou(counts, [1, 2]) == pytest.approx(3 / 6)


def test_class_of_the_reference_that_is_never_predicted_counts_as_zero() -> None:
    counts = np.array([[4, 0], [2, 0]], np.int64)
    assert macro_iou(counts, [1]) == 0.0


def test_class_only_predicted_does_not_enter_the_mean() -> None:
    counts = np.array([[4, 2], [0, 0]], np.int64)
    assert macro_iou(counts) == pytest.approx(4 / 6)
    assert np.isnan(macro_iou(counts, [1]))
