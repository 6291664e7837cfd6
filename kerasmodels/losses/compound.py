"""Sums of an overlap and a pixel loss: the paper's two (equations 1 and 2), and one with Tversky's index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from kerasmodels.losses.focal import Focal, OverClasses
from kerasmodels.losses.overlap import AbsentClasses, Dice, OverlapLoss, Tversky
from kerasmodels.losses.segmentation_loss import Prediction, SegmentationLoss, require_between
from kerasmodels.losses.soft_cross_entropy import SoftCrossEntropy

if TYPE_CHECKING:
    from keras import KerasTensor


class CompoundLoss(SegmentationLoss):
    """α × pixel loss + (1 − α) × overlap loss; subclasses name the two."""

    def __init__(
        self, pixel_loss: SegmentationLoss, overlap_loss: OverlapLoss, *, alpha: float, name: str
    ) -> None:
        super().__init__(from_logits=overlap_loss.from_logits, name=name)
        require_between("alpha", alpha, 0.0, 1.0)
        self.alpha = alpha
        self.pixel_loss = pixel_loss
        self.overlap_loss = overlap_loss

    def value(self, prediction: Prediction, one_hot: KerasTensor) -> KerasTensor:
        """Return the weighted sum."""
        pixels = self.pixel_loss.value(prediction, one_hot)
        return self.alpha * pixels + (1.0 - self.alpha) * self.overlap_loss.value(prediction, one_hot)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the same loss again."""
        shared = ("from_logits", "name")
        pixels = {key: value for key, value in self.pixel_loss.get_config().items() if key not in shared}
        return {**self.overlap_loss.get_config(), **pixels, **super().get_config(), "alpha": self.alpha}


@keras.saving.register_keras_serializable(package="kerasmodels")
class DiceCE(CompoundLoss):
    """α × SoftCE + (1 − α) × Dice, the paper's equation 1.

    Parameters
    ----------
    alpha : float
        Share of the cross entropy; 0.1 by default, as in the paper.
    smoothing : float
        See `SoftCrossEntropy`.
    smooth, smallest, absent
        See `OverlapLoss`.
    from_logits, name
        See `SegmentationLoss`.
    """

    def __init__(
        self,
        *,
        alpha: float = 0.1,
        smoothing: float = 0.1,
        smooth: float = 0.0,
        smallest: float = 1e-7,
        absent: AbsentClasses = "zero",
        from_logits: bool = False,
        name: str = "dicece",
    ) -> None:
        pixels = SoftCrossEntropy(smoothing=smoothing, from_logits=from_logits)
        dice = Dice(smooth=smooth, smallest=smallest, absent=absent, from_logits=from_logits)
        super().__init__(pixels, dice, alpha=alpha, name=name)


@keras.saving.register_keras_serializable(package="kerasmodels")
class DiceFocal(CompoundLoss):
    """α × Focal + (1 − α) × Dice, the paper's equation 2.

    Parameters
    ----------
    alpha : float
        Share of the focal loss; 0.1 by default, as in the paper's DiceCE.
    gamma, class_share, over_classes
        See `Focal`.
    smooth, smallest, absent
        See `OverlapLoss`.
    from_logits, name
        See `SegmentationLoss`.
    """

    def __init__(
        self,
        *,
        alpha: float = 0.1,
        gamma: float = 2.0,
        class_share: float | None = None,
        over_classes: OverClasses = "mean",
        smooth: float = 0.0,
        smallest: float = 1e-7,
        absent: AbsentClasses = "zero",
        from_logits: bool = False,
        name: str = "dicefocal",
    ) -> None:
        pixels = Focal(
            gamma=gamma, class_share=class_share, over_classes=over_classes, from_logits=from_logits
        )
        dice = Dice(smooth=smooth, smallest=smallest, absent=absent, from_logits=from_logits)
        super().__init__(pixels, dice, alpha=alpha, name=name)


@keras.saving.register_keras_serializable(package="kerasmodels")
class TverskyCE(CompoundLoss):
    """α × SoftCE + (1 − α) × Tversky: the paper's equation 1 with Tversky's index in the place of Dice's.

    Parameters
    ----------
    alpha : float
        Share of the cross entropy; 0.1 by default, as in the paper's DiceCE.
    smoothing : float
        See `SoftCrossEntropy`.
    wrong, missed
        See `Tversky`.
    smooth, smallest, absent
        See `OverlapLoss`.
    from_logits, name
        See `SegmentationLoss`.
    """

    def __init__(
        self,
        *,
        alpha: float = 0.1,
        smoothing: float = 0.1,
        wrong: float = 0.7,
        missed: float = 0.7,
        smooth: float = 0.0,
        smallest: float = 1e-7,
        absent: AbsentClasses = "zero",
        from_logits: bool = False,
        name: str = "tverskyce",
    ) -> None:
        pixels = SoftCrossEntropy(smoothing=smoothing, from_logits=from_logits)
        tversky = Tversky(
            wrong=wrong,
            missed=missed,
            smooth=smooth,
            smallest=smallest,
            absent=absent,
            from_logits=from_logits,
        )
        super().__init__(pixels, tversky, alpha=alpha, name=name)
