"""EfficientNet B0 to B4: narrow maps widened inside each block, convolved channel by channel.

Tan & Le, EfficientNet: rethinking model scaling for convolutional neural networks, ICML 2019, as
segmentation_models.pytorch builds it. Layer names are its parameter names with underscores and the prefix
`encoder_`: `encoder__blocks_0__bn1` is its `_blocks.0._bn1`.

Strided convolutions pad as TensorFlow would an image of the size that the variant was designed for, which
is not always one pixel more at the end: the published weights expect it, whatever the size of the image.
Some blocks with a shortcut are left out at random while training (drop connect). The last convolution
before the published classifier is owned but never computed, as in segmentation_models.pytorch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras

from kerasmodels.blocks import FeatureMaps, convolution, he_normal
from kerasmodels.layers.idle_stages import IdleStages

if TYPE_CHECKING:
    from keras import KerasTensor

#: Channels of the stem and of the head, before scaling.
STEM, HEAD = 32, 1280
#: Strides of the maps that come out of blocks.
STRIDES = (4, 8, 16, 32)
#: How often the last block is left out while training; the others in proportion to their place.
DROP_CONNECT = 0.2


@dataclass(frozen=True)
class Stage:
    """Some blocks of one kind; the first of them has the stride and changes the channels."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


#: The seven stages of B0.
STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


@dataclass(frozen=True)
class Variant:
    """What tells one EfficientNet from B0.

    Parameters
    ----------
    width, depth : float
        Factors of the channels and of the repeats of every stage.
    image_size : int
        Side of the images that it was designed for, in pixels.
    outputs : tuple of int
        The blocks, counted from 0, whose results are the maps of strides 4, 8, 16 and 32.
    lite : bool
        EfficientNet-Lite: no squeeze-and-excitation, ReLU6 for swish, and a stem, head, first and last
        stage that are not scaled.
    """

    width: float
    depth: float
    image_size: int
    outputs: tuple[int, int, int, int]
    lite: bool = False


@dataclass(frozen=True)
class Block:
    """One inverted bottleneck: channels in and out, and how it goes from one to the other.

    `padding` is what a strided convolution adds before and after, in pixels.
    """

    kernel: int
    stride: int
    expansion: int
    channels_in: int
    channels: int
    padding: tuple[int, int]


def blocks(variant: Variant) -> list[Block]:
    """List the blocks of a variant, in order."""
    made = []
    channels_in = STEM if variant.lite else scaled(STEM, variant.width)
    size = math.ceil(variant.image_size / 2)
    for place, stage in enumerate(STAGES):
        channels = scaled(stage.channels, variant.width)
        unscaled = variant.lite and place in (0, len(STAGES) - 1)
        repeats = stage.repeats if unscaled else math.ceil(stage.repeats * variant.depth)
        for index in range(repeats):
            stride = stage.stride if index == 0 else 1
            padding = same_padding(size, stage.kernel, stride)
            made.append(Block(stage.kernel, stride, stage.expansion, channels_in, channels, padding))
            channels_in = channels
            size = math.ceil(size / stride)
    return made


def scaled(channels: int, width: float) -> int:
    """Multiply channels by a factor, to a multiple of 8 that is not below nine tenths of the product."""
    wanted = channels * width
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Pixels before and after with which TensorFlow makes ⌈size / stride⌉ pixels of `size`."""
    total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def efficientnet(image: KerasTensor, variant: Variant, output_stride: int = 32) -> FeatureMaps:
    """Encode images with any variant.

    Parameters
    ----------
    image : KerasTensor
        (N, height, width, channels).
    variant : Variant
        Which one.
    output_stride : int
        With 8 or 16, later stages keep that stride and are dilated instead.

    Returns
    -------
    dict of int to KerasTensor
        Maps by the stride that they have by design, 1 (the image) to 32.
    """
    lite = variant.lite
    channels = STEM if lite else scaled(STEM, variant.width)
    x = _pad(image, same_padding(variant.image_size, 3, 2), name="encoder__conv_stem")
    x = keras.layers.Conv2D(
        channels, 3, strides=2, use_bias=False, kernel_initializer=he_normal(), name="encoder__conv_stem"
    )(x)
    x = _activate(_normalize(x, name="encoder__bn0"), lite, name="encoder__bn0")
    maps: FeatureMaps = {1: image, 2: x}
    every = blocks(variant)
    for index, block in enumerate(every):
        stride = next(s for s, last in zip(STRIDES, variant.outputs, strict=True) if index <= last)
        x = inverted_bottleneck(
            x,
            block,
            dilation=max(1, stride // output_stride),
            drop=DROP_CONNECT * index / len(every),
            lite=lite,
            name=f"encoder__blocks_{index}",
        )
        if index in variant.outputs:
            maps[stride] = x
    maps[32] = _with_idle_head(x, HEAD if lite else scaled(HEAD, variant.width))
    return maps


def inverted_bottleneck(
    x: KerasTensor, block: Block, *, dilation: int, drop: float, lite: bool, name: str
) -> KerasTensor:
    """Widen, convolve each channel by itself, weigh the channels, narrow; add what came in if it fits.

    Parameters
    ----------
    x : KerasTensor
        (N, h, w, `block.channels_in`).
    block : Block
        Its sizes.
    dilation : int
        Above 1, the depthwise convolution is dilated and not strided.
    drop : float
        Probability that the block is left out, per image, while training; only if there is a shortcut.
    lite : bool
        ReLU6 for swish, and the channels not weighed.
    name : str
        Prefix of the layers' names.
    """
    shortcut = x
    if block.expansion != 1:
        x = convolution(x, block.channels_in * block.expansion, 1, name=f"{name}__expand_conv")
        x = _activate(_normalize(x, name=f"{name}__bn0"), lite, name=f"{name}__bn0")
    x = _depthwise(x, block, dilation, name=f"{name}__depthwise_conv")
    x = _activate(_normalize(x, name=f"{name}__bn1"), lite, name=f"{name}__bn1")
    if not lite:
        x = _squeeze_excite(x, max(1, block.channels_in // 4), name=f"{name}__se")
    x = convolution(x, block.channels, 1, name=f"{name}__project_conv")
    x = _normalize(x, name=f"{name}__bn2")
    if block.stride != 1 or block.channels_in != block.channels:
        return x
    if drop:
        x = keras.layers.Dropout(drop, noise_shape=(None, 1, 1, 1), name=f"{name}_drop_connect")(x)
    return keras.layers.Add(name=f"{name}_add")([x, shortcut])


def _depthwise(x: KerasTensor, block: Block, dilation: int, *, name: str) -> KerasTensor:
    strided = block.stride > 1 and dilation == 1
    if strided:
        x = _pad(x, block.padding, name=name)
    return keras.layers.DepthwiseConv2D(
        block.kernel,
        strides=block.stride if strided else 1,
        padding="valid" if strided else "same",
        dilation_rate=dilation,
        use_bias=False,
        depthwise_initializer=he_normal(),
        name=name,
    )(x)


def _squeeze_excite(x: KerasTensor, narrow: int, *, name: str) -> KerasTensor:
    """Weigh each channel by what the means of all channels say."""
    weights = keras.layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_mean")(x)
    weights = convolution(weights, narrow, 1, name=f"{name}_reduce", bias=True)
    weights = keras.layers.Activation("silu", name=f"{name}_reduce_swish")(weights)
    weights = convolution(weights, x.shape[-1], 1, name=f"{name}_expand", bias=True)
    weights = keras.layers.Activation("sigmoid", name=f"{name}_expand_sigmoid")(weights)
    return keras.layers.Multiply(name=f"{name}_weighted")([x, weights])


def _normalize(x: KerasTensor, *, name: str) -> KerasTensor:
    return keras.layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=name)(x)


def _activate(x: KerasTensor, lite: bool, *, name: str) -> KerasTensor:
    if lite:
        return keras.layers.ReLU(max_value=6.0, name=f"{name}_relu6")(x)
    return keras.layers.Activation("silu", name=f"{name}_swish")(x)


def _pad(x: KerasTensor, padding: tuple[int, int], *, name: str) -> KerasTensor:
    return keras.layers.ZeroPadding2D((padding, padding), name=f"{name}_pad")(x)


def _with_idle_head(x: KerasTensor, channels: int) -> KerasTensor:
    """Own the convolution before the classifier, which no decoder uses, so that the counts are equal."""
    head = convolution(x, channels, 1, name="encoder__conv_head")
    head = _normalize(head, name="encoder__bn1")
    return IdleStages(keras.Model(x, head, name="encoder_head"), name="encoder_idle_head")(x)


def efficientnetb0(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """EfficientNet-B0: 32, 24, 40, 112, 320 channels at strides 2, 4, 8, 16, 32."""
    return efficientnet(image, Variant(1.0, 1.0, 224, (2, 4, 8, 15)), output_stride)


def efficientnetb1(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """EfficientNet-B1: 32, 24, 40, 112, 320 channels at strides 2, 4, 8, 16, 32."""
    return efficientnet(image, Variant(1.0, 1.1, 240, (4, 7, 15, 22)), output_stride)


def efficientnetb2(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """EfficientNet-B2: 32, 24, 48, 120, 352 channels at strides 2, 4, 8, 16, 32."""
    return efficientnet(image, Variant(1.1, 1.2, 260, (4, 7, 15, 22)), output_stride)


def efficientnetb3(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """EfficientNet-B3: 40, 32, 48, 136, 384 channels at strides 2, 4, 8, 16, 32."""
    return efficientnet(image, Variant(1.2, 1.4, 300, (4, 7, 17, 25)), output_stride)


def efficientnetb4(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """EfficientNet-B4: 48, 32, 56, 160, 448 channels at strides 2, 4, 8, 16, 32."""
    return efficientnet(image, Variant(1.4, 1.8, 380, (5, 9, 21, 31)), output_stride)
