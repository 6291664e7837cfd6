"""Atrous spatial pyramid pooling: one map seen through convolutions of several widths, and as a whole.

Chen et al., Rethinking atrous convolution for semantic image segmentation, 2017, as
segmentation_models.pytorch builds it; both DeepLabs use it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from kerasmodels.blocks import batch_norm, conv_bn_relu, convolution, he_uniform
from kerasmodels.layers import AtrousDepthwiseConv2D

if TYPE_CHECKING:
    from keras import KerasTensor

#: Dilations of the three wide convolutions.
RATES = (12, 24, 36)
#: Channels of every branch and of the result.
CHANNELS = 256
#: Share of values of the result that training leaves out.
DROPOUT = 0.5


def atrous_pyramid(x: KerasTensor, *, separable: bool, name: str) -> KerasTensor:
    """Join a 1×1 convolution, three dilated ones and the mean, and narrow to 256 channels.

    Parameters
    ----------
    x : KerasTensor
        The deepest map.
    separable : bool
        Whether the dilated convolutions are depthwise separable.
    name : str
        Prefix of the layers' names.

    Returns
    -------
    KerasTensor
        Of the size of x, 256 channels.
    """
    branches = [conv_bn_relu(x, CHANNELS, 1, name=f"{name}_convs_0")]
    for index, rate in enumerate(RATES, start=1):
        branch = f"{name}_convs_{index}"
        if separable:
            y = separable_convolution(x, CHANNELS, name=f"{branch}_0", dilation=rate)
            branches.append(batch_norm(y, name=f"{branch}_1", relu=True))
        else:
            branches.append(conv_bn_relu(x, CHANNELS, 3, name=branch, dilation=rate))
    branches.append(_whole(x, name=f"{name}_convs_4"))
    x = keras.layers.Concatenate(name=f"{name}_join")(branches)
    x = conv_bn_relu(x, CHANNELS, 1, name=f"{name}_project")
    return keras.layers.Dropout(DROPOUT, name=f"{name}_project_3")(x)


def separable_convolution(x: KerasTensor, filters: int, *, name: str, dilation: int = 1) -> KerasTensor:
    """Convolve each channel by itself, 3×3, then mix them."""
    layer = AtrousDepthwiseConv2D if dilation > 1 else keras.layers.DepthwiseConv2D
    x = layer(
        3,
        padding="same",
        dilation_rate=dilation,
        use_bias=False,
        # Each channel has nine incoming connections; Keras counts those of all channels.
        depthwise_initializer=keras.initializers.VarianceScaling(
            scale=2.0 * x.shape[-1], mode="fan_in", distribution="uniform"
        ),
        name=f"{name}_0",
    )(x)
    return convolution(x, filters, 1, name=f"{name}_1", initializer=he_uniform())


def _whole(x: KerasTensor, *, name: str) -> KerasTensor:
    """Put the mean over the map, narrowed, at every place."""
    height, width = x.shape[1:3]
    x = keras.layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_0")(x)
    x = convolution(x, CHANNELS, 1, name=f"{name}_1", initializer=he_uniform())
    x = batch_norm(x, name=f"{name}_2", relu=True)
    return keras.layers.UpSampling2D((height, width), name=f"{name}_up")(x)
