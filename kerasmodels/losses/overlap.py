"""Dice, Jaccard and Tversky losses: one minus the overlap of each class, counted over the whole batch.

Dice: Sudre et al., DLMIA 2017. Jaccard: Bertels et al., MICCAI 2019. Tversky: Salehi et al., MLMI 2017. The
defaults of the first two are those of segmentation_models.pytorch (multiclass mode), and so are the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from keras import ops

from kerasmodels.arguments import require_choice, require_number
from kerasmodels.losses.segmentation_loss import NetworkOutput, SegmentationLoss
from kerasmodels.serialization import serializable

if TYPE_CHECKING:
    from keras import KerasTensor

#: What becomes of a class that no pixel of the batch has.
AbsentClasses = Literal["zero", "skip", "count"]

#: Parameters of these losses in files of version 0.1, and what they are called now.
FORMER_PARAMETERS = {"smallest": "eps"}


class OverlapLoss(SegmentationLoss):
    """Mean over classes of one minus a ratio of overlap; subclasses give the ratio.

    Parameters
    ----------
    smooth : float
        Added to both sides of the ratio; 0 by default.
    eps : float
        Smallest denominator, so that 0/0 is 0; 1e-7 by default.
    absent : {"zero", "skip", "count"}
        What a class absent from the batch's labels adds. "zero", the default: a loss of 0, the mean still
        being over all classes. "skip": it is left out of the mean. "count": its loss is 1 when `smooth`
        is 0, whatever is predicted.
    from_logits, ignore_label, name
        See `SegmentationLoss`.
    """

    def __init__(
        self,
        *,
        smooth: float = 0.0,
        eps: float = 1e-7,
        absent: AbsentClasses = "zero",
        from_logits: bool = False,
        ignore_label: int | None = None,
        name: str = "overlap",
    ) -> None:
        super().__init__(from_logits=from_logits, ignore_label=ignore_label, name=name)
        self.smooth = require_number("smooth", smooth, 0)
        self.eps = require_number("eps", eps, 0, 1)
        require_choice("absent", absent, ("zero", "skip", "count"))
        self.absent = absent

    def value(self, prediction: NetworkOutput, one_hot: KerasTensor) -> KerasTensor:
        """Return the mean over classes of one minus the overlap."""
        pixels = tuple(range(len(one_hot.shape) - 1))
        probabilities = prediction.probabilities
        common = prediction.sum(probabilities * one_hot, axis=pixels)
        predicted = prediction.sum(probabilities, axis=pixels)
        labelled = prediction.sum(one_hot, axis=pixels)
        losses = 1.0 - self.ratio(common, predicted, labelled)
        if self.absent == "count":
            return ops.mean(losses)
        present = ops.cast(labelled > 0, losses.dtype)
        if self.absent == "zero":
            return ops.mean(losses * present)
        return ops.sum(losses * present) / ops.maximum(ops.sum(present), 1.0)

    def ratio(self, common: KerasTensor, predicted: KerasTensor, labelled: KerasTensor) -> KerasTensor:
        """Return the overlap (classes,) from the sizes of the intersection and of the two sets."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the same loss again."""
        own = {"smooth": self.smooth, "eps": self.eps, "absent": self.absent}
        return {**super().get_config(), **own}


@serializable(former_parameters=FORMER_PARAMETERS)
class Dice(OverlapLoss):
    """One minus Dice's coefficient, twice the intersection over the sum of both sizes; see `OverlapLoss`."""

    def __init__(self, *, name: str = "dice", **parameters: Any) -> None:
        super().__init__(name=name, **parameters)

    def ratio(self, common: KerasTensor, predicted: KerasTensor, labelled: KerasTensor) -> KerasTensor:
        """Dice's coefficient."""
        both = predicted + labelled
        return (2.0 * common + self.smooth) / ops.maximum(both + self.smooth, self.eps)


@serializable(former_parameters=FORMER_PARAMETERS)
class Jaccard(OverlapLoss):
    """One minus Jaccard's index, the intersection over the union; see `OverlapLoss`."""

    def __init__(self, *, name: str = "jaccard", **parameters: Any) -> None:
        super().__init__(name=name, **parameters)

    def ratio(self, common: KerasTensor, predicted: KerasTensor, labelled: KerasTensor) -> KerasTensor:
        """Jaccard's index."""
        union = predicted + labelled - common
        return (common + self.smooth) / ops.maximum(union + self.smooth, self.eps)


@serializable(former_parameters={**FORMER_PARAMETERS, "wrong": "alpha", "missed": "beta"})
class Tversky(OverlapLoss):
    """One minus Tversky's index, which weighs missed pixels against wrongly labelled ones.

    The index is common / (common + `alpha` × wrongly labelled + `beta` × missed). Both at 0.5 it is Dice's
    coefficient, both at 1 Jaccard's index; the defaults lie between the two, which raised the IoU of nuclei
    here. The paper's own 0.3 and 0.7 find more of small structures, and label more that is none.

    Parameters
    ----------
    alpha : float
        Weight of pixels labelled that should not be (false positives); 0.7 by default.
    beta : float
        Weight of pixels that should be labelled and are not (false negatives); 0.7 by default.
    smooth, eps, absent, from_logits, name
        See `OverlapLoss`.
    """

    def __init__(
        self, *, alpha: float = 0.7, beta: float = 0.7, name: str = "tversky", **parameters: Any
    ) -> None:
        super().__init__(name=name, **parameters)
        self.alpha = require_number("alpha", alpha, 0)
        self.beta = require_number("beta", beta, 0)

    def ratio(self, common: KerasTensor, predicted: KerasTensor, labelled: KerasTensor) -> KerasTensor:
        """Tversky's index."""
        errors = self.alpha * (predicted - common) + self.beta * (labelled - common)
        return (common + self.smooth) / ops.maximum(common + errors + self.smooth, self.eps)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the same loss again."""
        return {**super().get_config(), "alpha": self.alpha, "beta": self.beta}
