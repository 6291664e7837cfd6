"""The streaming confusion matrix counts exactly, in whatever batches the pixels come."""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasmodels import ModelError, make_loss
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


@settings(max_examples=5)
@given(cut=st.integers(1, 7), seed=st.integers(0, 1000))
def test_overlaps_equal_masks_counted_one_by_one(cut: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    labels, scores = draw.integers(0, 5, (8, 4, 3)).astype(np.uint8), draw.random((8, 4, 3, 6))
    predicted = scores.argmax(axis=-1)
    metric = ConfusionMatrix(6)
    for part in (slice(0, cut), slice(cut, 8)):
        metric.update_state(labels[part], scores[part])
    iou, dice = [], []
    for k in range(6):
        both = ((labels == k) & (predicted == k)).sum()
        iou.append(both / ((labels == k) | (predicted == k)).sum())
        dice.append(2 * both / ((labels == k).sum() + (predicted == k).sum()))
    np.testing.assert_allclose(class_iou(metric.counts()), iou)
    np.testing.assert_allclose(class_dice(metric.counts()), dice)
    nuclei = [k for k in (3, 4, 5) if (labels == k).any()]
    assert metric.mean_iou([3, 4, 5]) == pytest.approx(np.mean([iou[k] for k in nuclei]))


def test_pixels_whose_label_is_no_class_are_not_counted() -> None:
    metric = ConfusionMatrix(2)
    scores = np.tile(np.float32([0.1, 0.9]), (1, 1, 4, 1))
    metric.update_state(np.array([[[1, 255, 2, -1]]]), scores)
    assert metric.counts().tolist() == [[0, 0], [0, 1]]


def test_predictions_of_another_number_of_classes_are_refused() -> None:
    with pytest.raises(ModelError) as caught:
        ConfusionMatrix(3).update_state(np.zeros((1, 2, 2), np.uint8), np.zeros((1, 2, 2, 4), np.float32))
    assert "ConfusionMatrix(4)" in caught.value.fix
    with pytest.raises(ModelError, match="classes = 1"):
        ConfusionMatrix(1)


@pytest.mark.parametrize("labels", [(1, 2, 3), (2, 3, 2), (2, 6), (2, 2, 3, 4)])
def test_labels_of_another_size_are_refused(labels: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="labels"):
        ConfusionMatrix(4).update_state(np.zeros(labels, np.uint8), np.zeros((2, 2, 3, 4), np.float32))


def test_labels_of_one_image_are_not_counted_for_others_in_a_graph_of_any_size() -> None:
    metric = ConfusionMatrix(2)
    count = tf.function(metric.update_state, autograph=False, reduce_retracing=True)
    any_size = [tf.TensorSpec((None,) * 3, tf.uint8), tf.TensorSpec((None, None, None, 2), tf.float32)]
    run = count.get_concrete_function(*any_size)
    run(tf.zeros((2, 1, 1), tf.uint8), tf.zeros((2, 1, 1, 2)))
    with pytest.raises(tf.errors.InvalidArgumentError):
        run(tf.zeros((1, 1, 1), tf.uint8), tf.zeros((2, 1, 1, 2)))
    assert metric.counts().tolist() == [[2, 0], [0, 0]]


def test_weights_are_refused_not_ignored() -> None:
    labels, scores = np.zeros((3, 2, 2), np.uint8), np.zeros((3, 2, 2, 2), np.float32)
    with pytest.raises(ModelError, match="no weights") as caught:
        ConfusionMatrix(2).update_state(labels, scores, np.ones(3, np.float32))
    assert "weighted_metrics" in caught.value.fix


def test_training_weighs_the_loss_alone_and_says_so_of_a_weighted_metric() -> None:
    model = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Conv2D(2, 1, activation="softmax")])
    images, labels = np.ones((3, 2, 2, 1), np.float32), np.zeros((3, 2, 2), np.uint8)
    weights = np.full(labels.shape, 0.5, np.float32)
    # The last batch is smaller.
    given = {"sample_weight": weights, "batch_size": 2, "verbose": 0}
    metric = ConfusionMatrix(2)
    model.compile(loss=make_loss("dicece"), metrics=[metric])
    model.evaluate(images, labels, **given)
    assert metric.counts().sum() == labels.size
    model.compile(loss=make_loss("dicece"), weighted_metrics=[ConfusionMatrix(2)])
    with pytest.raises(ModelError, match="no weights"):
        model.evaluate(images, labels, **given)


@pytest.mark.parametrize("classes", [None, "3", 2.5, True, -1, float("nan")])
def test_number_of_classes_that_is_none_is_refused(classes: Any) -> None:
    with pytest.raises(ModelError, match="classes"):
        ConfusionMatrix(classes)


@pytest.mark.parametrize("counts", [None, [[1]], np.ones((2, 3)), -np.eye(2), np.full((2, 2), np.nan)])
def test_what_is_no_confusion_matrix_is_refused(counts: Any) -> None:
    for measure in (class_iou, class_dice, macro_iou):
        with pytest.raises(ModelError, match="counts"):
            measure(counts)


@pytest.mark.parametrize("classes", [[2], [-1], [0.5]])
def test_mean_over_a_class_that_is_not_there_is_refused(classes: Any) -> None:
    with pytest.raises(ModelError, match="a class"):
        macro_iou(np.eye(2, dtype=np.int64), classes)


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
