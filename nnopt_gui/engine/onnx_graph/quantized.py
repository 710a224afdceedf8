"""Quantised weights and activation grids → a plain int8 ONNX graph that ONNX Runtime runs in integer kernels.

The graph is written as quantise/dequantise pairs around float operators (QDQ), which ONNX Runtime, and any other
runtime that reads QDQ, fuses into ``QLinearConv``, ``QGemm``, ``QLinearAdd`` and so on. Activations are uint8, weights
int8 per output channel with zero point 0, biases int32 with scale = input scale × weight scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper

from nnopt_gui.engine.onnx_graph.activation_plan import ActivationPlan, plan_activations
from nnopt_gui.engine.onnx_graph.float_graph import INPUT, OUTPUT, FloatGraph, GraphLayer
from nnopt_gui.engine.onnx_graph.tensors import array_of, constant, initializers

_INT32_SAFE = float(2**30)


@dataclass(frozen=True)
class QuantizedWeight:
    """``levels``: int8, output channels first; ``scale``: float32 (O,), positive; weight ≈ levels × scale.

    ``bits``: what one level takes in a packed file. ``kept``: bool, the shape of ``levels``; False where a weight was
    pruned (its level is 0); None when nothing was.
    """

    levels: np.ndarray
    scale: np.ndarray
    bits: int
    kept: np.ndarray | None = None

    def dequantized(self) -> np.ndarray:
        """Float32 weights, output channels first."""
        scale = self.scale.reshape(-1, *([1] * (self.levels.ndim - 1)))
        return (self.levels.astype(np.float32) * scale).astype(np.float32)


@dataclass(frozen=True)
class ActivationGrid:
    """uint8 grid of one tensor: value = scale × (level − zero_point)."""

    scale: float
    zero_point: int


def least_weight_scales(graph: FloatGraph, activations: Mapping[str, ActivationGrid]) -> dict[str, np.ndarray]:
    """By layer name, the smallest scales (O,) with which every bias fits its int32.

    Matters for channels whose weights are almost zero while their bias is not.
    """
    origin = plan_activations(graph).origin
    sources = {node.name: node.input[0] for node in graph.model.graph.node if node.input}
    node_names = {layer.name: layer.node_name for layer in graph.layers}
    return {
        name: (np.abs(bias) / (_INT32_SAFE * activations[origin[sources[node_names[name]]]].scale)).astype(np.float32)
        for name, bias in graph.biases().items()
    }


def write_integer_graph(
    graph: FloatGraph,
    weights: Mapping[str, QuantizedWeight],
    activations: Mapping[str, ActivationGrid],
    biases: Mapping[str, np.ndarray] | None = None,
) -> onnx.ModelProto:
    """The int8 graph.

    Args:
        weights: by layer name; every layer of the graph needs one.
        activations: by tensor name, for all of ``plan_activations(graph).grids``.
        biases: float32 (O,) by layer name; replaces the network's own.

    The int8 initialisers keep the names of the float ones, so that :mod:`packing` finds them.
    """
    return _IntegerWriter(graph, weights, activations, {**graph.biases(), **(biases or {})}).write()


def write_weight_only_graph(
    graph: FloatGraph, weights: Mapping[str, QuantizedWeight], biases: Mapping[str, np.ndarray] | None = None
) -> onnx.ModelProto:
    """Weights as int8 with scales, activations in float: ``Cast`` and ``Mul`` fold to float weights when the file is
    loaded (a ``DequantizeLinear`` would stay and be computed at every run)."""
    model = _copy(graph.model)
    nodes: list[onnx.NodeProto] = []
    tensors = initializers(model)
    for layer in graph.layers:
        weight = weights[layer.name]
        shape = [1] * weight.levels.ndim
        shape[layer.out_axis] = -1
        tensors[layer.weight] = constant(layer.weight, np.moveaxis(weight.levels, 0, layer.out_axis))
        tensors[f"{layer.weight}::scale"] = constant(f"{layer.weight}::scale", weight.scale.reshape(shape))
        cast, scaled = f"{layer.weight}::float", f"{layer.weight}::scaled"
        nodes.append(helper.make_node("Cast", [layer.weight], [cast], to=onnx.TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [cast, f"{layer.weight}::scale"], [scaled]))
    by_node = {layer.node_name: layer for layer in graph.layers}
    for node in model.graph.node:
        if node.name in by_node:
            layer = by_node[node.name]
            node.input[1] = f"{layer.weight}::scaled"
            _set_float_bias(node, layer, (biases or {}).get(layer.name), tensors)
    _set_nodes(model, [*nodes, *model.graph.node], tensors)
    return model


def _set_float_bias(
    node: onnx.NodeProto, layer: GraphLayer, bias: np.ndarray | None, tensors: dict[str, onnx.TensorProto]
) -> None:
    if bias is None or node.op_type == "MatMul":
        return
    name = layer.bias or f"{layer.weight}::bias"
    tensors[name] = constant(name, bias.astype(np.float32))
    del node.input[2:]
    node.input.append(name)


def _copy(model: onnx.ModelProto) -> onnx.ModelProto:
    other = onnx.ModelProto()
    other.CopyFrom(model)
    return other


def _set_nodes(model: onnx.ModelProto, nodes: list[onnx.NodeProto], tensors: dict[str, onnx.TensorProto]) -> None:
    """Replace nodes and initialisers, dropping initialisers that nobody reads."""
    nodes = [_node_copy(node) for node in nodes]
    used = {name for node in nodes for name in node.input}
    kept = [tensor for name, tensor in tensors.items() if name in used]
    copies = []
    for tensor in kept:
        copy = onnx.TensorProto()
        copy.CopyFrom(tensor)
        copies.append(copy)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    del model.graph.initializer[:]
    model.graph.initializer.extend(copies)


def _node_copy(node: onnx.NodeProto) -> onnx.NodeProto:
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    return copy


class _IntegerWriter:
    """Walks the float graph once; a tensor may exist as float, as integers, or both, and is converted when needed."""

    def __init__(
        self,
        graph: FloatGraph,
        weights: Mapping[str, QuantizedWeight],
        activations: Mapping[str, ActivationGrid],
        biases: Mapping[str, np.ndarray],
    ) -> None:
        self.graph = graph
        self.weights = weights
        self.grids = activations
        self.biases = biases
        self.plan: ActivationPlan = plan_activations(graph)
        self.layers = {layer.node_name: layer for layer in graph.layers}
        self.constants = initializers(graph.model)
        self.nodes: list[onnx.NodeProto] = []
        self.tensors = dict(self.constants)
        self.floats: set[str] = {INPUT}  # tensors that exist as float
        self.integers: set[str] = set()  # tensors that exist as uint8, under _integer_name
        self.renamed: dict[str, str] = {}  # float outputs that go by another name until they are quantised

    def write(self) -> onnx.ModelProto:
        for node in self.graph.model.graph.node:
            if node.name in self.plan.absorbed:
                self._absorb(node)
            elif (
                node.input
                and node.input[0] in self.plan.origin
                and node.output[0] in self.plan.origin
                and (self.plan.origin[node.output[0]] == self.plan.origin[node.input[0]])
            ):
                self._move(node)
            else:
                self._compute(node)
        self._as_float(OUTPUT)
        model = _copy(self.graph.model)
        _set_nodes(model, self.nodes, self.tensors)
        return model

    # -- tensors ---------------------------------------------------------------------------------------------------

    def _grid_names(self, name: str) -> tuple[str, str]:
        """Initialisers with scale and zero point of a tensor's grid; written when first asked for."""
        origin = self.plan.origin[name]
        grid = self.grids[origin]
        scale, zero = f"{origin}::scale", f"zero_point_{grid.zero_point}"
        if scale not in self.tensors:
            self.tensors[scale] = constant(scale, np.float32(grid.scale))
            self.tensors[zero] = constant(zero, np.uint8(grid.zero_point))
        return scale, zero

    def _as_integer(self, name: str) -> str:
        integer = f"{name}::uint8"
        if name not in self.integers:
            source = self.renamed.get(name, name)
            self.nodes.append(helper.make_node("QuantizeLinear", [source, *self._grid_names(name)], [integer]))
            self.integers.add(name)
        return integer

    def _as_float(self, name: str) -> str:
        """The float tensor; for one on a grid the dequantised integers, so that everybody sees the same values."""
        if name not in self.plan.origin:
            return name
        dequantized = name if name == OUTPUT else f"{name}::float"
        if dequantized not in self.floats:
            integer = self._as_integer(name)
            self.nodes.append(helper.make_node("DequantizeLinear", [integer, *self._grid_names(name)], [dequantized]))
            self.floats.add(dequantized)
        return dequantized

    def _declare_output(self, name: str) -> str:
        """Under which name the float output of a node is written."""
        if name in self.plan.grids:
            self.renamed[name] = f"{name}::exact"
            return self.renamed[name]
        self.floats.add(name)
        return name

    # -- nodes -----------------------------------------------------------------------------------------------------

    def _absorb(self, node: onnx.NodeProto) -> None:
        """ReLU before quantisation to [0, max]: the quantiser clamps. A grid that reaches below zero needs the node."""
        grid = self.grids[node.output[0]]
        if grid.zero_point == 0 and self._clips_above(node) >= 255 * grid.scale * (1 - 1e-6):
            self.renamed[node.output[0]] = self._as_float(node.input[0])
        else:
            self._compute(node)

    def _clips_above(self, node: onnx.NodeProto) -> float:
        if node.op_type == "Clip" and len(node.input) > 2 and node.input[2]:
            return float(array_of(self.constants[node.input[2]]))
        return float("inf")

    def _move(self, node: onnx.NodeProto) -> None:
        copy = _node_copy(node)
        copy.input[0] = self._as_integer(node.input[0])
        if node.op_type == "Pad" and self.grids[self.plan.origin[node.input[0]]].zero_point != 0:
            while len(copy.input) < 3:
                copy.input.append("")
            copy.input[2] = self._grid_names(node.input[0])[1]
        elif node.op_type == "Pad" and len(copy.input) > 2:
            copy.input[2] = ""
        for index, name in enumerate(node.output):
            copy.output[index] = f"{name}::uint8"
            self.integers.add(name)
        self.nodes.append(copy)

    def _compute(self, node: onnx.NodeProto) -> None:
        copy = _node_copy(node)
        layer = self.layers.get(node.name)
        for index, name in enumerate(node.input):
            if name and name not in self.constants:
                copy.input[index] = self._as_float(name)
        if layer is not None:
            self._quantize_parameters(copy, layer, node.input[0])
        for index, name in enumerate(node.output):
            copy.output[index] = self._declare_output(name)
        self.nodes.append(copy)

    def _quantize_parameters(self, node: onnx.NodeProto, layer: GraphLayer, source: str) -> None:
        weight, input_scale_name = self.weights[layer.name], self._grid_names(source)[0]
        input_scale = np.float32(self.grids[self.plan.origin[source]].scale)
        bias = None if node.op_type == "MatMul" else self.biases.get(layer.name)
        names = {part: f"{layer.weight}::{part}" for part in ("scale", "float", "bias", "bias_scale", "bias_float")}
        self.tensors[layer.weight] = constant(layer.weight, np.moveaxis(weight.levels, 0, layer.out_axis))
        self.tensors[names["scale"]] = constant(names["scale"], weight.scale.astype(np.float32))
        zero_points = self._weight_zero_points(node, weight)
        self._dequantize(layer.weight, names["scale"], names["float"], layer.out_axis, zero_points)
        node.input[1] = names["float"]
        if bias is None:
            return
        steps = input_scale * weight.scale.astype(np.float32)
        levels = np.clip(np.rint(bias.astype(np.float64) / steps), -(2**31) + 1, 2**31 - 1).astype(np.int32)
        self.tensors[names["bias"]] = constant(names["bias"], levels)
        self.nodes.append(helper.make_node("Mul", [names["scale"], input_scale_name], [names["bias_scale"]]))
        self._dequantize(names["bias"], names["bias_scale"], names["bias_float"], 0)
        del node.input[2:]
        node.input.append(names["bias_float"])

    def _weight_zero_points(self, node: onnx.NodeProto, weight: QuantizedWeight) -> str:
        """ONNX Runtime ≥ 1.27 fuses ``QGemm`` only when the zero points of the weight are spelt out."""
        if node.op_type != "Gemm":
            return ""
        name = f"zero_points_{len(weight.levels)}"
        self.tensors[name] = constant(name, np.zeros(len(weight.levels), np.int8))
        return name

    def _dequantize(self, source: str, scale: str, target: str, axis: int, zero_point: str = "") -> None:
        inputs = [source, scale, zero_point] if zero_point else [source, scale]
        self.nodes.append(helper.make_node("DequantizeLinear", inputs, [target], axis=axis))
