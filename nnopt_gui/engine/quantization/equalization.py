"""Cross-layer equalisation: moving range from one layer's channels to the next layer's inputs. Needs no data.

What a channel is multiplied by passes through ReLU, pooling and the like and can be divided out of the weights that
read it. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019
(arXiv:1906.04721), section 4.1. It matters most for depthwise networks and for one scale per tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import onnx
from onnx import shape_inference

from nnopt_gui.engine.onnx_graph.float_graph import OUTPUT, FloatGraph, GraphLayer
from nnopt_gui.engine.onnx_graph.tensors import (
    array_of,
    attribute,
    constant,
    consumers,
    initializers,
    replace_initializers,
)

# f(a·x) = a·f(x) for a > 0, value by value or channel by channel.
_VALUE_BY_VALUE: Final = frozenset({"Relu", "LeakyRelu", "Identity"})
_WITHIN_CHANNELS: Final = frozenset({"MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"})
_FLATTENING: Final = frozenset({"Flatten", "Reshape", "Squeeze"})
_ROUNDS: Final = 200
_CONVERGED: Final = 1e-4  # largest change of a factor's logarithm in a round


def equalize(graph: FloatGraph, checkpoint: Callable[[], None] = lambda: None) -> FloatGraph:
    """A graph with the same function (up to float32 rounding) whose neighbouring layers share their ranges.

    Treated are pairs of layers joined by nothing but a positively homogeneous path (ReLU, leaky ReLU, pooling,
    flattening) that nobody else reads. Depthwise convolutions are layers like others: a channel then ends with one and
    the same range in the layer before, the depthwise layer and the one behind. Channels whose weights are all zero on
    either side stay as they are, and no channel's bias grows beyond the largest one of its layer, so that channels with
    next to no weights cannot widen the range of the activations.

    Args:
        checkpoint: called now and then; may raise to stop.

    Observe activations *afterwards*: their ranges change.
    """
    pairs = _find_pairs(graph)
    if not pairs:
        return graph
    weights, biases = graph.weights(), graph.biases()
    sizes = {}
    for pair in pairs:
        for name in (pair.first, pair.second):
            checkpoint()
            sizes[name] = np.abs(weights[name]).reshape(*weights[name].shape[:2], -1).max(axis=2).astype(np.float64)
    factors = _solve(pairs, sizes, biases, checkpoint)
    changed: dict[str, np.ndarray] = {}
    for pair, factor in zip(pairs, factors, strict=True):
        checkpoint()
        first = changed.get(pair.first, weights[pair.first].astype(np.float64))
        changed[pair.first] = first / factor.reshape(-1, *[1] * (first.ndim - 1))
        if pair.first in biases:
            biases[pair.first] = (biases[pair.first] / factor).astype(np.float32)
        second = changed.get(pair.second, weights[pair.second].astype(np.float64))
        shape = pair.columns(second)
        changed[pair.second] = (second.reshape(shape) * pair.spread(factor)[..., None, None]).reshape(second.shape)
    return _with_values(graph, changed, {pair.first: biases[pair.first] for pair in pairs if pair.first in biases})


@dataclass(frozen=True)
class _Pair:
    """``first``'s output channels are ``second``'s inputs, ``repeat`` columns for each in a flattened linear layer."""

    first: str
    second: str
    channels: int
    groups: int
    repeat: int

    def columns(self, weight: np.ndarray) -> tuple[int, int, int, int, int]:
        """The shape in which the second layer's weight (O, I/groups, …) shows its inputs: (groups, O/groups,
        I/groups, repeat, kernel)."""
        inner = self.channels // self.groups
        return self.groups, len(weight) // self.groups, inner, self.repeat, weight[0].size // (inner * self.repeat)

    def spread(self, factor: np.ndarray) -> np.ndarray:
        """(C,) as (groups, 1, C/groups)."""
        return factor.reshape(self.groups, 1, -1)

    def input_ranges(self, size: np.ndarray) -> np.ndarray:
        """(C,): the largest weight that reads each channel, given (O, I/groups)."""
        largest: np.ndarray = size.reshape(self.columns(size)).max(axis=(1, 3, 4)).ravel()
        return largest


# -- the walk over the graph -----------------------------------------------------------------------------------------


def _find_pairs(graph: FloatGraph) -> list[_Pair]:
    walk = _Walk(graph)
    found = (walk.pair(layer) for layer in graph.layers)
    return [pair for pair in found if pair is not None]


class _Walk:
    def __init__(self, graph: FloatGraph) -> None:
        self._constants = initializers(graph.model)
        self._readers = consumers(graph.model.graph)
        self._layers = {layer.node_name: layer for layer in graph.layers}
        self._nodes = {node.name: node for node in graph.model.graph.node}
        self._shapes: Mapping[str, tuple[int, ...]] | None = None
        self._model = graph.model

    def pair(self, first: GraphLayer) -> _Pair | None:
        """The layer that alone reads the first one's output, with how it does so."""
        channels = self._constants[first.weight].dims[first.out_axis]
        name = self._nodes[first.node_name].output[0]
        flat, repeat = first.kind == "linear", 1
        while True:
            readers = self._readers.get(name, [])
            if len(readers) != 1 or name == OUTPUT:
                return None
            node = readers[0]
            second = self._layers.get(node.name)
            if second is not None:
                return self._joined(first, second, node, flat, channels, repeat) if node.input[0] == name else None
            if node.op_type in _FLATTENING and not flat:
                repeat = self._flattened(node, channels)
                flat = True
            elif not self._is_homogeneous(node, flat):
                return None
            if repeat == 0:
                return None
            name = node.output[0]

    def _joined(
        self, first: GraphLayer, second: GraphLayer, node: onnx.NodeProto, flat: bool, channels: int, repeat: int
    ) -> _Pair | None:
        if flat != (second.kind == "linear") or not (self._is_private(first) and self._is_private(second)):
            return None
        dims = self._constants[second.weight].dims
        groups = int(attribute(node, "group", 1)) if second.kind == "conv" else 1  # type: ignore[call-overload]
        inputs = dims[1] * groups if second.kind == "conv" else dims[1 - second.out_axis]
        return _Pair(first.name, second.name, channels, groups, repeat) if inputs == channels * repeat else None

    def _is_private(self, layer: GraphLayer) -> bool:
        return all(len(self._readers[name]) == 1 for name in (layer.weight, layer.bias) if name)

    def _is_homogeneous(self, node: onnx.NodeProto, flat: bool) -> bool:
        if len([name for name in node.output if name]) != 1:
            return False
        return node.op_type in _VALUE_BY_VALUE or (node.op_type in _WITHIN_CHANNELS and not flat)

    def _flattened(self, node: onnx.NodeProto, channels: int) -> int:
        """How many columns a channel becomes when N×C×H×W is flattened to N×(C·H·W); 0 when that is not what happens,
        or not known to be."""
        if self._shapes is None:
            self._shapes = _known_shapes(self._model)
        before, after = self._shapes.get(node.input[0], ()), self._shapes.get(node.output[0], ())
        if len(before) != 4 or len(after) != 2 or before[1] != channels or min(before[1:]) < 1:
            return 0
        return before[2] * before[3] if after[1] == channels * before[2] * before[3] else 0


def _known_shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """Shapes by tensor name; 0 where a size is not known, the batch among them."""
    return {
        value.name: tuple(int(dim.dim_value) for dim in value.type.tensor_type.shape.dim)
        for value in shape_inference.infer_shapes(model).graph.value_info
    }


# -- the factors -----------------------------------------------------------------------------------------------------


def _solve(
    pairs: list[_Pair], sizes: dict[str, np.ndarray], biases: Mapping[str, np.ndarray], checkpoint: Callable[[], None]
) -> list[np.ndarray]:
    """Factors (C,) of every pair, by which the first layer's outputs are divided; pair by pair until nothing moves.

    Args:
        sizes: the largest magnitudes (O, I/groups) over the kernel, by layer name; scaled in place.
    """
    factors = [np.ones(pair.channels) for pair in pairs]
    least = [_least_factor(pair, biases) for pair in pairs]
    for _ in range(_ROUNDS):
        change = 0.0
        for index, pair in enumerate(pairs):
            checkpoint()
            first, second = sizes[pair.first].max(axis=1), pair.input_ranges(sizes[pair.second])
            alive = (first > 0) & (second > 0)
            step = np.sqrt(np.where(alive, first, 1.0) / np.where(alive, second, 1.0))
            step = np.maximum(step, least[index] / factors[index])
            factors[index] = factors[index] * step
            change = max(change, float(np.abs(np.log(step)).max()))
            sizes[pair.first] = sizes[pair.first] / step[:, None]
            size = sizes[pair.second]
            spread = pair.spread(step)[..., None, None]
            sizes[pair.second] = (size.reshape(pair.columns(size)) * spread).reshape(size.shape)
        if change < _CONVERGED:
            break
    return factors


def _least_factor(pair: _Pair, biases: Mapping[str, np.ndarray]) -> np.ndarray:
    """(C,): with which a bias becomes as large as the layer's largest was."""
    bias = np.abs(biases.get(pair.first, np.zeros(pair.channels))).astype(np.float64)
    largest = bias.max(initial=0.0)
    return bias / largest if largest > 0 else bias


def _with_values(graph: FloatGraph, weights: Mapping[str, np.ndarray], biases: Mapping[str, np.ndarray]) -> FloatGraph:
    model = onnx.ModelProto()
    model.CopyFrom(graph.model)
    table = initializers(graph.model)
    tensors = []
    for layer in graph.layers:
        if layer.name in weights:
            values = np.moveaxis(weights[layer.name], 0, layer.out_axis).astype(np.float32)
            tensors.append(constant(layer.weight, values))
        if layer.name in biases and layer.bias is not None:
            shape = array_of(table[layer.bias]).shape
            tensors.append(constant(layer.bias, biases[layer.name].reshape(shape)))
    replace_initializers(model, tensors)
    return replace(graph, model=model)
