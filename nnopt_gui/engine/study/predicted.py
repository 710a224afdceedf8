"""What was predicted of a trial before it ran: kept with it, so that the error can be shown later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Band:
    """An expected value and the band that should hold the measured one."""

    value: float
    low: float
    high: float

    def holds(self, measured: float) -> bool:
        return self.low <= measured <= self.high


@dataclass(frozen=True)
class Predicted:
    """A prediction made before the trial ran.

    ``accuracy_drop`` is a fraction (baseline minus this), ``latency_ms`` the median at batch 1; None where nothing
    could be learnt yet. ``coverage`` is the share of bands that should hold the measured value; ``learnt_from`` counts
    the finished trials behind it. ``exact`` says that bytes and
    MACs start from the very structure that will be written.
    """

    size_bytes: Band
    macs: int
    accuracy_drop: Band | None = None
    latency_ms: Band | None = None
    coverage: float = 0.9
    learnt_from: int = 0
    exact: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Predicted:
        """The inverse of :meth:`to_dict`.

        Raises:
            KeyError, TypeError: the data is not a prediction.
        """
        values = dict(data)
        for key in ("size_bytes", "accuracy_drop", "latency_ms"):
            if values.get(key) is not None:
                values[key] = Band(**values[key])
        return cls(**values)
