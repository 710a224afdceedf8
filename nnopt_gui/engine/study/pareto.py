"""The Pareto front of two metrics, and who cannot be told from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from nnopt_gui.engine.metrics import ACCURACY, Measurement, Metric
from nnopt_gui.engine.study.trial import Trial, TrialState

Better = Literal["higher", "lower"]


def front(points: Sequence[tuple[float, float]], x: Better = "lower", y: Better = "higher") -> tuple[int, ...]:
    """Indices of the points that no other point dominates, from the best to the worst in x.

    A point dominates another when it is at least as good in both values and better in one. Of equal points all stay.
    O(n log n).
    """
    sign_x, sign_y = (1 if x == "lower" else -1), (1 if y == "lower" else -1)
    order = sorted(range(len(points)), key=lambda i: (sign_x * points[i][0], sign_y * points[i][1], i))
    kept: list[int] = []
    best = float("inf")
    previous: tuple[float, float] | None = None
    for index in order:
        value = sign_y * points[index][1]
        if value < best or (kept and points[index] == previous):
            kept.append(index)
            best, previous = value, points[index]
    return tuple(kept)


def front_numbers(trials: Iterable[Trial], x: Metric, y: Metric) -> tuple[int, ...]:
    """Numbers of the finished trials on the front of two metrics, from the best to the worst in x."""
    measured = _measured(trials, x, y)
    points = [(vx, vy) for _, vx, vy in measured]
    return tuple(measured[i][0].number for i in front(points, x.better, y.better))


def indistinguishable_numbers(trials: Iterable[Trial], x: Metric, y: Metric) -> frozenset[int]:
    """Numbers of the finished trials that are dominated by value, but not by interval.

    Such a trial would be on the front if its true values were at the favourable ends of its 95 % intervals. Accuracy
    is judged by its *paired* interval against the baseline where there is one, as two points share most of their luck
    with the images.
    """
    measured = _measured(trials, x, y)
    points = [(vx, vy) for _, vx, vy in measured]
    on_front = front(points, x.better, y.better)
    result = set()
    for index, (trial, _, _) in enumerate(measured):
        if index in on_front or trial.measurement is None:
            continue
        best = (_favourable(trial.measurement, x), _favourable(trial.measurement, y))
        if not any(_dominates(points[i], best, x.better, y.better) for i in on_front):
            result.add(trial.number)
    return frozenset(result)


def _measured(trials: Iterable[Trial], x: Metric, y: Metric) -> list[tuple[Trial, float, float]]:
    found = []
    for trial in trials:
        if trial.state is TrialState.DONE and trial.measurement is not None:
            vx, vy = x.read(trial.measurement), y.read(trial.measurement)
            if vx is not None and vy is not None:
                found.append((trial, vx[0], vy[0]))
    return found


def _favourable(measurement: Measurement, metric: Metric) -> float:
    """The end of the interval at which the metric is best, in the metric's display unit."""
    reading = metric.read(measurement)
    if reading is None:
        raise ValueError(f"{metric.key} was not measured")
    value, low, high = reading
    drop = measurement.accuracy_drop
    if metric.key == ACCURACY.key and drop is not None:
        return value + 100 * (drop.value - drop.low)
    return high if metric.better == "higher" else low


def _dominates(a: tuple[float, float], b: tuple[float, float], x: Better, y: Better) -> bool:
    sign_x, sign_y = (1 if x == "lower" else -1), (1 if y == "lower" else -1)
    ax, bx, ay, by = sign_x * a[0], sign_x * b[0], sign_y * a[1], sign_y * b[1]
    return ax <= bx and ay <= by and (ax < bx or ay < by)
