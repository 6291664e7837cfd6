"""Attention of the Mix Transformer: several heads over the pixels of a map.

Vaswani et al., Attention is all you need, NeurIPS 2017, with keys and values that may come from fewer
pixels than the queries (Xie et al., SegFormer, NeurIPS 2021). The linear maps around it are layers of
their own, see `kerasmodels.encoders.mit`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from kerasmodels.arguments import require_whole
from kerasmodels.errors import ModelError
from kerasmodels.serialization import serializable

if TYPE_CHECKING:
    from keras import KerasTensor

Shape = tuple[int | None, ...]


@serializable()
class HeadedAttention(keras.layers.Layer):
    """Gives every query pixel the mean of all values, weighted by the softmax of query · key.

    It has no weights. The softmax is computed in float32 also under mixed precision.

    Parameters
    ----------
    heads : int
        Groups of channels that attend each by itself; they divide the channels.
    **kwargs
        As for any Keras layer.

    Raises
    ------
    ModelError
        When built, if the heads do not divide the channels or keys and values are not twice as many.
    """

    def __init__(self, heads: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heads = require_whole("heads", heads, 1)

    def build(self, input_shape: list[Shape]) -> None:
        """Check the channels; there is nothing to make."""
        queries, pairs = (shape[-1] for shape in input_shape)
        if queries is None or queries % self.heads or pairs != 2 * queries:
            raise ModelError(
                f"{self.heads} heads cannot split {queries} channels, with {pairs} of keys and values.",
                "Give heads that divide the channels of the queries, and twice those of keys and values.",
            )
        self.built = True

    def call(self, inputs: list[KerasTensor]) -> KerasTensor:
        """Attend.

        Parameters
        ----------
        inputs : list of KerasTensor
            Queries (N, h, w, channels), and keys followed by values (N, h', w', 2 × channels).

        Returns
        -------
        KerasTensor
            (N, h, w, channels).
        """
        queries, pairs = inputs
        _, height, width, channels = queries.shape
        size = channels // self.heads
        keys, values = ops.split(
            ops.reshape(pairs, (-1, self._pixels(pairs), 2 * self.heads, size)), 2, axis=2
        )
        # Scaled before the product, which would leave float16's range sooner than its scaled result.
        queries = ops.reshape(queries * size**-0.5, (-1, height * width, self.heads, size))
        mixed = ops.dot_product_attention(queries, keys, values, scale=1.0)
        return ops.reshape(mixed, (-1, height, width, channels))

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """Shape of the queries."""
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the same layer again."""
        return {**super().get_config(), "heads": self.heads}

    @staticmethod
    def _pixels(x: KerasTensor) -> int:
        return int(x.shape[1] * x.shape[2])
