"""Bootstrap intervals over subjects: which numbers other subjects might have given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainstem_app.evaluation.confusion import Counts

N_RESAMPLES = 2000
LEVEL = 0.95
_TAIL = 100 * (1 - LEVEL) / 2


@dataclass(frozen=True)
class Interval:
    """Lower and upper end of a percentile interval."""

    low: float
    high: float


@dataclass(frozen=True)
class MiouIntervals:
    """95 % intervals of pooled IoU; None where fewer than two subjects, or no reference, allow none.

    Attributes
    ----------
    per_class : tuple of Interval or None, length K
    macro : Interval or None
        Of the mean over the chosen classes.
    """

    per_class: tuple[Interval | None, ...]
    macro: Interval | None


def bootstrap_mean(values: Sequence[float], rng: np.random.Generator) -> Interval | None:
    """95 % percentile interval of the mean of one value a subject; None for fewer than two subjects."""
    if len(values) < 2:
        return None
    data = np.asarray(values, dtype=np.float64)
    means = data[rng.integers(0, len(data), size=(N_RESAMPLES, len(data)))].mean(axis=1)
    return percentile_interval(means)


def bootstrap_median(values: Sequence[float], rng: np.random.Generator) -> Interval | None:
    """95 % percentile interval of the median of one value a subject; values and ends may be infinite.

    None for fewer than two subjects.
    """
    if len(values) < 2:
        return None
    data = np.asarray(values, dtype=np.float64)
    medians = np.median(data[rng.integers(0, len(data), size=(N_RESAMPLES, len(data)))], axis=1)
    # Ends are values that were drawn: between a number and infinity there is nothing to interpolate.
    low, high = np.percentile(medians, [_TAIL, 100 - _TAIL], method="inverted_cdf")
    return Interval(float(low), float(high))


def bootstrap_miou(
    counts_of_subjects: Sequence[Counts], classes: Sequence[int], rng: np.random.Generator
) -> MiouIntervals:
    """95 % percentile intervals of the pooled IoU per class and of their mean over ``classes``.

    Subjects are drawn with replacement, their counts summed, IoU taken as in `iou_per_class`. A class
    missing from a resample's reference is left out of that resample.

    Parameters
    ----------
    counts_of_subjects : sequence of ndarray of int64, shape (K, K)
        One a subject, from `confusion_counts`.
    classes : sequence of int
        Classes of the mean.
    rng : numpy Generator
        Source of the draws; the same seed gives the same intervals.
    """
    n = len(counts_of_subjects)
    n_classes = len(counts_of_subjects[0]) if n else 0
    if n < 2:
        return MiouIntervals((None,) * n_classes, None)
    stack = np.stack([_right_reference_predicted(counts) for counts in counts_of_subjects])
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=N_RESAMPLES).astype(np.float64)
    right, in_reference, in_prediction = np.einsum("bs,smk->mbk", drawn, stack)
    union = in_reference + in_prediction - right
    iou = np.where(in_reference > 0, right / np.maximum(union, 1), np.nan)
    per_class = tuple(percentile_interval(iou[:, k]) for k in range(n_classes))
    return MiouIntervals(per_class, percentile_interval(row_means(iou[:, list(classes)])))


def _right_reference_predicted(counts: Counts) -> NDArray[np.float64]:
    return np.stack([np.diagonal(counts), counts.sum(axis=1), counts.sum(axis=0)]).astype(np.float64)


def row_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of each row without its NaN; NaN for a row of nothing else."""
    defined = ~np.isnan(values)
    number = defined.sum(axis=1)
    total = np.where(defined, values, 0.0).sum(axis=1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def percentile_interval(values: NDArray[np.float64]) -> Interval | None:
    """95 % interval of values (NaN left out) by their percentiles; None if there is none."""
    defined = values[~np.isnan(values)]
    if not defined.size:
        return None
    low, high = np.percentile(defined, [_TAIL, 100 - _TAIL])
    return Interval(float(low), float(high))
