"""Weights at their true bit width in a plain ONNX file, unpacked by standard operators when the file is loaded.

ONNX Runtime folds constant sub-graphs when a session starts. All codes of one bit width are stored as one bit stream;
``BitShift``, ``BitwiseAnd`` and ``Gather`` from a table of int8 levels, or of codebook entries, unpack it, and a
``Split`` with one ``Reshape`` a layer puts every weight in front of the very ``DequantizeLinear`` that would read it in
the plain file. A sparse weight is a stream of the values that were kept and either one mask bit a weight, or the
distance of each value from the one before, Rice coded. Trellis-coded weights are windows of their stream, which shifts
cut out. Which form a weight takes is decided by :mod:`packed_forms`, the
operators are written by :mod:`unpacking_chains`; scales and biases are halved by :mod:`short_parameters`.

Once loaded, the graph is the plain int8 graph; :func:`expand` gives it for runtimes that do not fold.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import helper

from nnopt_gui.engine.onnx_graph.packed_forms import plan_packing
from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight, parameter_name
from nnopt_gui.engine.onnx_graph.runtime_passes import run
from nnopt_gui.engine.onnx_graph.short_parameters import distinct, restore, short_groups
from nnopt_gui.engine.onnx_graph.tensors import array_of, constant, initializers
from nnopt_gui.engine.onnx_graph.unpacking_chains import OPERATORS, Target, unpack_weights

_INTEGERS = {
    onnx.TensorProto.INT8,
    onnx.TensorProto.UINT8,
    onnx.TensorProto.INT32,
    onnx.TensorProto.INT64,
}


def pack(
    model: onnx.ModelProto, weights: Mapping[str, QuantizedWeight], targets: Mapping[str, Target]
) -> onnx.ModelProto:
    """Replace int8 initialisers by packed ones and the operators that unpack them.

    Args:
        model: a plain graph; not changed.
        weights: by layer name; their levels are what the initialisers hold.
        targets: which initialiser each of them is.

    Raises:
        ValueError: levels that are not what bits, table, codebook, trellis or multipliers can give, or that are not 0
            where their weight was pruned.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    plan = plan_packing(weights)
    stay = {targets[name].initializer for name in plan.plain}
    gone = {targets[name].initializer for name in weights} - stay
    tensors = [tensor for tensor in copy.graph.initializer if tensor.name not in gone]
    unpacking = unpack_weights("packed", plan, targets)
    _rewrite(copy, [*unpacking.node, *copy.graph.node], [*tensors, *unpacking.initializer])
    copy.graph.value_info.extend(unpacking.value_info)
    for part in ("scale", "bias"):
        _shorten_parameters(copy, part, [parameter_name(target.initializer, part) for target in targets.values()])
    return copy


def _shorten_parameters(model: onnx.ModelProto, part: str, names: list[str]) -> None:
    table = initializers(model)
    parameters = {name: array_of(table[name]) for name in names if name in table}
    firsts = distinct(parameters)
    own = {name: parameters[name] for name in parameters if firsts[name] == name}
    tensors = [tensor for name, tensor in table.items() if firsts.get(name, name) == name]
    nodes: list[onnx.NodeProto] = []
    for index, group in enumerate(short_groups(own)):
        restoring, made = restore(f"{part}{index}", group, own)
        nodes.extend(restoring)
        tensors = [*(tensor for tensor in tensors if tensor.name not in group.names), *made]
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = firsts.get(name, name)
    _rewrite(model, [*nodes, *model.graph.node], tensors)


def pack_float16(model: onnx.ModelProto, names: list[str]) -> onnx.ModelProto:
    """Store float32 initialisers as float16; a ``Cast`` brings them back to float32 when the file is loaded."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    table = initializers(copy)
    limit = float(np.finfo(np.float16).max)
    tensors, nodes = [], []
    for name, tensor in table.items():
        if name not in names:
            tensors.append(tensor)
            continue
        half = np.clip(array_of(tensor), -limit, limit).astype(np.float16)
        tensors.append(constant(f"{name}::half", half))
        nodes.append(helper.make_node("Cast", [f"{name}::half"], [name], to=onnx.TensorProto.FLOAT))
    _rewrite(copy, [*nodes, *copy.graph.node], tensors)
    return copy


def expand(model: onnx.ModelProto) -> onnx.ModelProto:
    """A packed graph as the plain int8 graph: unpacking operators evaluated, weights as int8 initialisers.

    Raises:
        ModelError: ONNX Runtime cannot evaluate the unpacking operators.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    table = initializers(copy)
    known = set(table)
    halves = {name for name, tensor in table.items() if tensor.data_type == onnx.TensorProto.FLOAT16}
    unpacking = []
    for node in copy.graph.node:
        if node.op_type not in OPERATORS:
            continue
        unpacks = all(item.i in _INTEGERS for item in node.attribute if item.name == "to") or node.input[0] in halves
        if unpacks and all(name in known for name in node.input):
            unpacking.append(node)
            known.update(node.output)
    if not unpacking:
        return copy
    gone = {id(node) for node in unpacking}
    rest = [node for node in copy.graph.node if id(node) not in gone]
    made = {name for node in unpacking for name in node.output}
    wanted = list(dict.fromkeys(name for node in rest for name in node.input if name in made))
    values = _evaluate(copy, unpacking, wanted)
    read = {name for node in rest for name in node.input}
    tensors = [tensor for name, tensor in table.items() if name in read]
    del copy.graph.value_info[:]
    _rewrite(copy, rest, [*tensors, *(constant(name, value) for name, value in zip(wanted, values, strict=True))])
    return copy


def _evaluate(model: onnx.ModelProto, nodes: list[onnx.NodeProto], wanted: list[str]) -> list[np.ndarray]:
    read = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        "unpack",
        [],
        [onnx.ValueInfoProto(name=name) for name in wanted],  # ONNX Runtime finds out their types
        [tensor for tensor in model.graph.initializer if tensor.name in read],
    )
    return run(helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version), {}, wanted)


def _rewrite(model: onnx.ModelProto, nodes: list[onnx.NodeProto], tensors: list[onnx.TensorProto]) -> None:
    node_copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    tensor_copies = []
    for tensor in tensors:
        tensor_copies.append(onnx.TensorProto())
        tensor_copies[-1].CopyFrom(tensor)
    del model.graph.node[:]
    model.graph.node.extend(node_copies)
    del model.graph.initializer[:]
    model.graph.initializer.extend(tensor_copies)
