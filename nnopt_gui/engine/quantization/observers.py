"""Observers watch a tensor's values batch by batch, in bounded memory, and say which range to quantise."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from nnopt_gui.engine.quantization.grids import ACTIVATION_LEVELS

RangeMethod = Literal["minmax", "percentile", "mse"]
RANGE_METHODS: Final[tuple[RangeMethod, ...]] = ("minmax", "percentile", "mse")

_HALF: Final = 2048  # histogram bins on either side of zero
_SAMPLES: Final = 1 << 17  # values that go into the histogram per batch; extremes are taken over all
_TINY: Final = 1e-30  # smaller magnitudes would overflow when turned into bins
_SHRINKS: Final = 64
_LEAST: Final = 0.3  # an MSE range is at least this share of the largest one


class RangeObserver:
    """Exact extremes and a histogram around zero whose reach doubles when values outgrow it."""

    def __init__(self) -> None:
        self.low = 0.0
        self.high = 0.0
        self.reach = 0.0
        self.counts = np.zeros(2 * _HALF, np.int64)

    def observe(self, values: np.ndarray) -> None:
        """Take in a batch of any shape.

        Raises:
            ValueError: it holds NaN or infinity.
        """
        flat = np.asarray(values, np.float32).ravel()
        if not flat.size:
            return
        low, high = float(flat.min()), float(flat.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            raise ValueError("values are not finite")
        self.low, self.high = min(self.low, low), max(self.high, high)
        self._grow(max(-low, high))
        sample = flat[:: max(1, flat.size // _SAMPLES)]
        if self.reach == 0.0:
            self.counts[_HALF] += sample.size
            return
        bins = np.floor(sample.astype(np.float64) * (_HALF / self.reach)).astype(np.int64) + _HALF
        self.counts += np.bincount(np.clip(bins, 0, 2 * _HALF - 1), minlength=2 * _HALF)

    def _grow(self, magnitude: float) -> None:
        if self.reach == 0.0 and magnitude > 0.0:
            self.reach = max(magnitude, _TINY)
        while magnitude > self.reach:
            merged = np.zeros_like(self.counts)
            merged[_HALF // 2 : _HALF + _HALF // 2] = self.counts.reshape(-1, 2).sum(axis=1)
            self.counts = merged
            self.reach *= 2

    def range(self, method: RangeMethod = "minmax", percentile: float = 99.999) -> tuple[float, float]:
        """(low, high) to quantise; 0 lies within.

        ``minmax``: the extremes. ``percentile``: what leaves out the same tiny share of values on either side.
        ``mse``: the range whose 256 levels give the least mean squared error over the histogram.
        """
        if method == "minmax" or not self.counts.any():
            return self.low, self.high
        if method == "percentile":
            return self._percentile(percentile)
        return self._least_error()

    def _edges(self) -> np.ndarray:
        return np.linspace(-self.reach, self.reach, 2 * _HALF + 1)

    def _percentile(self, percentile: float) -> tuple[float, float]:
        share = np.cumsum(self.counts) / self.counts.sum()
        outside = (100.0 - percentile) / 100.0
        edges = self._edges()
        low = edges[int(np.searchsorted(share, outside, side="right"))]
        high = edges[int(np.searchsorted(share, 1.0 - outside)) + 1]
        return min(0.0, max(self.low, float(low))), max(0.0, min(self.high, float(high)))

    def _least_error(self) -> tuple[float, float]:
        edges = self._edges()
        filled = self.counts > 0
        centres, counts = ((edges[:-1] + edges[1:]) / 2)[filled], self.counts[filled]
        best, least = (self.low, self.high), np.inf
        for share in np.linspace(1.0, _LEAST, _SHRINKS):
            low, high = self.low * share, self.high * share
            step = (high - low) / ACTIVATION_LEVELS
            if step <= 0:
                continue
            error = centres - np.clip(centres, low, high)
            # Rounding inside the range costs step²/12 on average, which a histogram cannot resolve by itself.
            cost = float((counts * (error**2 + (error == 0) * step**2 / 12)).sum())
            if cost < least:
                best, least = (float(low), float(high)), cost
        return best
