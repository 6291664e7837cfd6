"""Rewrite the slow layers of deepbet's networks: the same sums, laid out for ONNX Runtime. Run once.

    python faster_layers.py deepbet_box.onnx deepbet_fine.onnx

Made with onnx 1.23.2. Half of the processor time of the fine network went into two layers of its largest
grid, 128³, whose three-dimensional forms ONNX Runtime computes badly. Both have an equal:

- The first convolution, 7³ with stride 2 on one channel, is one of two dimensions on slices that have their
  seven neighbours as channels. It is done a quarter of the slices at a time, which bounds the memory.
- A transposed convolution of 3³ with stride 2 gives each voxel eight, and each of the eight is a convolution
  of 2³. They are computed as channels of one convolution, then put side by side. With stride 1 it is a
  convolution with its kernel turned around.

Weights stay float16 in the file, and the arithmetic float32; the answers differ by rounding alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

FloatArray = NDArray[np.float32]
FIRST_KERNEL = 7
#: The first layer is computed in so many parts.
PARTS = 4


class Rewriting:
    """A graph that is written anew, node by node."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._graph = model.graph
        self._weights = {each.name: each for each in self._graph.initializer}
        self._halves = {node.output[0]: node.input[0] for node in self._graph.node if node.op_type == "Cast"}
        self._nodes: list[NodeProto] = []

    def run(self) -> None:
        """Rewrite all layers that have a faster equal, in place."""
        for node in list(self._graph.node):
            if node.op_type == "Conv" and _ints(node, "kernel_shape") == [FIRST_KERNEL] * 3:
                self._first(node)
            elif node.op_type == "ConvTranspose" and _ints(node, "kernel_shape") == [3] * 3:
                self._transposed(node)
            elif node.op_type == "ConvTranspose":
                self._last(node)
            else:
                self._nodes.append(node)
        del self._graph.node[:]
        self._graph.node.extend(self._nodes)
        self._drop_unused()

    def _first(self, node: NodeProto) -> None:
        image, result = node.input[0], node.output[0]
        kernel = self._values(node.input[1])[:, 0]
        pad = FIRST_KERNEL // 2
        weights = self._stored(f"{node.input[1]}_slices", kernel)
        axes = self._constant("first_axes", [0])
        # (1, 1, X, Y, Z) to X slices with a channel, and what lies beyond the ends.
        slices = self._add("Squeeze", [image, axes], "first_volume")
        ends = self._constant("first_pads", [pad, 0, 0, 0, pad, 0, 0, 0])
        across = self._add("Transpose", [slices], "first_slices", perm=[1, 0, 2, 3])
        padded = self._add("Pad", [across, ends], "first_padded")
        count = self._add(
            "Gather", [self._add("Shape", [across], "first_shape"), axes], "first_count", axis=0
        )
        # Slices in the result: half of them.
        parts = []
        for part in range(PARTS):
            parts.append(self._first_part(part, padded, count, weights, pad, node))
        joined = self._add("Concat", parts, "first_joined", axis=1)
        self._add("Unsqueeze", [joined, axes], result)

    def _first_part(self, part: int, padded: str, count: str, weights: str, pad: int, node: NodeProto) -> str:
        """Slices part/PARTS … (part + 1)/PARTS of the first layer, channels first."""
        name = f"first_{part}"
        begin, end = (
            self._add(
                "Div",
                [
                    self._add("Mul", [count, self._constant(f"{name}_{k}", [k])], f"{name}_m{k}"),
                    self._constant(f"{name}_parts{k}", [2 * PARTS]),
                ],
                f"{name}_edge{k}",
            )
            for k in (part, part + 1)
        )
        two, zero = self._constant("first_two", [2]), self._constant("first_zero", [0])
        begin = self._add("Mul", [begin, two], f"{name}_begin")
        end = self._add("Mul", [end, two], f"{name}_end")
        channels = []
        for step in range(FIRST_KERNEL):
            offset = self._constant(f"first_step{step}", [step])
            low = self._add("Add", [begin, offset], f"{name}_low{step}")
            high = self._add("Add", [end, offset], f"{name}_high{step}")
            channels.append(self._add("Slice", [padded, low, high, zero, two], f"{name}_slice{step}"))
        stacked = self._add("Concat", channels, f"{name}_stacked", axis=1)
        convolved = self._add(
            "Conv",
            [stacked, weights, *node.input[2:]],
            f"{name}_convolved",
            kernel_shape=[FIRST_KERNEL] * 2,
            strides=[2, 2],
            pads=[pad] * 4,
        )
        return self._add("Transpose", [convolved], f"{name}_moved", perm=[1, 0, 2, 3])

    def _transposed(self, node: NodeProto) -> None:
        kernel = self._values(node.input[1])
        if _ints(node, "strides") == [1] * 3:
            turned = np.ascontiguousarray(kernel.swapaxes(0, 1)[:, :, ::-1, ::-1, ::-1])
            inputs = [node.input[0], self._stored(f"{node.input[1]}_turned", turned), *node.input[2:]]
            self._add("Conv", inputs, node.output[0], kernel_shape=[3] * 3, strides=[1] * 3, pads=[1] * 6)
            return
        eight = self._eight(node, eight_kernels(kernel), pads=[0, 0, 0, 1, 1, 1])
        self._woven(eight, node, kernel.shape[1], node.output[0])

    def _last(self, node: NodeProto) -> None:
        """Weave not the logit but the answer, whether it is above 0: a quarter of the bytes."""
        kernel = self._values(node.input[1])
        logit = self._eight(node, kernel.reshape(kernel.shape[0], 8, 1, 1, 1).swapaxes(0, 1), pads=[0] * 6)
        zero = numpy_helper.from_array(np.zeros((), dtype=np.float32), "last_zero")
        self._graph.initializer.append(zero)
        answer = self._add("Greater", [logit, zero.name], "last_answer")
        output = self._graph.output[0]
        output.name, output.type.tensor_type.elem_type = "brain", TensorProto.BOOL
        self._woven(answer, node, 1, output.name)

    def _eight(self, node: NodeProto, kernels: FloatArray, pads: list[int]) -> str:
        """Compute the eight voxels that each voxel becomes, as channels (1, out · 8, X, Y, Z)."""
        name = node.output[0]
        inputs = [node.input[0], self._stored(f"{node.input[1]}_eight", kernels)]
        if len(node.input) > 2:
            bias = np.repeat(self._values(node.input[2]), 8)
            inputs.append(self._stored(f"{node.input[2]}_eight", bias))
        size = list(kernels.shape[2:])
        return self._add("Conv", inputs, f"{name}_eight", kernel_shape=size, strides=[1] * 3, pads=pads)

    def _woven(self, eight: str, node: NodeProto, out: int, result: str) -> None:
        """Weave (1, out · 2 · 2 · 2, X, Y, Z) into (1, out, 2 X, 2 Y, 2 Z)."""
        name = node.output[0]
        shape = self._add("Shape", [node.input[0]], f"{name}_shape")
        two, three, five = (self._constant(f"place_{place}", [place]) for place in (2, 3, 5))
        volume = self._add("Slice", [shape, two, five], f"{name}_volume")
        plane = self._add("Slice", [shape, three, five], f"{name}_plane")
        # X goes before its own phase; whole planes move, so that is quick.
        apart = self._reshaped(eight, [out, 2, 4], volume, f"{name}_apart")
        moved = self._add("Transpose", [apart], f"{name}_moved", perm=[0, 3, 1, 2, 4, 5])
        planes = self._reshaped(moved, [-1, 2, 2], plane, f"{name}_planes")
        woven = self._add("Transpose", [planes], f"{name}_woven", perm=[0, 3, 1, 4, 2])
        doubled = self._add("Mul", [volume, two], f"{name}_doubled")
        self._reshaped(woven, [1, out], doubled, result)

    def _reshaped(self, volume: str, begin: list[int], end: str, result: str) -> str:
        first = self._constant(f"{result}_begin", begin)
        return self._add(
            "Reshape", [volume, self._add("Concat", [first, end], f"{result}_to", axis=0)], result
        )

    def _add(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], name=f"{output}_node", **attributes))
        return output

    def _constant(self, name: str, values: list[int]) -> str:
        if name not in self._weights:
            tensor = numpy_helper.from_array(np.array(values, dtype=np.int64), name)
            self._weights[name] = tensor
            self._graph.initializer.append(tensor)
        return name

    def _values(self, name: str) -> FloatArray:
        return numpy_helper.to_array(self._weights[self._halves.get(name, name)]).astype(np.float32)

    def _stored(self, name: str, values: FloatArray) -> str:
        """Keep weights as float16, which all of them came from, with a Cast back."""
        half = numpy_helper.from_array(values.astype(np.float16), f"{name}_half")
        if not np.array_equal(numpy_helper.to_array(half).astype(np.float32), values):
            tensor = numpy_helper.from_array(values, name)
            self._graph.initializer.append(tensor)
            return name
        self._graph.initializer.append(half)
        return self._add("Cast", [half.name], name, to=TensorProto.FLOAT)

    def _drop_unused(self) -> None:
        used = {name for node in self._graph.node for name in node.input}
        nodes = [n for n in self._graph.node if n.op_type != "Cast" or n.output[0] in used]
        del self._graph.node[:]
        self._graph.node.extend(nodes)
        used = {name for node in nodes for name in node.input}
        kept = [each for each in self._graph.initializer if each.name in used]
        del self._graph.initializer[:], self._graph.value_info[:]
        self._graph.initializer.extend(kept)


def eight_kernels(kernel: FloatArray) -> FloatArray:
    """Kernels (out · 8, in, 2, 2, 2) of the eight voxels that each voxel becomes.

    Parameters
    ----------
    kernel : ndarray, shape (in, out, 3, 3, 3)
        Of a transposed convolution with stride 2, padding 1 and output padding 1: along each axis the even
        voxels see the middle weight alone, the odd ones the last weight and, of the next voxel, the first.
    """
    given, out = kernel.shape[:2]
    result = np.zeros((out, 2, 2, 2, given, 2, 2, 2), dtype=np.float32)
    seen = {0: ((0, 1),), 1: ((0, 2), (1, 0))}
    for a, b, c in np.ndindex(2, 2, 2):
        for i, x in seen[a]:
            for j, y in seen[b]:
                for k, z in seen[c]:
                    result[:, a, b, c, :, i, j, k] = kernel[:, :, x, y, z].T
    return result.reshape(out * 8, given, 2, 2, 2)


def _ints(node: NodeProto, name: str) -> list[int]:
    return next((list(each.ints) for each in node.attribute if each.name == name), [])


def main() -> None:
    """Rewrite the files given, in place."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", type=Path, nargs="+")
    for path in parser.parse_args().networks:
        model = onnx.load(str(path))
        Rewriting(model).run()
        onnx.checker.check_model(model)
        onnx.save(model, str(path))


if __name__ == "__main__":
    main()
