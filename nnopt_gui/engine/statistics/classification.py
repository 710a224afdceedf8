"""Figures of one classifier from its stored predictions: top-1, top-5, classes, confusion, calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.metrics import Estimate
from nnopt_gui.engine.statistics.bootstrap import RESAMPLES, Statistic, bca_interval, cells
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.statistics.proportions import wilson

BINS: Final = 15

_EPSILON: Final = 1e-9


@dataclass(frozen=True)
class ClassAccuracy:
    """Accuracy on the images of one class, with Wilson's interval."""

    label: int
    accuracy: Estimate


@dataclass(frozen=True)
class CalibrationBin:
    """Images whose top-1 probability lies in (low, high]: how many, how sure the model was, how often it was right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def top1(predictions: TrialPredictions) -> Estimate:
    """Share of evaluated images whose class was predicted, with Wilson's interval.

    Raises:
        ValueError: no image was evaluated.
    """
    known = predictions.known
    return wilson(int(np.count_nonzero(predictions.correct & known)), int(np.count_nonzero(known)))


def top5(predictions: TrialPredictions) -> Estimate | None:
    """Share of evaluated images whose class is among the five most probable; None with five classes or fewer, where it
    is always 1.

    Raises:
        ValueError: no image was evaluated.
    """
    if predictions.class_count <= 5:
        return None
    known = predictions.known
    return wilson(int(np.count_nonzero(predictions.in_top5 & known)), int(np.count_nonzero(known)))


def per_class(predictions: TrialPredictions) -> tuple[ClassAccuracy, ...]:
    """Accuracy of every class that has evaluated images, by class."""
    known = predictions.known
    labels = predictions.labels[known]
    totals = np.bincount(labels, minlength=1)
    right = np.bincount(labels[predictions.correct[known]], minlength=len(totals))
    return tuple(ClassAccuracy(int(k), wilson(int(right[k]), int(totals[k]))) for k in np.flatnonzero(totals))


def worst_class(predictions: TrialPredictions, *, resamples: int = RESAMPLES, seed: int = 0) -> ClassAccuracy:
    """The class with the lowest accuracy. The interval is the bootstrap's of the *lowest* class accuracy, whichever
    class that is in a resample: Wilson's would forget that the worst of many was picked.

    Raises:
        ValueError: no image was evaluated.
    """
    classes = per_class(predictions)
    if not classes:
        raise ValueError("no image was evaluated")
    lowest = min(classes, key=lambda c: c.accuracy.value)
    known = predictions.known
    (labels, correct), counts = cells(predictions.labels[known], predictions.correct[known])
    statistic = worst_class_statistic(labels, correct)
    value, low, high = bca_interval(statistic, counts, resamples=resamples, seed=seed)
    return ClassAccuracy(lowest.label, Estimate(value, low, high, int(known.sum())))


def worst_class_statistic(labels: NDArray[np.int32], correct: NDArray[np.bool_]) -> Statistic:
    """For the bootstrap: the lowest class accuracy of weighted cells, labels and correct (cells,)."""
    _, dense = np.unique(labels, return_inverse=True)
    member = np.eye(int(dense.max()) + 1)[dense]  # cells×classes
    right = member * correct[:, None]

    def statistic(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        totals = weights @ member
        return np.asarray(np.where(totals > 0, (weights @ right) / np.maximum(totals, 1), 1.0).min(axis=1))

    return statistic


def confusion(predictions: TrialPredictions) -> NDArray[np.int64]:
    """Evaluated images by true class (row) and predicted class (column): int64 (K, K)."""
    known = predictions.known
    labels, classes = predictions.labels[known].astype(np.int64), predictions.classes[known]
    size = max(predictions.class_count, int(labels.max(initial=0)) + 1)
    return np.bincount(labels * size + classes, minlength=size * size).reshape(size, size)


def calibration_curve(
    predictions: TrialPredictions, bins: int = BINS, *, adaptive: bool = False
) -> tuple[CalibrationBin, ...]:
    """Confidence against accuracy in bins of equal width, or of equally many images (``adaptive``); empty bins are
    left out."""
    known = predictions.known
    probability, correct = predictions.probability[known], predictions.correct[known]
    if not len(probability):
        return ()
    edges = np.linspace(0, 1, bins + 1)
    if adaptive:
        edges = np.unique(np.quantile(probability, edges))
        edges[0], edges[-1] = 0.0, 1.0
    member = bin_of(probability, edges)
    found = []
    for index in np.unique(member):
        inside = member == index
        found.append(
            CalibrationBin(
                float(edges[index]),
                float(edges[index + 1]),
                int(inside.sum()),
                float(probability[inside].mean()),
                float(correct[inside].mean()),
            )
        )
    return tuple(found)


def bin_of(probability: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Index of the bin (low, high] of every probability."""
    return np.clip(np.searchsorted(edges, probability - _EPSILON, side="right") - 1, 0, max(0, len(edges) - 2))


def expected_calibration_error(predictions: TrialPredictions, bins: int = BINS, *, adaptive: bool = False) -> float:
    """Mean distance between confidence and accuracy over the bins, weighted by their images (Naeini et al., 2015,
    AAAI; with ``adaptive`` bins of equal mass: Nguyen & O'Connor, 2015, EMNLP). The stored confidence has 255 levels:
    this is within 0.002 of the figure from exact probabilities."""
    curve = calibration_curve(predictions, bins, adaptive=adaptive)
    total = sum(part.count for part in curve)
    return sum(part.count * abs(part.confidence - part.accuracy) for part in curve) / total if total else 0.0


def calibration_error_statistic(
    probability: NDArray[np.float64], correct: NDArray[np.bool_], bins: int = BINS
) -> Statistic:
    """For the bootstrap: ECE of weighted cells, bins of equal width."""
    member = np.eye(bins)[bin_of(probability, np.linspace(0, 1, bins + 1))]
    gap = member * (probability - correct)[:, None]

    def statistic(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.abs(weights @ gap).sum(axis=1) / weights.sum(axis=1))

    return statistic
