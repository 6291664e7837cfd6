"""What all losses share: integer labels in, one-hot per batch inside, float32 throughout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from kerasmodels.arguments import require, require_flag, require_whole
from kerasmodels.pixel_labels import pixel_labels, pixel_weights, tensor

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
        require(isinstance(name, str), "name", name, "a text")
        super().__init__(name=name, reduction="sum_over_batch_size", dtype="float32")
        self.from_logits = require_flag("from_logits", from_logits)
        if ignore_label is not None:
            # Labels are int32.
            ignore_label = require_whole("ignore_label", ignore_label, -(2**31), 2**31 - 1)
        self.ignore_label = ignore_label
        self.over_devices: Callable[[KerasTensor], KerasTensor] | None = None
        self.num_replicas = 1

    def __call__(
        self, y_true: KerasTensor, y_pred: KerasTensor, sample_weight: KerasTensor | None = None
    ) -> KerasTensor:
        """Measure predictions with a weight for every pixel (N, h, w), or without; see `call`."""
        labels, values = tensor("labels", y_true), tensor("predictions", y_pred, self.dtype)
        if sample_weight is None:
            return super().__call__(labels, values)
        # Keras would multiply the finished number by the weights.
        with keras.name_scope(self.name):
            return self.call(labels, values, tensor("weights", sample_weight, self.dtype))

    def call(
        self, y_true: KerasTensor, y_pred: KerasTensor, weights: KerasTensor | None = None
    ) -> KerasTensor:
        """Measure predictions (N, h, w, classes) against labels (N, h, w) or (N, h, w, 1).

        Raises
        ------
        ModelError
            If the labels are one-hot or of another size than the predictions, or there is not a weight for
            every pixel. Sizes that a graph does not know before are compared as it runs: TensorFlow's own
            error then says so.
        """
        labels = pixel_labels(y_true, y_pred)
        if weights is not None:
            weights = pixel_weights(weights, labels)
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
