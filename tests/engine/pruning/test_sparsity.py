from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnopt_gui.engine.pruning.sparsity import magnitude_masks, sparse_masks, sparsity_stops, weight_scores
from nnopt_gui.engine.sparsity_plan import pattern_nonzero, zeros_at
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
        masks = sparse_masks(weight_scores(weights), stop.amount)
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


@settings(max_examples=60, deadline=None)
@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 4), st.integers(1, 11), st.integers(1, 3)),
        elements=st.floats(0, 9, width=32),
    ),
    st.sampled_from([("2:4", 0.5), ("1:4", 0.75), ("2:4", 0.25), ("2:4", 0.0)]),
)
def test_n_of_four_along_the_inputs_stay(score: np.ndarray, pattern: tuple[str, float]) -> None:
    name, amount = pattern
    mask = sparse_masks({"a": score}, amount, pattern=name)["a"]  # type: ignore[arg-type]
    stay = {0.0: 4, 0.25: 3, 0.5: 2, 0.75: 1}[amount]
    for row, column in np.ndindex(score.shape[0], score.shape[2]):
        for start in range(0, score.shape[1], 4):
            group, kept = score[row, start : start + 4, column], mask[row, start : start + 4, column]
            if len(group) < 4:
                assert kept.all()
                continue
            assert kept.sum() == stay
            assert not kept.any() or kept.all() or group[kept].min() >= group[~kept].max()
    assert mask.sum() == pattern_nonzero(score.shape, amount)


@settings(max_examples=60, deadline=None)
@given(st.lists(floats, min_size=1, max_size=3), st.floats(0, 1))
def test_blocks_of_four_go_together(layers: list[np.ndarray], amount: float) -> None:
    scores = {f"layer{i}": np.abs(w) for i, w in enumerate(layers)}
    masks = sparse_masks(scores, amount, pattern="block")
    kept, gone, zeros = [], [], 0
    for name, score in scores.items():
        for row in range(len(score)):
            for start in range(0, score.shape[1], 4):
                block = masks[name][row, start : start + 4]
                assert block.all() or not block.any()
                (kept if block.all() else gone).append(float(score[row, start : start + 4].astype(np.float64).mean()))
                zeros += int((~block).sum())
    wanted = zeros_at(sum(w.size for w in layers), amount)
    assert wanted - 3 <= zeros <= wanted
    assert not kept or not gone or max(gone) <= min(kept)


def test_the_same_share_of_every_layer_and_shares_of_their_own() -> None:
    rng = np.random.default_rng(0)
    scores = {name: scale * rng.random((4, 10)) for name, scale in (("a", 1.0), ("b", 100.0), ("c", 0.01))}
    masks = sparse_masks(scores, 0.5, scope="layer", layer_amounts=[("b", 0.0)])
    assert [int((~masks[name]).sum()) for name in "abc"] == [20, 0, 20]
    assert list(masks) == ["a", "b", "c"]
    with pytest.raises(RecipeError, match="nowhere"):
        sparse_masks(scores, 0.5, layer_amounts=[("nowhere", 0.1)])


def test_lamp_is_the_share_of_what_is_no_smaller() -> None:
    rng = np.random.default_rng(1)
    weight = rng.standard_normal((5, 6)).astype(np.float32)
    found = weight_scores({"a": weight}, "lamp")["a"]
    for index in np.ndindex(weight.shape):
        squares = np.square(weight.astype(np.float64))
        assert found[index] == pytest.approx(squares[index] / squares[squares >= squares[index]].sum())
    assert weight_scores({"a": np.zeros((2, 2), np.float32)}, "lamp")["a"].tolist() == [[0, 0], [0, 0]]


def test_lamp_empties_no_layer() -> None:
    rng = np.random.default_rng(1)
    weights = {"strong": 100 * rng.standard_normal((20, 50)), "weak": rng.standard_normal((20, 50))}
    assert not magnitude_masks(weights, 0.6)["weak"].any()
    assert sparse_masks(weight_scores(weights, "lamp"), 0.99)["weak"].any()


def test_random_scores_ignore_the_weights() -> None:
    one, two = ({"a": np.full((3, 4), value, np.float32)} for value in (1.0, 2.0))
    assert (weight_scores(one, "random", 5)["a"] == weight_scores(two, "random", 5)["a"]).all()
    assert (weight_scores(one, "random", 5)["a"] != weight_scores(one, "random", 6)["a"]).any()
