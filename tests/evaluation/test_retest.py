"""Repeated measurements, against the tables of the papers that the numbers come from."""

from __future__ import annotations

import numpy as np
import pytest

from brainstem_app.evaluation.retest import icc, repeatability

#: Shrout and Fleiss 1979, table 2: six targets, four judges.
JUDGES = np.array([[9.0, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])

#: Bland and Altman 1986, table 1: peak flow of 17 people, l/min, large meter twice and mini meter once.
LARGE = np.array([494.0, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427])
LARGE_AGAIN = np.array(
    [490.0, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421]
)
MINI = np.array([512.0, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451])


@pytest.mark.parametrize(
    ("absolute", "published", "low", "high"), [(True, 0.29, 0.02, 0.76), (False, 0.71, 0.34, 0.95)]
)
def test_icc_is_that_of_shrout_and_fleiss(absolute: bool, published: float, low: float, high: float) -> None:
    value, interval = icc(JUDGES, absolute=absolute)
    assert value == pytest.approx(published, abs=0.005)
    assert interval is not None
    assert (interval.low, interval.high) == (pytest.approx(low, abs=0.005), pytest.approx(high, abs=0.005))


def test_bias_and_limits_are_those_of_bland_and_altman() -> None:
    """Published: mean difference −2.1, standard deviation 38.8, 95 % interval of the mean −22.0 to 17.8."""
    found = repeatability(MINI, LARGE)
    assert found.bias == pytest.approx(-2.1, abs=0.05)
    assert found.sd == pytest.approx(38.8, abs=0.05)
    assert found.limits is not None
    assert found.limits.low == pytest.approx(-2.1 - 1.96 * 38.8, abs=0.2)
    assert found.bias_interval is not None
    assert found.bias_interval.low == pytest.approx(-22.0, abs=0.1)
    assert found.bias_interval.high == pytest.approx(17.8, abs=0.1)


def test_repeatability_of_the_large_meter_is_the_published_one() -> None:
    """Within-subject standard deviation 15.3 l/min; the paper's coefficient is twice its √2-fold, 43.2."""
    found = repeatability(LARGE, LARGE_AGAIN)
    assert found.within_sd == pytest.approx(15.3, abs=0.05)
    assert found.repeatability == pytest.approx(43.2 * 1.96 / 2, abs=0.1)


def test_within_subject_variation_as_worked_by_hand() -> None:
    """Differences 2, −4 of means 10, 20: each 0.2 of the mean, so the variation is 0.2 / √2."""
    found = repeatability(np.array([9.0, 22]), np.array([11.0, 18]))
    assert found.within_cv == pytest.approx(0.2 / np.sqrt(2))
    assert found.absolute_change == pytest.approx(0.2)
    assert found.within_sd == pytest.approx(np.sqrt((4 + 16) / 2 / 2))
    assert (found.bias, found.first, found.second) == (-1, 15.5, 14.5)


def test_constant_bias_lowers_agreement_and_not_consistency() -> None:
    first = np.array([10.0, 20, 30, 40])
    found = repeatability(first, first + 5)
    assert found.icc_consistency == pytest.approx(1)
    # Rows vary by 333.3 (mean square), columns by 50, nothing else: 333.3 / (333.3 + 2 / 4 * 50).
    assert found.icc_agreement == pytest.approx(1000 / 3 / (1000 / 3 + 25))
    assert found.sd == pytest.approx(0)


def test_structure_lost_in_one_scan_counts_and_in_both_is_left_out() -> None:
    found = repeatability(np.array([10.0, 0]), np.array([0.0, 0]))
    assert found.within_cv == pytest.approx(np.sqrt(2))
    assert found.bias == -5


def test_one_subject_has_a_change_and_nothing_that_needs_two() -> None:
    found = repeatability(np.array([10.0]), np.array([12.0]))
    assert (found.bias, found.n) == (2, 1)
    assert (found.sd, found.limits, found.icc_agreement, found.bias_interval) == (None, None, None, None)


def test_what_never_varies_has_no_correlation() -> None:
    found = repeatability(np.full(3, 7.0), np.full(3, 7.0))
    assert (found.icc_agreement, found.icc_consistency, found.within_cv) == (None, None, 0)


@pytest.mark.parametrize("ratings", [[[12, 13], [13, 12]], [[12, 14], [13, 13], [14, 12]]])
def test_subjects_that_vary_within_alone_have_no_interval(ratings: list[list[float]]) -> None:
    found = repeatability(*np.array(ratings, dtype=float).T)
    assert (found.bias, found.icc_agreement_interval) == (0, None)
    assert found.icc_agreement is None or found.icc_agreement < 0


@pytest.mark.parametrize("ratings", [[[95, 98], [87, 107]], [[89.9, 109.8], [103.2, 93.0]]])
def test_two_subjects_get_an_interval_around_their_agreement_or_none(ratings: list[list[float]]) -> None:
    value, interval = icc(np.array(ratings, dtype=float), absolute=True)
    assert value is not None
    assert interval is None or interval.low <= value <= interval.high
