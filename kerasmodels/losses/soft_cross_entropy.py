"""Cross entropy with label smoothing, the paper's SoftCE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import ops

from kerasmodels.arguments import require_number
from kerasmodels.losses.segmentation_loss import NetworkOutput, SegmentationLoss
from kerasmodels.serialization import serializable

if TYPE_CHECKING:
    from keras import KerasTensor


@serializable()
class SoftCrossEntropy(SegmentationLoss):
    """Mean over pixels of the cross entropy with smoothed labels.

    Szegedy et al., Rethinking the inception architecture for computer vision, CVPR 2016. The value is
    that of segmentation_models.pytorch's SoftCrossEntropyLoss.

    Parameters
    ----------
    smoothing : float
        Share of each label spread evenly over all classes; 0.1 by default, as in the article that the
        paper cites (the paper itself gives no number).
    from_logits, ignore_label, name
        See `SegmentationLoss`.
    """

    def __init__(
        self,
        *,
        smoothing: float = 0.1,
        from_logits: bool = False,
        ignore_label: int | None = None,
        name: str = "softce",
    ) -> None:
        super().__init__(from_logits=from_logits, ignore_label=ignore_label, name=name)
        self.smoothing = require_number("smoothing", smoothing, 0, 1)

    def value(self, prediction: NetworkOutput, one_hot: KerasTensor) -> KerasTensor:
        """Return the smoothed cross entropy."""
        classes = one_hot.shape[-1]
        smoothed = one_hot * (1.0 - self.smoothing) + self.smoothing / classes
        return -prediction.mean(ops.sum(smoothed * prediction.log_probabilities, axis=-1))

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the same loss again."""
        return {**super().get_config(), "smoothing": self.smoothing}
