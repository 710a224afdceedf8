"""What a float graph says about its own layers: the profile of networks that came as ``.onnx``."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper

from nnopt_gui.engine.onnx_graph.float_graph import INPUT, FloatGraph
from nnopt_gui.engine.onnx_graph.runtime_passes import run
from nnopt_gui.engine.onnx_graph.tensors import attribute, initializers
from nnopt_gui.engine.profile import LayerProfile


@dataclass(frozen=True)
class GraphProfile:
    """``fixed_macs``: products of two activations (attention); ``fixed_params``: float constants outside layers."""

    layers: tuple[LayerProfile, ...]
    fixed_macs: int
    fixed_params: int


def profile_graph(graph: FloatGraph) -> GraphProfile:
    """Layers with weight shapes, groups and positions; MACs and parameters that belong to no layer.

    Positions are read off a run of one image.
    """
    nodes = {node.name: node for node in graph.model.graph.node}
    products = _activation_products(graph)
    wanted = [nodes[layer.node_name].output[0] for layer in graph.layers]
    wanted += [name for node in products for name in (node.input[0], node.output[0])]
    shapes = _shapes(graph, wanted)
    weights = graph.weights()
    layers = []
    for layer in graph.layers:
        node = nodes[layer.node_name]
        shape = shapes[node.output[0]]
        positions = math.prod(shape[2:]) if layer.kind == "conv" else math.prod(shape[:-1])
        groups = int(attribute(node, "group", 1)) if layer.kind == "conv" else 1  # type: ignore[call-overload]
        layers.append(
            LayerProfile(layer.name, layer.kind, weights[layer.name].shape, groups, positions, layer.bias is not None)
        )
    fixed_macs = sum(math.prod(shapes[node.output[0]]) * shapes[node.input[0]][-1] for node in products)
    return GraphProfile(tuple(layers), fixed_macs, _other_parameters(graph))


def _activation_products(graph: FloatGraph) -> list[onnx.NodeProto]:
    constants = initializers(graph.model)
    return [
        node
        for node in graph.model.graph.node
        if node.op_type in ("MatMul", "Gemm") and not any(name in constants for name in node.input)
    ]


def _shapes(graph: FloatGraph, names: list[str]) -> dict[str, tuple[int, ...]]:
    probe = onnx.ModelProto()
    probe.CopyFrom(graph.model)
    del probe.graph.output[:]
    unique = [name for name in dict.fromkeys(names) if name != INPUT]
    for name in unique:
        probe.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    image = np.zeros((1, *graph.input_shape), np.float32)
    shapes = {name: value.shape for name, value in zip(unique, run(probe, {INPUT: image}, unique), strict=True)}
    return {**shapes, INPUT: image.shape}


def _other_parameters(graph: FloatGraph) -> int:
    owned = {name for layer in graph.layers for name in (layer.weight, layer.bias)}
    return sum(
        math.prod(tensor.dims)
        for tensor in graph.model.graph.initializer
        if tensor.data_type == onnx.TensorProto.FLOAT and tensor.name not in owned and math.prod(tensor.dims) > 1
    )
