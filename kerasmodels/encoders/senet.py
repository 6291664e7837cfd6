"""SENet: residual blocks whose channels are weighed by what the whole map holds.

Hu et al., Squeeze-and-excitation networks, CVPR 2018, as segmentation_models.pytorch (and timm, as
`legacy_seresnet50` …) build it, in the layout of the published Caffe weights: the stride of a
SE-ResNet block sits in its first convolution, and the first maximum covers one pixel more at the end
only. Layer names are its parameter names with underscores and the prefix `encoder_`:
`encoder_layer2_0_se_module_fc1` is its `layer2.0.se_module.fc1`.

SENet-154 differs from SE-ResNet by a stem of three convolutions, blocks twice as wide inside with 64
groups, and 3×3 projections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import keras

from kerasmodels.blocks import FeatureMaps, batch_norm, convolution
from kerasmodels.encoders.resnet import WIDTHS

if TYPE_CHECKING:
    from keras import KerasTensor

#: How much the channels are narrowed to weigh them.
REDUCTION = 16
#: Groups of SENet-154's 3×3 convolutions.
GROUPS = 64


class _Block(Protocol):
    def __call__(self, x: KerasTensor, width: int, stride: int, dilation: int, name: str) -> KerasTensor: ...


def se_bottleneck(x: KerasTensor, width: int, stride: int, dilation: int, name: str) -> KerasTensor:
    """SE-ResNet's block, strided in the 1×1 convolution: 4 × `width` channels out."""
    y = convolution(x, width, 1, stride=stride, name=f"{name}_conv1")
    y = batch_norm(y, name=f"{name}_bn1", relu=True)
    y = convolution(y, width, 3, dilation=dilation, name=f"{name}_conv2")
    y = batch_norm(y, name=f"{name}_bn2", relu=True)
    y = convolution(y, 4 * width, 1, name=f"{name}_conv3")
    y = batch_norm(y, name=f"{name}_bn3")
    return _join(_shortcut(x, 4 * width, 1, stride, dilation, name), y, name)


def grouped_bottleneck(x: KerasTensor, width: int, stride: int, dilation: int, name: str) -> KerasTensor:
    """SENet-154's block, strided in its grouped 3×3 convolution: 4 × `width` channels out."""
    y = convolution(x, 2 * width, 1, name=f"{name}_conv1")
    y = batch_norm(y, name=f"{name}_bn1", relu=True)
    y = convolution(y, 4 * width, 3, stride=stride, dilation=dilation, groups=GROUPS, name=f"{name}_conv2")
    y = batch_norm(y, name=f"{name}_bn2", relu=True)
    y = convolution(y, 4 * width, 1, name=f"{name}_conv3")
    y = batch_norm(y, name=f"{name}_bn3")
    # The first stage does not shrink the map, and projects with 1×1.
    size = 1 if width == WIDTHS[0] else 3
    return _join(_shortcut(x, 4 * width, size, stride, dilation, name), y, name)


def _shortcut(x: KerasTensor, channels: int, size: int, stride: int, dilation: int, name: str) -> KerasTensor:
    if stride == 1 and x.shape[-1] == channels:
        return x
    x = convolution(x, channels, size, stride=stride, dilation=dilation, name=f"{name}_downsample_0")
    return batch_norm(x, name=f"{name}_downsample_1")


def _join(shortcut: KerasTensor, y: KerasTensor, name: str) -> KerasTensor:
    y = _weigh_channels(y, name=f"{name}_se_module")
    y = keras.layers.Add(name=f"{name}_add")([y, shortcut])
    return keras.layers.ReLU(name=f"{name}_relu")(y)


def _weigh_channels(x: KerasTensor, *, name: str) -> KerasTensor:
    """Multiply each channel by a weight between 0 and 1, computed from the means of all channels."""
    channels = x.shape[-1]
    weights = keras.layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_avg_pool")(x)
    weights = convolution(weights, channels // REDUCTION, 1, name=f"{name}_fc1", bias=True)
    weights = keras.layers.ReLU(name=f"{name}_relu")(weights)
    weights = convolution(weights, channels, 1, name=f"{name}_fc2", bias=True)
    weights = keras.layers.Activation("sigmoid", name=f"{name}_sigmoid")(weights)
    return keras.layers.Multiply(name=f"{name}_weighted")([x, weights])


def _stem(image: KerasTensor) -> KerasTensor:
    x = convolution(image, 64, 7, stride=2, name="encoder_layer0_conv1")
    return batch_norm(x, name="encoder_layer0_bn1", relu=True)


def _deep_stem(image: KerasTensor) -> KerasTensor:
    """Three 3×3 convolutions instead of one of 7×7."""
    x = image
    for index, (channels, stride) in enumerate(((64, 2), (64, 1), (128, 1)), start=1):
        x = convolution(x, channels, 3, stride=stride, name=f"encoder_layer0_conv{index}")
        x = batch_norm(x, name=f"encoder_layer0_bn{index}", relu=True)
    return x


def _senet(
    image: KerasTensor,
    stem: KerasTensor,
    block: _Block,
    depths: tuple[int, int, int, int],
    output_stride: int,
) -> FeatureMaps:
    maps: FeatureMaps = {1: image, 2: stem}
    # On maps of even size, Keras' `same` adds its one pixel at the end, as PyTorch's ceil_mode does.
    x = keras.layers.MaxPooling2D(3, strides=2, padding="same", name="encoder_layer0_pool")(stem)
    for stage, (width, depth) in enumerate(zip(WIDTHS, depths, strict=True), start=1):
        dilation = max(1, 2 ** (stage + 1) // output_stride)
        for index in range(depth):
            stride = 2 if stage > 1 and index == 0 and dilation == 1 else 1
            x = block(x, width, stride, dilation, f"encoder_layer{stage}_{index}")
        maps[2 ** (stage + 1)] = x
    return maps


def seresnet50(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """SE-ResNet-50: 64, 256, 512, 1024, 2048 channels at strides 2, 4, 8, 16, 32."""
    return _senet(image, _stem(image), se_bottleneck, (3, 4, 6, 3), output_stride)


def seresnet101(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """SE-ResNet-101: 64, 256, 512, 1024, 2048 channels at strides 2, 4, 8, 16, 32."""
    return _senet(image, _stem(image), se_bottleneck, (3, 4, 23, 3), output_stride)


def senet154(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """SENet-154: 128, 256, 512, 1024, 2048 channels at strides 2, 4, 8, 16, 32."""
    return _senet(image, _deep_stem(image), grouped_bottleneck, (3, 8, 36, 3), output_stride)
