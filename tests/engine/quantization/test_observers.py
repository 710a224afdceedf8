from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnopt_gui.engine.quantization.grids import activation_grid, fake_quantize
from nnopt_gui.engine.quantization.observers import RANGE_METHODS, RangeObserver

RNG = np.random.default_rng(0)


def observed(*batches: np.ndarray) -> RangeObserver:
    observer = RangeObserver()
    for batch in batches:
        observer.observe(batch)
    return observer


@given(st.lists(st.lists(st.floats(-1e5, 1e5, width=32), min_size=1, max_size=20), min_size=1, max_size=8))
def test_extremes_are_exact_and_every_range_lies_within(batches: list[list[float]]) -> None:
    observer = observed(*(np.array(batch, np.float32) for batch in batches))
    flat = np.array([0.0, *(value for batch in batches for value in batch)], np.float32)
    assert observer.range("minmax") == (flat.min(), flat.max())
    assert observer.counts.sum() in (0, flat.size - 1)
    for method in RANGE_METHODS:
        low, high = observer.range(method)
        assert flat.min() <= low <= 0 <= high <= flat.max()


def test_batches_may_come_in_any_order() -> None:
    small, large = RNG.standard_normal(1000) * 0.01, RNG.standard_normal(1000)
    one, other = observed(small, large), observed(large, small)
    for method in RANGE_METHODS:
        assert np.allclose(one.range(method), other.range(method), rtol=0.05)


def test_percentiles_are_numpys() -> None:
    values = RNG.standard_normal(100_000).astype(np.float32)
    low, high = observed(*np.split(values, 10)).range("percentile", 99.9)
    assert np.allclose([low, high], np.percentile(values, [0.1, 99.9]), atol=0.02)


@pytest.mark.parametrize("outlier", [4.0, 200.0])
def test_the_mse_range_is_near_the_best_one(outlier: float) -> None:
    values = np.append(RNG.standard_normal(50_000), outlier).astype(np.float32)

    def error(low: float, high: float) -> float:
        return float(((fake_quantize(values, activation_grid(low, high)) - values) ** 2).mean())

    observer = observed(values)
    found = error(*observer.range("mse"))
    shares = np.linspace(0.3, 1, 30)
    assert found <= 1.1 * min(error(values.min() * share, values.max() * share) for share in shares)
    assert found <= error(*observer.range("minmax")) * 1.0001


def test_what_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        observed(np.array([1.0, np.nan]))


def test_zeros_and_nothing() -> None:
    assert observed(np.zeros(5), np.zeros(0)).range("mse") == (0.0, 0.0)
