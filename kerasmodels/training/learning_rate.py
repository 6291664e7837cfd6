"""Sets the learning rate of every step from a run's schedule."""

from __future__ import annotations

from typing import Any

import keras

from kerasmodels.training.settings import TrainingSettings


class LearningRate(keras.callbacks.Callback):
    """Callback of one epoch.

    The rate depends on the number of the step in the whole run alone, so a run that goes on has the same
    rates as one that was not stopped.

    Parameters
    ----------
    settings : TrainingSettings
        Whose schedule.
    steps : int
        Steps an epoch.
    epoch : int
        Number of the epoch, from 0.
    """

    def __init__(self, settings: TrainingSettings, steps: int, epoch: int) -> None:
        super().__init__()
        self.settings, self.steps, self.epoch = settings, steps, epoch

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Before a step."""
        step = self.epoch * self.steps + batch
        self.model.optimizer.learning_rate = self.settings.rate_at(step, self.settings.epochs * self.steps)
