"""Where the time of one inference goes: ONNX Runtime's own profile of a written file, by operator and by layer."""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import onnxruntime as ort

from nnopt_gui.engine.diagnosis import Diagnosis, LayerTime, OperatorTime, TimeLedger, Work, diagnose
from nnopt_gui.engine.measurement.latency import measure_latency
from nnopt_gui.engine.measurement.session import open_session
from nnopt_gui.engine.measurement.size import size_on_disk
from nnopt_gui.engine.onnx_graph.file_bytes import WeightedNode, file_bytes, layer_nodes
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.errors import ModelError

PROFILED_RUNS: Final = 30
PROFILE_S: Final = 2.0
LATENCY_S: Final = 0.3
INTEGER_BLOCK: Final = 16

_WARM_UP: Final = 3
_CONVERT: Final = frozenset({"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "Cast"})
_LAYOUT: Final = frozenset(
    {"Transpose", "ReorderInput", "ReorderOutput", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Concat", "Split",
     "Slice", "Pad", "Expand", "Identity"}
)  # fmt: skip
_INTEGER_TYPES: Final = ("uint8", "int8", "int32", "uint32", "int16", "uint16")
_NAME: Final = re.compile(r"nnopt_(\d+)(?:_.*)?")
_FATAL_ONLY: Final = 4


def why(
    path: Path,
    input_shape: tuple[int, int, int] | None,
    threads: int,
    reporter: Reporter,
    names: tuple[str, ...] = (),
) -> Diagnosis:
    """Where the bytes and the time of a file go, and what would help.

    Args:
        input_shape: (C, H, W), or None to take it from the file.
        names: of the network's layers, see ``file_bytes.layer_nodes``.

    Raises:
        Cancelled. ModelError: the file cannot be read or run.
    """
    reporter.status("Reading the file")
    try:
        model = onnx.load(path, load_external_data=False)
        total = size_on_disk(path, model)
        onnx.load_external_data_for_model(model, str(path.parent))
    except ModelError:
        raise
    except Exception as error:  # protobuf's and onnx's errors share no base class but Exception
        raise ModelError(f"{path.name} is not a readable ONNX file.", details=str(error)) from error
    reporter.checkpoint()
    sizes = file_bytes(model, total, names)
    shape = input_shape or _shape_in(model)
    if shape is None:
        return diagnose(sizes, None)
    return diagnose(sizes, profile(model, shape, threads, reporter, names))


def _shape_in(model: onnx.ModelProto) -> tuple[int, int, int] | None:
    """(C, H, W) of the first input where the file says it."""
    held = {tensor.name for tensor in model.graph.initializer}
    first = next((value for value in model.graph.input if value.name not in held), None)
    sides = [d.dim_value for d in first.type.tensor_type.shape.dim][1:] if first is not None else []
    return (sides[0], sides[1], sides[2]) if len(sides) == 3 and all(side > 0 for side in sides) else None


def profile(
    model: onnx.ModelProto,
    input_shape: tuple[int, int, int],
    threads: int,
    reporter: Reporter,
    names: tuple[str, ...] = (),
) -> TimeLedger:
    """Profile single images. Profiling slows every operator by some microseconds, so shares are what to look at; the
    time of a whole run is measured without it.

    Raises:
        Cancelled. ModelError: ONNX Runtime cannot load or run the model.
    """
    reporter.status("Profiling the operators")
    layers = layer_nodes(model, names)
    named = _with_names(model)
    image = np.random.default_rng(0).standard_normal((1, *input_shape)).astype(np.float32)
    events, runs = _profile_events(named, image, threads, reporter)
    reporter.status("Measuring with and without threads")
    plain = open_session(model.SerializeToString(), threads)
    whole = measure_latency(plain, None, input_shape, threads, reporter, budget_s=LATENCY_S).latency.p50
    alone = None
    if threads > 1:
        single = open_session(model.SerializeToString(), 1)
        alone = measure_latency(single, None, input_shape, 1, reporter, budget_s=LATENCY_S).latency.p50
    widths = {layer.layer: layer.shape for layer in file_bytes(model, 0, names).layers}
    places = _Places(named, layers, widths)
    return _ledger(events, runs, places, whole, alone, threads)


def _with_names(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose nodes are called by their index: what the runtime fuses keeps the name of one of its parts."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for index, node in enumerate(copy.graph.node):
        node.name = f"nnopt_{index}"
    return copy


def _profile_events(
    model: onnx.ModelProto, image: np.ndarray, threads: int, reporter: Reporter
) -> tuple[list[dict[str, Any]], int]:
    """The events of single operators, and how many runs they are from."""
    with tempfile.TemporaryDirectory(prefix="nnopt-profile-") as folder:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _FATAL_ONLY
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "profile")
        try:
            session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
            feed = {session.get_inputs()[0].name: image}
            deadline, runs = time.monotonic() + PROFILE_S, 0
            while runs < _WARM_UP + PROFILED_RUNS and (runs < _WARM_UP + 2 or time.monotonic() < deadline):
                reporter.checkpoint()
                session.run(None, feed)
                runs += 1
            text = Path(session.end_profiling()).read_text(encoding="utf-8")
        except (RuntimeError, ValueError, OSError) as error:  # ONNX Runtime's exceptions are RuntimeErrors
            raise ModelError("ONNX Runtime cannot profile the model.", details=str(error)) from error
    starts = [e["ts"] for e in json.loads(text) if e.get("name") == "model_run"]
    first = sorted(starts)[_WARM_UP] if len(starts) > _WARM_UP else 0
    events = [e for e in json.loads(text) if e.get("cat") == "Node" and e["ts"] >= first]
    return events, runs - _WARM_UP


class _Places:
    """Which layer an event belongs to, and how many channels that has."""

    def __init__(
        self, model: onnx.ModelProto, layers: Iterable[WeightedNode], shapes: Mapping[str, tuple[int, ...]]
    ) -> None:
        self._nodes = list(model.graph.node)
        self._layers = {layer.index: layer for layer in layers}
        self._made = {name: index for index, node in enumerate(self._nodes) for name in node.output}
        self._shapes = shapes

    def layer_of(self, event: str) -> WeightedNode | None:
        """The layer behind an event's name: a fused operator is called by one of its nodes, or, where the runtime
        chose blocks of channels, by the tensor it gives."""
        name = event.removesuffix("_kernel_time")
        match = _NAME.fullmatch(name)
        tensor = name.removesuffix("_nchwc")
        index = int(match[1]) if match else self._made.get(tensor)
        for _ in range(8):  # back over what was fused: activation, addition, quantisation
            if index is None or index in self._layers:
                break
            before = [self._made[i] for i in self._nodes[index].input if i in self._made]
            index = max(before, default=None)
        return self._layers.get(index) if index is not None else None

    def channels(self, layer: WeightedNode, operator: str, arguments: Mapping[str, Any]) -> tuple[int, int]:
        """Output channels of a convolution, and those that its kernel computes; 0, 0 for other layers.

        Float kernels on blocks of channels (``_nchwc``) show the padding in their output. Integer kernels show nothing,
        but multiply blocks of :data:`INTEGER_BLOCK` columns (measured with AVX-512 VNNI, 64 inputs, 3×3: 40, 44 and 48
        channels take 43 µs, 33 and 37 take 52 µs, 64 take 53 µs).
        """
        shape = self._shapes.get(layer.name, ())
        if "Conv" not in operator or len(shape) < 3:
            return 0, 0
        channels, inner = shape[0], shape[1]
        if operator.startswith("QLinear"):
            return channels, channels if inner == 1 else -(-channels // INTEGER_BLOCK) * INTEGER_BLOCK
        outputs = [side for entry in arguments.get("output_type_shape", ()) for side in entry.values()]
        return channels, max(channels, int(outputs[0][1])) if outputs and len(outputs[0]) > 1 else channels


def _ledger(
    events: list[dict[str, Any]], runs: int, places: _Places, whole: float, alone: float | None, threads: int
) -> TimeLedger:
    """Of every operator the median over the runs: a thread that wakes up late would count for all others otherwise."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        groups[str(event["name"])].append(event)
    times: dict[tuple[str, Work], float] = defaultdict(float)
    counts: dict[tuple[str, Work], int] = defaultdict(int)
    layers: dict[str, list[Any]] = {}
    for name, group in groups.items():
        arguments = group[0].get("args", {})
        operator = str(arguments.get("op_name", ""))
        work = _work(operator, arguments)
        repeats = max(1, round(len(group) / runs))  # operators may share a name
        ms = float(np.median([event["dur"] for event in group])) * repeats / 1000
        times[operator, work] += ms
        counts[operator, work] += repeats
        layer = places.layer_of(name) if _is_layer(operator) else None
        if layer is not None:
            row = layers.setdefault(layer.name, [operator, work, 0.0, *places.channels(layer, operator, arguments)])
            row[2] += ms
    total = sum(times.values()) or 1.0
    return TimeLedger(
        operators=tuple(
            OperatorTime(operator, work, counts[operator, work], ms, ms / total)
            for (operator, work), ms in sorted(times.items(), key=lambda item: -item[1])
        ),
        layers=tuple(
            LayerTime(name, operator, work, ms, ms / total, channels, computed)
            for name, (operator, work, ms, channels, computed) in layers.items()
        ),
        run_ms=whole,
        profiled_ms=total,
        threads=threads,
        one_thread_ms=alone,
    )


def _is_layer(operator: str) -> bool:
    return any(word in operator for word in ("Conv", "Gemm", "MatMul"))


def _types(shapes: Iterable[Mapping[str, list[int]]]) -> list[str]:
    return [kind.lower() for entry in shapes for kind in entry]


def _work(operator: str, arguments: Mapping[str, Any]) -> Work:
    """What an operator does, by its name and by the type of its first input."""
    if operator in _CONVERT:
        return "convert"
    if operator in _LAYOUT:
        return "layout"
    kinds = _types(arguments.get("input_type_shape", ()))
    if not kinds:
        return "other"
    return "integer" if kinds[0] in _INTEGER_TYPES else "float" if kinds[0].startswith("float") else "other"
