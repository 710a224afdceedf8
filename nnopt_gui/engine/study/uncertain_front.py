"""The front of two metrics as far as it is known: how likely each trial is on it, and which trials are tied."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.metrics import ACCURACY, DROP, Estimate, Metric
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.statistics.proportions import Z
from nnopt_gui.engine.statistics.shrinkage import posterior_draws
from nnopt_gui.engine.study.pareto import front, measured_rows
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.engine.study.trial_columns import TrialColumns

DRAWS: Final = 200
UNLIKELY: Final = 0.05  # below this a trial is not on the front, and dominance is certain

_IMAGES_AT_ONCE: Final = 4096
_MARGINS: Final = (2.5, 1.5, 1.0, 0.5, 0.0)  # standard errors to either side, unpaired
_MOST_CONTESTED: Final = 500
_SLIGHT: Final = 1e-3  # of the usual error, where none was seen


@dataclass(frozen=True)
class Candidate:
    """A trial that may be on the front.

    ``probability`` that it is; ``tied_with``: the trials on the front by value that look better than it in both
    metrics, but cannot be said to be.
    """

    number: int
    probability: float
    tied_with: tuple[int, ...] = ()


@dataclass(frozen=True)
class FrontBand:
    """The best y that is attained at x or better, with 95 % probability between ``low`` and ``high``.

    ``x`` goes from the best to the worst, in display units, as do the two ends; each pair holds until the next x.
    """

    x: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True)
class UncertainFront:
    """``numbers`` are the front by value, from the best to the worst in x; ``candidates`` are all trials that are on
    it with a probability of at least 5 %, by number; the others certainly are not. ``band`` is where it lies."""

    numbers: tuple[int, ...]
    candidates: tuple[Candidate, ...]
    probability: Mapping[int, float]  # of every measured trial, by number
    band: FrontBand = FrontBand()


PredictionsOf = Callable[[Trial], TrialPredictions | None]


def uncertain_front(
    trials: Sequence[Trial],
    x: Metric,
    y: Metric,
    predictions_of: PredictionsOf,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> UncertainFront:
    """Sample what the true values may be, and count how often each trial is on the front.

    True values are drawn given the measured ones and how far the study's values lie apart
    (:func:`~nnopt_gui.engine.statistics.shrinkage.posterior_draws`, with the other metric as the position), so that
    the luckiest of many alike trials is not taken for the best. The errors of accuracy are those of drawing images,
    the same for all trials whose predictions are stored, so that what they share (hard images) cancels; without
    predictions the paired interval against the original is used, else the trial's own. Latency scatters by its
    interval, trial by trial. Bytes, MACs and parameters are exact. Trials that answer every image alike are equal.

    Only what may be on the front is looked at: a trial whose interval, widened, lies beyond that of a better one has
    no chance.

    Args:
        predictions_of: a trial's predictions, or None; asked once per trial that is looked at.
        draws: more give steadier probabilities: their own error is about 0.5 / √draws.
        seed: the same seed gives the same probabilities.
    """
    rows, values = measured_rows(TrialColumns.of(trials), x, y)
    if not len(rows):
        return UncertainFront((), (), {})
    signs = np.array([1 if metric.better == "lower" else -1 for metric in (x, y)])
    measured = [trials[row] for row in rows.tolist()]
    contested = _contested(measured, values * signs, (x, y))
    looked_at, at = [measured[i] for i in contested], values[contested]
    costs = [
        signs[axis] * _sampled(looked_at, at[:, axis], at[:, 1 - axis], metric, predictions_of, draws, seed, axis)
        for axis, metric in enumerate((x, y))
    ]
    probability = on_front_share(costs[0], costs[1])
    on_front = front(at, x.better, y.better)
    candidates = []
    members = set(on_front)
    for index in np.flatnonzero(probability >= UNLIKELY):
        tied = () if index in members else _ties(int(index), on_front, costs, at * signs)
        names = tuple(looked_at[i].number for i in tied)
        candidates.append(Candidate(looked_at[index].number, float(probability[index]), names))
    shares = dict.fromkeys((trial.number for trial in measured), 0.0)
    shares |= {trial.number: float(share) for trial, share in zip(looked_at, probability, strict=True)}
    numbers = tuple(looked_at[i].number for i in on_front)
    return UncertainFront(numbers, tuple(candidates), shares, _band(costs, probability, at[:, 0] * signs[0], signs))


def _band(
    costs: Sequence[NDArray[np.float64]],
    probability: NDArray[np.float64],
    at: NDArray[np.float64],
    signs: NDArray[np.int64],
) -> FrontBand:
    likely = np.flatnonzero(probability > 0)
    places = np.unique(at[likely])
    low, high = attained_band(costs[0][:, likely], costs[1][:, likely], places)
    known = np.isfinite(low) & np.isfinite(high)
    x_of, y_of = (places * signs[0])[known].tolist(), np.stack([low, high])[:, known] * signs[1]
    return FrontBand(tuple(x_of), tuple(y_of.min(axis=0).tolist()), tuple(y_of.max(axis=0).tolist()))


def _contested(
    trials: Sequence[Trial], costs: NDArray[np.float64], metrics: tuple[Metric, Metric]
) -> NDArray[np.int64]:
    """int64 (n,), ascending: the original, and the trials that no other beats in both metrics by far more than the
    errors; where those are too many, by more than a smaller part of the errors."""
    error = np.stack([_deviations(trials, metric) for metric in metrics], axis=1)
    kept = np.zeros(len(trials), dtype=np.bool_)
    for margin in _MARGINS:
        worst, best = costs + margin * error, costs - margin * error
        order = np.argsort(worst[:, 0], kind="stable")
        attained = np.minimum.accumulate(worst[order, 1])
        beside = np.searchsorted(worst[order, 0], best[:, 0], side="right") - 1
        kept = (beside < 0) | (attained[np.maximum(beside, 0)] >= best[:, 1])
        if np.count_nonzero(kept) <= _MOST_CONTESTED:
            break
    return np.flatnonzero(kept | np.array([trial.is_baseline for trial in trials]))


def attained_band(
    x: NDArray[np.float64], y: NDArray[np.float64], at: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Between which values the best y of the points at ``at`` or left of it lies in 95 % of the draws.

    This is the empirical attainment function of Grunert da Fonseca, Fonseca and Hall (EMO 2001), cut at 2.5 and 97.5 %.

    Args:
        x, y: float64 (draws, T), lower is better in both.
        at: float64 (n,).

    Returns:
        Two float64 (n,): the lower and the upper end; infinite where too few draws attain anything.
    """
    order = np.argsort(x, axis=1, kind="stable")
    sorted_x = np.take_along_axis(x, order, 1)
    best = np.minimum.accumulate(np.take_along_axis(y, order, 1), axis=1)
    best = np.concatenate([np.full((len(best), 1), np.inf), best], axis=1)
    reached = [np.searchsorted(row, at, side="right") for row in sorted_x]
    attained = np.stack([row[places] for row, places in zip(best, reached, strict=True)])
    ends = np.sort(attained, axis=0)
    tail = int(0.025 * len(ends))
    return ends[tail], ends[len(ends) - 1 - tail]


def on_front_share(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """How often each of T points is dominated by nobody.

    Args:
        x, y: float64 (draws, T), lower is better in both.

    Returns:
        float64 (T,) in 0..1. Equal points are on the front together.
    """
    order = np.lexsort((y, x), axis=-1)
    sorted_x, sorted_y = np.take_along_axis(x, order, 1), np.take_along_axis(y, order, 1)
    best = np.minimum.accumulate(sorted_y, axis=1)
    first = np.ones(order.shape, dtype=np.bool_)  # of its run of equal points
    first[:, 1:] = (sorted_x[:, 1:] != sorted_x[:, :-1]) | (sorted_y[:, 1:] != sorted_y[:, :-1])
    kept = first.copy()
    kept[:, 1:] &= sorted_y[:, 1:] < best[:, :-1]
    run = np.maximum.accumulate(np.where(first, np.arange(order.shape[1])[None, :], 0), axis=1)
    kept = np.take_along_axis(kept, run, 1)
    result = np.empty(order.shape, dtype=np.float64)
    np.put_along_axis(result, order, kept.astype(np.float64), 1)
    return np.asarray(result.mean(axis=0))


def _ties(
    index: int, on_front: Sequence[int], costs: Sequence[NDArray[np.float64]], values: NDArray[np.float64]
) -> list[int]:
    """Those on the front by value that dominate the trial by value, but not in 95 % of the draws."""
    found = []
    for other in on_front:
        if (values[other] <= values[index]).all():
            wins = (costs[0][:, other] <= costs[0][:, index]) & (costs[1][:, other] <= costs[1][:, index])
            if wins.mean() < 1 - UNLIKELY:
                found.append(other)
    return found


def _sampled(
    trials: Sequence[Trial],
    values: NDArray[np.float64],
    position: NDArray[np.float64],
    metric: Metric,
    predictions_of: PredictionsOf,
    draws: int,
    seed: int,
    axis: int,
) -> NDArray[np.float64]:
    """float64 (draws, T): what the metric may truly be, in its display unit."""
    if metric.key in (ACCURACY.key, DROP.key):  # the original's own accuracy shifts all drops alike
        accuracy = values / 100 if metric.key == ACCURACY.key else np.array([_estimate(t).value for t in trials])
        found = 100 * _sampled_accuracy(trials, accuracy, position, predictions_of, draws, seed)
        return found if metric.key == ACCURACY.key else -found
    error = _deviations(trials, metric)
    if not error.any():
        return np.broadcast_to(values, (draws, len(values)))
    error = np.maximum(error, _SLIGHT * np.median(error[error > 0]))
    return posterior_draws(values, np.diag(error**2), position, draws=draws, seed=seed + 1 + axis)


def _deviations(trials: Sequence[Trial], metric: Metric) -> NDArray[np.float64]:
    """float64 (T,): the standard deviations that the intervals stand for, in display units."""
    readings = np.array([metric.read(trial.measurement) for trial in trials if trial.measurement is not None])
    return np.asarray((readings[:, 2] - readings[:, 1]) / (2 * Z))


def _sampled_accuracy(
    trials: Sequence[Trial],
    accuracy: NDArray[np.float64],
    position: NDArray[np.float64],
    predictions_of: PredictionsOf,
    draws: int,
    seed: int,
) -> NDArray[np.float64]:
    """float64 (draws, T), fractions."""
    stored = [predictions_of(trial) for trial in trials]
    labels = next((p.labels for p in stored if p is not None and p.known.any()), None)
    paired = {
        i: p for i, p in enumerate(stored)
        if p is not None and labels is not None and p.known.any()
        and (p.labels is labels or np.array_equal(p.labels, labels))
    }  # fmt: skip
    first_of = {i: i for i in range(len(trials))}
    answers: dict[bytes, int] = {}
    for i, p in paired.items():
        first_of[i] = answers.setdefault(np.packbits([p.known, p.correct & p.known]).tobytes(), i)
    firsts = sorted(set(first_of.values()))
    covariance = _covariance([trials[i] for i in firsts], {firsts.index(i): paired[i] for i in firsts if i in paired})
    found = posterior_draws(accuracy[firsts], covariance, position[firsts], draws=draws, seed=seed)
    return found[:, [firsts.index(first_of[i]) for i in range(len(trials))]]


def _covariance(trials: Sequence[Trial], paired: Mapping[int, TrialPredictions]) -> NDArray[np.float64]:
    """float64 (T, T): of the errors of the accuracies, by the images where predictions are stored, else by the
    intervals. That so many answers differ is itself a count: one more image is allowed for."""
    result = np.zeros((len(trials), len(trials)))
    where = list(paired)
    if paired:
        result[np.ix_(where, where)] = _covariance_by_images(list(paired.values()))
    original = next((i for i, trial in enumerate(trials) if trial.is_baseline), None)
    others = [i for i in range(len(trials)) if i not in paired]
    drops = {i: d for i in others if (m := trials[i].measurement) is not None and (d := m.accuracy_drop) is not None}
    with_original = [i for i in others if i == original or (i in drops and original is not None)]
    if original is not None and with_original:
        known = original in paired
        shared = result[original, original] if known else _deviation(_estimate(trials[original])) ** 2
        for i in with_original if known else ():
            result[i, where] = result[where, i] = result[original, where]
        result[np.ix_(with_original, with_original)] = shared
    for i in others:
        error = 0.0 if i == original else _deviation(drops[i] if i in with_original else _estimate(trials[i]))
        result[i, i] += error**2 + (1 / _estimate(trials[i]).samples) ** 2
    return result


def _covariance_by_images(stored: Sequence[TrialPredictions]) -> NDArray[np.float64]:
    """float64 (T, T): the sampling covariance of accuracies on images in common."""
    seen = np.array([p.known.sum() for p in stored], dtype=np.float64)
    right = np.array([(p.correct & p.known).sum() for p in stored], dtype=np.float64)
    result = np.diag(1 / seen**2)
    for start in range(0, len(stored[0]), _IMAGES_AT_ONCE):
        part = slice(start, start + _IMAGES_AT_ONCE)
        known = np.stack([p.known[part] for p in stored])
        off = np.where(known, np.stack([p.correct[part] for p in stored]) - (right / seen)[:, None], 0.0)
        off /= seen[:, None]
        result += off @ off.T
    return result


def _estimate(trial: Trial) -> Estimate:
    accuracy = trial.measurement.accuracy if trial.measurement is not None else None
    if accuracy is None:
        raise ValueError(f"trial {trial.number} has no accuracy")
    return accuracy


def _deviation(estimate: Estimate) -> float:
    """The standard deviation that the interval stands for."""
    return (estimate.high - estimate.low) / (2 * Z)
