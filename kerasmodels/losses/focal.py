"""Focal loss: cross entropy of each class against the rest, easy pixels weighted down.

Lin et al., Focal loss for dense object detection, ICCV 2017; for several classes as in
segmentation_models.pytorch: one binary loss a class, averaged over pixels and over classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import keras
from keras import ops

from kerasmodels.errors import ModelError
from kerasmodels.losses.segmentation_loss import (
    SMALLEST_PROBABILITY,
    Prediction,
    SegmentationLoss,
    require_between,
)

if TYPE_CHECKING:
    from keras import KerasTensor

#: How the losses of the classes become one.
OverClasses = Literal["mean", "sum"]

#: Largest probability of a class whose complement's logarithm is taken: the last float32 below 1.
_LARGEST_PROBABILITY = 1.0 - 2.0**-24


@keras.saving.register_keras_serializable(package="kerasmodels")
class Focal(SegmentationLoss):
    """Mean over classes and pixels of −(1 − p)^γ log p, p being the probability of the right answer.

    From logits, each class's probability is its sigmoid, which is segmentation_models.pytorch's
    value. From probabilities, it is the softmax's, since a softmax has forgotten the sigmoid.

    Parameters
    ----------
    gamma : float
        How strongly easy pixels are weighted down; 2 by default.
    class_share : float, optional
        Weight of the pixels of a class, that of the others being one minus it (the original's α, which
        is not the α of `DiceFocal`); none by default.
    over_classes : {"mean", "sum"}
        How the classes' losses are put together. "mean" is the default of segmentation_models.pytorch
        since 0.6; the versions before, among them those of the paper's time, took the sum.
    from_logits, name
        See `SegmentationLoss`.
    """

    def __init__(
        self,
        *,
        gamma: float = 2.0,
        class_share: float | None = None,
        over_classes: OverClasses = "mean",
        from_logits: bool = False,
        name: str = "focal",
    ) -> None:
        super().__init__(from_logits=from_logits, name=name)
        require_between("gamma", gamma, 0.0, 100.0)
        if class_share is not None:
            require_between("class_share", class_share, 0.0, 1.0)
        if over_classes not in ("mean", "sum"):
            raise ModelError(f"over_classes = {over_classes!r} is unknown.", "Give 'mean' or 'sum'.")
        self.gamma = gamma
        self.over_classes = over_classes
        self.class_share = class_share

    def value(self, prediction: Prediction, one_hot: KerasTensor) -> KerasTensor:
        """Return the focal loss."""
        entropy = self._entropy(prediction, one_hot)
        terms = ops.power(ops.maximum(1.0 - ops.exp(-entropy), 0.0), self.gamma) * entropy
        if self.class_share is not None:
            terms = terms * (self.class_share * one_hot + (1.0 - self.class_share) * (1.0 - one_hot))
        return prediction.mean(terms if self.over_classes == "mean" else ops.sum(terms, axis=-1))

    def _entropy(self, prediction: Prediction, one_hot: KerasTensor) -> KerasTensor:
        """−log of the probability of the right answer, class by class."""
        if prediction.from_logits:
            return ops.softplus(prediction.values) - prediction.values * one_hot
        others = 1.0 - ops.minimum(prediction.values, _LARGEST_PROBABILITY)
        right = ops.where(one_hot > 0, prediction.values, others)
        return -ops.log(ops.maximum(right, SMALLEST_PROBABILITY))

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the same loss again."""
        own = {"gamma": self.gamma, "class_share": self.class_share, "over_classes": self.over_classes}
        return {**super().get_config(), **own}
