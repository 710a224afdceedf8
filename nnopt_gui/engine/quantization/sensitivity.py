"""How much every layer suffers from every bit width: a cheap proxy, then set right by a few really quantised networks.

The proxy disturbs one layer at a time, runs the rest of the float network, and compares the outputs. It knows nothing
of what the quantiser does afterwards: layers further on are fitted to the disturbed inputs and repair part of the
damage, the more of them the more. :func:`calibrate` measures that repair, and what damage means in accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import onnx

from nnopt_gui.engine.bit_allocation import (
    CHOICES,
    CalibrationPoint,
    LayerSensitivity,
    PairedOutcome,
    Sensitivity,
    allocate,
)
from nnopt_gui.engine.onnx_graph.float_graph import INPUT, OUTPUT, FloatGraph, GraphLayer
from nnopt_gui.engine.onnx_graph.layer_profiles import profile_graph
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.error_feedback import compensation_factor, damped, round_with_feedback
from nnopt_gui.engine.quantization.grids import WeightGrid, weight_grids
from nnopt_gui.engine.quantization.layer_inputs import sample_rows
from nnopt_gui.engine.quantization.node_runner import NodeRunner
from nnopt_gui.engine.weight_plan import packed_bytes
from nnopt_gui.errors import DataError, RecipeError

ALL_BITS: Final = (1, 2, 3, 4, 5, 6, 7, 8)
EVALUATIONS: Final = 7  # really quantised networks that calibrate runs

_PROBED: Final = (1, 2, 4)  # widths whose damage is run; between them it follows the error of the layer's own output
_IMAGES: Final = (8, 128)
_WORK_MACS: Final = 1.2e11  # of running the network's rest after every layer
_TENSOR_VALUES: Final = 1 << 25  # largest activation kept in memory, in values
_ROWS: Final = 2048
_BLOCK_INPUTS: Final = 1152
_SHARES: Final = np.linspace(0.4, 1.0, 4)  # candidate scales, as shares of the one that covers the largest weight
_LEAST: Final = 1e-12  # nats, or share of an output's energy; below lies float32's rounding
_EXPONENT: Final = (0.5, 2.0)  # how steeply damage may follow the error between two probed widths
_PATH: Final = (0.0, 0.04, 0.12, 0.3)  # between the smallest and the largest file: where accuracy bends
_MOST_REPAIR: Final = 6.0  # the first layer's damage shrinks by at most e^6 more than the last one's
_BATCH: Final = 16

# Mean KL divergence to the float network's outputs is in nats throughout.


# -- the proxy -----------------------------------------------------------------------------------------------------


def measure_sensitivity(
    graph: FloatGraph, images: np.ndarray, bits: Sequence[int] = ALL_BITS, *, reporter: Reporter, seed: int = 0
) -> Sensitivity:
    """The damage of every layer at every width, without calibration points.

    Weights are rounded with error feedback under the layer's exact inputs on half of the images, means kept; the other
    half tells the damage. 1, 2 and 4 bits are run to the outputs; the damage of other widths follows from theirs by the
    error at the layer's own output.

    Args:
        images: float32 N×C×H×W; as many are used as the network's size allows, 8 to 128.
        bits: 1 to 8 each.

    Raises:
        DataError: there are no images, or they do not fit.
        RecipeError: the network has no layer to quantise.
    """
    if not graph.layers:
        raise RecipeError("This network has no layer that can be quantised.", "Leave the quantize step out.")
    _check_images(graph, images)
    widths = sorted(set(bits))
    runner = NodeRunner(graph)
    probe = _Probe(graph, runner, widths, seed, reporter)
    images = images[: _image_count(graph, runner, len(probe.probed))]
    reporter.status("Measuring how sensitive each layer is")
    logits = _logits(graph.model, images, reporter)
    values = {INPUT: images}
    found: list[LayerSensitivity] = []
    for index, (node, finished) in enumerate(probe.nodes):
        reporter.checkpoint()
        layer = probe.layers.get(node.name)
        if layer is not None:
            reporter.progress(len(found), len(graph.layers))
            found.append(probe.measure(index, layer, values, logits))
        values.update(runner.run(node, values))
        for name in finished:
            del values[name]
    return Sensitivity(tuple(found))


def _check_images(graph: FloatGraph, images: np.ndarray) -> None:
    if not len(images):
        raise DataError("There are no calibration images.", "Use a data set with more images.")
    if images.ndim != 4 or images.shape[1:] != graph.input_shape:
        raise DataError(f"Calibration images are {images.shape[1:]}, the network takes {graph.input_shape}.")


def _image_count(graph: FloatGraph, runner: NodeRunner, probed: int) -> int:
    """By the network alone, never by the clock: the same numbers at every run."""
    profile = profile_graph(graph)
    macs = profile.fixed_macs + sum(layer.positions * math.prod(layer.weight_shape) for layer in profile.layers)
    affordable = _WORK_MACS / max(1.0, macs * len(graph.layers) * probed / 2)
    return int(np.clip(min(affordable, _TENSOR_VALUES // runner.widest()), *_IMAGES))


class _Probe:
    """Disturbs one layer and watches the outputs."""

    def __init__(self, graph: FloatGraph, runner: NodeRunner, widths: Sequence[int], seed: int, reporter: Reporter):
        self.nodes = list(runner.live_after())
        self.layers = {layer.node_name: layer for layer in graph.layers}
        self.probed = [width for width in widths if width in _PROBED] or list(widths[:1])
        self._weights = graph.weights()
        self._runner = runner
        self._widths = widths
        self._rng = np.random.default_rng(seed)
        self._reporter = reporter

    def measure(
        self, index: int, layer: GraphLayer, values: Mapping[str, np.ndarray], logits: np.ndarray
    ) -> LayerSensitivity:
        """Of the layer that node ``index`` is, given all tensors alive before it and the float network's logits."""
        node, weight = self.nodes[index][0], self._weights[layer.name]
        fitted = values[node.input[0]]
        fitted = fitted[: _fitted(len(fitted))]
        available = fitted.size // fitted.shape[1 if layer.kind == "conv" else -1]
        picks = np.sort(self._rng.random(min(available, _ROWS)))
        rows = sample_rows(node, layer, fitted, weight.shape, picks)
        rounding = _Rounding.of(weight, rows, self._reporter.checkpoint)
        errors: dict[int, float] = {}
        run: dict[int, float] = {}
        for width in self._widths:
            rounded, errors[width] = rounding.round(width)
            if width in self.probed:
                disturbed = self._disturbed(index, layer, values, rounded)
                rough = self._finish(index, {**values, **disturbed})
                judged = slice(_fitted(len(logits)) % len(logits), None)
                run[width] = divergence(logits[judged], rough[judged])
        damage = _interpolated(errors, run)
        return LayerSensitivity(layer.name, weight.size, len(weight), damage)

    def _disturbed(
        self, index: int, layer: GraphLayer, values: Mapping[str, np.ndarray], rounded: np.ndarray
    ) -> dict[str, np.ndarray]:
        """The layer's output with rounded weights, the mean of every channel kept as the quantiser's biases keep it."""
        node = self.nodes[index][0]
        exact = self._runner.run(node, values)[node.output[0]]
        rough = self._runner.run(node, {**values, layer.weight: np.moveaxis(rounded, 0, layer.out_axis)})[
            node.output[0]
        ]
        channel = 1 if layer.kind == "conv" else exact.ndim - 1
        others = tuple(axis for axis in range(exact.ndim) if axis != channel)
        return {node.output[0]: rough - (rough - exact).mean(axis=others, keepdims=True)}

    def _finish(self, index: int, values: dict[str, np.ndarray]) -> np.ndarray:
        """Logits from the tensors alive after node ``index``."""
        for node, finished in self.nodes[index + 1 :]:
            self._reporter.checkpoint()
            values.update(self._runner.run(node, values))
            for name in finished:
                values.pop(name, None)
        return values[OUTPUT]


def _fitted(images: int) -> int:
    """On how many of the images, the first, weights are fitted; the others tell the damage."""
    return max(1, images // 2)


def _interpolated(errors: Mapping[int, float], run: Mapping[int, float]) -> dict[int, float]:
    """Damage by width, never rising with the bits: log damage against log error between the widths that were run,
    proportional to the error beyond them."""
    known = sorted((math.log(max(errors[width], _LEAST)), math.log(max(run[width], _LEAST))) for width in run)
    damage: dict[int, float] = {}
    lowest = math.inf
    for width in sorted(errors):
        error = math.log(max(errors[width], _LEAST))
        value = run[width] if width in run else math.exp(_on_line(error, known))
        lowest = damage[width] = float(min(lowest, max(value, _LEAST)))
    return damage


def _on_line(x: float, known: Sequence[tuple[float, float]]) -> float:
    below = max((point for point in known if point[0] <= x), default=known[0])
    above = min((point for point in known if point[0] > x), default=known[-1])
    if above[0] - below[0] < 1e-6 or not below[0] <= x <= above[0]:
        return below[1] + x - below[0]
    slope = float(np.clip((above[1] - below[1]) / (above[0] - below[0]), *_EXPONENT))
    return below[1] + slope * (x - below[0])


def divergence(reference: np.ndarray, logits: np.ndarray) -> float:
    """Mean Kullback-Leibler divergence in nats between the classes that two sets of logits (N, classes) give."""
    exact, rough = _log_softmax(reference), _log_softmax(logits)
    return float((np.exp(exact) * (exact - rough)).sum(axis=1).mean())


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


# -- rounding one layer --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Block:
    """Inputs of one group that compensate one another, in falling order of energy; or with a factor (O, K, K) and
    ``group`` None all groups of a depthwise convolution at once."""

    group: int | None
    inputs: np.ndarray
    factor: np.ndarray


@dataclass(frozen=True)
class _Rounding:
    """One layer's weights (groups, O, K) and how its inputs vary."""

    shape: tuple[int, ...]
    weights: np.ndarray
    blocks: Sequence[_Block]
    checkpoint: Callable[[], None]

    @classmethod
    def of(cls, weight: np.ndarray, rows: np.ndarray, checkpoint: Callable[[], None]) -> _Rounding:
        groups, samples, columns = rows.shape
        seen = rows - rows.mean(axis=1, keepdims=True)
        weights = weight.reshape(groups, -1, columns)
        if weights.shape[1] == 1:
            moments = damped(np.swapaxes(seen, 1, 2) @ seen, samples)
            blocks = [_Block(None, np.arange(columns), compensation_factor(moments))]
            return cls(weight.shape, weights, blocks, checkpoint)
        blocks = []
        for group, part in ((group, part) for group in range(groups) for part in _parts(columns)):
            checkpoint()
            inputs = part[np.argsort(-(seen[group][:, part] ** 2).sum(axis=0), kind="stable")]
            chosen = seen[group][:, inputs]
            blocks.append(_Block(group, inputs, compensation_factor(damped(chosen.T @ chosen, samples))))
        return cls(weight.shape, weights, blocks, checkpoint)

    def round(self, bits: int) -> tuple[np.ndarray, float]:
        """The weights on the grid of that many bits, and the squared error of the layer's outputs."""
        rounded, total = np.empty_like(self.weights), 0.0
        for block in self.blocks:
            group = slice(None) if block.group is None else slice(block.group, block.group + 1)
            rows = self.weights[group][..., block.inputs].reshape(-1, len(block.inputs))
            best, least = np.zeros_like(rows), np.full(len(rows), np.inf, np.float32)
            for grid in weight_grids(bits):
                scales = _candidates(self.weights[group].reshape(len(rows), -1), grid)
                levels, losses = round_with_feedback(rows, block.factor, scales, grid, None, self.checkpoint)
                every, chosen = np.arange(len(rows)), losses.argmin(axis=1)
                values = levels[every, chosen] * scales[every, chosen, None]
                better = losses[every, chosen] < least
                best, least = np.where(better[:, None], values, best), np.where(better, losses[every, chosen], least)
            rounded[group, :, block.inputs] = best.reshape(*self.weights[group].shape[:2], -1)
            total += float(least.sum())
        return rounded.reshape(self.shape).astype(np.float32), total


def _parts(columns: int) -> list[np.ndarray]:
    return np.array_split(np.arange(columns), -(-columns // _BLOCK_INPUTS))


def _candidates(rows: np.ndarray, grid: WeightGrid) -> np.ndarray:
    """Scales (O, S) to try; positive also for channels of zeros."""
    size = np.abs(rows).mean(axis=1) * 1.5 if grid.binary else np.abs(rows).max(axis=1) / grid.reach
    scales = np.where(size > 0, size, 1.0)[:, None] * _SHARES
    return np.maximum(scales, np.finfo(np.float32).tiny).astype(np.float32)


# -- set right by really quantised networks ------------------------------------------------------------------------


def calibrate(
    sensitivity: Sensitivity,
    graph: FloatGraph,
    images: np.ndarray,
    quantise: Callable[[Mapping[str, int]], onnx.ModelProto],
    evaluate: Callable[[onnx.ModelProto], PairedOutcome],
    reporter: Reporter,
    choices: Sequence[int] = CHOICES,
) -> Sensitivity:
    """Correct the damage for what the real quantiser repairs, and learn what damage means in accuracy.

    Seven networks are quantised: all layers at the most bits, each half of the network at the fewest bits (the other at
    the most), and four allocations between the smallest and the largest file. The halves give how much less a layer
    counts the more layers follow it, one exponential law for the network. The others are the calibration points: like
    the slider's answers they were chosen for their small damage, which makes it look smaller than it is.

    Args:
        sensitivity: of :func:`measure_sensitivity`, with all ``choices``.
        images: float32 N×C×H×W, best not those that ``quantise`` fits to; no labels needed.
        quantise: bits by layer name → the artifact.
        evaluate: the artifact beside the float network, on images that ``quantise`` has not seen.

    Raises:
        DataError: there are no images, or they do not fit.
    """
    _check_images(graph, images)
    reference = _logits(graph.model, images, reporter)
    fewest, most = min(choices), max(choices)
    names = [layer.name for layer in sensitivity.layers]
    half = (len(names) + 1) // 2
    done = 0

    def run(bits: Mapping[str, int]) -> onnx.ModelProto:
        nonlocal done
        reporter.status(f"Calibrating the accuracy prediction ({done + 1} of {EVALUATIONS})")
        reporter.progress(done, EVALUATIONS)
        done += 1
        return quantise(bits)

    def moved(model: onnx.ModelProto) -> float:
        return divergence(reference, _logits(model, images, reporter))

    top = dict.fromkeys(names, most)
    best = run(top)
    floor = moved(best)
    front = moved(run({**top, **dict.fromkeys(names[:half], fewest)})) - floor
    back = moved(run({**top, **dict.fromkeys(names[half:], fewest)})) - floor
    corrected = _repaired(sensitivity, fewest, half, (max(_LEAST, front), max(_LEAST, back)))
    points = [CalibrationPoint(corrected.damage(top), evaluate(best))]
    points += [CalibrationPoint(corrected.damage(bits), evaluate(run(bits))) for bits in _path(corrected, choices)]
    return replace(corrected, points=tuple(points))


def _repaired(sensitivity: Sensitivity, bits: int, half: int, measured: tuple[float, float]) -> Sensitivity:
    """Damage times exp(a + b·depth) with a and b such that either half of the network, at ``bits``, sums to what was
    ``measured``."""
    damage = np.array([layer.damage[bits] for layer in sensitivity.layers])
    depth = np.linspace(0.0, 1.0, len(damage))
    if half == len(damage):
        slope = 0.0
    else:
        low, high = 0.0, _MOST_REPAIR
        for _ in range(50):
            slope = (low + high) / 2
            grown = damage * np.exp(slope * depth)
            too_flat = grown[:half].sum() * measured[1] > grown[half:].sum() * measured[0]
            low, high = (slope, high) if too_flat else (low, slope)
    factors = np.exp(slope * depth)
    factors *= sum(measured) / (damage * factors).sum()
    layers = tuple(
        replace(layer, damage={width: float(value * factor) for width, value in layer.damage.items()})
        for layer, factor in zip(sensitivity.layers, factors, strict=True)
    )
    return replace(sensitivity, layers=layers)


def _path(sensitivity: Sensitivity, choices: Sequence[int]) -> Iterator[dict[str, int]]:
    """The allocations that the slider gives at a few budgets."""
    smallest, largest = (
        sum(packed_bytes(layer.weights, bits) for layer in sensitivity.layers) for bits in (min(choices), max(choices))
    )
    for share in _PATH:
        budget = smallest + math.floor(share * (largest - smallest))
        yield dict(allocate(sensitivity, budget, 0, choices).bits)


def _logits(model: onnx.ModelProto, images: np.ndarray, reporter: Reporter) -> np.ndarray:
    session = open_session(model)
    parts = []
    for start in range(0, len(images), _BATCH):
        reporter.checkpoint()
        parts.append(np.asarray(session.run([OUTPUT], {INPUT: images[start : start + _BATCH]})[0]))
    return np.concatenate(parts)
