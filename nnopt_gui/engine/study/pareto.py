"""The Pareto front of two metrics, and who cannot be told from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.metrics import ACCURACY, DROP, RUN_DEPENDENT, Metric
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.engine.study.trial_columns import TrialColumns

Better = Literal["higher", "lower"]
Trials = Iterable[Trial] | TrialColumns  # records, or what their columns say of them


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


def front_numbers(trials: Trials, x: Metric, y: Metric) -> tuple[int, ...]:
    """Numbers of the finished trials on the front of two metrics, from the best to the worst in x."""
    columns = _columns(trials)
    rows, values = measured_rows(columns, x, y)
    return _numbers(columns, rows[list(front(values, x.better, y.better))])


def indistinguishable_numbers(trials: Trials, x: Metric, y: Metric) -> frozenset[int]:
    """The second part of :func:`front_and_ties`."""
    return front_and_ties(trials, x, y)[1]


def front_and_ties(trials: Trials, x: Metric, y: Metric) -> tuple[tuple[int, ...], frozenset[int]]:
    """Numbers of the finished trials on the front, and of those that are dominated by value, but not by interval.

    Such a trial would be on the front if its true values were at the favourable ends of its 95 % intervals. Accuracy
    is judged by its *paired* interval against the baseline where there is one, as two points share most of their luck
    with the images. ``uncertain_front`` says how likely each is, and pairs the trials with one another.
    """
    columns = _columns(trials)
    rows, values = measured_rows(columns, x, y)
    on_front = np.array(front(values, x.better, y.better), dtype=np.int64)
    if not len(on_front):
        return (), frozenset()
    signs = _signs(x.better, y.better)
    best = np.stack([_favourable(columns, rows, metric) for metric in (x, y)], axis=1) * signs
    fronts = values[on_front] * signs  # x ascends, y descends
    beside = np.searchsorted(fronts[:, 0], best[:, 0], side="right") - 1  # the last that is no worse in x
    rival = fronts[np.maximum(beside, 0)]
    tied = (beside < 0) | (rival[:, 1] > best[:, 1]) | (rival == best).all(axis=1)
    tied[on_front] = False
    return _numbers(columns, rows[on_front]), frozenset(_numbers(columns, rows[tied]))


def measured_rows(columns: TrialColumns, x: Metric, y: Metric) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """int64 (n,): the rows of the finished trials in which both metrics were measured, and float64 (n, 2): the values
    in display units.

    Those that a race stopped are left out: their accuracy is of the images that they were stopped at. So are, for
    latency and the like, those of another machine or runtime, or of other threads.
    """
    values = np.stack([columns.values(x), columns.values(y)], axis=1)
    known = columns.among(TrialState.DONE) & ~columns.raced & ~np.isnan(values).any(axis=1)
    if {x.key, y.key} & RUN_DEPENDENT:
        known &= columns.comparable()
    return np.flatnonzero(known), values[known]


def _columns(trials: Trials) -> TrialColumns:
    return trials if isinstance(trials, TrialColumns) else TrialColumns.of(trials)


def _numbers(columns: TrialColumns, rows: NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(columns.number[rows].tolist())


def _favourable(columns: TrialColumns, rows: NDArray[np.int64], metric: Metric) -> NDArray[np.float64]:
    """float64 (n,): the end of the interval at which the metric is best, in its display unit."""
    if metric.exact:
        return columns.values(metric)[rows]
    best = columns.values(metric, "high" if metric.better == "higher" else "low")[rows]
    if metric.key != ACCURACY.key:
        return best
    gain = columns.values(DROP)[rows] - columns.values(DROP, "low")[rows]
    paired = columns.values(metric)[rows] + gain
    return np.where(np.isnan(paired), best, paired)


def _signs(x: Better, y: Better) -> NDArray[np.float64]:
    """Factors that make lower the better in both."""
    return np.array([1.0 if x == "lower" else -1.0, 1.0 if y == "lower" else -1.0])
