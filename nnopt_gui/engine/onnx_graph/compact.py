"""The last pass before a file is written: nothing in it but what running needs."""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterator

import onnx

from nnopt_gui.engine.onnx_graph.tensors import array_of, constant

_LETTERS = string.ascii_letters + string.digits
_NEUTRAL: dict[str, object] = {
    "group": 1,
    "ceil_mode": 0,
    "count_include_pad": 0,
    "storage_order": 0,
    "alpha": 1.0,
    "beta": 1.0,
    "transA": 0,
}
_NEUTRAL_OPS = {"Conv", "Gemm", "MaxPool", "AveragePool"}
_DEFAULT_AXIS = {"Flatten": 1, "DequantizeLinear": 1}


def compact(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy with names of one or two letters, equal constants shared, attributes that say the default left out.

    Input and output keep their names. What the graph computes does not change.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    graph = copy.graph
    _keep_shapes(graph)
    del copy.metadata_props[:]
    graph.name = "g"
    graph.ClearField("doc_string")
    for node in graph.node:
        node.ClearField("name")
        node.ClearField("doc_string")
        _drop_defaults(node)
        while node.input and not node.input[-1]:
            del node.input[-1]
    _share_constants(graph)
    _shorten_names(graph)
    return copy


def _keep_shapes(graph: onnx.GraphProto) -> None:
    """Only those that nobody can infer; ONNX Runtime folds no constants whose size it does not know."""
    needed = {name for node in graph.node if node.op_type == "NonZero" for name in node.output}
    shapes = [info for info in graph.value_info if info.name in needed]
    copies = [onnx.ValueInfoProto.FromString(info.SerializeToString()) for info in shapes]
    del graph.value_info[:]
    graph.value_info.extend(copies)


def _drop_defaults(node: onnx.NodeProto) -> None:
    if node.op_type not in {*_NEUTRAL_OPS, *_DEFAULT_AXIS}:
        return
    kept = []
    for item in node.attribute:
        value = onnx.helper.get_attribute_value(item)
        if item.name == "axis" and value == _DEFAULT_AXIS.get(node.op_type):
            continue
        if item.name in _NEUTRAL and value == _NEUTRAL[item.name]:
            continue
        if item.name == "auto_pad" and value == b"NOTSET":
            continue
        if item.name in ("strides", "dilations") and set(value) == {1}:
            continue
        if item.name == "pads" and set(value) == {0}:
            continue
        if item.name == "kernel_shape" and node.op_type == "Conv":
            continue  # the weight says it
        kept.append(item)
    if len(kept) != len(node.attribute):
        copies = [onnx.AttributeProto.FromString(item.SerializeToString()) for item in kept]
        del node.attribute[:]
        node.attribute.extend(copies)


def _share_constants(graph: onnx.GraphProto) -> None:
    first: dict[tuple[int, tuple[int, ...], bytes], str] = {}
    swap: dict[str, str] = {}
    tensors = []
    for tensor in graph.initializer:
        array = array_of(tensor)
        name = swap[tensor.name] = first.setdefault(
            (tensor.data_type, tuple(tensor.dims), array.tobytes()), tensor.name
        )
        if name == tensor.name:
            tensors.append(constant(name, array))
    for node in graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = swap.get(name, name)
    del graph.initializer[:]
    graph.initializer.extend(tensors)


def _short_names() -> Iterator[str]:
    for length in itertools.count(1):
        for letters in itertools.product(_LETTERS, repeat=length):
            if letters[0] not in string.digits:
                yield "".join(letters)


def _shorten_names(graph: onnx.GraphProto) -> None:
    kept = {value.name for value in [*graph.input, *graph.output]}
    fresh = (name for name in _short_names() if name not in kept)
    uses: dict[str, int] = {}
    for node in graph.node:
        for name in [*node.input, *node.output]:
            uses[name] = uses.get(name, 0) + 1
    for tensor in graph.initializer:
        uses[tensor.name] = uses.get(tensor.name, 0) + 1
    # The most used names get the shortest ones; ties keep the order of the graph, so the result is reproducible.
    ranked = sorted((name for name in uses if name and name not in kept), key=lambda name: -uses[name])
    short = {name: next(fresh) for name in ranked}
    for node in graph.node:
        for names in (node.input, node.output):
            for index, name in enumerate(names):
                names[index] = short.get(name, name)
    for named in (*graph.initializer, *graph.value_info):
        named.name = short.get(named.name, named.name)
