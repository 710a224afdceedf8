"""Tuning a quantised network by gradient so that it answers like the float network.

All that quantisation left free is moved together: scales, biases, codebook entries, and at very few bits the roundings.
Without labels the loss is the divergence from the float network's answers (Hinton et al., 2015, arXiv:1503.02531) on
shifted and flipped calibration images; with labels cross-entropy joins it (QAT). Related: Stock et al., 2020
(arXiv:1907.05686) for codebooks, Esser et al., 2020 (arXiv:1902.08153) for step sizes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.layer_profiles import profile_graph
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid, QuantizedWeight
from nnopt_gui.engine.onnx_graph.torch_graph import TorchGraph, unsupported
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.activation_rounding import ActivationRounding
from nnopt_gui.engine.quantization.reconstruction import Reconstruction
from nnopt_gui.engine.quantization.tunable_layers import (
    LATENT_BITS,
    BookLayer,
    FixedLevels,
    LatentLevels,
    SharedBook,
    TableLayer,
    TrellisLayer,
    TunableBias,
    TunableLayer,
)
from nnopt_gui.engine.recipe import Effort
from nnopt_gui.errors import RecipeError

BATCH: Final = 64
# Of labelled images: where a network is far from the float one, more steps take it further in as many epochs (ResNet-20
# at 1 bit, two epochs, selection images: cross-entropy 0.625 and divergence 0.239 at 64, 0.603 and 0.228 at 32).
ONE_BIT_BATCH: Final = 32
_RATE: Final = 1e-3
# Of codebook entries where thousands of labelled images keep them from fitting a few hundred (ResNet-20 at 1 bit, two
# epochs: a divergence of 0.256 at 1e-3, 0.245 at 4e-3, 0.233 at this rate, 0.244 at 2.5e-2).
LABELLED_BOOK_RATE: Final = 1e-2
# Where 2 bits of a trellis or a codebook leave little to win, answers as they are show it best (ResNet-20, 3,000
# training images: a divergence of 0.0745 before, 0.0738 after 1e-3 at temperature 2, 0.0723 at this rate and 1).
NEAR_RATE: Final = 3e-4
# Of the weights behind the codes of books and trellises, where thousands of labelled images say which code is better.
LABELLED_LATENT_RATE: Final = 2e-2
_WARM_UP: Final = 0.05  # share of all steps
_LABEL_SHARE: Final = 0.5  # of the loss, where there are labels
# Multiply-accumulates that tuning may take, forward and backward and the teacher's: about half a minute and two minutes
# on two cores. Counted instead of timed, so that the same recipe gives the same file on a busy machine.
_WORK: Final[Mapping[Effort, float]] = {"fast": 0.0, "balanced": 2.0e12, "best": 7.0e12}
_MOST_STEPS: Final[Mapping[Effort, int]] = {"fast": 0, "balanced": 400, "best": 1200}
_LEAST_STEPS: Final = 40  # fewer do harm rather than good
_PASSES: Final = 4  # forward, two backward, teacher


@dataclass(frozen=True)
class TuningBatch:
    """``images`` float32 N×C×H×W; ``labels`` int64 (N,), None where there are none to learn from."""

    images: np.ndarray
    labels: np.ndarray | None


@dataclass(frozen=True)
class Tuning:
    """``steps`` of Adam, with a cosine from ``learning_rate`` to zero; ``temperature`` softens both
    answers. With a ``latent_rate`` the codes of books and trellises are chosen anew, too."""

    steps: int
    learning_rate: float = _RATE
    temperature: float = 2.0
    latent_rate: float = 0.0


def steps_for(graph: FloatGraph, effort: Effort) -> int:
    """How many steps the effort allows for a network of this size; 0 where tuning cannot be done or is not worth it."""
    if _MOST_STEPS[effort] == 0 or unsupported(graph):
        return 0
    profile = profile_graph(graph)
    macs = profile.fixed_macs + sum(math.prod(layer.weight_shape) * layer.positions for layer in profile.layers)
    steps = int(min(_MOST_STEPS[effort], _WORK[effort] / (_PASSES * BATCH * max(1, macs))))
    return steps if steps >= _LEAST_STEPS else 0


def tune(
    graph: FloatGraph,
    found: Reconstruction,
    batches: Iterator[TuningBatch],
    tuning: Tuning,
    reporter: Reporter,
    *,
    grids: Mapping[str, ActivationGrid] | None = None,
    least_scales: Mapping[str, np.ndarray] | None = None,
    held_out: Sequence[TuningBatch] = (),
) -> Reconstruction:
    """Tune all layers of ``found`` towards the answers of ``graph``.

    Few bits and softened answers can also lead astray: where the loss on images that are not tuned with ends no lower
    than it began, ``found`` is returned as it was.

    Args:
        batches: endless, or at least ``tuning.steps`` long.
        grids: of activations below 8 bits, whose rounding is then part of what is tuned; 8 bits and more hardly change
            anything and are left out.
        least_scales: lower limits of the scales by layer name.
        held_out: what is judged by; without any, the tuned network is taken as it is.

    Raises:
        RecipeError: the loss stopped being finite.
        ModelError: the graph has operators without gradients; ask :func:`steps_for` before.
    """
    rounds = grids is not None and any(grid.bits < 8 for grid in grids.values())
    run = _Run(graph, found, tuning, least_scales or {}, grids if rounds else None)
    before = run.loss(held_out, reporter)
    for step in range(tuning.steps):
        reporter.checkpoint()
        loss = run.step(step, next(batches))
        if step % 10 == 0:
            reporter.progress(step, tuning.steps)
            reporter.training(step / tuning.steps, loss, None)
    if held_out and not run.loss(held_out, reporter) < before:
        reporter.status("Tuning was undone: it did not help on images held out")
        return found
    return run.result()


class _Run:
    """Everything that changes while a network is tuned."""

    def __init__(
        self,
        graph: FloatGraph,
        found: Reconstruction,
        tuning: Tuning,
        least_scales: Mapping[str, np.ndarray],
        grids: Mapping[str, ActivationGrid] | None,
    ) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.graph = TorchGraph(graph).to(self.device)
        self.tuning = tuning
        self.books: dict[tuple[bytes, str], SharedBook] = {}
        self.layers = {name: self._tunable(weight, least_scales.get(name)) for name, weight in found.weights.items()}
        self.biases = {name: TunableBias(bias, self.device) for name, bias in found.biases.items()}
        self.after = None if grids is None else ActivationRounding(grids)
        parameters = [item for layer in self.layers.values() for item in layer.parameters()]
        parameters += [book.entries for book in self.books.values()]
        parameters += [bias.shift for bias in self.biases.values()]
        latent = [item for layer in self.layers.values() for item in layer.latent()]
        rates = [(tuning.learning_rate, parameters), *([(tuning.latent_rate, latent)] if latent else [])]
        self.optimizer = torch.optim.Adam([{"params": items, "lr": rate, "peak": rate} for rate, items in rates])

    def _tunable(self, weight: QuantizedWeight, least: np.ndarray | None) -> TunableLayer:
        if weight.codebook is not None:
            book = self._shared(weight.codebook.entries, weight.codebook.order)
            return BookLayer(weight, book, self.device, least, chooses=self.tuning.latent_rate > 0)
        if weight.trellis is not None:
            book = self._shared(weight.trellis.table, "trellis")
            return TrellisLayer(weight, book, self.device, least, chooses=self.tuning.latent_rate > 0)
        if weight.table is not None and weight.table.ndim == 2 and np.any(np.diff(weight.table.astype(np.int16)) != 1):
            return TableLayer(weight, self.device, least)
        usual = weight.table is None and weight.multipliers is None
        kind = LatentLevels if usual and weight.bits <= LATENT_BITS else FixedLevels
        return kind(weight, self.device, least)

    def _shared(self, entries: np.ndarray, use: str) -> SharedBook:
        return self.books.setdefault((entries.tobytes(), use), SharedBook(entries, self.device))

    def step(self, number: int, batch: TuningBatch) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * _share_of_peak(self.tuning.steps, number)
        for layer in self.layers.values():
            if number and number % layer.choose_every == 0:
                layer.choose()
        loss = self._loss(batch)
        value = loss.item()
        if not math.isfinite(value):
            raise RecipeError(
                "Tuning the quantised network diverged: the loss is no longer a finite number.",
                "Set the effort to fast, or use more bits.",
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return value

    def loss(self, batches: Sequence[TuningBatch], reporter: Reporter) -> float:
        """The mean over all images; 0 without any."""
        total, count = 0.0, 0
        for batch in batches:
            reporter.checkpoint()
            with torch.no_grad():
                total += len(batch.images) * self._loss(batch).item()
            count += len(batch.images)
        return total / max(1, count)

    def _loss(self, batch: TuningBatch) -> Tensor:
        images = torch.from_numpy(batch.images).to(self.device).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            wanted = self.graph(images)
        answers = self.graph(
            images,
            {name: layer.weight() for name, layer in self.layers.items()},
            {name: bias.values() for name, bias in self.biases.items()},
            self.after,
        )
        return _loss(answers, wanted, batch.labels, self.tuning.temperature)

    def result(self) -> Reconstruction:
        return Reconstruction(
            {name: layer.quantized() for name, layer in self.layers.items()},
            {name: bias.array() for name, bias in self.biases.items()},
        )


def _share_of_peak(steps: int, step: int) -> float:
    warm = max(1, round(_WARM_UP * steps))
    cosine = 0.5 * (1 + math.cos(math.pi * step / steps))
    return min(1.0, (step + 1) / warm) * cosine


def _loss(answers: Tensor, wanted: Tensor, labels: np.ndarray | None, temperature: float) -> Tensor:
    """T²·KL(wanted/T ‖ answers/T), half of it cross-entropy where labels are given."""
    soft = temperature**2 * functional.kl_div(
        functional.log_softmax(answers / temperature, dim=1),
        functional.log_softmax(wanted / temperature, dim=1),
        reduction="batchmean",
        log_target=True,
    )
    if labels is None:
        return soft
    hard = functional.cross_entropy(answers, torch.from_numpy(labels).long().to(answers.device))
    return (1.0 - _LABEL_SHARE) * soft + _LABEL_SHARE * hard
