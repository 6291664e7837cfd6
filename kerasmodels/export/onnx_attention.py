"""How the layers of the Mix Transformer are written in ONNX: attention, layer norm, GELU.

Maps are channels-first here, as in `kerasmodels.export.onnx_layers`, whose table these belong to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from kerasmodels.export.onnx_graph import OnnxGraph


def headed_attention(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    """Write a `HeadedAttention`; inputs are queries, and keys followed by values."""
    queries, pairs = inputs
    _, height, width, channels = layer.output.shape
    name, heads, size = layer.name, layer.heads, channels // layer.heads
    queries = graph.node("Reshape", [queries, _axes(graph, f"{name}_q", 0, heads, size, -1)], f"{name}_q")
    queries = graph.node("Transpose", [queries], f"{name}_q_turned", perm=[0, 1, 3, 2])
    scale = graph.exact(f"{name}_scale", np.array(size**-0.5, dtype=np.float32))
    queries = graph.node("Mul", [queries, scale], f"{name}_q_scaled")
    pairs = graph.node("Reshape", [pairs, _axes(graph, f"{name}_kv", 0, 2 * heads, size, -1)], f"{name}_kv")
    keys = _heads(graph, pairs, 0, heads, f"{name}_k")
    values = _heads(graph, pairs, heads, 2 * heads, f"{name}_v")
    values = graph.node("Transpose", [values], f"{name}_v_turned", perm=[0, 1, 3, 2])
    weights = graph.node("MatMul", [queries, keys], f"{name}_pairs")
    weights = graph.node("Softmax", [weights], f"{name}_weights", axis=-1)
    mixed = graph.node("MatMul", [weights, values], f"{name}_mixed")
    mixed = graph.node("Transpose", [mixed], f"{name}_channels_first", perm=[0, 1, 3, 2])
    return graph.node("Reshape", [mixed, _axes(graph, name, 0, channels, height, width)], name)


def layer_norm(
    graph: OnnxGraph, layer: Any, x: str, gamma: NDArray[np.float32], beta: NDArray[np.float32]
) -> str:
    """Write a layer norm over the channels of a map, or over the last axis of anything else."""
    name, is_map = layer.name, len(layer.output.shape) == 4
    if is_map:
        x = graph.node("Transpose", [x], f"{name}_last", perm=[0, 2, 3, 1])
    weights = [graph.weight(f"{name}_gamma", gamma), graph.weight(f"{name}_beta", beta)]
    x = graph.node("LayerNormalization", [x, *weights], name, axis=-1, epsilon=layer.epsilon)
    return graph.node("Transpose", [x], f"{name}_first", perm=[0, 3, 1, 2]) if is_map else x


def gelu(graph: OnnxGraph, x: str, name: str) -> str:
    """Write the exact GELU, x · (1 + erf(x / √2)) / 2."""
    root, one, half = (
        graph.exact(f"{name}_{key}", np.array(value, dtype=np.float32))
        for key, value in (("root", 2**0.5), ("one", 1.0), ("half", 0.5))
    )
    below = graph.node("Erf", [graph.node("Div", [x, root], f"{name}_scaled")], f"{name}_erf")
    below = graph.node("Add", [below, one], f"{name}_below")
    return graph.node("Mul", [graph.node("Mul", [x, below], f"{name}_twice"), half], name)


def _heads(graph: OnnxGraph, pairs: str, first: int, last: int, name: str) -> str:
    """Cut heads `first` to `last` out of those of keys and values."""
    ends = [
        graph.exact(f"{name}_{key}", np.array([value], dtype=np.int64))
        for key, value in (("first", first), ("last", last), ("axis", 1))
    ]
    return graph.node("Slice", [pairs, *ends], name)


def _axes(graph: OnnxGraph, name: str, *axes: int) -> str:
    """Add the axes of a Reshape: 0 keeps one as it is, -1 is what is left."""
    return graph.exact(f"{name}_axes", np.array(axes, dtype=np.int64))
