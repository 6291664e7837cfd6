"""Combinations of Keras layers that encoders and decoders share, with PyTorch's arithmetic.

Batch norm has PyTorch's constants (epsilon 1e-5; its momentum 0.1 is Keras' 0.9), and strided
convolutions and poolings pad the same number of pixels on each side, which Keras' `same` does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import keras

from kerasmodels.layers import AtrousConv2D, CornerAlignedResize

if TYPE_CHECKING:
    from keras import KerasTensor

#: Feature maps of an encoder: stride → map. Stride 1 is the image itself.
FeatureMaps = dict[int, "KerasTensor"]

Interpolation = Literal["bilinear", "nearest"]


def he_normal() -> keras.initializers.Initializer:
    """He's normal initialization over the outgoing connections, torchvision's for convolutions."""
    return keras.initializers.VarianceScaling(scale=2.0, mode="fan_out", distribution="untruncated_normal")


def he_uniform() -> keras.initializers.Initializer:
    """He's uniform initialization over the incoming connections: segmentation_models.pytorch's decoders."""
    return keras.initializers.VarianceScaling(scale=2.0, mode="fan_in", distribution="uniform")


def convolution(
    x: KerasTensor,
    filters: int,
    size: int,
    *,
    name: str,
    stride: int = 1,
    dilation: int = 1,
    groups: int = 1,
    bias: bool = False,
    initializer: keras.initializers.Initializer | None = None,
) -> KerasTensor:
    """Convolve with `size // 2 × dilation` pixels of zeros on every side, as PyTorch pads."""
    padding = dilation * (size // 2)
    same = stride == 1 or padding == 0
    if not same:
        x = keras.layers.ZeroPadding2D(padding, name=f"{name}_pad")(x)
    layer = AtrousConv2D if dilation > 1 and same and groups == 1 else keras.layers.Conv2D
    return layer(
        filters,
        size,
        strides=stride,
        padding="same" if same and padding else "valid",
        dilation_rate=dilation,
        groups=groups,
        use_bias=bias,
        kernel_initializer=initializer or he_normal(),
        name=name,
    )(x)


def batch_norm(x: KerasTensor, *, name: str, relu: bool = False) -> KerasTensor:
    """Normalize over the batch with PyTorch's constants, and cut off below zero if asked."""
    x = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=name)(x)
    return keras.layers.ReLU(name=f"{name}_relu")(x) if relu else x


def conv_bn_relu(x: KerasTensor, filters: int, size: int, *, name: str, dilation: int = 1) -> KerasTensor:
    """Convolve, normalize and cut off below zero; the decoders' usual step."""
    x = convolution(x, filters, size, name=f"{name}_0", dilation=dilation, initializer=he_uniform())
    return batch_norm(x, name=f"{name}_1", relu=True)


def max_pool(x: KerasTensor, *, name: str) -> KerasTensor:
    """Take the maximum of 3×3 pixels at every second one.

    The border is filled with zeros, which equals PyTorch's minus infinity because what is pooled comes
    out of a ReLU.
    """
    x = keras.layers.ZeroPadding2D(1, name=f"{name}_pad")(x)
    return keras.layers.MaxPooling2D(3, strides=2, padding="valid", name=name)(x)


def upsample(
    x: KerasTensor,
    factor: int,
    *,
    name: str,
    interpolation: Interpolation = "bilinear",
    dtype: str | None = None,
) -> KerasTensor:
    """Enlarge by a whole factor, with half-pixel centres; factor 1 returns the map itself."""
    if factor == 1:
        return x
    return keras.layers.UpSampling2D(factor, interpolation=interpolation, name=name, dtype=dtype)(x)


def enlarge_corner_aligned(
    x: KerasTensor, factor: int, *, name: str, dtype: str | None = None
) -> KerasTensor:
    """Enlarge bilinearly by a whole factor, the corner pixels staying in place; see `CornerAlignedResize`."""
    _, height, width, _ = x.shape
    return CornerAlignedResize(height * factor, width * factor, name=name, dtype=dtype)(x)
