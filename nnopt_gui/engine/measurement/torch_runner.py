"""The written float file executed by torch, operator by operator: a reference beside the deployment runtimes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from nnopt_gui.engine.onnx_graph.normal_form import from_onnx_bytes
from nnopt_gui.engine.onnx_graph.torch_graph import TorchGraph
from nnopt_gui.errors import ModelError

_QUANTISED: Final = frozenset({"QuantizeLinear", "DequantizeLinear"})


@dataclass(frozen=True)
class _Input:
    name: str
    shape: tuple[int | None, ...]


class TorchRunner:
    """A float model behind the surface of an ONNX Runtime session, run eagerly in float32 with torch's threads.

    Raises:
        ModelError: the file is quantised (torch has no integer kernels for it), or holds an operator that cannot be run
            in torch.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        if any(node.op_type in _QUANTISED for node in model.graph.node):
            raise ModelError(
                "Torch eager is a reference for float files, and this one is quantised.",
                "Choose ONNX Runtime or OpenVINO as the target, or leave the weights and activations at 32 bits.",
            )
        graph = from_onnx_bytes(model.SerializeToString())
        self._input = _Input(model.graph.input[0].name, (None, *graph.input_shape))
        self._graph = TorchGraph(graph)

    def get_inputs(self) -> Sequence[_Input]:
        return (self._input,)

    def run(
        self,
        output_names: Sequence[str] | None,  # noqa: ARG002 - there is one output
        input_feed: Mapping[str, NDArray[Any]],
        run_options: Any = None,  # noqa: ARG002 - an eager run cannot be ended
    ) -> list[NDArray[Any]]:
        """The logits."""
        images = torch.from_numpy(np.ascontiguousarray(input_feed[self._input.name]))
        with torch.no_grad():
            return [self._graph(images).numpy()]
