"""U-DecoNet: N-DecoNet with the enlarged deeper map added at every level.

Oh et al., Deep neural networks comparison for MRI segmentation of the brainstem, ISBI 2024: the authors'
test of what U-Net's combination of levels costs. It has no parameters more than N-DecoNet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from kerasmodels.blocks import FeatureMaps, upsample
from kerasmodels.decoders.n_deconet import STRIDES, project
from kerasmodels.heads import segmentation_head

if TYPE_CHECKING:
    from keras import KerasTensor


def u_deconet(maps: FeatureMaps, classes: int) -> KerasTensor:
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
    deepest = STRIDES[-1]
    level = project(maps[deepest], deepest)
    enlarged = [upsample(level, deepest // STRIDES[0], name=f"decoder_stride{deepest}_up")]
    for stride in reversed(STRIDES[:-1]):
        deeper = upsample(level, 2, name=f"decoder_stride{stride}_deeper_up")
        level = keras.layers.Add(name=f"decoder_stride{stride}_add")([project(maps[stride], stride), deeper])
        enlarged.append(upsample(level, stride // STRIDES[0], name=f"decoder_stride{stride}_up"))
    total = keras.layers.Add(name="decoder_sum")(enlarged)
    return segmentation_head(total, classes, size=1, factor=STRIDES[0])
