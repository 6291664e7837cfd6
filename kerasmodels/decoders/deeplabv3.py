"""DeepLabV3: atrous pyramid on an encoder whose last two stages keep stride 8.

Chen et al., Rethinking atrous convolution for semantic image segmentation, 2017, as
segmentation_models.pytorch builds it; layer names are its parameter names with underscores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasmodels.blocks import FeatureMaps, batch_norm, convolution, he_uniform
from kerasmodels.decoders.atrous_pyramid import CHANNELS, atrous_pyramid
from kerasmodels.heads import segmentation_head

if TYPE_CHECKING:
    from keras import KerasTensor


def deeplabv3(maps: FeatureMaps, classes: int) -> KerasTensor:
    """Decode feature maps to logits at the size of the image.

    Parameters
    ----------
    maps : dict of int to KerasTensor
        Feature maps by stage; the deepest is used, whose actual stride is 8.
    classes : int
        Number of classes.

    Returns
    -------
    KerasTensor
        (N, height, width, classes), float32.
    """
    x = atrous_pyramid(maps[32], separable=False, name="decoder_aspp")
    x = convolution(x, CHANNELS, 3, name="decoder_conv", initializer=he_uniform())
    x = batch_norm(x, name="decoder_bn", relu=True)
    return segmentation_head(x, classes, size=1, factor=8, corner_aligned=True)
