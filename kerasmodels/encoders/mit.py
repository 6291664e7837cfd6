"""Mix Transformer, the encoder of SegFormer, in segmentation_models.pytorch's layout.

Xie et al., SegFormer: simple and efficient design for semantic segmentation with transformers, NeurIPS
2021. Each stage embeds overlapping patches, then mixes pixels by attention, whose keys and values come
from a map made smaller first, and mixes channels by two linear maps with a depthwise convolution between
them. Layer names are PyTorch's parameter names with underscores and the prefix `encoder_`:
`encoder_block2_0_attn_kv` is `encoder.block2.0.attn.kv`. Linear maps are 1×1 convolutions here: the same
numbers, with two axes of length 1 more.

There are four stages, of strides 4, 8, 16 and 32, and no map of stride 2. What the decoders do about it:

| decoder | without a map of stride 2 |
|---|---|
| n_deconet, u_deconet, fpn | nothing changes, they start at stride 4 |
| unet | the step from stride 4 to 2 joins nothing and only convolves |
| manet | the same: U-Net's step there, without channel attention |
| unetplusplus | the nodes of stride 2 beside the last are left out, the last joins nothing |
| pspnet | nothing changes, it uses stride 8 alone; deeper stages are kept idle |
| deeplabv3, deeplabv3plus | nothing changes, they use strides 32 and 4; the later stages are dilated |

All as in segmentation_models.pytorch, whose UNet++ decoder can do this though its network refuses it.

With an `output_stride` of 8 or 16 the later stages keep that stride: their patch embedding and depthwise
convolutions are dilated instead, and so is the convolution that makes keys and values smaller, which then
does not: with deeplabv3 every pixel of the third stage attends to all, at 224×224 784 to 900 (the border
of zeros counts). That is costly, and the attention itself needs no dilation; it is what
segmentation_models.pytorch computes from the same weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras

from kerasmodels.blocks import FeatureMaps, convolution, he_normal
from kerasmodels.layers.headed_attention import HeadedAttention

if TYPE_CHECKING:
    from keras import KerasTensor

#: Of the four stages: attention heads, and how many times smaller the map is that keys and values come from.
HEADS, REDUCTIONS = (1, 2, 5, 8), (8, 4, 2, 1)
#: The linear map in the middle of a block is this many times wider.
EXPANSION = 4
#: Share of samples that skip the last block in training; it rises evenly from nothing at the first.
DROP_PATH = 0.1

#: Channels of the four stages.
SMALL, LARGE = (32, 64, 160, 256), (64, 128, 320, 512)

Four = tuple[int, int, int, int]


@dataclass(frozen=True)
class _Stage:
    """What the blocks of one stage have in common."""

    width: int
    heads: int
    reduction: int
    dilation: int


def mix_transformer(image: KerasTensor, widths: Four, depths: Four, output_stride: int = 32) -> FeatureMaps:
    """Encode an image.

    Parameters
    ----------
    image : KerasTensor
        (N, height, width, channels).
    widths, depths : tuple of int
        Channels and blocks of the four stages; the stages' heads, 1, 2, 5 and 8, divide the channels.
    output_stride : int
        32, or 16 or 8 to dilate the stages that would be deeper.

    Returns
    -------
    dict of int to KerasTensor
        The image as stride 1, and maps by the strides 4, 8, 16 and 32 that they have by design.
    """
    x, maps, done = image, {1: image}, 0
    for index, depth in enumerate(depths):
        design = 4 * 2**index
        stage = _Stage(widths[index], HEADS[index], REDUCTIONS[index], max(1, design // output_stride))
        x = _patch_embedding(x, stage, index)
        for block in range(depth):
            drop = DROP_PATH * (done + block) / (sum(depths) - 1)
            x = _block(x, stage, drop, f"encoder_block{index + 1}_{block}")
        x = _layer_norm(x, f"encoder_norm{index + 1}")
        done += depth
        maps[design] = x
    return maps


def _patch_embedding(x: KerasTensor, stage: _Stage, index: int) -> KerasTensor:
    """Convolve overlapping patches of the map, 4 pixels apart in the first stage, then 2."""
    name = f"encoder_patch_embed{index + 1}"
    size, stride = (7, 4) if index == 0 else (3, 2)
    if stage.dilation > 1:
        stride = 1
    x = convolution(
        x, stage.width, size, stride=stride, dilation=stage.dilation, bias=True, name=f"{name}_proj"
    )
    return _layer_norm(x, f"{name}_norm", epsilon=1e-5)


def _block(x: KerasTensor, stage: _Stage, drop: float, name: str) -> KerasTensor:
    """Add attention over the pixels, then the feed-forward part."""
    y = _attention(_layer_norm(x, f"{name}_norm1"), stage, f"{name}_attn")
    x = _residual(x, y, drop, f"{name}_attn")
    y = _feed_forward(_layer_norm(x, f"{name}_norm2"), stage, f"{name}_mlp")
    return _residual(x, y, drop, f"{name}_mlp")


def _attention(x: KerasTensor, stage: _Stage, name: str) -> KerasTensor:
    queries = _linear(x, stage.width, f"{name}_q")
    source = x
    if stage.reduction > 1:
        source = _layer_norm(_reduce(x, stage, f"{name}_sr"), f"{name}_norm", epsilon=1e-5)
    pairs = _linear(source, 2 * stage.width, f"{name}_kv")
    mixed = HeadedAttention(stage.heads, name=f"{name}_heads")([queries, pairs])
    return _linear(mixed, stage.width, f"{name}_proj")


def _reduce(x: KerasTensor, stage: _Stage, name: str) -> KerasTensor:
    """Make the map smaller by one convolution of fields that touch; in a dilated stage, dilate it."""
    stride = stage.reduction
    if stage.dilation > 1:
        stride = 1
        x = keras.layers.ZeroPadding2D(stage.reduction // 2 * stage.dilation, name=f"{name}_pad")(x)
    return keras.layers.Conv2D(
        stage.width,
        stage.reduction,
        strides=stride,
        dilation_rate=stage.dilation,
        kernel_initializer=he_normal(),
        name=name,
    )(x)


def _feed_forward(x: KerasTensor, stage: _Stage, name: str) -> KerasTensor:
    """Widen, convolve each channel by itself, narrow again (Mix-FFN)."""
    x = _linear(x, EXPANSION * stage.width, f"{name}_fc1")
    x = keras.layers.DepthwiseConv2D(
        3,
        padding="same",
        dilation_rate=stage.dilation,
        # Each channel has nine outgoing connections; Keras counts those of all channels.
        depthwise_initializer=keras.initializers.RandomNormal(stddev=(2 / 9) ** 0.5),
        name=f"{name}_dwconv_dwconv",
    )(x)
    x = keras.layers.Activation("gelu", name=f"{name}_act")(x)
    return _linear(x, stage.width, f"{name}_fc2")


def _residual(x: KerasTensor, y: KerasTensor, drop: float, name: str) -> KerasTensor:
    """Add y to x; in training, in a share `drop` of the samples not (stochastic depth)."""
    if drop > 0:
        y = keras.layers.Dropout(drop, noise_shape=(None, 1, 1, 1), name=f"{name}_drop_path")(y)
    return keras.layers.Add(name=f"{name}_add")([x, y])


def _linear(x: KerasTensor, channels: int, name: str) -> KerasTensor:
    initializer = keras.initializers.RandomNormal(stddev=0.02)
    return convolution(x, channels, 1, bias=True, initializer=initializer, name=name)


def _layer_norm(x: KerasTensor, name: str, epsilon: float = 1e-6) -> KerasTensor:
    """Normalize every pixel over its channels."""
    return keras.layers.LayerNormalization(epsilon=epsilon, name=name)(x)


def mit_b0(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """MiT-B0: 32, 64, 160, 256 channels at strides 4, 8, 16, 32, in 2, 2, 2, 2 blocks."""
    return mix_transformer(image, SMALL, (2, 2, 2, 2), output_stride)


def mit_b1(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """MiT-B1: 64, 128, 320, 512 channels at strides 4, 8, 16, 32, in 2, 2, 2, 2 blocks."""
    return mix_transformer(image, LARGE, (2, 2, 2, 2), output_stride)


def mit_b2(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """MiT-B2: 64, 128, 320, 512 channels at strides 4, 8, 16, 32, in 3, 4, 6, 3 blocks."""
    return mix_transformer(image, LARGE, (3, 4, 6, 3), output_stride)


def mit_b3(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """MiT-B3: 64, 128, 320, 512 channels at strides 4, 8, 16, 32, in 3, 4, 18, 3 blocks."""
    return mix_transformer(image, LARGE, (3, 4, 18, 3), output_stride)


def mit_b4(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """MiT-B4: 64, 128, 320, 512 channels at strides 4, 8, 16, 32, in 3, 8, 27, 3 blocks."""
    return mix_transformer(image, LARGE, (3, 8, 27, 3), output_stride)


def mit_b5(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """MiT-B5: 64, 128, 320, 512 channels at strides 4, 8, 16, 32, in 3, 6, 40, 3 blocks."""
    return mix_transformer(image, LARGE, (3, 6, 40, 3), output_stride)
