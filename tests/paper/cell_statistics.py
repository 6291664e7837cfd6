"""Statistics of kept cells: over repeats (seeds), over test subjects, and the order beside the paper's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from kept_cells import Kept, label_table, nuclei_classes
from numpy.typing import NDArray
from scipy.special import stdtrit
from scipy.stats import rankdata

from brainstem_app.evaluation.bootstrap import N_RESAMPLES, Interval, percentile_interval
from brainstem_app.evaluation.confusion import macro_miou
from brainstem_app.evaluation.paired import compare_pairs, holm
from brainstem_app.evaluation.repeats import t_half_width
from brainstem_app.reports.grid.summary import Mean, VariantSummary, classes_of

_LEVEL = 0.05


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

    def limit(self, first: int, second: int) -> float:
        """Difference of two means over that many repeats that seeds alone exceed in one of twenty cases."""
        if not self.freedom:
            return float("inf")
        quantile = float(stdtrit(self.freedom, 1 - _LEVEL / 2))
        return float(quantile * self.deviation * (1 / first + 1 / second) ** 0.5)


@dataclass(frozen=True)
class Difference:
    """First minus second combination, nuclei.

    Attributes
    ----------
    mean : float
        Of the means over repeats, of IoU over all test subjects.
    p : float or None
        Wilcoxon's signed-rank test over the test subjects, by Holm's method over the family.
    beyond_seeds : bool
        Whether it is larger than what other seeds would give.
    """

    first: Any
    second: Any
    mean: float
    p: float | None
    beyond_seeds: bool

    @property
    def is_clear(self) -> bool:
        """Whether it would be found with other subjects and with other seeds."""
        return self.beyond_seeds and self.p is not None and self.p < _LEVEL


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
    freedom = sum(len(values) - 1 for values in repeated)
    squares = sum(float(np.var(values)) * len(values) for values in repeated)
    return SeedNoise((squares / freedom) ** 0.5 if freedom else 0.0, freedom)


def difference(first: Any, second: Any, groups: Mapping[Any, Sequence[Kept]], noise: SeedNoise) -> Difference:
    """Compare two combinations; p is not corrected."""
    one, other = groups[first], groups[second]
    pair = compare_pairs(_subjects(one).tolist(), _subjects(other).tolist(), np.random.default_rng(0))
    mean = float(np.mean([cell.nuclei for cell in one]) - np.mean([cell.nuclei for cell in other]))
    return Difference(first, second, mean, pair.p, abs(mean) > noise.limit(len(one), len(other)))


def corrected(differences: Sequence[Difference]) -> list[Difference]:
    """Correct the p-values of one family of tests by Holm's method."""
    p_values = holm([found.p for found in differences])
    return [
        Difference(found.first, found.second, found.mean, p, found.beyond_seeds)
        for found, p in zip(differences, p_values, strict=True)
    ]


def all_pairs(
    groups: Mapping[Any, Sequence[Kept]], noise_between: Callable[[Any, Any], SeedNoise]
) -> list[Difference]:
    """Compare every two combinations, one family of tests."""
    return corrected([difference(a, b, groups, noise_between(a, b)) for a, b in combinations(groups, 2)])


@dataclass(frozen=True)
class Order:
    """Spearman's rank correlation of our means of all classes with the paper's, over `n` combinations."""

    n: int
    value: float
    subjects: Interval | None


def order_beside(
    groups: Mapping[Any, Sequence[Kept]], theirs: Mapping[Any, float], rng: np.random.Generator
) -> Order | None:
    """Correlate the order of combinations with the paper's; the interval is a bootstrap over test subjects.

    None for fewer than three combinations that both have.
    """
    both = [key for key in groups if key in theirs]
    if len(both) < 3:
        return None
    cells = [(row, cell) for row, key in enumerate(both) for cell in groups[key]]
    means = np.zeros((len(both), len(cells)))
    for column, (row, _) in enumerate(cells):
        means[row, column] = 1 / len(groups[both[row]])
    stack = np.stack([_parts(cell.counts) for _, cell in cells])
    subjects = stack.shape[1]
    draws = np.vstack([np.ones(subjects), _drawn(subjects, rng)])
    ours = _macro(np.tensordot(draws, stack, (1, 1))) @ means.T
    found = _correlations(ours, rankdata([theirs[key] for key in both]))
    return Order(len(both), float(found[0]), percentile_interval(found[1:]))


def _drawn(subjects: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each subject is drawn, by resample: (B, S)."""
    drawn = rng.multinomial(subjects, np.full(subjects, 1 / subjects), size=N_RESAMPLES)
    return np.asarray(drawn, dtype=np.float64)


def _subjects(cells: Sequence[Kept]) -> NDArray[np.float64]:
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


def _correlations(ours: NDArray[np.float64], ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlation of the ranks of each row (B, C) with given ranks (C,)."""
    own = rankdata(ours, axis=1)
    own -= own.mean(axis=1, keepdims=True)
    other = ranks - ranks.mean()
    return np.asarray(own @ other / np.sqrt((own**2).sum(axis=1) * (other**2).sum()))
