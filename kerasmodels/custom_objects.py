"""Every class of this package that a `.keras` file may name, registered with Keras.

A file names its layers, losses, metrics and schedules; Keras finds those that are not its own only where the
module that defines them has been imported. Importing this module imports all of them, so that a file is read
whatever else its reader has imported. A class with `keras.saving.register_keras_serializable` belongs here
(`tests/kerasmodels/test_custom_objects.py` looks for others).
"""

from __future__ import annotations

from kerasmodels.atrous import AtrousConv2D
from kerasmodels.encoders.mit_attention import HeadedAttention
from kerasmodels.idle_stages import IdleStages
from kerasmodels.losses.compound import DiceCE, DiceFocal, TverskyCE
from kerasmodels.losses.focal import Focal
from kerasmodels.losses.overlap import Dice, Jaccard, Tversky
from kerasmodels.losses.soft_cross_entropy import SoftCrossEntropy
from kerasmodels.metrics.confusion import ConfusionMatrix
from kerasmodels.resampling import CornerAlignedResize, FieldAverage
from kerasmodels.training.learning_rate import WarmCosine

LAYERS = (AtrousConv2D, CornerAlignedResize, FieldAverage, HeadedAttention, IdleStages)
LOSSES = (Dice, DiceCE, DiceFocal, Focal, Jaccard, SoftCrossEntropy, Tversky, TverskyCE)
METRICS = (ConfusionMatrix,)
SCHEDULES = (WarmCosine,)

CUSTOM_OBJECTS: tuple[type, ...] = (*LAYERS, *LOSSES, *METRICS, *SCHEDULES)
