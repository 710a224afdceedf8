"""Float graph + what to do → the ONNX file of a trial, without training."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx

from nnopt_gui.engine.onnx_graph.artifact_graph import write_float, write_quantized
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid, QuantizedWeight, least_weight_scales
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.calibration import ActivationRanges
from nnopt_gui.engine.quantization.weights import quantize_weight
from nnopt_gui.engine.recipe import Quantize
from nnopt_gui.errors import RecipeError

Masks = Mapping[str, np.ndarray]


def quantize_graph(
    graph: FloatGraph,
    quantize: Quantize | None,
    ranges: ActivationRanges | None,
    masks: Masks | None,
    reporter: Reporter,
) -> onnx.ModelProto:
    """The artifact of a recipe's last step.

    Args:
        quantize: None for the float32 artifact.
        ranges: needed when activations have 8 bits.
        masks: by layer name, bool like the layer's weight with output channels first, False where it was pruned.

    Raises:
        RecipeError: 8-bit activations without ranges, masks that do not fit, or no layer to quantise.
    """
    if masks:
        graph = _masked(graph, masks)
    if quantize is None or quantize.weight_bits > 8:
        return write_float(graph, quantize.weight_bits if quantize else 32)
    if not graph.layers:
        raise RecipeError("This network has no layer that can be quantised.", "Leave the quantize step out.")
    grids = None
    if quantize.activation_bits == 8:
        if ranges is None:
            raise RecipeError("8-bit activations need calibration.", "Open a data set, or set the activations to 32.")
        grids = ranges.grids()
    reporter.status(f"Quantising weights to {quantize.weight_bits} bits")
    weights: dict[str, QuantizedWeight] = {}
    values, least = graph.weights(), least_weight_scales(graph, grids) if grids else {}
    for index, layer in enumerate(graph.layers):
        reporter.checkpoint()
        reporter.progress(index, len(graph.layers))
        weights[layer.name] = quantize_weight(
            values[layer.name],
            quantize.weight_bits,
            quantize.weight_range,
            masks.get(layer.name) if masks else None,
            least.get(layer.name),
        )
    return write_quantized(graph, weights, grids, packed=quantize.packed)


def _masked(graph: FloatGraph, masks: Masks) -> FloatGraph:
    weights = graph.weights()
    for name, mask in masks.items():
        if name not in weights or mask.shape != weights[name].shape or mask.dtype != np.bool_:
            raise RecipeError(f"The pruning mask of {name!r} does not fit the network.", "Prune the network again.")
    return graph.with_weights({name: np.where(mask, weights[name], 0.0) for name, mask in masks.items()})
