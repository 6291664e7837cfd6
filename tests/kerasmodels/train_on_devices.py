"""Train a small network on one and on both of two virtual processors; a child of `test_device_strategy.py`.

Arguments: a folder, and "weighted" or nothing. The runs get the folders 1 and 2 in it, by how many of the
processors they have, and what came out is 1.npz and 2.npz.
"""

from __future__ import annotations

import io
import os
import sys
import zipfile
from pathlib import Path

if os.environ.get("KERAS_BACKEND") == "jax":
    os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"

import keras
import numpy as np

from kerasmodels.data.augmentation import MILD
from kerasmodels.data.slice_input import SliceInput
from kerasmodels.data.volumes import Volumes
from kerasmodels.training.device_strategy import DeviceStrategy
from kerasmodels.training.fit import fit
from kerasmodels.training.settings import TrainingSettings
from tests.kerasmodels.tiny_network import tiny


def two_devices() -> tuple[str, ...]:
    """Names of two virtual processors."""
    if keras.backend.backend() == "jax":
        return tuple(keras.distribution.list_devices("cpu"))
    import tensorflow as tf

    processor = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    return ("CPU:0", "CPU:1")


def train(devices: tuple[str, ...], folder: Path, weighted: bool) -> None:
    """Train an epoch, then go on from its file with another one."""
    images = np.random.default_rng(7).random((2, 7, 20, 20), dtype=np.float32)
    weights = np.random.default_rng(8).random(images.shape, dtype=np.float32) if weighted else None
    volumes = Volumes(images, (images * 4).astype(np.uint8), weights)
    # 14 slices: the last batch is smaller than a device's share of the others. 7 to validate: not even.
    half = Volumes(images[:1], volumes.labels[:1])
    settings = TrainingSettings(
        epochs=2,
        batch_size=4,
        # So low that rounding does not grow: each step sees nearly the same weights.
        learning_rate=1e-6,
        schedule="cosine",
        gradient_clip=0.5,
        augmentation=MILD.model_copy(update={"lowest": -0.5}),
        slice_input=SliceInput(size=32),
    )
    strategy = DeviceStrategy(devices)
    for stop_after in (1, None):
        with strategy.scope():
            model = tiny(dropout=0.0)
        done: list[object] = []
        result = fit(
            model,
            volumes,
            half,
            settings,
            folder,
            on_event=done.append,
            is_cancelled=lambda done=done, stop=stop_after: stop and any(hasattr(e, "best") for e in done),
            strategy=strategy,
        )
    rows = np.array([[row.loss, row.val_loss, row.val_macro_miou] for row in result.history])
    statistics = [layer.moving_variance for layer in model.layers if hasattr(layer, "moving_variance")]
    np.savez(
        folder.with_suffix(".npz"),
        history=rows,
        statistics=np.concatenate([keras.ops.convert_to_numpy(value) for value in statistics]),
        momenta=_momenta(folder / "last.keras"),
    )


def _momenta(path: Path) -> np.ndarray:
    """Adam's means of gradients and of their squares."""
    with (
        zipfile.ZipFile(path) as archive,
        np.load(io.BytesIO(archive.read("kerasmodels/training_variables.npz"))) as packed,
    ):
        return np.concatenate([packed[name].ravel() for name in sorted(packed.files) if packed[name].ndim])


if __name__ == "__main__":
    both = two_devices()
    for count in (1, 2):
        train(both[:count], Path(sys.argv[1]) / str(count), sys.argv[2] == "weighted")
