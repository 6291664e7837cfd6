"""A network that is trained in a second; as a program it trains itself, and is killed in its second epoch.

Argument: the folder of the run.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import keras
import numpy as np

from kerasmodels.data.augmentation import MILD
from kerasmodels.data.slice_input import SliceInput
from kerasmodels.data.volumes import Volumes
from kerasmodels.layers.idle_stages import IdleStages
from kerasmodels.training.events import BatchDone, TrainingEvent
from kerasmodels.training.fit import fit
from kerasmodels.training.settings import TrainingSettings

SETTINGS = TrainingSettings(epochs=3, batch_size=4, augmentation=MILD, slice_input=SliceInput(size=32))


def tiny(name: str = "tiny", *, dropout: float = 0.2) -> keras.Model:
    """All that a training keeps: weights, statistics of a batch norm, dropout, stages without gradient."""
    keras.utils.set_random_seed(1)
    image = keras.Input((32, 32, 1), name="image")
    x = keras.layers.Conv2D(8, 3, strides=4, padding="same", name="first")(image)
    x = keras.layers.ReLU(name="on")(keras.layers.BatchNormalization(name="norm")(x))
    idle = keras.Input((8, 8, 8))
    stages = keras.Model(idle, keras.layers.Conv2D(4, 1, name="never")(idle), name="stages")
    x = IdleStages(stages, name="idle")(x)
    if dropout:
        x = keras.layers.SpatialDropout2D(dropout, seed=1, name="dropout")(x)
    x = keras.layers.UpSampling2D(4, name="large")(x)
    logits = keras.layers.Conv2D(4, 1, name="logits")(x)
    return keras.Model(image, keras.layers.Softmax(name="probabilities")(logits), name=name)


def learnable() -> Volumes:
    """Three volumes of four slices of 20×20 whose labels can be learnt from the intensity."""
    images = np.random.default_rng(7).random((3, 4, 20, 20), dtype=np.float32)
    return Volumes(images, (images * 4).astype(np.uint8))


def _kill_in_the_second_epoch(event: TrainingEvent) -> None:
    if isinstance(event, BatchDone) and (event.epoch, event.batch) == (2, 2):
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


if __name__ == "__main__":
    fit(tiny(), learnable(), learnable(), SETTINGS, Path(sys.argv[1]), on_event=_kill_in_the_second_epoch)
