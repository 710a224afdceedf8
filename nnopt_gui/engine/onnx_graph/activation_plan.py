"""Which tensors of a float graph become 8-bit integers, decided once for calibration and for writing.

Layers always compute on integers. Everything else does where that takes fewer conversions between integers and floats
than the float operator would: in a CNN that is nearly everything; in a transformer the residual stream, the norms, the
activations and the softmax stay float between layers that read integers and write floats.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

import numpy as np
import onnx

from nnopt_gui.engine.onnx_graph.float_graph import INPUT, OUTPUT, FloatGraph
from nnopt_gui.engine.onnx_graph.tensors import array_of, attribute, consumers, initializers

# Operators for which ONNX Runtime's CPU provider has an integer kernel once quantise/dequantise pairs surround them, or
# that can be written as one (a batch norm as a 1×1 depthwise convolution, HardSigmoid as a saturating addition).
_KERNELS = {
    "Add",
    "Mul",
    "Concat",
    "GlobalAveragePool",
    "AveragePool",
    "Sigmoid",
    "LeakyRelu",
    "HardSigmoid",
    "BatchNormalization",
}
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
    "Resize",
}


@dataclass(frozen=True)
class ActivationPlan:
    """``grids``: tensors that need a scale and zero point, in graph order. ``origin``: for every tensor that is carried
    as integers, the tensor of ``grids`` whose scale it shares, ``factors`` times as large (1 when not mentioned).
    ``absorbed``: nodes (by name) that disappear because clamping to the unsigned range does their work. ``kernels``:
    nodes that compute on integers. ``moves``: nodes that run on the integers as they are. ``attention``: kernels that
    multiply the rows of a softmax, whose first input is scaled row by row instead of having a grid."""

    grids: tuple[str, ...]
    origin: dict[str, str]
    factors: dict[str, float]
    absorbed: frozenset[str]
    kernels: frozenset[str]
    moves: frozenset[str]
    attention: frozenset[str]


def plan_activations(graph: FloatGraph) -> ActivationPlan:
    """Decide what is quantised when activations have 8 bits."""
    return _Planner(graph).plan()


def clamp_bounds(node: onnx.NodeProto, constants: dict[str, onnx.TensorProto]) -> tuple[float, float] | None:
    """(low, high) of an operator that clamps with constant bounds, ±inf where it has none; None for other operators."""
    if node.op_type == "Relu":
        return 0.0, float("inf")
    if node.op_type != "Clip" or any(name and name not in constants for name in node.input[1:]):
        return None
    bounds = [float("-inf"), float("inf")]
    for index, name in enumerate(node.input[1:3]):
        if name:
            bounds[index] = float(array_of(constants[name]))
    return bounds[0], bounds[1]


def scalar_factor(node: onnx.NodeProto, constants: dict[str, onnx.TensorProto]) -> float | None:
    """The positive number by which a ``Mul`` or ``Div`` multiplies its first non-constant input; None for others."""
    if node.op_type not in ("Mul", "Div"):
        return None
    fixed = [name for name in node.input if name in constants]
    if len(fixed) != 1 or (node.op_type == "Div" and fixed[0] != node.input[1]):
        return None
    value = array_of(constants[fixed[0]])
    if value.size != 1 or value.ndim > 1 or value.dtype != np.float32:
        return None
    factor = float(value.ravel()[0])
    factor = 1.0 / factor if node.op_type == "Div" and factor > 0 else factor
    return factor if 1e-6 < factor < 1e6 else None


class _Planner:
    def __init__(self, graph: FloatGraph) -> None:
        self.nodes = list(graph.model.graph.node)
        self.constants = initializers(graph.model)
        self.readers = consumers(graph.model.graph)
        self.maker = {name: node for node in self.nodes for name in node.output if name}
        self.layers = {layer.node_name: layer for layer in graph.layers}
        self.kernels: set[str] = set()
        self.candidates: dict[str, onnx.NodeProto] = {}  # nodes that may become kernels

    def plan(self) -> ActivationPlan:
        self.kernels = {node.name for node in self.nodes if self._always(node)}
        self.candidates = {node.name: node for node in self.nodes if self._may_be_kernel(node)}
        self._choose_kernels()
        attention = {node.name for node in self.nodes if self._weighs_by_softmax(node)}
        wanted: set[str] = set()
        for node in self.nodes:
            if node.name in self.kernels:
                read = self._activations(node)[1 if node.name in attention else 0 :]
                wanted.update(self._source(name) for name in read)
                if self._gives_integers(node):
                    wanted.add(self._after_clamp(node))
        grids = [name for name in [INPUT, *self.maker] if name in wanted]
        origin, factors, moves = {name: name for name in grids}, dict[str, float](), set()
        for node in self.nodes:
            source = self._moved(node) if self._is_move(node) else ""
            if source not in origin or not (self._is_integer(source) or self._read_as_integers(node.output[0])):
                continue
            moves.add(node.name)
            factor = factors.get(source, 1.0) * (scalar_factor(node, self.constants) or 1.0)
            for name in node.output:
                origin.setdefault(name, origin[source])
                if factor != 1.0:
                    factors[name] = factor
        absorbed = {node.name for node in self.nodes if node.output[0] in wanted and self._is_absorbed(node)}
        return ActivationPlan(
            tuple(grids),
            origin,
            factors,
            frozenset(absorbed),
            frozenset(self.kernels),
            frozenset(moves),
            frozenset(attention),
        )

    # -- kernels -------------------------------------------------------------------------------------------------

    def _activations(self, node: onnx.NodeProto) -> list[str]:
        return [name for name in node.input if name and name not in self.constants]

    def _always(self, node: onnx.NodeProto) -> bool:
        return node.name in self.layers or (node.op_type == "MatMul" and len(self._activations(node)) == 2)

    def _may_be_kernel(self, node: onnx.NodeProto) -> bool:
        if node.op_type not in _KERNELS:
            return False
        fixed = [name for name in node.input if name in self.constants]
        if node.op_type == "BatchNormalization":
            return len(fixed) == 4
        if node.op_type == "Add" and len(fixed) == 1:
            value = array_of(self.constants[fixed[0]])
            return value.size == 1 and value.ndim <= 1 and value.dtype == np.float32
        return not fixed

    def _choose_kernels(self) -> None:
        """Add nodes until no other one saves conversions; each addition can only make others more worthwhile."""
        changed = True
        while changed:
            changed = False
            for node in self.candidates.values():
                if node.name not in self.kernels and self._saves_conversions(node):
                    self.kernels.add(node.name)
                    changed = True

    def _saves_conversions(self, node: onnx.NodeProto) -> bool:
        sources = {self._source(name) for name in self._activations(node)}
        avoided = sum(
            self._is_certainly_integer(name) and not self._read_as_float(name, self.candidates) for name in sources
        )
        self.kernels.add(node.name)
        result = self._after_clamp(node)
        needed = sum(not self._is_integer(name) for name in sources)
        as_integer = needed + self._read_as_float(result)
        as_float = avoided + self._read_as_integers(result)
        self.kernels.discard(node.name)
        return as_integer < as_float or (as_integer == as_float > 0 and needed == 0)

    def _gives_integers(self, node: onnx.NodeProto) -> bool:
        """Whether a kernel's result is quantised. Those of matrix products may stay float at no cost."""
        return node.op_type not in ("Gemm", "MatMul") or self._read_as_integers(self._after_clamp(node))

    def _weighs_by_softmax(self, node: onnx.NodeProto) -> bool:
        """Whether the node multiplies the rows of a softmax, and nobody else reads that."""
        if node.op_type != "MatMul" or node.name not in self.kernels or node.name in self.layers:
            return False
        softmax = self.maker.get(node.input[0])
        if softmax is None or softmax.op_type != "Softmax" or attribute(softmax, "axis", -1) != -1:
            return False
        return self._only_reader(node.input[0])

    # -- tensors -------------------------------------------------------------------------------------------------

    def _is_integer(self, name: str) -> bool:
        """Whether the source of a tensor is, or may at no cost be, integers."""
        source = self._source(name)
        return source == INPUT or self._kernel_of(source) is not None

    def _is_certainly_integer(self, source: str) -> bool:
        kernel = self._kernel_of(source)
        return kernel is not None and self._gives_integers(kernel)

    def _kernel_of(self, source: str) -> onnx.NodeProto | None:
        """The kernel that computes a tensor, looking through a clamp that it absorbs."""
        node = self.maker.get(source)
        if node is not None and self._is_zero_clamp(node) and self._only_reader(node.input[0]):
            node = self.maker.get(node.input[0])
        return node if node is not None and node.name in self.kernels else None

    def _read_as_integers(self, name: str) -> bool:
        return any(
            node.name in self.kernels or (self._may_move(node) and self._read_as_integers(node.output[0]))
            for node in self.readers.get(name, ())
        )

    def _read_as_float(self, name: str, besides: Container[str] = ()) -> bool:
        """Whether somebody, ``besides`` those nodes, needs the values as floats."""
        if name == OUTPUT:
            return True
        for node in self.readers.get(name, ()):
            if node.name in self.kernels or node.name in besides:
                continue
            if not self._may_move(node) or any(self._read_as_float(result, besides) for result in node.output):
                return True
        return False

    def _source(self, name: str) -> str:
        """Follow moves upwards to the tensor that was computed."""
        while name in self.maker and self._is_move(self.maker[name]):
            name = self._moved(self.maker[name])
        return name

    def _only_reader(self, name: str) -> bool:
        return len(self.readers.get(name, ())) == 1 and name not in (INPUT, OUTPUT)

    # -- moves and clamps ----------------------------------------------------------------------------------------

    def _moved(self, node: onnx.NodeProto) -> str:
        """The tensor that a move moves."""
        return next(iter(self._activations(node)), "")

    def _may_move(self, node: onnx.NodeProto) -> bool:
        """Whether the node runs on integers as they are, provided that its input is integers."""
        if len(self._activations(node)) != 1:
            return False
        if clamp_bounds(node, self.constants) is not None:
            return True
        if scalar_factor(node, self.constants) is not None:
            return self._read_as_integers(node.output[0])
        if node.op_type not in _MOVES or node.input[0] in self.constants:
            return False
        if node.op_type == "MaxPool":
            return len(node.output) == 1
        if node.op_type == "Resize":
            return attribute(node, "mode", b"nearest") == b"nearest"
        return node.op_type != "Pad" or self._pads_zeros(node)

    def _is_move(self, node: onnx.NodeProto) -> bool:
        if not self._may_move(node):
            return False
        if clamp_bounds(node, self.constants) is not None or scalar_factor(node, self.constants) is not None:
            # Worth doing on integers that are there, but no reason to make some.
            return self._kernel_of(self._source(self._moved(node))) is not None and not self._is_absorbed(node)
        return True

    def _pads_zeros(self, node: onnx.NodeProto) -> bool:
        if attribute(node, "mode", b"constant") != b"constant":
            return True
        value = node.input[2] if len(node.input) > 2 else ""
        return not value or not np.any(array_of(self.constants[value]))

    def _is_zero_clamp(self, node: onnx.NodeProto) -> bool:
        """Whether the node clamps to [0, something]: ReLU, ReLU6."""
        bounds = clamp_bounds(node, self.constants)
        return bounds is not None and bounds[0] == 0.0

    def _is_absorbed(self, node: onnx.NodeProto) -> bool:
        """Whether quantising the output of a clamp does the clamp's work."""
        if not self._is_zero_clamp(node) or not self._only_reader(node.input[0]):
            return False
        maker = self.maker.get(node.input[0])
        if maker is not None and maker.name in self.kernels:
            return True
        return self._kernel_of(self._source(node.input[0])) is None and not self._read_as_float(node.output[0])

    def _after_clamp(self, node: onnx.NodeProto) -> str:
        """The output of a kernel, or of the ReLU that is its only reader."""
        name = node.output[0]
        if self._only_reader(name):
            reader = self.readers[name][0]
            if self._is_zero_clamp(reader):
                return reader.output[0]
        return name
