"""Rewriting the layers of a graph into the few forms that quantise well; what the graph computes stays the same.

All passes work in place on a float32 graph of opset 18 with the input ``input`` and the output
``logits``, whose batch is free.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper

from nnopt_gui.engine.onnx_graph.float_graph import OUTPUT
from nnopt_gui.engine.onnx_graph.free_batch import probe
from nnopt_gui.engine.onnx_graph.rewriting import set_nodes
from nnopt_gui.engine.onnx_graph.tensors import (
    array_of,
    attribute,
    constant,
    consumers,
    initializers,
    replace_initializers,
)


def standardize_layers(model: onnx.ModelProto, input_shape: tuple[int, int, int]) -> None:
    """Linear layers as ``Gemm`` on matrices, means over space as ``GlobalAveragePool``, one constant per layer.

    Afterwards every ``Gemm`` with a constant weight has it as torch stores it (output channels first), every
    ``BatchNormalization`` that is left has an N×C×H×W input, and no two layers share a weight.
    """
    _private_weights(model)
    _fold_norms_into_gemms(model)
    _linear_layers_as_gemms(model, input_shape)
    _transpose_gemms(model)
    _flat_norms(model, input_shape)
    _pool_globally(model)
    _merge_constant_sums(model)
    _merge_reshapes(model)


def _private_weights(model: onnx.ModelProto) -> None:
    """Give each layer its own copy of a weight or bias that somebody else reads too, so that it can change alone."""
    table = initializers(model)
    reads: dict[str, int] = {}
    for node in model.graph.node:
        for name in node.input:
            reads[name] = reads.get(name, 0) + 1
    for node in model.graph.node:
        if node.op_type not in ("Conv", "Gemm", "MatMul"):
            continue
        for index in range(1, len(node.input)):
            name = node.input[index]
            if name in table and reads[name] > 1:
                reads[name] -= 1
                copy = f"{name}::{node.output[0]}" if index == 1 else f"{name}::{node.output[0]}::{index}"
                model.graph.initializer.append(constant(copy, array_of(table[name])))
                node.input[index] = copy


def _only_reader(readers: dict[str, list[onnx.NodeProto]], name: str) -> onnx.NodeProto | None:
    """The one node that reads a tensor once; None for the output of the graph."""
    found = readers.get(name, [])
    return found[0] if len(found) == 1 and name != OUTPUT else None


def _remove(model: onnx.ModelProto, gone: list[onnx.NodeProto]) -> None:
    names = {id(node) for node in gone}
    if names:
        set_nodes(model, [node for node in model.graph.node if id(node) not in names])


# -- linear layers -------------------------------------------------------------------------------------------------


def _fold_norms_into_gemms(model: onnx.ModelProto) -> None:
    """ONNX Runtime folds a batch norm into a convolution, but not into every kind of linear layer."""
    table, readers = initializers(model), consumers(model.graph)
    tensors, gone = [], []
    for node in model.graph.node:
        if node.op_type not in ("Gemm", "MatMul") or node.input[1] not in table or not _is_plain(node):
            continue
        norm = _only_reader(readers, node.output[0])
        if norm is None or norm.op_type != "BatchNormalization" or len(table[node.input[1]].dims) != 2:
            continue
        name = node.input[1]
        factor, shift = norm_as_affine(norm, table)
        weight = array_of(table[name])
        flipped = node.op_type == "Gemm" and attribute(node, "transB", 0) == 1
        bias = array_of(table[node.input[2]]).reshape(-1) if len(node.input) > 2 and node.input[2] else np.zeros(1)
        tensors.append(constant(name, (weight * (factor[:, None] if flipped else factor)).astype(np.float32)))
        tensors.append(constant(f"{name}::bias", (bias * factor + shift).astype(np.float32)))
        del node.input[2:]
        node.input.append(f"{name}::bias")
        node.op_type = "Gemm"
        node.output[0] = norm.output[0]
        gone.append(norm)
    replace_initializers(model, tensors)
    _remove(model, gone)


def _is_plain(node: onnx.NodeProto) -> bool:
    table = (attribute(node, "alpha", 1.0), attribute(node, "beta", 1.0), attribute(node, "transA", 0))
    return table == (1.0, 1.0, 0)


def norm_as_affine(norm: onnx.NodeProto, table: dict[str, onnx.TensorProto]) -> tuple[np.ndarray, np.ndarray]:
    """(factor, shift), float64 (C,), with which a batch norm at inference is x · factor + shift per channel."""
    scale, shift, mean, variance = (array_of(table[name]).astype(np.float64) for name in norm.input[1:5])
    epsilon = float(attribute(norm, "epsilon", 1e-5))  # type: ignore[arg-type]
    factor = scale / np.sqrt(variance + epsilon)
    return factor, shift - mean * factor


def _linear_layers_as_gemms(model: onnx.ModelProto, input_shape: tuple[int, int, int]) -> None:
    """``MatMul`` with a constant matrix, and the ``Add`` of its bias, as ``Reshape``, ``Gemm``, ``Reshape``.

    Integer kernels for linear layers over tokens exist for matrices only, and newer versions of ONNX Runtime rewrite a
    ``MatMul`` with a bias in this way themselves, after quantisation has been placed, which undoes it.
    """
    table = initializers(model)
    layers = [
        node
        for node in model.graph.node
        if node.op_type == "MatMul" and node.input[1] in table and len(table[node.input[1]].dims) == 2
    ]
    if not layers:
        return
    names = [node.output[0] for node in layers]
    two, three = (probe(model, names, np.zeros((batch, *input_shape), np.float32)) for batch in (2, 3))
    made: dict[int, list[onnx.NodeProto]] = {}
    tensors: list[onnx.TensorProto] = []
    readers = consumers(model.graph)
    for node in layers:
        shapes = two[node.output[0]].shape, three[node.output[0]].shape
        varying = [axis for axis, sizes in enumerate(zip(*shapes, strict=True)) if sizes[0] != sizes[1]]
        if len(shapes[0]) < 2 or len(varying) > 1 or (varying and varying[0] == len(shapes[0]) - 1):
            continue
        shape = [-1 if axis in varying else size for axis, size in enumerate(shapes[0])]
        add = _bias_sum(node, readers, table)
        made[id(node)] = _as_gemm(node, add, shape, table, tensors)
        if add is not None:
            made[id(add)] = []
    nodes = [new for node in model.graph.node for new in made.get(id(node), [node])]
    replace_initializers(model, tensors)
    set_nodes(model, nodes)


def _bias_sum(
    node: onnx.NodeProto, readers: dict[str, list[onnx.NodeProto]], table: dict[str, onnx.TensorProto]
) -> onnx.NodeProto | None:
    """The ``Add`` that gives a linear layer its bias."""
    if len(readers.get(node.output[0], ())) != 1 or node.output[0] == OUTPUT:
        return None
    add = readers[node.output[0]][0]
    fixed = [name for name in add.input if name in table]
    if add.op_type != "Add" or len(fixed) != 1:
        return None
    bias = table[fixed[0]]
    return add if len(bias.dims) == 1 and bias.dims[0] in (1, table[node.input[1]].dims[1]) else None


def _as_gemm(
    node: onnx.NodeProto,
    add: onnx.NodeProto | None,
    shape: list[int],
    table: dict[str, onnx.TensorProto],
    tensors: list[onnx.TensorProto],
) -> list[onnx.NodeProto]:
    """The nodes that take the place of a ``MatMul`` and of the sum with its bias; constants go to ``tensors``."""
    weight = array_of(table[node.input[1]])
    inner, outer = weight.shape
    name, result = node.input[1], node.output[0] if add is None else add.output[0]
    tensors.append(constant(name, weight.T))
    flat = len(shape) == 2
    rows, product = (node.input[0], result) if flat else (f"{result}::rows", f"{result}::product")
    gemm = helper.make_node("Gemm", [rows, name], [product], name=node.name, transB=1)
    if add is not None:
        bias = array_of(table[next(item for item in add.input if item in table)])
        tensors.append(constant(f"{name}::bias", np.broadcast_to(bias, (outer,))))
        gemm.input.append(f"{name}::bias")
    if flat:
        return [gemm]
    tensors.append(constant(f"{rows}::shape", np.array([-1, inner], np.int64)))
    tensors.append(constant(f"{product}::shape", np.array(shape, np.int64)))
    return [
        helper.make_node("Reshape", [node.input[0], f"{rows}::shape"], [rows]),
        gemm,
        helper.make_node("Reshape", [product, f"{product}::shape"], [result]),
    ]


def _transpose_gemms(model: onnx.ModelProto) -> None:
    """Store every constant Gemm weight as torch does, output channels first, and its bias as a vector."""
    table = initializers(model)
    tensors = []
    for node in model.graph.node:
        if node.op_type != "Gemm" or node.input[1] not in table or len(table[node.input[1]].dims) != 2:
            continue
        flipped = attribute(node, "transB", 0) == 0
        outer = table[node.input[1]].dims[1 if flipped else 0]
        if flipped:
            tensors.append(constant(node.input[1], array_of(table[node.input[1]]).T))
            kept = [item for item in node.attribute if item.name != "transB"]
            del node.attribute[:]
            node.attribute.extend([*kept, helper.make_attribute("transB", 1)])
        if len(node.input) > 2 and node.input[2] in table and list(table[node.input[2]].dims) != [outer]:
            bias = array_of(table[node.input[2]])
            if bias.size in (1, outer):
                tensors.append(constant(node.input[2], np.broadcast_to(bias.reshape(-1), (outer,))))
    if tensors:
        replace_initializers(model, tensors)


# -- norms, pools, sums --------------------------------------------------------------------------------------------


def _flat_norms(model: onnx.ModelProto, input_shape: tuple[int, int, int]) -> None:
    """Batch norms that stand alone on anything but N×C×H×W as ``Mul`` and ``Add``."""
    table = initializers(model)
    norms = [
        node
        for node in model.graph.node
        if node.op_type == "BatchNormalization" and all(name in table for name in node.input[1:5])
    ]
    if not norms:
        return
    found = probe(model, [node.output[0] for node in norms], np.zeros((2, *input_shape), np.float32))
    for node in norms:
        rank = found[node.output[0]].ndim
        if rank == 4:
            continue
        name, shape = node.output[0], (1, -1, *([1] * (rank - 2)))
        for part, values in zip(("factor", "shift"), norm_as_affine(node, table), strict=True):
            model.graph.initializer.append(constant(f"{name}::{part}", values.astype(np.float32).reshape(shape)))
        product = helper.make_node("Mul", [node.input[0], f"{name}::factor"], [f"{name}::scaled"])
        place = list(model.graph.node).index(node)
        model.graph.node.insert(place, product)
        node.CopyFrom(helper.make_node("Add", [f"{name}::scaled", f"{name}::shift"], [name]))


def _pool_globally(model: onnx.ModelProto) -> None:
    """A mean over height and width is a ``GlobalAveragePool``, for which there is an integer kernel."""
    table = initializers(model)
    for node in list(model.graph.node):
        if node.op_type != "ReduceMean":
            continue
        axes = attribute(node, "axes")
        if axes is None and len(node.input) > 1 and node.input[1] in table:
            axes = array_of(table[node.input[1]]).tolist()
        if not isinstance(axes, list) or sorted(axes) not in ([2, 3], [-2, -1]):
            continue
        if sorted(axes) == [-2, -1] and not _reads_maps(model, node):
            continue
        flat = attribute(node, "keepdims", 1) != 1
        node.op_type = "GlobalAveragePool"
        del node.input[1:]
        del node.attribute[:]
        if flat:
            name = node.output[0]
            node.output[0] = f"{name}::map"
            place = list(model.graph.node).index(node)
            model.graph.node.insert(place + 1, helper.make_node("Flatten", [node.output[0]], [name]))


def _reads_maps(model: onnx.ModelProto, node: onnx.NodeProto) -> bool:
    """Whether the node's input is N×C×H×W for certain: made by an operator that gives nothing else."""
    makers = {name: item for item in model.graph.node for name in item.output}
    name = node.input[0]
    while name in makers and makers[name].op_type in ("Relu", "Clip", "HardSigmoid", "Sigmoid", "Mul", "Add"):
        name = makers[name].input[0]
    return name in makers and makers[name].op_type in ("Conv", "MaxPool", "AveragePool")


def _merge_constant_sums(model: onnx.ModelProto) -> None:
    """x + a + b as x + (a + b)."""
    table, readers = initializers(model), consumers(model.graph)
    gone = []
    for node in model.graph.node:
        first = next((name for name in node.input if name in table), "") if node.op_type == "Add" else ""
        reader = _only_reader(readers, node.output[0]) if first else None
        if reader is None or reader.op_type != "Add":
            continue
        second = next((name for name in reader.input if name in table), "")
        if not second or array_of(table[first]).dtype != np.float32:
            continue
        total = array_of(table[first]) + array_of(table[second])
        moving = next(name for name in node.input if name != first)
        name = f"{reader.output[0]}::sum"
        tensor = constant(name, total)
        model.graph.initializer.append(tensor)
        table[name] = tensor
        del reader.input[:]
        reader.input.extend([moving, name])
        gone.append(node)
    _remove(model, gone)


def _merge_reshapes(model: onnx.ModelProto) -> None:
    """Of two reshapes in a row the first is not needed, unless the second copies sizes from it."""
    table, readers = initializers(model), consumers(model.graph)
    gone = []
    for node in model.graph.node:
        if node.op_type not in ("Reshape", "Flatten"):
            continue
        reader = _only_reader(readers, node.output[0])
        if reader is None or reader.op_type != "Reshape" or reader.input[1] not in table:
            continue
        if (array_of(table[reader.input[1]]) != 0).all() and reader.input[0] == node.output[0]:
            reader.input[0] = node.input[0]
            gone.append(node)
    _remove(model, gone)
