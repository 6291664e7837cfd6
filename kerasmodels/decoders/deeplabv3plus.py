"""DeepLabV3+: atrous pyramid at stride 16, joined with the map of stride 4.

Chen et al., Encoder-decoder with atrous separable convolution for semantic image segmentation, ECCV
2018, as segmentation_models.pytorch builds it; layer names are its parameter names with underscores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from kerasmodels.blocks import FeatureMaps, batch_norm, conv_bn_relu, enlarge_corner_aligned
from kerasmodels.decoders.atrous_pyramid import CHANNELS, atrous_pyramid, separable_convolution
from kerasmodels.heads import segmentation_head

if TYPE_CHECKING:
    from keras import KerasTensor

#: Channels that the map of stride 4 is narrowed to.
FINE_CHANNELS = 48


def deeplabv3plus(maps: FeatureMaps, classes: int) -> KerasTensor:
    """Decode feature maps to logits at the size of the image.

    Parameters
    ----------
    maps : dict of int to KerasTensor
        Feature maps by stage; the deepest, whose actual stride is 16, and that of stride 4 are used.
    classes : int
        Number of classes.

    Returns
    -------
    KerasTensor
        (N, height, width, classes), float32.
    """
    coarse = atrous_pyramid(maps[32], separable=True, name="decoder_aspp_0")
    coarse = separable_convolution(coarse, CHANNELS, name="decoder_aspp_1")
    coarse = batch_norm(coarse, name="decoder_aspp_2", relu=True)
    coarse = enlarge_corner_aligned(coarse, 4, name="decoder_up")
    fine = conv_bn_relu(maps[4], FINE_CHANNELS, 1, name="decoder_block1")
    x = keras.layers.Concatenate(name="decoder_join")([coarse, fine])
    x = separable_convolution(x, CHANNELS, name="decoder_block2_0")
    x = batch_norm(x, name="decoder_block2_1", relu=True)
    return segmentation_head(x, classes, size=1, factor=4, corner_aligned=True)
