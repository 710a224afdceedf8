"""What fronts, filters and tables ask of all trials at once, column by column: a study has up to 100,000."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.metrics import CONTEXT, METRICS, End, Measurement, Metric
from nnopt_gui.engine.study.trial import BASELINE_NUMBER, Trial, TrialState

STATES: Final = tuple(TrialState)
READ: Final = (*METRICS, CONTEXT)
READING_KEYS: Final = tuple(metric.key for metric in READ)

_CODES: Final = {state.value: code for code, state in enumerate(STATES)}
_PLACES: Final = {key: place for place, key in enumerate(READING_KEYS)}
_ENDS: Final[dict[End, int]] = {"value": 0, "low": 1, "high": 2}
_UNKNOWN: Final = (math.nan, math.nan, math.nan)


class TrialSummary(NamedTuple):
    """One trial at a glance; the record says the same, and more.

    ``raced``: a race stopped it, so its accuracy is of some images only. ``created`` is in seconds since 1970 (UTC), 0
    where it is not known. ``readings`` are little-endian float64 (metrics, 3): value, low and high of
    :data:`READING_KEYS`' metrics in display units, NaN where nothing was measured.
    """

    number: int
    state: str
    pinned: int
    raced: int
    created: float
    seconds: float
    fingerprint: str
    family: str
    label: str
    note: str
    error: str
    predictions: str | None
    readings: bytes

    @classmethod
    def of(cls, trial: Trial) -> TrialSummary:
        """The summary of a record."""
        measurement, recipe = trial.measurement, trial.recipe
        return cls(
            trial.number,
            trial.state.value,
            int(trial.pinned),
            int(measurement is not None and measurement.conditions.dominated_by is not None),
            _moment(trial.created),
            float(trial.seconds),
            recipe.fingerprint,
            recipe.family,
            recipe.label,
            trial.note,
            (trial.error or {}).get("message", ""),
            trial.predictions_sha256,
            readings_of(measurement).tobytes(),
        )


def readings_of(measurement: Measurement | None) -> NDArray[np.float64]:
    """float64 (metrics, 3): value, low and high of every metric in its display unit, NaN where it was not measured."""
    found = [metric.read(measurement) if measurement is not None else None for metric in READ]
    return np.array([_UNKNOWN if reading is None else reading for reading in found], dtype="<f8")


@dataclass(frozen=True)
class TrialColumns:
    """Trials, one a row. ``state`` counts in :data:`STATES`; ``readings`` are float64 (n, metrics, 3).

    A snapshot: trials that come or go later are not in it; what changes of a trial that stays may show.
    """

    number: NDArray[np.int64]
    state: NDArray[np.uint8]
    pinned: NDArray[np.bool_]
    raced: NDArray[np.bool_]
    created: NDArray[np.float64]
    seconds: NDArray[np.float64]
    fingerprint: NDArray[np.bytes_]
    family: NDArray[np.object_]
    label: NDArray[np.object_]
    note: NDArray[np.object_]
    error: NDArray[np.object_]
    readings: NDArray[np.float64]

    @classmethod
    def of(cls, trials: Iterable[Trial]) -> TrialColumns:
        """In the order of ``trials``."""
        return cls.of_summaries([TrialSummary.of(trial) for trial in trials])

    @classmethod
    def of_summaries(cls, rows: Sequence[TrialSummary]) -> TrialColumns:
        """In the order of ``rows``.

        Raises:
            KeyError, TypeError, ValueError: they do not hold what :class:`TrialSummary` says.
        """
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(TrialSummary._fields)
        number, state, pinned, raced, created, seconds, fingerprint, family, label, note, error, _, readings = columns
        return cls(
            _whole(number),
            np.array([_CODES[value] for value in state], dtype=np.uint8),
            _whole(pinned).astype(np.bool_),
            _whole(raced).astype(np.bool_),
            _real(created),
            _real(seconds),
            np.array(_texts(fingerprint), dtype="S64"),
            _objects(_texts(family)),
            _objects(_texts(label)),
            _objects(_texts(note)),
            _objects(_texts(error)),
            np.frombuffer(b"".join(readings), dtype="<f8").reshape(len(rows), len(READ), 3),
        )

    def __len__(self) -> int:
        return len(self.number)

    def values(self, metric: Metric, end: End = "value") -> NDArray[np.float64]:
        """float64 (n,) in the metric's display unit, NaN where it was not measured."""
        return self.readings[:, _PLACES[metric.key], _ENDS[end]]

    def reading(self, row: int, metric: Metric) -> tuple[float, float, float] | None:
        """Value, low and high in the metric's display unit, None where it was not measured."""
        value, low, high = self.readings[row, _PLACES[metric.key]].tolist()
        return None if math.isnan(value) else (value, low, high)

    def state_of(self, row: int) -> TrialState:
        return STATES[self.state[row]]

    def among(self, *states: TrialState) -> NDArray[np.bool_]:
        """bool (n,): whether the trial is in one of these states."""
        found = np.zeros(len(self.state), dtype=np.bool_)
        for state in states:
            found |= self.state == _CODES[state.value]
        return found

    def comparable(self) -> NDArray[np.bool_]:
        """bool (n,): whether the latency may stand beside the others': measured on the same machine, in the same
        runtime, with as many threads as the original's, or, where that was not measured, as most. Latencies of which
        no more is known count as comparable."""
        codes = self.values(CONTEXT)
        known = codes[~np.isnan(codes)]
        if not len(known):
            return np.ones(len(self), dtype=np.bool_)
        first = codes[self.number == BASELINE_NUMBER]
        if len(first) and not np.isnan(first[0]):
            usual = first[0]
        else:
            found, counts = np.unique(known, return_counts=True)
            usual = found[counts.argmax()]
        return np.isnan(codes) | (codes == usual)

    def row_of(self, number: int) -> int | None:
        """The row of a trial, where rows are in the order of their numbers."""
        row = int(np.searchsorted(self.number, number))
        return row if row < len(self) and self.number[row] == number else None

    def with_readings(self, found: dict[int, Measurement]) -> TrialColumns:
        """With these measurements, by number, in the place of what the rows say."""
        readings = self.readings.copy()
        for number, measurement in found.items():
            row = self.row_of(number)
            if row is not None:
                readings[row] = readings_of(measurement)
        return replace(self, readings=readings)


def _moment(created: str) -> float:
    try:
        found = datetime.fromisoformat(created)
    except ValueError:
        return 0.0
    return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp()


def _whole(values: Sequence[Any]) -> NDArray[np.int64]:
    _check(values, int)
    return np.array(values, dtype=np.int64)


def _real(values: Sequence[Any]) -> NDArray[np.float64]:
    _check(values, float)
    return np.array(values, dtype=np.float64)


def _texts(values: Sequence[Any]) -> Sequence[str]:
    _check(values, str)
    return values


def _check(values: Sequence[Any], kind: type) -> None:
    """A file may hold anything: numbers for texts, NULL for numbers."""
    if not set(map(type, values)) <= {kind}:
        raise TypeError(f"a column of {kind.__name__} holds something else")


def _objects(values: Sequence[str]) -> NDArray[np.object_]:
    array = np.empty(len(values), dtype=np.object_)
    array[:] = values
    return array
