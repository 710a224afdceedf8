"""What a file of each form costs beyond its packed weights, read off files of that form with stand-in weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import onnx

from nnopt_gui.engine.onnx_graph.activation_plan import plan_activations
from nnopt_gui.engine.onnx_graph.artifact_graph import write_float, write_quantized
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid, QuantizedWeight
from nnopt_gui.engine.onnx_graph.weight_codes import level_table
from nnopt_gui.engine.profile import Container
from nnopt_gui.engine.recipe import WEIGHT_BITS
from nnopt_gui.engine.weight_plan import packed_bytes

_SCALE_BYTES: Final = 4
_BIAS_BYTES: Final = 4
_INPUTS: Final = 8  # of a stand-in otherwise: enough for every bit width to pay for its operators
_REAL_SHAPES: Final = 1 << 16  # below this many weights the stand-ins have the real shapes: every byte counts there


def measure_containers(graph: FloatGraph) -> tuple[Container, ...]:
    """Fixed bytes and bytes per output channel for every combination of bits that a recipe allows, dense and sparse.

    ``activation_bits`` is 8 for all integer activations, whose files differ only by a few operators, and 32 for float
    ones. Fixed bytes are what is left of a whole file after its weights and channels, so that
    ``estimate`` gives the size of the file. Files are built in memory; for larger networks with a few weights per
    output channel, because payload bytes are known without packing anything.
    """
    return tuple(_measure(graph, *form) for form in _forms())


def _forms() -> Iterator[tuple[int, int, bool]]:
    for bits in WEIGHT_BITS:
        if bits > 8:
            yield bits, 32, False
            continue
        for activation_bits in (8, 32):
            yield bits, activation_bits, False
            yield bits, activation_bits, True


def _measure(graph: FloatGraph, bits: int, activation_bits: int, sparse: bool) -> Container:
    weights = graph.weights()
    small = sum(weight.size for weight in weights.values()) > _REAL_SHAPES
    shapes = {
        name: (weight.shape[0], min(_INPUTS, weight[0].size), *([1] * (weight.ndim - 2))) if small else weight.shape
        for name, weight in weights.items()
    }
    counts = {name: int(np.prod(shape)) for name, shape in shapes.items()}
    channels = sum(shape[0] for shape in shapes.values())
    if bits > 8:
        model = write_float(graph, bits)
        payload = sum(packed_bytes(weight.size, bits) for weight in weights.values())
    else:
        stand_ins = {name: _stand_in(index, shape, bits, sparse) for index, (name, shape) in enumerate(shapes.items())}
        model = _write(graph, stand_ins, activation_bits)
        payload = sum(packed_bytes(n, 1 if sparse else bits) for n in counts.values())  # sparse: masks, all pruned
    per_channel = (_SCALE_BYTES if bits <= 8 else 0) + _BIAS_BYTES
    return Container(bits, activation_bits, sparse, model.ByteSize() - payload - per_channel * channels, per_channel)


def _stand_in(index: int, shape: tuple[int, ...], bits: int, sparse: bool) -> QuantizedWeight:
    """Levels and scales unlike those of any other layer, because equal constants are stored once."""
    scale = 1e-4 * (1.0 + (np.arange(shape[0]) + 2048.0 * index) * 2.0**-21)
    levels = np.zeros(shape, np.int8)
    if not sparse:
        lowest = level_table(bits)[:2]
        digits = levels.reshape(-1)
        digits[:] = lowest[0]
        for place in range(min(16, digits.size)):
            digits[place] = lowest[index >> place & 1]
    return QuantizedWeight(levels, scale.astype(np.float32), bits, np.zeros(shape, bool) if sparse else None)


def _write(graph: FloatGraph, weights: dict[str, QuantizedWeight], activation_bits: int) -> onnx.ModelProto:
    grids = None
    if activation_bits == 8:
        names = plan_activations(graph).grids
        # Different scales, as in real files, so that no two are shared; zero points 0 or 128, as after and before ReLU.
        grids = {name: ActivationGrid(1.0 + index / len(names), 0) for index, name in enumerate(names)}
    # Biases in use differ from one another too: rounding by effect shifts even those that were equal.
    biases = {name: (weights[name].scale - 1e-4) * 1e6 for name in graph.biases()}
    return write_quantized(graph, weights, grids, biases)
