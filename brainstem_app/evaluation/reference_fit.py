"""Linear models of a reference group that can be kept: what they predict for anybody, without the people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainstem_app.evaluation.linear_model import LEAST_DEGREES, dependent_columns, is_exact

Values = NDArray[np.float64]


@dataclass(frozen=True)
class ReferenceFit:
    """Model of one measure in a reference group: mean and covariates, by ordinary least squares.

    Attributes
    ----------
    n, degrees : int
        People in whom it was known, and degrees of freedom of the residuals.
    coefficients : ndarray of float64, shape (1 + C,)
        Of the mean and the covariates, in the measure's unit.
    covariance : ndarray of float64, shape (1 + C, 1 + C)
        Inverse of the design's cross-product: times `spread` squared, that of the coefficients.
    spread : float
        Standard deviation of the residuals, in the measure's unit.
    """

    n: int
    degrees: int
    coefficients: Values
    covariance: Values
    spread: float


def fit_reference(values: Values, covariates: Values) -> list[ReferenceFit | None]:
    """Model each measure of a reference group.

    Parameters
    ----------
    values : ndarray of float64, shape (n, K)
        One row a person, one column a measure; NaN where it is unknown.
    covariates : ndarray of float64, shape (n, C)
        C may be 0.

    Returns
    -------
    list of ReferenceFit or None
        None for a measure that never varies, or is known in too few people: nobody can be set against it.
    """
    design = np.column_stack([np.ones(len(values)), covariates])
    found: list[ReferenceFit | None] = []
    for own in values.T:
        known = np.isfinite(own)
        used, n = design[known], int(known.sum())
        degrees = n - int(design.shape[1])
        if degrees < LEAST_DEGREES or dependent_columns(used):
            found.append(None)
            continue
        covariance = np.linalg.inv(used.T @ used)
        coefficients = covariance @ used.T @ own[known]
        left = own[known] - used @ coefficients
        spread = float(np.sqrt(left @ left / degrees))
        fit = ReferenceFit(n, degrees, coefficients, covariance, spread)
        found.append(None if is_exact(spread, own[known]) else fit)
    return found


def deviations_from(
    values: Values, covariates: Values, fits: Sequence[ReferenceFit | None]
) -> tuple[Values, Values]:
    """How far people lie from what a reference group predicts for their covariates.

    Parameters
    ----------
    values : ndarray of float64, shape (n, K)
        NaN where unknown.
    covariates : ndarray of float64, shape (n, C)
        Coded as those of the fits.
    fits : sequence of ReferenceFit or None, length K

    Returns
    -------
    z, centile : ndarray of float64, shape (n, K)
        The difference from the prediction in standard deviations of such a prediction, the uncertainty of the
        model included; and the share of the reference population that lies below, in per cent, by Student's
        t with the fit's degrees of freedom. NaN where unknown.

    References
    ----------
    Crawford & Garthwaite 2006, Neuropsychology 20:196 (a person against a regression in a small sample).
    """
    from scipy.stats import t as student_t

    design = np.column_stack([np.ones(len(values)), covariates])
    z, centile = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    for k, fit in enumerate(fits):
        if fit is None:
            continue
        leverage = np.einsum("ij,jk,ik->i", design, fit.covariance, design)
        z[:, k] = (values[:, k] - design @ fit.coefficients) / (fit.spread * np.sqrt(1 + leverage))
        centile[:, k] = 100 * student_t.cdf(z[:, k], fit.degrees)
    return z, centile
