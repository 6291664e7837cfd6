"""Groups and single subjects by least squares: against SciPy's tests and hand-worked numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import linregress, ttest_ind

from brainstem_app.errors import InputError
from brainstem_app.evaluation.linear_model import deviations, group_effects


def test_without_covariates_it_is_the_t_test_and_cohens_d() -> None:
    controls, patients = np.array([10.0, 12, 14]), np.array([7.0, 9, 11])
    values = np.concatenate([controls, patients])[:, None]
    (found,) = group_effects(values, np.array([0, 0, 0, 1, 1, 1]), np.zeros((6, 0)))
    known = ttest_ind(patients, controls)
    assert (found.difference[0], found.d[0], found.degrees) == (pytest.approx(-3), pytest.approx(-1.5), 4)
    assert (found.t[0], found.p[0]) == (pytest.approx(known.statistic), pytest.approx(known.pvalue))
    assert found.t[0] == pytest.approx(-3 / (2 * np.sqrt(2 / 3)))
    interval = known.confidence_interval()
    assert (found.low[0], found.high[0]) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert found.d_low[0] == pytest.approx(interval.low / 2)


def test_difference_that_age_explains_is_adjusted_away() -> None:
    """Frisch and Waugh: the same slope as of what age leaves of the volume on what it leaves of the group."""
    rng = np.random.default_rng(3)
    group = np.repeat([0, 1], 15)
    age = rng.uniform(20, 60, 30) + 15 * group
    volume = 200 - 2.0 * age + rng.normal(0, 4, 30)
    (found,) = group_effects(volume[:, None], group, age[:, None])

    def left(values: np.ndarray) -> np.ndarray:
        line = linregress(age, values)
        return values - line.intercept - line.slope * age

    rest = linregress(left(group.astype(float)), left(volume))
    assert found.difference[0] == pytest.approx(rest.slope)
    assert found.t[0] == pytest.approx(rest.slope / (rest.stderr * np.sqrt(28 / 27)))
    assert abs(found.d[0]) < 1 < abs(group_effects(volume[:, None], group, np.zeros((30, 0)))[0].d[0])


def test_each_of_three_groups_is_compared_with_the_first() -> None:
    values = np.array([[1.0, 5], [3, 5], [4, 5], [6, 5], [11, 5], [13, 5]])
    middle, high = group_effects(values, np.array([0, 0, 1, 1, 2, 2]), np.zeros((6, 0)))
    assert (middle.difference[0], high.difference[0]) == (pytest.approx(3), pytest.approx(10))
    assert middle.d[0] == pytest.approx(3 / np.sqrt(2))
    assert np.isnan(middle.p[1])


def test_deviation_from_the_reference_group_leaves_the_subject_itself_out() -> None:
    values = np.array([[1.0], [2], [3], [5]])
    z = deviations(values, np.zeros((4, 0)), np.array([True, True, True, False]))
    assert z[3, 0] == pytest.approx(3 / np.sqrt(1 + 1 / 3))
    assert z[2, 0] == pytest.approx(1.5 / np.sqrt(0.5 * (1 + 1 / 2)))


def test_too_few_subjects_and_columns_that_follow_from_each_other_are_refused() -> None:
    group = np.array([0, 0, 1, 1])
    with pytest.raises(InputError, match="too few"):
        group_effects(np.eye(4), group, np.eye(4)[:, :2])
    with pytest.raises(InputError, match="told apart"):
        group_effects(np.eye(4), group, 2.0 * group[:, None])
