"""The learning rate of every step, computed where the steps are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from kerasmodels.arguments import require_number, require_whole
from kerasmodels.serialization import serializable

if TYPE_CHECKING:
    from keras import KerasTensor

#: Share of a cosine schedule in which the learning rate rises.
WARM_UP = 0.05


@serializable()
class WarmCosine(keras.optimizers.schedules.LearningRateSchedule):
    """Rises for a twentieth of all steps, then falls to nothing along half a cosine.

    Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, ICLR 2017. The rate depends
    on the number of the step in the whole run alone, which the optimizer counts and its file keeps.

    Parameters
    ----------
    highest : float
        The largest rate.
    steps : int
        Steps of the whole run.
    """

    def __init__(self, highest: float, steps: int) -> None:
        self.highest = require_number("highest", highest, 0)
        self.steps = require_whole("steps", steps, 1)

    def __call__(self, step: KerasTensor) -> KerasTensor:
        """Return the rate of a step, counted from 0."""
        step = ops.cast(step, "float32")
        warm = max(1, round(WARM_UP * self.steps))
        fallen = (step - warm) / max(1, self.steps - warm)
        cosine = 0.5 * (1.0 + ops.cos(math.pi * fallen))
        return self.highest * ops.where(step < warm, (step + 1.0) / warm, cosine)

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the same schedule again."""
        return {"highest": self.highest, "steps": self.steps}
