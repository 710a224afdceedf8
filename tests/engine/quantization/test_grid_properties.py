"""What holds for any weights on every grid: all schemes, granularities and bit widths, whatever the numbers."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight
from nnopt_gui.engine.onnx_graph.weight_codes import level_table
from nnopt_gui.engine.quantization.weights import quantize_weight
from nnopt_gui.engine.recipe import Granularity, Scheme, WeightRange
from nnopt_gui.errors import ModelError

CASES: list[tuple[Scheme, Granularity, int]] = [
    (scheme, granularity, bits)
    for scheme in get_args(Scheme)
    for granularity in get_args(Granularity)
    for bits in range(1, 9)
    if scheme not in ("auto", "codebook", "channel_codebook", "trellis")
    and (granularity != "group" or scheme == "symmetric")
    and (scheme != "logarithmic" or bits <= 4)
]
RANGES = get_args(WeightRange)
GROUP = 5
anything = st.floats(width=32, allow_nan=False, allow_infinity=False)


@st.composite
def weights(draw: st.DrawFn) -> np.ndarray:
    """Few or single channels; ordinary, constant, zero, tiny, huge or wild values."""
    shape = draw(st.sampled_from([(1, 1), (1, 12), (4, 1), (3, 7), (2, 3, 2, 2)]))
    size = int(np.prod(shape))
    kind = draw(st.sampled_from(["bell", "one-sided", "constant", "zero channel", "tiny", "huge", "wild"]))
    if kind == "wild":
        return np.array(draw(st.lists(anything, min_size=size, max_size=size)), np.float32).reshape(shape)
    values = np.random.default_rng(draw(st.integers(0, 2**16))).standard_normal(shape).astype(np.float32)
    if kind == "one-sided":
        values = np.abs(values)
    elif kind == "constant":
        values = np.full(shape, draw(anything), np.float32)
    elif kind == "zero channel":
        values[0] = 0
    elif kind == "tiny":
        values = values * np.float32(1e-43)
    elif kind == "huge":
        values = values * np.float32(5e37)
    return values.astype(np.float32)


def quantized(
    weight: np.ndarray, case: tuple[Scheme, Granularity, int], weight_range: WeightRange, kept: np.ndarray | None = None
) -> QuantizedWeight:
    scheme, granularity, bits = case
    return quantize_weight(weight, bits, weight_range, kept, scheme=scheme, granularity=granularity, group_size=GROUP)


def levels_of_codes(found: QuantizedWeight) -> np.ndarray:
    """int64 (O, K, codes): every level that each weight could have had, by the fields the packer reads."""
    rows = found.levels.reshape(len(found.levels), -1)
    table = level_table(found.bits) if found.table is None else found.table
    table = np.broadcast_to(table.astype(np.int64), (len(rows), 2**found.bits))
    if found.multipliers is None:
        return np.broadcast_to(table[:, None], (*rows.shape, 2**found.bits))
    assert found.group_size is not None
    multipliers = np.repeat(found.multipliers.astype(np.int64), found.group_size, axis=1)[:, : rows.shape[1]]
    return table[:, None] * multipliers[:, :, None]


@given(weights(), st.sampled_from(CASES), st.sampled_from(RANGES), st.booleans())
def test_whatever_comes_out_is_finite_and_can_be_packed(
    weight: np.ndarray, case: tuple[Scheme, Granularity, int], weight_range: WeightRange, prune: bool
) -> None:
    kept = np.random.default_rng(0).random(weight.shape) < 0.6 if prune else None
    found = quantized(weight, case, weight_range, kept)
    assert (found.levels.dtype, found.levels.shape) == (np.int8, weight.shape)
    assert (found.scale.dtype, found.scale.shape) == (np.float32, (len(weight),))
    assert np.all(np.isfinite(found.scale))
    assert np.all(found.scale >= np.finfo(np.float32).tiny)
    assert np.all(np.isfinite(found.dequantized()))
    rows = found.levels.reshape(len(weight), -1).astype(np.int64)
    possible = (levels_of_codes(found) == rows[:, :, None]).any(axis=2)
    if kept is not None:
        assert not rows[~kept.reshape(rows.shape)].any(), "pruned weights are exactly zero"
        possible |= ~kept.reshape(rows.shape)
    assert possible.all()
    if found.table is not None:
        assert found.table.dtype == np.int8
        assert np.all(np.diff(found.table.astype(int), axis=-1) >= 0)
        assert found.table.shape in ((2 ** case[2],), (len(weight), 2 ** case[2]))
    if found.multipliers is not None:
        assert found.multipliers.dtype == np.int8
        assert found.multipliers.min() >= 1
        assert found.multipliers.shape == (len(weight), -(-rows.shape[1] // GROUP))
    if case[1] == "tensor":
        assert len(set(found.scale.tolist())) == 1
        assert found.table is None or found.table.ndim == 1
    if case[0] == "power_of_two":
        assert np.all(np.frexp(found.scale)[0] == 0.5)


@given(weights(), st.sampled_from(CASES), st.sampled_from(RANGES))
def test_levels_are_the_nearest_and_in_order(
    weight: np.ndarray, case: tuple[Scheme, Granularity, int], weight_range: WeightRange
) -> None:
    found = quantized(weight, case, weight_range)
    rows = weight.reshape(len(weight), -1).astype(np.float64)
    scale = found.scale.astype(np.float64)[:, None]
    levels = found.levels.reshape(rows.shape).astype(np.float64)
    wrong = np.abs(levels * scale - rows)
    best = np.abs(levels_of_codes(found) * scale[:, :, None] - rows[:, :, None])
    slack = 1e-5 * (np.abs(rows) + scale)
    nearest = (wrong <= best.min(axis=2) + slack).all(axis=1)
    if case[0] in ("symmetric", "logarithmic") and found.table is None and case[2] > 1:
        # A channel may do without the lowest code, which has no counterpart.
        nearest |= (wrong <= best[:, :, 1:].min(axis=2) + slack).all(axis=1)
    assert nearest.all()
    for row, level in zip(rows, levels, strict=True):
        assert found.multipliers is not None or np.all(np.diff(level[np.argsort(row, kind="stable")]) >= 0), "monotone"


@given(weights(), st.sampled_from([case for case in CASES if case[2] > 1 or case[0] == "affine"]))
def test_minmax_is_within_half_a_step_everywhere(weight: np.ndarray, case: tuple[Scheme, Granularity, int]) -> None:
    found = quantized(weight, case, "minmax")
    rows = weight.reshape(len(weight), -1).astype(np.float64)
    wrong = np.abs(found.dequantized().reshape(rows.shape).astype(np.float64) - rows)
    step = np.broadcast_to(found.scale.astype(np.float64)[:, None], rows.shape)
    if found.multipliers is not None:
        step = step * np.repeat(found.multipliers, GROUP, axis=1)[:, : rows.shape[1]]
    limit = np.maximum(step / 2, np.abs(rows) / 3) if case[0] == "logarithmic" else step / 2
    ordinary = np.abs(rows) < 1e38  # beyond, the largest level could not be turned back into a float32
    assert np.all((wrong <= limit + 1e-5 * (np.abs(rows) + step))[ordinary])


@given(weights(), st.sampled_from(CASES), st.sampled_from(RANGES))
def test_zero_stays_zero_and_rounding_is_deterministic(
    weight: np.ndarray, case: tuple[Scheme, Granularity, int], weight_range: WeightRange
) -> None:
    weight[-1] = 0
    found, again = (quantized(weight.copy(), case, weight_range) for _ in range(2))
    for name in ("levels", "scale", "table", "multipliers"):
        one, other = getattr(found, name), getattr(again, name)
        assert (one is None) == (other is None)
        assert one is None or one.tobytes() == other.tobytes()
    if case[2] == 1 and case[0] != "affine":
        if case[1] == "channel":
            assert np.all(np.abs(found.dequantized()[-1]) < 1e-37), "binary has no zero, but next to nothing"
    else:
        assert not found.levels[weight == 0].any()


@given(weights(), st.sampled_from([case for case in CASES if case[1] != "group"]))
def test_rounding_what_is_on_the_grid_changes_nothing(
    weight: np.ndarray, case: tuple[Scheme, Granularity, int]
) -> None:
    """Weights that use the whole grid: min-max finds the same scale again, and the same levels."""
    once = quantized(weight, case, "minmax")
    twice = quantized(once.dequantized(), case, "minmax")
    same = np.isclose(twice.scale, once.scale, rtol=1e-6, atol=0)
    assert np.array_equal(twice.levels[same], once.levels[same])
    if case[0] in ("symmetric", "logarithmic") and case[2] > 1:
        assert np.all(
            same | (once.scale <= np.finfo(np.float32).tiny) | ~once.levels.reshape(len(same), -1).any(axis=1)
        )


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers_are_refused(case: tuple[Scheme, Granularity, int], bad: float) -> None:
    weight = np.ones((2, 12), np.float32)
    weight[1, 3] = bad
    with pytest.raises(ModelError, match="not a number") as caught:
        quantized(weight, case, "mse")
    assert caught.value.hint


@pytest.mark.parametrize("case", CASES)
def test_more_freedom_is_never_worse(case: tuple[Scheme, Granularity, int]) -> None:
    """MSE against min-max on the same grid; a scale for every channel against one for all; more bits against fewer."""
    scheme, granularity, bits = case
    rng = np.random.default_rng(bits)
    weight = (rng.standard_t(4, (16, 96)) * rng.uniform(0.2, 2, (16, 1)) + 0.1).astype(np.float32)

    def error(*, bits: int = bits, granularity: Granularity = granularity, weight_range: WeightRange = "mse") -> float:
        found = quantize_weight(
            weight, bits, weight_range, scheme=scheme, granularity=granularity, group_size=16
        ).dequantized()
        return float(((found - weight).astype(np.float64) ** 2).sum())

    assert error() <= error(weight_range="minmax") * 1.0001
    if granularity == "tensor":
        assert error(granularity="channel") <= error() * 1.01
    if granularity == "group" and bits < 8:
        assert error() <= error(granularity="channel")
    if bits > 1:
        assert error() < error(bits=bits - 1)
