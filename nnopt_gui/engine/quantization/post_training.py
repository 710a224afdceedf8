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
from nnopt_gui.engine.quantization.reconstruction import Reconstruction, reconstruct
from nnopt_gui.engine.quantization.weights import quantize_weight
from nnopt_gui.engine.recipe import Quantize
from nnopt_gui.errors import RecipeError

Masks = Mapping[str, np.ndarray]

RECONSTRUCTED_BITS = 6  # above, the nearest level is as good and takes no time


def quantize_graph(
    graph: FloatGraph,
    quantize: Quantize | None,
    ranges: ActivationRanges | None,
    masks: Masks | None,
    reporter: Reporter,
) -> onnx.ModelProto:
    """The artifact of a recipe's last step.

    With 6 bits or fewer, and calibration images in ``ranges``, weights are rounded by their effect on each layer's
    outputs (:mod:`reconstruction`); otherwise to the nearest level.

    Args:
        quantize: None for the float32 artifact.
        ranges: needed when activations have 8 bits; worth giving with float activations too.
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
    if quantize.weight_bits <= RECONSTRUCTED_BITS and ranges is not None:
        found = _by_effect(graph, quantize, ranges, grids, masks or {}, reporter)
        return write_quantized(graph, found.weights, grids, found.biases, packed=quantize.packed)
    weights = _to_nearest(graph, quantize, grids, masks or {}, reporter)
    return write_quantized(graph, weights, grids, packed=quantize.packed)


def _by_effect(
    graph: FloatGraph,
    quantize: Quantize,
    ranges: ActivationRanges,
    grids: Mapping[str, ActivationGrid] | None,
    masks: Masks,
    reporter: Reporter,
) -> Reconstruction:
    return reconstruct(
        graph,
        {layer.name: quantize.weight_bits for layer in graph.layers},
        ranges.sample,
        grids,
        reporter,
        weight_range=quantize.weight_range,
        masks=masks,
        least_scales=least_weight_scales(graph, grids) if grids else None,
    )


def _to_nearest(
    graph: FloatGraph,
    quantize: Quantize,
    grids: Mapping[str, ActivationGrid] | None,
    masks: Masks,
    reporter: Reporter,
) -> dict[str, QuantizedWeight]:
    weights: dict[str, QuantizedWeight] = {}
    values, least = graph.weights(), least_weight_scales(graph, grids) if grids else {}
    for index, layer in enumerate(graph.layers):
        reporter.checkpoint()
        reporter.progress(index, len(graph.layers))
        weights[layer.name] = quantize_weight(
            values[layer.name],
            quantize.weight_bits,
            quantize.weight_range,
            masks.get(layer.name),
            least.get(layer.name),
        )
    return weights


def _masked(graph: FloatGraph, masks: Masks) -> FloatGraph:
    weights = graph.weights()
    for name, mask in masks.items():
        if name not in weights or mask.shape != weights[name].shape or mask.dtype != np.bool_:
            raise RecipeError(f"The pruning mask of {name!r} does not fit the network.", "Prune the network again.")
    return graph.with_weights({name: np.where(mask, weights[name], 0.0) for name, mask in masks.items()})
