"""PSPNet: the map of stride 8 beside its averages over 1, 2×2, 3×3 and 6×6 bins.

Zhao et al., CVPR 2017, as segmentation_models.pytorch builds it; layer names are its parameter names
with underscores. The encoder's stages below stride 8 are not computed, see `IdleStages`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from kerasmodels.blocks import FeatureMaps, conv_bn_relu, convolution, he_uniform
from kerasmodels.heads import segmentation_head
from kerasmodels.layers import AdaptiveAveragePooling2D, CornerAlignedResize, IdleStages

if TYPE_CHECKING:
    from keras import KerasTensor

#: Bins a side of the four averages.
BINS = (1, 2, 3, 6)
#: Channels before the classifier.
CHANNELS = 512


def pspnet(maps: FeatureMaps, classes: int) -> KerasTensor:
    """Decode feature maps to logits at the size of the image.

    Parameters
    ----------
    maps : dict of int to KerasTensor
        Feature maps by stride; that of stride 8 is used.
    classes : int
        Number of classes.

    Returns
    -------
    KerasTensor
        (N, height, width, classes), float32.
    """
    x = maps[8]
    unused = keras.Model(x, maps[32], name="encoder_idle_stages")
    x = IdleStages(unused, name="encoder_idle")(x)
    pooled = [_average(x, index, name=f"decoder_psp_blocks_{index}_pool") for index in range(len(BINS))]
    x = keras.layers.Concatenate(name="decoder_psp_join")([*pooled, x])
    x = conv_bn_relu(x, CHANNELS, 1, name="decoder_conv")
    x = keras.layers.SpatialDropout2D(0.2, name="decoder_dropout")(x)
    return segmentation_head(x, classes, size=3, factor=8, corner_aligned=True)


def _average(x: KerasTensor, index: int, *, name: str) -> KerasTensor:
    """Average over bins, narrow to a quarter of the channels, enlarge to the map's size."""
    height, width, channels = x.shape[1:]
    bins, narrow = BINS[index], channels // len(BINS)
    x = AdaptiveAveragePooling2D(bins, name=f"{name}_0")(x)
    if bins == 1:
        # One value a channel has nothing to normalize over: a bias instead.
        x = convolution(x, narrow, 1, name=f"{name}_1_0", bias=True, initializer=he_uniform())
        x = keras.layers.ReLU(name=f"{name}_1_relu")(x)
    else:
        x = conv_bn_relu(x, narrow, 1, name=f"{name}_1")
    return CornerAlignedResize(height, width, name=f"{name}_up")(x)
