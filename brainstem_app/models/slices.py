"""Between the ``box`` and the network: 73 axial slices, enlarged, and probabilities back.

A slice is ``box[:, :, k]``: the first axis (x, from the patient's left to right) is the image's height, the
second (y, from posterior to anterior) its width, in training as in prediction.

Enlarging is bilinear with half-pixel centres, the same as ``keras.ops.image.resize`` and ``tf.image.resize``.
The way back is the mean over the area of each pixel: enlarged probabilities are smooth, and a mean over all
of them (4.48 × 4.48 at 224) keeps their sum and uses every one, where bilinear sampling would read four.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from brainstem_app.imaging.spaces import BOX_SHAPE, SLICE_SIZE
from kerasmodels.data.resizing import bilinear_matrix

FloatArray = NDArray[np.float32]
Scalar = TypeVar("Scalar", bound=np.generic)


def box_to_slices(box: NDArray[Scalar]) -> NDArray[Scalar]:
    """Axial slices (73, 50, 50) of a box (50, 50, 73), from below upwards, same dtype."""
    return np.ascontiguousarray(np.moveaxis(box, 2, 0))


@lru_cache(maxsize=4)
def area_matrix(size: int, target: int) -> FloatArray:
    """Matrix (target, size) that shrinks a line: each target pixel is the mean over its own area."""
    edges = np.arange(target + 1) * size / target
    pixels = np.arange(size)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    matrix = np.maximum(overlap, 0)
    shares: FloatArray = (matrix / matrix.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def enlarge(slices: FloatArray, target: int = SLICE_SIZE) -> FloatArray:
    """Enlarge slices (S, H, W, C) to the network's input (S, target, target, C), float32."""
    wide = _along(slices, bilinear_matrix(slices.shape[2], target), axis=2)
    return _along(wide, bilinear_matrix(slices.shape[1], target), axis=1)


def shrink(probabilities: FloatArray, target: int = BOX_SHAPE[0]) -> FloatArray:
    """Shrink probabilities (S, H, W, K) to (S, target, target, K), float32; sums over K stay."""
    narrow = _along(probabilities, area_matrix(probabilities.shape[2], target), axis=2)
    return _along(narrow, area_matrix(probabilities.shape[1], target), axis=1)


def _along(volume: FloatArray, matrix: FloatArray, axis: int) -> FloatArray:
    """Multiply one axis of a volume (S, H, W, C) by a matrix whose rows hold a few weights side by side.

    A product by BLAS takes several times the processor time: its threads spin for a while after each one.
    """
    first = (matrix != 0).argmax(axis=1)
    size = matrix.shape[1]
    shape = list(volume.shape)
    shape[axis] = len(matrix)
    result = np.zeros(shape, dtype=np.float32)
    for step in range(int((matrix != 0).sum(axis=1).max())):
        place = np.minimum(first + step, size - 1)
        weights = np.where(first + step < size, matrix[np.arange(len(matrix)), place], np.float32(0))
        part = volume.take(place, axis)
        part *= weights.reshape(-1, *(1,) * (volume.ndim - axis - 1))
        result += part
    return result
