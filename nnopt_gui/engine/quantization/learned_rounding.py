"""Learning for every weight whether to round it down or up: AdaRound (Nagel et al., 2020, arXiv:2004.10568).

Layer by layer, a variable per weight chooses between the two neighbouring levels so that the layer, on the inputs that
the layers quantised so far give, does what the float layer does on the float network's inputs, the ReLU behind it
included. The rectified sigmoid of the variable is pushed to 0 or 1 by a regulariser that sharpens over time. Rows of
the layer's input matrix are drawn instead of whole images, so any layer is a (grouped) matrix product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
import torch
from torch import Tensor

from nnopt_gui.engine.onnx_graph.activation_plan import clamp_bounds
from nnopt_gui.engine.onnx_graph.float_graph import OUTPUT, FloatGraph
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid, QuantizedWeight
from nnopt_gui.engine.onnx_graph.tensors import consumers, initializers
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.grids import INT8_REACH
from nnopt_gui.engine.quantization.layer_inputs import sample_rows
from nnopt_gui.engine.quantization.paired_networks import LayerVisit, PairedNetworks
from nnopt_gui.engine.quantization.reconstruction import Reconstruction
from nnopt_gui.engine.quantization.rounding_choice import RATE, LevelChoice, indecision, inverse, rectified
from nnopt_gui.engine.quantization.weights import quantize_weight
from nnopt_gui.engine.recipe import Effort, Granularity, Scheme, WeightRange

_ROWS: Final = 8192  # rows of a layer's input matrix that are learned from
_BATCH: Final = 256  # of them in a step
# Multiply-accumulates that learning may take, forward and backward: about half a minute to four minutes on two cores.
# Counted instead of timed, so that the same recipe gives the same file on a busy machine.
_WORK: Final[Mapping[Effort, float]] = {"fast": 2.0e12, "balanced": 4.0e12, "best": 1.4e13}
_MOST_STEPS: Final[Mapping[Effort, int]] = {"fast": 150, "balanced": 300, "best": 1000}
_LEAST_STEPS: Final = 100
_PASSES: Final = 2  # forward, and backward to the weights


def iterations_for(graph: FloatGraph, effort: Effort) -> int:
    """How many steps each layer gets; 0 where a network is so large that they would be too few to help."""
    work = sum(_BATCH * weight.size for weight in graph.weights().values()) * _PASSES
    steps = int(min(_MOST_STEPS[effort], _WORK[effort] / max(1, work)))
    return steps if steps >= _LEAST_STEPS else 0


def learn_rounding(
    graph: FloatGraph,
    bits: Mapping[str, int],
    images: np.ndarray,
    grids: Mapping[str, ActivationGrid] | None,
    reporter: Reporter,
    *,
    weight_range: WeightRange = "mse",
    masks: Mapping[str, np.ndarray] | None = None,
    least_scales: Mapping[str, np.ndarray] | None = None,
    scheme: Scheme = "symmetric",
    granularity: Granularity = "channel",
    largest_level: int = INT8_REACH,
    iterations: int = 300,
    seed: int = 0,
) -> Reconstruction:
    """Quantise all layers in graph order; scales are those of :func:`quantize_weight`, roundings are learned.

    Biases keep every channel's mean output. A channel whose learned roundings do worse on all rows than the nearest
    levels keeps those.

    Args:
        bits: by layer name, 1 to 8.
        images: float32 N×C×H×W calibration images; as many are used as fit the memory bound.
        grids: activation grids by tensor name, or None for float activations.
        weight_range: see :func:`quantize_weight`; ``scheme``, ``granularity`` and ``largest_level`` too.
        masks: False where a weight was pruned, output channels first.
        least_scales: lower limits of the scales by layer name.
        iterations: steps of Adam per layer, see :func:`iterations_for`.

    Raises:
        ModelError: a weight is not finite.
        RecipeError: the scheme has no levels of that width.
    """
    rng = np.random.default_rng(seed)
    clamps, values, biases = _clamps(graph), graph.weights(), graph.biases()
    nearest = partial(
        quantize_weight,
        scheme=scheme,
        granularity=granularity,
        largest_level=largest_level,
        checkpoint=reporter.checkpoint,
    )
    found = Reconstruction({}, {})
    networks = PairedNetworks(graph, images, grids)
    for visit in networks.visits(reporter):
        name = visit.layer.name
        start = nearest(values[name], bits[name], weight_range, (masks or {}).get(name), (least_scales or {}).get(name))
        rows = _rows(visit, values[name], biases.get(name), clamps.get(name), rng)
        found.weights[name], shift = _learned(rows, values[name], start, iterations, rng, reporter)
        if name in biases:
            found.biases[name] = (biases[name] + shift).astype(np.float32)
        outputs = networks.outputs(visit, found.weights[name].dequantized(), found.biases.get(name))
        networks.finish(visit, *outputs)
    return found


def _learned(
    rows: _Rows,
    weight: np.ndarray,
    start: QuantizedWeight,
    iterations: int,
    rng: np.random.Generator,
    reporter: Reporter,
) -> tuple[QuantizedWeight, np.ndarray]:
    """``start`` with other levels, and the shift (O,) of the bias."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    choice = LevelChoice.between_levels(weight, start, len(rows.exact))
    levels, shift = _Learner(rows, choice, device).learn(iterations, rng, reporter)
    return replace(start, levels=levels.reshape(start.levels.shape)), shift


# -- what is learned from --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rows:
    """A layer as matrix products: ``weight`` (G, O/G, K), ``exact`` and ``rough`` inputs (G, R, K), ``bias`` (G, O/G),
    ``clamp``: the bounds of what follows. ``centred``: there is a bias that keeps the mean output."""

    weight: np.ndarray
    exact: np.ndarray
    rough: np.ndarray
    bias: np.ndarray
    clamp: tuple[float, float]
    centred: bool


def _rows(
    visit: LayerVisit,
    weight: np.ndarray,
    bias: np.ndarray | None,
    clamp: tuple[float, float] | None,
    rng: np.random.Generator,
) -> _Rows:
    available = visit.exact.size // visit.exact.shape[1 if visit.layer.kind == "conv" else -1]
    few = available <= _ROWS
    picks = (np.arange(available) + 0.5) / available if few else np.sort(rng.random(_ROWS))
    exact, rough = (
        sample_rows(visit.node, visit.layer, inputs, weight.shape, picks) for inputs in (visit.exact, visit.rough)
    )
    groups = len(exact)
    shift = np.zeros(len(weight), np.float32) if bias is None else bias
    limits = (-np.inf, np.inf) if clamp is None else clamp
    matrix = np.ascontiguousarray(weight.reshape(groups, -1, exact.shape[2]))
    return _Rows(matrix, exact, rough, shift.reshape(groups, -1), limits, bias is not None)


def _clamps(graph: FloatGraph) -> dict[str, tuple[float, float]]:
    """(low, high) of the ReLU or clip that alone reads a layer's output, by layer name."""
    constants, readers = initializers(graph.model), consumers(graph.model.graph)
    outputs = {node.name: node.output[0] for node in graph.model.graph.node}
    found = {}
    for layer in graph.layers:
        name = outputs[layer.node_name]
        after = readers.get(name, [])
        bounds = clamp_bounds(after[0], constants) if len(after) == 1 and name != OUTPUT else None
        if bounds is not None:
            found[layer.name] = bounds
    return found


# -- learning --------------------------------------------------------------------------------------------------------


class _Learner:
    """One layer on a device."""

    def __init__(self, rows: _Rows, choice: LevelChoice, device: torch.device) -> None:
        self._device = device
        exact_mean, rough_mean = rows.exact.mean(axis=1), rows.rough.mean(axis=1)
        self._rows, self._choice = rows, choice
        self._means = exact_mean, rough_mean
        self._clamp = rows.clamp
        centre = rough_mean[:, None] if rows.centred else np.float32(0.0)
        self._inputs = self._tensor(rows.rough - centre)
        float_weight = self._tensor(rows.weight)
        outputs = self._tensor(rows.exact) @ float_weight.transpose(1, 2) + self._tensor(rows.bias)[:, None]
        self._wanted = outputs.clamp(*self._clamp)
        # With centred inputs the output's mean is the float one's, whatever the rounding: no bias has to be learned.
        offset = rows.bias + np.einsum("gok,gk->go", rows.weight, exact_mean) if rows.centred else rows.bias
        self._offset = self._tensor(offset)[:, None]
        self._low, self._high = self._tensor(choice.low), self._tensor(choice.high)
        self._scale = self._tensor(choice.scale)

    def learn(self, iterations: int, rng: np.random.Generator, reporter: Reporter) -> tuple[np.ndarray, np.ndarray]:
        """Levels int8 (O, K) and shifts of the bias (O,), zeros without one."""
        nearest = self._tensor(self._choice.nearest)
        worst = self._errors(nearest * self._scale)
        unit = nearest[0].shape[-1] / worst.clamp_min(1e-12 * float(worst.max()) + 1e-30)
        variables = inverse(self._tensor(self._choice.share)).requires_grad_()
        optimizer = torch.optim.Adam([variables], lr=RATE)
        available = self._inputs.shape[1]
        for step in range(iterations):
            reporter.checkpoint()
            up = rectified(variables)
            weight = (self._low + up * (self._high - self._low)) * self._scale
            picks = torch.from_numpy(rng.integers(0, available, min(_BATCH, available))).to(self._device)
            loss = (self._errors(weight, picks) * unit).sum()
            push = indecision(up, step / iterations)
            if push is not None:
                loss = loss + push
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            learned = torch.where(rectified(variables) >= 0.5, self._high, self._low)
            better = (self._errors(learned * self._scale) < worst)[..., None]
            levels = torch.where(better, learned, nearest).cpu().numpy().astype(np.int8)
        return levels.reshape(-1, levels.shape[2]), self._shift(levels).ravel()

    def _errors(self, weight: Tensor, picks: Tensor | None = None) -> Tensor:
        """Mean squared errors (G, O/G) of a weight (G, O/G, K), on all rows or on some."""
        inputs, wanted = self._inputs, self._wanted
        if picks is not None:
            inputs, wanted = inputs[:, picks], wanted[:, picks]
        outputs = (inputs @ weight.transpose(1, 2) + self._offset).clamp(*self._clamp)
        return ((outputs - wanted) ** 2).mean(dim=1)

    def _shift(self, levels: np.ndarray) -> np.ndarray:
        if not self._rows.centred:
            return np.zeros(levels.shape[:2], np.float32)
        exact, rough = self._means
        quantized = levels * self._choice.scale
        shift: np.ndarray = np.einsum("gok,gk->go", self._rows.weight, exact) - np.einsum(
            "gok,gk->go", quantized, rough
        )
        return shift

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.array(values, np.float32)).to(self._device)
