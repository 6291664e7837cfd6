"""Labels and weights of a batch are of the size of its predictions, for losses and metrics alike.

Sizes that are known are compared; the others, as in a graph for batches of any size, when the batch is
there. Otherwise arithmetic would spread the labels of one image over all others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import ops

from kerasmodels.errors import ModelError

if TYPE_CHECKING:
    from keras import KerasTensor


def tensor(name: str, value: Any, dtype: str | None = None) -> KerasTensor:
    """Return an array, list or tensor of numbers as a tensor; ModelError if it is none."""
    try:
        return ops.convert_to_tensor(value, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"The {name} are no array of numbers ({error}).", "Give arrays or tensors."
        ) from error


def pixel_labels(labels: KerasTensor, predictions: KerasTensor) -> KerasTensor:
    """Labels (N, h, w), int32, of predictions (N, h, w, classes), given as they are or as (N, h, w, 1).

    Raises
    ------
    ModelError
        If the labels are one-hot or of another size than the predictions, or these have no classes.
    """
    given, shape = tuple(labels.shape), tuple(predictions.shape)
    if len(shape) < 2 or shape[-1] is None or shape[-1] < 2:
        raise ModelError(
            f"The predictions {shape} do not say how likely each of two classes or more is.",
            "Give predictions (N, height, width, classes).",
        )
    if len(given) == len(shape) and given[-1] not in (1, None):
        raise ModelError(
            f"The labels {given} have {given[-1]} channels: they look one-hot.",
            "Give a class for every pixel, for example labels.argmax(axis=-1).",
        )
    if len(given) not in (len(shape), len(shape) - 1) or _differ(given, shape[:-1]):
        raise ModelError(
            f"The labels {given} are not of the size of the predictions {shape}.",
            "Give labels (N, height, width) for predictions (N, height, width, classes).",
        )
    labels = ops.cast(labels, "int32")
    if len(given) == len(shape):
        labels = ops.squeeze(labels, axis=-1)
    return _of_one_size(labels, predictions)


def pixel_weights(weights: KerasTensor, labels: KerasTensor) -> KerasTensor:
    """Return weights (N, h, w) of labels (N, h, w); ModelError if there is not one for every pixel."""
    given, shape = tuple(weights.shape), tuple(labels.shape)
    if len(given) != len(shape) or _differ(given, shape):
        raise ModelError(
            f"The weights {given} are not of the size of the labels {shape}.",
            "Give a weight for every pixel, (N, height, width).",
        )
    return _of_one_size(weights, labels)


def _differ(given: tuple[int | None, ...], shape: tuple[int | None, ...]) -> bool:
    """Whether sizes that are known differ."""
    return any(None not in pair and pair[0] != pair[1] for pair in zip(given, shape, strict=False))


def _of_one_size(given: KerasTensor, other: KerasTensor) -> KerasTensor:
    """Return `given` as it is, in a graph that fails where a size not known before is not that of `other`.

    One axis at a time is given the other's size: that moves no pixel, and fails unless it is its own size.
    """
    for axis, (own, wanted) in enumerate(zip(given.shape, other.shape, strict=False)):
        if own is None or wanted is None:
            sizes = list(ops.shape(given))
            sizes[axis] = ops.shape(other)[axis]
            given = ops.reshape(given, sizes)
    return given
