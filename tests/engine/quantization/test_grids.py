from __future__ import annotations

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper

from nnopt_gui.engine.onnx_graph.runtime_passes import run
from nnopt_gui.engine.onnx_graph.weight_codes import level_table
from nnopt_gui.engine.quantization.grids import (
    AffineGrid,
    WeightGrid,
    activation_grid,
    fake_quantize,
    fixed_point_grid,
    logarithmic_grid,
    weight_grids,
    zero_point_limits,
)

finite = st.floats(-1e6, 1e6, width=32)
GRIDS = [
    *(grid for bits in range(1, 9) for grid in (*weight_grids(bits), fixed_point_grid(bits))),
    *(logarithmic_grid(bits) for bits in range(1, 5)),
]


@given(st.sampled_from(GRIDS), st.lists(finite, min_size=1, max_size=40), st.floats(2.0**-10, 2.0**10, width=32))
def test_levels_are_the_nearest_ones(grid: WeightGrid, values: list[float], scale: float) -> None:
    array = np.array(values, np.float32)
    levels = grid.levels(array, np.float32(scale))
    error = np.abs(levels.astype(np.float64) * scale - array)
    best = np.min([np.abs(level * scale - array.astype(np.float64)) for level in grid.members], axis=0)
    assert np.all(error <= best + 1e-5 * np.maximum(1, np.abs(array)))
    assert set(levels.tolist()) <= set(grid.code_table().tolist())
    assert np.array_equal(grid.levels(grid.values(levels, np.float32(scale)), np.float32(scale)), levels), "idempotent"
    assert np.all(np.diff(grid.levels(np.sort(array), np.float32(scale)).astype(int)) >= 0), "monotone"


@pytest.mark.parametrize("grid", GRIDS)
def test_every_grid_fits_int8_and_its_bits(grid: WeightGrid) -> None:
    assert list(grid.members) == sorted(set(grid.members))
    assert -128 <= grid.lowest < grid.highest <= 127
    table = grid.code_table()
    assert (table.dtype, table.shape) == (np.int8, (2**grid.bits,))
    assert set(table.tolist()) == set(grid.members)
    if grid.uniform or grid.binary:
        assert set(grid.members) <= set(level_table(grid.bits).tolist()), "the packer's usual table does"


def test_grids_are_symmetric_and_2_bits_have_both() -> None:
    assert [(g.lowest, g.highest) for g in weight_grids(2)] == [(-1, 1), (-2, 1)]
    for bits in (3, 4, 5, 6, 7, 8):
        (grid,) = weight_grids(bits)
        assert -grid.lowest == grid.highest == 2 ** (bits - 1) - 1 == grid.reach
        assert (fixed_point_grid(bits).lowest, fixed_point_grid(bits).highest) == (-(2 ** (bits - 1)), grid.highest)
    for make in (weight_grids, fixed_point_grid, logarithmic_grid, zero_point_limits):
        for bits in (0, 9):
            with pytest.raises(ValueError, match="bits"):
                make(bits)


def test_logarithmic_levels_are_signs_and_powers_of_two() -> None:
    assert logarithmic_grid(1).members == (-1, 1)
    assert logarithmic_grid(2).members == (-1, 0, 1)
    assert logarithmic_grid(3).members == (-4, -2, -1, 0, 1, 2, 4)
    assert logarithmic_grid(4).members == tuple(sorted([0, *(s * 2**e for e in range(7) for s in (-1, 1))]))
    with pytest.raises(ValueError, match="int8"):
        logarithmic_grid(5)


@pytest.mark.parametrize("bits", range(1, 9))
def test_affine_levels_are_codes_less_the_zero_point(bits: int) -> None:
    least, most = zero_point_limits(bits)
    zero = np.arange(least, most + 1)[:, None]
    grid = AffineGrid(bits, zero)
    assert np.array_equal(grid.code_table(), np.arange(2**bits)[None] - zero), "int8 without overflow"
    values = np.linspace(-300, 300, 4001)[None].repeat(len(zero), 0).astype(np.float32)
    wanted = np.clip(np.rint(values / 0.7) + zero, 0, 2**bits - 1) - zero
    assert np.array_equal(grid.levels(values, np.float32(0.7)), wanted)
    assert np.array_equal(grid.of_rows(slice(0, 1)).levels(values[:1], np.float32(0.7)), wanted[:1])
    for wrong in (least - 1, most + 1):
        with pytest.raises(ValueError, match="zero points"):
            AffineGrid(bits, np.array([[wrong]]))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(bad: float) -> None:
    values = np.array([[0.5, bad]], np.float32)
    for grid in (*GRIDS, AffineGrid(3, np.array([[2]]))):
        with pytest.raises(ValueError, match="finite"):
            grid.levels(values, np.float32(1))
    with pytest.raises(ValueError, match="finite"):
        fake_quantize(values, activation_grid(0, 1))
    with pytest.raises(ValueError, match="finite"):
        activation_grid(0.0, bad)


@given(
    st.floats(width=32, allow_nan=False, allow_infinity=False),
    st.floats(width=32, allow_nan=False, allow_infinity=False),
    st.integers(2, 8),
)
def test_activation_grids_hold_zero_and_the_range(a: float, b: float, bits: int) -> None:
    low, high = min(a, b, 0.0), max(a, b, 0.0)
    grid = activation_grid(low, high, bits)
    assert 0 <= grid.zero_point <= grid.highest == 2**bits - 1
    assert np.isfinite(grid.scale)
    assert grid.scale >= np.finfo(np.float32).tiny
    values = np.clip(np.array([*np.linspace(low, high, 50), low * 2, high * 2], np.float64), -3e38, 3e38)
    rounded = fake_quantize(values.astype(np.float32), grid)
    assert np.all(np.isfinite(rounded))
    assert fake_quantize(np.zeros(1, np.float32), grid) == 0.0
    assert np.array_equal(fake_quantize(rounded, grid), rounded), "rounding twice is rounding once"
    assert len(set(rounded.tolist())) <= 2**bits
    if max(-low, high) < 8e37:
        inside = (values >= -grid.zero_point * grid.scale) & (values <= (grid.highest - grid.zero_point) * grid.scale)
        assert np.all(np.abs(rounded - values)[inside] <= grid.scale * 0.5001)
    order = np.argsort(values, kind="stable")
    assert np.all(np.diff(rounded[order]) >= 0), "monotone"


def test_ranges_without_negative_values_use_all_levels() -> None:
    grid = activation_grid(0.0, 5.1)
    assert (grid.zero_point, round(grid.scale * 255, 5), grid.bits) == (0, 5.1, 8)
    assert activation_grid(0.0, 0.0).scale == 1.0
    for bits in (1, 9):
        with pytest.raises(ValueError, match="bits"):
            activation_grid(0.0, 1.0, bits)


@pytest.mark.parametrize("bits", range(2, 9))
@pytest.mark.parametrize("low", [0.0, -0.7])
def test_fake_quantisation_is_what_onnx_runtime_computes(bits: int, low: float) -> None:
    """QuantizeLinear, Clip of the integers, DequantizeLinear: bit by bit."""
    grid = activation_grid(low, 3.0, bits)
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["wide"]),
        helper.make_node("Clip", ["wide", "", "highest"], ["level"]),
        helper.make_node("DequantizeLinear", ["level", "scale", "zero"], ["y"]),
    ]
    tensors = [
        onnx.numpy_helper.from_array(np.float32(grid.scale), "scale"),
        onnx.numpy_helper.from_array(np.uint8(grid.zero_point), "zero"),
        onnx.numpy_helper.from_array(np.uint8(grid.highest), "highest"),
    ]
    floats = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n"]) for name in "xy"]
    graph = helper.make_graph(nodes, "activation", floats[:1], floats[1:], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    values = np.random.default_rng(0).uniform(-4, 9, 5000).astype(np.float32)
    assert np.array_equal(run(model, {"x": values})[0], fake_quantize(values, grid))
