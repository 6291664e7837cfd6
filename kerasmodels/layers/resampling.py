"""Two ways to resample maps that Keras lacks, as matrix products along rows and columns.

Bilinear with the corner pixels kept in place: segmentation_models.pytorch enlarges so in FPN, PSPNet and
DeepLab (`align_corners=True`), and with half-pixel centres the same weights would give other labels along
every edge. Averages over a number of bins that need not divide the map:
Keras 3.15's own AdaptiveAveragePooling2D fails on maps that are not square.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from kerasmodels.arguments import require_whole
from kerasmodels.serialization import serializable

if TYPE_CHECKING:
    from keras import KerasTensor


@serializable()
class CornerAlignedResize(keras.layers.Layer):
    """Resizes maps (N, h, w, channels) bilinearly; the first and last row and column stay what they are.

    Parameters
    ----------
    height, width : int
        Size of what is returned.
    **kwargs
        As for any Keras layer.
    """

    def __init__(self, height: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.height = require_whole("height", height, 1)
        self.width = require_whole("width", width, 1)

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """Return the resized maps."""
        _, height, width, _ = inputs.shape
        rows = corner_aligned_weights(height, self.height)
        return _weigh(inputs, rows, corner_aligned_weights(width, self.width))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Shape of the resized maps."""
        return (input_shape[0], self.height, self.width, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the same layer again."""
        return {**super().get_config(), "height": self.height, "width": self.width}


@serializable(former_names=["FieldAverage"], former_parameters={"fields": "output_size"})
class AdaptiveAveragePooling2D(keras.layers.Layer):
    """Averages maps (N, h, w, channels) over a number of bins a side; PyTorch's AdaptiveAvgPool2d.

    Parameters
    ----------
    output_size : int
        Bins a side; where they do not divide the map, neighbours overlap by a pixel.
    **kwargs
        As for any Keras layer.
    """

    def __init__(self, output_size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.output_size = require_whole("output_size", output_size, 1)

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """Return the means, (N, output_size, output_size, channels)."""
        _, height, width, _ = inputs.shape
        return _weigh(inputs, *(adaptive_average_weights(side, self.output_size) for side in (height, width)))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Shape of the means."""
        return (input_shape[0], self.output_size, self.output_size, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the same layer again."""
        return {**super().get_config(), "output_size": self.output_size}


def corner_aligned_weights(source: int, target: int) -> NDArray[np.float32]:
    """Weights (target, source) of each source pixel in each target pixel, along one axis."""
    places = np.linspace(0, source - 1, target) if target > 1 else np.zeros(1)
    left = np.minimum(places.astype(np.intp), max(source - 2, 0))
    right = np.minimum(left + 1, source - 1)
    weights = np.zeros((target, source), dtype=np.float32)
    np.add.at(weights, (np.arange(target), left), 1 - (places - left))
    np.add.at(weights, (np.arange(target), right), places - left)
    return weights


def adaptive_average_weights(source: int, bins: int) -> NDArray[np.float32]:
    """Weights (bins, source) of each source pixel in the mean of each bin, along one axis."""
    weights = np.zeros((bins, source), dtype=np.float32)
    for number in range(bins):
        first, last = number * source // bins, -(-(number + 1) * source // bins)
        weights[number, first:last] = 1 / (last - first)
    return weights


def _weigh(x: KerasTensor, rows: NDArray[np.float32], columns: NDArray[np.float32]) -> KerasTensor:
    """Replace rows and columns of maps by weighted sums of them."""
    _, height, width, channels = x.shape
    down, across = (ops.convert_to_tensor(weights, dtype=x.dtype) for weights in (rows, columns))
    x = ops.matmul(down, ops.reshape(x, (-1, height, width * channels)))
    return ops.matmul(across, ops.reshape(x, (-1, len(rows), width, channels)))
