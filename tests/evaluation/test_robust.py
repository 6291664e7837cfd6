"""Robust z-scores: failures in the group do not hide themselves."""

from __future__ import annotations

import numpy as np

from brainstem_app.evaluation.robust import robust_z


def test_one_failure_is_far_off_and_the_others_are_not() -> None:
    z = robust_z(np.array([100.0, 102, 98, 101, 99, 100, 30]))
    assert abs(z[-1]) > 20
    assert np.abs(z[:-1]).max() < 2.0


def test_normal_values_have_the_scores_of_their_standard_deviation() -> None:
    values = np.random.default_rng(0).normal(50, 4, 4000)
    np.testing.assert_allclose(robust_z(values), (values - 50) / 4, atol=0.15)


def test_those_outside_of_the_group_are_scored_against_it() -> None:
    values = np.array([1.0, 2, 3, 4, 5, 500, 600])
    of_group = np.array([True] * 5 + [False] * 2)
    z = robust_z(values, of_group)
    assert z[2] == 0
    np.testing.assert_allclose(z[5], 497 / 1.4826, rtol=1e-4)


def test_small_group_equal_values_and_unknown_ones_have_no_score() -> None:
    assert np.isnan(robust_z(np.array([1.0, 2, 3, 4]))).all()
    assert np.isnan(robust_z(np.array([3.0, 3, 3, 3, 3, 8]))).all()
    z = robust_z(np.array([1.0, 2, 3, 4, 5, np.nan]))
    assert np.isnan(z[-1])
    assert np.isfinite(z[:-1]).all()
