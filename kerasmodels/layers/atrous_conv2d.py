"""Dilated convolutions that multiply no padding.

TensorFlow's own way rearranges the map into dilation² small ones, whose convolution takes up to ten times as
long as what the kernel meets. On a processor with oneDNN one operator does without; elsewhere a kernel wider
than half of the map is a sum over its places: dilated by 36 on a map of 28 pixels it meets padding in all but
its middle. Of a convolution of each channel by itself there is no such operator: for a dilation of 36 a map
of 6 × 6 becomes one of 108 × 108. What the DeepLabs take now stands in ``docs/results/networks.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import keras
from keras import ops

from kerasmodels.serialization import serializable

if TYPE_CHECKING:
    from keras import KerasTensor


@serializable()
class AtrousConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` of stride 1 with padding `same`, and the same numbers, for dilations.

    Weights, their names and their order are those of `keras.layers.Conv2D`. There is one group, and the
    kernel's sides are odd; maps are (N, h, w, channels) with h and w known.
    """

    def convolution_op(self, inputs: KerasTensor, kernel: KerasTensor) -> KerasTensor:
        """Convolve in the way that is quickest here."""
        _, height, width, _ = inputs.shape
        rate = self.dilation_rate
        meets_its_middle_alone = rate[0] >= height and rate[1] >= width
        # Without oneDNN, or with half precision, TensorFlow has no gradient of it on a processor.
        is_float32 = keras.backend.standardize_dtype(inputs.dtype) == "float32"
        if is_float32 and not meets_its_middle_alone and _is_one_operator():
            import tensorflow as tf

            return tf.nn.conv2d(inputs, kernel, strides=1, padding="SAME", dilations=rate)
        if _is_wide(inputs, rate):
            return self._by_places(inputs, kernel)
        return super().convolution_op(inputs, kernel)

    def _by_places(self, inputs: KerasTensor, kernel: KerasTensor) -> KerasTensor:
        """Sum the map, weighed by one place of the kernel, over its places."""

        def weighed(met: KerasTensor, row: int, column: int) -> KerasTensor:
            return ops.conv(met, kernel[row : row + 1, column : column + 1], padding="valid")

        return _sum_of_places(inputs, self.kernel_size, self.dilation_rate, weighed)


@serializable()
class AtrousDepthwiseConv2D(keras.layers.DepthwiseConv2D):
    """`keras.layers.DepthwiseConv2D` of stride 1 with padding `same`, and the same numbers, for dilations.

    Weights, their names and their order are those of `keras.layers.DepthwiseConv2D`. There is one filter a
    channel, and the kernel's sides are odd; maps are (N, h, w, channels) with h and w known.
    """

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """Convolve in the way that is quickest here."""
        if not _is_wide(inputs, self.dilation_rate):
            return super().call(inputs)

        def weighed(met: KerasTensor, row: int, column: int) -> KerasTensor:
            return met * kernel[row, column, :, 0]

        kernel = ops.convert_to_tensor(self.kernel)
        outputs = _sum_of_places(inputs, self.kernel_size, self.dilation_rate, weighed)
        return self.activation(outputs + self.bias if self.use_bias else outputs)


def _is_wide(inputs: KerasTensor, rate: tuple[int, int]) -> bool:
    """Whether a kernel dilated so is wider than half of the map."""
    _, height, width, _ = inputs.shape
    return bool(2 * max(rate) > min(height, width))


def _sum_of_places(
    inputs: KerasTensor,
    size: tuple[int, int],
    rate: tuple[int, int],
    weighed: Callable[[KerasTensor, int, int], KerasTensor],
) -> KerasTensor:
    """Sum what each place of a kernel (row, column) makes of the part of the map that it meets."""
    _, height, width, _ = inputs.shape
    total = None
    for row in range(size[0]):
        above = (row - size[0] // 2) * rate[0]
        for column in range(size[1]):
            left = (column - size[1] // 2) * rate[1]
            if abs(above) >= height or abs(left) >= width:
                continue
            (rows, top), (columns, side) = _meeting(above, height), _meeting(left, width)
            share = ops.pad(weighed(inputs[:, rows, columns, :], row, column), ((0, 0), top, side, (0, 0)))
            total = share if total is None else total + share
    return total


def _meeting(offset: int, length: int) -> tuple[slice, tuple[int, int]]:
    """Pixels that a place of the kernel meets along the map, and the padding of the result."""
    if offset >= 0:
        return slice(offset, length), (0, offset)
    return slice(0, length + offset), (-offset, 0)


@lru_cache(maxsize=1)
def _is_one_operator() -> bool:
    """Whether TensorFlow computes and learns a dilated convolution as one operator, on this processor."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return False

    @tf.function(autograph=False)
    def gradients(image: KerasTensor, kernel: KerasTensor) -> list[KerasTensor]:
        total = tf.reduce_sum(tf.nn.conv2d(image, kernel, strides=1, padding="SAME", dilations=2))
        found: list[KerasTensor] = tf.gradients(total, [image, kernel])
        return found

    try:
        with tf.init_scope():
            gradients(tf.ones((1, 4, 4, 1)), tf.ones((3, 3, 1, 1)))
    except tf.errors.OpError:
        return False
    return True
