"""Bootstrap intervals over subjects."""

from __future__ import annotations

import numpy as np
import pytest

from brainstem_app.evaluation.bootstrap import Interval, bootstrap_mean, bootstrap_miou
from brainstem_app.evaluation.confusion import macro_miou


def _counts(iou_of_one: float) -> np.ndarray:
    """Class 1 with 100 reference voxels and no false positives, so that its IoU is the share found."""
    found = round(100 * iou_of_one)
    return np.array([[500, 0, 0], [100 - found, found, 0], [0, 0, 0]])


def test_interval_holds_the_pooled_value_and_lies_within_the_subjects() -> None:
    counts = [_counts(value) for value in (0.4, 0.5, 0.6, 0.7, 0.8)]
    intervals = bootstrap_miou(counts, [1], np.random.default_rng(0))
    value = macro_miou(np.sum(counts, axis=0), [1])
    assert value == pytest.approx(0.6)
    assert intervals.macro is not None
    assert 0.4 <= intervals.macro.low < value < intervals.macro.high <= 0.8
    assert intervals.per_class[1] is not None


def test_width_agrees_with_the_standard_error() -> None:
    values = np.random.default_rng(3).normal(0.6, 0.1, 60)
    interval = bootstrap_mean(values.tolist(), np.random.default_rng(0))
    assert interval is not None
    expected = 2 * 1.96 * values.std(ddof=1) / np.sqrt(60)
    assert interval.high - interval.low == pytest.approx(expected, rel=0.1)


def test_equal_subjects_give_an_interval_of_no_width() -> None:
    intervals = bootstrap_miou([_counts(0.5)] * 4, [1], np.random.default_rng(0))
    assert intervals.macro == Interval(0.5, 0.5)


def test_class_that_no_reference_has_gets_no_interval() -> None:
    intervals = bootstrap_miou([_counts(0.5), _counts(0.6)], [1, 2], np.random.default_rng(0))
    assert intervals.per_class[2] is None
    assert intervals.macro is not None


def test_one_subject_gives_no_interval() -> None:
    assert bootstrap_mean([0.5], np.random.default_rng(0)) is None
    assert bootstrap_miou([_counts(0.5)], [1], np.random.default_rng(0)).macro is None


def test_same_seed_gives_the_same_interval() -> None:
    counts = [_counts(value) for value in (0.2, 0.5, 0.9)]
    first, second = (bootstrap_miou(counts, [0, 1], np.random.default_rng(5)) for _ in range(2))
    assert first == second
