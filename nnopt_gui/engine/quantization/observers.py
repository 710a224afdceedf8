"""Observers watch a tensor's values batch by batch, in bounded memory, and say which range to quantise."""

from __future__ import annotations

from typing import Final

import numpy as np

from nnopt_gui.engine.quantization.range_search import (
    Histogram,
    least_divergence_range,
    least_error_range,
    percentile_range,
)
from nnopt_gui.engine.recipe import ActivationRange, ActivationScheme

MOMENTUM: Final = 0.9  # of the moving average of extremes …
MOVING_BATCH: Final = 32  # … over so many consecutive images at a time, however they were batched
PERCENTILE: Final = 99.999

_HALF: Final = 4096  # histogram bins on either side of zero
_SAMPLES: Final = 1 << 15  # values of an image that go into the histogram; extremes are taken over all
_EXACT_EXPONENT: Final = 12  # 2**12 is _HALF
_LEAST_EXPONENT: Final = -100  # magnitudes below 2**-100 share the bins beside zero


class RangeObserver:
    """One pass over the data serves every method: exact extremes, their moving average, and a histogram around zero
    whose reach doubles when values outgrow it. Memory is constant (64 KiB), and nothing depends on how images are cut
    into batches.

    Attributes:
        low, high: the extremes, 0 included.
        zeros: how many of the sampled values are exactly 0; they are in no bin, for every grid has an exact 0.
    """

    def __init__(self) -> None:
        self.low = 0.0
        self.high = 0.0
        self.zeros = 0
        self._average: tuple[float, float] | None = None
        self._batch = (0.0, 0.0, 0)  # extremes of the images since the average last moved, and their number
        self._exponent = _LEAST_EXPONENT  # the histogram reaches from −2**exponent to 2**exponent
        self._counts = np.zeros(2 * _HALF, np.int64)

    def observe(self, values: np.ndarray) -> None:
        """Take in a batch: images along the first axis, or one image's values as a vector.

        Raises:
            ValueError: it holds NaN or infinity.
        """
        if not values.size:
            return
        images = np.asarray(values, np.float32).reshape(len(values) if values.ndim > 1 else 1, -1)
        lows, highs = images.min(axis=1), images.max(axis=1)
        if not (np.isfinite(lows).all() and np.isfinite(highs).all()):
            raise ValueError("values are not finite")
        low, high = float(lows.min()), float(highs.max())
        self.low, self.high = min(self.low, low), max(self.high, high)
        self._follow(lows, highs)
        if low < 0.0 or high > 0.0:
            self._grow(int(np.frexp(max(-low, high))[1]))
        # An odd stride does not keep hitting the same column or channel of a layout with even sizes.
        sample = images[:, :: max(1, images.shape[1] // _SAMPLES) | 1].ravel()
        zeros = int(np.count_nonzero(sample == 0.0))  # of bools: six times as fast
        self.zeros += zeros
        self._counts += np.bincount(self._bins(sample), minlength=2 * _HALF)
        self._counts[_HALF] -= zeros

    def _bins(self, sample: np.ndarray) -> np.ndarray:
        """int64: each value's bin. Scaling up by a power of two is exact in float32, down it is in float64."""
        scaled = sample if self._exponent <= _EXACT_EXPONENT else sample.astype(np.float64)
        scaled = scaled * scaled.dtype.type(2.0 ** (_EXACT_EXPONENT - self._exponent))
        np.floor(scaled, out=scaled)
        scaled += _HALF  # exact: far fewer bins than float32 has whole numbers
        return scaled.astype(np.int64)

    def _follow(self, lows: np.ndarray, highs: np.ndarray) -> None:
        """The exponential moving averages of the extremes, starting at the first batch's."""
        for image_low, image_high in zip(lows.tolist(), highs.tolist(), strict=True):
            low, high, count = self._batch
            self._batch = min(low, image_low), max(high, image_high), count + 1
            if count + 1 == MOVING_BATCH:
                old = self._average or self._batch[:2]
                low, high = (MOMENTUM * was + (1 - MOMENTUM) * now for was, now in zip(old, self._batch, strict=False))
                self._average, self._batch = (low, high), (0.0, 0.0, 0)

    def _grow(self, exponent: int) -> None:
        """Make room for magnitudes below 2**exponent; pairs of bins become one, exactly."""
        if not self._counts.any():
            self._exponent = max(exponent, self._exponent)
        while exponent > self._exponent:
            merged = np.zeros_like(self._counts)
            merged[_HALF // 2 : _HALF + _HALF // 2] = self._counts.reshape(-1, 2).sum(axis=1)
            self._counts = merged
            self._exponent += 1

    def histogram(self) -> Histogram:
        """What was observed so far, for drawing and for finding ranges."""
        return Histogram(self._counts.copy(), 2.0**self._exponent, self.zeros, self.low, self.high)

    def range(
        self,
        method: ActivationRange = "mse",
        bits: int = 8,
        percentile: float = PERCENTILE,
        scheme: ActivationScheme = "affine",
    ) -> tuple[float, float]:
        """(low, high) to quantise, within the extremes; 0 lies within.

        Args:
            method: ``minmax``: the extremes. ``moving_average``: of the extremes of :data:`MOVING_BATCH` images at a
                time, in order, with :data:`MOMENTUM` (Jacob et al., 2017, arXiv:1712.05877); fewer images: their
                extremes. ``percentile``: what leaves out the same tiny share of values on either side. ``mse``:
                :func:`least_error_range`. ``entropy``: :func:`least_divergence_range`.
            bits: of the grid that the range is for, 2 to 8; matters to ``mse`` and ``entropy``.
            percentile: 50 to 100, for ``percentile``.
            scheme: of the grid; matters to ``mse``.
        """
        if method == "moving_average" and self._average is not None:
            return self._average
        if method == "minmax" or not self._counts.any():
            return self.low, self.high
        if method == "percentile":
            return percentile_range(self.histogram(), percentile)
        if method == "entropy":
            return least_divergence_range(self.histogram(), bits)
        return least_error_range(self.histogram(), bits, scheme)
