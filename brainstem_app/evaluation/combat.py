"""Differences between sites taken out of many measures: ComBat, with what is to be kept in the model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from brainstem_app.evaluation.linear_model import dependent_columns, is_exact

Values = NDArray[np.float64]
#: Of fewer people of a site in whom a measure is known its place and spread there cannot be estimated.
LEAST_SITE = 2
_TOLERANCE, _MOST_STEPS = 1e-8, 1000


def harmonised(values: Values, site: NDArray[np.int_], kept: Values, least: int = LEAST_SITE) -> Values:
    """Values without what is only of the site: its shift and its spread, estimated over all measures.

    A measure is modelled by its sites and by what is kept; shift and spread of the residuals of each site are
    drawn towards those of the site's other measures (parametric empirical Bayes) and taken out. The mean of
    all people stays as it is.

    Parameters
    ----------
    values : ndarray of float64, shape (n, K)
        One row a person, one column a measure; NaN where it is unknown, which stays so.
    site : ndarray of int, shape (n,)
        0, 1, 2, ….
    kept : ndarray of float64, shape (n, C)
        Columns whose effects are to be kept: groups as 0/1, age and the like; C may be 0.
    least : int
        Fewest people of a site in whom a measure must be known.

    Returns
    -------
    ndarray of float64, shape (n, K)
        NaN also where a measure is known in fewer than `least` people of the site, or its sites cannot be
        told apart from what is kept. A measure that never varies is returned as it is.

    References
    ----------
    Johnson, Li & Rabinovic 2007, Biostatistics 8:118 (the method); Fortin et al. 2018, NeuroImage 167:104
    (keeping covariates of brain measures).
    """
    n_sites = int(site.max()) + 1
    sites = (site[:, None] == np.arange(n_sites)).astype(np.float64)
    known = _known_enough(values, sites, least)
    explained, spread = _explained(values, sites, kept, known)
    with np.errstate(divide="ignore", invalid="ignore"):
        standard = np.where(known, (values - explained) / spread, np.nan)
    found = np.full(values.shape, np.nan)
    for place in range(n_sites):
        rows = site == place
        of_site = np.flatnonzero(np.isfinite(standard[rows]).any(axis=0))
        if of_site.size:
            own = standard[np.ix_(rows, of_site)]
            shift, variance = _of_site(own)
            mended = (own - shift) / np.sqrt(variance) * spread[of_site]
            found[np.ix_(rows, of_site)] = mended + explained[np.ix_(rows, of_site)]
    still = np.nanmax(values, axis=0, initial=-np.inf) <= np.nanmin(values, axis=0, initial=np.inf)
    found[:, still] = values[:, still]
    return found


def _known_enough(values: Values, sites: Values, least: int) -> NDArray[np.bool_]:
    """Where a value is known, and that of enough others of its site."""
    known = np.isfinite(values)
    counts = sites.T @ known
    enough: NDArray[np.bool_] = (sites @ (counts >= max(least, LEAST_SITE))) > 0
    return known & enough


def _explained(
    values: Values, sites: Values, kept: Values, known: NDArray[np.bool_]
) -> tuple[Values, Values]:
    """Return what mean and kept columns explain, (n, K), and the spread that is left, (K,).

    NaN for a measure whose sites follow from what is kept, or that they explain whole.
    """
    explained, spread = np.full(values.shape, np.nan), np.full(values.shape[1], np.nan)
    for k in range(values.shape[1]):
        rows = known[:, k]
        there = np.flatnonzero(sites[rows].any(axis=0))
        design = np.column_stack([sites[rows][:, there], kept[rows]])
        if not there.size or len(design) <= design.shape[1] or dependent_columns(design):
            continue
        weights, *_ = np.linalg.lstsq(design, values[rows, k], rcond=None)
        left = values[rows, k] - design @ weights
        share = sites[rows][:, there].mean(axis=0)
        size = np.sqrt(np.mean(left**2))
        if not is_exact(size, values[rows, k]):
            spread[k] = size
            explained[rows, k] = share @ weights[: there.size] + kept[rows] @ weights[there.size :]
    return explained, spread


def _of_site(standard: Values) -> tuple[Values, Values]:
    """Return shift and variance of the measures of one site, each drawn towards those of the others."""
    n = np.isfinite(standard).sum(axis=0)
    shift, variance = np.nanmean(standard, axis=0), np.nanvar(standard, axis=0, ddof=1)
    variance = np.where(variance > 0, variance, 1.0)
    if len(shift) < 2:
        return shift, variance
    prior, prior_variance = shift.mean(), shift.var(ddof=1)
    mean, scatter = variance.mean(), variance.var(ddof=1)
    if scatter <= 0 or prior_variance <= 0:
        return shift, variance
    # Shape and scale of the inverse gamma distribution of these moments.
    shape, scale = (2 * scatter + mean**2) / scatter, (mean * scatter + mean**3) / scatter
    drawn, drawn_variance = shift, variance
    for _ in range(_MOST_STEPS):
        weight = prior_variance * n
        new = (weight * shift + drawn_variance * prior) / (weight + drawn_variance)
        squares = np.nansum((standard - new) ** 2, axis=0)
        new_variance = (0.5 * squares + scale) / (n / 2 + shape - 1)
        steps = np.abs(new - drawn).max(), np.abs(new_variance - drawn_variance).max()
        drawn, drawn_variance = new, new_variance
        if max(steps) < _TOLERANCE:
            break
    return drawn, drawn_variance
