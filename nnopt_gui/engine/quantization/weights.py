"""Weights → levels and scales, by rounding to the nearest level."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight
from nnopt_gui.engine.quantization.grids import (
    INT8_REACH,
    AffineGrid,
    WeightGrid,
    fixed_point_grid,
    logarithmic_grid,
    weight_grids,
    zero_point_limits,
)
from nnopt_gui.engine.quantization.group_scales import GROUP_SIZE, round_groups
from nnopt_gui.engine.quantization.scale_search import (
    WeightRows,
    coarse_scales,
    fine_scales,
    least_error_scale,
    pick,
    usable_scale,
)
from nnopt_gui.engine.recipe import Granularity, Scheme, WeightRange
from nnopt_gui.errors import ModelError, RecipeError

LOGARITHMIC_BITS: Final = 4  # the most whose levels int8 holds
_OCTAVES: Final = 5  # powers of two, from the one that covers all weights downwards
_ALL_ZERO_POINTS: Final = 3  # up to so many bits all zero points are tried


@dataclass(frozen=True)
class _Rounded:
    """A unit is what shares a scale: an output channel, or the tensor. ``scale``, ``error`` (U,); ``levels`` (O, K);
    ``tables`` int8 (U, 2**bits), None for the usual table."""

    scale: np.ndarray
    levels: np.ndarray
    error: np.ndarray
    tables: np.ndarray | None

    def or_better(self, other: _Rounded) -> _Rounded:
        """Unit by unit the one with the smaller error."""
        better = other.error < self.error
        tables = None
        if self.tables is not None and other.tables is not None:
            tables = np.where(better[:, None], other.tables, self.tables)
        return _Rounded(
            np.where(better, other.scale, self.scale),
            np.where(better[:, None], other.levels, self.levels),
            np.where(better, other.error, self.error),
            tables,
        )


def quantize_weight(
    weight: np.ndarray,
    bits: int,
    weight_range: WeightRange = "mse",
    kept: np.ndarray | None = None,
    least_scale: np.ndarray | None = None,
    *,
    scheme: Scheme = "symmetric",
    granularity: Granularity = "channel",
    group_size: int = GROUP_SIZE,
    largest_level: int = INT8_REACH,
    checkpoint: Callable[[], None] = lambda: None,
) -> QuantizedWeight:
    """Round a float32 weight (O, …) to ``bits`` bits (1 to 8) per value.

    Args:
        weight_range: ``minmax`` covers the largest weight; ``mse`` takes the scale, and where a scheme has several sets
            of levels the set, with the least squared error.
        kept: bool, like ``weight``; pruned weights become level 0.
        least_scale: (O,) lower limits of the scales.
        scheme: ``symmetric`` (``auto`` means the same), ``affine``: evenly spaced levels that lie where the weights
            are; ``power_of_two``: two's complement fixed point; ``logarithmic``: see :func:`logarithmic_grid`.
        granularity: what has a scale of its own. ``group``, symmetric only: every ``group_size`` consecutive weights of
            a channel, see :mod:`group_scales`.
        largest_level: magnitude of the largest level, for integer kernels whose sums saturate; ``bits`` evenly spaced
            levels have to fit.
        checkpoint: called every few ms; may raise to stop.

    Returns:
        Deterministic levels and scales; with one scale for the tensor all entries of ``scale`` are equal.

    Raises:
        ModelError: a weight is NaN or infinite.
        RecipeError: the scheme has no levels of that width, or no groups.
        ValueError: ``bits``, ``scheme``, ``group_size`` or ``largest_level`` is out of bounds.
    """
    if not np.isfinite(weight).all():
        raise ModelError("A weight of the network is not a number or infinite.", "Train or export the network again.")
    _check(bits, scheme, granularity)
    values = np.asarray(weight if kept is None else np.where(kept, weight, 0.0), np.float32)
    columns = int(np.prod(weight.shape[1:], dtype=np.int64))
    mask = None if kept is None else kept.reshape(len(weight), columns)
    rows = WeightRows(values.reshape(len(weight), columns), mask, granularity == "tensor", checkpoint)
    if granularity == "group" and columns > group_size and bits < 8:  # 8-bit codes leave no room for multipliers
        levels, scale, multipliers = round_groups(
            rows, bits, weight_range, least_scale, group_size, largest_level=largest_level
        )
        return QuantizedWeight(
            levels.reshape(weight.shape), scale, bits, kept, multipliers=multipliers, group_size=group_size
        )
    best = _best(rows, bits, weight_range, least_scale, scheme, largest_level)
    if largest_level < INT8_REACH and np.abs(best.levels.astype(np.int16)).max(initial=0) > largest_level:
        raise ValueError(f"{bits} bits of {scheme} levels do not lie within ±{largest_level}")
    tables = best.tables
    if tables is not None and (rows.shared or scheme != "affine"):
        tables = tables[0]
    scale = np.broadcast_to(best.scale, len(weight)).copy()
    return QuantizedWeight(best.levels.reshape(weight.shape), scale, bits, kept, tables)


def _check(bits: int, scheme: Scheme, granularity: Granularity) -> None:
    if scheme not in ("auto", "symmetric", "affine", "power_of_two", "logarithmic"):
        raise ValueError(f"no grid is called {scheme!r}")
    if scheme == "logarithmic" and LOGARITHMIC_BITS < bits <= 8:
        raise RecipeError(
            f"Logarithmic weights of {bits} bits do not fit: integer kernels hold the powers of two from 1 to 64.",
            f"Use {LOGARITHMIC_BITS} bits or fewer, or another scheme.",
        )
    if granularity == "group" and scheme not in ("auto", "symmetric"):
        raise RecipeError(f"Groups need evenly spaced levels, not {scheme}.", "Set the scheme to symmetric.")


def _best(
    rows: WeightRows,
    bits: int,
    weight_range: WeightRange,
    least_scale: np.ndarray | None,
    scheme: Scheme,
    largest_level: int,
) -> _Rounded:
    best: _Rounded | None = None
    for grid, scale in _choices(rows, bits, weight_range, scheme, largest_level):
        found = _round(rows, grid, _at_least(scale, least_scale, rows, scheme))
        best = found if best is None else best.or_better(found)
    assert best is not None
    return best


def _choices(
    rows: WeightRows, bits: int, weight_range: WeightRange, scheme: Scheme, largest_level: int
) -> Iterator[tuple[WeightGrid | AffineGrid, np.ndarray]]:
    """Grids to choose from, with their scales (U,)."""
    if scheme == "affine":
        yield _affine(rows, bits, weight_range, zero_point_limits(bits, largest_level))
    elif scheme == "power_of_two":
        grid = fixed_point_grid(bits)
        yield grid, _power_of_two_scale(rows, grid, weight_range)
    elif scheme == "logarithmic":
        grid = logarithmic_grid(bits)
        yield grid, channel_scales(rows, grid, weight_range)
    else:
        grids = weight_grids(bits)
        for grid in grids if weight_range == "mse" else grids[:1]:
            yield grid, channel_scales(rows, grid, weight_range)


def channel_scales(rows: WeightRows, grid: WeightGrid, weight_range: WeightRange) -> np.ndarray:
    """Float64 scales (U,), positive. A unit of zeros gets 1, or next to nothing where the grid lacks 0."""
    if grid.binary:
        return np.asarray(usable_scale(rows.mean_magnitudes(), 1), np.float64)
    full = np.where(rows.largest > 0, rows.largest / grid.reach, 1.0)
    return full if weight_range == "minmax" else least_error_scale(rows, grid, full)


def _power_of_two_scale(rows: WeightRows, grid: WeightGrid, weight_range: WeightRange) -> np.ndarray:
    """Scales 2**e; for a grid without 0 the mean magnitude's neighbours are tried instead of the largest weight's."""
    low, high = rows.extremes
    full = channel_scales(rows, grid, "minmax") if grid.binary else np.maximum(low / -grid.lowest, high / grid.highest)
    finite = np.ldexp(1.0, 128 - grid.bits)  # what float32 holds once it is multiplied by the lowest level
    top = np.minimum(_power_of_two(np.where(full > 0, full, 1.0)), finite)
    if weight_range == "minmax" and not grid.binary:
        return top
    scales = np.ldexp(top, -np.arange(_OCTAVES)[:, None])
    return pick(scales, rows.errors(grid, scales).argmin(axis=0))


def _power_of_two(scale: np.ndarray) -> np.ndarray:
    """The smallest powers of two that are not below ``scale``."""
    fraction, exponent = np.frexp(np.asarray(scale, np.float64))
    return np.ldexp(1.0, exponent - (fraction == 0.5))


def _affine(
    rows: WeightRows, bits: int, weight_range: WeightRange, limits: tuple[int, int]
) -> tuple[AffineGrid, np.ndarray]:
    """Zero points and scales; the zero point that splits the range, its neighbours, and the middle one are tried."""
    low, high = rows.extremes
    steps = 2**bits - 1
    least, most = limits
    span = np.where(low + high > 0, low + high, 1.0)
    split = np.clip(np.rint(low / span * steps), least, most).astype(np.int64)
    if weight_range == "minmax":
        grid = _affine_grid(rows, bits, split)
        # 8 bits, or 7 of reduced range, leave next to no choice of zero point, and the longer side has to fit
        full = np.maximum(span / steps, np.maximum(low / (split + 0.5), high / (steps - split + 0.5)))
        return grid, full
    if bits <= _ALL_ZERO_POINTS:
        tried = [np.full_like(split, zero) for zero in range(least, most + 1)]
    else:
        middle = np.full_like(split, 2 ** (bits - 1))
        tried = [np.clip(zero, least, most) for zero in (split - 1, split, split + 1, middle)]
    scales, errors = [], []
    for zero in tried:
        full = _covering(low, high, zero, steps)
        coarse = coarse_scales(full)
        error = rows.errors(_affine_grid(rows, bits, zero), coarse)
        scales.append(pick(coarse, error.argmin(axis=0)))
        errors.append(error.min(axis=0))
    index = np.array(errors).argmin(axis=0)
    zero = pick(np.array(tried), index)
    grid = _affine_grid(rows, bits, zero)
    fine = fine_scales(pick(np.array(scales), index))
    return grid, pick(fine, rows.errors(grid, fine).argmin(axis=0))


def _covering(low: np.ndarray, high: np.ndarray, zero: np.ndarray, steps: int) -> np.ndarray:
    """The scale with which the levels reach as far as the values do, on sides that have levels."""
    below = np.where(zero > 0, low / np.maximum(zero, 1), 0.0)
    above = np.where(zero < steps, high / np.maximum(steps - zero, 1), 0.0)
    full = np.maximum(below, above)
    return np.where(full > 0, full, 1.0)


def _affine_grid(rows: WeightRows, bits: int, zero_points: np.ndarray) -> AffineGrid:
    return AffineGrid(bits, np.broadcast_to(zero_points, len(rows.values))[:, None])


def _at_least(scale: np.ndarray, least: np.ndarray | None, rows: WeightRows, scheme: Scheme) -> np.ndarray:
    """The scale (U,), raised to the limits of the channels (O,) it is for."""
    if least is None:
        return scale
    limit = np.asarray(least, np.float64)
    limit = limit.max(initial=0.0, keepdims=True) if rows.shared else limit
    return np.maximum(scale, _power_of_two(limit) if scheme == "power_of_two" else limit)


def _round(rows: WeightRows, grid: WeightGrid | AffineGrid, scale: np.ndarray) -> _Rounded:
    table = None
    if isinstance(grid, AffineGrid):
        table = grid.code_table()
        reach = int(np.abs(table.astype(np.int64)).max(initial=1))
    else:
        reach = grid.reach
        if not (grid.uniform or grid.binary):
            table = np.broadcast_to(grid.code_table(), (len(scale), 2**grid.bits))
    usable = usable_scale(scale, reach)
    error = rows.errors(grid, usable[None].astype(np.float64))[0]
    tables = table[:1] if table is not None and rows.shared else table
    return _Rounded(usable, rows.round(grid, usable), error, tables)
