"""Putting nodes and constants into a graph, always as copies: a message belongs to one graph only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import onnx


def node_copy(node: onnx.NodeProto) -> onnx.NodeProto:
    """A node of its own, to be changed."""
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    return copy


def set_nodes(model: onnx.ModelProto, nodes: Iterable[onnx.NodeProto]) -> None:
    """Replace the nodes of a graph, in place."""
    copies = [node_copy(node) for node in nodes]
    del model.graph.node[:]
    model.graph.node.extend(copies)


def with_nodes(
    model: onnx.ModelProto, nodes: Iterable[onnx.NodeProto], tensors: Mapping[str, onnx.TensorProto]
) -> onnx.ModelProto:
    """A copy of ``model`` with other nodes, and of ``tensors`` (by name) the initialisers that they read."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    set_nodes(copy, nodes)
    used = {name for node in copy.graph.node for name in node.input}
    del copy.graph.initializer[:]
    copy.graph.initializer.extend(tensor for name, tensor in tensors.items() if name in used)
    return copy
