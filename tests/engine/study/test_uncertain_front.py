"""Membership of the front: the vectorised count against its definition, and judged on a known truth."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nnopt_gui.engine.metrics import ACCURACY, DROP, LATENCY, SIZE, Latency, Measurement
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.statistics.proportions import paired_drop, wilson
from nnopt_gui.engine.study.pareto import front
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.engine.study.uncertain_front import attained_band, on_front_share, uncertain_front

points = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=15)


@given(st.lists(points, min_size=1, max_size=4))
def test_shares_are_those_of_one_front_after_another(draws: list[list[tuple[int, int]]]) -> None:
    count = min(map(len, draws))
    cut = [draw[:count] for draw in draws]
    expected = np.zeros(count)
    for draw in cut:
        expected[list(front(draw, "lower", "lower"))] += 1 / len(cut)
    values = np.array(cut, dtype=float)
    assert np.allclose(on_front_share(values[:, :, 0], values[:, :, 1]), expected)


def predicted(right: np.ndarray) -> TrialPredictions:
    labels = np.zeros(len(right), np.int32)
    return TrialPredictions(
        labels, np.where(right, 0, 1).astype(np.int32), np.full(len(right), 200, np.uint8), right, 2
    )


def trial(number: int, size: int, right: np.ndarray, baseline: np.ndarray | None = None, ms: float = 1.0) -> Trial:
    measurement = Measurement(
        size,
        1,
        1,
        wilson(int(right.sum()), len(right)),
        paired_drop(baseline, right) if baseline is not None else None,
        latency_ms=Latency(ms, 2 * ms, 0.95 * ms, 1.05 * ms, 50),
    )
    return Trial(number, Recipe(), TrialState.DONE, measurement)


def test_the_band_is_the_spread_of_what_the_draws_attain() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(80, 7)).round(1), rng.normal(size=(80, 7))
    at = np.array([-3.0, -0.5, 0.0, 0.4, 3.0])
    low, high = attained_band(x, y, at)
    for place, lower, upper in zip(at, low, high, strict=True):
        best = sorted(
            min((b for a, b in zip(*draw, strict=True) if a <= place), default=np.inf)
            for draw in zip(x, y, strict=True)
        )
        assert (lower, upper) == (best[2], best[77])


def test_pairing_tells_apart_what_separate_intervals_cannot() -> None:
    """Trial 2 is larger and loses 12 images of 2,000 more than trial 1, which gains none there."""
    right = np.random.default_rng(0).random(2000) < 0.9
    worse = right.copy()
    worse[np.flatnonzero(right)[:12]] = False
    stored = {1: predicted(right), 2: predicted(worse), 3: predicted(right)}
    trials = [trial(1, 100, right), trial(2, 200, worse), trial(3, 300, right)]
    paired = uncertain_front(trials, SIZE, ACCURACY, lambda t: stored[t.number])
    assert paired.numbers == (1,)
    assert [c.number for c in paired.candidates] == [1]
    assert paired.probability == {1: 1.0, 2: 0.0, 3: 0.0}
    alone = uncertain_front(trials, SIZE, ACCURACY, lambda _: None)
    assert alone.probability[2] > 0.1
    assert {c.number: c.tied_with for c in alone.candidates}[2] == (1,)
    assert uncertain_front(trials, SIZE, ACCURACY, lambda t: stored[t.number]) == paired  # seeded


def test_without_predictions_the_paired_interval_against_the_original_is_used() -> None:
    generator = np.random.default_rng(1)
    original = generator.random(3000) < 0.9
    flipped = [np.where(np.isin(np.arange(3000), generator.choice(3000, n)), ~original, original) for n in (20, 30)]
    trials = [trial(0, 900, original), *(trial(i + 1, 200 + i, r, original) for i, r in enumerate(flipped))]
    by_drop = uncertain_front(trials, SIZE, ACCURACY, lambda _: None, draws=2000)
    stored = {0: predicted(original), 1: predicted(flipped[0]), 2: predicted(flipped[1])}
    exact = uncertain_front(trials, SIZE, ACCURACY, lambda t: stored[t.number], draws=2000)
    mixed = uncertain_front(trials, SIZE, ACCURACY, lambda t: stored[0] if t.number == 0 else None, draws=2000)
    for number in (0, 1, 2):
        assert abs(by_drop.probability[number] - exact.probability[number]) < 0.08
        assert abs(mixed.probability[number] - exact.probability[number]) < 0.08
    unpaired = [trial(i + 1, 200 + i, r) for i, r in enumerate(flipped)]
    assert uncertain_front(unpaired, SIZE, ACCURACY, lambda _: None).probability[2] > by_drop.probability[2] + 0.1


def test_drop_gives_the_front_of_accuracy_and_latency_scatters() -> None:
    original = np.random.default_rng(2).random(1000) < 0.9
    small = original & (np.arange(1000) % 40 != 0)
    stored = {1: predicted(original), 2: predicted(small)}
    trials = [trial(1, 200, original, original, ms=1.00), trial(2, 100, small, original, ms=1.02)]
    by_accuracy = uncertain_front(trials, LATENCY, ACCURACY, lambda t: stored[t.number])
    by_drop = uncertain_front(trials, LATENCY, DROP, lambda t: stored[t.number])
    assert by_accuracy == by_drop
    assert by_accuracy.numbers == (1,)
    assert 0.1 < by_accuracy.probability[2] < 0.5
    assert [c.tied_with for c in by_accuracy.candidates if c.number == 2] == [(1,)]
    assert uncertain_front([], SIZE, ACCURACY, lambda _: None).candidates == ()


def test_a_part_of_the_images_counts_as_what_it_is() -> None:
    right = np.arange(1000) % 10 != 0
    whole = predicted(right)
    classes = whole.classes.copy()
    classes[200:] = -1
    part = TrialPredictions(whole.labels, classes, whole.confidence, whole.in_top5, 2)
    trials = [trial(1, 100, right), trial(2, 200, right[:200])]
    found = uncertain_front(trials, SIZE, ACCURACY, lambda t: whole if t.number == 1 else part)
    assert 0.3 < found.probability[2] < 0.6


def calibration_error(said: np.ndarray, true: np.ndarray) -> float:
    """Of the trials that are said to be on the front with a chance of about p, about p should be: how far off that is,
    averaged over the trials in bins of p."""
    edges = (0, 0.05, 0.15, 0.3, 0.5, 0.7, 0.95, 1.01)
    inside = [(said >= low) & (said < high) for low, high in pairwise(edges)]
    return float(sum(abs(said[i].sum() - true[i].sum()) for i in inside) / said.size)


def simulated(regime: str, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sizes, true accuracies and answers (25, 1,000): half of the images are equally hard for all classifiers, so that
    two of them are told apart with an error of 0.014."""
    sizes = generator.permutation(25) + 1
    rise = -np.exp(-sizes / 8)
    accuracy = {
        "far": 0.75 + 0.25 * rise + generator.normal(0, 0.06, 25),
        "close": 0.75 + 0.05 * rise + generator.normal(0, 0.01, 25),
        "closer, no trend": 0.75 + generator.normal(0, 0.007, 25),
        "mixed": 0.75 + 0.05 * rise + generator.normal(0, 0.01, 25)
        - np.where(generator.random(25) < 0.4, generator.uniform(0.05, 0.6, 25), 0),
        "equal": np.full(25, 0.75),
    }[regime]  # fmt: skip
    common, own = generator.random(1000), generator.random((25, 1000))
    return sizes, accuracy, np.where(generator.random(1000) < 0.5, common, own) < accuracy[:, None]


def test_membership_is_calibrated() -> None:
    """On a known truth: far apart, closer together than the error of measuring, some far off, and all equal. A flat
    prior, which takes each measured value as it is, does not pass."""
    generator = np.random.default_rng(3)
    ours, flat, true = np.zeros((3, 5, 24, 25))
    regimes = ("far", "close", "closer, no trend", "mixed", "equal")
    for regime, name in enumerate(regimes):
        for study in range(24):
            sizes, accuracy, right = simulated(name, generator)
            trials = [trial(i + 1, int(size), right[i]) for i, size in enumerate(sizes)]
            stored = {i + 1: predicted(right[i]) for i in range(25)}
            found = uncertain_front(trials, SIZE, ACCURACY, lambda t, s=stored: s[t.number], seed=study)
            ours[regime, study] = [found.probability[i + 1] for i in range(25)]
            error = generator.multivariate_normal(np.zeros(25), np.cov(right) / 1000, 200)
            draws = right.mean(axis=1) + error
            flat[regime, study] = on_front_share(np.broadcast_to(sizes.astype(float), draws.shape), -draws)
            true[regime, study, list(front(np.stack([sizes, accuracy], axis=1)))] = 1
    wrong = [calibration_error(ours[i], true[i]) for i in range(4)]
    assert max(wrong) < 0.06, wrong
    assert calibration_error(ours[:4], true[:4]) < 0.03
    assert min(calibration_error(flat[i], true[i]) for i in (1, 3)) > 0.06
    assert true[4].mean() == 1 / 25  # the smallest of equals
    assert ours[4].mean() < flat[4].mean() - 0.03
    assert ((ours[4] - true[4]) ** 2).mean() < ((flat[4] - true[4]) ** 2).mean() / 2
