"""The forms in which a network is written to disk; the one writer behind artifacts and size estimates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx

from nnopt_gui.engine.onnx_graph.compact import compact
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.int4_form import to_int4
from nnopt_gui.engine.onnx_graph.packing import pack, pack_float16
from nnopt_gui.engine.onnx_graph.quantized import (
    ActivationGrid,
    QuantizedWeight,
    write_integer_graph,
    write_weight_only_graph,
)
from nnopt_gui.engine.onnx_graph.unpacking_chains import Target
from nnopt_gui.engine.recipe import Form


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
    form: Form = "packed",
) -> onnx.ModelProto:
    """The network with integer weights, and integer activations unless ``activations`` is None.

    Args:
        weights: by layer name, for every layer.
        activations: grids by tensor name, for all of ``plan_activations(graph).grids``.
        biases: float32 biases by layer name that replace the network's own.
        form: ``packed``, weights at their bit width, sparse or from codebooks where that is smaller; ``int8``, plain;
            ``int4``, ONNX's INT4 where levels fit and plain int8 elsewhere, which needs opset 21.
    """
    if activations is None:
        model = write_weight_only_graph(graph, weights, biases)
    else:
        model = write_integer_graph(graph, weights, activations, biases)
    if form == "packed":
        targets = {layer.name: Target(layer.weight, layer.out_axis) for layer in graph.layers}
        model = pack(model, {layer.name: weights[layer.name] for layer in graph.layers}, targets)
    elif form == "int4":
        model = to_int4(model, {layer.weight: layer.out_axis for layer in graph.layers})
    return compact(model)
