"""Histogram of a tensor → the range to quantise. Pure numpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid
from nnopt_gui.engine.quantization.grids import activation_grid, fake_quantize
from nnopt_gui.engine.recipe import ActivationScheme

_LEAST_SHARE: Final = 0.02  # of the extremes; with few bits and long tails the best range is that narrow
_SHRINKS: Final = 64
_OCTAVES: Final = 6  # powers of two, from the one that covers the extremes downwards
_RESOLVED: Final = 4  # bins a step from which on a histogram shows the rounding error itself
_THRESHOLDS: Final = 128  # that are compared by their divergence
_SMOOTHING: Final = 1e-4


@dataclass(frozen=True, eq=False)
class Histogram:
    """Values other than 0 in equal bins: ``counts`` int64, half of the bins on either side of zero.

    Attributes:
        reach: the bins lie from −reach to reach.
        zeros: how many values were exactly 0.
        low, high: the extremes, 0 included.
    """

    counts: np.ndarray
    reach: float
    zeros: int
    low: float
    high: float

    @property
    def width(self) -> float:
        """Of one bin."""
        return 2 * self.reach / len(self.counts)

    def edges(self) -> np.ndarray:
        """Float64 (bins + 1,)."""
        return np.linspace(-self.reach, self.reach, len(self.counts) + 1)

    def within(self, low: float, high: float) -> tuple[float, float]:
        """A range cut to the extremes, and with 0 inside."""
        return min(0.0, max(self.low, float(low))), max(0.0, min(self.high, float(high)))


def percentile_range(histogram: Histogram, percentile: float) -> tuple[float, float]:
    """The range that leaves out the share 100 − ``percentile`` of all values (zeros included) at either end."""
    counts = histogram.counts.copy()
    counts[len(counts) // 2] += histogram.zeros
    share = np.cumsum(counts) / counts.sum()
    outside = (100.0 - percentile) / 100.0
    edges = histogram.edges()
    low = edges[int(np.searchsorted(share, outside, side="right"))]
    high = edges[min(int(np.searchsorted(share, 1.0 - outside)) + 1, len(counts))]
    return histogram.within(low, high)


def least_error_range(histogram: Histogram, bits: int, scheme: ActivationScheme = "affine") -> tuple[float, float]:
    """The range whose 2**bits levels give the least squared error over the histogram.

    Both ends are drawn in together, then each alone. Fixed-point levels leave nothing to the latter; without negative
    ones they are twice as fine, which is tried too.
    """
    filled = histogram.counts > 0
    edges = histogram.edges()
    centres = ((edges[:-1] + edges[1:]) / 2)[filled].astype(np.float32)
    counts = histogram.counts[filled]
    low, high = histogram.low, histogram.high

    def grid_of(low: float, high: float) -> ActivationGrid:
        return activation_grid(low, high, bits, scheme)

    search = partial(_least, centres, counts, histogram.width, grid_of)
    if scheme == "power_of_two":
        shares = np.ldexp(1.0, -np.arange(_OCTAVES))
    else:
        shares = np.geomspace(1.0, _LEAST_SHARE, _SHRINKS)
    best = search([(low * share, high * share) for share in shares])
    if not low < 0.0 < high:
        return best
    if scheme != "affine":
        return search([best, *((0.0, high * share) for share in shares)])
    around = np.geomspace(0.5, 2.0, _SHRINKS // 2)
    best = search([best, *(histogram.within(best[0] * share, best[1]) for share in around)])
    return search([best, *(histogram.within(best[0], best[1] * share) for share in around)])


def _least(
    centres: np.ndarray,
    counts: np.ndarray,
    width: float,
    grid_of: Callable[[float, float], ActivationGrid],
    ranges: list[tuple[float, float]],
) -> tuple[float, float]:
    """Of some ranges the first with the least squared error."""
    best, least = ranges[0], np.inf
    for low, high in ranges:
        grid = grid_of(low, high)
        wrong = (centres - fake_quantize(centres, grid)).astype(np.float64)
        if grid.scale < _RESOLVED * width:
            # Rounding costs step²/12 on average, which so coarse a histogram cannot show.
            inside = np.abs(wrong) <= grid.scale / 2
            wrong = np.where(inside, grid.scale / np.sqrt(12), wrong)
        cost = float((counts * wrong**2).sum())
        if cost < least:
            best, least = (low, high), cost
    return best


def least_divergence_range(histogram: Histogram, bits: int) -> tuple[float, float]:
    """The range that loses the least information: KL(P ‖ Q) between the clipped histogram and its quantised form.

    As in TensorRT (Migacz, "8-bit inference with TensorRT", 2017) and ONNX Runtime's entropy calibrator, but for ranges
    that need not be symmetric, with the levels that the grid really has, and without the zeros, which quantise exactly.
    Up to 128 equally spaced thresholds are tried.
    """
    half = len(histogram.counts) // 2
    below, above = bins_inside(histogram)
    furthest = max(below, above)
    nearest = max(1, min(furthest, 2**bits // (2 if min(below, above) else 1)))
    best, least = (histogram.low, histogram.high), np.inf
    for threshold in np.unique(np.linspace(furthest, nearest, _THRESHOLDS).astype(np.int64))[::-1]:
        start, stop = half - min(threshold, below), half + min(threshold, above)
        low, high = histogram.within((start - half) * histogram.width, (stop - half) * histogram.width)
        found = _divergence(histogram, start, stop, low, high, bits)
        if found < least:
            best, least = (low, high), found
    return best


def bins_inside(histogram: Histogram) -> tuple[int, int]:
    """How many bins below and above zero the values reach."""
    filled, half = np.flatnonzero(histogram.counts), len(histogram.counts) // 2
    return max(0, half - int(filled[0])), max(0, int(filled[-1]) + 1 - half)


def _divergence(histogram: Histogram, start: int, stop: int, low: float, high: float, bits: int) -> float:
    """KL divergence of the bins from ``start`` to ``stop``; what lies outside counts at the ends of P, not in Q."""
    inside = histogram.counts[start:stop].astype(np.float64)
    wanted = inside.copy()
    wanted[0] += histogram.counts[:start].sum()
    wanted[-1] += histogram.counts[stop:].sum()
    filled = wanted > 0
    centres = (np.arange(start, stop) + 0.5 - len(histogram.counts) // 2) * histogram.width
    grid = activation_grid(low, high, bits)
    level = np.clip(np.rint(centres / grid.scale) + grid.zero_point, 0, grid.highest).astype(np.int64)
    mass = np.bincount(level, inside, grid.highest + 1)
    sharers = np.bincount(level, filled, grid.highest + 1)
    got = np.where(filled, mass[level] / np.maximum(sharers[level], 1), 0.0)
    p, q = _smoothed(wanted), _smoothed(got)
    if p is None or q is None:
        return np.inf
    return float((p * np.log(p / q)).sum())


def _smoothed(counts: np.ndarray) -> np.ndarray | None:
    """A distribution without zeros: empty bins get a little from the others; None when these have too little."""
    empty = counts == 0
    filled = counts.size - int(empty.sum())
    if filled == 0:
        return None
    taken = _SMOOTHING * (counts.size - filled) / filled
    result = np.where(empty, _SMOOTHING, counts - taken)
    return None if result.min() <= 0 else result / result.sum()
