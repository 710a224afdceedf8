"""What is measured, in which unit, which way is better, and under which conditions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
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


@dataclass(frozen=True, slots=True)  # a study has up to 100,000
class Conditions:
    """Under which a measurement was made; numbers without them are not comparable."""

    machine: str = ""  # CPU model
    cpu_flags: tuple[str, ...] = ()  # those that matter: avx2, avx512f, avx512_vnni, …
    cores: int = 0
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

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "cpu_flags": list(self.cpu_flags), "preprocessing": dict(self.preprocessing)}


@dataclass(frozen=True, slots=True)  # a study has up to 100,000
class Measurement:
    """Everything known about one artifact. None means not measured (yet), never zero.

    ``accuracy_drop`` is baseline minus this, paired on the same images; ``agreement`` is the share of images on which
    both predict the same class. ``macs`` are multiply-accumulates of convolutions, linear layers and matrix products
    for one image; ``params`` are the numbers stored in the deployed graph's weights and biases, zeros included.
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

    def to_dict(self) -> dict[str, Any]:
        data = asdict(self)
        data["conditions"] = self.conditions.to_dict()
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Measurement:
        values = dict(data)
        for key in ("accuracy", "accuracy_drop", "agreement"):
            if values.get(key) is not None:
                values[key] = Estimate(**values[key])
        if values.get("latency_ms") is not None:
            values["latency_ms"] = Latency(**values["latency_ms"])
        conditions = dict(values.get("conditions") or {})
        conditions["cpu_flags"] = tuple(conditions.get("cpu_flags", ()))
        values["conditions"] = Conditions(**conditions)
        return cls(**values)


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
METRICS: Final[tuple[Metric, ...]] = (ACCURACY, DROP, AGREEMENT, SIZE, LATENCY, MACS, PARAMS)


def metric(key: str) -> Metric:
    """The metric with this key.

    Raises:
        KeyError: there is none.
    """
    for candidate in METRICS:
        if candidate.key == key:
            return candidate
    raise KeyError(key)
