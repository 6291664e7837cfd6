"""Weights and images by formula, the same in PyTorch and in Keras, so that no weights need to be stored.

Imported by the script that makes the golden values (with PyTorch, without Keras) and by the tests that
check them (with Keras, without PyTorch): it uses NumPy alone.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

#: Height and width of the image: not square, so that a swap of the two shows.
SIZE = (64, 96)
CLASSES = 5
#: Pixels (row, column) whose logits are kept.
POINTS = [(0, 0), (0, 95), (63, 0), (63, 95), (1, 2), (31, 47), (32, 48), (17, 80), (50, 9), (40, 66)]


def image(channels: int = 1) -> NDArray[np.float32]:
    """(1, height, width, channels): waves and noise."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    waves = np.stack([np.sin(x / 7.0) * np.cos(y / 5.0 + channel) for channel in range(channels)], axis=-1)
    noise = np.random.default_rng(5).normal(0, 0.3, (*SIZE, channels))
    return (waves + noise).astype(np.float32)[None]


def weights(name: str, kind: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Values of a tensor.

    Parameters
    ----------
    name : str
        PyTorch's module name with underscores for dots.
    kind : str
        "weight", "bias", "running_mean" or "running_var".
    shape : tuple of int
        PyTorch's shape: convolution kernels are (out, in, height, width).
    """
    draw = np.random.default_rng(zlib.crc32(f"{name}/{kind}".encode()))
    if kind == "running_var":
        values = draw.uniform(0.5, 1.5, shape)
    elif kind == "weight" and len(shape) > 1:
        values = draw.normal(0, np.sqrt(1.5 / np.prod(shape[1:])), shape)
    elif kind == "weight":
        values = draw.uniform(0.7, 1.3, shape)
    else:
        values = draw.normal(0, 0.1, shape)
    return values.astype(np.float32)
