"""Two methods on the same subjects: is one better, by how much, and could it be chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control, rankdata, wilcoxon

from brainstem_app.evaluation.bootstrap import Interval, bootstrap_mean


@dataclass(frozen=True)
class PairedDifference:
    """First minus second over subjects; None where no subject has both values.

    Attributes
    ----------
    n : int
        Subjects with both values.
    first, second, difference : float or None
        Means, and mean difference.
    interval : Interval or None
        95 % bootstrap interval over subjects of the mean difference; None for fewer than two subjects.
    rank_biserial : float or None
        Matched-pairs rank-biserial correlation, −1…1: 1 if the first is higher in every subject.
    p : float or None
        Two-sided Wilcoxon signed-rank test, not corrected; 1 if no subject differs.
    """

    n: int
    first: float | None = None
    second: float | None = None
    difference: float | None = None
    interval: Interval | None = None
    rank_biserial: float | None = None
    p: float | None = None


def compare_pairs(
    first: Sequence[float | None], second: Sequence[float | None], rng: np.random.Generator
) -> PairedDifference:
    """Compare two methods by one value a subject.

    Subjects without a value of either method are left out. Subjects with equal values are left out of the
    ranks (Wilcoxon's own way), but not of the means.

    Parameters
    ----------
    first, second : sequence of float or None
        Value of each subject, in the same order; ValueError if the lengths differ.
    rng : numpy Generator
        Source of the bootstrap's draws.
    """
    both = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    if not both:
        return PairedDifference(0)
    values = np.asarray(both, dtype=np.float64)
    # Values of files are rounded to six decimals: what differs by less is a tie, not a small difference.
    differences = np.round(values[:, 0] - values[:, 1], 9)
    return PairedDifference(
        n=len(values),
        first=float(values[:, 0].mean()),
        second=float(values[:, 1].mean()),
        difference=float(differences.mean()),
        interval=bootstrap_mean(differences.tolist(), rng),
        rank_biserial=rank_biserial(differences),
        p=float(wilcoxon(differences).pvalue) if differences.any() else 1.0,
    )


def rank_biserial(differences: NDArray[np.float64]) -> float:
    """Matched-pairs rank-biserial correlation: (ranks for − ranks against) / all ranks; zeros have no rank.

    References
    ----------
    Kerby, The simple difference formula, Comprehensive Psychology 2014.
    """
    unequal = differences[differences != 0]
    if not unequal.size:
        return 0.0
    ranks = rankdata(np.abs(unequal))
    return float((np.sign(unequal) * ranks).sum() / ranks.sum())


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's corrected p-values of one family of tests, in the given order; None stays None, uncounted.

    References
    ----------
    Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 1979.
    """
    corrected: list[float | None] = [None] * len(p_values)
    known = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    highest = 0.0
    for rank, (p, index) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        corrected[index] = highest
    return corrected


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """p-values of one family of tests with the false discovery rate controlled; None stays None, uncounted.

    References
    ----------
    Benjamini & Hochberg, Controlling the false discovery rate, J. R. Stat. Soc. B 1995.
    """
    known = [index for index, p in enumerate(p_values) if p is not None]
    corrected: list[float | None] = [None] * len(p_values)
    if known:
        found = false_discovery_control([p for p in p_values if p is not None])
        for index, p in zip(known, found, strict=True):
            corrected[index] = float(p)
    return corrected
