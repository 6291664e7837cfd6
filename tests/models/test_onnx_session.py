"""The device that computes a network: here the processor, with and without the offer of a card."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from brainstem_app.errors import InputError
from brainstem_app.jobs.kinds.job_model import DEFAULT_MODEL
from brainstem_app.models import onnx_predictor
from brainstem_app.models.library import find_model
from brainstem_app.models.onnx_predictor import OnnxPredictor
from brainstem_app.models.onnx_session import OpenedNetwork, _largest_difference, open_network


@pytest.fixture(scope="module")
def network_file() -> Path:
    return find_model(DEFAULT_MODEL).weights("onnx")


def test_processor_computes_where_no_card_is_offered(network_file: Path) -> None:
    network = open_network(network_file, threads=1)
    assert network.card is None
    assert network.device == "CPU, 1 threads, ONNX Runtime"


def test_cores_compute_images_side_by_side_and_a_card_one_after_the_other(network_file: Path) -> None:
    assert open_network(network_file, threads=1).lanes == 1
    two = open_network(network_file, threads=2)
    assert two.lanes == 2
    assert dataclasses.replace(two, threads=16).lanes == 4
    assert dataclasses.replace(two, card=object()).lanes == 1


def test_offered_card_that_does_not_start_is_named_with_the_reason(
    network_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = ["DmlExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: offered)
    network = open_network(network_file, threads=1)
    assert network.card is None
    assert network.why.startswith("DirectML does not start: ")
    assert network.why in network.device


def test_the_same_network_answers_the_same(network_file: Path) -> None:
    session = open_network(network_file, threads=1).processor
    assert _largest_difference(session, session) == 0


def test_card_that_fails_on_the_way_leaves_the_work_to_the_processor(
    network_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_network(network_file, threads=1)
    (given,) = opened.processor.get_inputs()
    images = np.zeros((1, *given.shape[1:]), dtype=np.float32)

    class Lost:
        def run(self, *_: object) -> None:
            raise RuntimeError("the device was removed\nand more")

    def with_a_card(path: Path, threads: int | None) -> OpenedNetwork:
        return dataclasses.replace(opened, card=Lost())

    monkeypatch.setattr(onnx_predictor, "open_network", with_a_card)
    predictor = OnnxPredictor(network_file, threads=1)
    assert predictor.device == "graphics card by DirectML, ONNX Runtime"
    expected = opened.processor.run(None, {given.name: images})[0]
    np.testing.assert_array_equal(predictor.run(images), expected)
    assert "the graphics card failed: the device was removed" in predictor.device


@pytest.mark.parametrize("grown", [7_000, 200_000])
def test_network_that_asks_for_more_memory_than_there_is_is_refused(tmp_path: Path, grown: int) -> None:
    """A few lines ask for 150 GB, and for 123 TB; the limit stands before the system's own."""
    path = tmp_path / "model.onnx"
    shape = helper.make_tensor("shape", TensorProto.INT64, [6], [grown, grown, 1, 1, 1, 1])
    nodes = [
        helper.make_node("Expand", ["image", "shape"], ["large"]),
        helper.make_node("ReduceMax", ["large"], ["highest"], keepdims=0),
        helper.make_node("Add", ["image", "highest"], ["probabilities"]),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 16, 16, 3])
    answer = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "large", [image], [answer], [shape])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    network = OnnxPredictor(path)
    with pytest.raises(InputError, match=r"^The network cannot be computed: Available memory of") as refused:
        network.run(np.zeros((1, 16, 16, 3), np.float32))
    assert refused.value.where == str(path)
