from __future__ import annotations

import numpy as np
import pytest

from nnopt_gui.engine.quantization.grids import weight_grids
from nnopt_gui.engine.quantization.weights import quantize_weight

RNG = np.random.default_rng(0)
WEIGHT = (RNG.standard_normal((8, 6, 3, 3)) * RNG.uniform(0.1, 2, (8, 1, 1, 1))).astype(np.float32)


def error(weight: np.ndarray, bits: int, method: str) -> np.ndarray:
    quantized = quantize_weight(weight, bits, method)  # type: ignore[arg-type]
    return ((quantized.dequantized() - weight) ** 2).reshape(len(weight), -1).sum(axis=1)


@pytest.mark.parametrize("bits", range(1, 9))
def test_the_mse_scale_is_the_best_one_per_channel(bits: int) -> None:
    found = error(WEIGHT, bits, "mse")
    assert np.all(found <= error(WEIGHT, bits, "minmax") + 1e-6)
    rows = WEIGHT.reshape(8, -1)
    least = np.full(8, np.inf)
    for grid in weight_grids(bits):
        for share in np.linspace(0.05, 1.5, 400):
            scale = (np.abs(rows).max(axis=1, keepdims=True) / grid.reach * share).astype(np.float32)
            least = np.minimum(least, ((grid.levels(rows, scale) * scale - rows) ** 2).sum(axis=1))
    # With many levels and few weights the error is a jagged function of the scale; the search is not exhaustive.
    assert np.all(found <= (1.03 if bits <= 4 else 1.25) * least)


@pytest.mark.parametrize("bits", range(3, 9))
def test_minmax_covers_every_weight(bits: int) -> None:
    quantized = quantize_weight(WEIGHT, bits, "minmax")
    assert quantized.levels.dtype == np.int8
    assert np.all(np.abs(quantized.levels).reshape(8, -1).max(axis=1) == 2 ** (bits - 1) - 1)
    step = quantized.scale.reshape(-1, 1, 1, 1)
    assert np.all(np.abs(quantized.dequantized() - WEIGHT) <= 0.5001 * step)


def test_pruned_weights_are_zero_and_do_not_count() -> None:
    kept = np.abs(WEIGHT) < 0.5
    quantized = quantize_weight(WEIGHT, 4, "minmax", kept)
    assert not quantized.levels[~kept].any()
    assert np.all(quantized.scale <= 0.5 / 7 + 1e-6)


def test_dead_channels_and_least_scales() -> None:
    weight = WEIGHT.copy()
    weight[3] = 0
    quantized = quantize_weight(weight, 8, "mse", least_scale=np.full(8, 0.5, np.float32))
    assert np.all(quantized.scale >= 0.5)
    assert not quantized.levels[3].any()
    assert np.all(np.isfinite(quantize_weight(np.zeros_like(weight), 2).scale))
