"""ONNX Runtime as a graph simplifier and as an evaluator of constants; sessions here are pinned to one thread."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort

from nnopt_gui.errors import ModelError


def _options(level: ort.GraphOptimizationLevel) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.graph_optimization_level = level
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return options


def _session(model: onnx.ModelProto | bytes, options: ort.SessionOptions) -> ort.InferenceSession:
    data = model if isinstance(model, bytes) else model.SerializeToString()
    try:
        return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelError(
            "ONNX Runtime cannot load this network.",
            "Check that the file runs in ONNX Runtime's CPU provider.",
            str(error),
        ) from error


def simplify(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph after ONNX Runtime's basic optimisations: constants folded, batch norms folded into convolutions,
    no-ops removed, ``MatMul + Add`` turned into ``Gemm``. Only standard operators result.

    Raises:
        ModelError: ONNX Runtime cannot load the graph.
    """
    return _optimized(model, ort.GraphOptimizationLevel.ORT_ENABLE_BASIC)


def optimized(model: onnx.ModelProto | bytes) -> onnx.ModelProto:
    """The graph that ONNX Runtime really executes on this machine: all optimisations on."""
    return _optimized(model, ort.GraphOptimizationLevel.ORT_ENABLE_ALL)


def _optimized(model: onnx.ModelProto | bytes, level: ort.GraphOptimizationLevel) -> onnx.ModelProto:
    options = _options(level)
    with tempfile.TemporaryDirectory(prefix="nnopt-") as folder:
        path = Path(folder) / "model.onnx"
        options.optimized_model_filepath = str(path)
        _session(model, options)
        return onnx.load(str(path))


def run(
    model: onnx.ModelProto, inputs: Mapping[str, np.ndarray], outputs: Sequence[str] | None = None
) -> list[np.ndarray]:
    """Evaluate a graph as it is written, without optimisations.

    Raises:
        ModelError: ONNX Runtime cannot load or run it.
    """
    session = _session(model, _options(ort.GraphOptimizationLevel.ORT_DISABLE_ALL))
    try:
        return [np.asarray(value) for value in session.run(outputs, dict(inputs))]
    except Exception as error:
        raise ModelError("ONNX Runtime cannot run this network.", details=str(error)) from error


def open_session(model: onnx.ModelProto | bytes, threads: int = 1) -> ort.InferenceSession:
    """A session with all optimisations, for calibration and for checks (not for measuring latency).

    Raises:
        ModelError: ONNX Runtime cannot load the graph.
    """
    options = _options(ort.GraphOptimizationLevel.ORT_ENABLE_ALL)
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return _session(model, options)
