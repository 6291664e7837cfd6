"""MA-Net: U-Net with attention over positions at the bottom and over channels at every skip.

As segmentation_models.pytorch builds it (its attention follows Fan et al., MA-Net, IEEE Access 2020);
layer names are its parameter names with underscores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from kerasmodels.blocks import FeatureMaps, conv_bn_relu, convolution, he_uniform, upsample
from kerasmodels.decoders.unet import CHANNELS, SKIP_STRIDES, unet_block
from kerasmodels.heads import segmentation_head

if TYPE_CHECKING:
    from keras import KerasTensor

#: Channels in which positions are compared.
POSITION_CHANNELS = 64
#: How much the channel attention narrows.
REDUCTION = 16


def manet(maps: FeatureMaps, classes: int) -> KerasTensor:
    """Decode feature maps to logits at the size of the image.

    Parameters
    ----------
    maps : dict of int to KerasTensor
        Feature maps by stride; those of strides 2 to 32 are used. Without one of stride 2 (MiT) that step
        is U-Net's: there is nothing to weigh channels against.
    classes : int
        Number of classes.

    Returns
    -------
    KerasTensor
        (N, height, width, classes), float32.
    """
    x = position_attention(maps[32], name="decoder_center")
    for index, channels in enumerate(CHANNELS):
        name = f"decoder_blocks_{index}"
        skip = maps.get(SKIP_STRIDES[index]) if index < len(SKIP_STRIDES) else None
        if skip is None:
            x = unet_block(x, None, channels, name=name)
        else:
            x = _fusion_block(x, skip, channels, name=name)
    return segmentation_head(x, classes, size=3, factor=1)


def position_attention(x: KerasTensor, *, name: str) -> KerasTensor:
    """Mix all positions, each pair weighted by one softmax over all pairs.

    The mixed positions × channels are read as channels × positions without being turned round: the
    published networks do so, and the same weights have to give the same result.
    """
    height, width, channels = x.shape[1:]
    top = _flat(_plain(x, POSITION_CHANNELS, 1, f"{name}_top_conv"), f"{name}_top")
    center = _flat(_plain(x, POSITION_CHANNELS, 1, f"{name}_center_conv"), f"{name}_center")
    bottom = _flat(_plain(x, channels, 3, f"{name}_bottom_conv"), f"{name}_bottom")
    pairs = keras.layers.Dot(axes=2, name=f"{name}_pairs")([center, top])
    pairs = keras.layers.Reshape(((height * width) ** 2,), name=f"{name}_pairs_flat")(pairs)
    pairs = keras.layers.Softmax(name=f"{name}_softmax")(pairs)
    pairs = keras.layers.Reshape((height * width, height * width), name=f"{name}_weights")(pairs)
    mixed = keras.layers.Dot(axes=(2, 1), name=f"{name}_mixed")([pairs, bottom])
    mixed = keras.layers.Reshape((channels, height, width), name=f"{name}_mixed_map")(mixed)
    mixed = keras.layers.Permute((2, 3, 1), name=f"{name}_mixed_channels_last")(mixed)
    return _plain(keras.layers.Add(name=f"{name}_add")([x, mixed]), channels, 3, f"{name}_out_conv")


def _fusion_block(x: KerasTensor, skip: KerasTensor, channels: int, *, name: str) -> KerasTensor:
    """Enlarge twofold and join the encoder's map, channels weighted by what both hold."""
    x = conv_bn_relu(x, x.shape[-1], 3, name=f"{name}_hl_conv_0")
    x = conv_bn_relu(x, skip.shape[-1], 1, name=f"{name}_hl_conv_1")
    x = upsample(x, 2, name=f"{name}_up", interpolation="nearest")
    high = _channel_attention(x, name=f"{name}_SE_hl")
    low = _channel_attention(skip, name=f"{name}_SE_ll")
    weights = keras.layers.Add(name=f"{name}_weights")([high, low])
    x = keras.layers.Multiply(name=f"{name}_weighted")([x, weights])
    x = keras.layers.Concatenate(name=f"{name}_join")([x, skip])
    x = conv_bn_relu(x, channels, 3, name=f"{name}_conv1")
    return conv_bn_relu(x, channels, 3, name=f"{name}_conv2")


def _channel_attention(x: KerasTensor, *, name: str) -> KerasTensor:
    channels = x.shape[-1]
    x = keras.layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_0")(x)
    x = _plain(x, max(1, channels // REDUCTION), 1, f"{name}_1")
    x = keras.layers.ReLU(name=f"{name}_2")(x)
    x = _plain(x, channels, 1, f"{name}_3")
    return keras.layers.Activation("sigmoid", name=f"{name}_4")(x)


def _plain(x: KerasTensor, channels: int, size: int, name: str) -> KerasTensor:
    return convolution(x, channels, size, name=name, bias=True, initializer=he_uniform())


def _flat(x: KerasTensor, name: str) -> KerasTensor:
    """Positions × channels."""
    height, width, channels = x.shape[1:]
    return keras.layers.Reshape((height * width, channels), name=name)(x)
