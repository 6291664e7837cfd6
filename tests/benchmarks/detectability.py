"""What volumes are worth: how far they follow a change, repeat themselves, and differ between people.

All changes and volumes are natural logarithms, so differences are shares; names tell what is in per cent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
GROUP, LEVEL, POWER = 25, 0.05, 0.8
#: An unchanged nucleus truly changes by less.
STILL = 0.005


@dataclass(frozen=True)
class Response:
    """How a measured volume follows the true one.

    Attributes
    ----------
    slope : float
        Measured over true change, by regression through zero; NaN where nothing changed.
    slope_error : float
        Standard error of the slope over heads.
    scatter_percent : float
        Standard deviation about that line.
    """

    slope: float
    slope_error: float
    scatter_percent: float


def response(true: Values, found: Values, heads: NDArray[np.int_]) -> Response:
    """Follow a structure's measured change (n,) through its true change (n,) in several heads (n,)."""
    if not true.size or not (true**2).sum():
        return Response(float("nan"), float("nan"), float("nan"))
    slope = float(true @ found / (true @ true))
    scatter = float(np.sqrt(((found - slope * true) ** 2).sum() / max(len(true) - 1, 1)))
    own = [true[heads == h] @ found[heads == h] / (true[heads == h] @ true[heads == h]) for h in set(heads)]
    error = float(np.std(own, ddof=1) / np.sqrt(len(own))) if len(own) > 1 else float("nan")
    return Response(slope, error, 100 * scatter)


def cv_percent(differences: Values) -> Values:
    """Within-subject coefficient of variation (N,), %, of differences (pairs, N) of two measurements."""
    return np.asarray(100 * np.sqrt((differences**2).mean(axis=0) / 2))


def pooled_cv_percent(rescans: Values, moves: Values) -> Values:
    """CV (N,), %, from rescans (pairs, N) and moved heads (heads, N) together.

    Moved heads lack what another scan adds, and real rescans are few. So the variances over moved heads are
    multiplied by one factor for all structures, the mean variance over rescans by the mean over moved heads,
    and averaged with those over rescans, by the numbers of pairs. Either may have no row.
    """
    again, moved = (rescans**2).sum(axis=0) / 2, (moves**2).sum(axis=0) / 2
    if not len(rescans) or not len(moves):
        return np.asarray(100 * np.sqrt((again + moved) / max(len(rescans) + len(moves), 1)))
    factor = (again.mean() / len(rescans)) / (moved.mean() / len(moves))
    return np.asarray(100 * np.sqrt((again + factor * moved) / (len(rescans) + len(moves))))


def smallest_change_percent(cv: Values | float, slope: Values | float) -> Values:
    """Smallest change of one person, %, that two scans tell from chance: 1.96·√2·CV/slope; infinite for 0."""
    slope = np.asarray(slope, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(slope > 0, 1.96 * np.sqrt(2) * np.asarray(cv) / slope, np.inf)


def spread_percent(volumes: Values, sites: NDArray[np.int_]) -> Values:
    """Standard deviation (N,), %, between people (people, N) of a site, pooled over the sites (people,)."""
    square, freedom = np.zeros(volumes.shape[1]), 0
    for site in set(sites.tolist()):
        own = volumes[sites == site]
        square += ((own - own.mean(axis=0)) ** 2).sum(axis=0)
        freedom += len(own) - 1
    return np.asarray(100 * np.sqrt(square / freedom) if freedom else np.full(volumes.shape[1], np.nan))


def icc(spread: Values, cv: Values) -> Values:
    """Share of the variance of volumes that is the people's own: 1 − within / total; not below 0."""
    return np.asarray(np.clip(1 - (cv / spread) ** 2, 0, 1))


def group_difference_percent(spread: Values, slope: Values) -> Values:
    """Smallest true difference, %, of two groups of 25 that a t-test finds: two-sided 5 %, power 80 %."""
    return smallest_change_percent(spread * _effect() / (1.96 * np.sqrt(2)), slope)


def _effect() -> float:
    """Difference over standard deviation that two groups of `GROUP` show with `POWER`."""
    from scipy.optimize import brentq
    from scipy.stats import nct, t

    freedom = 2 * GROUP - 2
    limit = t.ppf(1 - LEVEL / 2, freedom)
    return float(brentq(lambda d: nct.sf(limit, freedom, d * np.sqrt(GROUP / 2)) - POWER, 0.1, 3.0))
