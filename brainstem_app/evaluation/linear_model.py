"""Group differences and deviations from a reference group, with covariates, by nilearn's linear model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app.counting import counted
from brainstem_app.errors import InputError

Values = NDArray[np.float64]
LEVEL = 0.95
#: A group of one has no spread, and nobody can tell its difference from that person's own.
LEAST_GROUP = 2
#: Fewest degrees of freedom of a prediction that a person is set against: below, chance alone gives z of 10.
LEAST_DEGREES = 5
#: Groups below this size are said to be small.
SMALL_GROUP = 10
#: Size of a z-score from which it is marked.
FAR = 3.0
# Shares of the spread that may be left without one person, and of what the others do not say of one, below
# which rounding has a say.
_LEAST_SPREAD, _LEAST_APART = 1e-9, 1e-6
_NUMBERS = ("difference", "low", "high", "t", "p", "d", "d_low", "d_high")


@dataclass(frozen=True)
class GroupEffect:
    """One contrast of groups, such as patients minus controls, for each of K measures.

    NaN where a measure never varies, or is known in too few subjects.

    Attributes
    ----------
    difference, low, high : ndarray of float64, shape (K,)
        Difference adjusted for the covariates, with its 95 % interval, in the measure's unit.
    t, p : ndarray of float64, shape (K,)
        Student's t of the difference, and its two-sided p, not corrected.
    d, d_low, d_high : ndarray of float64, shape (K,)
        The same in standard deviations of the model's residuals: Cohen's d, adjusted.
    n, reference_n : ndarray of int, shape (K,)
        Subjects of the groups with positive and with negative weight in whom the measure is known.
    degrees : int
        Degrees of freedom of the residuals of a measure that is known in everyone.
    """

    difference: Values
    low: Values
    high: Values
    t: Values
    p: Values
    d: Values
    d_low: Values
    d_high: Values
    n: NDArray[np.int_]
    reference_n: NDArray[np.int_]
    degrees: int


def group_effects(
    values: Values,
    group: NDArray[np.int_],
    covariates: Values,
    contrasts: Sequence[Values] | None = None,
    least: int = LEAST_GROUP,
) -> list[GroupEffect]:
    """Set groups against each other in one linear model of all groups.

    Parameters
    ----------
    values : ndarray of float64, shape (n, K)
        One row a subject, one column a measure; NaN where it is unknown. Each measure is compared over those
        in whom it is known.
    group : ndarray of int, shape (n,)
        0 for the reference group, 1, 2, … for the others.
    covariates : ndarray of float64, shape (n, C)
        C may be 0.
    contrasts : sequence of ndarray of float64, shape (G,), optional
        Weights of the G groups that sum to 0; each group minus the reference group by default.
    least : int
        A contrast has no numbers of a measure that is known in fewer people of a group that it weighs.

    Returns
    -------
    list of GroupEffect
        One a contrast.

    Raises
    ------
    InputError
        If there are too few subjects, or the columns of the model cannot be told apart.
    """
    n_groups = int(group.max()) + 1
    asked = against_first(n_groups) if contrasts is None else list(contrasts)
    design = np.column_stack([*(group == g for g in range(n_groups)), covariates]).astype(np.float64)
    _require_columns(design)
    known_in = np.isfinite(values)
    numbers = np.full((len(asked), 8, values.shape[1]), np.nan)
    for known, measures in _patterns(values):
        sizes = np.bincount(group[known], minlength=n_groups)
        # A group of which nobody is left takes no part in these measures; nor does its column.
        columns = [*np.flatnonzero(sizes), *range(n_groups, design.shape[1])]
        used = design[np.ix_(known, columns)]
        if _trouble(used):
            continue
        for number, weights in enumerate(asked):
            if (sizes[weights != 0] >= least).all():
                whole = np.concatenate([weights, np.zeros(covariates.shape[1])])
                numbers[number][:, measures] = _effect(values[known][:, measures], used, whole[columns])
    return [
        GroupEffect(
            **dict(zip(_NUMBERS, numbers[number], strict=True)),
            n=known_in[np.isin(group, np.flatnonzero(weights > 0))].sum(axis=0),
            reference_n=known_in[np.isin(group, np.flatnonzero(weights < 0))].sum(axis=0),
            degrees=len(design) - int(design.shape[1]),
        )
        for number, weights in enumerate(asked)
    ]


def against_first(n_groups: int) -> list[Values]:
    """Weights that set each group against the first."""
    rows = np.eye(n_groups)
    return [rows[code] - rows[0] for code in range(1, n_groups)]


def deviations(values: Values, covariates: Values, is_reference: NDArray[np.bool_]) -> Values:
    """How far each subject lies from what the reference group predicts for its covariates.

    The difference from the prediction is divided by the standard deviation of such a prediction (the
    residuals' and the uncertainty of the model). A subject of the reference group is compared with the
    others of the group, without itself, so that it cannot hide its own deviation.

    Parameters
    ----------
    values : ndarray of float64, shape (n, K)
        One row a subject, one column a measure; NaN where it is unknown.
    covariates : ndarray of float64, shape (n, C)
        C may be 0.
    is_reference : ndarray of bool, shape (n,)
        Subjects of the reference group.

    Returns
    -------
    ndarray of float64, shape (n, K)
        z-scores; NaN where a measure is unknown, never varies in the reference group, or is known in too few
        of it: a prediction needs `LEAST_DEGREES`.

    Raises
    ------
    InputError
        If the reference group is too small for the covariates.
    """
    design = np.column_stack([np.ones(len(values)), covariates])
    _require_reference(design[is_reference])
    everyone = np.arange(len(values))
    found = np.full(values.shape, np.nan)
    for known, columns in _patterns(values):
        left = known.copy()
        reference = known & is_reference
        if reference.sum() - 1 - design.shape[1] >= LEAST_DEGREES and not _trouble(design[reference]):
            quick = _deviations_from_one_fit(values[:, columns], design, known, reference)
            found[np.ix_(known, columns)] = quick[known]
            # Where leaving one out changes what can be fitted, or leaves no spread, the fit is made anew.
            varies = np.ptp(values[np.ix_(reference, columns)], axis=0) > 0
            left &= np.isnan(quick[:, varies]).any(axis=1)
        for subject in map(int, np.flatnonzero(left)):
            used = reference & (everyone != subject)
            if used.sum() - design.shape[1] >= LEAST_DEGREES and not _trouble(design[used]):
                found[subject, columns] = _deviation(values[:, columns], design, used, subject)
    return found


def least_reference(n_covariates: int) -> int:
    """Fewest people of a reference group that others, and its own people, are set against."""
    # The degrees, the mean and the covariates, and the person that is left out.
    return LEAST_DEGREES + 1 + n_covariates + 1


def chance_of_far(degrees: int) -> float:
    """Probability that chance alone makes a z-score, on so many degrees of freedom, as large as `FAR`."""
    from scipy.stats import t as student_t

    return float(2 * student_t.sf(FAR, degrees))


def dependent_columns(design: Values) -> list[int]:
    """Columns of a matrix that follow from each other; none if all can be told apart."""
    lengths = np.linalg.norm(design, axis=0)
    if (lengths == 0).any():
        return [int(column) for column in np.flatnonzero(lengths == 0)]
    # Of the small triangle alone: for thousands of rows the other factor would be thousands wide.
    triangle = np.linalg.qr(design / lengths, mode="r")
    _, sizes, directions = np.linalg.svd(triangle, full_matrices=True)
    if len(sizes) == design.shape[1] and sizes[-1] > len(design) * np.finfo(float).eps * sizes[0]:
        return []
    weights = np.abs(directions[-1])
    return [int(column) for column in np.flatnonzero(weights > 1e-6 * weights.max())]


def _patterns(values: Values) -> list[tuple[NDArray[np.bool_], NDArray[np.int_]]]:
    """Which subjects are known together, and the measures of which that holds."""
    patterns, which = np.unique(np.isfinite(values), axis=1, return_inverse=True)
    which = which.reshape(-1)
    return [(patterns[:, k], np.flatnonzero(which == k)) for k in range(patterns.shape[1])]


def _deviations_from_one_fit(
    values: Values, design: Values, known: NDArray[np.bool_], reference: NDArray[np.bool_]
) -> Values:
    """Deviations of all by one fit of the whole reference group; NaN where that cannot tell.

    For one of the group itself the fit without it follows from the one with it: its externally studentised
    residual (Belsley, Kuh & Welsch 1980, section 2.1).
    """
    fitted = _fit(values[reference], design[reference])
    own = design[known]
    leverage = np.einsum("ij,jk,ik->i", own, fitted.cov, own)
    residual = values[known] - own @ fitted.theta
    inside = reference[known]
    degrees = float(fitted.df_residuals)
    squares = np.atleast_1d(fitted.dispersion) * degrees
    apart = np.where(inside, 1 - leverage, 1.0)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        without = np.where(inside[:, None], squares - residual**2 / apart, squares)
        spread = np.sqrt(without / np.where(inside, degrees - 1, degrees)[:, None])
        scale = np.where(inside, np.sqrt(1 - leverage), np.sqrt(1 + leverage))[:, None]
        z = residual / (spread * scale)
    total = np.sum((values[reference] - values[reference].mean(axis=0)) ** 2, axis=0)
    varies = np.ptp(values[reference], axis=0) > 0
    certain = varies & (without > _LEAST_SPREAD * total) & (apart > _LEAST_APART)
    found = np.full(values.shape, np.nan)
    found[known] = np.where(certain, z, np.nan)
    return found


def _deviation(values: Values, design: Values, used: NDArray[np.bool_], subject: int) -> Values:
    fitted = _fit(values[used], design[used])
    own, sigma = design[subject], _sigma(fitted, values[used])
    spread = sigma * np.sqrt(1 + float(own @ fitted.cov @ own))
    return np.asarray((values[subject] - own @ fitted.theta) / spread)


def _fit(values: Values, design: Values) -> Any:
    """Return nilearn's `RegressionResults` of each column of the values."""
    # Only here: nilearn's models take seconds to import.
    from nilearn.glm import OLSModel

    return OLSModel(design).fit(values)


def _effect(values: Values, design: Values, contrast: Values) -> Values:
    """Return the `_NUMBERS` of one contrast of the columns of a model, shape (8, K)."""
    from scipy.stats import t as student_t

    fitted = _fit(values, design)
    sigma = _sigma(fitted, values)
    found = fitted.Tcontrast(contrast, store=("effect", "sd"))
    degrees = int(fitted.df_residuals)
    difference = np.atleast_1d(found.effect)
    # Unknown where the measure never varies, as its standard deviation is.
    error = np.where(np.isnan(sigma), np.nan, np.atleast_1d(found.sd))
    half = error * student_t.ppf((1 + LEVEL) / 2, degrees)
    low, high, t = difference - half, difference + half, difference / error
    p = 2 * student_t.sf(np.abs(t), degrees)
    return np.stack([difference, low, high, t, p, difference / sigma, low / sigma, high / sigma])


def _sigma(fitted: Any, values: Values) -> Values:
    """Return the residuals' standard deviation; NaN for a measure that never varies or is fitted exactly."""
    sigma = np.sqrt(np.atleast_1d(fitted.dispersion))
    return np.where(is_exact(sigma, values), np.nan, sigma)


def is_exact(spread: Values | float, values: Values) -> NDArray[np.bool_]:
    """Whether residuals of a model of values (n, …) are rounding alone, from their spread (…)."""
    width = np.ptp(values, axis=0)
    return np.asarray((width == 0) | (spread <= 1e-9 * width))


def _trouble(design: Values) -> str:
    """Why a model cannot be fitted; empty if it can."""
    rows, columns = len(design), int(design.shape[1])
    if rows <= columns:
        return f"{counted(rows, 'subject is', 'subjects are')} too few for a model with {columns} columns."
    if dependent_columns(design):
        return "The groups and covariates cannot be told apart: one follows from the others, or never varies."
    return ""


def _require_columns(design: Values) -> None:
    if problem := _trouble(design):
        raise InputError(problem, None, "Give more subjects, or fewer covariates.")


def _require_reference(design: Values) -> None:
    needed = least_reference(int(design.shape[1]) - 1)
    if len(design) < needed:
        raise InputError(
            f"{counted(len(design), 'person is', 'people are')} too few to set a person against; at least "
            f"{needed} are needed.",
            None,
            "Give more people, or fewer covariates.",
        )
    _require_columns(design)
