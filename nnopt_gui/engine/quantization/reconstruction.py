"""Quantising layer by layer so that each layer gives the float network's outputs on the *quantised* network's inputs.

For every layer, in order, with X the float network's inputs and X̃ those that the layers quantised so far produce:
shift the weights by damped least squares to absorb X·W − X̃·W, round them with error feedback under X̃ᵀX̃, and set the
bias so that the mean output stays. Related: GPFQ (Lybrand & Saab, 2021, arXiv:2010.15979), GPTAQ (2025,
arXiv:2504.02692), bias correction (Nagel et al., 2019, arXiv:1906.04721). Needs a few hundred unlabelled images.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph, GraphLayer
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid, QuantizedWeight
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.codebooks import TrainedBook
from nnopt_gui.engine.quantization.grids import INT8_REACH
from nnopt_gui.engine.quantization.layer_rounding import RoundingTask, round_layer
from nnopt_gui.engine.quantization.paired_networks import PairedNetworks
from nnopt_gui.engine.quantization.trellises import TrainedTrellis
from nnopt_gui.engine.recipe import WeightRange

_IMAGES: Final = 512  # at most


@dataclass(frozen=True)
class Reconstruction:
    """Quantised weights and corrected biases by layer name; layers without a bias stay without."""

    weights: dict[str, QuantizedWeight]
    biases: dict[str, np.ndarray]


# Quantises a layer that sees the third argument where the float network sees the second, both as the layer's node reads
# them. The bias is None where it stays.
LayerRounder = Callable[[GraphLayer, np.ndarray, np.ndarray], tuple[QuantizedWeight, np.ndarray | None]]


def feedback_rounder(
    graph: FloatGraph,
    bits: Mapping[str, int],
    reporter: Reporter,
    *,
    weight_range: WeightRange = "mse",
    masks: Mapping[str, np.ndarray] | None = None,
    least_scales: Mapping[str, np.ndarray] | None = None,
    books: Mapping[str, TrainedBook | TrainedTrellis] | None = None,
    own_levels: Collection[str] = (),
    largest_level: int = INT8_REACH,
    seed: int = 0,
) -> LayerRounder:
    """What :func:`reconstruct` does with every layer; see there."""
    weights, biases = graph.weights(), graph.biases()
    nodes = {node.name: node for node in graph.model.graph.node}
    rng = np.random.default_rng(seed)

    def rounded(layer: GraphLayer, exact: np.ndarray, rough: np.ndarray) -> tuple[QuantizedWeight, np.ndarray | None]:
        name = layer.name
        kept, least = (masks or {}).get(name), (least_scales or {}).get(name)
        book = (books or {}).get(name)
        task = RoundingTask(bits[name], weight_range, kept, least, book, name in own_levels, largest_level)
        node, own = nodes[layer.node_name], biases.get(name)
        quantized, bias = round_layer(node, layer, weights[name], own, (exact, rough), task, rng, reporter)
        return quantized, None if layer.bias is None else bias

    return rounded


def reconstruct(
    graph: FloatGraph,
    bits: Mapping[str, int],
    images: np.ndarray,
    grids: Mapping[str, ActivationGrid] | None,
    reporter: Reporter,
    *,
    weight_range: WeightRange = "mse",
    masks: Mapping[str, np.ndarray] | None = None,
    least_scales: Mapping[str, np.ndarray] | None = None,
    books: Mapping[str, TrainedBook | TrainedTrellis] | None = None,
    own_levels: Collection[str] = (),
    largest_level: int = INT8_REACH,
    seed: int = 0,
) -> Reconstruction:
    """Quantise all layers in graph order.

    Args:
        bits: by layer name, 1 to 8.
        images: float32 N×C×H×W calibration images; as many are used as fit the memory bound.
        grids: activation grids by tensor name, or None for float activations.
        weight_range: ``mse`` chooses each channel's scale by the error of its outputs, ``minmax`` covers all weights.
        masks: False where a weight was pruned, output channels first.
        least_scales: lower limits of the scales by layer name.
        books: codebooks and trellises by layer name.
        own_levels: names of layers whose channels have levels of their own; all others have evenly spaced ones.
        largest_level: magnitude of the largest of those.
    """
    rounder = feedback_rounder(
        graph,
        bits,
        reporter,
        weight_range=weight_range,
        masks=masks,
        least_scales=least_scales,
        books=books,
        own_levels=own_levels,
        largest_level=largest_level,
        seed=seed,
    )
    return round_layers(graph, rounder, images, grids, reporter)


def round_layers(
    graph: FloatGraph,
    rounder: LayerRounder,
    images: np.ndarray,
    grids: Mapping[str, ActivationGrid] | None,
    reporter: Reporter,
) -> Reconstruction:
    """Quantise all layers in graph order, each one on the inputs that those before it give."""
    networks = PairedNetworks(graph, images, grids, most_images=_IMAGES)
    result = Reconstruction({}, {})
    for visit in networks.visits(reporter):
        name = visit.layer.name
        quantized, bias = rounder(visit.layer, visit.exact, visit.rough)
        result.weights[name] = quantized
        if bias is not None:
            result.biases[name] = bias
        networks.finish(visit, *networks.outputs(visit, quantized.dequantized(), bias))
    return result
