"""What a file of each form costs beyond its packed weights, read off files of that form with stand-in weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import onnx

from nnopt_gui.engine.onnx_graph.activation_plan import plan_activations
from nnopt_gui.engine.onnx_graph.artifact_graph import write_float, write_quantized
from nnopt_gui.engine.onnx_graph.byte_ledger import ledger
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.packed_forms import plan_packing
from nnopt_gui.engine.onnx_graph.pixel_input import EVEN
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid, QuantizedWeight
from nnopt_gui.engine.onnx_graph.weight_codes import level_table
from nnopt_gui.engine.profile import Container
from nnopt_gui.engine.recipe import WEIGHT_BITS
from nnopt_gui.engine.sparsity_plan import place_operators
from nnopt_gui.engine.weight_plan import packed_bytes

_FLOAT_BIAS_BYTES: Final = 4
_SHORT_BYTES: Final = 2  # of a scale or an integer bias
_KEPT: Final = 4  # every so many-th weight of a sparse stand-in
_INPUTS: Final = 8  # of a stand-in otherwise: enough for every bit width to pay for its operators
_REAL_SHAPES: Final = 1 << 16  # below this many weights the stand-ins have the real shapes: every byte counts there


def measure_containers(graph: FloatGraph, integer: FloatGraph | None = None) -> tuple[Container, ...]:
    """Fixed bytes and bytes per output channel for every combination of bits that a recipe allows, dense and sparse.

    ``activation_bits`` is 8 for all integer activations, whose files differ only by a few operators, and 32 for float
    ones. Fixed bytes are what is left of a whole file after its weights and channels, so that
    ``estimate`` gives the size of the file. Files are built in memory; for larger networks with a few weights per
    output channel, because payload bytes are known without packing anything.

    Args:
        integer: the graph as integer activations are put into it, where that is another one.
    """
    by_activations = {8: integer or graph, 32: graph}
    weights = graph.weights()
    return tuple(container for bits in WEIGHT_BITS for container in _measure(by_activations, weights, bits))


def _measure(graphs: Mapping[int, FloatGraph], weights: Mapping[str, np.ndarray], bits: int) -> Iterator[Container]:
    small = sum(weight.size for weight in weights.values()) > _REAL_SHAPES
    shapes = {
        name: (weight.shape[0], min(_INPUTS, weight[0].size), *([1] * (weight.ndim - 2))) if small else weight.shape
        for name, weight in weights.items()
    }
    for name in _reading_pixels(graphs[8]):  # every input channel has a zero of its own
        shapes[name] = weights[name].shape
    channels = sum(shape[0] for shape in shapes.values())
    if bits > 8:
        payload = sum(packed_bytes(weight.size, bits) for weight in weights.values())
        fixed = write_float(graphs[32], bits).ByteSize() - payload - _FLOAT_BIAS_BYTES * channels
        yield Container(bits, 32, False, fixed, _FLOAT_BIAS_BYTES)
        return
    stand_ins = {
        sparse: {name: _stand_in(index, shape, bits, sparse) for index, (name, shape) in enumerate(shapes.items())}
        for sparse in (False, True)
    }
    payloads = {sparse: _weight_bytes(levels) for sparse, levels in stand_ins.items()}
    for activation_bits in (8, 32):
        per_channel = _SHORT_BYTES + (_SHORT_BYTES if activation_bits == 8 else _FLOAT_BIAS_BYTES)
        for sparse, levels in stand_ins.items():
            fixed = (
                _write(graphs[activation_bits], levels, activation_bits).ByteSize()
                - payloads[sparse]
                - per_channel * channels
            )
            yield Container(bits, activation_bits, sparse, fixed, per_channel)


def _reading_pixels(graph: FloatGraph) -> list[str]:
    readers = {node.name for node in graph.model.graph.node if node.input[0] == EVEN}
    return [layer.name for layer in graph.layers if layer.node_name in readers]


def _weight_bytes(weights: Mapping[str, QuantizedWeight]) -> int:
    """Codes, places, and the operators that places need."""
    rows = ledger(weights).layers
    placements = plan_packing(weights).placements
    code_bits = {row.bits for row in rows if row.form not in {"levels", "int8"}}
    operators = sum(place_operators(placement.rice_bits, code_bits) for placement in placements)
    return operators + sum(row.codes + row.places for row in rows)


def _stand_in(index: int, shape: tuple[int, ...], bits: int, sparse: bool) -> QuantizedWeight:
    """Levels and scales unlike those of any other layer, because equal constants are stored once."""
    steps = (np.arange(shape[0]) + 7 * index) % 1024  # exact in float16
    scale = (2.0**-8 * (1 + steps / 1024)).astype(np.float32)
    levels = np.full(shape, level_table(bits)[0], np.int8)
    digits = levels.reshape(-1)
    for place in range(min(16, digits.size)):
        digits[place] = level_table(bits)[index >> place & 1]
    kept = None
    if sparse:
        kept = (np.arange(digits.size) % _KEPT == 0).reshape(shape)
        levels[~kept] = 0
    return QuantizedWeight(levels, scale, bits, kept)


def _write(graph: FloatGraph, weights: dict[str, QuantizedWeight], activation_bits: int) -> onnx.ModelProto:
    grids = None
    if activation_bits == 8:
        names = plan_activations(graph).grids
        # Different scales, as in real files, so that no two are shared; zero points 0 or 128, as after and before ReLU.
        grids = {name: ActivationGrid(1.0 + index / len(names), 0) for index, name in enumerate(names)}
    # Biases in use differ from one another too: rounding by effect shifts even those that were equal.
    biases = {name: weights[name].scale * np.rint(2**10 * weights[name].scale * 2**8) for name in graph.biases()}
    return write_quantized(graph, weights, grids, biases)
