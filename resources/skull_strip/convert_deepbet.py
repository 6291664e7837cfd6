"""Convert deepbet's two TorchScript networks to ONNX with float16 weights. Run once; never by the program.

Made with Python 3.11, torch 2.13.0+cpu, onnx 1.23.2 and numpy 2.4, from the wheel of deepbet 1.0.2 (PyPI, MIT):

    pip download --no-deps deepbet==1.0.2
    python -m zipfile -e deepbet-1.0.2-py3-none-any.whl wheel
    python convert_deepbet.py wheel/data/models .

Only the storage is float16: a Cast node in front of each weight makes it float32 again, which ONNX
Runtime folds away when it loads the file, so the arithmetic is float32 throughout. Instead of two
probabilities there is one logit, the difference of what the softmax was given: above 0 is brain.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

NETWORKS = {"bbox_model.pt": "deepbet_box.onnx", "model.pt": "deepbet_fine.onnx"}
SIDE = 128
MIN_ELEMENTS = 256


def to_onnx(source: Path) -> onnx.ModelProto:
    """Trace a TorchScript file to ONNX, spatial sizes left open."""
    network = torch.jit.load(str(source), map_location="cpu").eval()
    buffer = io.BytesIO()
    axes = {2: "x", 3: "y", 4: "z"}
    torch.onnx.export(
        torch.jit.trace(network, torch.zeros(1, 1, SIDE, SIDE, SIDE)),
        (torch.zeros(1, 1, SIDE, SIDE, SIDE),),
        buffer,
        dynamo=False,
        opset_version=17,
        input_names=["image"],
        output_names=["probabilities"],
        dynamic_axes={"image": axes, "probabilities": axes},
    )
    return onnx.load_from_string(buffer.getvalue())


def end_with_one_logit(model: onnx.ModelProto) -> None:
    """Replace the last layer's two channels and their softmax by the channels' difference, in place.

    The softmax of two channels of 256³ voxels took half of the network's processor time.
    """
    graph = model.graph
    nodes = [node for node in graph.node if node.op_type != "Softmax"]
    last = next(node for node in reversed(nodes) if node.op_type == "ConvTranspose")
    for name, axis in zip(last.input[1:], (1, 0), strict=True):
        weights = next(each for each in graph.initializer if each.name == name)
        background, brain = np.split(numpy_helper.to_array(weights), 2, axis)
        weights.CopyFrom(numpy_helper.from_array(brain - background, name))
    last.output[0] = graph.output[0].name = "brain_logit"
    graph.output[0].type.tensor_type.shape.dim[1].dim_value = 1
    del graph.node[:], graph.value_info[:]
    graph.node.extend(nodes)


def store_weights_as_float16(model: onnx.ModelProto) -> None:
    """Replace each large float32 initializer by a float16 one and a Cast back to float32, in place."""
    graph = model.graph
    casts = []
    for index, weights in enumerate(list(graph.initializer)):
        values = numpy_helper.to_array(weights)
        if weights.data_type != TensorProto.FLOAT or values.size < MIN_ELEMENTS:
            continue
        name = weights.name
        half = numpy_helper.from_array(values.astype(np.float16), f"{name}_half")
        graph.initializer[index].CopyFrom(half)
        casts.append(helper.make_node("Cast", [half.name], [name], to=TensorProto.FLOAT))
    nodes = casts + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)


def main() -> None:
    """Convert both networks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, help="folder with model.pt and bbox_model.pt")
    parser.add_argument("out", type=Path)
    parser.add_argument("--float32", action="store_true", help="keep the weights as they are")
    options = parser.parse_args()
    for source, target in NETWORKS.items():
        model = to_onnx(options.models / source)
        end_with_one_logit(model)
        if not options.float32:
            store_weights_as_float16(model)
        model.doc_string = f"deepbet 1.0.2 {source} (MIT, University of Muenster), converted to ONNX"
        onnx.checker.check_model(model)
        onnx.save(model, str(options.out / target))


if __name__ == "__main__":
    main()
