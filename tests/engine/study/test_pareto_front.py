"""The front against its definition, and who is within noise of it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from nnopt_gui.engine.metrics import ACCURACY, LATENCY, SIZE, Estimate, Latency, Measurement
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.study.pareto import Better, front, front_numbers, indistinguishable_numbers
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.engine.study.trial_columns import TrialColumns

directions = st.sampled_from(["higher", "lower"])
points_of_small_numbers = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=30)


@given(points_of_small_numbers, directions, directions)
def test_the_front_is_exactly_the_points_that_nobody_dominates(
    points: list[tuple[int, int]], x: Better, y: Better
) -> None:
    def better_or_equal(a: float, b: float, direction: Better) -> bool:
        return a <= b if direction == "lower" else a >= b

    def dominates(a: tuple[int, int], b: tuple[int, int]) -> bool:
        return a != b and better_or_equal(a[0], b[0], x) and better_or_equal(a[1], b[1], y)

    expected = {i for i, p in enumerate(points) if not any(dominates(q, p) for q in points)}
    found = front(points, x, y)
    assert set(found) == expected
    assert len(found) == len(set(found))
    xs = [points[i][0] for i in found]
    assert xs == sorted(xs, reverse=x == "higher")


def trial(
    number: int, size: int, accuracy: float, drop: tuple[float, float, float] | None = None, ms: float = 1
) -> Trial:
    measurement = Measurement(
        size,
        1,
        1,
        accuracy=Estimate(accuracy, accuracy - 0.02, accuracy + 0.02, 500),
        accuracy_drop=Estimate(*drop, 500) if drop else None,
        latency_ms=Latency(ms, ms * 2, ms * 0.9, ms * 1.1, 50),
    )
    return Trial(number, Recipe(), TrialState.DONE, measurement)


def test_only_measured_trials_count() -> None:
    trials = [trial(0, 100, 0.9), Trial(1), Trial(2, state=TrialState.FAILED), trial(3, 50, 0.8)]
    assert front_numbers(trials, SIZE, ACCURACY) == (3, 0)
    assert front_numbers([], SIZE, ACCURACY) == ()


def test_the_paired_interval_decides_who_is_within_noise() -> None:
    baseline = trial(0, 1000, 0.900)
    best = trial(1, 100, 0.895, (0.005, 0.002, 0.008))
    # Wilson's interval (±2 pp) would call both ties; the paired ones tell them apart
    tie = trial(2, 200, 0.893, (0.007, 0.003, 0.011))
    worse = trial(3, 200, 0.888, (0.012, 0.010, 0.014))
    trials = [baseline, best, tie, worse]
    assert front_numbers(trials, SIZE, ACCURACY) == (1, 0)
    assert indistinguishable_numbers(trials, SIZE, ACCURACY) == {2}


def test_an_interval_in_x_counts_too() -> None:
    trials = [trial(0, 1, 0.9, ms=1.0), trial(1, 1, 0.9, ms=1.05), trial(2, 1, 0.9, ms=1.5)]
    assert front_numbers(trials, LATENCY, SIZE) == (0,)
    assert indistinguishable_numbers(trials, LATENCY, SIZE) == {1}


def test_latencies_of_another_runtime_are_left_out_of_the_front() -> None:
    """The fastest point was measured in another runtime: it says nothing about who is fastest here."""

    def elsewhere(found: Trial, runtime: str) -> Trial:
        assert found.measurement is not None
        conditions = replace(found.measurement.conditions, runtime=runtime)
        return replace(found, measurement=replace(found.measurement, conditions=conditions))

    trials = [trial(0, 400, 0.90, ms=4), trial(1, 300, 0.89, ms=3), elsewhere(trial(2, 200, 0.91, ms=1), "other")]
    assert front_numbers(trials, LATENCY, ACCURACY) == (1, 0)
    assert front_numbers(trials, SIZE, ACCURACY) == (2,)
    assert TrialColumns.of(trials).comparable().tolist() == [True, True, False]
    without_original = [*trials[1:], elsewhere(trial(3, 100, 0.88, ms=0.5), "other")]
    assert front_numbers(without_original, LATENCY, ACCURACY) == (3, 2)  # most were measured there
    assert indistinguishable_numbers(trials, LATENCY, ACCURACY) == frozenset()
