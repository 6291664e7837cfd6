"""Resizing of slices in NumPy, as `tf.image.resize` and `keras.ops.image.resize` do it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=4)
def bilinear_matrix(size: int, target: int) -> NDArray[np.float32]:
    """Matrix (target, size) that resizes a line bilinearly, half-pixel centres, edges held."""
    centres = np.clip((np.arange(target) + 0.5) * size / target - 0.5, 0, size - 1)
    lower = np.minimum(centres.astype(int), size - 2)
    upper_weight = centres - lower
    matrix = np.zeros((target, size))
    rows = np.arange(target)
    matrix[rows, lower] = 1 - upper_weight
    matrix[rows, lower + 1] = upper_weight
    return matrix.astype(np.float32)


def nearest_indices(size: int, target: int) -> NDArray[np.intp]:
    """Pixel (target,) of a line that each pixel of the resized one is taken from."""
    centres = (np.arange(target) + 0.5) * size / target
    return np.minimum(np.floor(centres), size - 1).astype(np.intp)
