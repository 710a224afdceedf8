"""ONNX's own 4-bit integers: what tools know without unpacking, and what ONNX Runtime runs in slow kernels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import onnx
from onnx import helper

from nnopt_gui.engine.onnx_graph.tensors import array_of, constant, initializers

INT4_OPSET: Final = 21  # the first whose DequantizeLinear reads INT4
INT4_IR_VERSION: Final = 10
LIMITS: Final = (-8, 7)


def fits_int4(levels: np.ndarray) -> bool:
    """Whether all levels are −8 … 7."""
    return not levels.size or (int(levels.min()) >= LIMITS[0] and int(levels.max()) <= LIMITS[1])


def to_int4(model: onnx.ModelProto, out_axes: Mapping[str, int]) -> onnx.ModelProto:
    """Store int8 weights as INT4 initialisers where their levels fit; the others stay.

    Args:
        model: a plain graph; not changed.
        out_axes: by name of the initialiser, its axis of output channels.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    table = initializers(copy)
    small = {name for name in out_axes if fits_int4(array_of(table[name]))}
    if not small:
        return copy
    for name in small:
        levels = array_of(table[name])
        table[name].CopyFrom(helper.make_tensor(name, onnx.TensorProto.INT4, levels.shape, _pairs(levels), raw=True))
    _dequantize(copy, small, out_axes)
    del copy.opset_import[:]
    copy.opset_import.extend([helper.make_opsetid("", INT4_OPSET)])
    copy.ir_version = INT4_IR_VERSION
    return copy


def _pairs(levels: np.ndarray) -> bytes:
    """Two levels a byte, the first in the low half."""
    halves = levels.ravel().astype(np.uint8) & 15
    halves = np.pad(halves, (0, halves.size % 2))
    return (halves[::2] | halves[1::2] << 4).tobytes()


def _dequantize(model: onnx.ModelProto, small: set[str], out_axes: Mapping[str, int]) -> None:
    """Readers of INT4 weights: no int8 zero points beside them, and ``DequantizeLinear`` for ``Cast`` and ``Mul``."""
    casts = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Cast"}
    nodes = []
    for node in model.graph.node:
        weight = casts.get(node.input[0]) if node.op_type == "Mul" else node.input[0] if node.input else None
        if weight not in small:
            nodes.append(node)
        elif node.op_type == "Mul":
            nodes.append(
                helper.make_node("DequantizeLinear", [weight, node.input[1]], node.output, axis=out_axes[weight])
            )
        elif node.op_type == "DequantizeLinear":
            del node.input[2:]
            nodes.append(node)
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del model.graph.node[:]
    model.graph.node.extend(copies)
    scales = {node.input[1] for node in copies if node.op_type == "DequantizeLinear" and node.input[0] in small}
    read = {name for node in copies for name in node.input}
    tensors = []
    for tensor in model.graph.initializer:
        if tensor.name in scales:
            tensors.append(constant(tensor.name, array_of(tensor).ravel()))
        elif tensor.name in read:
            tensors.append(onnx.TensorProto.FromString(tensor.SerializeToString()))
    del model.graph.initializer[:]
    model.graph.initializer.extend(tensors)
