"""Reading a network's input as whole pixel values, so that quantising it loses nothing.

Images come as whole numbers 0 … 255 and are normalised channel by channel; 256 levels laid over all channels together
hit none of these values. Here every channel gets the same step, for which the columns of the first convolution make
up. The integer graph then counts whole numbers from each channel's own zero (:mod:`integer_writer`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import onnx
from onnx import helper

from nnopt_gui.engine.onnx_graph.float_graph import INPUT, FloatGraph, GraphLayer
from nnopt_gui.engine.onnx_graph.pixel_lattice import PixelLattice
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid
from nnopt_gui.engine.onnx_graph.rewriting import node_copy, with_nodes
from nnopt_gui.engine.onnx_graph.tensors import array_of, attribute, constant, consumers, initializers

EVEN: Final = "input::even"  # the input with equal steps in all channels
_FACTOR: Final = "input::factor"


def with_even_steps(graph: FloatGraph, lattice: PixelLattice | None) -> FloatGraph:
    """A graph with the same function whose first convolution reads pixels at equal steps.

    A graph whose input is read by anything but one plain convolution stays as it is.
    """
    layer = _reader(graph)
    if lattice is None or layer is None:
        return graph
    table = initializers(graph.model)
    factor = lattice.even_step / lattice.steps.astype(np.float64)
    weight = array_of(table[layer.weight]).astype(np.float64) / factor.reshape(1, -1, 1, 1)
    tensors = {
        **table,
        layer.weight: constant(layer.weight, weight.astype(np.float32)),
        _FACTOR: constant(_FACTOR, factor.astype(np.float32).reshape(-1, 1, 1)),
    }
    nodes = [helper.make_node("Mul", [INPUT, _FACTOR], [EVEN], name=EVEN)]
    nodes += [_reading_even(node) if node.name == layer.node_name else node for node in graph.model.graph.node]
    return replace(graph, model=with_nodes(graph.model, nodes, tensors), lattice=lattice)


def exact_grids(graph: FloatGraph) -> dict[str, ActivationGrid]:
    """The grid of the even input, on which all its values lie but for a constant in each channel; nothing for graphs
    without one."""
    return {} if graph.lattice is None else {EVEN: ActivationGrid(graph.lattice.even_step, 0, exact=True)}


def _reader(graph: FloatGraph) -> GraphLayer | None:
    """The layer that alone reads the input, if its columns can be scaled and its padding moved."""
    readers = consumers(graph.model.graph)
    reading = readers.get(INPUT, [])
    layer = {layer.node_name: layer for layer in graph.layers}.get(reading[0].name) if len(reading) == 1 else None
    if layer is None or layer.kind != "conv" or graph.lattice is not None or len(readers[layer.weight]) != 1:
        return None
    plain = attribute(reading[0], "auto_pad", b"NOTSET") == b"NOTSET" and attribute(reading[0], "group", 1) == 1
    return layer if plain else None


def _reading_even(node: onnx.NodeProto) -> onnx.NodeProto:
    copy = node_copy(node)
    copy.input[0] = EVEN
    return copy
