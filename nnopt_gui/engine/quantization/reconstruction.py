"""Quantising layer by layer so that each layer gives the float network's outputs on the *quantised* network's inputs.

For every layer, in order, with X the float network's inputs and X̃ those that the layers quantised so far produce:
shift the weights by damped least squares to absorb X·W − X̃·W, round them with error feedback under X̃ᵀX̃, and set the
bias so that the mean output stays. Related: GPFQ (Lybrand & Saab, 2021, arXiv:2010.15979), GPTAQ (2025,
arXiv:2504.02692), bias correction (Nagel et al., 2019, arXiv:1906.04721). Needs a few hundred unlabelled images.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import onnx

from nnopt_gui.engine.onnx_graph.float_graph import INPUT, FloatGraph, GraphLayer
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid, QuantizedWeight
from nnopt_gui.engine.onnx_graph.tensors import attribute
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.error_feedback import (
    compensation_factor,
    damped,
    least_squares_shift,
    round_with_feedback,
)
from nnopt_gui.engine.quantization.grids import WeightGrid, fake_quantize, weight_grids
from nnopt_gui.engine.quantization.layer_inputs import sample_rows
from nnopt_gui.engine.quantization.node_runner import NodeRunner
from nnopt_gui.engine.recipe import WeightRange

_TENSOR_VALUES: Final = 1 << 25  # largest activation kept in memory, in values
_IMAGES: Final = (16, 256)
_ROWS: Final = 8192  # rows of a layer's input matrix that are looked at
_DEPTHWISE_ROWS: Final = 1024  # a handful of inputs per output needs fewer
_BLOCK_INPUTS: Final = 1152  # inputs that compensate one another; bounds time and memory of wide layers
_SHARES: Final = np.linspace(0.35, 1.0, 9)  # candidate scales, as shares of the one that covers the largest weight


@dataclass(frozen=True)
class Reconstruction:
    """Quantised weights and corrected biases by layer name; layers without a bias stay without."""

    weights: dict[str, QuantizedWeight]
    biases: dict[str, np.ndarray]


@dataclass(frozen=True)
class RoundingTask:
    """What applies to weights besides their inputs. ``kept`` and ``least_scale`` have output channels first."""

    bits: int
    weight_range: WeightRange = "mse"
    kept: np.ndarray | None = None
    least_scale: np.ndarray | None = None

    def of_group(self, index: int, groups: int, columns: int) -> RoundingTask:
        """The part that belongs to one group of a grouped convolution, as matrices (O, K) and vectors (O,)."""
        kept = None if self.kept is None else self.kept.reshape(groups, -1, columns)[index]
        least = None if self.least_scale is None else self.least_scale.reshape(groups, -1)[index]
        return RoundingTask(self.bits, self.weight_range, kept, least)


def reconstruct(
    graph: FloatGraph,
    bits: Mapping[str, int],
    images: np.ndarray,
    grids: Mapping[str, ActivationGrid] | None,
    reporter: Reporter,
    *,
    weight_range: WeightRange = "mse",
    masks: Mapping[str, np.ndarray] | None = None,
    least_scales: Mapping[str, np.ndarray] | None = None,
    seed: int = 0,
) -> Reconstruction:
    """Quantise all layers in graph order.

    Args:
        bits: by layer name, 1 to 8.
        images: float32 N×C×H×W calibration images; as many are used as fit the memory bound.
        grids: activation grids by tensor name, or None for float activations.
        weight_range: ``mse`` chooses each channel's scale by the error of its outputs, ``minmax`` covers all weights.
        masks: False where a weight was pruned, output channels first.
        least_scales: lower limits of the scales by layer name.
    """
    runner = NodeRunner(graph)
    count = int(np.clip(_TENSOR_VALUES // runner.widest(), *_IMAGES))
    exact: dict[str, np.ndarray] = {INPUT: images[:count]}
    rough = {INPUT: _on_grid(images[:count], INPUT, grids)}
    layers = {layer.node_name: layer for layer in graph.layers}
    weights, biases = graph.weights(), graph.biases()
    result = Reconstruction({}, {})
    rng = np.random.default_rng(seed)
    for node, finished in runner.live_after():
        reporter.checkpoint()
        layer = layers.get(node.name)
        override: dict[str, np.ndarray] = {}
        if layer is not None:
            reporter.progress(len(result.weights), len(layers))
            name = layer.name
            task = RoundingTask(bits[name], weight_range, (masks or {}).get(name), (least_scales or {}).get(name))
            pair = exact[node.input[0]], rough[node.input[0]]
            quantized, bias = _round_layer(node, layer, weights[name], biases.get(name), pair, task, rng, reporter)
            result.weights[name] = quantized
            override[layer.weight] = np.moveaxis(quantized.dequantized(), 0, layer.out_axis)
            if bias is not None and layer.bias is not None:
                result.biases[name] = override[layer.bias] = bias
        exact.update(runner.run(node, exact))
        for name, value in runner.run(node, {**rough, **override}).items():
            rough[name] = _on_grid(value, name, grids)
        for name in finished:
            del exact[name], rough[name]
    return result


def _on_grid(values: np.ndarray, name: str, grids: Mapping[str, ActivationGrid] | None) -> np.ndarray:
    return fake_quantize(values, grids[name]) if grids is not None and name in grids else values


def _round_layer(
    node: onnx.NodeProto,
    layer: GraphLayer,
    weight: np.ndarray,
    bias: np.ndarray | None,
    inputs: tuple[np.ndarray, np.ndarray],
    task: RoundingTask,
    rng: np.random.Generator,
    reporter: Reporter,
) -> tuple[QuantizedWeight, np.ndarray | None]:
    """Quantise one layer given its exact and its rough inputs."""
    columns = int(np.prod(weight.shape[1:]))
    available = inputs[0].size // inputs[0].shape[1 if layer.kind == "conv" else -1]
    depthwise = layer.kind == "conv" and attribute(node, "group", 1) == len(weight) > 1
    picks = np.sort(rng.random(min(available, _DEPTHWISE_ROWS if depthwise else _ROWS)))
    exact = sample_rows(node, layer, inputs[0], weight.shape, picks)
    rough = sample_rows(node, layer, inputs[1], weight.shape, picks)
    groups = len(exact)
    rows = weight.reshape(groups, -1, columns)
    if depthwise:
        found = _round_depthwise(rows[:, 0], (exact, rough), task, centred=bias is not None)
        quantized = QuantizedWeight(found[0].reshape(weight.shape), found[1], task.bits, task.kept)
        return quantized, None if bias is None else (bias + found[2]).astype(np.float32)
    levels, scales, shifts = [], [], []
    for index in range(groups):
        if index % 16 == 0:
            reporter.checkpoint()
        part = _round_rows(
            rows[index],
            (exact[index], rough[index]),
            task.of_group(index, groups, columns),
            reporter.checkpoint,
            centred=bias is not None,
        )
        levels.append(part[0])
        scales.append(part[1])
        shifts.append(part[2])
    quantized = QuantizedWeight(
        np.concatenate(levels).reshape(weight.shape), np.concatenate(scales), task.bits, task.kept
    )
    return quantized, None if bias is None else (bias + np.concatenate(shifts)).astype(np.float32)


def _round_rows(
    rows: np.ndarray,
    inputs: tuple[np.ndarray, np.ndarray],
    task: RoundingTask,
    checkpoint: Callable[[], None],
    *,
    centred: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels (O, K), scales (O,) and bias shifts (O,) of one group of a layer."""
    exact, rough = inputs
    seen = rough - rough.mean(axis=0) if centred else rough
    residual = (exact - rough) @ rows.T
    residual -= residual.mean(axis=0) if centred else 0.0
    problem = _Problem.of(rows, seen, residual, task.kept, checkpoint)
    best: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    for grid in weight_grids(task.bits):
        scale = problem.choose_scale(_candidates(rows, grid, task), grid)
        levels = problem.solve(scale, grid)
        error = ((residual - seen @ (levels * scale[:, None] - rows).T) ** 2).sum(axis=0)
        if best is None:
            best = levels, scale, error
            continue
        better = error < best[2]
        best = (
            np.where(better[:, None], levels, best[0]),
            np.where(better, scale, best[1]),
            np.where(better, error, best[2]),
        )
    assert best is not None
    # Means commute with the layer, so the bias that keeps the mean output needs no further pass over the rows.
    shift = rows @ exact.mean(axis=0) - (best[0] * best[1][:, None]) @ rough.mean(axis=0)
    return best[0].astype(np.int8), best[1].astype(np.float32), shift


def _round_depthwise(
    rows: np.ndarray, inputs: tuple[np.ndarray, np.ndarray], task: RoundingTask, *, centred: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """:func:`_round_rows` for groups of one output, all groups at once: rows (G, K), inputs (G, R, K)."""
    exact, rough = inputs
    seen = rough - rough.mean(axis=1, keepdims=True) if centred else rough
    residual = np.matmul(exact - rough, rows[:, :, None])
    residual -= residual.mean(axis=1, keepdims=True) if centred else 0.0
    across = np.swapaxes(seen, 1, 2)
    moment = damped(across @ seen, seen.shape[1])
    factor = compensation_factor(moment)
    shifted = rows + least_squares_shift(moment, across @ residual)[:, :, 0]
    kept = None if task.kept is None else task.kept.reshape(rows.shape)
    options = []
    for grid in weight_grids(task.bits):
        levels, losses = round_with_feedback(shifted, factor, _candidates(rows, grid, task), grid, kept)
        best = losses.argmin(axis=1)
        every = np.arange(len(rows))
        options.append((levels[every, best], _candidates(rows, grid, task)[every, best], losses[every, best]))
    levels, scale, loss = options[0]
    for other in options[1:]:
        better = other[2] < loss
        levels, scale = np.where(better[:, None], other[0], levels), np.where(better, other[1], scale)
    means = exact.mean(axis=1), rough.mean(axis=1)
    shift = (rows * means[0]).sum(axis=1) - (levels * scale[:, None] * means[1]).sum(axis=1)
    return levels.astype(np.int8), scale.astype(np.float32), shift


def _candidates(rows: np.ndarray, grid: WeightGrid, task: RoundingTask) -> np.ndarray:
    """Scales (O, S) to try; positive also for channels of zeros."""
    if grid.binary:
        mean = np.abs(rows).mean(axis=1, keepdims=True)
        scales = np.where(mean > 0, mean, 1.0) * _SHARES * 1.5
    else:
        largest = np.abs(rows).max(axis=1, keepdims=True)
        shares = _SHARES if task.weight_range == "mse" else np.ones(1)
        scales = np.where(largest > 0, largest / grid.reach, 1.0) * shares
    if task.least_scale is not None:
        scales = np.maximum(scales, task.least_scale[:, None])
    return scales.astype(np.float32)


@dataclass(frozen=True)
class _Problem:
    """min ‖residual − seen·(Q − rows)ᵀ‖² over levels times scales; inputs outside a block do not compensate it.

    Blocks are neighbouring inputs, each in falling order of energy.
    """

    rows: np.ndarray
    seen: np.ndarray
    residual: np.ndarray
    kept: np.ndarray | None
    blocks: list[np.ndarray]
    moments: list[np.ndarray]
    factors: list[np.ndarray]
    checkpoint: Callable[[], None]

    @classmethod
    def of(
        cls,
        rows: np.ndarray,
        seen: np.ndarray,
        residual: np.ndarray,
        kept: np.ndarray | None,
        checkpoint: Callable[[], None],
    ) -> _Problem:
        energy = (seen * seen).sum(axis=0)
        parts = np.array_split(np.arange(len(energy)), -(-len(energy) // _BLOCK_INPUTS))
        blocks = [part[np.argsort(-energy[part], kind="stable")] for part in parts]
        moments = [damped(seen[:, block].T @ seen[:, block], len(seen)) for block in blocks]
        factors = [compensation_factor(moment) for moment in moments]
        return cls(rows, seen, residual, kept, blocks, moments, factors, checkpoint)

    def choose_scale(self, scales: np.ndarray, grid: WeightGrid) -> np.ndarray:
        """Of candidates (O, S) the one with the least compensated error, per channel."""
        losses = np.zeros(scales.shape, np.float32)
        for block, factor in zip(self.blocks, self.factors, strict=True):
            losses += round_with_feedback(
                self.rows[:, block], factor, scales, grid, self._mask(block), self.checkpoint
            )[1]
        chosen: np.ndarray = scales[np.arange(len(scales)), losses.argmin(axis=1)]
        return chosen

    def solve(self, scale: np.ndarray, grid: WeightGrid) -> np.ndarray:
        """Levels (O, K) for one scale per channel; what one block leaves over is the next one's residual."""
        levels = np.zeros(self.rows.shape, np.int8)
        left = self.residual.copy()
        for block, moment, factor in zip(self.blocks, self.moments, self.factors, strict=True):
            columns = self.seen[:, block]
            shifted = self.rows[:, block] + least_squares_shift(moment, columns.T @ left).T
            found = round_with_feedback(shifted, factor, scale[:, None], grid, self._mask(block), self.checkpoint)[0][
                :, 0
            ]
            levels[:, block] = found
            left -= columns @ (found * scale[:, None] - self.rows[:, block]).T
        return levels

    def _mask(self, block: np.ndarray) -> np.ndarray | None:
        return None if self.kept is None else self.kept[:, block]
