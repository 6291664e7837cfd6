"""Robust z-scores: how far a value lies from the middle of a group that may hold failures itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Of fewer people nothing is unusual.
LEAST_GROUP = 5

Values = NDArray[np.float64]


def robust_z(values: Values, is_of_group: NDArray[np.bool_] | None = None) -> Values:
    """Distance of each value from the group's median, in its standard deviations as the MAD has them.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        NaN where unknown.
    is_of_group : ndarray of bool, shape (n,), optional
        Those that median and deviation are of; all by default.

    Returns
    -------
    ndarray of float64, shape (n,)
        ``(x − median) / (1.4826 · MAD)``; NaN where unknown, where the group has fewer than `LEAST_GROUP`
        known values, or where half of them are the same.

    References
    ----------
    Leys et al. 2013, J. Exp. Soc. Psychol. 49:764.
    """
    usual = middle_and_spread(values if is_of_group is None else values[is_of_group])
    if usual is None:
        return np.full(values.shape, np.nan)
    middle, spread = usual
    return np.asarray((values - middle) / spread)


def middle_and_spread(group: Values) -> tuple[float, float] | None:
    """Median and standard deviation, as the MAD has it, of a group; None where `robust_z` has none."""
    from scipy.stats import median_abs_deviation  # only here: the command line's help loads this module

    known = group[np.isfinite(group)]
    if known.size < LEAST_GROUP:
        return None
    spread = float(median_abs_deviation(known, scale="normal"))
    return (float(np.median(known)), spread) if spread > 0 else None
