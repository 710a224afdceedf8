"""ONNX Runtime sessions as everything here uses them: threads pinned, sequential, quiet, and cancellable."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
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


class ConcurrentRuns:
    """Batches that go through one session side by side and are answered in the order in which they were put.

    Use it as a context: what still runs at its end is told to stop, and not waited for longer than 50 ms.

    Args:
        session: may be run from several threads if ``lanes`` is more than one.
        lanes: runs at the same time; what is put beyond waits for its turn.
        limit_s: how long an answer may be waited for.
        names: of the outputs that are wanted; None for all.
    """

    def __init__(
        self, session: Runner, lanes: int = 1, *, limit_s: float = RUN_LIMIT_S, names: Sequence[str] | None = None
    ) -> None:
        self._session, self._lanes, self._limit_s, self._names = session, lanes, limit_s, names
        self._input = session.get_inputs()[0].name
        self._options = ort.RunOptions()
        self._put: SimpleQueue[_Run | None] = SimpleQueue()
        self._unanswered: deque[_Run] = deque()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> ConcurrentRuns:
        return self

    def __exit__(self, *_: object) -> None:
        if not all(run.done.is_set() for run in self._unanswered):
            self._options.terminate = True
        for _thread in self._threads:
            self._put.put(None)
        for thread in self._threads:
            thread.join(_POLL_S)

    def put(self, batch: NDArray[np.float32]) -> None:
        """Run ``batch``, float32 N×C×H×W, as soon as a lane is free; it must not be changed meanwhile."""
        run = _Run(batch)
        self._unanswered.append(run)
        self._put.put(run)
        if len(self._threads) < self._lanes:  # daemons: a model that never answers must not keep the program alive
            self._threads.append(threading.Thread(target=self._work, name="onnxruntime-run", daemon=True))
            self._threads[-1].start()

    def _work(self) -> None:
        while (run := self._put.get()) is not None:
            if not self._options.terminate:
                try:
                    run.outputs = self._session.run(self._names, {self._input: run.batch}, self._options)
                except Exception as error:  # noqa: BLE001 - handed to the caller
                    run.error = error
            run.done.set()

    def answer(self, reporter: Reporter) -> list[NDArray[Any]]:
        """The outputs for the batch that has waited longest. The reporter is asked every 50 ms whether to go on.

        Raises:
            Cancelled: the user asked to stop. ModelError: the model fails on this input, or takes too long.
        """
        run, deadline = self._unanswered[0], time.monotonic() + self._limit_s
        done = False
        while not done and time.monotonic() < deadline:
            done = run.done.wait(_POLL_S)
            reporter.checkpoint()
        if not done:
            raise ModelError(
                f"The model did not answer within {self._limit_s:g} seconds on {len(run.batch)} images.",
                "It may contain an endless loop, or be too large for this machine.",
            )
        self._unanswered.popleft()
        if run.error is not None:
            raise ModelError("The model fails in ONNX Runtime on this input.", details=str(run.error)) from run.error
        return run.outputs


class _Run:
    """One batch, and what became of it once it is done."""

    def __init__(self, batch: NDArray[np.float32]) -> None:
        self.batch = batch
        self.outputs: list[NDArray[Any]] = []
        self.error: Exception | None = None
        self.done = threading.Event()


def run_cancellable(
    session: Runner,
    batch: NDArray[np.float32],
    reporter: Reporter,
    limit_s: float = RUN_LIMIT_S,
    names: Sequence[str] | None = None,
) -> list[NDArray[Any]]:
    """All outputs, or those with these names, for ``batch``, see :class:`ConcurrentRuns`.

    Raises:
        Cancelled: the user asked to stop. ModelError: the model fails on this input, or takes longer than ``limit_s``.
    """
    with ConcurrentRuns(session, limit_s=limit_s, names=names) as runs:
        runs.put(batch)
        return runs.answer(reporter)
