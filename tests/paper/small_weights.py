"""Weights of a network with eight bits each and a scale for each output channel: a quarter of the size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

_LARGEST = 127


def save_small(model: keras.Model, path: Path) -> None:
    """Write kernels as int8 with a float32 scale along their last axis; what has one axis stays float32."""
    stored = {}
    for number, weight in enumerate(model.get_weights()):
        if weight.ndim < 2:
            stored[f"{number}"] = weight.astype(np.float32)
            continue
        scale = np.abs(weight).max(axis=tuple(range(weight.ndim - 1))) / _LARGEST
        scale[scale == 0] = 1
        stored[f"{number}"] = np.rint(weight / scale).astype(np.int8)
        stored[f"{number}-scale"] = scale.astype(np.float32)
    np.savez_compressed(path, allow_pickle=False, **stored)


def load_small(model: keras.Model, path: Path) -> None:
    """Put stored weights into a network of the same build."""
    with np.load(path) as stored:
        weights = []
        for number in range(len(model.weights)):
            weight = stored[f"{number}"].astype(np.float32)
            scale = f"{number}-scale"
            weights.append(weight * stored[scale] if scale in stored else weight)
    model.set_weights(weights)
