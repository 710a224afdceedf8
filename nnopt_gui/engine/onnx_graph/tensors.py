"""Reading and writing the constants of an ONNX graph in as few bytes as the format allows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import onnx
from onnx import numpy_helper

OPSET = 18  # the first with BitwiseAnd; ONNX Runtime 1.14 and newer run it
IR_VERSION = 8  # what opset 18 was released with; keeps ONNX Runtime 1.20 and older readers happy
_SMALL_INTEGERS = 1 << 16


def constant(name: str, array: np.ndarray | np.generic) -> onnx.TensorProto:
    """An initialiser holding ``array``.

    Integers of 64 bits (shapes, axes, split sizes) are written as varints, mostly one byte instead of eight.
    """
    array = np.asarray(array)
    if array.dtype == np.int64 and array.size <= _SMALL_INTEGERS and array.size and array.min() >= 0:
        tensor = onnx.TensorProto()
        tensor.name = name
        tensor.data_type = onnx.TensorProto.INT64
        tensor.dims.extend(array.shape)
        tensor.int64_data.extend(array.ravel().tolist())
        return tensor
    return numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)


def initializers(model: onnx.ModelProto) -> dict[str, onnx.TensorProto]:
    """The graph's initialisers by name."""
    return {tensor.name: tensor for tensor in model.graph.initializer}


def array_of(tensor: onnx.TensorProto) -> np.ndarray:
    """The values of an initialiser."""
    return np.asarray(numpy_helper.to_array(tensor))


def replace_initializers(model: onnx.ModelProto, tensors: Iterable[onnx.TensorProto]) -> None:
    """Replace or add initialisers by name, in place."""
    new = {tensor.name: tensor for tensor in tensors}
    kept = [tensor for tensor in model.graph.initializer if tensor.name not in new]
    del model.graph.initializer[:]
    model.graph.initializer.extend([*kept, *new.values()])


def attribute(node: onnx.NodeProto, name: str, default: object = None) -> object:
    """The value of a node's attribute, or ``default``."""
    for item in node.attribute:
        if item.name == name:
            return onnx.helper.get_attribute_value(item)
    return default


def consumers(graph: onnx.GraphProto) -> dict[str, list[onnx.NodeProto]]:
    """For every tensor, the nodes that read it."""
    table: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            if name:
                table.setdefault(name, []).append(node)
    return table
