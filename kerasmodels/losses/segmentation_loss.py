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


class Prediction:
    """A network's output, as logarithms or as probabilities, each computed at most once.

    Parameters
    ----------
    values : tensor
        (N, h, w, classes), float32: logits or probabilities.
    from_logits : bool
        Which of the two.
    over_devices : callable, optional
        Adds up a tensor over the devices that share the batch; without it this is the whole batch.
    """

    def __init__(
        self,
        values: KerasTensor,
        *,
        from_logits: bool,
        over_devices: Callable[[KerasTensor], KerasTensor] | None = None,
    ) -> None:
        self.values = values
        self.from_logits = from_logits
        self.over_devices = over_devices

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
        """Sum of terms of this prediction over the whole batch."""
        total = ops.sum(terms, axis=axis)
        return total if self.over_devices is None else self.over_devices(total)

    def mean(self, terms: KerasTensor) -> KerasTensor:
        """Mean of terms of this prediction over the whole batch."""
        if self.over_devices is None:
            return ops.mean(terms)
        return self.sum(terms) / self.sum(ops.ones_like(terms))


class SegmentationLoss(keras.losses.Loss):
    """A loss on integer labels; subclasses say what it measures in `value`.

    Parameters
    ----------
    from_logits : bool
        False: the predictions are probabilities. True: they are the values before the softmax.
    name : str
        Name of the loss.

    Attributes
    ----------
    over_devices : callable, optional
        Set while devices share each batch and every one of them measures its part alone: adds up a tensor
        over all of them, so that the loss is that of the whole batch.
    shares : int
        How many devices that are. Keras adds up what they return, so each returns its share.
    """

    def __init__(self, *, from_logits: bool = False, name: str = "segmentation_loss") -> None:
        # Already one number: Keras' reduction leaves it as it is. float32 also under mixed precision.
        super().__init__(name=name, reduction="sum_over_batch_size", dtype="float32")
        self.from_logits = from_logits
        self.over_devices: Callable[[KerasTensor], KerasTensor] | None = None
        self.shares = 1

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Measure predictions (N, h, w, classes) against labels (N, h, w) or (N, h, w, 1).

        Raises
        ------
        ModelError
            If the labels are one-hot or of another size than the predictions.
        """
        _check_shapes(tuple(y_true.shape), tuple(y_pred.shape))
        labels = ops.cast(y_true, "int32")
        if len(labels.shape) == len(y_pred.shape):
            labels = ops.squeeze(labels, axis=-1)
        one_hot = ops.one_hot(labels, y_pred.shape[-1], dtype="float32")
        values = ops.cast(y_pred, "float32")
        prediction = Prediction(values, from_logits=self.from_logits, over_devices=self.over_devices)
        whole = self.value(prediction, one_hot)
        return whole if self.shares == 1 else whole / self.shares

    def value(self, prediction: Prediction, one_hot: KerasTensor) -> KerasTensor:
        """Return the loss, a number, of a prediction and one-hot labels (N, h, w, classes)."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the same loss again."""
        return {"from_logits": self.from_logits, "name": self.name}


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


def require_between(name: str, value: float, low: float, high: float) -> None:
    """Raise `ModelError` unless low ≤ value ≤ high."""
    if not low <= value <= high:
        raise ModelError(f"{name} = {value} is out of range.", f"Give a value from {low} to {high}.")
