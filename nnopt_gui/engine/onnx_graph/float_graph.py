"""The float32 network as an ONNX graph in one normal form: the row where training ends and deployment begins.

Normal form: one input ``input`` (float32, N×C×H×W, N free), one output ``logits`` (N×classes), opset 18, batch norms
folded, constants as initialisers, no metadata, every node named. Networks exported from torch and files that users
bring both arrive here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import onnx

from nnopt_gui.engine.onnx_graph.pixel_lattice import PixelLattice
from nnopt_gui.engine.onnx_graph.tensors import array_of, attribute, constant, initializers, replace_initializers

LayerKind = Literal["conv", "linear"]

INPUT = "input"
OUTPUT = "logits"


@dataclass(frozen=True)
class GraphLayer:
    """A convolution or linear layer. ``weight`` and ``bias`` are initialisers; ``out_axis`` is the weight's axis of
    output channels (0, but 1 for a plain ``MatMul``). ``name`` is the torch module's path, or the node's name."""

    name: str
    node_name: str
    kind: LayerKind
    weight: str
    bias: str | None
    out_axis: int


@dataclass(frozen=True)
class FloatGraph:
    """A float32 network in normal form. Treat ``model`` as immutable."""

    model: onnx.ModelProto
    layers: tuple[GraphLayer, ...]
    input_shape: tuple[int, int, int]  # (C, H, W)
    classes: int
    lattice: PixelLattice | None = None  # where the first layer reads whole pixel values, see ``pixel_input``

    def layer(self, name: str) -> GraphLayer:
        """The layer of that name; KeyError when there is none."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(name)

    def weights(self) -> dict[str, np.ndarray]:
        """Float32 weights by layer name with output channels first: (O, I/groups, kH, kW) or (O, I)."""
        table = initializers(self.model)
        return {layer.name: np.moveaxis(array_of(table[layer.weight]), layer.out_axis, 0) for layer in self.layers}

    def biases(self) -> dict[str, np.ndarray]:
        """Float32 biases (O,) by layer name; layers without one are absent."""
        table = initializers(self.model)
        return {layer.name: array_of(table[layer.bias]).ravel() for layer in self.layers if layer.bias}

    def with_weights(
        self, weights: Mapping[str, np.ndarray], biases: Mapping[str, np.ndarray] | None = None
    ) -> FloatGraph:
        """A copy in which the named layers have other weights, given with output channels first, and other biases
        (O,), for layers that have one."""
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        tensors = []
        for name, values in weights.items():
            layer = self.layer(name)
            tensors.append(constant(layer.weight, np.moveaxis(values, 0, layer.out_axis).astype(np.float32)))
        for name, values in (biases or {}).items():
            bias = self.layer(name).bias
            if bias is None:
                raise ValueError(f"{name} has no bias")
            tensors.append(constant(bias, values.astype(np.float32)))
        replace_initializers(model, tensors)
        return replace(self, model=model)


def find_layers(model: onnx.ModelProto) -> tuple[GraphLayer, ...]:
    """The layers whose weights can be quantised, in graph order, named by their nodes."""
    table = initializers(model)
    layers = []
    for node in model.graph.node:
        if len(node.input) < 2 or node.input[1] not in table:
            continue
        bias = node.input[2] if len(node.input) > 2 and node.input[2] else None
        if bias is not None and bias not in table:
            continue
        rank = len(table[node.input[1]].dims)
        if node.op_type == "Conv" and rank == 4:
            layers.append(GraphLayer(node.name, node.name, "conv", node.input[1], bias, 0))
        elif node.op_type == "Gemm" and rank == 2 and _plain_gemm(node):
            layers.append(GraphLayer(node.name, node.name, "linear", node.input[1], bias, 0))
        elif node.op_type == "MatMul" and rank == 2:
            layers.append(GraphLayer(node.name, node.name, "linear", node.input[1], None, 1))
    return tuple(layers)


def _plain_gemm(node: onnx.NodeProto) -> bool:
    scales = (attribute(node, "alpha", 1.0), attribute(node, "beta", 1.0))
    return scales == (1.0, 1.0) and attribute(node, "transA", 0) == 0 and attribute(node, "transB", 0) == 1
