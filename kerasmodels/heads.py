"""The last layers of every decoder: classifier and enlargement to the size of the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from kerasmodels.blocks import enlarge_corner_aligned, upsample

if TYPE_CHECKING:
    from keras import KerasTensor


def segmentation_head(
    x: KerasTensor, classes: int, *, size: int, factor: int, corner_aligned: bool = False
) -> KerasTensor:
    """Classify every pixel, then enlarge the logits to the size of the image.

    The classifier runs on the small map: both steps are linear, and the large one would cost more.

    Parameters
    ----------
    x : KerasTensor
        (N, h, w, channels).
    classes : int
        Number of classes.
    size : int
        Side of the classifying convolution.
    factor : int
        How many times smaller than the image `x` is.
    corner_aligned : bool
        Whether the corner pixels stay in place when the logits are enlarged; else half-pixel centres.

    Returns
    -------
    KerasTensor
        Logits, float32, (N, h·factor, w·factor, classes), from the layer `logits`.
    """
    x = keras.layers.Conv2D(
        classes,
        size,
        padding="same" if size > 1 else "valid",
        dtype="float32",
        name="logits" if factor == 1 else "classifier",
    )(x)
    enlarge = enlarge_corner_aligned if corner_aligned else upsample
    return enlarge(x, factor, name="logits", dtype="float32")
