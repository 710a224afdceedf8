from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnopt_gui.engine.onnx_graph.packing import level_table
from nnopt_gui.engine.quantization.grids import activation_grid, fake_quantize, weight_grids

finite = st.floats(-1e6, 1e6, width=32)


@given(st.integers(1, 8), st.lists(finite, min_size=1, max_size=40), st.floats(2.0**-10, 2.0**10, width=32))
def test_levels_are_the_nearest_ones(bits: int, values: list[float], scale: float) -> None:
    array = np.array(values, np.float32)
    for grid in weight_grids(bits):
        levels = grid.levels(array, np.float32(scale))
        allowed = [level for level in range(grid.lowest, grid.highest + 1) if level or not grid.binary]
        error = np.abs(levels.astype(np.float64) * scale - array)
        best = np.min([np.abs(level * scale - array.astype(np.float64)) for level in allowed], axis=0)
        assert np.all(error <= best + 1e-5 * np.maximum(1, np.abs(array)))
        assert set(levels.tolist()) <= set(level_table(bits).tolist()), "whatever a grid gives can be packed"


def test_grids_are_symmetric_and_2_bits_have_both() -> None:
    assert [(g.lowest, g.highest) for g in weight_grids(2)] == [(-1, 1), (-2, 1)]
    for bits in (3, 4, 5, 6, 7, 8):
        (grid,) = weight_grids(bits)
        assert -grid.lowest == grid.highest == 2 ** (bits - 1) - 1 == grid.reach
    for bits in (0, 9):
        with pytest.raises(ValueError, match="bits"):
            weight_grids(bits)


@given(finite, finite)
def test_activation_grids_hold_zero_and_the_range(a: float, b: float) -> None:
    grid = activation_grid(min(a, b), max(a, b))
    assert 0 <= grid.zero_point <= 255
    assert grid.scale > 0
    values = np.array([0.0, a, b], np.float32)
    rounded = fake_quantize(values, grid)
    assert rounded[0] == 0.0
    if max(abs(a), abs(b)) > 1e-30:
        assert np.all(np.abs(rounded - values) <= grid.scale * 1.001)
    assert np.array_equal(fake_quantize(rounded, grid), rounded), "rounding twice is rounding once"


def test_ranges_without_negative_values_use_all_levels() -> None:
    grid = activation_grid(0.0, 5.1)
    assert (grid.zero_point, round(grid.scale * 255, 5)) == (0, 5.1)
    assert activation_grid(0.0, 0.0).scale == 1.0
    with pytest.raises(ValueError, match="finite"):
        activation_grid(0.0, float("inf"))
