"""ResNet, in torchvision's layout: convolutions without bias, batch norm, projection where sizes change.

He et al., Deep residual learning for image recognition, CVPR 2016. As in torchvision, the stride of a
bottleneck sits in its 3×3 convolution. Layer names are torchvision's parameter names with underscores
and the prefix `encoder_`: `encoder_layer2_0_downsample_0` is its `layer2.0.downsample.0`.

Feature maps are keyed by the stride that their stage has by design. With an `output_stride` of 8 or 16 the
later stages keep that stride and are dilated instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import keras

from kerasmodels.blocks import FeatureMaps, batch_norm, convolution, max_pool

if TYPE_CHECKING:
    from keras import KerasTensor

#: Width of the residual blocks of the four stages.
WIDTHS = (64, 128, 256, 512)


class _Block(Protocol):
    def __call__(self, x: KerasTensor, width: int, stride: int, dilation: int, name: str) -> KerasTensor: ...


def basic_block(x: KerasTensor, width: int, stride: int, dilation: int, name: str) -> KerasTensor:
    """Add two 3×3 convolutions to the map: `width` channels out."""
    y = convolution(x, width, 3, stride=stride, dilation=dilation, name=f"{name}_conv1")
    y = batch_norm(y, name=f"{name}_bn1", relu=True)
    y = convolution(y, width, 3, dilation=dilation, name=f"{name}_conv2")
    y = batch_norm(y, name=f"{name}_bn2")
    return _join(_shortcut(x, width, stride, name), y, name)


def bottleneck(x: KerasTensor, width: int, stride: int, dilation: int, name: str) -> KerasTensor:
    """Add a 1×1, a 3×3 and a widening 1×1 convolution to the map: 4 × `width` channels out."""
    y = convolution(x, width, 1, name=f"{name}_conv1")
    y = batch_norm(y, name=f"{name}_bn1", relu=True)
    y = convolution(y, width, 3, stride=stride, dilation=dilation, name=f"{name}_conv2")
    y = batch_norm(y, name=f"{name}_bn2", relu=True)
    y = convolution(y, 4 * width, 1, name=f"{name}_conv3")
    y = batch_norm(y, name=f"{name}_bn3")
    return _join(_shortcut(x, 4 * width, stride, name), y, name)


def _shortcut(x: KerasTensor, channels: int, stride: int, name: str) -> KerasTensor:
    if stride == 1 and x.shape[-1] == channels:
        return x
    x = convolution(x, channels, 1, stride=stride, name=f"{name}_downsample_0")
    return batch_norm(x, name=f"{name}_downsample_1")


def _join(shortcut: KerasTensor, y: KerasTensor, name: str) -> KerasTensor:
    y = keras.layers.Add(name=f"{name}_add")([shortcut, y])
    return keras.layers.ReLU(name=f"{name}_relu")(y)


def _resnet(
    image: KerasTensor, block: _Block, depths: tuple[int, int, int, int], output_stride: int
) -> FeatureMaps:
    x = convolution(image, 64, 7, stride=2, name="encoder_conv1")
    x = batch_norm(x, name="encoder_bn1", relu=True)
    maps: FeatureMaps = {1: image, 2: x}
    x = max_pool(x, name="encoder_maxpool")
    for stage, (width, depth) in enumerate(zip(WIDTHS, depths, strict=True), start=1):
        # Instead of shrinking the map further, a stage looks at pixels further apart.
        dilation = max(1, 2 ** (stage + 1) // output_stride)
        for index in range(depth):
            stride = 2 if stage > 1 and index == 0 and dilation == 1 else 1
            x = block(x, width, stride, dilation, f"encoder_layer{stage}_{index}")
        maps[2 ** (stage + 1)] = x
    return maps


def resnet18(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """ResNet-18: 64, 64, 128, 256, 512 channels at strides 2, 4, 8, 16, 32."""
    return _resnet(image, basic_block, (2, 2, 2, 2), output_stride)


def resnet34(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """ResNet-34: 64, 64, 128, 256, 512 channels at strides 2, 4, 8, 16, 32."""
    return _resnet(image, basic_block, (3, 4, 6, 3), output_stride)


def resnet50(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """ResNet-50: 64, 256, 512, 1024, 2048 channels at strides 2, 4, 8, 16, 32."""
    return _resnet(image, bottleneck, (3, 4, 6, 3), output_stride)


def resnet101(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """ResNet-101: 64, 256, 512, 1024, 2048 channels at strides 2, 4, 8, 16, 32."""
    return _resnet(image, bottleneck, (3, 4, 23, 3), output_stride)


def resnet152(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """ResNet-152: 64, 256, 512, 1024, 2048 channels at strides 2, 4, 8, 16, 32."""
    return _resnet(image, bottleneck, (3, 8, 36, 3), output_stride)
