"""What is measured, in which unit, which way is better, and under which conditions."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, Literal

End = Literal["value", "low", "high"]


@dataclass(frozen=True, slots=True)  # a study has up to 100,000
class Estimate:
    """A value with its 95 % interval. Proportions are fractions (0..1), never percent."""

    value: float
    low: float
    high: float
    samples: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)  # a study has up to 100,000
class Latency:
    """Wall-clock time of one run in milliseconds at batch 1: median and 95th percentile of ``runs`` runs, with a 95 %
    bootstrap interval of the median. ``baseline_p50`` was measured interleaved with it."""

    p50: float
    p95: float
    low: float
    high: float
    runs: int
    baseline_p50: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Throughput:
    """Images per second at one batch size: ``batch`` over the median time of a run, with its 95 % interval."""

    batch: int
    images_per_second: float
    low: float
    high: float
    runs: int


@dataclass(frozen=True, slots=True)
class PeakMemory:
    """Of a fresh process that loads the file and runs one image: bytes of resident memory at its highest, above what
    the process held with the runtime imported (``runtime_bytes``) and nothing loaded."""

    bytes: int
    runtime_bytes: int


@dataclass(frozen=True, slots=True)  # a study has up to 100,000
class Conditions:
    """Under which a measurement was made; numbers without them are not comparable."""

    machine: str = ""  # CPU model
    cpu_flags: tuple[str, ...] = ()  # those that matter: avx2, avx512f, avx512_vnni, …
    cores: int = 0  # physical ones that the process may use
    operating_system: str = ""
    runtime: str = ""  # "ONNX Runtime 1.31.0 CPU"
    threads: int = 1
    batch: int = 1
    data: str = ""
    split: str = "selection"
    samples: int = 0
    preprocessing: Mapping[str, Any] = field(default_factory=dict)
    warmup: int = 0
    repeats: int = 0
    seed: int = 0
    noisy: bool = False  # the machine was busy while latency was measured
    measured_at: str = ""  # UTC, ISO 8601
    stopped: str = ""  # why the evaluation ended before all images were seen; empty when it saw them all
    dominated_by: int | None = None  # the trial that it lost to when that was why; its accuracy is then a partial one
    # What records of versions up to 0.1.0 lack: empty there, and then no reason for a difference.
    target: str = "onnxruntime"  # see engine.target; accuracy, too, is that of this runtime
    versions: tuple[str, ...] = ()  # "nnopt 0.1.0", "torch 2.13.0", …: of all that made and ran the file
    logical_cores: int = 0
    governor: str = ""  # how the clock rate is chosen: "performance", "powersave", …
    load: float = 0.0  # processes that ran in the minute before
    draft: bool = False  # measured of a file that stands in for one that is still being made; never stored

    def to_dict(self) -> dict[str, Any]:
        lists = {"cpu_flags": list(self.cpu_flags), "versions": list(self.versions)}
        values = {**asdict(self), **lists, "preprocessing": dict(self.preprocessing)}
        if not self.draft:
            del values["draft"]
        return values

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Conditions:
        values = dict(data)
        for name in ("cpu_flags", "versions"):
            values[name] = _shared(tuple(values.get(name, ())))
        return cls(**values)

    @property
    def latency_context(self) -> tuple[object, ...]:
        """What two latencies must have in common to be compared, named by :data:`LATENCY_CONTEXT`."""
        return _context_of(self)

    def unlike(self, other: Conditions) -> tuple[str, ...]:
        """The names of what the two do not have in common of it."""
        pairs = zip(LATENCY_CONTEXT, self.latency_context, other.latency_context, strict=True)
        return tuple(name for name, own, others in pairs if own != others)


LATENCY_CONTEXT: Final = ("machine", "cpu_flags", "cores", "operating_system", "runtime", "threads", "batch")
_context_of: Final[Callable[[Conditions], tuple[object, ...]]] = attrgetter(*LATENCY_CONTEXT)


@lru_cache(maxsize=64)
def _shared(texts: tuple[str, ...]) -> tuple[str, ...]:
    """One tuple for all trials of a machine instead of one each."""
    return texts


@dataclass(frozen=True, slots=True)  # a study has up to 100,000
class Measurement:
    """Everything known about one artifact. None means not measured (yet), never zero.

    ``accuracy_drop`` is baseline minus this, paired on the same images; ``agreement`` is the share of images on which
    both predict the same class. ``macs`` are multiply-accumulates of convolutions, linear layers and matrix products
    for one image; ``params`` are the numbers stored in the deployed graph's weights and biases, zeros included.
    ``compressed_bytes`` is the size of the download with zstd at level 3. ``top5`` is None with five classes or fewer.
    ``worst_class`` is the lowest accuracy of a class, ``calibration_error`` the expected one (ECE), a fraction.
    ``energy_mj`` is what the processor package took for one image while its latency was measured, in millijoules;
    everything else that ran on the package is in it.
    """

    size_bytes: int
    macs: int
    params: int
    accuracy: Estimate | None = None
    accuracy_drop: Estimate | None = None
    agreement: Estimate | None = None
    latency_ms: Latency | None = None
    nonzero_params: int | None = None
    conditions: Conditions = field(default_factory=Conditions)
    compressed_bytes: int | None = None
    top5: Estimate | None = None
    worst_class: Estimate | None = None
    worst_label: int | None = None  # which class that is
    calibration_error: float | None = None
    throughput: tuple[Throughput, ...] = ()  # at the further batch sizes that were asked for
    peak_memory: PeakMemory | None = None
    energy_mj: Estimate | None = None

    def to_dict(self) -> dict[str, Any]:
        data = asdict(self)
        data["conditions"] = self.conditions.to_dict()
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Measurement:
        values = dict(data)
        for key, record in _RECORDS:
            if values.get(key) is not None:
                values[key] = record(**values[key])
        values["throughput"] = tuple(Throughput(**found) for found in values.get("throughput") or ())
        values["conditions"] = Conditions.from_dict(values.get("conditions") or {})
        return cls(**values)

    @property
    def images_per_second(self) -> Throughput | None:
        """The best of the batch sizes that were measured; None where only single images were."""
        return max(self.throughput, key=lambda found: found.images_per_second, default=None)

    @property
    def context_code(self) -> int | None:
        """The same number for latencies that may be compared, another one (but for one chance in four thousand
        million) for others; None where latency was not measured."""
        return None if self.latency_ms is None else zlib.crc32(repr(self.conditions.latency_context).encode())

    @property
    def peak_memory_bytes(self) -> int | None:
        """What the file needs beyond the runtime itself; None where it was not measured."""
        return self.peak_memory.bytes if self.peak_memory is not None else None


_RECORDS: Final[tuple[tuple[str, Callable[..., Any]], ...]] = (
    *((name, Estimate) for name in ("accuracy", "accuracy_drop", "agreement", "top5", "worst_class", "energy_mj")),
    ("latency_ms", Latency),
    ("peak_memory", PeakMemory),
)


Reader = Callable[[Measurement], tuple[float, float, float] | None]
ColumnReader = Callable[[Iterable[Measurement], End], list[float]]


@dataclass(frozen=True)
class Metric:
    """One quantity that a plot axis, a column or a budget can show.

    ``read`` gives value, low, high in display units (percent, MB, ms, M), or None where it was not measured.
    ``column`` gives one of these for many measurements, NaN where it was not measured: a study has up to 100,000.
    """

    key: str
    title: str
    unit: str
    better: Literal["higher", "lower"]
    decimals: int
    read: Reader
    column: ColumnReader
    log: bool = False  # a logarithmic axis suits it
    exact: bool = False  # a count: it has no interval


def _interval(name: str, factor: float, middle: str) -> tuple[Reader, ColumnReader]:
    """Of a record with an interval: an :class:`Estimate` or a :class:`Latency`."""
    record_of, names = attrgetter(name), {"value": middle, "low": "low", "high": "high"}

    def read(measurement: Measurement) -> tuple[float, float, float] | None:
        record = record_of(measurement)
        if record is None:
            return None
        return factor * getattr(record, middle), factor * record.low, factor * record.high

    def column(measurements: Iterable[Measurement], end: End) -> list[float]:
        end_of = attrgetter(names[end])
        return [math.nan if record is None else factor * end_of(record) for record in map(record_of, measurements)]

    return read, column


def _exact(name: str, divisor: float) -> tuple[Reader, ColumnReader]:
    value_of = attrgetter(name)

    def read(measurement: Measurement) -> tuple[float, float, float] | None:
        value = value_of(measurement)
        return None if value is None else (value / divisor,) * 3

    def column(measurements: Iterable[Measurement], _end: End) -> list[float]:
        return [math.nan if value is None else value / divisor for value in map(value_of, measurements)]

    return read, column


ACCURACY: Final = Metric("accuracy", "Top-1 accuracy", "%", "higher", 2, *_interval("accuracy", 100, "value"))
DROP: Final = Metric("accuracy_drop", "Accuracy drop", "pp", "lower", 2, *_interval("accuracy_drop", 100, "value"))
AGREEMENT: Final = Metric(
    "agreement", "Agreement with the original", "%", "higher", 2, *_interval("agreement", 100, "value")
)
SIZE: Final = Metric("size_bytes", "Size on disk", "MB", "lower", 3, *_exact("size_bytes", 1e6), log=True, exact=True)
LATENCY: Final = Metric(
    "latency_ms", "Latency, batch 1", "ms", "lower", 3, *_interval("latency_ms", 1, "p50"), log=True
)
MACS: Final = Metric("macs", "MACs", "M", "lower", 2, *_exact("macs", 1e6), log=True, exact=True)
PARAMS: Final = Metric("params", "Parameters", "M", "lower", 3, *_exact("params", 1e6), log=True, exact=True)
TOP5: Final = Metric("top5", "Top-5 accuracy", "%", "higher", 2, *_interval("top5", 100, "value"))
WORST_CLASS: Final = Metric(
    "worst_class", "Accuracy of the worst class", "%", "higher", 2, *_interval("worst_class", 100, "value")
)
CALIBRATION_ERROR: Final = Metric(
    "calibration_error", "Calibration error (ECE)", "%", "lower", 2, *_exact("calibration_error", 0.01)
)
COMPRESSED: Final = Metric(
    "compressed_bytes", "Download (zstd)", "MB", "lower", 3, *_exact("compressed_bytes", 1e6), log=True,
    exact=True,
)  # fmt: skip
THROUGHPUT: Final = Metric(
    "throughput", "Throughput, best batch", "images/s", "higher", 0,
    *_interval("images_per_second", 1, "images_per_second"), log=True,
)  # fmt: skip
MEMORY: Final = Metric(
    "peak_memory", "Peak memory beyond the runtime", "MB", "lower", 1, *_exact("peak_memory_bytes", 1e6), log=True
)
ENERGY: Final = Metric("energy_mj", "Energy per image", "mJ", "lower", 3, *_interval("energy_mj", 1, "value"), log=True)
METRICS: Final[tuple[Metric, ...]] = (
    ACCURACY, DROP, AGREEMENT, TOP5, WORST_CLASS, CALIBRATION_ERROR, SIZE, COMPRESSED, LATENCY, THROUGHPUT, MACS,
    PARAMS, MEMORY, ENERGY,
)  # fmt: skip
CONTEXT: Final = Metric("latency_context", "Latency context", "", "lower", 0, *_exact("context_code", 1), exact=True)
"""No quantity to look at, and not one of :data:`METRICS`: :attr:`Measurement.context_code`, to be kept beside them."""
RUN_DEPENDENT: Final = frozenset({LATENCY.key, THROUGHPUT.key, MEMORY.key, ENERGY.key})
"""Metrics that only compare between measurements of one machine, runtime and thread count."""


def metric(key: str) -> Metric:
    """The metric with this key.

    Raises:
        KeyError: there is none.
    """
    for candidate in METRICS:
        if candidate.key == key:
            return candidate
    raise KeyError(key)
