"""Running a float graph node by node, so that weights can be replaced while the images pass through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper

from nnopt_gui.engine.onnx_graph.float_graph import INPUT, FloatGraph
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session
from nnopt_gui.engine.onnx_graph.tensors import array_of, consumers, initializers


class NodeRunner:
    """Evaluates single nodes of a graph in ONNX Runtime; every input, weights included, is fed at the call."""

    def __init__(self, graph: FloatGraph) -> None:
        self.graph = graph
        self.constants = {name: array_of(tensor) for name, tensor in initializers(graph.model).items()}
        self._sessions: dict[str, ort.InferenceSession] = {}

    def run(self, node: onnx.NodeProto, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The node's outputs; ``values`` holds its inputs that are not constants, and may override constants."""
        feeds = {name: np.asarray(values.get(name, self.constants.get(name))) for name in node.input if name}
        if node.name not in self._sessions:
            self._sessions[node.name] = self._open(node, feeds)
        outputs = [name for name in node.output if name]
        return dict(zip(outputs, self._sessions[node.name].run(outputs, feeds), strict=True))

    def _open(self, node: onnx.NodeProto, feeds: Mapping[str, np.ndarray]) -> ort.InferenceSession:
        inputs = [
            helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(value.dtype), [f"{name}{axis}" for axis in range(value.ndim)]
            )
            for name, value in feeds.items()
        ]
        outputs = [helper.make_value_info(name, onnx.TypeProto()) for name in node.output if name]
        graph = helper.make_graph([node], "node", inputs, outputs)
        model = helper.make_model(
            graph, opset_imports=self.graph.model.opset_import, ir_version=self.graph.model.ir_version
        )
        return open_session(model)

    def live_after(self) -> Iterator[tuple[onnx.NodeProto, frozenset[str]]]:
        """Every node in order, with the tensors that nobody needs any more once it has run."""
        remaining = {name: len(nodes) for name, nodes in consumers(self.graph.model.graph).items()}
        for node in self.graph.model.graph.node:
            finished = set()
            for name in set(node.input):
                if name in self.constants or not name:
                    continue
                remaining[name] -= sum(name == item for item in node.input)
                if remaining[name] == 0:
                    finished.add(name)
            yield node, frozenset(finished)

    def widest(self) -> int:
        """The most values that one image takes in any tensor, found by running one image."""
        values = {INPUT: np.zeros((1, *self.graph.input_shape), np.float32)}
        largest = values[INPUT].size
        for node, finished in self.live_after():
            values.update(self.run(node, values))
            largest = max(largest, *(values[name].size for name in node.output if name))
            for name in finished:
                del values[name]
        return largest
