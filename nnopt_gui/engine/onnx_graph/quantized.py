"""Quantised weights and activation grids → a plain int8 ONNX graph that ONNX Runtime runs in integer kernels.

The graph is written as quantise/dequantise pairs around float operators (QDQ), which ONNX Runtime, and any other
runtime that reads QDQ, fuses into ``QLinearConv``, ``QGemm``, ``QLinearAdd`` and so on. Activations are uint8, weights
int8 per output channel with zero point 0, biases int32 with scale = input scale × weight scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import onnx
from onnx import helper

from nnopt_gui.engine.onnx_graph.activation_plan import plan_activations
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph, GraphLayer
from nnopt_gui.engine.onnx_graph.integer_kernels import INT32_SAFE
from nnopt_gui.engine.onnx_graph.rewriting import with_nodes
from nnopt_gui.engine.onnx_graph.tensors import constant, initializers
from nnopt_gui.engine.onnx_graph.trellis_codes import TrellisCodes


@dataclass(frozen=True)
class VectorCodebook:
    """``entries``: int8 (K, d), K ≤ 256: what one code stands for, d weights of one output channel.

    ``order``: how a channel's weights are cut into vectors: ``kernel`` as they are stored, (I, kH, kW) flattened;
    ``inputs``: (kH, kW, I) flattened, so that a vector runs over input channels. The same for linear layers.
    """

    entries: np.ndarray
    order: Literal["kernel", "inputs"]


@dataclass(frozen=True)
class QuantizedWeight:
    """``levels``: int8, output channels first; ``scale``: float32 (O,), positive; weight ≈ levels × scale.

    ``bits``: what one level takes in a packed file. ``kept``: bool, the shape of ``levels``; False where a weight was
    pruned (its level is 0); None when nothing was.

    level = table[code] × multiplier, exactly, wherever a weight was kept:

    ``table``: int8, the level of every code of ``bits`` bits, rising: (2**bits,) for the layer or (O, 2**bits) for each
    channel; None for the usual one, −2**(bits−1) … 2**(bits−1)−1, with 1 bit −1 and 1. ``multipliers``: int8
    (O, groups), 1 or more, one for every ``group_size`` consecutive weights of a channel (the last group may be
    shorter); None when there are no groups.

    With a ``codebook`` vectors of levels are its entries, with a ``trellis`` levels are those of its codes; neither has
    tables or groups.
    """

    levels: np.ndarray
    scale: np.ndarray
    bits: int
    kept: np.ndarray | None = None
    table: np.ndarray | None = None
    multipliers: np.ndarray | None = None
    group_size: int | None = None
    codebook: VectorCodebook | None = None
    trellis: TrellisCodes | None = None

    def dequantized(self) -> np.ndarray:
        """Float32 weights, output channels first."""
        scale = self.scale.reshape(-1, *([1] * (self.levels.ndim - 1)))
        return (self.levels.astype(np.float32) * scale).astype(np.float32)


@dataclass(frozen=True)
class ActivationGrid:
    """Grid of one tensor on uint8: value = scale × (level − zero_point), levels 0 … 2**bits − 1.

    A quantiser saturates at 255 only: below 8 bits a ``Clip`` of the integers has to follow it.

    ``exact``: the tensor's values lie ``scale`` apart in every channel, so quantising them changes nothing, and where
    a channel's zero lies is known to the writer.
    """

    scale: float
    zero_point: int
    bits: int = 8
    exact: bool = False

    @property
    def highest(self) -> int:
        """The largest level."""
        return 2**self.bits - 1

    @property
    def limits(self) -> tuple[float, float]:
        """The least and the largest value."""
        return -self.zero_point * self.scale, (self.highest - self.zero_point) * self.scale


def parameter_name(weight: str, part: Literal["scale", "bias"]) -> str:
    """The initialiser with a layer's scales or integer bias, by the name of its weight."""
    return f"{weight}::{part}"


def least_weight_scales(graph: FloatGraph, activations: Mapping[str, ActivationGrid]) -> dict[str, np.ndarray]:
    """By layer name, the smallest scales (O,) with which every bias fits its int32.

    Matters for channels whose weights are almost zero while their bias is not.
    """
    plan, biases = plan_activations(graph), graph.biases()
    sources = {node.name: node.input[0] for node in graph.model.graph.node if node.input}
    found = {}
    for layer in graph.layers:
        bias = biases.get(layer.name)
        if bias is not None:
            source = sources[layer.node_name]
            step = activations[plan.origin[source]].scale * plan.factors.get(source, 1.0)
            found[layer.name] = (np.abs(bias) / (INT32_SAFE * step)).astype(np.float32)
    return found


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
    from nnopt_gui.engine.onnx_graph.integer_writer import IntegerWriter  # which needs the classes above

    return IntegerWriter(graph, weights, activations, {**graph.biases(), **(biases or {})}).write()


def write_weight_only_graph(
    graph: FloatGraph, weights: Mapping[str, QuantizedWeight], biases: Mapping[str, np.ndarray] | None = None
) -> onnx.ModelProto:
    """Weights as int8 with scales, activations in float: ``Cast`` and ``Mul`` fold to float weights when the file is
    loaded (a ``DequantizeLinear`` would stay and be computed at every run)."""
    model = onnx.ModelProto()
    model.CopyFrom(graph.model)
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
    return with_nodes(model, [*nodes, *model.graph.node], tensors)


def _set_float_bias(
    node: onnx.NodeProto, layer: GraphLayer, bias: np.ndarray | None, tensors: dict[str, onnx.TensorProto]
) -> None:
    if bias is None or node.op_type == "MatMul":
        return
    name = layer.bias or f"{layer.weight}::bias"
    tensors[name] = constant(name, bias.astype(np.float32))
    del node.input[2:]
    node.input.append(name)
