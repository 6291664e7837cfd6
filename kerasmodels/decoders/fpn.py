"""FPN: a pyramid of maps from deep to shallow, each brought to stride 4, summed.

Lin et al., CVPR 2017, with the segmentation branch of Kirillov et al., Panoptic feature pyramid
networks, CVPR 2019, as segmentation_models.pytorch builds it; layer names are its parameter names with
underscores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from kerasmodels.blocks import FeatureMaps, convolution, enlarge_corner_aligned, he_uniform, upsample
from kerasmodels.heads import segmentation_head

if TYPE_CHECKING:
    from keras import KerasTensor

#: Strides of the pyramid, from deep to shallow.
STRIDES = (32, 16, 8, 4)
#: Channels of the pyramid and of the segmentation branches.
PYRAMID_CHANNELS, BRANCH_CHANNELS = 256, 128


def fpn(maps: FeatureMaps, classes: int) -> KerasTensor:
    """Decode feature maps to logits at the size of the image.

    Parameters
    ----------
    maps : dict of int to KerasTensor
        Feature maps by stride; those of strides 4 to 32 are used.
    classes : int
        Number of classes.

    Returns
    -------
    KerasTensor
        (N, height, width, classes), float32.
    """
    level = _plain(maps[32], name="decoder_p5")
    branches = [_branch(level, 3, name="decoder_seg_blocks_0")]
    for index, stride in enumerate(STRIDES[1:], start=1):
        name = f"decoder_p{5 - index}"
        deeper = upsample(level, 2, name=f"{name}_up", interpolation="nearest")
        level = keras.layers.Add(name=f"{name}_add")([deeper, _plain(maps[stride], name=f"{name}_skip_conv")])
        branches.append(_branch(level, 3 - index, name=f"decoder_seg_blocks_{index}"))
    x = keras.layers.Add(name="decoder_sum")(branches)
    x = keras.layers.SpatialDropout2D(0.2, name="decoder_dropout")(x)
    return segmentation_head(x, classes, size=1, factor=4, corner_aligned=True)


def _plain(x: KerasTensor, *, name: str) -> KerasTensor:
    return convolution(x, PYRAMID_CHANNELS, 1, name=name, bias=True, initializer=he_uniform())


def _branch(x: KerasTensor, enlargements: int, *, name: str) -> KerasTensor:
    """Convolve and enlarge twofold, as often as asked; without enlargement convolve once."""
    for index in range(max(1, enlargements)):
        block = f"{name}_block_{index}"
        x = convolution(x, BRANCH_CHANNELS, 3, name=f"{block}_block_0", initializer=he_uniform())
        x = keras.layers.GroupNormalization(groups=32, epsilon=1e-5, name=f"{block}_block_1")(x)
        x = keras.layers.ReLU(name=f"{block}_block_2")(x)
        if enlargements:
            x = enlarge_corner_aligned(x, 2, name=f"{block}_up")
    return x
