"""How much memory a training step takes, before the first one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

#: Weights, their gradients and Adam's two means.
_COPIES_OF_WEIGHTS = 4

#: Every map is kept for the way back, and has a gradient there; not all of these are alive at one time.
_COPIES_OF_MAPS = 1.3

#: Program and libraries themselves, bytes.
_BASE = 1.2e9


def training_bytes(model: keras.Model, batch_size: int) -> int:
    """Estimate the memory of training a network.

    Counted from the sizes of all feature maps and weights; how near that comes to what is used is measured
    in `tests/benchmarks/benchmark_training_memory.py`.

    Parameters
    ----------
    model : keras.Model
        Built for a fixed image size.
    batch_size : int
        Images a step.

    Returns
    -------
    int
        Bytes, program and libraries included.
    """
    weights = 4 * model.count_params() * _COPIES_OF_WEIGHTS
    return int(_BASE + weights + batch_size * _COPIES_OF_MAPS * _map_bytes(model))


def largest_batch(model: keras.Model, available: int) -> int:
    """Return the largest batch size whose training fits into so many bytes; 0 if none does."""
    left = available - training_bytes(model, 0)
    return max(0, int(left / (_COPIES_OF_MAPS * _map_bytes(model))))


def _map_bytes(model: keras.Model) -> int:
    """Bytes of all layers' outputs for one image."""
    total = 0
    for layer in model._flatten_layers(include_self=False, recursive=True):
        output = getattr(layer, "output", None) if getattr(layer, "_inbound_nodes", None) else None
        if output is None:
            continue
        width = 2 if "16" in str(getattr(layer, "compute_dtype", "")) else 4
        for tensor in output if isinstance(output, list | tuple) else [output]:
            total += width * int(np.prod([size for size in tensor.shape[1:] if size]))
    return total
