"""The layers of this package: what its networks need and Keras does not have.

A file of a network names them, so `kerasmodels.export.load_keras` imports this module before it reads one.
"""

from kerasmodels.layers.atrous_conv2d import AtrousConv2D, AtrousDepthwiseConv2D
from kerasmodels.layers.headed_attention import HeadedAttention
from kerasmodels.layers.idle_stages import IdleStages
from kerasmodels.layers.resampling import AdaptiveAveragePooling2D, CornerAlignedResize

__all__ = [
    "AdaptiveAveragePooling2D",
    "AtrousConv2D",
    "AtrousDepthwiseConv2D",
    "CornerAlignedResize",
    "HeadedAttention",
    "IdleStages",
]
