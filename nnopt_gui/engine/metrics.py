"""What is measured, in which unit, which way is better, and under which conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval. Proportions are fractions (0..1), never percent."""

    value: float
    low: float
    high: float
    samples: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "cpu_flags": list(self.cpu_flags), "preprocessing": dict(self.preprocessing)}


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Metric:
    """One quantity that a plot axis, a column or a budget can show.

    ``read`` gives value, low, high in display units (percent, MB, ms, M), or None where it was not measured.
    """

    key: str
    title: str
    unit: str
    better: Literal["higher", "lower"]
    decimals: int
    read: Callable[[Measurement], tuple[float, float, float] | None]
    log: bool = False  # a logarithmic axis suits it


def _share(name: str) -> Callable[[Measurement], tuple[float, float, float] | None]:
    def read(measurement: Measurement) -> tuple[float, float, float] | None:
        estimate: Estimate | None = getattr(measurement, name)
        if estimate is None:
            return None
        return 100 * estimate.value, 100 * estimate.low, 100 * estimate.high

    return read


def _exact(name: str, divisor: float) -> Callable[[Measurement], tuple[float, float, float] | None]:
    def read(measurement: Measurement) -> tuple[float, float, float] | None:
        value = getattr(measurement, name)
        return None if value is None else (value / divisor,) * 3

    return read


def _latency(measurement: Measurement) -> tuple[float, float, float] | None:
    latency = measurement.latency_ms
    return None if latency is None else (latency.p50, latency.low, latency.high)


ACCURACY: Final = Metric("accuracy", "Top-1 accuracy", "%", "higher", 2, _share("accuracy"))
DROP: Final = Metric("accuracy_drop", "Accuracy drop", "pp", "lower", 2, _share("accuracy_drop"))
AGREEMENT: Final = Metric("agreement", "Agreement with the original", "%", "higher", 2, _share("agreement"))
SIZE: Final = Metric("size_bytes", "Size on disk", "MB", "lower", 3, _exact("size_bytes", 1e6), log=True)
LATENCY: Final = Metric("latency_ms", "Latency, batch 1", "ms", "lower", 3, _latency, log=True)
MACS: Final = Metric("macs", "MACs", "M", "lower", 2, _exact("macs", 1e6), log=True)
PARAMS: Final = Metric("params", "Parameters", "M", "lower", 3, _exact("params", 1e6), log=True)
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
