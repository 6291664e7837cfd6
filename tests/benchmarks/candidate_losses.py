"""Losses made for small structures that `benchmark_losses.py` measures and `kerasmodels` does not offer.

Kept here so that the comparison can be made again.
"""

from __future__ import annotations

from typing import Any

from keras import ops

from kerasmodels.losses.overlap import Tversky
from kerasmodels.losses.segmentation_loss import NetworkOutput, SegmentationLoss

#: Share of the pixel loss in every compound loss, as in the paper's DiceCE.
ALPHA = 0.1


class GeneralisedDice(SegmentationLoss):
    """One Dice over all classes, each weighted by one over its squared size (Sudre et al., DLMIA 2017).

    A class absent from the batch has no weight.
    """

    def value(self, prediction: NetworkOutput, one_hot: Any) -> Any:
        pixels = tuple(range(len(one_hot.shape) - 1))
        common = ops.sum(prediction.probabilities * one_hot, axis=pixels)
        predicted = ops.sum(prediction.probabilities, axis=pixels)
        labelled = ops.sum(one_hot, axis=pixels)
        weights = ops.where(labelled > 0, 1.0 / ops.square(ops.maximum(labelled, 1.0)), 0.0)
        both = ops.sum(weights * (predicted + labelled))
        return 1.0 - 2.0 * ops.sum(weights * common) / ops.maximum(both, 1e-7)


class Boundary(SegmentationLoss):
    """Mean over pixels and classes of probability × signed distance (Kervadec et al., MIDL 2019).

    The distance is in steps to one of the eight neighbours, positive outside, negative inside, cut off at
    `reach` and divided by it, so the value lies between −1 and 1: the original's exact distances would have
    to be computed outside the graph. Classes absent from the batch add 0.
    """

    def __init__(self, reach: int = 3, **parameters: Any) -> None:
        super().__init__(**parameters)
        self.reach = reach

    def value(self, prediction: NetworkOutput, one_hot: Any) -> Any:
        distance = self._steps_to(one_hot) - self._steps_to(1.0 - one_hot)
        present = ops.cast(ops.max(one_hot, axis=(0, 1, 2)) > 0, "float32")
        return ops.mean(prediction.probabilities * distance * present) / self.reach

    def _steps_to(self, mask: Any) -> Any:
        steps = 1.0 - mask
        for _ in range(self.reach - 1):
            mask = ops.max_pool(mask, 3, strides=1, padding="same")
            steps = steps + 1.0 - mask
        return steps


class FocalTversky(Tversky):
    """One minus Tversky's index of each class, to the power 0.75 (Abraham & Khan, ISBI 2019)."""

    def ratio(self, common: Any, predicted: Any, labelled: Any) -> Any:
        return 1.0 - ops.power(ops.maximum(1.0 - super().ratio(common, predicted, labelled), 1e-7), 0.75)


class Sum(SegmentationLoss):
    """Weighted sum of losses."""

    def __init__(self, parts: list[tuple[float, SegmentationLoss]], **parameters: Any) -> None:
        super().__init__(**parameters)
        self.parts = parts

    def value(self, prediction: NetworkOutput, one_hot: Any) -> Any:
        return sum(weight * part.value(prediction, one_hot) for weight, part in self.parts)
