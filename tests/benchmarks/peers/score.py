"""What is measured of every candidate, in the same way, and how it is written down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.measurement.accuracy import Predictions, predict_classes
from nnopt_gui.engine.measurement.latency import LatencyRun, measure_latency
from nnopt_gui.engine.measurement.runtimes import Evaluator
from nnopt_gui.engine.measurement.session import Runner
from nnopt_gui.engine.metrics import Estimate
from nnopt_gui.engine.onnx_graph.tensors import initializers
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.engine.statistics.proportions import agreement, paired_drop, wilson

from .case import CallRunner

_LAYERS = ("Conv", "Gemm", "MatMul")
_SCALES = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
HEADER = ("network", "method", "setting", "accuracy %", "drop, pp [95 %]", "agreement %", "seconds", "bytes",
          "bits a weight", "b1 ms (× float)", "b64 ms (× float)", "note")  # fmt: skip


@dataclass(frozen=True)
class Speed:
    """Median milliseconds of a run and of the float file's, interleaved; ``noisy``: others kept the machine busy."""

    p50: float
    low: float
    high: float
    float_p50: float
    noisy: bool

    @classmethod
    def of(cls, run: LatencyRun) -> Speed:
        latency = run.latency
        return cls(latency.p50, latency.low, latency.high, latency.baseline_p50 or math.nan, run.noisy)

    def __str__(self) -> str:
        return f"{self.p50:.3f} ({self.float_p50 / self.p50:.2f}){'~' if self.noisy else ''}"


@dataclass(frozen=True)
class Row:
    """One candidate. ``drop`` and ``agreement`` are against the float network on the same images, ``seconds`` to make
    the file from an opened model with calibration, ``bits`` stored a weight; None: does not apply."""

    network: str
    method: str
    setting: str
    accuracy: Estimate
    drop: Estimate
    agreement: Estimate
    seconds: float | None
    size: int | None
    bits: float | None
    note: str = ""
    batch1: Speed | None = None
    batch64: Speed | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def cells(self) -> list[str]:
        """In the order of ``HEADER``."""
        drop = self.drop
        return [
            self.network, self.method, self.setting, f"{100 * self.accuracy.value:.2f}",
            f"{100 * drop.value:+.2f} [{100 * drop.low:+.2f}, {100 * drop.high:+.2f}]",
            f"{100 * self.agreement.value:.2f}", "–" if self.seconds is None else f"{self.seconds:.1f}",
            "–" if self.size is None else f"{self.size:,}", "–" if self.bits is None else f"{self.bits:.2f}",
            *("–" if speed is None else str(speed) for speed in (self.batch1, self.batch64)), self.note,
        ]  # fmt: skip


@dataclass(frozen=True)
class Images:
    """The images that everybody is evaluated on, and in what batches."""

    subset: Subset
    preprocessing: Preprocessing
    largest_batch: int = 64

    def predict(self, runner: Runner) -> Predictions:
        """int16 (N,): the class of every image."""
        order = np.arange(len(self.subset))
        return predict_classes(
            Evaluator(runner), self.subset, self.preprocessing, order, SilentReporter(), None, self.largest_batch
        )

    def compare(self, predictions: Predictions, reference: Predictions) -> tuple[Estimate, Estimate, Estimate]:
        """Accuracy, paired drop against the reference, and agreement with it."""
        labels = self.subset.labels
        correct = predictions == labels
        drop = paired_drop(reference == labels, correct)
        return wilson(int(correct.sum()), len(labels)), drop, agreement(predictions, reference)


def stored_bits(model: onnx.ModelProto, weights: int) -> float:
    """Bits a weight that the file spends on the weights of its layers, counted in the file itself: all constants from
    which they are computed (codes, masks, tables, codebooks, zero points), without scales and shapes.

    It is a second count beside ``byte_ledger``, which starts from the weights and knows nothing of the file.

    Args:
        weights: how many the network's layers have.
    """
    table, makers = initializers(model), {name: node for node in model.graph.node for name in node.output}
    counted: set[str] = set()
    for node in model.graph.node:
        if node.op_type not in _LAYERS or len(node.input) < 2:
            continue
        sources = _sources(node.input[1], table, makers)
        if sources is not None:
            direct = {node.input[1]} & sources  # a float weight, as it stands
            counted |= direct | {name for name in sources if table[name].data_type not in _SCALES}
    shapes = {name for name in counted if table[name].data_type == onnx.TensorProto.INT64}
    size = sum(_bytes(table[name]) for name in counted - shapes)
    return 8 * size / weights


def _sources(name: str, table: dict[str, onnx.TensorProto], makers: dict[str, onnx.NodeProto]) -> set[str] | None:
    """Constants that a tensor is computed from; None where the network's input is among its sources."""
    found: set[str] = set()
    seen: set[str] = set()
    todo = [name]
    while todo:
        current = todo.pop()
        if current in seen or not current:
            continue
        seen.add(current)
        if current in table:
            found.add(current)
        elif current in makers:
            todo.extend(makers[current].input)
        else:
            return None
    return found


def _bytes(tensor: onnx.TensorProto) -> int:
    if tensor.raw_data:
        return len(tensor.raw_data)
    return int(onnx.numpy_helper.to_array(tensor).nbytes)


def bits_of_file(path: Path, weights: int) -> float | None:
    """``stored_bits`` of an ONNX file; None for other files."""
    return stored_bits(onnx.load(path), weights) if path.suffix == ".onnx" else None


def speed(runner: Runner, reference: Runner, image: tuple[int, int, int], batch: int, threads: int,
          budget_s: float) -> Speed:  # fmt: skip
    """Candidate and reference in interleaved blocks, see :func:`measure_latency`, on random images."""
    if batch > 1:
        images = np.random.default_rng(0).standard_normal((batch, *image)).astype(np.float32)
        runner, reference = (_always(one, images) for one in (runner, reference))
    return Speed.of(measure_latency(runner, reference, image, threads, SilentReporter(), budget_s=budget_s))


def _always(runner: Runner, images: NDArray[np.float32]) -> Runner:
    """The runner on the same batch, whatever it is given: ``measure_latency`` times single images."""
    name = runner.get_inputs()[0].name
    return CallRunner(lambda _: runner.run(None, {name: images})[0])


def with_speed(row: Row, runner: Runner, reference: Runner, image: tuple[int, int, int], threads: int,
               budget_s: float) -> Row:  # fmt: skip
    """The row with its latencies at batch 1 and 64."""
    single, many = (speed(runner, reference, image, batch, threads, budget_s) for batch in (1, 64))
    return replace(row, batch1=single, batch64=many)


def markdown(rows: Sequence[Row]) -> str:
    """A table with one line for every row."""
    lines = [HEADER, tuple("---" for _ in HEADER), *(tuple(row.cells()) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
