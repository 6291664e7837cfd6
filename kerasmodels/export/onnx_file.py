"""Networks as ONNX files, which ONNX Runtime predicts from without Keras or TensorFlow.

Written here layer by layer rather than through tf2onnx: that one needs TensorFlow's graph, folds batch
norm into the kernels (so rounding to float16 would differ from the `.keras` file's) and adds a dependency.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasmodels.arguments import require, require_flag, require_network
from kerasmodels.errors import ModelError
from kerasmodels.export.replaced_file import replaced_file

if TYPE_CHECKING:
    import keras

#: Name of the input, (N, height, width, channels) float32.
INPUT = "image"
#: Name of the output, (N, height, width, classes) float32.
OUTPUT = "probabilities"


def to_onnx(model: keras.Model, path: str | Path, half: bool = True) -> None:
    """Write a network as an ONNX file; replaces the file in one step.

    Parameters
    ----------
    model : keras.Model
        From `build_model` or `load_keras`: a functional network, one input map, one output map.
    path : str or Path
        File to write, in a folder that is there; its name ends in `.onnx`.
    half : bool
        Whether kernels are stored as float16, rounded as `save_keras` rounds them. Arithmetic is float32.

    Raises
    ------
    ModelError
        If the name does not end in `.onnx`, its folder is not there, `model` is no such network, or a layer
        has no translation; the message names the layer.
    """
    require_network("model", model)
    require_flag("half", half)
    with replaced_file(path, ".onnx", "an ONNX file") as part:
        _write(model, part, half)


def _write(model: keras.Model, path: Path, half: bool) -> None:
    import onnx

    from kerasmodels.export.onnx_graph import OnnxGraph
    from kerasmodels.export.onnx_layers import translate

    config = model.get_config()
    first, last = _only_map(model.inputs, "input"), _only_map(model.outputs, "output")
    functional = "input_layers" in config
    require(functional, "model", model, "a functional network: keras.Model(model.inputs, model.outputs)")
    graph = OnnxGraph(half=half)
    outputs = {first: graph.node("Transpose", [INPUT], "channels_first", perm=[0, 3, 1, 2])}
    for name, sources in _steps(config):
        outputs[name] = translate(graph, model.get_layer(name), [outputs[source] for source in sources])
    graph.closing_node("Transpose", [outputs[last]], "channels_last", OUTPUT, perm=[0, 2, 3, 1])
    written = graph.model(
        model.name, {INPUT: model.input_shape[1:]}, {OUTPUT: model.output_shape[1:]}, producer="kerasmodels"
    )
    onnx.checker.check_model(written)
    onnx.save_model(written, str(path))


def _only_map(ends: list[keras.KerasTensor], kind: str) -> str:
    """Name of the layer that the only input or output comes from."""
    shapes = [tuple(end.shape) for end in ends]
    if len(shapes) != 1 or len(shapes[0]) != 4:
        raise ModelError(
            f"The network has {len(shapes)} {kind}(s), of the shape {', '.join(map(str, shapes))}.",
            "Only networks with one map (N, height, width, channels) in and one out are exported.",
        )
    return str(ends[0]._keras_history.operation.name)


def _steps(config: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Name of every layer after the input, and of the layers it takes, in the order of computation."""
    for layer in config["layers"]:
        if layer["class_name"] == "InputLayer":
            continue
        if len(layer["inbound_nodes"]) != 1:
            raise ModelError(
                f"The layer {layer['name']!r} is used more than once; such a network is not written as ONNX.",
                "Export it as a .keras file.",
            )
        yield layer["name"], list(_sources(layer["inbound_nodes"][0]["args"]))


def _sources(arguments: Any) -> Iterator[str]:
    """Names of the layers whose outputs are among the arguments of a call."""
    if isinstance(arguments, dict) and arguments.get("class_name") == "__keras_tensor__":
        yield str(arguments["config"]["keras_history"][0])
    elif isinstance(arguments, list | tuple):
        for argument in arguments:
            yield from _sources(argument)
