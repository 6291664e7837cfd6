"""Streaming confusion matrix: exact counts over any number of batches, on every backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from kerasmodels.arguments import require, require_whole
from kerasmodels.errors import ModelError
from kerasmodels.metrics.overlap import macro_iou
from kerasmodels.pixel_labels import pixel_labels, tensor
from kerasmodels.serialization import serializable

if TYPE_CHECKING:
    from keras import KerasTensor

#: Counts are kept as `high` × 2³⁰ + `low`: JAX has no 64-bit integers unless told to, floats are not exact.
_CARRY = 2**30


@serializable()
class ConfusionMatrix(keras.metrics.Metric):
    """Counts of pixels by reference class (rows) and predicted class (columns).

    `result()` is the macro mean IoU over the classes that occur in the reference; `counts()` gives the
    matrix itself. Pixels whose label is not one of the classes are not counted: give such a label, for
    example 255, to pixels that shall not count. There are no weights, of pixels or of images: counts are
    whole numbers of pixels, and sums of weights would be rounded.

    Parameters
    ----------
    classes : int
        Number of classes, at least 2.
    name : str
        Name of the metric.
    """

    def __init__(self, classes: int, name: str = "macro_miou", **kwargs: Any) -> None:
        require(isinstance(name, str), "name", name, "a text")
        self.classes = classes = require_whole("classes", classes, 2)
        super().__init__(name=name, dtype="float32", **kwargs)
        pairs = (classes * classes,)
        self.low = self.add_weight(shape=pairs, initializer="zeros", dtype="int32", name="low")
        self.high = self.add_weight(shape=pairs, initializer="zeros", dtype="int32", name="high")

    def update_state(self, y_true: KerasTensor, y_pred: KerasTensor, sample_weight: None = None) -> None:
        """Add a batch: labels (N, h, w) or (N, h, w, 1), probabilities or logits (N, h, w, classes).

        Raises
        ------
        ModelError
            If the predictions have another number of classes, the labels are one-hot or of another size, or
            there are weights.
        """
        if sample_weight is not None:
            raise ModelError(
                f"{self.name} counts whole pixels and takes no weights.",
                "Give it under metrics, not under weighted_metrics; a label that is no class, such as 255, "
                "leaves a pixel out.",
            )
        y_true, y_pred = tensor("labels", y_true), tensor("predictions", y_pred)
        labels = pixel_labels(y_true, y_pred)
        if y_pred.shape[-1] != self.classes:
            raise ModelError(
                f"The predictions have {y_pred.shape[-1]} classes, the confusion matrix has {self.classes}.",
                f"Make it with ConfusionMatrix({y_pred.shape[-1]}).",
            )
        labels = ops.reshape(labels, (-1,))
        predicted = ops.reshape(ops.argmax(y_pred, axis=-1), (-1,))
        pairs = labels * self.classes + ops.cast(predicted, "int32")
        # What backends do with a number out of range differs: such pixels go into one that is thrown away.
        outside = ops.logical_or(labels < 0, labels >= self.classes)
        pairs = ops.where(outside, self.classes**2, pairs)
        added = ops.segment_sum(ops.ones_like(pairs), pairs, num_segments=self.classes**2 + 1)[:-1]
        low = self.low + added
        carry = low // _CARRY
        self.low.assign(low - carry * _CARRY)
        self.high.assign(self.high + carry)

    def result(self) -> KerasTensor:
        """Macro mean IoU (float32) over the classes that occur in the reference."""
        matrix = ops.cast(self.high, "float32") * float(_CARRY) + ops.cast(self.low, "float32")
        matrix = ops.reshape(matrix, (self.classes, self.classes))
        common = ops.diagonal(matrix)
        labelled = ops.sum(matrix, axis=1)
        iou = common / ops.maximum(ops.sum(matrix, axis=0) + labelled - common, 1.0)
        return ops.sum(iou) / ops.maximum(ops.sum(ops.cast(labelled > 0, "float32")), 1.0)

    def counts(self) -> NDArray[np.int64]:
        """Return the matrix so far, (classes, classes) int64."""
        low = np.asarray(ops.convert_to_numpy(self.low), dtype=np.int64)
        high = np.asarray(ops.convert_to_numpy(self.high), dtype=np.int64)
        return (high * _CARRY + low).reshape(self.classes, self.classes)

    def mean_iou(self, classes: Sequence[int] | None = None) -> float:
        """Exact macro mean IoU so far over some classes (all by default); see `macro_iou`."""
        return macro_iou(self.counts(), classes)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the same metric again."""
        return {"name": self.name, "classes": self.classes}
