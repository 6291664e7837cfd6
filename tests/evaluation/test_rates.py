"""Rates of change of one person: the line, its error, and what does not depend on the order."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import linregress

from brainstem_app.evaluation.rates import rate_of_change


def test_two_scans_give_the_difference_of_their_mean_a_year() -> None:
    rate = rate_of_change([0.0, 2.0], [105.0, 95.0], 1.0)
    assert rate.percent == pytest.approx(-5.0)
    assert rate.error == pytest.approx(np.sqrt(2) * 1.0 / 2)
    assert rate.source == "repeatability"
    assert rate.is_change is True


def test_swapped_times_negate_the_rate_and_keep_its_error() -> None:
    there, back = (rate_of_change(years, [101.3, 98.2], 0.7) for years in ([0.0, 1.5], [1.5, 0.0]))
    assert back.percent == -there.percent
    assert back.error == there.error


def test_several_scans_follow_the_line_of_scipy() -> None:
    years, sizes = [0.0, 0.9, 2.1, 3.0], [100.0, 96.0, 97.0, 90.0]
    line = linregress(years, sizes)
    rate = rate_of_change(years, sizes, 0.1)
    mean = np.mean(sizes)
    assert rate.percent == pytest.approx(100 * line.slope / mean)
    assert rate.error == pytest.approx(100 * line.stderr / mean)
    assert rate.source == "fit"


def test_points_on_a_line_by_chance_are_no_surer_than_the_method() -> None:
    rate = rate_of_change([0.0, 1.0, 2.0], [102.0, 100.0, 98.0], 2.0)
    assert rate.source == "repeatability"
    assert rate.error == pytest.approx(2.0 / np.sqrt(2))


def test_without_repeatability_two_scans_have_no_error() -> None:
    rate = rate_of_change([0.0, 1.0], [100.0, 99.0], None)
    assert (rate.error, rate.source, rate.is_change) == (None, "", None)


def test_one_time_is_no_rate() -> None:
    with pytest.raises(ValueError, match="two different times"):
        rate_of_change([1.0, 1.0], [100.0, 99.0], 1.0)
