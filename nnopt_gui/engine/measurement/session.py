"""ONNX Runtime sessions as everything here uses them: threads pinned, sequential, quiet, and cancellable."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from nnopt_gui.engine.progress import Reporter
from nnopt_gui.errors import ModelError

RUN_LIMIT_S: Final = 120.0
SPIN_US: Final = 1000
CPU_PROVIDER: Final = "CPUExecutionProvider"
_POLL_S: Final = 0.05
_FATAL_ONLY: Final = 4


class Runner(Protocol):
    """The part of ``onnxruntime.InferenceSession`` that is used here."""

    def get_inputs(self) -> Sequence[Any]: ...

    def run(
        self, output_names: Sequence[str] | None, input_feed: Mapping[str, NDArray[Any]], run_options: Any = None
    ) -> list[NDArray[Any]]: ...


def open_session(model: bytes | Path, threads: int, *, optimize: bool = True, provider: str = CPU_PROVIDER) -> Runner:
    """Load a model, for the CPU unless another execution provider is named.

    Worker threads spin for one millisecond only when they have nothing to do, enough to bridge the gaps between runs
    that follow one another. By default they spin for tens of milliseconds (measured: two cores busy 50 ms after the
    last run), which takes the cores from the next session and distorts an interleaved measurement.

    Args:
        model: a file, or its bytes.
        threads: inside one operator; operators run one after the other.
        optimize: False runs the graph operator by operator, as it is written.
        provider: ONNX Runtime's execution provider. What it has no kernels for runs on the CPU, as always.

    Raises:
        ModelError: ONNX Runtime does not accept the model, or the provider cannot start and it would silently use the
            CPU instead.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = _FATAL_ONLY
    options.add_session_config_entry("session.intra_op.spin_duration_us", str(SPIN_US))
    if not optimize:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    source = str(model) if isinstance(model, Path) else model
    try:
        session = ort.InferenceSession(source, options, providers=list(dict.fromkeys([provider, CPU_PROVIDER])))
    except Exception as error:  # ONNX Runtime's exceptions share no base class but Exception
        what = model.name if isinstance(model, Path) else "the model"
        raise ModelError(
            f"ONNX Runtime cannot load {what}.", "The details name the operator that failed.", str(error)
        ) from error
    if provider not in session.get_providers():
        raise ModelError(
            f"ONNX Runtime's {provider} cannot start on this machine.", "Choose another target, or install its driver."
        )
    runner: Runner = session
    return runner


def input_shape_of(session: Runner) -> tuple[int, int, int] | None:
    """(C, H, W) of the first input, or None where the file leaves it open."""
    shape = session.get_inputs()[0].shape
    known = [side for side in shape[1:] if isinstance(side, int) and side > 0]
    return (known[0], known[1], known[2]) if len(shape) == 4 and len(known) == 3 else None


def run_cancellable(
    session: Runner,
    batch: NDArray[np.float32],
    reporter: Reporter,
    limit_s: float = RUN_LIMIT_S,
    names: Sequence[str] | None = None,
) -> list[NDArray[Any]]:
    """All outputs, or those with these names, for ``batch``.

    The reporter is asked every 50 ms whether to go on; a run that must not go on is ended.

    Raises:
        Cancelled: the user asked to stop. ModelError: the model fails on this input, or takes longer than ``limit_s``.
    """
    options = ort.RunOptions()
    outcome: list[list[NDArray[Any]] | Exception] = []
    feed = {session.get_inputs()[0].name: batch}

    def work() -> None:
        try:
            outcome.append(session.run(names, feed, options))
        except Exception as error:  # noqa: BLE001 - handed to the caller
            outcome.append(error)

    thread = threading.Thread(target=work, name="onnxruntime-run", daemon=True)
    deadline = time.monotonic() + limit_s
    thread.start()
    try:
        while thread.is_alive() and time.monotonic() < deadline:
            thread.join(_POLL_S)
            reporter.checkpoint()
        late = thread.is_alive()
    finally:
        if thread.is_alive():
            options.terminate = True
            thread.join(_POLL_S)
    if late:
        raise ModelError(
            f"The model did not answer within {limit_s:g} seconds on {len(batch)} images.",
            "It may contain an endless loop, or be too large for this machine.",
        )
    result = outcome[0]
    if isinstance(result, Exception):
        raise ModelError("The model fails in ONNX Runtime on this input.", details=str(result)) from result
    return result
