"""How activations are distributed, and what b bits over which range leave of them, from a calibration's histograms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from nnopt_gui.engine.layer_distribution import OUTLIER_SIGMAS, LayerDistribution, Spread, WidthFit, decibels
from nnopt_gui.engine.onnx_graph.float_graph import INPUT
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.calibration import ActivationRanges
from nnopt_gui.engine.quantization.distribution import LAYER_BINS, SIGMA, bin_range
from nnopt_gui.engine.quantization.grids import activation_grid, fake_quantize
from nnopt_gui.engine.quantization.range_search import Histogram
from nnopt_gui.engine.recipe import Method

ACTIVATION_BITS: Final = (2, 3, 4, 5, 6, 7, 8)


def analyse_activations(
    ranges: ActivationRanges, reporter: Reporter, bits: Sequence[int] = ACTIVATION_BITS, method: Method | None = None
) -> tuple[LayerDistribution, ...]:
    """Distribution and SQNR of every tensor that integer activations quantise, from the calibration's histograms.

    Moments are exact to the width of an observer's bin. ``outliers`` and ``kurtosis`` are of the values other than 0,
    which a rectifier makes many of. No width is suggested: integer kernels take 8 bits. The range that the method
    suggests at a width is its fit's :attr:`WidthFit.limits`.
    """
    chosen = method or Method()
    found = []
    for name, observer in ranges.observers.items():
        reporter.checkpoint()
        histogram = observer.histogram()
        count = int(histogram.counts.sum()) + histogram.zeros
        if count == 0:
            continue
        fits = []
        for width in sorted(set(bits)):
            reporter.checkpoint()
            low, high = observer.range(chosen.activation_range, width, scheme=chosen.activation_scheme)
            fits.append(_activation_fit(histogram, activation_grid(low, high, width, chosen.activation_scheme)))
        found.append(LayerDistribution(name, _kind(name), (), count, _binned_spread(histogram), tuple(fits)))
    return tuple(found)


def _kind(name: str) -> str:
    return "input" if name == INPUT else "activation"


def _binned_spread(histogram: Histogram) -> Spread:
    edges, counts = histogram.edges(), histogram.counts
    centres = (edges[:-1] + edges[1:]) / 2
    inside, total = int(counts.sum()), int(counts.sum()) + histogram.zeros
    mean = float((counts * centres).sum()) / total
    second = float((counts * (centres - mean) ** 2).sum()) + histogram.zeros * mean**2
    kurtosis, far = _binned_tails(centres, counts, inside)
    low, high = bin_range(histogram.low, histogram.high)
    within = np.clip(centres, low, high)  # the outermost bins reach beyond the extremes
    binned = np.histogram(within, bins=LAYER_BINS, range=(low, high), weights=counts)[0]
    return Spread(
        histogram.low,
        histogram.high,
        mean,
        float(np.sqrt(second / total)),
        kurtosis,
        far / total,
        histogram.zeros / total,
        low,
        high,
        tuple(int(count) for count in binned),
    )


def _binned_tails(centres: np.ndarray, counts: np.ndarray, inside: int) -> tuple[float, int]:
    """Excess kurtosis, and how many values are outliers, of the values other than 0."""
    if inside < 2:
        return 0.0, 0
    mean = float((counts * centres).sum()) / inside
    variance = float((counts * (centres - mean) ** 2).sum()) / inside
    if variance <= 0.0:
        return 0.0, 0
    fourth = float((counts * (centres - mean) ** 4).sum()) / inside
    centre = _weighted_median(centres, counts)
    away = np.abs(centres - centre)
    order = np.argsort(away, kind="stable")
    sigma = SIGMA * _weighted_median(away[order], counts[order])
    far = int(counts[away > OUTLIER_SIGMAS * sigma].sum()) if sigma > 0.0 else 0
    return fourth / variance**2 - 3.0, far


def _weighted_median(rising: np.ndarray, counts: np.ndarray) -> float:
    return float(rising[int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))])


def _activation_fit(histogram: Histogram, grid: ActivationGrid) -> WidthFit:
    """The expected SQNR, with values spread evenly inside a bin, and what lies beyond the outermost levels."""
    edges = histogram.edges()
    filled = histogram.counts > 0
    counts = histogram.counts[filled]
    centres = ((edges[:-1] + edges[1:]) / 2)[filled]
    wrong = centres - fake_quantize(centres.astype(np.float32), grid).astype(np.float64)
    inside = histogram.width**2 / 12
    ratio = decibels(float((counts * (centres**2 + inside)).sum()), float((counts * (wrong**2 + inside)).sum()))
    beyond = int(counts[np.abs(wrong) > 0.5 * (grid.scale + histogram.width)].sum())
    outside = beyond / max(1, int(counts.sum()) + histogram.zeros)
    return WidthFit(grid.bits, ratio, grid.scale, -grid.zero_point, grid.highest - grid.zero_point, outside=outside)
