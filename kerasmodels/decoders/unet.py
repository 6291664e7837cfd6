"""U-Net: enlarged step by step, the encoder's map of each size joined on the way.

Ronneberger et al., MICCAI 2015, as segmentation_models.pytorch builds it; layer names are its
parameter names with underscores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from kerasmodels.blocks import FeatureMaps, conv_bn_relu, upsample
from kerasmodels.heads import segmentation_head

if TYPE_CHECKING:
    from keras import KerasTensor

#: Channels after each of the five enlargements.
CHANNELS = (256, 128, 64, 32, 16)
#: Strides of the maps joined at the first four of them.
SKIP_STRIDES = (16, 8, 4, 2)


def unet(maps: FeatureMaps, classes: int) -> KerasTensor:
    """Decode feature maps to logits at the size of the image.

    Parameters
    ----------
    maps : dict of int to KerasTensor
        Feature maps by stride; those of strides 2 to 32 are used. Without one of stride 2 (MiT) that step
        joins nothing.
    classes : int
        Number of classes.

    Returns
    -------
    KerasTensor
        (N, height, width, classes), float32.
    """
    x = maps[32]
    for index, channels in enumerate(CHANNELS):
        skip = maps.get(SKIP_STRIDES[index]) if index < len(SKIP_STRIDES) else None
        x = unet_block(x, skip, channels, name=f"decoder_blocks_{index}")
    return segmentation_head(x, classes, size=3, factor=1)


def unet_block(x: KerasTensor, skip: KerasTensor | None, channels: int, *, name: str) -> KerasTensor:
    """Enlarge twofold, join the encoder's map if there is one, convolve twice."""
    x = upsample(x, 2, name=f"{name}_up", interpolation="nearest")
    if skip is not None:
        x = keras.layers.Concatenate(name=f"{name}_join")([x, skip])
    x = conv_bn_relu(x, channels, 3, name=f"{name}_conv1")
    return conv_bn_relu(x, channels, 3, name=f"{name}_conv2")
