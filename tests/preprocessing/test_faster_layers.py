"""The rewritten layers of the skull-stripping networks give what the layers they stand for gave."""

from __future__ import annotations

import importlib.util
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from brainstem_app.locations import resource
from brainstem_app.onnx_runtime import load_onnxruntime


@pytest.fixture(scope="module")
def layers() -> ModuleType:
    """The script that rewrote them."""
    pytest.importorskip("onnx")
    spec = importlib.util.spec_from_file_location(
        "faster_layers", resource("skull_strip", "faster_layers.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _network() -> Any:
    """Layers of all kinds that are rewritten, one after the other, with weights as float16."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    shapes = {"a": (4, 1, 7, 7, 7), "b": (4, 6, 3, 3, 3), "c": (6, 5, 3, 3, 3), "d": (5, 1, 2, 2, 2)}
    weights = {k: rng.normal(size=shape).astype(np.float16) for k, shape in shapes.items()}
    stored = [numpy_helper.from_array(values, f"{k}_half") for k, values in weights.items()]
    stored += [
        numpy_helper.from_array(rng.normal(size=n).astype(np.float32), k)
        for k, n in (("b_bias", 6), ("d_bias", 1))
    ]
    deconvolution = {"kernel_shape": [3] * 3, "pads": [1] * 6}
    nodes = [helper.make_node("Cast", [f"{k}_half"], [k], to=TensorProto.FLOAT) for k in weights]
    nodes += [
        helper.make_node("Conv", ["image", "a"], ["1"], kernel_shape=[7] * 3, strides=[2] * 3, pads=[3] * 6),
        helper.make_node(
            "ConvTranspose",
            ["1", "b", "b_bias"],
            ["2"],
            strides=[2] * 3,
            output_padding=[1] * 3,
            **deconvolution,
        ),
        helper.make_node("ConvTranspose", ["2", "c"], ["3"], strides=[1] * 3, **deconvolution),
        helper.make_node(
            "ConvTranspose", ["3", "d", "d_bias"], ["brain_logit"], kernel_shape=[2] * 3, strides=[2] * 3
        ),
    ]
    given, result = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, "x", "y", "z"])
        for name in ("image", "brain_logit")
    )
    graph = helper.make_graph(nodes, "layers", [given], [result], stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def _answer(model: Any, image: np.ndarray) -> np.ndarray:
    session = load_onnxruntime().InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return np.asarray(session.run(None, {"image": image})[0])


def test_layers_are_the_same_on_a_grid_that_is_no_cube(layers: ModuleType) -> None:
    model = _network()
    image = np.random.default_rng(1).normal(size=(1, 1, 16, 24, 32)).astype(np.float32)
    logit = _answer(model, image)
    layers.Rewriting(model).run()
    brain = _answer(model, image)
    assert brain.dtype == np.bool_
    assert brain.shape == logit.shape == (1, 1, 32, 48, 64)
    certain = np.abs(logit) > 1e-3
    np.testing.assert_array_equal(brain[certain], (logit > 0)[certain])
    assert certain.mean() > 0.999
    assert 0.2 < brain.mean() < 0.8
    kinds = {node.op_type for node in model.graph.node}
    assert "ConvTranspose" not in kinds


def test_networks_that_ship_are_rewritten(layers: ModuleType) -> None:
    import onnx

    for name in ("deepbet_box.onnx", "deepbet_fine.onnx"):
        model = onnx.load(str(resource("skull_strip", name)))
        assert "ConvTranspose" not in {node.op_type for node in model.graph.node}
        assert [output.name for output in model.graph.output] == ["brain"]
