"""Weights → levels and scales, one scale per output channel, by rounding to the nearest level."""

from __future__ import annotations

from typing import Final

import numpy as np

from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight
from nnopt_gui.engine.quantization.grids import WeightGrid, weight_grids
from nnopt_gui.engine.recipe import WeightRange

_COARSE: Final = 16
_FINE: Final = 16
_LEAST_SHARE: Final = 0.2  # of the min-max scale; even at 2 bits the best range of a bell curve is wider


def quantize_weight(
    weight: np.ndarray,
    bits: int,
    weight_range: WeightRange = "mse",
    kept: np.ndarray | None = None,
    least_scale: np.ndarray | None = None,
) -> QuantizedWeight:
    """Round a float32 weight (O, …) to ``bits`` bits per value, symmetric, one scale per output channel.

    Args:
        weight_range: ``minmax`` covers the largest weight of a channel; ``mse`` takes the scale, and for 2 bits the set
            of levels, with the least squared error.
        kept: bool, like ``weight``; pruned weights become level 0.
        least_scale: (O,) lower limits of the scales.
    """
    values = np.where(kept, weight, 0.0) if kept is not None else weight
    rows = np.asarray(values, np.float32).reshape(len(weight), -1)
    best: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    grids = weight_grids(bits)
    for grid in grids if weight_range == "mse" else grids[:1]:
        scale = channel_scales(rows, grid, weight_range)
        if least_scale is not None:
            scale = np.maximum(scale, least_scale).astype(np.float32)
        levels, error = _round(rows, grid, scale)
        if best is None:
            best = scale, levels, error
        else:
            better = error < best[2]
            best = (
                np.where(better, scale, best[0]).astype(np.float32),
                np.where(better[:, None], levels, best[1]),
                np.where(better, error, best[2]),
            )
    assert best is not None
    levels = best[1].reshape(weight.shape)
    if kept is not None:
        levels = np.where(kept, levels, 0).astype(np.int8)
    return QuantizedWeight(levels, best[0], bits, kept)


def channel_scales(rows: np.ndarray, grid: WeightGrid, weight_range: WeightRange) -> np.ndarray:
    """Positive float32 scales (O,) for rows (O, K). A channel of zeros gets 1."""
    largest = np.abs(rows).max(axis=1, initial=0.0)
    full = np.where(largest > 0, largest / grid.reach, 1.0)
    if grid.binary:
        mean = np.abs(rows).mean(axis=1)
        return np.where(mean > 0, mean, 1.0).astype(np.float32)
    if weight_range == "minmax":
        return full.astype(np.float32)
    share = _search(rows, grid, full, np.linspace(_LEAST_SHARE, 1.2, _COARSE)[:, None] * np.ones(len(rows)))
    around = np.linspace(-0.06, 0.06, _FINE)[:, None]
    share = _search(rows, grid, full, np.concatenate([share[None], np.maximum(share + around, _LEAST_SHARE)]))
    return np.maximum(full * share, np.finfo(np.float32).tiny).astype(np.float32)


def _search(rows: np.ndarray, grid: WeightGrid, full: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Of the candidate shares (candidates, O) of the full scale, the one with the least error per channel."""
    best, least = shares[0], np.full(len(rows), np.inf)
    for candidate in shares:
        error = _round(rows, grid, (full * candidate).astype(np.float32))[1]
        better = error < least
        best, least = np.where(better, candidate, best), np.where(better, error, least)
    return best


def _round(rows: np.ndarray, grid: WeightGrid, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Levels, and the squared error of each row."""
    column = np.maximum(scale, np.finfo(np.float32).tiny)[:, None]
    levels = grid.levels(rows, column)
    error = ((levels * column - rows) ** 2).sum(axis=1)
    return levels, error
