"""OpenVINO as a runtime to measure in. It is optional: the extra ``[openvino]`` brings it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray

from nnopt_gui.engine.onnx_graph.packing import expand
from nnopt_gui.errors import ModelError

_POLL_MS: Final = 50


@dataclass(frozen=True)
class Port:
    """An input as ONNX Runtime describes it: sides that are open have no number."""

    name: str
    shape: tuple[int | None, ...]


class OpenVinoRunner:
    """A model compiled for OpenVINO's CPU plugin, behind the surface of an ONNX Runtime session.

    The file is handed over in its plain int8 form: OpenVINO does not fold the operators that unpack packed weights.
    Everything else is left at OpenVINO's defaults, as its users run it; on CPUs with bfloat16 instructions it computes
    what stayed float in bfloat16, and :attr:`precision` says so.

    Args:
        model: packed or plain; not changed.
        threads: of one inference.

    Raises:
        ModelError: OpenVINO is not installed, or does not accept the model.
    """

    def __init__(self, model: onnx.ModelProto, threads: int) -> None:
        try:
            import openvino
        except ImportError as error:
            raise ModelError("OpenVINO is not installed.", "pip install 'nnopt-gui[openvino]'.", str(error)) from error
        how = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads}
        try:
            core = openvino.Core()
            self._compiled = core.compile_model(core.read_model(plain_bytes(model)), "CPU", how)
        except RuntimeError as error:
            raise ModelError(
                "OpenVINO cannot load the model.", "The details say what it stumbled over.", str(error)
            ) from error
        self._request = self._compiled.create_infer_request()
        self._inputs = [Port(port.any_name, _sides(port.partial_shape)) for port in self._compiled.inputs]
        self._names = [next(iter(port.names), "") for port in self._compiled.outputs]

    @property
    def precision(self) -> str:
        """What float operators are computed in: ``float32``, ``bfloat16`` or ``float16``."""
        kind = self._compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        return {"f32": "float32", "bf16": "bfloat16", "f16": "float16"}.get(kind, kind)

    def get_inputs(self) -> Sequence[Port]:
        return self._inputs

    def run(
        self, output_names: Sequence[str] | None, input_feed: Mapping[str, NDArray[Any]], run_options: Any = None
    ) -> list[NDArray[Any]]:
        """All outputs, or those with these names. ``run_options.terminate`` ends a run that was started.

        Raises:
            RuntimeError: the model fails on this input, or was told to end.
        """
        feed = {name: np.ascontiguousarray(value) for name, value in input_feed.items()}
        if run_options is None:
            self._request.infer(feed, share_inputs=True)
        else:
            self._request.start_async(feed, share_inputs=True)
            while not self._request.wait_for(_POLL_MS):
                if run_options.terminate:
                    self._request.cancel()
                    self._request.wait()
        found = {name: self._request.get_output_tensor(i).data.copy() for i, name in enumerate(self._names)}
        return [found[name] for name in output_names or self._names]


def plain_bytes(model: onnx.ModelProto) -> bytes:
    """The plain int8 form of a packed model, as a file's content."""
    return expand(model).SerializeToString()


def _sides(shape: Any) -> tuple[int | None, ...]:
    if shape.rank.is_dynamic:
        return ()
    return tuple(None if side.is_dynamic else int(side.get_length()) for side in shape)
