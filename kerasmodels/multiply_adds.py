"""Multiply-adds of one forward pass: counted from a network's layers, or looked up before one is built.

Counted: convolutions (with their bias) and the matrix products of attention. Not counted: batch norm,
activations, sums, poolings and enlargements, which cost memory traffic rather than arithmetic, and stages
that are kept but never computed. One multiply-add is two floating-point operations.
"""

from __future__ import annotations

import csv
from functools import cache
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from kerasmodels.arguments import require_network, require_whole
from kerasmodels.names import DECODERS

if TYPE_CHECKING:
    import keras

#: Written by ``tests/benchmarks/write_multiply_adds.py``: 34 classes, one channel, `TABLE_SIZE`.
TABLE = Path(__file__).with_name("multiply_adds.csv")
TABLE_SIZE = 224
#: The decoder that was counted with every encoder, and the encoder with every decoder.
_DECODER, _ENCODER = "n_deconet", "resnet34"
_WHOLE_STRIDE = 32


def expected_multiply_adds(decoder: str, encoder: str, size: int = TABLE_SIZE) -> float | None:
    """Multiply-adds of a slice of `size` × `size` pixels, without loading Keras.

    In proportion to the pixels; another number of channels or classes than 1 and 34 makes no difference worth
    telling. A network that was not counted is estimated from its decoder on another encoder and its encoder
    under another decoder.

    Returns
    -------
    float or None
        None if the table knows its decoder or its encoder not at all.
    """
    table, size = _table(), require_whole("size", size, 1)
    counted: float | None = table.get((decoder, encoder))
    if counted is None:
        on_usual, of_usual = table.get((decoder, _ENCODER)), table.get((_DECODER, encoder))
        if on_usual is None or of_usual is None:
            return None
        counted = _estimate(decoder, on_usual, of_usual, table[_DECODER, _ENCODER])
    return counted * (size / TABLE_SIZE) ** 2


def _estimate(decoder: str, on_usual: int, of_usual: int, usual: int) -> float:
    """Cost by that of the decoder on the usual encoder, and of the usual decoder on the encoder."""
    if DECODERS[decoder].output_stride == _WHOLE_STRIDE and on_usual >= usual:
        # The whole encoder, and what the decoder adds to it: exact for encoders of the same channels.
        return on_usual + of_usual - usual
    # An encoder that is dilated, or used in part: what remains of it is a share.
    return on_usual * of_usual / usual


@cache
def _table() -> dict[tuple[str, str], int]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {(row["decoder"], row["encoder"]): int(row["multiply_adds"]) for row in csv.DictReader(file)}


def count_multiply_adds(model: keras.Model) -> int:
    """Multiply-adds of one image through a functional model whose shapes are known."""
    require_network("model", model)
    return sum(_of_layer(layer) for layer in model.layers)


def _of_layer(layer: keras.layers.Layer) -> int:
    """Multiply-adds of one layer."""
    import keras

    if isinstance(layer, keras.layers.DepthwiseConv2D | keras.layers.Conv2D | keras.layers.Dense):
        # Each number of the result is a sum over the kernel without its axis of filters.
        outputs = prod(layer.output.shape[1:])
        depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
        terms = prod(layer.kernel.shape[:2] if depthwise else layer.kernel.shape[:-1])
        return int(outputs * (terms + bool(layer.use_bias)))
    if isinstance(layer, keras.layers.Dot):
        first = layer.input[0].shape
        axes = (layer.axes, layer.axes) if isinstance(layer.axes, int) else layer.axes
        return int(first[axes[0]] * prod(layer.output.shape[1:]))
    return sum(_of_layer(inner) for inner in getattr(layer, "layers", []))
