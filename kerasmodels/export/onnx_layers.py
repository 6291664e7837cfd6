"""How each Keras layer is written in ONNX.

Maps are channels-last in Keras and channels-first in ONNX; vectors and sequences are the same in both.
A translator gets the graph, the layer and the names of its inputs, and returns the name of its output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from kerasmodels.errors import ModelError
from kerasmodels.export.onnx_attention import gelu, headed_attention, layer_norm
from kerasmodels.export.onnx_graph import OnnxGraph
from kerasmodels.layers import (
    AdaptiveAveragePooling2D,
    AtrousConv2D,
    AtrousDepthwiseConv2D,
    CornerAlignedResize,
    HeadedAttention,
    IdleStages,
)
from kerasmodels.layers.resampling import adaptive_average_weights, corner_aligned_weights

Translator = Callable[[OnnxGraph, Any, list[str]], str]

#: Activations that are one ONNX operator.
_ACTIVATIONS = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh"}


def translate(graph: OnnxGraph, layer: keras.Layer, inputs: list[str]) -> str:
    """Write a layer.

    Parameters
    ----------
    graph : OnnxGraph
        Where to.
    layer : keras.Layer
        The layer, built.
    inputs : list of str
        Names of its inputs in the graph.

    Returns
    -------
    str
        Name of its output.

    Raises
    ------
    ModelError
        If this layer, or a setting of it, has no translation here; the message names the layer.
    """
    translator = _TRANSLATORS.get(type(layer))
    if translator is None:
        raise refusal(layer, f"is a {type(layer).__name__}, which is not translated")
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise refusal(layer, "is channels-first")
    return translator(graph, layer, inputs)


def refusal(layer: keras.Layer, why: str) -> ModelError:
    """Error for a layer that cannot be exported."""
    return ModelError(
        f"The layer {layer.name!r} {why}, so the network cannot be written as ONNX.",
        "Export it as a .keras file, or add the layer to kerasmodels/export/onnx_layers.py.",
    )


def _values(variable: Any) -> NDArray[np.float32]:
    return np.asarray(keras.ops.convert_to_numpy(variable), dtype=np.float32)


def _activate(graph: OnnxGraph, layer: Any, x: str, name: str) -> str:
    """Apply the `activation` of a layer to x."""
    activation = keras.activations.serialize(layer.activation)
    if activation == "linear":
        return x
    if activation in ("silu", "swish"):
        gate = graph.node("Sigmoid", [x], f"{name}_gate")
        return graph.node("Mul", [x, gate], name)
    if activation == "gelu":
        return gelu(graph, x, name)
    if activation not in _ACTIVATIONS:
        raise refusal(layer, f"has the activation {activation!r}, which is not translated")
    return graph.node(_ACTIVATIONS[activation], [x], name)


def _window(layer: Any, size: tuple[int, ...], dilation: tuple[int, ...] = (1, 1)) -> dict[str, Any]:
    """Attributes of a convolution or pooling window."""
    strides = tuple(layer.strides)
    attributes: dict[str, Any] = {"kernel_shape": list(size), "strides": list(strides)}
    if layer.padding == "same" and strides == (1, 1):
        around = [d * (k - 1) for k, d in zip(size, dilation, strict=True)]
        attributes["pads"] = [n // 2 for n in around] + [n - n // 2 for n in around]
    elif layer.padding == "same":
        attributes["auto_pad"] = "SAME_UPPER"
    return attributes


def _convolve(graph: OnnxGraph, layer: Any, x: str, kernel: NDArray[np.float32], groups: int) -> str:
    """Write a convolution whose kernel is already (out, in, height, width)."""
    weights = [graph.weight(f"{layer.name}_kernel", kernel)]
    if layer.use_bias:
        weights.append(graph.weight(f"{layer.name}_bias", _values(layer.bias)))
    dilation = tuple(layer.dilation_rate)
    window = _window(layer, kernel.shape[2:], dilation)
    linear = graph.node(
        "Conv", [x, *weights], f"{layer.name}_conv", group=groups, dilations=list(dilation), **window
    )
    return _activate(graph, layer, linear, layer.name)


def _conv2d(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    return _convolve(graph, layer, inputs[0], _values(layer.kernel).transpose(3, 2, 0, 1), layer.groups)


def _depthwise(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    height, width, channels, multiplier = layer.kernel.shape
    kernel = _values(layer.kernel).transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
    return _convolve(graph, layer, inputs[0], kernel, channels)


def _batch_norm(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    mean, variance = _values(layer.moving_mean), _values(layer.moving_variance)
    gamma = _values(layer.gamma) if layer.scale else np.ones_like(mean)
    beta = _values(layer.beta) if layer.center else np.zeros_like(mean)
    named = {"gamma": gamma, "beta": beta, "mean": mean, "variance": variance}
    weights = [graph.weight(f"{layer.name}_{key}", value) for key, value in named.items()]
    return graph.node("BatchNormalization", [*inputs, *weights], layer.name, epsilon=layer.epsilon)


def _relu(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    if layer.negative_slope or layer.threshold:
        raise refusal(layer, "is a ReLU with a slope or threshold")
    if layer.max_value is None:
        return graph.node("Relu", inputs, layer.name)
    ends = {"least": 0.0, "most": layer.max_value}
    bounds = [graph.exact(f"{layer.name}_{key}", np.array(end, np.float32)) for key, end in ends.items()]
    return graph.node("Clip", [*inputs, *bounds], layer.name)


def _activation(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    return _activate(graph, layer, inputs[0], layer.name)


def _softmax(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    rank = len(layer.output.shape)
    if layer.axis not in (-1, rank - 1):
        raise refusal(layer, "is a softmax over another axis than the last")
    # Over the channels of a map ONNX Runtime takes several times as long as over a last axis; turning it and
    # back costs little, and nothing where the map is the output.
    return _in_keras_order(graph, layer, inputs[0], lambda x, name: graph.node("Softmax", [x], name, axis=-1))


def _average(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    return graph.node("Mean", inputs, layer.name)


def _add(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    if len(inputs) == 2:
        return graph.node("Add", inputs, layer.name)
    return graph.node("Sum", inputs, layer.name)


def _multiply(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    if len(inputs) != 2:
        raise refusal(layer, "multiplies more than two maps")
    return graph.node("Mul", inputs, layer.name)


def _concatenate(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    rank = len(layer.output.shape)
    if layer.axis not in (-1, rank - 1):
        raise refusal(layer, "joins another axis than the last")
    return graph.node("Concat", inputs, layer.name, axis=1 if rank == 4 else rank - 1)


def _zero_padding(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    (top, bottom), (left, right) = layer.padding
    pads = np.array([0, 0, top, left, 0, 0, bottom, right], dtype=np.int64)
    return graph.node("Pad", [*inputs, graph.weight(f"{layer.name}_pads", pads)], layer.name, mode="constant")


def _max_pool(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    return graph.node("MaxPool", inputs, layer.name, **_window(layer, tuple(layer.pool_size)))


def _average_pool(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    return graph.node("AveragePool", inputs, layer.name, **_window(layer, tuple(layer.pool_size)))


def _global_average(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    if layer.keepdims:
        return graph.node("GlobalAveragePool", inputs, layer.name)
    pooled = graph.node("GlobalAveragePool", inputs, f"{layer.name}_map")
    return graph.node("Flatten", [pooled], layer.name)


def _upsampling(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    scales = graph.weight(f"{layer.name}_scales", np.array([1, 1, *layer.size], dtype=np.float32))
    ways: dict[str, dict[str, Any]] = {
        "bilinear": {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
        "nearest": {
            "mode": "nearest",
            "coordinate_transformation_mode": "asymmetric",
            "nearest_mode": "floor",
        },
    }
    if layer.interpolation not in ways:
        raise refusal(layer, f"enlarges by {layer.interpolation!r}")
    return graph.node("Resize", [*inputs, "", scales], layer.name, **ways[layer.interpolation])


def _in_keras_order(graph: OnnxGraph, layer: Any, x: str, operator: Callable[[str, str], str]) -> str:
    """Apply an operator that counts axes to a map turned to Keras' order, and turn the result back."""
    if len(layer.input.shape) == 4:
        x = graph.node("Transpose", [x], f"{layer.name}_last", perm=[0, 2, 3, 1])
    x = operator(x, f"{layer.name}_moved")
    if len(layer.output.shape) == 4:
        x = graph.node("Transpose", [x], f"{layer.name}_first", perm=[0, 3, 1, 2])
    return x


def _reshape(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    # 0 keeps the batch axis as it is.
    shape = graph.weight(f"{layer.name}_shape", np.array([0, *layer.output.shape[1:]], dtype=np.int64))
    return _in_keras_order(graph, layer, inputs[0], lambda x, name: graph.node("Reshape", [x, shape], name))


def _permute(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    order = [0, *layer.dims]
    return _in_keras_order(
        graph, layer, inputs[0], lambda x, name: graph.node("Transpose", [x], name, perm=order)
    )


def _dot(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    axes = (layer.axes, layer.axes) if isinstance(layer.axes, int) else tuple(layer.axes)
    if layer.normalize or axes not in ((2, 2), (2, 1)) or len(layer.output.shape) != 3:
        raise refusal(layer, f"multiplies along the axes {axes}")
    first, second = inputs
    if axes == (2, 2):
        second = graph.node("Transpose", [second], f"{layer.name}_turned", perm=[0, 2, 1])
    return graph.node("MatMul", [first, second], layer.name)


def _map_axes(
    graph: OnnxGraph, layer: Any, x: str, rows: NDArray[np.float32], columns: NDArray[np.float32]
) -> str:
    """Multiply the rows of a map by one matrix and its columns by another."""
    x = graph.node("MatMul", [graph.exact(f"{layer.name}_rows", rows), x], f"{layer.name}_by_rows")
    return graph.node("MatMul", [x, graph.exact(f"{layer.name}_columns", columns.T)], layer.name)


def _corner_aligned(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    _, height, width, _ = layer.input.shape
    rows = corner_aligned_weights(height, layer.height)
    return _map_axes(graph, layer, inputs[0], rows, corner_aligned_weights(width, layer.width))


def _adaptive_average_pool(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    _, height, width, _ = layer.input.shape
    rows, columns = (adaptive_average_weights(side, layer.output_size) for side in (height, width))
    return _map_axes(graph, layer, inputs[0], rows, columns)


def _group_norm(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    _, height, width, channels = layer.input.shape
    name, groups = layer.name, layer.groups
    ones, zeros = np.ones(groups, dtype=np.float32), np.zeros(groups, dtype=np.float32)
    grouped = graph.weight(f"{name}_grouped", np.array([0, groups, -1], dtype=np.int64))
    whole = graph.weight(f"{name}_whole", np.array([-1, channels, height, width], dtype=np.int64))
    unit = [graph.weight(f"{name}_ones", ones), graph.weight(f"{name}_zeros", zeros)]
    x = graph.node("Reshape", [*inputs, grouped], f"{name}_split")
    x = graph.node("InstanceNormalization", [x, *unit], f"{name}_normalized", epsilon=layer.epsilon)
    x = graph.node("Reshape", [x, whole], f"{name}_joined")
    gamma = graph.exact(f"{name}_gamma", _values(layer.gamma).reshape(-1, 1, 1))
    beta = graph.exact(f"{name}_beta", _values(layer.beta).reshape(-1, 1, 1))
    return graph.node("Add", [graph.node("Mul", [x, gamma], f"{name}_scaled"), beta], name)


def _layer_norm(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    channels = layer.input.shape[-1]
    if tuple(layer.axis) not in ((-1,), (len(layer.input.shape) - 1,)) or layer.rms_scaling:
        raise refusal(layer, "is a layer norm over other axes than the last, or without subtracting the mean")
    gamma = _values(layer.gamma) if layer.scale else np.ones(channels, dtype=np.float32)
    beta = _values(layer.beta) if layer.center else np.zeros(channels, dtype=np.float32)
    return layer_norm(graph, layer, inputs[0], gamma, beta)


def _nothing(graph: OnnxGraph, layer: Any, inputs: list[str]) -> str:
    """Dropout and idle stages do nothing at prediction."""
    return graph.node("Identity", inputs, layer.name)


_TRANSLATORS: dict[type, Translator] = {
    keras.layers.Conv2D: _conv2d,
    AtrousConv2D: _conv2d,
    AtrousDepthwiseConv2D: _depthwise,
    keras.layers.DepthwiseConv2D: _depthwise,
    keras.layers.BatchNormalization: _batch_norm,
    keras.layers.ReLU: _relu,
    keras.layers.Activation: _activation,
    keras.layers.Softmax: _softmax,
    keras.layers.Add: _add,
    keras.layers.Average: _average,
    keras.layers.Multiply: _multiply,
    keras.layers.Concatenate: _concatenate,
    keras.layers.ZeroPadding2D: _zero_padding,
    keras.layers.MaxPooling2D: _max_pool,
    keras.layers.AveragePooling2D: _average_pool,
    keras.layers.GlobalAveragePooling2D: _global_average,
    keras.layers.UpSampling2D: _upsampling,
    keras.layers.Reshape: _reshape,
    keras.layers.Permute: _permute,
    keras.layers.Dot: _dot,
    keras.layers.GroupNormalization: _group_norm,
    keras.layers.LayerNormalization: _layer_norm,
    HeadedAttention: headed_attention,
    AdaptiveAveragePooling2D: _adaptive_average_pool,
    CornerAlignedResize: _corner_aligned,
    IdleStages: _nothing,
    keras.layers.Dropout: _nothing,
    keras.layers.SpatialDropout2D: _nothing,
}
