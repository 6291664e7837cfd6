"""Intervals over repeats and over subjects."""

from __future__ import annotations

import numpy as np
import pytest

from brainstem_app.evaluation.bootstrap import bootstrap_miou
from brainstem_app.evaluation.repeats import bootstrap_repeats, t_half_width


def test_t_interval_of_five_repeats_is_the_textbooks() -> None:
    # Student's t for 4 degrees of freedom: 2.776; deviation of 1…5: 1.5811.
    assert t_half_width([1, 2, 3, 4, 5]) == pytest.approx(2.7764 * 1.5811 / 5**0.5, abs=1e-3)
    assert t_half_width([0.7]) is None


def _counts(subjects: int, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(1, 60, size=(subjects, 4, 4)).astype(np.int64)


def test_one_repeat_has_the_interval_of_a_single_run() -> None:
    counts = _counts(9, np.random.default_rng(0))
    (ours,) = bootstrap_repeats(counts[None], [[1, 2, 3]], np.random.default_rng(5))
    single = bootstrap_miou(list(counts), [1, 2, 3], np.random.default_rng(5)).macro
    assert ours is not None
    assert single is not None
    assert (ours.low, ours.high) == pytest.approx((single.low, single.high))


def test_repeats_that_scatter_have_a_narrower_interval_than_one() -> None:
    rng = np.random.default_rng(1)
    repeats = np.stack([_counts(8, rng) for _ in range(6)])
    all_of_them, one = (
        bootstrap_repeats(chosen, [[0, 1, 2, 3]], np.random.default_rng(0))[0]
        for chosen in (repeats, repeats[:1])
    )
    assert all_of_them is not None
    assert one is not None
    assert all_of_them.high - all_of_them.low < one.high - one.low


def test_one_subject_or_a_class_that_is_nowhere_has_no_interval() -> None:
    counts = np.zeros((2, 3, 4, 4), dtype=np.int64)
    counts[..., 1, 1] = 5
    there, nowhere = bootstrap_repeats(counts, [[1], [3]], np.random.default_rng(0))
    assert there is not None
    assert (there.low, there.high) == (1.0, 1.0)
    assert nowhere is None
    assert bootstrap_repeats(counts[:, :1], [[1]], np.random.default_rng(0)) == (None,)
