"""Which tensors of a float graph become 8-bit integers, decided once for calibration and for writing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx

from nnopt_gui.engine.onnx_graph.float_graph import INPUT, OUTPUT, FloatGraph
from nnopt_gui.engine.onnx_graph.tensors import array_of, attribute, consumers, initializers

# Operators for which ONNX Runtime's CPU provider has an integer kernel once quantise/dequantise pairs surround them.
_KERNELS = {"Add", "Mul", "Concat", "GlobalAveragePool", "AveragePool", "Sigmoid", "LeakyRelu"}
# Operators that only move values or pick one of them: they run on the integers themselves.
_MOVES = {
    "Reshape",
    "Flatten",
    "Transpose",
    "Squeeze",
    "Unsqueeze",
    "Slice",
    "Split",
    "Identity",
    "MaxPool",
    "Pad",
    "DepthToSpace",
    "SpaceToDepth",
    "Gather",
}


@dataclass(frozen=True)
class ActivationPlan:
    """``grids``: tensors that need a scale and zero point, in graph order. ``origin``: for every tensor that is carried
    as integers, the tensor of ``grids`` whose scale it shares. ``absorbed``: nodes (by name) that disappear because
    clamping to the unsigned range does their work. ``kernels``: nodes (by name) that compute on integers."""

    grids: tuple[str, ...]
    origin: dict[str, str]
    absorbed: frozenset[str]
    kernels: frozenset[str]


def plan_activations(graph: FloatGraph) -> ActivationPlan:
    """Decide what is quantised when activations have 8 bits."""
    return _Planner(graph).plan()


class _Planner:
    def __init__(self, graph: FloatGraph) -> None:
        self.nodes = list(graph.model.graph.node)
        self.constants = initializers(graph.model)
        self.readers = consumers(graph.model.graph)
        self.maker = {name: node for node in self.nodes for name in node.output if name}
        self.layers = {layer.node_name: layer for layer in graph.layers}

    def plan(self) -> ActivationPlan:
        kernels = [node for node in self.nodes if self._is_kernel(node)]
        wanted: set[str] = set()
        for node in kernels:
            wanted.update(self._source(name) for name in self._activations(node))
            if not (node.name in self.layers and node.op_type != "Conv" and node.output[0] == OUTPUT):
                wanted.add(self._after_clamp(node))
        grids = [name for name in [INPUT, *self.maker] if name in wanted]
        origin = {name: name for name in grids}
        for node in self.nodes:
            if self._is_move(node) and node.input[0] in origin:
                for name in node.output:
                    origin.setdefault(name, origin[node.input[0]])
        absorbed = {
            node.name
            for node in self.nodes
            if self._is_clamp(node) and node.output[0] in wanted and self._only_reader(node.input[0])
        }
        return ActivationPlan(tuple(grids), origin, frozenset(absorbed), frozenset(node.name for node in kernels))

    def _activations(self, node: onnx.NodeProto) -> list[str]:
        return [name for name in node.input if name and name not in self.constants]

    def _is_kernel(self, node: onnx.NodeProto) -> bool:
        if node.name in self.layers:
            return True
        if node.op_type not in _KERNELS:
            return False
        return len(self._activations(node)) == len(node.input)

    def _is_move(self, node: onnx.NodeProto) -> bool:
        if node.op_type not in _MOVES or len(self._activations(node)) != 1 or node.input[0] in self.constants:
            return False
        if node.op_type == "MaxPool":
            return len(node.output) == 1
        if node.op_type == "Pad":
            return self._pads_zeros(node)
        return True

    def _pads_zeros(self, node: onnx.NodeProto) -> bool:
        if attribute(node, "mode", b"constant") != b"constant":
            return True
        value = node.input[2] if len(node.input) > 2 else ""
        return not value or not np.any(array_of(self.constants[value]))

    def _source(self, name: str) -> str:
        """Follow moves upwards to the tensor that was computed."""
        while name in self.maker and self._is_move(self.maker[name]):
            name = self.maker[name].input[0]
        return name

    def _only_reader(self, name: str) -> bool:
        return len(self.readers.get(name, ())) == 1 and name not in (INPUT, OUTPUT)

    def _is_clamp(self, node: onnx.NodeProto) -> bool:
        """Whether the node clamps to [0, something]: ReLU, ReLU6."""
        if node.op_type == "Relu":
            return True
        if node.op_type != "Clip" or len(node.input) < 2 or node.input[1] not in self.constants:
            return False
        return float(array_of(self.constants[node.input[1]])) == 0.0

    def _after_clamp(self, node: onnx.NodeProto) -> str:
        """The output of a kernel, or of the ReLU that is its only reader."""
        name = node.output[0]
        if self._only_reader(name):
            reader = self.readers[name][0]
            if self._is_clamp(reader):
                return reader.output[0]
        return name
