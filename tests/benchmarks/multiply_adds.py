"""Count the multiply-adds of one forward pass from the shapes of a network's layers.

Counted: convolutions (with their bias) and the matrix products of attention. Not counted: batch norm,
activations, sums, poolings and enlargements, which cost memory traffic rather than arithmetic, and stages
that are kept but never computed. One multiply-add is two floating-point operations.
"""

from __future__ import annotations

from math import prod

import keras


def multiply_adds(model: keras.Model) -> int:
    """Multiply-adds of one image through a functional model whose shapes are known."""
    return sum(_of_layer(layer) for layer in model.layers)


def _of_layer(layer: keras.layers.Layer) -> int:
    """Multiply-adds of one layer."""
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
