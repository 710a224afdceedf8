from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnopt_gui.engine.pruning.sparsity import magnitude_masks, sparsity_stops, zeros_at
from nnopt_gui.errors import ModelError, RecipeError

# few distinct values: many ties
floats = arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 7)), elements=st.integers(-4, 4).map(float))


@settings(max_examples=60, deadline=None)
@given(st.lists(floats, min_size=1, max_size=4), st.floats(0, 1), st.floats(0, 1))
def test_masks_are_exact_global_and_nested(layers: list[np.ndarray], low: float, high: float) -> None:
    weights = {f"layer{i}": w for i, w in enumerate(layers)}
    total = sum(w.size for w in layers)
    low, high = min(low, high), max(low, high)
    few, many = magnitude_masks(weights, low), magnitude_masks(weights, high)
    assert list(many) == list(weights)
    assert sum(int((~m).sum()) for m in many.values()) == zeros_at(total, high)
    kept = [abs(v) for name, w in weights.items() for v in w[many[name]]]
    gone = [abs(v) for name, w in weights.items() for v in w[~many[name]]]
    assert not kept or not gone or max(gone) <= min(kept)
    for name in weights:
        assert many[name].shape == weights[name].shape
        assert not (many[name] & ~few[name]).any()  # what a little removes, a lot removes too


@settings(max_examples=40, deadline=None)
@given(st.lists(floats, min_size=1, max_size=4), st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_stops_count_what_the_masks_keep(layers: list[np.ndarray], amounts: list[float]) -> None:
    weights = {f"layer{i}": w for i, w in enumerate(layers)}
    for stop in sparsity_stops(weights, amounts):
        masks = magnitude_masks(weights, stop.amount)
        assert stop.nonzero == tuple(int(m.sum()) for m in masks.values())


def test_magnitude_reference_on_one_layer() -> None:
    weight = np.array([[0.1, -0.5], [0.3, -0.05]], dtype=np.float32)
    assert magnitude_masks({"a": weight}, 0.5)["a"].tolist() == [[False, True], [True, False]]


@pytest.mark.parametrize("amount", [-1.0, 2.0, float("nan")])
def test_amounts_out_of_bounds_are_refused(amount: float) -> None:
    with pytest.raises(RecipeError):
        magnitude_masks({"a": np.ones(3, np.float32)}, amount)


def test_nan_weights_are_named() -> None:
    with pytest.raises(ModelError, match="broken"):
        magnitude_masks({"fine": np.ones(3, np.float32), "broken": np.array([np.nan], np.float32)}, 0.5)


def test_no_weights_at_all() -> None:
    assert magnitude_masks({}, 0.5) == {}
    assert sparsity_stops({}, [0.5])[0].nonzero == ()
