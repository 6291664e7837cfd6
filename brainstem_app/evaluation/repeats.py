"""Intervals of a mean over repeated trainings: over the repeats (Student's t), and over the subjects."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from brainstem_app.evaluation.bootstrap import LEVEL, N_RESAMPLES, Interval, percentile_interval, row_means
from brainstem_app.evaluation.confusion import iou_per_class


def t_half_width(values: Sequence[float]) -> float | None:
    """Half of the 95 % interval of a mean, by Student's t; None for fewer than two values.

    It says what other seeds would give on the same subjects, as the paper's "±" does.
    """
    if len(values) < 2:
        return None
    from scipy.special import stdtrit

    spread = float(np.std(values, ddof=1)) / len(values) ** 0.5
    quantile: float = stdtrit(len(values) - 1, 0.5 + LEVEL / 2)
    return float(quantile * spread)


def bootstrap_repeats(
    counts: NDArray[np.int64], groups: Sequence[Sequence[int]], rng: np.random.Generator
) -> tuple[Interval | None, ...]:
    """95 % percentile interval over subjects of the macro mIoU averaged over repeats.

    The same subjects are drawn for every repeat: their counts are summed, IoU taken as in
    `iou_per_class`, averaged over the classes of a group, then over the repeats.

    Parameters
    ----------
    counts : ndarray of int64, shape (R, S, K, K)
        Of R repeats on S subjects, from `confusion_counts`.
    groups : sequence of sequences of int
        Classes of each mean.
    rng : numpy Generator
        Source of the draws.

    Returns
    -------
    tuple of Interval or None
        One a group; None for fewer than two subjects, or if no class of it is in the reference.
    """
    repeats, n, classes, _ = counts.shape
    if n < 2 or not repeats:
        return (None,) * len(groups)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=N_RESAMPLES)
    means = np.zeros((len(groups), N_RESAMPLES))
    for of_subjects in counts.reshape(repeats, n, -1):
        # In floating point, where the product is fast, and exact for counts of this size.
        pooled = drawn.astype(np.float64) @ of_subjects.astype(np.float64)
        iou = iou_per_class(pooled.astype(np.int64).reshape(-1, classes, classes))
        means += np.stack([row_means(iou[:, list(group)]) for group in groups])
    return tuple(percentile_interval(row / repeats) for row in means)
