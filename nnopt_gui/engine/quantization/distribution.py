"""How weights are distributed, what b bits leave of them, and how many bits that suggests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from nnopt_gui.engine.layer_distribution import (
    OUTLIER_SIGMAS,
    ChannelDistribution,
    LayerDistribution,
    Spread,
    WidthFit,
    decibels,
)
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.grids import (
    fixed_point_grid,
    logarithmic_grid,
)
from nnopt_gui.engine.quantization.suggestion import suggest_bits
from nnopt_gui.engine.quantization.weights import LOGARITHMIC_BITS, quantize_weight
from nnopt_gui.engine.recipe import Method, Scheme
from nnopt_gui.errors import ModelError

BITS: Final = (1, 2, 3, 4, 5, 6, 7, 8)
LAYER_BINS: Final = 96
CHANNEL_BINS: Final = 32
MOST_CHANNELS: Final = 16  # of a layer that are described one by one
MOST_RANGES: Final = 512  # per-channel extremes of a layer; beyond, runs of channels share one

_FITTED: Final = 1 << 18  # weights of a layer that are rounded at every width: whole channels, evenly spaced
_BLOCK: Final = 1 << 20  # values looked at between two checkpoints
_ROBUST: Final = 1 << 20  # values that the median is taken of
SIGMA: Final = 1.4826  # median absolute deviation → standard deviation, for a bell curve
_RANKED_BITS: Final = 4  # at which channels are compared


def analyse_weights(
    graph: FloatGraph, reporter: Reporter, bits: Sequence[int] = BITS, method: Method | None = None
) -> tuple[LayerDistribution, ...]:
    """Distribution, SQNR at every bit width, and suggested bits of each layer, in graph order.

    Args:
        bits: widths, 1 to 8.
        method: its scheme, granularity and weight range say which levels weights are rounded to (to the nearest, with
            no repair); the default is evenly spaced, per output channel, with the range of least squared error.
            Codebooks and groups are judged by the levels of that default. Logarithmic levels stop at 4 bits.

    Raises:
        ModelError: a weight is NaN or infinite.
        ValueError: a width is not 1 to 8.
    """
    if not all(1 <= width <= 8 for width in bits):
        raise ValueError(f"bit widths are 1 to 8, not {tuple(bits)}")
    reporter.status("Analysing weights")
    rounding = _Rounding.of(method or Method(), tuple(sorted(set(bits))))
    weights = graph.weights()
    found = []
    for index, layer in enumerate(graph.layers):
        reporter.checkpoint()
        reporter.progress(index, len(graph.layers))
        weight = np.asarray(weights[layer.name], np.float32)
        found.append(_analyse(layer.name, layer.kind, weight, rounding, reporter))
    return suggest_bits(found)


# -- weights -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rounding:
    """The grid that weights are judged by."""

    scheme: Scheme
    method: Method
    bits: tuple[int, ...]

    @classmethod
    def of(cls, method: Method, bits: tuple[int, ...]) -> _Rounding:
        scheme = method.even_scheme
        if method.granularity == "group":
            method = replace(method, granularity="channel")
        if scheme == "logarithmic":
            bits = tuple(width for width in bits if width <= LOGARITHMIC_BITS)
        return cls(scheme, method, bits)

    def round(self, rows: np.ndarray, bits: int, reporter: Reporter) -> QuantizedWeight:
        return quantize_weight(
            rows,
            bits,
            self.method.weight_range,
            scheme=self.scheme,
            granularity=self.method.granularity,
            checkpoint=reporter.checkpoint,
        )

    def levels(self, rounded: QuantizedWeight, row: int) -> tuple[int, ...]:
        """The levels that a channel has, rising."""
        bits = rounded.bits
        if self.scheme == "logarithmic":
            return logarithmic_grid(bits).members
        if self.scheme == "power_of_two":
            return fixed_point_grid(bits).members
        if rounded.table is not None:
            table = rounded.table if rounded.table.ndim == 1 else rounded.table[row]
            return tuple(int(level) for level in np.unique(table))
        highest = max(1, 2 ** (bits - 1) - 1)
        if bits == 1:
            return (-1, 1)
        lowest = -2 if bits == 2 and rounded.levels[row].min(initial=0) == -2 else -highest
        return tuple(range(lowest, highest + 1))


def _analyse(name: str, kind: str, weight: np.ndarray, rounding: _Rounding, reporter: Reporter) -> LayerDistribution:
    rows = weight.reshape(len(weight), -1) if weight.size else np.zeros((0, 0), np.float32)
    if not rows.size:
        return LayerDistribution(name, kind, weight.shape, 0, _empty_spread(), ())
    low, high = _extremes(name, rows, reporter)
    spread = _spread(rows, float(low.min()), float(high.max()), LAYER_BINS, reporter)
    picked = _evenly(len(rows), max(1, _FITTED // rows.shape[1]))
    fitted = _fit(rows[picked], rounding, reporter)
    worst = np.argsort(fitted.ranking, kind="stable")[:MOST_CHANNELS]
    channels = []
    for place in worst:
        row = rows[picked[place]][None]
        detail = _spread(row, float(row.min()), float(row.max()), CHANNEL_BINS, reporter)
        channels.append(ChannelDistribution(int(picked[place]), detail, fitted.of_channel(int(place))))
    reach = np.maximum(np.abs(low), np.abs(high)).astype(np.float64)
    typical = float(np.median(reach))
    return LayerDistribution(
        name,
        kind,
        tuple(int(size) for size in weight.shape),
        weight.size,
        spread,
        fitted.of_layer(),
        _runs(low, np.minimum),
        _runs(high, np.maximum),
        float(reach.max() / typical) if typical > 0 else 1.0,
        int(reach.argmax()),
        tuple(channels),
        len(picked) / len(rows),
    )


@dataclass(frozen=True)
class _Fitted:
    """Rows rounded at every width: sums of squares (rows,), errors and scales (widths, rows), levels per width."""

    rounding: _Rounding
    signal: np.ndarray
    error: np.ndarray
    scale: np.ndarray
    levels: tuple[tuple[tuple[int, ...], ...], ...]

    @property
    def ranking(self) -> np.ndarray:
        """The channels' SQNR at 4 bits, or at the width next to it."""
        bits = self.rounding.bits
        place = min(range(len(bits)), key=lambda index: abs(bits[index] - _RANKED_BITS))
        return np.array([decibels(*pair) for pair in zip(self.signal, self.error[place], strict=True)])

    def of_layer(self) -> tuple[WidthFit, ...]:
        found = []
        for place, bits in enumerate(self.rounding.bits):
            scale = self.scale[place]
            median = int(np.argsort(scale, kind="stable")[len(scale) // 2])
            total = decibels(float(self.signal.sum()), float(self.error[place].sum()))
            found.append(_width_fit(bits, total, float(scale[median]), self.levels[place][median]))
        return tuple(found)

    def of_channel(self, row: int) -> tuple[WidthFit, ...]:
        return tuple(
            _width_fit(
                bits,
                decibels(float(self.signal[row]), float(self.error[place, row])),
                float(self.scale[place, row]),
                self.levels[place][row],
            )
            for place, bits in enumerate(self.rounding.bits)
        )


def _fit(rows: np.ndarray, rounding: _Rounding, reporter: Reporter) -> _Fitted:
    errors, scales, levels = [], [], []
    for bits in rounding.bits:
        rounded = rounding.round(rows, bits, reporter)
        wrong = rows.astype(np.float64) - rounded.levels.astype(np.float64) * rounded.scale.astype(np.float64)[:, None]
        errors.append(np.einsum("rk,rk->r", wrong, wrong))
        scales.append(rounded.scale.astype(np.float64))
        levels.append(tuple(rounding.levels(rounded, row) for row in range(len(rows))))
    exact = rows.astype(np.float64)
    signal = np.einsum("rk,rk->r", exact, exact)
    return _Fitted(rounding, signal, np.array(errors), np.array(scales), tuple(levels))


def _width_fit(bits: int, sqnr_db: float, scale: float, levels: tuple[int, ...]) -> WidthFit:
    consecutive = levels[-1] - levels[0] == len(levels) - 1
    return WidthFit(bits, sqnr_db, scale, levels[0], levels[-1], () if consecutive else levels)


def _extremes(name: str, rows: np.ndarray, reporter: Reporter) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.empty(len(rows), np.float32), np.empty(len(rows), np.float32)
    for part in _blocks(rows):
        reporter.checkpoint()
        low[part], high[part] = rows[part].min(axis=1), rows[part].max(axis=1)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise ModelError(
            f"A weight of layer {name!r} is not a number or infinite.", "Train or export the network again."
        )
    return low, high


def _runs(values: np.ndarray, join: np.ufunc) -> tuple[float, ...]:
    """At most :data:`MOST_RANGES` values: one for each run of equally many consecutive ones."""
    length = -(-len(values) // MOST_RANGES)
    return tuple(float(v) for v in join.reduceat(values, np.arange(0, len(values), length)))


def _evenly(count: int, most: int) -> np.ndarray:
    """At most ``most`` of the indices 0 … count − 1, evenly spaced."""
    return np.arange(count) if count <= most else (np.arange(most) * count) // most


def _blocks(rows: np.ndarray) -> Iterator[slice]:
    step = max(1, _BLOCK // rows.shape[1])
    for start in range(0, len(rows), step):
        yield slice(start, start + step)


# -- spread ------------------------------------------------------------------------------------------------------------


def _empty_spread() -> Spread:
    return Spread(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.5, 0.5, (0,))


def _spread(rows: np.ndarray, low: float, high: float, bins: int, reporter: Reporter) -> Spread:
    """Moments in float64 over blocks; the median over an even sample of at most a million values."""
    total, mean = rows.size, 0.0
    for part in _blocks(rows):
        reporter.checkpoint()
        mean += float(rows[part].sum(dtype=np.float64)) / total
    centre, sigma = _robust(rows)
    edges = np.array(bin_range(low, high))
    squares = fourths = 0.0
    far = zeros = 0
    counts = np.zeros(bins, np.int64)
    for part in _blocks(rows):
        reporter.checkpoint()
        block = rows[part].astype(np.float64)
        zeros += int(np.count_nonzero(block == 0.0))
        far += int(np.count_nonzero((np.abs(block - centre) > OUTLIER_SIGMAS * sigma) & (block != 0.0)))
        counts += np.histogram(block, bins=bins, range=(edges[0], edges[1]))[0]
        deviation = (block - mean) ** 2
        squares += float(deviation.sum())
        fourths += float((deviation**2).sum())
    variance = squares / total
    flat = high <= low or variance <= 0.0 or total < 2
    return Spread(
        low,
        high,
        mean,
        float(np.sqrt(variance)),
        0.0 if flat else fourths / total / variance**2 - 3.0,
        far / total if sigma > 0.0 else 0.0,
        zeros / total,
        float(edges[0]),
        float(edges[1]),
        tuple(int(count) for count in counts),
    )


def _robust(rows: np.ndarray) -> tuple[float, float]:
    """Median and robust standard deviation of the values other than 0 (zeros are pruned weights); σ is 0 where more
    than half of them are equal."""
    values = rows.ravel()[:: max(1, rows.size // _ROBUST)].astype(np.float64)
    values = values[values != 0.0]
    if not values.size:
        return 0.0, 0.0
    centre = float(np.median(values))
    return centre, SIGMA * float(np.median(np.abs(values - centre)))


def bin_range(low: float, high: float) -> tuple[float, float]:
    """The range of a histogram, widened where it would have no width."""
    if high - low > 1e-6 * max(abs(low), abs(high)):
        return low, high
    half = 0.5 * max(abs(low), abs(high)) or 0.5
    return low - half, high + half
