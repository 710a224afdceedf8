"""How long each layer shape takes in ONNX Runtime on this machine, read off the runtime's own profile."""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime as ort

from nnopt_gui.engine.measurement.session import SPIN_US
from nnopt_gui.engine.onnx_graph.kernel_probe import TARGET, KernelForm, KernelShape, probe_graph
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.errors import ModelError

MACS_AT_ONCE: Final = 400_000_000  # some ten milliseconds a run, so that a checkpoint comes in time
WEIGHTS_AT_ONCE: Final = 8_000_000
LEAST_RUNS: Final = 12
MOST_RUNS: Final = 60
BUDGET_S: Final = 0.4  # per session
_WARM_UP: Final = 3
_FATAL_ONLY: Final = 4
_TIMED: Final = re.compile(
    rf"k(\d+){TARGET}(?!\.[wb]).*_kernel_time$"
)  # fusions add to a node's name; not its weights'


def time_kernels(
    shapes: Iterable[KernelShape], form: KernelForm, threads: int, reporter: Reporter
) -> dict[KernelShape, float]:
    """Milliseconds of every shape on one image: the mean of the faster half of at least twelve runs.

    The profiler counts whole microseconds; the mean over runs tells more. Conversions of layout that a width
    forces on the network around it are not in these times: the whole network has to be measured in the end.

    Args:
        shapes: each is timed once, however often it comes.
        form: float32, or 8-bit integers as quantised networks are deployed.
        threads: of the runtime.

    Raises:
        Cancelled. ModelError: ONNX Runtime does not run one of the shapes.
    """
    wanted = sorted(set(shapes))
    times: dict[KernelShape, float] = {}
    for part in _sessions(wanted):
        times.update(zip(part, _time_part(part, form, threads, reporter), strict=True))
        reporter.progress(len(times), len(wanted))
    return times


def _sessions(shapes: Sequence[KernelShape]) -> Iterator[list[KernelShape]]:
    """Parts that fit into memory and into a moment. Neighbours in size share a session, and so share its luck."""
    part: list[KernelShape] = []
    macs = weights = 0
    for shape in shapes:
        if part and (macs + shape.macs > MACS_AT_ONCE or weights + shape.weights > WEIGHTS_AT_ONCE):
            yield part
            part, macs, weights = [], 0, 0
        part.append(shape)
        macs, weights = macs + shape.macs, weights + shape.weights
    if part:
        yield part


def _time_part(part: Sequence[KernelShape], form: KernelForm, threads: int, reporter: Reporter) -> list[float]:
    reporter.checkpoint()
    model = probe_graph(part, form).SerializeToString()
    with tempfile.TemporaryDirectory(prefix="nnopt-") as folder:
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = _FATAL_ONLY
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "profile")
        options.add_session_config_entry("session.intra_op.spin_duration_us", str(SPIN_US))
        try:
            session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
            runs = _run(session, reporter)
            events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
        except Exception as error:
            if isinstance(error, RuntimeError | ValueError | OSError) or type(error).__module__.startswith(
                "onnxruntime"
            ):
                raise ModelError("ONNX Runtime does not run the layers to be timed.", details=str(error)) from error
            raise
    return _faster_half(events, len(part), runs)


def _run(session: Any, reporter: Reporter) -> int:
    rng = np.random.default_rng(0)
    feed = {item.name: rng.standard_normal(item.shape, np.float32) for item in session.get_inputs()}
    deadline, runs = time.perf_counter() + BUDGET_S, 0
    while runs < LEAST_RUNS + _WARM_UP or (time.perf_counter() < deadline and runs < MOST_RUNS):
        reporter.checkpoint()
        session.run(None, feed)
        runs += 1
    return runs


def _faster_half(events: Sequence[dict[str, Any]], count: int, runs: int) -> list[float]:
    """Events of one shape in one run add up: an operator may have been split."""
    found: dict[int, list[float]] = defaultdict(list)
    for event in sorted((e for e in events if e.get("cat") == "Node"), key=lambda e: e["ts"]):
        name = _TIMED.search(str(event["name"]))
        if name:
            found[int(name.group(1))].append(float(event["dur"]))
    times = []
    for index in range(count):
        if not found[index] or len(found[index]) % runs:
            raise ModelError("ONNX Runtime's profile does not tell the layers apart.")
        table = np.array(found[index]).reshape(runs, -1).sum(axis=1)[_WARM_UP:]
        times.append(float(np.sort(table)[: (len(table) + 1) // 2].mean()) / 1000)
    return times
