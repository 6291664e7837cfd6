"""Dilated convolution as a sum over the kernel's places, each where it meets the map.

A kernel dilated by 36 on a map of 28 pixels meets padding in all places but its middle. Computed as any other
convolution that padding is multiplied too, and by TensorFlow most of all, which rearranges the map into
dilation² small ones. What DeepLabV3 takes now stands in ``docs/results/networks.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
from keras import ops

from kerasmodels.serialization import serializable

if TYPE_CHECKING:
    from keras import KerasTensor


@serializable()
class AtrousConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` of stride 1 with padding `same`, and the same numbers, for wide dilations.

    Weights, their names and their order are those of `keras.layers.Conv2D`. There is one group, and the
    kernel's sides are odd; maps are (N, h, w, channels) with h and w known.
    """

    def convolution_op(self, inputs: KerasTensor, kernel: KerasTensor) -> KerasTensor:
        """Sum the map, weighed by one place of the kernel, over its places."""
        _, height, width, _ = inputs.shape
        total = None
        for row in range(kernel.shape[0]):
            above = (row - kernel.shape[0] // 2) * self.dilation_rate[0]
            for column in range(kernel.shape[1]):
                left = (column - kernel.shape[1] // 2) * self.dilation_rate[1]
                if abs(above) >= height or abs(left) >= width:
                    continue
                (rows, top), (columns, side) = _meeting(above, height), _meeting(left, width)
                met = inputs[:, rows, columns, :]
                share = ops.conv(met, kernel[row : row + 1, column : column + 1], padding="valid")
                share = ops.pad(share, ((0, 0), top, side, (0, 0)))
                total = share if total is None else total + share
        return total


def _meeting(offset: int, length: int) -> tuple[slice, tuple[int, int]]:
    """Pixels that a place of the kernel meets along the map, and the padding of the result."""
    if offset >= 0:
        return slice(offset, length), (0, offset)
    return slice(0, length + offset), (-offset, 0)
