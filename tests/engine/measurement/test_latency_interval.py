"""The interval of a median latency, on injected noise of which the truth is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from nnopt_gui.engine.measurement import latency

RUNS, REPEATS = 10, 200
Noise = Callable[[np.random.Generator, int], NDArray[np.float64]]


def shifted(rng: np.random.Generator, blocks: int) -> NDArray[np.float64]:
    """Every block shares a shift."""
    return 1 + 0.05 * rng.normal(size=(blocks, 1)) + 0.02 * rng.normal(size=(blocks, RUNS))


def skewed(rng: np.random.Generator, blocks: int) -> NDArray[np.float64]:
    """Only ever slower, as real interruptions are."""
    return 1 + 0.05 * rng.exponential(size=(blocks, 1)) + 0.02 * rng.exponential(size=(blocks, RUNS))


def interrupted(rng: np.random.Generator, blocks: int) -> NDArray[np.float64]:
    """15 % of the blocks take half as long again, 5 % of the runs about twice as long."""
    times = 1 + 0.01 * rng.normal(size=(blocks, 1)) + 0.01 * rng.exponential(size=(blocks, RUNS))
    times *= np.where(rng.random((blocks, 1)) < 0.15, 1.5, 1.0)
    return times + (rng.random((blocks, RUNS)) < 0.05) * rng.exponential(1, size=(blocks, RUNS))


def drifting(rng: np.random.Generator, blocks: int) -> NDArray[np.float64]:
    """Every block's shift is half the last one's and half new."""
    shift = rng.normal(size=blocks)
    for i in range(1, blocks):
        shift[i] = 0.5 * shift[i - 1] + np.sqrt(0.75) * shift[i]
    return 1 + 0.05 * shift[:, None] + 0.02 * rng.normal(size=(blocks, RUNS))


def settled(rng: np.random.Generator, blocks: int) -> NDArray[np.float64]:
    """A quiet machine: two times in three the first look is enough."""
    return 1 + 0.01 * rng.normal(size=(blocks, 1)) + 0.01 * rng.normal(size=(blocks, RUNS))


def measured(times: NDArray[np.float64], seed: int) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """The blocks that a measurement takes of these, and its interval."""
    for blocks in range(1, len(times) + 1):
        interval = latency._interval_if_enough(list(times[:blocks]), seed)
        if interval is not None:
            return times[:blocks], interval
    raise AssertionError("never enough")


def test_the_interval_covers_the_true_median(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "_RESAMPLES", 300)
    covered, asked, short = 0, 0, 0
    for noise in (shifted, skewed, interrupted, drifting, settled):
        truth = float(np.median(noise(np.random.default_rng(99), 20_000)))
        for seed in range(REPEATS):
            times, (low, high) = measured(noise(np.random.default_rng(seed), latency._MAX_BLOCKS), seed)
            short += len(times) < latency._MAX_BLOCKS
            assert times.min() <= low <= np.median(times) <= high
            covered, asked = covered + (low <= truth <= high), asked + 1
    assert covered >= 0.94 * asked
    assert short >= 0.1 * asked


def test_a_difference_within_the_noise_is_refused_and_a_large_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "_RESAMPLES", 300)

    def apart(factor: float, seed: int) -> bool:
        """Whether the intervals of two models do not overlap, the second one's time ``factor`` times the first's."""
        rng = np.random.default_rng(seed)
        first, second = shifted(rng, latency._MAX_BLOCKS), factor * shifted(rng, latency._MAX_BLOCKS)
        (low, high), (other_low, other_high) = (measured(t, seed)[1] for t in (first, second))
        return low > other_high or other_low > high

    assert sum(apart(1.0, seed) for seed in range(100)) <= 2  # two 95 % intervals side by side: under 1 % by chance
    assert all(apart(1.2, seed) for seed in range(20))


@pytest.mark.parametrize(("freedom", "quantile"), [(4, 2.776), (10, 2.228), (23, 2.069), (100, 1.984)])
def test_students_quantile(freedom: int, quantile: float) -> None:
    assert latency._student(freedom) == pytest.approx(quantile, rel=0.02)
