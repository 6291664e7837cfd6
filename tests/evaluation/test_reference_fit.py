"""A reference group that can be kept: people against it, as they would be against its people."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student_t

from brainstem_app.evaluation.linear_model import deviations
from brainstem_app.evaluation.reference_fit import deviations_from, fit_reference

RNG = np.random.default_rng(7)
AGES = RNG.uniform(20, 70, 22)
VOLUMES = RNG.normal(100, 10, (22, 3)) - 0.5 * AGES[:, None]


def test_others_score_as_they_would_against_its_people_themselves() -> None:
    is_reference = np.arange(22) < 18
    covariates = AGES[:, None] - AGES.mean()
    known = deviations(VOLUMES, covariates, is_reference)[18:]
    mean = AGES[:18].mean()
    fits = fit_reference(VOLUMES[:18], AGES[:18, None] - mean)
    z, centile = deviations_from(VOLUMES[18:], AGES[18:, None] - mean, fits)
    assert z == pytest.approx(known)
    assert centile == pytest.approx(100 * student_t.cdf(known, 16))


def test_score_without_covariates_is_worked_by_hand() -> None:
    """Crawford and Howell 1998: (x − mean) / (sd · √(1 + 1/n)), on n − 1 degrees."""
    (fit,) = fit_reference(np.array([[1.0], [2], [3], [4], [5], [6], [7]]), np.zeros((7, 0)))
    assert fit is not None
    assert (fit.n, fit.degrees, fit.spread) == (7, 6, pytest.approx(np.sqrt(28 / 6)))
    z, centile = deviations_from(np.array([[12.0], [4.0]]), np.zeros((2, 0)), [fit])
    assert z[:, 0] == pytest.approx([8 / np.sqrt(28 / 6 * 8 / 7), 0], abs=1e-12)
    assert centile[1, 0] == pytest.approx(50)


def test_measure_known_in_too_few_or_the_same_in_all_scores_nobody() -> None:
    values = VOLUMES[:12].copy()
    values[4:, 0] = np.nan
    values[:, 1] = 30
    values[2, 2] = np.nan
    fits = fit_reference(values, np.zeros((12, 0)))
    assert fits[:2] == [None, None]
    assert fits[2] is not None
    assert fits[2].n == 11
    z, _ = deviations_from(VOLUMES[18:], np.zeros((4, 0)), fits)
    assert np.isnan(z[:, :2]).all()
    assert np.isfinite(z[:, 2]).all()
