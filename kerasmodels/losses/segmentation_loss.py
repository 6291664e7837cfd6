"""What all losses share: integer labels in, one-hot per batch inside, float32 throughout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from kerasmodels.errors import ModelError

if TYPE_CHECKING:
    from keras import KerasTensor

#: Smallest probability whose logarithm is taken. Near float32's smallest number on purpose: a wrong pixel
#: keeps its full gradient until its logit lies 69 below the winner's.
SMALLEST_PROBABILITY = 1e-30


class NetworkOutput:
    """A network's output, as logarithms or as probabilities, each computed at most once.

    Parameters
    ----------
    values : tensor
        (N, h, w, classes), float32: logits or probabilities.
    from_logits : bool
        Which of the two.
    over_devices : callable, optional
        Adds up a tensor over the devices that share the batch; without it this is the whole batch.
    weights : tensor, optional
        (N, h, w), float32, at least 0: how much each pixel counts in sums and means. They are scaled to a
        mean of 1 over the whole batch.
    """

    def __init__(
        self,
        values: KerasTensor,
        *,
        from_logits: bool,
        over_devices: Callable[[KerasTensor], KerasTensor] | None = None,
        weights: KerasTensor | None = None,
    ) -> None:
        self.values = values
        self.from_logits = from_logits
        self.over_devices = over_devices
        self.weights = None if weights is None else weights / self._mean_weight(weights)

    @cached_property
    def log_probabilities(self) -> KerasTensor:
        """Logarithm of the softmax."""
        if self.from_logits:
            return ops.log_softmax(self.values, axis=-1)
        return ops.log(ops.maximum(self.values, SMALLEST_PROBABILITY))

    @cached_property
    def probabilities(self) -> KerasTensor:
        """The softmax itself."""
        return ops.exp(self.log_probabilities) if self.from_logits else self.values

    def sum(self, terms: KerasTensor, axis: Sequence[int] | None = None) -> KerasTensor:
        """Sum of terms (N, h, w) or (N, h, w, classes) over the whole batch, each with its pixel's weight."""
        return self._whole(ops.sum(self._weighted(terms), axis=axis))

    def mean(self, terms: KerasTensor) -> KerasTensor:
        """Mean of terms (N, h, w) or (N, h, w, classes) over the whole batch, with their pixels' weights."""
        if self.over_devices is None:
            return ops.mean(self._weighted(terms))
        return self.sum(terms) / self._whole(ops.sum(ops.ones_like(terms)))

    def _weighted(self, terms: KerasTensor) -> KerasTensor:
        if self.weights is None:
            return terms
        by_class = len(terms.shape) > len(self.weights.shape)
        return terms * (ops.expand_dims(self.weights, axis=-1) if by_class else self.weights)

    def _mean_weight(self, weights: KerasTensor) -> KerasTensor:
        total, count = (self._whole(ops.sum(each)) for each in (weights, ops.ones_like(weights)))
        return ops.maximum(total, SMALLEST_PROBABILITY) / count

    def _whole(self, total: KerasTensor) -> KerasTensor:
        return total if self.over_devices is None else self.over_devices(total)


class SegmentationLoss(keras.losses.Loss):
    """A loss on integer labels; subclasses say what it measures in `value`.

    A weight for every pixel, Keras' `sample_weight`, says how much the pixel counts: in a mean over pixels,
    and in the sizes that overlaps are made of. Only their proportions within a batch matter. A class all of
    whose pixels have a weight of 0 counts as absent.

    Parameters
    ----------
    from_logits : bool
        False: the predictions are probabilities. True: they are the values before the softmax.
    ignore_label : int, optional
        Label of pixels that nobody labelled: they are left out, as if their weight were 0. A batch of
        nothing else has a loss of 0.
    name : str
        Name of the loss.

    Attributes
    ----------
    over_devices : callable, optional
        Set while devices share each batch and every one of them measures its part alone: adds up a tensor
        over all of them, so that the loss is that of the whole batch.
    num_replicas : int
        How many devices that are. Keras adds up what they return, so each returns its part.
    """

    def __init__(
        self,
        *,
        from_logits: bool = False,
        ignore_label: int | None = None,
        name: str = "segmentation_loss",
    ) -> None:
        # Already one number: Keras' reduction leaves it as it is. float32 also under mixed precision.
        super().__init__(name=name, reduction="sum_over_batch_size", dtype="float32")
        self.from_logits = from_logits
        self.ignore_label = ignore_label
        self.over_devices: Callable[[KerasTensor], KerasTensor] | None = None
        self.num_replicas = 1

    def __call__(
        self, y_true: KerasTensor, y_pred: KerasTensor, sample_weight: KerasTensor | None = None
    ) -> KerasTensor:
        """Measure predictions with a weight for every pixel (N, h, w), or without; see `call`."""
        if sample_weight is None:
            return super().__call__(y_true, y_pred)
        # Keras would multiply the finished number by the weights.
        with keras.name_scope(self.name):
            labels = ops.convert_to_tensor(y_true)
            values, weights = (ops.convert_to_tensor(x, dtype=self.dtype) for x in (y_pred, sample_weight))
            return self.call(labels, values, weights)

    def call(
        self, y_true: KerasTensor, y_pred: KerasTensor, weights: KerasTensor | None = None
    ) -> KerasTensor:
        """Measure predictions (N, h, w, classes) against labels (N, h, w) or (N, h, w, 1).

        Raises
        ------
        ModelError
            If the labels are one-hot or of another size than the predictions, or there is not a weight for
            every pixel.
        """
        _check_shapes(tuple(y_true.shape), tuple(y_pred.shape))
        labels = ops.cast(y_true, "int32")
        if len(labels.shape) == len(y_pred.shape):
            labels = ops.squeeze(labels, axis=-1)
        if weights is not None:
            _check_weights(tuple(weights.shape), tuple(labels.shape))
        if self.ignore_label is not None:
            labelled = ops.cast(labels != self.ignore_label, "float32")
            weights = labelled if weights is None else weights * labelled
            # What backends make of a label that is no class differs.
            labels = ops.where(labels == self.ignore_label, 0, labels)
        one_hot = ops.one_hot(labels, y_pred.shape[-1], dtype="float32")
        values = ops.cast(y_pred, "float32")
        prediction = NetworkOutput(
            values, from_logits=self.from_logits, over_devices=self.over_devices, weights=weights
        )
        whole = self.value(prediction, one_hot)
        return whole if self.num_replicas == 1 else whole / self.num_replicas

    def value(self, prediction: NetworkOutput, one_hot: KerasTensor) -> KerasTensor:
        """Return the loss, a number, of a prediction and one-hot labels (N, h, w, classes)."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the same loss again."""
        config = {"from_logits": self.from_logits, "name": self.name}
        # Not there without it: older versions of this package read such files.
        return config if self.ignore_label is None else {**config, "ignore_label": self.ignore_label}


def _check_shapes(labels: tuple[int | None, ...], prediction: tuple[int | None, ...]) -> None:
    """Refuse labels that would fail deep inside, or be spread over pixels that they do not belong to."""
    if len(labels) == len(prediction) and labels[-1] not in (1, None):
        raise ModelError(
            f"The labels {labels} have {labels[-1]} channels: they look one-hot.",
            "Give a class for every pixel, for example labels.argmax(axis=-1).",
        )
    sides = zip(labels[1:], prediction[1:-1], strict=False)
    if len(labels) < len(prediction) - 1 or any(a != b for a, b in sides if a is not None and b is not None):
        raise ModelError(
            f"The labels {labels} are not of the size of the predictions {prediction}.",
            "Give labels (N, height, width) for predictions (N, height, width, classes).",
        )


def _check_weights(weights: tuple[int | None, ...], labels: tuple[int | None, ...]) -> None:
    sides = zip(weights, labels, strict=False)
    if len(weights) != len(labels) or any(a != b for a, b in sides if a is not None and b is not None):
        raise ModelError(
            f"The weights {weights} are not of the size of the labels {labels}.",
            "Give a weight for every pixel, (N, height, width).",
        )


def require_between(name: str, value: float, low: float, high: float) -> None:
    """Raise `ModelError` unless low ≤ value ≤ high."""
    if not low <= value <= high:
        raise ModelError(f"{name} = {value} is out of range.", f"Give a value from {low} to {high}.")
