"""Train a small network on some of two virtual processors; a child of `test_spread.py`.

Arguments: how many of the two, folder of the run, file for what came out.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if os.environ.get("KERAS_BACKEND") == "jax":
    os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"

import keras
import numpy as np

from kerasmodels import build_model
from kerasmodels.data.augmentation import MILD
from kerasmodels.data.slice_input import SliceInput
from kerasmodels.data.volumes import Volumes
from kerasmodels.training.fit import fit
from kerasmodels.training.settings import TrainingSettings
from kerasmodels.training.spread import Spread


def devices(count: int) -> tuple[str, ...]:
    """Names of the first of two virtual processors."""
    if keras.backend.backend() == "jax":
        return tuple(keras.distribution.list_devices("cpu")[:count])
    import tensorflow as tf

    processor = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    return tuple(f"CPU:{number}" for number in range(count))


def main(count: int, folder: Path, out: Path) -> None:
    """Train two epochs, the first alone and then both, so that the second goes on from the file."""
    images = np.random.default_rng(7).random((2, 7, 20, 20), dtype=np.float32)
    volumes = Volumes(images, (images * 4).astype(np.uint8))
    # 14 slices: the last batch is smaller than a device's share of the others. 7 to validate: not even.
    half = Volumes(images[:1], volumes.labels[:1])
    settings = TrainingSettings(
        epochs=2,
        batch_size=4,
        learning_rate=1e-3,
        schedule="cosine",
        gradient_clip=0.5,
        augmentation=MILD.model_copy(update={"lowest": -0.5}),
        slice_input=SliceInput(size=32),
    )
    spread = Spread(devices(count))
    for stop_after in (1, None):
        with spread.scope():
            model = build_model(encoder="resnet18", classes=4, input_shape=(32, 32, 1), seed=1)
        first = model.get_weights()
        done: list[object] = []
        result = fit(
            model,
            volumes,
            half,
            settings,
            folder,
            on_event=done.append,
            is_cancelled=lambda done=done, stop=stop_after: stop and any(hasattr(e, "best") for e in done),
            spread=spread,
        )
    arrays = {f"weight {i:03d}": weight for i, weight in enumerate(model.get_weights())}
    begun = {f"begun {i:03d}": weight for i, weight in enumerate(first)}
    rows = np.array([[row.loss, row.val_loss, row.val_macro_miou] for row in result.history])
    np.savez(out, history=rows, **arrays, **begun)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
