"""Group differences and deviations from a reference group, with covariates, by nilearn's linear model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app.errors import InputError

Values = NDArray[np.float64]
LEVEL = 0.95


@dataclass(frozen=True)
class GroupEffect:
    """One group minus the reference group, for each of K measures; NaN where a measure never varies.

    Attributes
    ----------
    difference, low, high : ndarray of float64, shape (K,)
        Difference adjusted for the covariates, with its 95 % interval, in the measure's unit.
    t, p : ndarray of float64, shape (K,)
        Student's t of the difference, and its two-sided p, not corrected.
    d, d_low, d_high : ndarray of float64, shape (K,)
        The same in standard deviations of the model's residuals: Cohen's d, adjusted.
    degrees : int
        Degrees of freedom of the residuals.
    """

    difference: Values
    low: Values
    high: Values
    t: Values
    p: Values
    d: Values
    d_low: Values
    d_high: Values
    degrees: int


def group_effects(values: Values, group: NDArray[np.int_], covariates: Values) -> list[GroupEffect]:
    """Compare each group with the reference group in one linear model of all groups.

    Parameters
    ----------
    values : ndarray of float64, shape (n, K)
        One row a subject, one column a measure.
    group : ndarray of int, shape (n,)
        0 for the reference group, 1, 2, … for the others.
    covariates : ndarray of float64, shape (n, C)
        C may be 0.

    Returns
    -------
    list of GroupEffect
        Of group 1, 2, ….

    Raises
    ------
    InputError
        If there are too few subjects, or the columns of the model cannot be told apart.
    """
    n_groups = int(group.max()) + 1
    dummies = np.stack([group == g for g in range(1, n_groups)], axis=1).astype(np.float64)
    design = np.column_stack([np.ones(len(values)), dummies, covariates])
    fitted = _fit(values, design)
    return [_effect(fitted, column, _sigma(fitted, values)) for column in range(1, n_groups)]


def deviations(values: Values, covariates: Values, is_reference: NDArray[np.bool_]) -> Values:
    """How far each subject lies from what the reference group predicts for its covariates.

    The difference from the prediction is divided by the standard deviation of such a prediction (the
    residuals' and the uncertainty of the model). A subject of the reference group is compared with the
    others of the group, without itself, so that it cannot hide its own deviation.

    Parameters
    ----------
    values : ndarray of float64, shape (n, K)
        One row a subject, one column a measure.
    covariates : ndarray of float64, shape (n, C)
        C may be 0.
    is_reference : ndarray of bool, shape (n,)
        Subjects of the reference group.

    Returns
    -------
    ndarray of float64, shape (n, K)
        z-scores; NaN where a measure never varies in the reference group.

    Raises
    ------
    InputError
        If the reference group is too small for the covariates.
    """
    design = np.column_stack([np.ones(len(values)), covariates])
    everyone = np.arange(len(values))
    return np.stack(
        [_deviation(values, design, is_reference & (everyone != i), i) for i in range(len(values))]
    )


def _deviation(values: Values, design: Values, used: NDArray[np.bool_], subject: int) -> Values:
    fitted = _fit(values[used], design[used])
    own, sigma = design[subject], _sigma(fitted, values[used])
    spread = sigma * np.sqrt(1 + float(own @ fitted.cov @ own))
    return np.asarray((values[subject] - own @ fitted.theta) / spread)


def _fit(values: Values, design: Values) -> Any:
    """Return nilearn's `RegressionResults` of each column of the values."""
    # Only here: nilearn's models take seconds to import.
    from nilearn.glm import OLSModel

    _require_columns(design)
    return OLSModel(design).fit(values)


def _effect(fitted: Any, column: int, sigma: Values) -> GroupEffect:
    from scipy.stats import t as student_t

    contrast = np.zeros(len(fitted.theta))
    contrast[column] = 1
    found = fitted.Tcontrast(contrast, store=("effect", "sd"))
    degrees = int(fitted.df_residuals)
    difference = np.atleast_1d(found.effect)
    # Unknown where the measure never varies, as its standard deviation is.
    error = np.where(np.isnan(sigma), np.nan, np.atleast_1d(found.sd))
    half = error * student_t.ppf((1 + LEVEL) / 2, degrees)
    t = difference / error
    return GroupEffect(
        difference=difference,
        low=difference - half,
        high=difference + half,
        t=t,
        p=np.asarray(2 * student_t.sf(np.abs(t), degrees)),
        d=difference / sigma,
        d_low=(difference - half) / sigma,
        d_high=(difference + half) / sigma,
        degrees=degrees,
    )


def _sigma(fitted: Any, values: Values) -> Values:
    """Return the residuals' standard deviation; NaN for a measure that never varies or is fitted exactly."""
    sigma = np.sqrt(np.atleast_1d(fitted.dispersion))
    return np.where((np.ptp(values, axis=0) > 0) & (sigma > 0), sigma, np.nan)


def _require_columns(design: Values) -> None:
    rows, columns = len(design), int(design.shape[1])
    if rows <= columns:
        raise InputError(
            f"{rows} subjects are too few for a model with {columns} columns.",
            None,
            "Give more subjects, or fewer covariates.",
        )
    scaled = design / np.maximum(np.abs(design).max(axis=0), 1e-12)
    if np.linalg.matrix_rank(scaled) < columns:
        raise InputError(
            "The groups and covariates cannot be told apart: one follows from the others, or never varies.",
            None,
            "Leave out a covariate.",
        )
