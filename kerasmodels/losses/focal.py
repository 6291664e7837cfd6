"""Focal loss: cross entropy of each class against the rest, easy pixels weighted down.

Lin et al., Focal loss for dense object detection, ICCV 2017; for several classes as in
segmentation_models.pytorch: one binary loss a class, averaged over pixels and over classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from keras import ops

from kerasmodels.arguments import require_choice, require_number
from kerasmodels.losses.segmentation_loss import SMALLEST_PROBABILITY, NetworkOutput, SegmentationLoss
from kerasmodels.serialization import serializable

if TYPE_CHECKING:
    from keras import KerasTensor

#: How the losses of the classes become one.
ClassReduction = Literal["mean", "sum"]

#: Largest probability of a class whose complement's logarithm is taken: the last float32 below 1.
_LARGEST_PROBABILITY = 1.0 - 2.0**-24


@serializable(former_parameters={"class_share": "alpha", "over_classes": "reduction"})
class Focal(SegmentationLoss):
    """Mean over classes and pixels of −(1 − p)^γ log p, p being the probability of the right answer.

    From logits, each class's probability is its sigmoid, which is segmentation_models.pytorch's
    value. From probabilities, it is the softmax's, since a softmax has forgotten the sigmoid.

    Parameters
    ----------
    gamma : float
        How strongly easy pixels are weighted down; 2 by default.
    alpha : float, optional
        Weight of the pixels of a class, that of the others being one minus it; none by default.
    reduction : {"mean", "sum"}
        How the classes' losses are put together. "mean" is the default of segmentation_models.pytorch
        since 0.6; the versions before, among them those of the paper's time, took the sum.
    from_logits, ignore_label, name
        See `SegmentationLoss`.
    """

    def __init__(
        self,
        *,
        gamma: float = 2.0,
        alpha: float | None = None,
        reduction: ClassReduction = "mean",
        from_logits: bool = False,
        ignore_label: int | None = None,
        name: str = "focal",
    ) -> None:
        super().__init__(from_logits=from_logits, ignore_label=ignore_label, name=name)
        self.gamma = require_number("gamma", gamma, 0, 100)
        self.alpha = None if alpha is None else require_number("alpha", alpha, 0, 1)
        require_choice("reduction", reduction, ("mean", "sum"))
        self.class_reduction = reduction

    def value(self, prediction: NetworkOutput, one_hot: KerasTensor) -> KerasTensor:
        """Return the focal loss."""
        entropy = self._entropy(prediction, one_hot)
        terms = ops.power(ops.maximum(1.0 - ops.exp(-entropy), 0.0), self.gamma) * entropy
        if self.alpha is not None:
            terms = terms * (self.alpha * one_hot + (1.0 - self.alpha) * (1.0 - one_hot))
        return prediction.mean(terms if self.class_reduction == "mean" else ops.sum(terms, axis=-1))

    def _entropy(self, prediction: NetworkOutput, one_hot: KerasTensor) -> KerasTensor:
        """−log of the probability of the right answer, class by class."""
        if prediction.from_logits:
            return ops.softplus(prediction.values) - prediction.values * one_hot
        others = 1.0 - ops.minimum(prediction.values, _LARGEST_PROBABILITY)
        right = ops.where(one_hot > 0, prediction.values, others)
        return -ops.log(ops.maximum(right, SMALLEST_PROBABILITY))

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the same loss again."""
        own = {"gamma": self.gamma, "alpha": self.alpha, "reduction": self.class_reduction}
        return {**super().get_config(), **own}
