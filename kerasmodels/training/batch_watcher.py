"""Watches Keras' batches: tells of each one, stops when asked to, notices a loss that is no number."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import keras

from kerasmodels.training.events import BatchDone, TrainingEvent


class BatchWatcher(keras.callbacks.Callback):
    """Callback of one `fit` call, told before each epoch and validation what begins.

    Parameters
    ----------
    on_event : callable
        Told of every batch.
    is_cancelled : callable
        Asked after every batch.
    epochs : int
        Epochs of the whole run.
    began : float
        `time.monotonic()` when the run was started.
    """

    def __init__(
        self,
        on_event: Callable[[TrainingEvent], None],
        is_cancelled: Callable[[], bool],
        epochs: int,
        began: float,
    ) -> None:
        super().__init__()
        self.on_event, self.is_cancelled = on_event, is_cancelled
        self.epochs, self.began = epochs, began
        self.cancelled = False
        self.epoch = self.batches = 0

    def begin(self, epoch: int, batches: int) -> None:
        """Say which epoch the next batches belong to, and how many there are."""
        self.epoch, self.batches = epoch, batches

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After a training batch."""
        loss = float((logs or {}).get("loss", math.nan))
        self._tell(batch, loss, validating=False)
        if self.cancelled or not math.isfinite(loss):
            self.model.stop_training = True

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After a validation batch."""
        self._tell(batch, math.nan, validating=True)
        if self.cancelled:
            self.model.stop_evaluating = True

    def _tell(self, batch: int, loss: float, *, validating: bool) -> None:
        seconds = time.monotonic() - self.began
        self.on_event(BatchDone(self.epoch, self.epochs, batch + 1, self.batches, loss, seconds, validating))
        self.cancelled = self.cancelled or self.is_cancelled()
