"""Overlap measures from a confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kerasmodels.arguments import require, require_whole


def class_iou(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Intersection over union of each class.

    Parameters
    ----------
    counts : ndarray of int64, (classes, classes)
        Pixels by reference class (rows) and predicted class (columns).

    Returns
    -------
    ndarray of float64, (classes,)
        From 0 to 1; NaN for a class in neither the reference nor the prediction.

    Raises
    ------
    ModelError
        If the counts are no square matrix of numbers from 0 on.
    """
    _require_counts(counts)
    common = np.diagonal(counts).astype(np.float64)
    union = counts.sum(axis=0) + counts.sum(axis=1) - common
    return _ratio(common, union)


def class_dice(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Dice's coefficient of each class; shapes, NaN and errors as in `class_iou`."""
    _require_counts(counts)
    common = np.diagonal(counts).astype(np.float64)
    both = (counts.sum(axis=0) + counts.sum(axis=1)).astype(np.float64)
    return _ratio(2.0 * common, both)


def macro_iou(counts: NDArray[np.int64], classes: Sequence[int] | None = None) -> float:
    """Macro mean IoU as in PASCAL VOC: counts over all pixels, IoU per class, mean over classes.

    Parameters
    ----------
    counts : ndarray of int64, (classes, classes)
        Pixels by reference class (rows) and predicted class (columns).
    classes : sequence of int, optional
        Classes of the mean; all by default. Those that do not occur in the reference are not counted.

    Returns
    -------
    float
        From 0 to 1; NaN if none of the classes occurs in the reference.

    Raises
    ------
    ModelError
        If the counts are no square matrix of numbers from 0 on, or have no such class.
    """
    _require_counts(counts)
    last = len(counts) - 1
    each = range(len(counts)) if classes is None else (require_whole("a class", k, 0, last) for k in classes)
    chosen = np.array(list(each), dtype=np.intp)
    chosen = chosen[counts.sum(axis=1)[chosen] > 0]
    return float(class_iou(counts)[chosen].mean()) if len(chosen) else float("nan")


def _require_counts(counts: NDArray[np.int64]) -> None:
    fits = isinstance(counts, np.ndarray) and counts.ndim == 2 and counts.shape[0] == counts.shape[1]
    numbers = fits and np.issubdtype(counts.dtype, np.number) and bool((counts >= 0).all())
    require(numbers, "counts", counts, "a square matrix (classes, classes) of numbers of pixels")


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio = np.full(part.shape, np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio
