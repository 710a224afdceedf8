"""How the integer graph counts whole pixel values: each channel from its own zero, which padding stands on."""

from __future__ import annotations

from typing import Final

import numpy as np
import onnx
from onnx import helper

from nnopt_gui.engine.onnx_graph.float_graph import INPUT
from nnopt_gui.engine.onnx_graph.pixel_lattice import PixelLattice
from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight
from nnopt_gui.engine.onnx_graph.rewriting import node_copy
from nnopt_gui.engine.onnx_graph.tensors import attribute, constant

_PREFIX: Final = "input::pixel"


def counting_nodes(
    lattice: PixelLattice, channels: int, reader: onnx.NodeProto, target: str
) -> tuple[list[onnx.NodeProto], dict[str, onnx.TensorProto]]:
    """Nodes from the normalised input to uint8 ``target`` and their constants; padded as ``reader`` does, unless every
    channel counts from 0, which is what the integer convolution pads with.

    One ``QuantizeLinear`` with a step and zero point for each channel; where a zero lies half-way between two levels,
    rounding would depend on float32's last bit, so a multiplication and an addition make whole numbers first.
    """
    nodes, tensors, source = list[onnx.NodeProto](), dict[str, onnx.TensorProto](), INPUT

    def add(part: str, values: np.ndarray | np.generic) -> str:
        name = f"{_PREFIX}_{part}"
        tensors[name] = constant(name, values)
        return name

    pads = _pads(reader)
    if any(pads) and lattice.offsets.any():
        top, left, bottom, right = pads
        places = add("pads", np.array([0, 0, top, left, 0, 0, bottom, right], np.int64))
        nodes.append(helper.make_node("Pad", [source, places], [f"{_PREFIX}_padded"]))
        source = f"{_PREFIX}_padded"
    steps = np.broadcast_to(lattice.steps, channels)
    if lattice.zero_points is not None:
        names = [add("step", steps), add("zero", np.broadcast_to(lattice.zero_points, channels))]
        nodes.append(helper.make_node("QuantizeLinear", [source, *names], [target], axis=1))
        return nodes, tensors
    column = (channels, 1, 1)
    factor = add("factor", (1 / steps.astype(np.float64)).astype(np.float32).reshape(column))
    offset = add("offset", np.broadcast_to(lattice.offsets, channels).astype(np.float32).reshape(column))
    nodes.append(helper.make_node("Mul", [source, factor], [f"{_PREFIX}_scaled"]))
    nodes.append(helper.make_node("Add", [f"{_PREFIX}_scaled", offset], [f"{_PREFIX}_whole"]))
    one = [add("one", np.float32(1)), add("none", np.uint8(0))]
    nodes.append(helper.make_node("QuantizeLinear", [f"{_PREFIX}_whole", *one], [target]))
    return nodes, tensors


def reading_counted(node: onnx.NodeProto, lattice: PixelLattice) -> onnx.NodeProto:
    """A copy of the convolution that reads what :func:`counting_nodes` gives: without pads where they were added."""
    copy = node_copy(node)
    kept = [item for item in node.attribute if item.name != "pads" or not lattice.offsets.any()]
    del copy.attribute[:]
    copy.attribute.extend(kept)
    return copy


def counted_bias(bias: np.ndarray | None, weight: QuantizedWeight, lattice: PixelLattice) -> np.ndarray:
    """Float32 (O,): the bias of a convolution whose pixels are counted from 0 instead of from each channel's zero."""
    offsets = np.broadcast_to(lattice.offsets * lattice.even_step, weight.levels.shape[1])
    sums = weight.levels.astype(np.int64).sum(axis=(2, 3)) @ offsets
    start = np.zeros(len(sums)) if bias is None else bias.astype(np.float64)
    return np.asarray(start - sums * weight.scale, np.float32)


def _pads(node: onnx.NodeProto) -> tuple[int, ...]:
    pads = attribute(node, "pads", [0, 0, 0, 0])
    assert isinstance(pads, list)
    return tuple(int(pad) for pad in pads)
