"""Confusion counts of two label maps, and the mean IoU made from them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from brainstem_app.errors import InputError

Counts = NDArray[np.int64]

_CHUNK = 1 << 22


def confusion_counts(
    reference: NDArray[np.integer],
    predicted: NDArray[np.integer],
    n_classes: int,
    ignored: int | None = None,
) -> Counts:
    """Count voxels for every pair of reference and predicted label.

    Parameters
    ----------
    reference, predicted : ndarray of integers, same shape
        Labels 0…``n_classes`` − 1.
    n_classes : int
        K, the background included.
    ignored : int, optional
        Label of voxels of the reference that nobody labelled: they are not counted.

    Returns
    -------
    ndarray of int64, shape (K, K)
        Entry (r, p): voxels that are r in the reference and p in the prediction. Counts of several
        subjects may be added.

    Raises
    ------
    InputError
        If the shapes differ or a label is outside 0…K − 1.
    """
    if reference.shape != predicted.shape:
        raise InputError(
            f"The two label maps differ in size: {reference.shape} and {predicted.shape}.",
            None,
            "Bring both onto the same grid.",
        )
    if ignored is not None:
        known = reference != ignored
        reference, predicted = reference[known], predicted[known]
    for name, labels in (("reference", reference), ("prediction", predicted)):
        _require_labels_in_range(labels, n_classes, name)
    flat_reference = reference.reshape(-1)
    flat_predicted = predicted.reshape(-1)
    counts = np.zeros(n_classes * n_classes, dtype=np.int64)
    for start in range(0, flat_reference.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        pairs = flat_reference[part].astype(np.int32) * np.int32(n_classes) + flat_predicted[part]
        counts += np.bincount(pairs, minlength=n_classes * n_classes)
    return counts.reshape(n_classes, n_classes)


def iou_per_class(counts: Counts) -> NDArray[np.float64]:
    """IoU of every class (K,) from counts (…, K, K); NaN where the reference has no voxel of it.

    A class that is in the reference but was never predicted has 0. A class that is only in the prediction
    has none (NaN): its voxels already count against the classes they were taken from.
    """
    right, in_reference, in_prediction = _sums(counts)
    union = in_reference + in_prediction - right
    return np.where(in_reference > 0, right / np.maximum(union, 1), np.nan)


def dice_per_class(counts: Counts) -> NDArray[np.float64]:
    """Dice coefficient of every class (K,) from counts (…, K, K); NaN as in `iou_per_class`."""
    right, in_reference, in_prediction = _sums(counts)
    total = in_reference + in_prediction
    return np.where(in_reference > 0, 2 * right / np.maximum(total, 1), np.nan)


def macro_miou(counts: Counts, classes: Iterable[int] | None = None) -> float | None:
    """Macro mean IoU by the VOC definition.

    The counts are summed over all pixels first (add the subjects' counts), then IoU per class, then the
    plain mean over the classes. A class with no voxel in the reference is left out of the mean; one that is
    in the reference and was not predicted counts as 0.

    Parameters
    ----------
    counts : ndarray of int64, shape (K, K)
        From `confusion_counts`.
    classes : iterable of int, optional
        Classes to average over, e.g. the nuclei; all K by default, the background included.

    Returns
    -------
    float or None
        None if none of the classes is in the reference.

    References
    ----------
    Everingham et al., The PASCAL Visual Object Classes Challenge, IJCV 2010.
    """
    iou = iou_per_class(counts)
    chosen = iou if classes is None else iou[list(classes)]
    defined = chosen[~np.isnan(chosen)]
    return float(defined.mean()) if defined.size else None


def mean_subject_miou(
    counts_of_subjects: Iterable[Counts], classes: Iterable[int] | None = None
) -> float | None:
    """Mean over subjects of each subject's own mean IoU: another number than `macro_miou`."""
    chosen = None if classes is None else tuple(classes)
    values = [value for counts in counts_of_subjects if (value := macro_miou(counts, chosen)) is not None]
    return float(np.mean(values)) if values else None


def _sums(counts: Counts) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    return np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(axis=-1), counts.sum(axis=-2)


def _require_labels_in_range(labels: NDArray[np.integer], n_classes: int, name: str) -> None:
    if labels.size and (int(labels.max()) >= n_classes or int(labels.min()) < 0):
        raise InputError(
            f"The {name} has label {int(labels.max())}, but the atlas has only 0 to {n_classes - 1}.",
            None,
            "Choose the atlas the labels were made with.",
        )
