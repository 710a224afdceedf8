"""The forms in which a network is written to disk; the one writer behind artifacts and size estimates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx

from nnopt_gui.engine.onnx_graph.compact import compact
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.packing import PackedForm, pack, pack_float16
from nnopt_gui.engine.onnx_graph.quantized import (
    ActivationGrid,
    QuantizedWeight,
    write_integer_graph,
    write_weight_only_graph,
)


def write_float(graph: FloatGraph, bits: int = 32) -> onnx.ModelProto:
    """The network with weights of 32 or 16 bits; arithmetic is float32 in both."""
    if bits == 16:
        return compact(pack_float16(graph.model, [layer.weight for layer in graph.layers]))
    return compact(graph.model)


def write_quantized(
    graph: FloatGraph,
    weights: Mapping[str, QuantizedWeight],
    activations: Mapping[str, ActivationGrid] | None,
    biases: Mapping[str, np.ndarray] | None = None,
    *,
    packed: bool = True,
) -> onnx.ModelProto:
    """The network with integer weights, and integer activations unless ``activations`` is None.

    Args:
        weights: by layer name, for every layer.
        activations: grids by tensor name, for all of ``plan_activations(graph).grids``.
        biases: float32 biases by layer name that replace the network's own.
        packed: weights at their bit width, sparse where that is smaller; otherwise plain int8.
    """
    if activations is None:
        model = write_weight_only_graph(graph, weights, biases)
    else:
        model = write_integer_graph(graph, weights, activations, biases)
    if packed:
        forms = {}
        for layer in graph.layers:
            weight = weights[layer.name]
            kept = None if weight.kept is None else np.moveaxis(weight.kept, 0, layer.out_axis)
            forms[layer.weight] = PackedForm(weight.bits, kept)
        model = pack(model, forms)
    return compact(model)
