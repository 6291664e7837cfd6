"""The ONNX graph that is being written: nodes, weights, names."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from kerasmodels.export.keras_file import halved_kernel

#: ONNX operator set; 17 is understood by ONNX Runtime 1.12 and later.
OPSET = 17
#: File format version that goes with it.
_IR_VERSION = 8


class OnnxGraph:
    """Collects nodes and weights.

    Parameters
    ----------
    half : bool
        Whether weights of two axes or more are stored as float16. The graph casts them to float32, which
        ONNX Runtime does once, when it loads the file; all arithmetic is float32.
    """

    def __init__(self, *, half: bool) -> None:
        self.half = half
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, onnx.TensorProto] = {}

    def node(self, operator: str, inputs: list[str], name: str, **attributes: Any) -> str:
        """Add a node; returns the name of its one output."""
        return self.closing_node(operator, inputs, name, f"{name}/out", **attributes)

    def closing_node(
        self, operator: str, inputs: list[str], name: str, output: str, **attributes: Any
    ) -> str:
        """Add a node whose output has a name of its own; returns that."""
        self._nodes.append(helper.make_node(operator, inputs, [output], name=name, **attributes))
        return output

    def weight(self, name: str, values: NDArray[np.generic]) -> str:
        """Add a weight; returns the name under which nodes use it as its own type."""
        halved = halved_kernel(name, values) if self.half else values
        if halved.dtype != values.dtype:
            stored = f"{name}_float16"
            self._weights[stored] = numpy_helper.from_array(halved, stored)
            return self.closing_node("Cast", [stored], f"{name}_cast", name, to=TensorProto.FLOAT)
        return self.exact(name, values)

    def exact(self, name: str, values: NDArray[np.generic]) -> str:
        """Add a constant that is never rounded; returns its name."""
        self._weights[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def model(
        self,
        name: str,
        inputs: dict[str, tuple[int, ...]],
        outputs: dict[str, tuple[int, ...]],
        producer: str,
    ) -> onnx.ModelProto:
        """Close the graph: float32 inputs and outputs by name, with their shapes after the batch axis."""

        def described(values: dict[str, tuple[int, ...]]) -> list[onnx.ValueInfoProto]:
            return [
                helper.make_tensor_value_info(key, TensorProto.FLOAT, ["N", *shape])
                for key, shape in values.items()
            ]

        graph = helper.make_graph(
            self._nodes, name, described(inputs), described(outputs), initializer=list(self._weights.values())
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=_IR_VERSION,
            producer_name=producer,
        )
