"""Statistics of kept cells: over repeats (seeds), over test subjects, and the order beside the paper's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from kept_cells import Counted, Kept, label_table, nuclei_classes
from numpy.typing import NDArray
from scipy.special import stdtrit
from scipy.stats import permutation_test, rankdata

from brainstem_app.evaluation.bootstrap import N_RESAMPLES, Interval, percentile_interval
from brainstem_app.evaluation.confusion import macro_miou
from brainstem_app.evaluation.paired import compare_pairs, holm
from brainstem_app.evaluation.repeats import t_half_width
from brainstem_app.reports.grid.summary import Mean, VariantSummary, classes_of

#: Difference of the means of two groups of repeats that other seeds alone would give.
Limit = Callable[[Sequence[Any], Sequence[Any]], float]
_LEVEL = 0.05
#: Orders of combinations that are drawn to tell what chance gives.
_ORDERS = 9999


@dataclass(frozen=True)
class Score:
    """Mean IoU of the nuclei of one combination.

    Attributes
    ----------
    n : int
        Repeats.
    mean, every : float
        Mean over repeats: of the nuclei, of all classes.
    deviation : float or None
        Standard deviation over repeats; None of one.
    subjects : Interval or None
        95 % bootstrap interval over the test subjects.
    """

    n: int
    mean: float
    every: float
    deviation: float | None
    subjects: Interval | None


@dataclass(frozen=True)
class SeedNoise:
    """Standard deviation over repeats, pooled over combinations, and its degrees of freedom."""

    deviation: float
    freedom: int

    @classmethod
    def pooled(cls, parts: Iterable[SeedNoise]) -> SeedNoise:
        """Pool several estimates by their degrees of freedom."""
        there = [part for part in parts if part.freedom]
        freedom = sum(part.freedom for part in there)
        squares = sum(part.freedom * part.deviation**2 for part in there)
        return cls((squares / freedom) ** 0.5 if freedom else 0.0, freedom)


def seeds_limit(first: SeedNoise, repeats: int, second: SeedNoise, others: int) -> float:
    """Difference of two means over so many repeats that seeds alone exceed in one of twenty cases.

    Of two kinds of network by Welch's test, as their deviations differ.
    """
    if not first.freedom or not second.freedom:
        return float("inf")
    one, other = first.deviation**2 / repeats, second.deviation**2 / others
    if not one + other:
        return 0.0
    freedom = float(first.freedom)
    if first != second:
        freedom = (one + other) ** 2 / (one**2 / first.freedom + other**2 / second.freedom)
    return float(stdtrit(freedom, 1 - _LEVEL / 2) * (one + other) ** 0.5)


@dataclass(frozen=True)
class Difference:
    """First minus second combination, nuclei.

    Attributes
    ----------
    mean : float
        Of the means over repeats, of IoU over all test subjects.
    by_subject : float
        Of the means over repeats, of each test subject's own IoU, averaged over subjects.
    p : float or None
        Wilcoxon's signed-rank test over the test subjects, by Holm's method over the family.
    beyond_seeds : bool
        Whether it is larger than what other seeds would give.
    """

    first: Any
    second: Any
    mean: float
    by_subject: float
    p: float | None
    beyond_seeds: bool

    @property
    def is_over_subjects(self) -> bool:
        """Whether these networks would differ on other subjects too, and in the direction of the mean."""
        return self.p is not None and self.p < _LEVEL and self.mean * self.by_subject > 0

    @property
    def is_clear(self) -> bool:
        """Whether it would be found with other subjects and with other seeds."""
        return self.beyond_seeds and self.is_over_subjects


def score(cells: Sequence[Kept]) -> Score:
    """Summarise the repeats of one combination."""
    values = [cell.nuclei for cell in cells]
    subjects = len(cells[0].counts)
    drawn = _drawn(subjects, np.random.default_rng(0))
    stack = np.stack([_parts(cell.counts) for cell in cells])[..., list(nuclei_classes())]
    means = _macro(np.tensordot(drawn, stack, (1, 1))).mean(axis=1)
    return Score(
        n=len(cells),
        mean=float(np.mean(values)),
        every=float(np.mean([cell.every for cell in cells])),
        deviation=float(np.std(values, ddof=1)) if len(values) > 1 else None,
        subjects=percentile_interval(means) if subjects > 1 else None,
    )


def summaries(cells: Iterable[Kept]) -> tuple[VariantSummary, ...]:
    """Combinations as the report of a comparison has them, without intervals over subjects."""
    groups: dict[str, list[Kept]] = {}
    for cell in cells:
        groups.setdefault(cell.result.key, []).append(cell)
    classes = classes_of(label_table())
    found = []
    for group in groups.values():
        means = {}
        for measure, chosen in classes.items():
            values = [macro_miou(cell.counts.sum(axis=0), chosen) or 0.0 for cell in group]
            means[measure] = Mean(float(np.mean(values)), t_half_width(values), None)
        found.append(VariantSummary(group[0].result.variant, len(group), len(group), 0, means))
    return tuple(found)


def seed_noise(groups: Iterable[Sequence[Kept]]) -> SeedNoise:
    """Pool the spread over repeats of combinations that have more than one."""
    repeated = [[cell.nuclei for cell in group] for group in groups if len(group) > 1]
    return SeedNoise.pooled(SeedNoise(float(np.std(values, ddof=1)), len(values) - 1) for values in repeated)


def noise_of_interval(half: float, repeats: int) -> SeedNoise:
    """What a published 95 % interval of a mean over repeats, ± half, says of them."""
    freedom = repeats - 1
    return SeedNoise(half * repeats**0.5 / float(stdtrit(freedom, 1 - _LEVEL / 2)), freedom)


def difference(first: Any, second: Any, groups: Mapping[Any, Sequence[Counted]], limit: Limit) -> Difference:
    """Compare two combinations; p is not corrected, `limit` is what seeds alone do."""
    one, other = groups[first], groups[second]
    mine, theirs = _subjects(one), _subjects(other)
    pair = compare_pairs(mine.tolist(), theirs.tolist(), np.random.default_rng(0))
    mean = float(np.mean([cell.nuclei for cell in one]) - np.mean([cell.nuclei for cell in other]))
    by_subject = float(np.mean(mine - theirs))
    return Difference(first, second, mean, by_subject, pair.p, abs(mean) > limit(one, other))


def corrected(differences: Sequence[Difference]) -> list[Difference]:
    """Correct the p-values of one family of tests by Holm's method."""
    p_values = holm([found.p for found in differences])
    return [replace(found, p=p) for found, p in zip(differences, p_values, strict=True)]


def all_pairs(groups: Mapping[Any, Sequence[Kept]], limit: Limit) -> list[Difference]:
    """Compare every two combinations, one family of tests."""
    return corrected([difference(a, b, groups, limit) for a, b in combinations(groups, 2)])


@dataclass(frozen=True)
class Order:
    """Spearman's rank correlation of our means of all classes with the paper's, over `n` combinations.

    `p` is of no correlation at all, by permutation of the combinations.
    """

    n: int
    value: float
    p: float


def order_beside(groups: Mapping[Any, Sequence[Kept]], theirs: Mapping[Any, float]) -> Order | None:
    """Correlate the order of combinations with the paper's; None for fewer than three that both have."""
    both = [key for key in groups if key in theirs]
    if len(both) < 3:
        return None
    ours = [float(np.mean([cell.every for cell in groups[key]])) for key in both]
    own, other = rankdata(ours), rankdata([theirs[key] for key in both])
    correlation = float(np.corrcoef(own, other)[0, 1])
    # All orders of few combinations, else so many of them.
    drawn = permutation_test(
        (own,),
        lambda ranks, axis: (ranks * other).sum(axis=axis),
        permutation_type="pairings",
        vectorized=True,
        n_resamples=_ORDERS,
        rng=np.random.default_rng(0),
    )
    return Order(len(both), correlation, float(drawn.pvalue))


def _drawn(subjects: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each subject is drawn, by resample: (B, S)."""
    drawn = rng.multinomial(subjects, np.full(subjects, 1 / subjects), size=N_RESAMPLES)
    return np.asarray(drawn, dtype=np.float64)


def _subjects(cells: Sequence[Counted]) -> NDArray[np.float64]:
    return np.asarray(np.mean([cell.by_subject for cell in cells], axis=0), dtype=np.float64)


def _parts(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Voxels right, in the reference and predicted, by subject: (S, 3, K)."""
    right = np.diagonal(counts, axis1=1, axis2=2)
    return np.stack([right, counts.sum(axis=2), counts.sum(axis=1)], axis=1).astype(np.float64)


def _macro(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean IoU over classes from their voxels (…, 3, K)."""
    right, reference, predicted = parts[..., 0, :], parts[..., 1, :], parts[..., 2, :]
    iou = np.where(reference > 0, right / np.maximum(reference + predicted - right, 1), np.nan)
    return np.asarray(np.nanmean(iou, axis=-1))
