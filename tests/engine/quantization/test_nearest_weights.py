from __future__ import annotations

import numpy as np
import pytest

from nnopt_gui.engine.quantization.grids import weight_grids
from nnopt_gui.engine.quantization.weights import quantize_weight
from nnopt_gui.errors import Cancelled, ModelError, RecipeError

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


def squared(found: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return ((found - weight).astype(np.float64) ** 2).reshape(len(weight), -1).sum(axis=1)


@pytest.mark.parametrize("bits", range(1, 9))
def test_one_scale_for_a_tensor_is_the_best_one(bits: int) -> None:
    quantized = quantize_weight(WEIGHT, bits, granularity="tensor")
    assert len(set(quantized.scale.tolist())) == 1
    least = np.inf
    for grid in weight_grids(bits):
        for share in np.linspace(0.02, 1.2, 400):
            scale = np.float32(np.abs(WEIGHT).max() / grid.reach * share)
            least = min(least, float(squared(grid.levels(WEIGHT, scale) * scale, WEIGHT).sum()))
    assert squared(quantized.dequantized(), WEIGHT).sum() <= 1.03 * least


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_affine_scales_and_zero_points_are_the_best_ones(bits: int) -> None:
    weight = WEIGHT + RNG.uniform(-1, 1, (8, 1, 1, 1)).astype(np.float32)
    quantized = quantize_weight(weight, bits, scheme="affine")
    assert quantized.table is not None
    assert np.all(np.diff(quantized.table.astype(int), axis=1) == 1)
    assert np.all((quantized.table == 0).sum(axis=1) == 1)
    rows, least = weight.reshape(8, -1), np.full(8, np.inf)
    for zero in range(2**bits):
        for scale in np.geomspace(0.02, 6, 300):
            levels = np.clip(np.rint(rows / scale), -zero, 2**bits - 1 - zero)
            least = np.minimum(least, squared(levels * scale, rows))
    assert np.all(squared(quantized.dequantized(), weight) <= 1.05 * least)
    if bits > 1:
        symmetric = squared(quantize_weight(weight, bits).dequantized(), weight)
        assert squared(quantized.dequantized(), weight).sum() < 0.9 * symmetric.sum()


@pytest.mark.parametrize("bits", range(1, 8))
def test_affine_minmax_spends_no_level_on_a_side_without_weights(bits: int) -> None:
    quantized = quantize_weight(np.abs(WEIGHT), bits, "minmax", scheme="affine")
    assert quantized.table is not None
    assert np.all(quantized.table == np.arange(2**bits))
    assert np.allclose(quantized.scale, np.abs(WEIGHT).reshape(8, -1).max(axis=1) / (2**bits - 1), rtol=1e-6)


@pytest.mark.parametrize("bits", range(2, 9))
def test_power_of_two_is_fixed_point(bits: int) -> None:
    """minmax: round(x·2^f)/2^f with the most fractional bits f for which the channel's range fits."""
    quantized = quantize_weight(WEIGHT, bits, "minmax", scheme="power_of_two")
    lowest, highest = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    for row, found in zip(WEIGHT, quantized.dequantized(), strict=True):
        fraction = next(f for f in range(40, -40, -1) if row.min() * 2.0**f >= lowest and row.max() * 2.0**f <= highest)
        assert np.array_equal(found, np.rint(row * 2.0**fraction) / 2.0**fraction)
    best = squared(quantize_weight(WEIGHT, bits, scheme="power_of_two").dequantized(), WEIGHT)
    for exponent in range(-14, 4):
        fixed = np.clip(np.rint(WEIGHT / 2.0**exponent), lowest, highest) * 2.0**exponent
        assert np.all(best <= squared(fixed, WEIGHT) * 1.0001)


def test_logarithmic_weights_and_their_limit() -> None:
    quantized = quantize_weight(WEIGHT, 4, scheme="logarithmic")
    magnitudes = np.abs(quantized.levels[quantized.levels != 0].astype(int))
    assert np.all(np.frexp(magnitudes.astype(float))[0] == 0.5)
    assert quantized.table is not None
    assert quantized.table.tolist()[:3] == [-64, -32, -16]
    with pytest.raises(RecipeError, match="integer kernels hold") as caught:
        quantize_weight(WEIGHT, 5, scheme="logarithmic")
    assert "4 bits" in caught.value.hint


@pytest.mark.parametrize("bits", range(1, 8))
def test_groups_have_scales_of_their_own(bits: int) -> None:
    """Groups of very different size: nearly as good as a free float scale for every group."""
    size, groups = 16, 12
    rng = np.random.default_rng(bits)
    weight = rng.standard_normal((6, groups, size)) * rng.uniform(0.3, 2, (6, groups, 1))
    weight = weight.reshape(6, -1).astype(np.float32)
    quantized = quantize_weight(weight, bits, granularity="group", group_size=size)
    assert (quantized.group_size, quantized.table) == (size, None)
    assert quantized.multipliers is not None
    assert quantized.multipliers.shape == (6, groups)
    free = quantize_weight(weight.reshape(-1, size), bits).dequantized().reshape(weight.shape)
    channel = quantize_weight(weight, bits).dequantized()
    found = squared(quantized.dequantized(), weight).sum()
    assert found < squared(channel, weight).sum()
    if bits <= 4:
        assert found <= 1.12 * squared(free, weight).sum()


def test_groups_that_bring_nothing_are_not_made() -> None:
    rows = WEIGHT.reshape(8, -1)
    for bits, size in ((8, 16), (4, 54), (4, 100)):
        quantized = quantize_weight(rows, bits, granularity="group", group_size=size)
        assert quantized.multipliers is None
        assert np.array_equal(quantized.levels, quantize_weight(rows, bits).levels)
    with pytest.raises(ValueError, match="group size"):
        quantize_weight(rows, 4, granularity="group", group_size=0)
    with pytest.raises(RecipeError, match="evenly spaced"):
        quantize_weight(rows, 4, scheme="affine", granularity="group")


def test_a_binary_scale_is_the_mean_of_what_was_kept() -> None:
    kept = RNG.random(WEIGHT.shape) < 0.5
    found = quantize_weight(WEIGHT, 1, kept=kept)
    for channel, mask, scale in zip(WEIGHT, kept, found.scale, strict=True):
        assert np.isclose(scale, np.abs(channel[mask]).mean(), rtol=1e-5)


@pytest.mark.parametrize("scheme", ["symmetric", "affine", "power_of_two", "logarithmic"])
@pytest.mark.parametrize("granularity", ["channel", "tensor", "group"])
def test_least_scales_hold_on_every_grid(scheme: str, granularity: str) -> None:
    if granularity == "group" and scheme != "symmetric":
        return
    least = np.geomspace(1e-3, 2, 8).astype(np.float32)
    for bits in (1, 2, 4):
        found = quantize_weight(
            WEIGHT,
            bits,
            least_scale=least,
            scheme=scheme,
            granularity=granularity,
            group_size=9,  # type: ignore[arg-type]
        )
        assert np.all(found.scale >= least)


def test_what_is_unknown_or_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="codebook"):
        quantize_weight(WEIGHT, 2, scheme="codebook")
    for bits in (0, 9):
        with pytest.raises(ValueError, match="bits"):
            quantize_weight(WEIGHT, bits)
    with pytest.raises(ModelError, match="not a number"):
        quantize_weight(np.full((2, 2), np.nan, np.float32), 4)


def test_cancelling() -> None:
    def stop() -> None:
        raise Cancelled

    for granularity in ("channel", "tensor", "group"):
        with pytest.raises(Cancelled):
            quantize_weight(WEIGHT, 4, granularity=granularity, checkpoint=stop)  # type: ignore[arg-type]
