"""N-DecoNet: the last four feature maps, enlarged to one size and summed.

Oh et al., Deep neural networks comparison for MRI segmentation of the brainstem, ISBI 2024, figure 2.
There is no connection between the levels of the decoder. Without the ReLU after each convolution the
whole decoder would be one linear map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from kerasmodels.blocks import FeatureMaps, batch_norm, convolution, upsample
from kerasmodels.heads import segmentation_head

if TYPE_CHECKING:
    from keras import KerasTensor

#: The feature maps it takes, by stride.
STRIDES = (4, 8, 16, 32)

#: Channels of every map before the sum.
CHANNELS = 256


def n_deconet(maps: FeatureMaps, classes: int) -> KerasTensor:
    """Decode feature maps to logits at the size of the image.

    Parameters
    ----------
    maps : dict of int to KerasTensor
        Feature maps by stride; those of strides 4, 8, 16 and 32 are used.
    classes : int
        Number of classes.

    Returns
    -------
    KerasTensor
        (N, height, width, classes), float32.
    """
    enlarged = [
        upsample(project(maps[stride], stride), stride // STRIDES[0], name=f"decoder_stride{stride}_up")
        for stride in STRIDES
    ]
    total = keras.layers.Add(name="decoder_sum")(enlarged)
    return segmentation_head(total, classes, size=1, factor=STRIDES[0])


def project(x: KerasTensor, stride: int) -> KerasTensor:
    """Bring the map of a stride to 256 channels: 1×1 convolution, batch norm, ReLU."""
    x = convolution(x, CHANNELS, 1, name=f"decoder_stride{stride}_conv")
    return batch_norm(x, name=f"decoder_stride{stride}_bn", relu=True)
