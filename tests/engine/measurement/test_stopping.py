"""Rules that end an evaluation early, on predictions that come in one after another."""

from __future__ import annotations

import numpy as np

from nnopt_gui.engine.measurement.stopping import FrontRule, Rival, WidthRule
from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.statistics.proportions import wilson

COUNT = 4000
MEASUREMENT = Measurement(1000, 10, 10)


def predictions(accuracy: float, seed: int, upto: int = COUNT) -> TrialPredictions:
    labels = np.zeros(COUNT, np.int32)
    classes = (np.random.default_rng(seed).random(COUNT) >= accuracy).astype(np.int32)
    classes[upto:] = -1
    return TrialPredictions(labels, classes, np.full(COUNT, 200, np.uint8), classes == 0, 2)


def stops_at(rule: WidthRule | FrontRule, accuracy: float, seed: int) -> int | None:
    running = rule.start(MEASUREMENT)
    for upto in range(128, COUNT + 1, 128):
        if running.decide(predictions(accuracy, seed, upto)):
            assert f"{upto:,}" in running.reason
            return upto
    assert running.reason == ""
    return None


def test_the_width_that_was_asked_for_is_reached_and_not_by_far() -> None:
    end = stops_at(WidthRule(0.02), 0.9, 1)
    assert end is not None
    before, after = (wilson(int(predictions(0.9, 1, n).correct[:n].sum()), n) for n in (end - 128, end))
    assert (after.high - after.low) / 2 <= 0.02 < (before.high - before.low) / 2
    assert stops_at(WidthRule(0.001), 0.9, 1) is None


def test_a_worse_trial_stops_soon_and_an_equal_or_better_one_does_not() -> None:
    front = FrontRule([Rival(3, 900, predictions(0.9, 0)), Rival(4, 5000, predictions(1.0, 0))])
    assert (stops_at(front, 0.5, 1) or COUNT) <= 256
    assert stops_at(front, 0.85, 1) is not None
    assert all(stops_at(front, 0.9, seed) is None for seed in range(1, 6))
    assert stops_at(front, 0.97, 1) is None  # the perfect rival is larger, so it dominates nobody


def test_without_rivals_only_what_guesses_stops() -> None:
    assert stops_at(FrontRule([]), 0.6, 1) is None
    assert (stops_at(FrontRule([]), 0.4, 1) or COUNT) <= 256
    assert stops_at(FrontRule([]), 0.45, 1) is not None
