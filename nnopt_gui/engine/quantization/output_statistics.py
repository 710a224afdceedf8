"""Repairing a quantised network by the statistics of its layers' outputs: no gradients, no labels.

Rounding shifts the mean of every channel and changes its spread, and layers further on multiply that. Layer by layer,
with the layers quantised so far in front, the float network's means (bias correction, Nagel et al., 2019,
arXiv:1906.04721, section 4.2, measured instead of derived) or means and variances are restored. The latter is what
re-estimating batch norms does (Jordan et al., "REPAIR", 2022, arXiv:2211.08403), for networks whose norms are folded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph, GraphLayer
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid, QuantizedWeight
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.paired_networks import PairedNetworks
from nnopt_gui.engine.quantization.reconstruction import Reconstruction

_LARGEST_FACTOR: Final = 2.0  # and its inverse the smallest: beyond, the channel carries noise rather than signal


def correct_biases(
    graph: FloatGraph,
    weights: Mapping[str, QuantizedWeight],
    images: np.ndarray,
    grids: Mapping[str, ActivationGrid] | None,
    reporter: Reporter,
) -> dict[str, np.ndarray]:
    """Biases (O,), float32, by layer name, with which every channel keeps its mean over images and positions.

    Args:
        weights: by layer name, for all layers.
        images: float32 N×C×H×W calibration images; as many are used as fit the memory bound.
        grids: activation grids by tensor name, or None for float activations.

    Layers without a bias stay without.
    """
    found: dict[str, np.ndarray] = {}
    biases = graph.biases()
    networks = PairedNetworks(graph, images, grids)
    for visit in networks.visits(reporter):
        name = visit.layer.name
        exact, rough = networks.outputs(visit, weights[name].dequantized())
        if name in biases:
            wanted, got = _by_image(exact, visit.layer), _by_image(rough, visit.layer)
            shift = (wanted.means - got.means).mean(axis=0).astype(np.float32)
            found[name] = biases[name] + shift
            rough = rough + _along_channels(shift, visit.layer, rough.ndim)
        networks.finish(visit, exact, rough)
    return found


def restore_statistics(
    graph: FloatGraph,
    weights: Mapping[str, QuantizedWeight],
    images: np.ndarray,
    grids: Mapping[str, ActivationGrid] | None,
    reporter: Reporter,
    *,
    least_scales: Mapping[str, np.ndarray] | None = None,
) -> Reconstruction:
    """Give every channel the mean and the variance over images and positions that it has in the float network.

    The scales of the weights change, the levels stay. How much of a factor can be trusted is judged by how it varies
    when single images are left out; where it is within that noise, the scale stays as it was.

    Args:
        weights: by layer name, for all layers; every output channel needs a scale that is free to change, so with one
            scale for a whole tensor, or scales that are powers of two, take :func:`correct_biases`.
        images: float32 N×C×H×W calibration images; as many are used as fit the memory bound.
        grids: activation grids by tensor name, or None for float activations.
        least_scales: lower limits of the scales by layer name.

    Layers without a bias keep the mean they have.
    """
    found = Reconstruction({}, {})
    biases = graph.biases()
    networks = PairedNetworks(graph, images, grids)
    for visit in networks.visits(reporter):
        layer = visit.layer
        weight = weights[layer.name]
        own = biases.get(layer.name, np.zeros(len(weight.scale), np.float32))
        exact, rough = networks.outputs(visit, weight.dequantized())
        wanted, got = _by_image(exact, layer), _by_image(rough, layer)
        scale = weight.scale * _spread_factor(wanted, got).astype(np.float32)
        if least_scales is not None and layer.name in least_scales:
            scale = np.maximum(scale, least_scales[layer.name])
        factor = scale / weight.scale
        bias = own
        if layer.name in biases:
            mean = got.means.mean(axis=0) - own
            bias = (wanted.means.mean(axis=0) - factor * mean).astype(np.float32)
            found.biases[layer.name] = bias
        found.weights[layer.name] = replace(weight, scale=scale.astype(np.float32))
        axes = (layer, rough.ndim)
        rough = (rough - _along_channels(own, *axes)) * _along_channels(factor, *axes) + _along_channels(bias, *axes)
        networks.finish(visit, exact, rough.astype(np.float32))
    return found


@dataclass(frozen=True)
class _Moments:
    """Float64 (N, C): every image's mean over positions, and mean square around ``centres`` (C,)."""

    means: np.ndarray
    squares: np.ndarray
    centres: np.ndarray

    def variances(self) -> tuple[np.ndarray, np.ndarray]:
        """Over all images (C,), and (N, C) with one image left out at a time; N is 2 or more."""
        count = len(self.means)
        total, squares = (self.means - self.centres).sum(axis=0), self.squares.sum(axis=0)
        overall = squares / count - (total / count) ** 2
        rest_mean = (total - (self.means - self.centres)) / (count - 1)
        rest = (squares - self.squares) / (count - 1) - rest_mean**2
        return overall, rest


def _by_image(values: np.ndarray, layer: GraphLayer) -> _Moments:
    channels = values.shape[1] if layer.kind == "conv" else values.shape[-1]
    if layer.kind == "conv":
        rows = values.reshape(len(values), channels, -1)
    else:
        rows = np.moveaxis(values.reshape(len(values), -1, channels), 1, 2)
    means = rows.mean(axis=2, dtype=np.float64)
    centres = means.mean(axis=0)
    around = rows - centres.astype(np.float32)[:, None]
    squares = np.einsum("ncp,ncp->nc", around, around, dtype=np.float64) / rows.shape[2]
    return _Moments(means, squares, centres.astype(np.float32).astype(np.float64))


def _spread_factor(wanted: _Moments, got: _Moments) -> np.ndarray:
    """(C,): ratios of standard deviations, drawn towards 1 by their jackknife standard errors as James and Stein do."""
    count = len(wanted.means)
    if count < 2:
        return np.ones(wanted.means.shape[1])
    (wanted_all, wanted_rest), (got_all, got_rest) = wanted.variances(), got.variances()
    floor = 1e-10 * (wanted_all.max(initial=0.0) + got_all.max(initial=0.0))
    alive = np.minimum.reduce([wanted_all, got_all, wanted_rest.min(axis=0), got_rest.min(axis=0)]) > floor
    wanted_all, got_all = np.where(alive, wanted_all, 1.0), np.where(alive, got_all, 1.0)
    wanted_rest, got_rest = np.where(alive, wanted_rest, 1.0), np.where(alive, got_rest, 1.0)
    ratio = 0.5 * np.log(wanted_all / got_all)
    without = 0.5 * np.log(wanted_rest / got_rest)
    noise = (count - 1) / count * ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    trust = np.maximum(0.0, 1.0 - noise / np.maximum(ratio**2, np.finfo(np.float64).tiny))
    limit = np.log(_LARGEST_FACTOR)
    factor: np.ndarray = np.exp(np.clip(trust * ratio, -limit, limit))
    return factor


def _along_channels(values: np.ndarray, layer: GraphLayer, rank: int) -> np.ndarray:
    return values.reshape(-1, *[1] * (rank - 2)) if layer.kind == "conv" else values
