"""The front of two metrics as far as it is known: how likely each trial is on it, and which trials are tied."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.metrics import ACCURACY, DROP, Estimate, Metric
from nnopt_gui.engine.statistics.bootstrap import weights
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.statistics.proportions import Z
from nnopt_gui.engine.study.pareto import front, measured_rows
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.engine.study.trial_columns import TrialColumns

DRAWS: Final = 200
UNLIKELY: Final = 0.05  # below this a trial is not on the front, and dominance is certain

_IMAGES_AT_ONCE: Final = 4096


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

    Accuracy is resampled by drawing images, the same for all trials whose predictions are stored, so that what they
    share (hard images) cancels; without predictions its paired interval against the original is used, else its own.
    Latency scatters by its interval, trial by trial. Bytes, MACs and parameters are exact.

    The probabilities are those of a flat prior. Where the true values lie closer together than the error of measuring
    them they are too modest for trials that look beaten: more images tell, not more draws.

    Args:
        predictions_of: a trial's predictions, or None; asked once per trial.
        draws: more give steadier probabilities: their own error is about 0.5 / √draws.
        seed: the same seed gives the same probabilities.
    """
    rows, values = measured_rows(TrialColumns.of(trials), x, y)
    measured = [trials[row] for row in rows.tolist()]
    on_front = front(values, x.better, y.better)
    if not measured:
        return UncertainFront((), (), {})
    signs = np.array([1 if metric.better == "lower" else -1 for metric in (x, y)])
    costs = [
        signs[axis] * _sampled(measured, values[:, axis], metric, predictions_of, draws, seed, axis)
        for axis, metric in enumerate((x, y))
    ]
    probability = on_front_share(costs[0], costs[1])
    candidates = []
    members = set(on_front)
    for index in np.flatnonzero(probability >= UNLIKELY):
        tied = () if index in members else _ties(int(index), on_front, costs, values * signs)
        number = measured[index].number
        names = tuple(measured[i].number for i in tied)
        candidates.append(Candidate(number, float(probability[index]), names))
    shares = {trial.number: float(share) for trial, share in zip(measured, probability, strict=True)}
    likely = np.flatnonzero(probability > 0)
    at = values[likely, 0] * signs[0]
    low, high = attained_band(costs[0][:, likely], costs[1][:, likely], np.unique(at))
    known = np.isfinite(low) & np.isfinite(high)
    x_of, y_of = (np.unique(at) * signs[0])[known].tolist(), np.stack([low, high])[:, known] * signs[1]
    band = FrontBand(tuple(x_of), tuple(y_of.min(axis=0).tolist()), tuple(y_of.max(axis=0).tolist()))
    return UncertainFront(tuple(measured[i].number for i in on_front), tuple(candidates), shares, band)


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
    metric: Metric,
    predictions_of: PredictionsOf,
    draws: int,
    seed: int,
    axis: int,
) -> NDArray[np.float64]:
    """float64 (draws, T): what the metric may truly be, in its display unit."""
    if metric.key == ACCURACY.key:
        return 100 * _sampled_accuracy(trials, predictions_of, draws, seed)
    if metric.key == DROP.key:  # the original's own accuracy shifts all alike
        return -100 * _sampled_accuracy(trials, predictions_of, draws, seed)
    readings = np.array([metric.read(trial.measurement) for trial in trials if trial.measurement is not None])
    spread = (readings[:, 2] - readings[:, 1]) / (2 * Z)
    if not spread.any():
        return np.broadcast_to(values, (draws, len(values)))
    generator = np.random.default_rng([seed, 1 + axis])
    return np.asarray(values + spread * generator.standard_normal((draws, len(values))))


def _sampled_accuracy(
    trials: Sequence[Trial], predictions_of: PredictionsOf, draws: int, seed: int
) -> NDArray[np.float64]:
    """float64 (draws, T), fractions: by the images where predictions are stored, else by the interval."""
    stored = [predictions_of(trial) for trial in trials]
    labels = next((p.labels for p in stored if p is not None and p.known.any()), None)
    paired = [
        i for i, p in enumerate(stored)
        if p is not None and labels is not None and p.known.any()
        and (p.labels is labels or np.array_equal(p.labels, labels))
    ]  # fmt: skip
    result = np.empty((draws, len(trials)))
    if paired:
        result[:, paired] = _resampled_accuracy([p for i in paired if (p := stored[i]) is not None], draws, seed)
    generator = np.random.default_rng([seed, 0])
    original = next((i for i, trial in enumerate(trials) if trial.is_baseline), None)
    luck = generator.standard_normal(draws)  # with the images, shared by all that were paired with the original
    if original is not None and original in set(paired):
        shift = result[:, original] - result[:, original].mean()
    else:
        found = _estimate(trials[original]) if original is not None else None
        shift = luck * _deviation(found) if found is not None else np.zeros(draws)
    for index in sorted(set(range(len(trials))) - set(paired)):
        measurement = trials[index].measurement
        drop = measurement.accuracy_drop if measurement is not None else None
        own = _estimate(trials[index])
        if index == original:
            result[:, index] = own.value + shift
        elif drop is not None:
            result[:, index] = own.value + shift - _deviation(drop) * generator.standard_normal(draws)
        else:
            result[:, index] = own.value + _deviation(own) * generator.standard_normal(draws)
    return result


def _resampled_accuracy(stored: Sequence[TrialPredictions], draws: int, seed: int) -> NDArray[np.float64]:
    """float64 (draws, T): accuracies on images drawn jointly for all."""
    images = len(stored[0])
    right = np.zeros((draws, len(stored)), dtype=np.float32)
    seen = np.zeros_like(right)
    complete = all(p.known.all() for p in stored)
    for start, block in _image_blocks(images, draws, seed):
        part = slice(start, start + block.shape[1])
        right += block @ np.stack([p.correct[part] for p in stored]).astype(np.float32).T
        if complete:
            seen += block.sum(axis=1, keepdims=True)
        else:
            seen += block @ np.stack([p.known[part] for p in stored]).astype(np.float32).T
    return np.asarray(right / np.maximum(seen, 1), dtype=np.float64)


def _image_blocks(images: int, draws: int, seed: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """How often each image is drawn, for all draws, a few thousand images at a time: (first image, (draws, n))."""
    drawn = np.concatenate(list(weights(np.ones(images, dtype=np.int64), draws, seed))).astype(np.float32)
    for start in range(0, images, _IMAGES_AT_ONCE):
        yield start, drawn[:, start : start + _IMAGES_AT_ONCE]


def _estimate(trial: Trial) -> Estimate:
    accuracy = trial.measurement.accuracy if trial.measurement is not None else None
    if accuracy is None:
        raise ValueError(f"trial {trial.number} has no accuracy")
    return accuracy


def _deviation(estimate: Estimate) -> float:
    """The standard deviation that the interval stands for."""
    return (estimate.high - estimate.low) / (2 * Z)
