from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnopt_gui.engine.quantization.grids import activation_grid, fake_quantize
from nnopt_gui.engine.quantization.observers import MOMENTUM, MOVING_BATCH, RangeObserver
from nnopt_gui.engine.quantization.range_search import Histogram, bins_inside, least_divergence_range
from nnopt_gui.engine.recipe import ACTIVATION_RANGES

RNG = np.random.default_rng(0)
METHODS = ACTIVATION_RANGES


def observed(*batches: np.ndarray) -> RangeObserver:
    observer = RangeObserver()
    for batch in batches:
        observer.observe(batch)
    return observer


@given(
    st.lists(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=20), max_size=6),
    st.integers(2, 8),
)
def test_extremes_are_exact_and_every_range_lies_within(batches: list[list[float]], bits: int) -> None:
    observer = observed(*(np.array(batch, np.float32) for batch in batches))
    flat = np.array([0.0, *(value for batch in batches for value in batch)], np.float32)
    assert observer.range("minmax") == (flat.min(), flat.max())
    histogram = observer.histogram()
    assert histogram.counts.sum() == np.count_nonzero(flat)
    assert histogram.zeros == np.sum(flat == 0) - 1
    for method in METHODS:
        low, high = observer.range(method, bits)
        assert flat.min() <= low <= 0 <= high <= flat.max()


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=60), st.integers(1, 9))
def test_the_histogram_does_not_depend_on_order_or_batches(values: list[float], size: int) -> None:
    array = np.array(values, np.float32)
    one = observed(array[:, None]).histogram()
    other = observed(*(array[::-1][start : start + size, None] for start in range(0, len(array), size))).histogram()
    assert (one.reach, one.zeros, one.low, one.high) == (other.reach, other.zeros, other.low, other.high)
    assert np.array_equal(one.counts, other.counts)


def test_every_bin_holds_the_values_between_its_edges() -> None:
    values = (RNG.standard_normal(5000) * 3).astype(np.float32)
    histogram = observed(values[:100] / 100, values[100:]).histogram()
    everything = np.append(values[:100] / 100, values[100:])
    assert np.array_equal(histogram.counts, np.histogram(everything, histogram.edges())[0])
    assert histogram.reach / 2 <= np.abs(everything).max() < histogram.reach


def test_large_images_are_sampled_and_memory_is_constant() -> None:
    observer = RangeObserver()
    for seed in range(4):
        image = np.random.default_rng(seed).standard_normal((1, 64, 112, 112)).astype(np.float32)
        image[0, 5, 7, 9] = 50 + seed  # one value among 802,816: extremes are taken over all
        observer.observe(image)
    assert observer.range("minmax")[1] == 53
    assert 4 << 14 <= observer.histogram().counts.sum() <= 4 << 16
    low, high = observer.range("percentile", percentile=99.0)
    assert np.allclose([low, high], [-2.326, 2.326], atol=0.05)
    held = sum(value.nbytes for value in vars(observer).values() if isinstance(value, np.ndarray))
    assert held <= 1 << 16


def test_percentiles_are_numpys() -> None:
    values = RNG.standard_normal(100_000).astype(np.float32)
    low, high = observed(*(part[:, None] for part in np.split(values, 10))).range("percentile", percentile=99.9)
    assert np.allclose([low, high], np.percentile(values, [0.1, 99.9]), atol=0.01)
    sparse = np.where(RNG.random(100_000) < 0.9, 0, np.abs(values)).astype(np.float32)
    high = observed(sparse[:, None]).range("percentile", percentile=99.0)[1]
    assert np.isclose(high, np.percentile(sparse, 99.0), atol=0.01), "zeros count"


def test_the_moving_average_follows_the_extremes_of_batches() -> None:
    images = (RNG.standard_normal((170, 30)) * np.linspace(1, 3, 170)[:, None]).astype(np.float32)
    low = high = None
    for start in range(0, 160, MOVING_BATCH):  # the last ten images make no batch
        part = images[start : start + MOVING_BATCH]
        low = part.min() if low is None else MOMENTUM * low + (1 - MOMENTUM) * part.min()
        high = part.max() if high is None else MOMENTUM * high + (1 - MOMENTUM) * part.max()
    for size in (1, 7, 170):
        found = observed(*(images[start : start + size] for start in range(0, 170, size))).range("moving_average")
        assert np.allclose(found, (low, high), rtol=1e-5)
    assert found[1] < observed(images).range("minmax")[1]
    assert observed(images + 10).range("moving_average")[0] == 0.0, "0 lies within"
    few = observed(images[:5])
    assert few.range("moving_average") == few.range("minmax")


def squared_error(values: np.ndarray, low: float, high: float, bits: int) -> float:
    return float(((fake_quantize(values, activation_grid(low, high, bits)) - values).astype(np.float64) ** 2).mean())


@pytest.mark.parametrize("bits", range(2, 9))
@pytest.mark.parametrize("shape", ["bell", "relu", "outlier", "skewed"])
def test_the_mse_range_is_near_the_best_one(bits: int, shape: str) -> None:
    values = np.random.default_rng(1).standard_normal(20_000).astype(np.float32)
    if shape == "relu":
        values = np.maximum(values - 1, 0)
    elif shape == "outlier":
        values[0] = 30.0
    elif shape == "skewed":
        values = np.exp(values) - 0.3
    found = squared_error(values, *observed(values[:, None]).range("mse", bits), bits)
    shares = np.geomspace(0.02, 1, 100)
    together = [squared_error(values, values.min() * share, values.max() * share, bits) for share in shares]
    assert found <= 1.05 * min(together)
    assert found <= squared_error(values, float(values.min()), float(values.max()), bits) * 1.0001


def test_an_outlier_that_coarsens_the_histogram_does_not_mislead_the_mse() -> None:
    values = np.append(RNG.standard_normal(50_000), 2000.0).astype(np.float32)
    found = squared_error(values, *observed(values[:, None]).range("mse"), 8)
    best = min(squared_error(values, values.min(), 2000.0 * share, 8) for share in np.geomspace(0.002, 1, 200))
    assert found <= 1.1 * best


def reference_divergence(histogram: Histogram, start: int, stop: int, low: float, high: float, bits: int) -> float:
    """The definition, bin by bin, in plain Python."""
    counts, half = [int(count) for count in histogram.counts], len(histogram.counts) // 2
    p = [float(count) for count in counts[start:stop]]
    p[0] += sum(counts[:start])
    p[-1] += sum(counts[stop:])
    step = (high - low) / (2**bits - 1)
    zero = round(-low / step)
    members: dict[int, list[int]] = {}
    for index in range(stop - start):
        centre = (start + index + 0.5 - half) * histogram.width
        members.setdefault(min(max(round(centre / step) + zero, 0), 2**bits - 1), []).append(index)
    q = [0.0] * len(p)
    for indices in members.values():
        filled = [index for index in indices if p[index] > 0]
        for index in filled:
            q[index] = sum(counts[start + i] for i in indices) / len(filled)

    def smooth(values: list[float]) -> list[float] | None:
        empty = sum(value == 0 for value in values)
        if empty == len(values):
            return None
        less = 1e-4 * empty / (len(values) - empty)
        values = [1e-4 if value == 0 else value - less for value in values]
        return None if min(values) <= 0 else [value / sum(values) for value in values]

    first, second = smooth(p), smooth(q)
    if first is None or second is None:
        return float("inf")
    return sum(a * float(np.log(a / b)) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("signed", [False, True])
def test_the_entropy_range_has_the_least_divergence(bits: int, signed: bool) -> None:
    values = np.random.default_rng(2).laplace(size=30_000).astype(np.float32)
    values = values if signed else np.maximum(values, 0)
    fine = observed(values[:, None]).histogram()
    counts = fine.counts.reshape(-1, 8).sum(axis=1)  # the reference is slow
    histogram = Histogram(counts, fine.reach, fine.zeros, fine.low, fine.high)
    found = least_divergence_range(histogram, bits)
    below, above = bins_inside(histogram)
    half = len(counts) // 2
    divergences = {}
    for threshold in range(2**bits // (2 if signed else 1), max(below, above) + 1, 3):
        start, stop = half - min(threshold, below), half + min(threshold, above)
        ends = (
            max(histogram.low, (start - half) * histogram.width),
            min(histogram.high, (stop - half) * histogram.width),
        )
        divergences[ends] = reference_divergence(histogram, start, stop, *ends, bits)
    mine = min(below, round(-found[0] / histogram.width)), min(above, round(found[1] / histogram.width))
    own = reference_divergence(histogram, half - mine[0], half + mine[1], *found, bits)
    assert own <= min(divergences.values()) * 1.1 + 1e-6
    assert own < 0.9 * divergences[max(divergences, key=lambda ends: ends[1])], "better than clipping nothing"


def test_few_distinct_values_keep_their_range() -> None:
    values = np.array([0.0, 1.0, 2.0, 3.0] * 50, np.float32)
    for bits in (2, 8):
        assert observed(values).range("entropy", bits) == (0.0, 3.0)
        assert np.allclose(observed(values).range("mse", bits), (0.0, 3.0), rtol=0.02)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        observed(np.array([1.0, bad]))


def test_zeros_and_nothing() -> None:
    for method in METHODS:
        assert observed().range(method) == (0.0, 0.0)
        assert observed(np.zeros(5), np.zeros(0), np.zeros((3, 4))).range(method) == (0.0, 0.0)
