"""Groups and single subjects by least squares: against SciPy's tests and hand-worked numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import linregress, ttest_ind
from scipy.stats import t as t_distribution

from brainstem_app.errors import InputError
from brainstem_app.evaluation.linear_model import (
    LEAST_DEGREES,
    against_first,
    chance_of_far,
    dependent_columns,
    deviations,
    group_effects,
    least_reference,
)


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


def test_measure_that_the_groups_explain_whole_has_a_difference_and_no_test() -> None:
    group = np.repeat([0, 1], 6)
    # Neither mean is a number that a computer holds exactly.
    values = np.column_stack([np.where(group, 380.1, 400.3), np.full(12, 400.3)])
    (found,) = group_effects(values, group, np.zeros((12, 0)))
    assert found.difference == pytest.approx([-20.2, 0])
    for numbers in (found.low, found.high, found.t, found.p, found.d, found.d_low, found.d_high):
        assert np.isnan(numbers).all()


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


def test_contrast_of_groups_taken_together_is_that_of_their_means() -> None:
    """Worked by hand: cells 2, 5 and 12; squares 2, 2 and 2 on 3 degrees."""
    values = np.array([[1.0], [3], [4], [6], [11], [13]])
    group = np.array([0, 0, 1, 1, 2, 2])
    weights = [np.array([-1.0, 0.5, 0.5]), np.array([0.0, -1, 1])]
    together, apart = group_effects(values, group, np.zeros((6, 0)), weights)
    assert together.difference[0] == pytest.approx(8.5 - 2)
    assert together.t[0] == pytest.approx(6.5 / np.sqrt(2 * (1 + 1 / 4 + 1 / 4) / 2))
    assert (together.n[0], together.reference_n[0], together.degrees) == (4, 2, 3)
    assert (apart.difference[0], apart.n[0], apart.reference_n[0]) == (pytest.approx(7), 2, 2)
    assert apart.d[0] == pytest.approx(7 / np.sqrt(2))
    assert [list(row) for row in against_first(3)] == [[-1, 1, 0], [-1, 0, 1]]


def test_measure_known_in_too_few_of_a_group_has_no_number_there_and_is_known_elsewhere() -> None:
    rng = np.random.default_rng(2)
    values, group = rng.normal(100, 10, (18, 2)), np.repeat([0, 1, 2], 6)
    values[[6, 7, 8], 1] = np.nan
    one, other = group_effects(values, group, np.zeros((18, 0)), least=5)
    assert np.isfinite(one.p[0])
    assert np.isnan([one.p[1], one.difference[1]]).all()
    known = ttest_ind(values[12:, 0], values[:6, 0])
    assert other.difference[0] == pytest.approx(values[12:, 0].mean() - values[:6, 0].mean())
    assert np.isfinite(other.p[1])
    assert one.n[1] == 3
    assert np.sign(other.t[0]) == np.sign(known.statistic)


def test_deviation_from_the_reference_group_leaves_the_subject_itself_out() -> None:
    values = np.array([[1.0], [2], [3], [4], [5], [6], [7], [12]])
    z = deviations(values, np.zeros((8, 0)), np.arange(8) < 7)
    assert z[7, 0] == pytest.approx((12 - 4) / (np.sqrt(28 / 6) * np.sqrt(1 + 1 / 7)))
    # Without the last of them: 1 to 6, mean 3.5, squares 17.5 on 5 degrees.
    assert z[6, 0] == pytest.approx(3.5 / (np.sqrt(3.5) * np.sqrt(1 + 1 / 6)))


def test_reference_group_needs_seven_people_and_one_more_a_covariate() -> None:
    assert [least_reference(n) for n in (0, 1, 3)] == [7, 8, 10]
    values = np.arange(6.0)[:, None] ** 2
    with pytest.raises(InputError, match="6 people are too few to set a person against; at least 7"):
        deviations(values, np.zeros((6, 0)), np.ones(6, dtype=bool))
    age = np.array([1.0, 5, 2, 9, 4, 7, 3])[:, None]
    assert np.isfinite(deviations(age**2, np.zeros((7, 0)), np.ones(7, dtype=bool))).all()
    with pytest.raises(InputError, match="at least 8"):
        deviations(age**2, age, np.ones(7, dtype=bool))


def test_chance_of_a_score_of_three_is_that_of_students_t() -> None:
    # Tables of Student's t: two-sided .01 at 3.0 lies between 12 and 13 degrees.
    assert chance_of_far(13) < t_distribution.sf(3.0, 12) * 2 < 0.0125
    assert chance_of_far(5) == pytest.approx(0.03, abs=0.001)
    assert chance_of_far(10_000) == pytest.approx(1 / 370, rel=0.02)


def test_measure_that_is_unknown_in_some_is_compared_over_the_others() -> None:
    rng = np.random.default_rng(1)
    values, group = rng.normal(100, 10, (24, 3)), np.repeat([0, 1, 2], 8)
    age = rng.uniform(20, 70, 24)[:, None]
    values[[2, 9, 10, 17], 1] = np.nan
    values[16:23, 2] = np.nan  # one person of the third group is left
    effects = group_effects(values, group, age)
    known = np.isfinite(values[:, 1])
    alone = group_effects(values[known][:, [1]], group[known], age[known])
    for found, expected in zip(effects, alone, strict=True):
        assert found.difference[1] == pytest.approx(expected.difference[0])
        assert found.p[1] == pytest.approx(expected.p[0])
    assert [effect.n[1] for effect in effects] == [6, 7]
    assert effects[0].reference_n[1] == 7
    assert np.isfinite(effects[0].difference).all()
    assert np.isnan(effects[1].difference[2])
    assert effects[1].n[2] == 1


def test_z_scores_of_a_measure_take_those_in_whom_it_is_known() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(50, 5, (12, 2))
    values[[0, 4], 1] = np.nan
    is_reference = np.arange(12) < 10
    z = deviations(values, np.zeros((12, 0)), is_reference)
    assert np.isnan(z[[0, 4], 1]).all()
    others = values[[1, 2, 3, 5, 6, 7, 8, 9], 1]
    expected = (values[11, 1] - others.mean()) / (others.std(ddof=1) * np.sqrt(1 + 1 / 8))
    assert z[11, 1] == pytest.approx(expected)
    values[2:9, 1] = np.nan
    assert np.isnan(deviations(values, np.zeros((12, 0)), is_reference)[:, 1]).all(), "two are too few"


def test_columns_that_follow_from_each_other_are_found_and_no_others() -> None:
    rng = np.random.default_rng(4)
    age, sex = rng.uniform(20, 70, 20), np.tile([0.0, 1], 10)
    ones = np.ones(20)
    assert dependent_columns(np.column_stack([ones, age, sex])) == []
    assert dependent_columns(np.column_stack([ones, age, sex, 3 * age])) == [1, 3]
    assert dependent_columns(np.column_stack([ones, age, 1 - sex, sex])) == [0, 2, 3]
    assert dependent_columns(np.column_stack([ones, age, 0 * age])) == [2]


def test_too_few_subjects_and_columns_that_follow_from_each_other_are_refused() -> None:
    group = np.array([0, 0, 1, 1])
    with pytest.raises(InputError, match="too few"):
        group_effects(np.eye(4), group, np.eye(4)[:, :2])
    with pytest.raises(InputError, match="told apart"):
        group_effects(np.eye(4), group, 2.0 * group[:, None])


@pytest.mark.parametrize(
    ("n", "n_covariates", "unknown"), [(30, 0, 0.0), (40, 2, 0.05), (12, 1, 0.0), (60, 3, 0.2)]
)
def test_one_fit_for_all_gives_what_a_fit_without_each_gives(
    n: int, n_covariates: int, unknown: float
) -> None:
    rng = np.random.default_rng(n)
    values = rng.normal(100, 5, (n, 6))
    values[rng.random(values.shape) < unknown] = np.nan
    values[:, 3] = 5.0  # never varies
    values[:, 4] = np.where(np.arange(n) == 3, 9.0, 7.0)  # varies by one person alone
    covariates = rng.normal(size=(n, n_covariates))
    if n_covariates:
        covariates[:, 0] = np.arange(n) == 2  # without whom it cannot be fitted
    reference = rng.random(n) < 0.7
    reference[2] = True
    found = deviations(values, covariates, reference)
    for subject in range(n):
        others = reference & (np.arange(n) != subject)
        for column in range(6):
            used = others & np.isfinite(values[:, column])
            design = np.column_stack([np.ones(n), covariates])
            expected = np.nan
            degrees = used.sum() - design.shape[1]
            if np.isfinite(values[subject, column]) and degrees > 1 and np.ptp(values[used, column]) > 0:
                theta, _, rank, _ = np.linalg.lstsq(design[used], values[used, column], rcond=None)
                if rank == design.shape[1]:
                    rest = values[used, column] - design[used] @ theta
                    inverse = np.linalg.inv(design[used].T @ design[used])
                    spread = np.sqrt(
                        rest @ rest / degrees * (1 + design[subject] @ inverse @ design[subject])
                    )
                    expected = (values[subject, column] - design[subject] @ theta) / spread
            if np.isfinite(found[subject, column]):
                np.testing.assert_allclose(found[subject, column], expected, rtol=1e-8)
            else:
                assert np.isnan(expected) or degrees < LEAST_DEGREES
