"""The scale with the least squared rounding error, for rows of weights that each have their own or share one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from nnopt_gui.engine.quantization.grids import Grid

_TILE: Final = 1 << 16  # weights that are rounded at a time: what a core's cache holds
# Shares of the scale that covers the largest weight: at 2 bits the best range of a bell curve is far narrower, with one
# scale for a whole tensor narrower still.
_COARSE: Final = np.array([0.08, 0.11, 0.15, *np.linspace(0.2, 1.0, 13), 1.1, 1.2])
_FINE: Final = np.linspace(0.93, 1.07, 15)
_FAR: Final = 2.0**60  # a scale that is so much larger than all weights makes them 0 like any larger one
_TINY: Final = np.finfo(np.float32).tiny  # of normal numbers
_HUGE: Final = np.finfo(np.float32).max


@dataclass(frozen=True, eq=False)
class WeightRows:
    """Weights as rows (O, K) float32, all finite.

    Attributes:
        kept: bool (O, K), False where a weight was pruned (and is 0 in ``values``); None when nothing was.
        shared: one scale for all rows instead of one for each: there are U = 1 or U = O *units*.
        checkpoint: called at least every few ms of work; may raise to stop.
    """

    values: np.ndarray
    kept: np.ndarray | None = None
    shared: bool = False
    checkpoint: Callable[[], None] = lambda: None

    @cached_property
    def extremes(self) -> tuple[np.ndarray, np.ndarray]:
        """Float64 (U,): how far the values of a unit reach below and above zero, neither negative."""
        low, high = np.zeros((2, len(self.values)))
        for part in self._tiles():
            low[part] = np.maximum(-self.values[part].min(axis=1, initial=0.0), 0.0)
            high[part] = self.values[part].max(axis=1, initial=0.0)
        if self.shared:
            low, high = low.max(initial=0.0, keepdims=True), high.max(initial=0.0, keepdims=True)
        return low, high

    @property
    def largest(self) -> np.ndarray:
        """Float64 (U,): the largest magnitude of a unit."""
        return np.maximum(*self.extremes)

    def exponents(self) -> np.ndarray:
        """Integers (U,): 2**exponent is just above the largest magnitude, or as near as normal numbers come."""
        return np.clip(np.frexp(self.largest)[1], -126, 126)

    def mean_magnitudes(self) -> np.ndarray:
        """Float64 (U,): the mean magnitude of the weights that were kept; 0 where none was."""
        total, count = np.zeros(len(self.values)), np.full(len(self.values), self.values.shape[1])
        for part in self._tiles():
            total[part] = np.abs(self.values[part]).sum(axis=1, dtype=np.float64)
            if self.kept is not None:
                count[part] = self.kept[part].sum(axis=1)
        if self.shared:
            total, count = total.sum(keepdims=True), count.sum(keepdims=True)
        return total / np.maximum(count, 1)

    def errors(self, grid: Grid, scales: np.ndarray) -> np.ndarray:
        """Float64 (C, U): squared errors for candidate scales (C, U), in units of 4**:meth:`exponents`, so that neither
        tiny nor huge weights leave the numbers of float32."""
        unit = np.ldexp(np.float32(1), -self.exponents()).astype(np.float32)
        result = np.zeros((len(scales), len(self.values)))
        for part in self._tiles():
            self.checkpoint()
            columns = slice(0, 1) if self.shared else part
            tile = self.values[part] * unit[columns, None]
            kept = None if self.kept is None or grid.has_zero else self.kept[part]
            for index, candidate in enumerate(scales):
                scale = np.minimum(candidate[columns] * unit[columns], _FAR).astype(np.float32)[:, None]
                wrong = grid.of_rows(part).levels(tile, scale) * scale - tile
                if kept is not None:
                    wrong *= kept
                result[index, part] = np.einsum("rk,rk->r", wrong, wrong)
        return result.sum(axis=1, keepdims=True) if self.shared else result

    def round(self, grid: Grid, scale: np.ndarray) -> np.ndarray:
        """Levels int8 (O, K) for one scale per unit (U,); 0 where a weight was pruned."""
        levels = np.empty(self.values.shape, np.int8)
        for part in self._tiles():
            self.checkpoint()
            column = scale[:, None] if self.shared else scale[part, None]
            levels[part] = grid.of_rows(part).levels(self.values[part], column)
        if self.kept is not None:
            levels[~self.kept] = 0
        return levels

    def _tiles(self) -> Iterator[slice]:
        rows = max(1, _TILE // max(1, self.values.shape[1]))
        for start in range(0, len(self.values), rows):
            yield slice(start, min(start + rows, len(self.values)))


def coarse_scales(full: np.ndarray) -> np.ndarray:
    """Candidates (C, U) around the scale ``full`` (U,) that covers the largest weight."""
    return _COARSE[:, None] * full


def fine_scales(scale: np.ndarray) -> np.ndarray:
    """Candidates (C, U) around the best of :func:`coarse_scales`, which comes first."""
    return np.concatenate([scale[None], _FINE[:, None] * scale])


def least_error_scale(rows: WeightRows, grid: Grid, full: np.ndarray) -> np.ndarray:
    """Float64 (U,): the best scale for a grid, given the scale ``full`` (U,) that covers the largest weight."""
    coarse = coarse_scales(full)
    best = pick(coarse, rows.errors(grid, coarse).argmin(axis=0))
    fine = fine_scales(best)
    return pick(fine, rows.errors(grid, fine).argmin(axis=0))


def pick(candidates: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Of candidates (C, U) the one with number ``index`` (U,) for each unit."""
    chosen: np.ndarray = np.take_along_axis(candidates, index[None], axis=0)[0]
    return chosen


def usable_scale(scale: np.ndarray, reach: int) -> np.ndarray:
    """Float32 scales that are normal numbers and whose largest level, ``reach``, is still a finite value."""
    return np.clip(scale, _TINY, np.nextafter(np.float32(_HUGE / reach), np.float32(0))).astype(np.float32)
