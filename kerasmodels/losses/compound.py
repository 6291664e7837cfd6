"""Sum of a pixel and an overlap loss, as in the paper's equations 1 and 2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras

from kerasmodels.arguments import require, require_number
from kerasmodels.errors import ModelError
from kerasmodels.losses.focal import Focal
from kerasmodels.losses.overlap import Dice, Tversky
from kerasmodels.losses.segmentation_loss import NetworkOutput, SegmentationLoss
from kerasmodels.losses.soft_cross_entropy import SoftCrossEntropy
from kerasmodels.serialization import serializable

if TYPE_CHECKING:
    from keras import KerasTensor


@serializable(former_names=["DiceCE", "DiceFocal", "TverskyCE"])
class CompoundLoss(SegmentationLoss):
    """α × pixel loss + (1 − α) × overlap loss.

    Parameters
    ----------
    pixel_loss : SegmentationLoss
        Measures pixel by pixel, e.g. `SoftCrossEntropy` or `Focal`.
    overlap_loss : SegmentationLoss
        Measures class by class, e.g. `Dice` or `Tversky`.
    alpha : float
        Share of the pixel loss, 0 to 1; 0.1 by default, as in the paper's DiceCE.
    ignore_label : int, optional
        Of the sum, whatever the two parts have; see `SegmentationLoss`.
    name : str
        Name of the loss.

    Raises
    ------
    ModelError
        If a part is no loss, alpha is out of range, or one part takes logits and the other probabilities.

    Examples
    --------
    >>> loss = CompoundLoss(SoftCrossEntropy(smoothing=0.0), Tversky(alpha=0.3, beta=0.7))
    >>> round(float(loss([[[1, 0]]], [[[[0.0, 1.0], [1.0, 0.0]]]])), 6)
    0.0
    """

    def __init__(
        self,
        pixel_loss: SegmentationLoss,
        overlap_loss: SegmentationLoss,
        *,
        alpha: float = 0.1,
        ignore_label: int | None = None,
        name: str = "compound",
    ) -> None:
        for part, loss in {"pixel_loss": pixel_loss, "overlap_loss": overlap_loss}.items():
            require(isinstance(loss, SegmentationLoss), part, loss, "a loss of kerasmodels")
        super().__init__(from_logits=overlap_loss.from_logits, ignore_label=ignore_label, name=name)
        if pixel_loss.from_logits != overlap_loss.from_logits:
            raise ModelError(
                f"Of {pixel_loss.name} and {overlap_loss.name} one takes logits, the other probabilities.",
                "Give both the same from_logits.",
            )
        self.alpha = require_number("alpha", alpha, 0, 1)
        self.pixel_loss = pixel_loss
        self.overlap_loss = overlap_loss

    def value(self, prediction: NetworkOutput, one_hot: KerasTensor) -> KerasTensor:
        """Return the weighted sum."""
        pixels = self.pixel_loss.value(prediction, one_hot)
        return self.alpha * pixels + (1.0 - self.alpha) * self.overlap_loss.value(prediction, one_hot)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the same loss again."""
        parts = {"pixel_loss": self.pixel_loss, "overlap_loss": self.overlap_loss}
        saved = {key: keras.saving.serialize_keras_object(part) for key, part in parts.items()}
        own = {**saved, "alpha": self.alpha, "name": self.name}
        return own if self.ignore_label is None else {**own, "ignore_label": self.ignore_label}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> CompoundLoss:
        """Make the loss again."""
        if "pixel_loss" not in config:
            return cls._from_version_0_1(config)
        parts = {key: config[key] for key in ("pixel_loss", "overlap_loss")}
        made = {key: keras.saving.deserialize_keras_object(part) for key, part in parts.items()}
        return cls(**{**config, **made})

    @classmethod
    def _from_version_0_1(cls, config: Mapping[str, Any]) -> CompoundLoss:
        """Read `DiceCE`, `DiceFocal` or `TverskyCE`: classes with the parameters of both parts."""
        pixel = Focal if "gamma" in config else SoftCrossEntropy
        overlap = Tversky if "wrong" in config else Dice
        parts = (
            kind.from_config({key: config[key] for key in names if key in config})
            for kind, names in (
                (pixel, ("gamma", "class_share", "over_classes", "smoothing", "from_logits")),
                (overlap, ("wrong", "missed", "smooth", "smallest", "absent", "from_logits")),
            )
        )
        return cls(*parts, alpha=config["alpha"], name=config["name"])
