"""Every class of this package that a `.keras` file may name; importing this module registers all of them.

A file names its layers, losses, metrics and schedules, and Keras finds those that are not its own only where
the module that defines them has been imported. So a reader of files imports this module, whatever else it has
imported. A class with `kerasmodels.serialization.serializable` belongs here
(`tests/kerasmodels/test_custom_objects.py` looks for others).
"""

from __future__ import annotations

from kerasmodels.layers import (
    AdaptiveAveragePooling2D,
    AtrousConv2D,
    AtrousDepthwiseConv2D,
    CornerAlignedResize,
    HeadedAttention,
    IdleStages,
)
from kerasmodels.losses.compound import CompoundLoss
from kerasmodels.losses.focal import Focal
from kerasmodels.losses.overlap import Dice, Jaccard, Tversky
from kerasmodels.losses.soft_cross_entropy import SoftCrossEntropy
from kerasmodels.metrics.confusion import ConfusionMatrix
from kerasmodels.training.learning_rate import WarmCosine

LAYERS = (
    AdaptiveAveragePooling2D,
    AtrousConv2D,
    AtrousDepthwiseConv2D,
    CornerAlignedResize,
    HeadedAttention,
    IdleStages,
)
LOSSES = (CompoundLoss, Dice, Focal, Jaccard, SoftCrossEntropy, Tversky)
METRICS = (ConfusionMatrix,)
SCHEDULES = (WarmCosine,)

CUSTOM_OBJECTS: tuple[type, ...] = (*LAYERS, *LOSSES, *METRICS, *SCHEDULES)
