"""Change of a size a year over the scans of one person: a straight line, and how sure it is.

The rate is the slope of the least-squares line by the mean of the sizes, so that the order of the scans
changes its sign alone. Two scans say nothing of their own scatter: the standard error is then that of the
method, measured where nothing changed. With three or more the scatter about the line is known too, on few
degrees of freedom; the larger of both counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from brainstem_app.evaluation.bootstrap import LEVEL

#: Fewest scans whose scatter about a line is known.
LEAST_FITTED = 3
_NORMAL = 1.96


@dataclass(frozen=True)
class Rate:
    """Change of a size.

    Attributes
    ----------
    percent : float
        A year, of the mean size.
    error : float or None
        Standard error of that; None where nothing says it.
    source : {"", "repeatability", "fit"}
        Where the error comes from.
    low, high : float or None
        Ends of the 95 % interval.
    """

    percent: float
    error: float | None = None
    source: Literal["", "repeatability", "fit"] = ""
    low: float | None = None
    high: float | None = None

    @property
    def is_change(self) -> bool | None:
        """Whether 0 lies outside of the interval; None where that is unknown."""
        return None if self.low is None or self.high is None else self.low > 0 or self.high < 0


def rate_of_change(years: Sequence[float], sizes: Sequence[float], cv_percent: float | None) -> Rate:
    """Rate of the sizes (n,) of one thing at some times (n,), years; at least two, above 0.

    Parameters
    ----------
    cv_percent : float or None
        Within-subject coefficient of variation of one size, where nothing changes.

    Raises
    ------
    ValueError
        If all times are one, or there are fewer than two.
    """
    at, size = np.asarray(years, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
    away = at - at.mean()
    spread = float(away @ away)
    if len(at) < 2 or len(at) != len(size) or spread <= 0:
        raise ValueError("a rate takes sizes at two different times")
    mean = float(size.mean())
    slope = float(away @ (size - mean)) / spread
    percent = 100 * slope / mean
    repeated = None if cv_percent is None else cv_percent / np.sqrt(spread)
    fitted, freedom = None, len(at) - 2
    if len(at) >= LEAST_FITTED:
        left = size - mean - slope * away
        fitted = 100 / mean * float(np.sqrt(left @ left / freedom / spread))
    if fitted is not None and (repeated is None or fitted > repeated):
        return _with_interval(percent, fitted, "fit", _student(freedom))
    if repeated is not None:
        return _with_interval(percent, float(repeated), "repeatability", _NORMAL)
    return Rate(percent)


def _with_interval(
    percent: float, error: float, source: Literal["repeatability", "fit"], reach: float
) -> Rate:
    return Rate(percent, error, source, percent - reach * error, percent + reach * error)


def _student(freedom: int) -> float:
    from scipy.stats import t

    return float(t.ppf((1 + LEVEL) / 2, freedom))
