"""Learning the levels of a whole block's weights together: block reconstruction (BRECQ, Li et al., 2021,
arXiv:2102.05426).

Layers rounded one by one cannot make up for one another, and a layer's own output is not what matters in the end. So a
residual block, or whatever else lies between two cuts of the graph (:mod:`regions`), is to give on the quantised
network's inputs what it gives in the float network, with activations rounded as they will be. Starting from the levels
that a faster method found, every weight may move to a neighbouring level; scales and biases move along. The rounding is
passed straight through (:mod:`neighbour_levels`) instead of AdaRound's sigmoid, which needs thousands of steps before
hard choices are as good as soft ones: from a good start a few hundred steps are enough.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import torch
from torch import Tensor

from nnopt_gui.engine.onnx_graph.float_graph import INPUT, FloatGraph
from nnopt_gui.engine.onnx_graph.layer_profiles import profile_graph
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid
from nnopt_gui.engine.onnx_graph.regions import Region, find_regions
from nnopt_gui.engine.onnx_graph.torch_graph import After, TorchGraph, unsupported
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.activation_rounding import ActivationRounding
from nnopt_gui.engine.quantization.grids import INT8_REACH
from nnopt_gui.engine.quantization.neighbour_levels import NeighbourLevels
from nnopt_gui.engine.quantization.reconstruction import LayerRounder, Reconstruction
from nnopt_gui.engine.quantization.tunable_layers import TunableBias
from nnopt_gui.engine.recipe import Effort

_BATCH: Final = 32  # images in a step
_LEVEL_DRIFT: Final = 1.0  # how far the steps of Adam may carry a level in all
_SCALE_RATE: Final = 3e-3  # for scales and biases, in what they were at first
_WARM_UP: Final = 10  # steps
_IMAGES: Final = 512  # at most
_LEAST_IMAGES: Final = 32
_TENSOR_VALUES: Final = 1 << 25  # of a block's input or output that are kept in memory
# Multiply-accumulates that learning may take, forward and backward: about half a minute and two minutes on two cores.
# Counted instead of timed, so that the same recipe gives the same file on a busy machine.
_WORK: Final[Mapping[Effort, float]] = {"fast": 1.0e12, "balanced": 2.0e12, "best": 7.0e12}
_MOST_STEPS: Final[Mapping[Effort, int]] = {"fast": 200, "balanced": 400, "best": 1200}
_LEAST_STEPS: Final = 50
_PASSES: Final = 3  # forward, backward to the weights and to the inputs
_AT_ONCE: Final = 5.0e8  # multiply-accumulates between two checkpoints: well below 100 ms


def block_steps_for(graph: FloatGraph, effort: Effort) -> int:
    """How many steps every block gets; 0 where the graph cannot be run in torch, or is so large that they would be too
    few to help."""
    if unsupported(graph):
        return 0
    macs = sum(_layer_macs(graph).values())
    steps = int(min(_MOST_STEPS[effort], _WORK[effort] / (_PASSES * _BATCH * max(1, macs))))
    return steps if steps >= _LEAST_STEPS else 0


def learn_blocks(
    graph: FloatGraph,
    rounder: LayerRounder,
    images: np.ndarray,
    grids: Mapping[str, ActivationGrid] | None,
    reporter: Reporter,
    *,
    steps: int,
    least_scales: Mapping[str, np.ndarray] | None = None,
    largest_level: int = INT8_REACH,
    fixed_scales: bool = False,
    seed: int = 0,
) -> Reconstruction:
    """Quantise all layers, block by block in graph order.

    A block that ends no better than it started, on all images, stays as it was.

    Args:
        rounder: finds the levels to start from, layer by layer, on the inputs that the layers learned so far give;
            layers built from codebooks keep their weights.
        images: float32 N×C×H×W calibration images; as many are used as fit the memory bound.
        grids: activation grids by tensor name, or None for float activations.
        steps: of Adam for every block, see :func:`block_steps_for`.
        least_scales: lower limits of the scales by layer name.
        largest_level: no level is moved beyond this magnitude.
        fixed_scales: only levels and biases move.

    Raises:
        ModelError: the graph has operators without gradients; ask :func:`block_steps_for` before.
    """
    runner = _Runner(graph, grids, reporter)
    exact = runner.images(images)
    rough = exact if runner.after is None else runner.after(INPUT, exact)
    rng, result = np.random.default_rng(seed), Reconstruction({}, {})
    for index, region in enumerate(runner.regions):
        reporter.progress(index, len(runner.regions))
        start = runner.rounded(region, rounder, exact, rough)
        block = _Block(start, least_scales or {}, runner.device, largest_level, fixed_scales=fixed_scales)
        wanted, before = runner.run(region, exact), runner.run(region, rough, block.values())
        error = _error(before, wanted)
        if error > 0 and block.learns:
            runner.learn(region, block, (rough, wanted), steps, error, rng)
        after = runner.run(region, rough, block.values())
        better = _error(after, wanted) < error
        found = block.result() if better else start
        result.weights.update(found.weights)
        result.biases.update(found.biases)
        exact, rough = wanted, after if better else before
    return result


_Values = tuple[dict[str, Tensor], dict[str, Tensor]]  # weights and biases, by layer name


def _error(got: Tensor, wanted: Tensor) -> float:
    return float(((got - wanted) ** 2).mean())


def _layer_macs(graph: FloatGraph) -> dict[str, int]:
    """Of one image, by layer name."""
    return {layer.name: math.prod(layer.weight_shape) * layer.positions for layer in profile_graph(graph).layers}


class _Block:
    """What is learned of one region; layers built from codebooks keep their weights."""

    def __init__(
        self,
        found: Reconstruction,
        least: Mapping[str, np.ndarray],
        device: torch.device,
        largest_level: int,
        *,
        fixed_scales: bool,
    ) -> None:
        self._found = found
        self._levels: dict[str, NeighbourLevels] = {}
        self._fixed: dict[str, Tensor] = {}
        for name, weight in found.weights.items():
            if weight.codebook is None and weight.trellis is None:
                limits = (least.get(name), largest_level)
                self._levels[name] = NeighbourLevels(weight, device, *limits, fixed_scale=fixed_scales)
            else:
                self._fixed[name] = torch.from_numpy(weight.dequantized()).to(device)
        self._biases = {name: TunableBias(bias, device) for name, bias in found.biases.items()}

    def values(self) -> _Values:
        """What is learned, as it is now; gradients flow to it."""
        weights = {**self._fixed, **{name: layer.weight() for name, layer in self._levels.items()}}
        return weights, {name: bias.values() for name, bias in self._biases.items()}

    @property
    def learns(self) -> bool:
        """Whether anything can move."""
        return bool(self._levels or self._biases)

    def optimizer(self, level_rate: float) -> torch.optim.Optimizer:
        slow = [scale for layer in self._levels.values() for scale in layer.scales()]
        slow += [bias.shift for bias in self._biases.values()]
        places = [layer.places for layer in self._levels.values()]
        groups = [{"params": places, "lr": level_rate}, {"params": slow, "lr": _SCALE_RATE}]
        return torch.optim.Adam([group for group in groups if group["params"]])

    def result(self) -> Reconstruction:
        weights = {n: self._levels[n].quantized() if n in self._levels else w for n, w in self._found.weights.items()}
        return Reconstruction(weights, {name: bias.array() for name, bias in self._biases.items()})


class _Runner:
    """Regions of a graph on a device, so many images at a time that there is a checkpoint every 100 ms."""

    def __init__(self, graph: FloatGraph, grids: Mapping[str, ActivationGrid] | None, reporter: Reporter) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.regions = find_regions(graph)
        self.after: After | None = None if grids is None else ActivationRounding(grids)
        self._shape, self._biases = graph.input_shape, graph.biases()
        self._ends = {node.name: (node.input[0], node.output[0]) for node in graph.model.graph.node if node.input}
        self._graph = TorchGraph(graph).to(self.device)
        self._macs = _layer_macs(graph)
        self._reporter = reporter

    def images(self, images: np.ndarray) -> Tensor:
        """As many as fit, on the device."""
        values = torch.zeros((1, *self._shape), device=self.device)
        widest = values.numel()
        with torch.no_grad():
            for region in self.regions:
                values = self._graph.between({region.entry: values}, region.exit)
                widest = max(widest, values.numel())
        count = int(np.clip(_TENSOR_VALUES // widest, _LEAST_IMAGES, _IMAGES))
        return torch.from_numpy(images[:count]).to(self.device)

    def run(self, region: Region, inputs: Tensor, values: _Values | None = None, to: str | None = None) -> Tensor:
        """The region's outputs, or the tensor ``to`` within, in the float network, or with other weights and biases
        and with rounded activations."""
        with torch.no_grad():
            parts = inputs.split(self._at_once(region))
            return torch.cat([self._part(region, part, values, to) for part in parts])

    def rounded(self, region: Region, rounder: LayerRounder, exact: Tensor, rough: Tensor) -> Reconstruction:
        """The levels to start from. Where the rounder leaves a bias as it was, it is set so that the mean of every
        output stays."""
        found = Reconstruction({}, {})
        values: _Values = ({}, {})
        for layer in region.layers:
            source, output = self._ends[layer.node_name]
            pair = self.run(region, exact, to=source), self.run(region, rough, values, source)
            weight, bias = rounder(layer, *(tensor.cpu().numpy() for tensor in pair))
            found.weights[layer.name] = weight
            values[0][layer.name] = torch.from_numpy(weight.dequantized()).to(self.device)
            if layer.bias is None:
                continue
            if bias is None:
                outputs = self.run(region, exact, to=output), self.run(region, rough, values, output)
                channels = 1 if layer.kind == "conv" else -1
                means = [tensor.movedim(channels, 0).flatten(1).mean(1).cpu().numpy() for tensor in outputs]
                bias = self._biases[layer.name] + means[0] - means[1]
            found.biases[layer.name] = bias
            values[1][layer.name] = torch.from_numpy(bias).to(self.device)
        return found

    def learn(
        self,
        region: Region,
        block: _Block,
        pair: tuple[Tensor, Tensor],
        steps: int,
        unit: float,
        rng: np.random.Generator,
    ) -> None:
        """Move ``block`` towards giving ``pair[1]`` on ``pair[0]``; ``unit`` is the mean squared error so far."""
        inputs, wanted = pair
        optimizer = block.optimizer(2 * _LEVEL_DRIFT / max(1, steps))
        rates = [group["lr"] for group in optimizer.param_groups]
        for step in range(steps):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * min(1.0, (step + 1) / _WARM_UP) * 0.5 * (1 + math.cos(math.pi * step / steps))
            picks = torch.from_numpy(rng.permutation(len(inputs))[:_BATCH]).to(self.device)
            optimizer.zero_grad(set_to_none=True)
            for part in picks.split(self._at_once(region)):
                got = self._part(region, inputs[part], block.values())
                (((got - wanted[part]) ** 2).mean() * (len(part) / len(picks) / unit)).backward()
            optimizer.step()

    def _part(self, region: Region, inputs: Tensor, values: _Values | None, to: str | None = None) -> Tensor:
        self._reporter.checkpoint()
        given, wanted = {region.entry: inputs}, to or region.exit
        if values is None:
            return self._graph.between(given, wanted)
        return self._graph.between(given, wanted, *values, self.after)

    def _at_once(self, region: Region) -> int:
        macs = sum(self._macs[layer.name] for layer in region.layers)
        return int(np.clip(_AT_ONCE / max(1, macs), 1, 64))
