"""Membership of the front: the vectorised count against its definition, and judged on a known truth."""

from __future__ import annotations

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


def test_membership_is_calibrated() -> None:
    """Of the trials that are said to be on the front with a chance of about p, about p are. 80 studies of 25 trials
    whose true accuracies are known and lie further apart than the error of measuring them (where they do not, nobody
    can be calibrated without knowing how they are spread), on 1,000 images of which half are equally hard for all."""
    generator = np.random.default_rng(3)
    said, true = [], []
    for study in range(80):
        sizes = generator.permutation(25) + 1
        accuracy = 0.75 - 0.25 * np.exp(-sizes / 8) + generator.normal(0, 0.06, 25)
        common, own = generator.random(1000), generator.random((25, 1000))
        luck = np.where(generator.random(1000) < 0.5, common, own)
        right = luck < accuracy[:, None]
        trials = [trial(i + 1, int(size), right[i]) for i, size in enumerate(sizes)]
        stored = {i + 1: predicted(right[i]) for i in range(25)}
        found = uncertain_front(trials, SIZE, ACCURACY, lambda t, s=stored: s[t.number], seed=study)
        members = set(front(np.stack([sizes, accuracy], axis=1)))
        said += [found.probability[i + 1] for i in range(25)]
        true += [i in members for i in range(25)]
    said_, true_ = np.array(said), np.array(true)
    for low, high in ((0, 0.05), (0.05, 0.3), (0.3, 0.7), (0.7, 0.95), (0.95, 1.01)):
        inside = (said_ >= low) & (said_ < high)
        noise = 2.6 * np.sqrt(0.25 / inside.sum()) if 0.05 <= low < 0.95 else 0.04
        assert inside.sum() > 50
        assert abs(said_[inside].mean() - true_[inside].mean()) <= noise, (
            low,
            said_[inside].mean(),
            true_[inside].mean(),
        )
    assert np.abs(said_.mean() - true_.mean()) < 0.03
