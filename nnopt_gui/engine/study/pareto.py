"""The Pareto front of two metrics, and who cannot be told from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.metrics import ACCURACY, DROP, Measurement, Metric
from nnopt_gui.engine.study.trial import Trial, TrialState

Better = Literal["higher", "lower"]


def front(
    points: Sequence[tuple[float, float]] | NDArray[np.float64], x: Better = "lower", y: Better = "higher"
) -> tuple[int, ...]:
    """Indices of the points that no other point dominates, from the best to the worst in x.

    A point dominates another when it is at least as good in both values and better in one. Of equal points all stay.
    O(n log n).

    Args:
        points: n pairs, or an array (n, 2).
    """
    if len(points) == 0:
        return ()
    costs = np.asarray(points, dtype=np.float64) * _signs(x, y)
    order = np.lexsort((costs[:, 1], costs[:, 0]))  # stable: of equal points the first one leads
    cost_x, cost_y = costs[order, 0], costs[order, 1]
    best = np.concatenate(([np.inf], np.minimum.accumulate(cost_y)[:-1]))
    kept = cost_y < best
    equal = np.concatenate(([False], (cost_x[1:] == cost_x[:-1]) & (cost_y[1:] == cost_y[:-1])))
    leader = np.maximum.accumulate(np.where(equal, 0, np.arange(len(order))))
    return tuple(int(i) for i in order[kept[leader]])


def front_numbers(trials: Iterable[Trial], x: Metric, y: Metric) -> tuple[int, ...]:
    """Numbers of the finished trials on the front of two metrics, from the best to the worst in x."""
    measured, values = measured_values(trials, x, y)
    return tuple(measured[i].number for i in front(values, x.better, y.better))


def indistinguishable_numbers(trials: Iterable[Trial], x: Metric, y: Metric) -> frozenset[int]:
    """The second part of :func:`front_and_ties`."""
    return front_and_ties(trials, x, y)[1]


def front_and_ties(trials: Iterable[Trial], x: Metric, y: Metric) -> tuple[tuple[int, ...], frozenset[int]]:
    """Numbers of the finished trials on the front, and of those that are dominated by value, but not by interval.

    Such a trial would be on the front if its true values were at the favourable ends of its 95 % intervals. Accuracy
    is judged by its *paired* interval against the baseline where there is one, as two points share most of their luck
    with the images. ``uncertain_front`` says how likely each is, and pairs the trials with one another.
    """
    measured, values = measured_values(trials, x, y)
    on_front = np.array(front(values, x.better, y.better), dtype=np.int64)
    if not len(on_front):
        return (), frozenset()
    signs, records = _signs(x.better, y.better), _records(measured)
    best = np.stack([_favourable(records, metric, values[:, i]) for i, metric in enumerate((x, y))], axis=1) * signs
    fronts = values[on_front] * signs  # x ascends, y descends
    beside = np.searchsorted(fronts[:, 0], best[:, 0], side="right") - 1  # the last that is no worse in x
    rival = fronts[np.maximum(beside, 0)]
    tied = (beside < 0) | (rival[:, 1] > best[:, 1]) | (rival == best).all(axis=1)
    tied[on_front] = False
    numbers = tuple(measured[i].number for i in on_front)
    return numbers, frozenset(measured[i].number for i in np.flatnonzero(tied))


def measured_values(trials: Iterable[Trial], x: Metric, y: Metric) -> tuple[list[Trial], NDArray[np.float64]]:
    """The finished trials in which both metrics were measured, and float64 (n, 2) of the values in display units.

    Those that a race stopped are left out: their accuracy is of the images that they were stopped at.
    """
    done = TrialState.DONE
    finished = [
        trial
        for trial in trials
        if trial.state is done and (found := trial.measurement) is not None and found.conditions.dominated_by is None
    ]
    records = _records(finished)
    values = np.stack([np.array(metric.column(records, "value"), dtype=np.float64) for metric in (x, y)], axis=1)
    unknown = np.isnan(values).any(axis=1)
    if not unknown.any():
        return finished, values
    return [finished[i] for i in np.flatnonzero(~unknown)], values[~unknown]


def _records(trials: Iterable[Trial]) -> list[Measurement]:
    return [measurement for trial in trials if (measurement := trial.measurement) is not None]


def _favourable(
    measurements: Sequence[Measurement], metric: Metric, values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """float64 (n,): the end of the interval at which the metric is best, in its display unit.

    Args:
        values: float64 (n,), the metric's values.
    """
    if metric.exact:
        return values
    if metric.key != ACCURACY.key:
        return np.array(metric.column(measurements, "high" if metric.better == "higher" else "low"))
    gain = np.array(DROP.column(measurements, "value")) - np.array(DROP.column(measurements, "low"))
    alone = np.isnan(gain)
    if alone.any():
        unpaired = [measurements[i] for i in np.flatnonzero(alone).tolist()]
        gain[alone] = np.array(metric.column(unpaired, "high")) - values[alone]
    return np.asarray(values + gain)


def _signs(x: Better, y: Better) -> NDArray[np.float64]:
    """Factors that make lower the better in both."""
    return np.array([1.0 if x == "lower" else -1.0, 1.0 if y == "lower" else -1.0])
