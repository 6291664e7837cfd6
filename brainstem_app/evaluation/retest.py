"""How well a measure repeats itself: two measurements of the same subjects, set against each other.

References
----------
Bland, Altman, Statistical methods for assessing agreement between two methods of clinical measurement,
Lancet 1986; Measuring agreement in method comparison studies, Statistical Methods in Medical Research 1999
(bias, limits of agreement, repeatability coefficient).
Quan, Shih, Assessing reproducibility by the within-subject coefficient of variation, Biometrics 1996.
Shrout, Fleiss, Intraclass correlations, Psychological Bulletin 1979; McGraw, Wong, Forming inferences about
some intraclass correlation coefficients, Psychological Methods 1996 (ICC and its intervals).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainstem_app.evaluation.bootstrap import LEVEL, Interval

Values = NDArray[np.float64]
_UPPER = (1 + LEVEL) / 2
#: Two-sided 95 % point of the normal distribution, as in the references.
_NORMAL = 1.96


@dataclass(frozen=True)
class Repeatability:
    """Second minus first measurement of n subjects, in the measure's unit; None where it cannot be said.

    Attributes
    ----------
    n : int
        Subjects.
    first, second, bias : float
        Means, and mean difference.
    bias_interval : Interval or None
        95 % interval of the bias, by Student's t.
    sd : float or None
        Standard deviation of the differences.
    limits : Interval or None
        Bland and Altman's 95 % limits of agreement: bias ± 1.96 standard deviations.
    within_sd : float
        Within-subject standard deviation: root of half the mean squared difference.
    within_cv : float or None
        Within-subject coefficient of variation: root mean square over subjects of the within-subject standard
        deviation by the mean. √2 for a subject with 0 in one measurement; those with 0 in both are left out.
    repeatability : float
        Repeatability coefficient, 1.96 · √2 · `within_sd`: two measurements of one subject differ by less in
        95 %.
    absolute_change : float or None
        Mean of the difference's size by the mean of both.
    icc_agreement, icc_consistency : float or None
        ICC(A,1), in which a bias counts as disagreement, and ICC(C,1), in which it does not.
    icc_agreement_interval, icc_consistency_interval : Interval or None
        Their 95 % intervals.
    """

    n: int
    first: float
    second: float
    bias: float
    bias_interval: Interval | None
    sd: float | None
    limits: Interval | None
    within_sd: float
    within_cv: float | None
    repeatability: float
    absolute_change: float | None
    icc_agreement: float | None
    icc_agreement_interval: Interval | None
    icc_consistency: float | None
    icc_consistency_interval: Interval | None


def repeatability(first: Values, second: Values) -> Repeatability:
    """Compare two measurements (n,) of the same subjects, in the same order.

    Raises
    ------
    ValueError
        If there is no subject, or the numbers of subjects differ.
    """
    if first.shape != second.shape or not first.size:
        raise ValueError(
            f"two measurements of the same subjects are needed, not {first.shape}, {second.shape}"
        )
    # SciPy is imported where it computes: who reads reports does without it.
    from scipy.stats import t as student_t

    n, difference, mean = len(first), second - first, (first + second) / 2
    known = mean != 0
    relative = difference[known] / mean[known]
    bias = float(difference.mean())
    within_sd = float(np.sqrt((difference**2).mean() / 2))
    sd = float(difference.std(ddof=1)) if n > 1 else None
    both = np.stack([first, second], axis=1)
    agreement, agreement_interval = icc(both, absolute=True)
    consistency, consistency_interval = icc(both, absolute=False)
    return Repeatability(
        n=n,
        first=float(first.mean()),
        second=float(second.mean()),
        bias=bias,
        bias_interval=None if sd is None else _around(bias, student_t.ppf(_UPPER, n - 1) * sd / np.sqrt(n)),
        sd=sd,
        limits=None if sd is None else _around(bias, _NORMAL * sd),
        within_sd=within_sd,
        within_cv=float(np.sqrt((relative**2).mean() / 2)) if known.any() else None,
        repeatability=float(_NORMAL * np.sqrt(2) * within_sd),
        absolute_change=float(np.abs(relative).mean()) if known.any() else None,
        icc_agreement=agreement,
        icc_agreement_interval=agreement_interval,
        icc_consistency=consistency,
        icc_consistency_interval=consistency_interval,
    )


def icc(ratings: Values, *, absolute: bool) -> tuple[float | None, Interval | None]:
    """Intraclass correlation of single measurements, by two-way analysis of variance, with its 95 % interval.

    Parameters
    ----------
    ratings : ndarray of float64, shape (n, k)
        One row a subject, one column a measurement.
    absolute : bool
        ICC(A,1), Shrout and Fleiss's ICC(2,1); else ICC(C,1), their ICC(3,1).

    Returns
    -------
    tuple of float or None, Interval or None
        None for fewer than two subjects, or where nothing varies; no interval where the measurements never
        differ but by a constant, are too few for one, or vary within subjects alone.
    """
    n, k = ratings.shape
    if n < 2 or k < 2:
        return None, None
    of_rows, of_columns, error = _mean_squares(ratings)
    if not of_rows + of_columns + error:
        return None, None
    if not absolute:
        value = (of_rows - error) / (of_rows + (k - 1) * error) if of_rows + error else None
        return value, _consistency_interval(of_rows, error, n, k)
    whole = of_rows + (k - 1) * error + k / n * (of_columns - error)
    if not whole:
        return None, None
    value = (of_rows - error) / whole
    return value, _agreement_interval(value, (of_rows, of_columns, error), n, k)


def _mean_squares(ratings: Values) -> tuple[float, float, float]:
    """Mean squares of rows, of columns and of the rest."""
    n, k = ratings.shape
    grand = ratings.mean()
    rows, columns = ratings.mean(axis=1), ratings.mean(axis=0)
    rest = ratings - rows[:, None] - columns[None, :] + grand
    scale = float(np.abs(ratings).max()) ** 2
    squares = (
        k * ((rows - grand) ** 2).sum() / (n - 1),
        n * ((columns - grand) ** 2).sum() / (k - 1),
        (rest**2).sum() / ((n - 1) * (k - 1)),
    )
    # What is left of a sum that is 0 but for rounding is 0.
    of_rows, of_columns, error = (float(s) if s > 1e-24 * scale else 0.0 for s in squares)
    return of_rows, of_columns, error


def _consistency_interval(of_rows: float, error: float, n: int, k: int) -> Interval | None:
    from scipy.stats import f as f_distribution

    if not error:
        return None
    observed, degrees = of_rows / error, (n - 1) * (k - 1)
    low = observed / f_distribution.ppf(_UPPER, n - 1, degrees)
    high = observed * f_distribution.ppf(_UPPER, degrees, n - 1)
    return Interval(float((low - 1) / (low + k - 1)), float((high - 1) / (high + k - 1)))


def _agreement_interval(value: float, squares: tuple[float, float, float], n: int, k: int) -> Interval | None:
    """McGraw and Wong's table 7, case 2A, single measurements."""
    from scipy.stats import f as f_distribution

    of_rows, of_columns, error = squares
    if not error or value >= 1 or not of_rows + of_columns:
        return None
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    degrees = (a * of_columns + b * error) ** 2 / (
        (a * of_columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    )
    down = f_distribution.ppf(_UPPER, n - 1, degrees)
    up = f_distribution.ppf(_UPPER, degrees, n - 1)
    rest = k * of_columns + (k * n - k - n) * error
    # Of two subjects the quantiles may be infinite, and the approximation may leave its own estimate out.
    with np.errstate(over="ignore", invalid="ignore"):
        low = n * (of_rows - down * error) / (down * rest + n * of_rows)
        high = n * (up * of_rows - error) / (rest + n * up * of_rows)
    return Interval(float(low), float(high)) if low <= value <= high else None


def _around(centre: float, half: float) -> Interval:
    return Interval(float(centre - half), float(centre + half))
