"""Writing the operators of an unpacking chain: constants, nodes, and names for what they give."""

from __future__ import annotations

import itertools

import numpy as np
import onnx
from onnx import helper

from nnopt_gui.engine.onnx_graph.tensors import constant


class ChainWriter:
    """Collects ``nodes``, ``tensors`` (their constants) and ``shapes`` that runtimes cannot find out by themselves."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.numbers = itertools.count()
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []
        self.shapes: list[onnx.ValueInfoProto] = []

    def _split(self, source: str, sizes: list[int], padding: int = 0, axis: int = 0) -> list[str]:
        """Pieces of an axis; ``padding`` at the end is dropped."""
        sizes = [*sizes, padding] if padding else sizes
        if len(sizes) == 1:
            return [source]
        outputs = [self._fresh() for _ in sizes]
        lengths = self._constant(np.array(sizes, np.int64))
        options = {"axis": axis} if axis else {}
        self.nodes.append(helper.make_node("Split", [source, lengths], outputs, **options))
        return outputs[:-1] if padding else outputs

    def _reshape(self, source: str, shape: tuple[int, ...]) -> str:
        return self._node("Reshape", [source, self._constant(np.array(shape, np.int64))])

    def _constant(self, array: np.ndarray) -> str:
        name = self._fresh()
        self.tensors.append(constant(name, array))
        return name

    def _node(self, op_type: str, inputs: list[str], output: str = "", **attributes: object) -> str:
        output = output or self._fresh()
        self.nodes.append(helper.make_node(op_type, inputs, [output], **attributes))
        return output

    def _fresh(self) -> str:
        return f"{self.prefix}:{next(self.numbers)}"

    def _rename(self, old: str, new: str) -> None:
        """Give a result that nobody has read yet another name."""
        for node in reversed(self.nodes):
            for index, name in enumerate(node.output):
                if name == old:
                    node.output[index] = new
                    return
