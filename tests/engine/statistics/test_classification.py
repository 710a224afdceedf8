"""Figures of one classifier against a count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from nnopt_gui.engine.statistics.classification import (
    calibration_curve,
    confusion,
    expected_calibration_error,
    per_class,
    top1,
    top5,
    worst_class,
)
from nnopt_gui.engine.statistics.predictions import TrialPredictions, quantised_confidence
from nnopt_gui.engine.statistics.proportions import wilson


def predictions(count: int = 3000, classes: int = 10, seed: int = 0) -> tuple[TrialPredictions, np.ndarray]:
    """Class k is harder the larger k; a twentieth is not evaluated. With the exact probabilities."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, count).astype(np.int32)
    sure = generator.random(count) ** 0.5
    right = generator.random(count) < sure * (1 - 0.04 * labels)
    found = np.where(right, labels, (labels + generator.integers(1, classes, count)) % classes).astype(np.int32)
    found[generator.random(count) < 0.05] = -1
    confidence = np.where(found >= 0, quantised_confidence(sure), 0).astype(np.uint8)
    in_top5 = (right | (generator.random(count) < 0.5)) & (found >= 0)
    return TrialPredictions(labels, found, confidence, in_top5, classes), sure


def test_counts_are_those_of_a_plain_loop() -> None:
    found, _ = predictions()
    matrix = np.zeros((10, 10), int)
    hits = 0
    for label, predicted, top in zip(found.labels, found.classes, found.in_top5, strict=True):
        if predicted >= 0:
            matrix[label, predicted] += 1
            hits += int(top)
    assert (confusion(found) == matrix).all()
    assert top1(found) == wilson(int(np.trace(matrix)), int(matrix.sum()))
    assert top5(found) == wilson(hits, int(matrix.sum()))
    for entry in per_class(found):
        assert entry.accuracy == wilson(int(matrix[entry.label, entry.label]), int(matrix[entry.label].sum()))
    assert len(per_class(found)) == 10


def test_the_worst_class_is_the_lowest_and_its_interval_knows_it_was_picked() -> None:
    found, _ = predictions()
    worst = worst_class(found)
    assert worst.label == min(per_class(found), key=lambda c: c.accuracy.value).label
    assert worst.accuracy.value == pytest.approx(min(c.accuracy.value for c in per_class(found)))
    assert worst.accuracy.low <= worst.accuracy.value <= worst.accuracy.high
    assert worst_class(found) == worst  # seeded
    alone = TrialPredictions(*(getattr(found, n)[found.labels == 9] for n in ("labels", "classes", "confidence", "in_top5")), 10)  # fmt: skip  # noqa: E501
    single, wilsons = worst_class(alone).accuracy, per_class(alone)[0].accuracy
    assert single.low == pytest.approx(wilsons.low, abs=0.01)
    assert single.high == pytest.approx(wilsons.high, abs=0.01)


def test_calibration_error_is_that_of_a_plain_loop_on_exact_probabilities() -> None:
    found, sure = predictions()
    known = found.known
    total = 0.0
    for low in range(15):
        inside = known & (sure > low / 15) & (sure <= (low + 1) / 15)
        if inside.any():
            total += inside.sum() * abs(sure[inside].mean() - found.correct[inside].mean())
    assert expected_calibration_error(found) == pytest.approx(total / known.sum(), abs=0.002)
    curve = calibration_curve(found)
    assert sum(part.count for part in curve) == known.sum()
    assert all(part.low < part.confidence <= part.high + 1e-9 for part in curve)
    adaptive = calibration_curve(found, adaptive=True)
    assert max(p.count for p in adaptive) < 1.3 * min(p.count for p in adaptive)
    assert expected_calibration_error(found, adaptive=True) == pytest.approx(
        expected_calibration_error(found), abs=0.02
    )


def test_a_perfectly_calibrated_model_has_next_to_no_error() -> None:
    generator = np.random.default_rng(0)
    sure = generator.random(200_000)
    labels = np.zeros(len(sure), np.int32)
    classes = np.where(generator.random(len(sure)) < sure, 0, 1).astype(np.int32)
    found = TrialPredictions(labels, classes, quantised_confidence(sure), labels == classes, 2)
    assert expected_calibration_error(found) < 0.005
    assert top5(found) is None


def test_nothing_evaluated_is_not_zero() -> None:
    blank = TrialPredictions(
        np.zeros(3, np.int32), np.full(3, -1, np.int32), np.zeros(3, np.uint8), np.zeros(3, bool), 10
    )
    assert per_class(blank) == ()
    assert calibration_curve(blank) == ()
    for figure in (top1, top5, worst_class):
        with pytest.raises(ValueError, match=r"proportion|evaluated"):
            figure(blank)
