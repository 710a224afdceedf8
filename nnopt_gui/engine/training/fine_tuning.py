"""The one training loop: repairs a pruned network, trains a student or a network from scratch, with or without a
teacher."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from nnopt_gui.engine.data.batches import training_batches
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.recipe import Distill
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.engine.training.distillation import Teacher, distillation_loss
from nnopt_gui.engine.training.schedule import Optimisation, choose_optimisation
from nnopt_gui.errors import DataError, RecipeError

REPORT_EVERY_S: Final = 0.2
LARGEST_GRADIENT: Final = 5.0  # norm over all parameters, then clipped

TEACHER_BATCH: Final = 32  # images between two looks at the cancel button
SMALLEST_AUGMENTED: Final = 16  # pixels

Masks = Mapping[str, "Tensor | np.ndarray"]


@dataclass(frozen=True)
class TrainingResult:
    """A trained copy in eval mode on the CPU, with mean loss and accuracy (0..1) over the last epoch's training
    batches (None after 0 epochs), the duration, and the peak learning rate that was used."""

    network: nn.Module
    loss: float | None
    accuracy: float | None
    seconds: float
    learning_rate: float


def train(
    network: nn.Module,
    subset: Subset,
    preprocessing: Preprocessing,
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float | None,
    seed: int,
    reporter: Reporter,
    from_scratch: bool = False,
    teacher: Teacher | None = None,
    distill: Distill | None = None,
    masks: Masks | None = None,
    threads: int = 1,
    augment: bool | None = None,
) -> TrainingResult:
    """Train a copy of ``network`` (float32 N×C×H×W → logits) on ``subset``; the given network is not changed.

    SGD with Nesterov momentum where there is batch norm, AdamW elsewhere; a short linear warm-up, then a cosine to zero
    (arXiv:1608.03983). The same arguments give the same weights on the same CPU.

    Args:
        epochs: passes over the subset; 0 returns the copy untrained.
        learning_rate: peak; None chooses by optimiser and by ``from_scratch``.
        seed: of shuffling, augmentation and dropout.
        teacher, distill: both or neither; adds the distillation term to the loss.
        masks: bool array per layer name (True = kept), of the weight's shape; what is False is and stays zero.
        augment: None: where the network has convolutions and the images at least 16 pixels.

    Raises:
        DataError: the subset is empty or has more classes than the network.
        RecipeError: the loss stopped being finite, or teacher and student do not fit each other.
    """
    if not len(subset):
        raise DataError("There are no training images.", "Add images, or leave training out.")
    started = time.monotonic()
    trained = copy.deepcopy(network)
    optimisation = choose_optimisation(trained, learning_rate, batch_size, from_scratch=from_scratch)
    augment = _augmentation_helps(trained, preprocessing) if augment is None else augment
    with _seeded(seed, threads), _checkpoints(trained, reporter):
        run = _Run(trained, optimisation, teacher, distill, masks or {}, reporter)
        run.augmented, run.steps = augment, epochs * math.ceil(len(subset) / batch_size)
        for epoch in range(epochs):
            run.begin_epoch(epoch)
            for images, labels in training_batches(subset, preprocessing, batch_size, seed, epoch, augment=augment):
                run.step(images, labels, len(subset))
    loss, accuracy = run.means if epochs else (None, None)
    seconds = time.monotonic() - started
    return TrainingResult(_finished(trained, network), loss, accuracy, seconds, optimisation.learning_rate)


def _finished(trained: nn.Module, like: nn.Module) -> nn.Module:
    """Back to the CPU, contiguous, in eval mode, and without traces of training."""
    finished = trained.cpu().to(memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
    for original, parameter in zip(like.parameters(), finished.parameters(), strict=True):
        parameter.requires_grad_(original.requires_grad)
        parameter.grad = None
    assert isinstance(finished, nn.Module)
    return finished


class _Run:
    """One training run: its optimiser, running means and reports."""

    def __init__(
        self,
        network: nn.Module,
        optimisation: Optimisation,
        teacher: Teacher | None,
        distill: Distill | None,
        masks: Masks,
        reporter: Reporter,
    ) -> None:
        self.device = _device()
        self.network = network.to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network.requires_grad_(True)
        self.optimisation = optimisation
        self.optimizer = optimisation.optimizer(self.network)
        if (teacher is None) != (distill is None):
            raise RecipeError("Distillation needs a teacher and its settings.", "Give both, or neither.")
        self.teacher, self.distill = teacher, distill
        self.reporter = reporter
        self.masked = [(_weight(network, name), _mask(mask, self.device)) for name, mask in masks.items()]
        self.augmented = True
        self.steps = 0
        self._step = 0
        self._reported = -math.inf
        self._apply_masks()
        self.begin_epoch(0)

    def begin_epoch(self, epoch: int) -> None:
        self._epoch, self._seen, self._loss, self._correct = epoch, 0, 0.0, 0

    @property
    def means(self) -> tuple[float, float]:
        """Mean loss and accuracy over the epoch so far."""
        return self._loss / max(1, self._seen), self._correct / max(1, self._seen)

    def step(self, images: np.ndarray, labels: np.ndarray, per_epoch: int) -> None:
        self.reporter.checkpoint()
        x = torch.from_numpy(images).to(self.device).contiguous(memory_format=torch.channels_last)
        y = torch.from_numpy(labels).long().to(self.device)
        # One image has no batch statistics: batch norm then uses its running ones.
        self.network.train(len(y) > 1)
        for group in self.optimizer.param_groups:
            group["lr"] = self.optimisation.rate(self._step, self.steps)
        logits = self.network(x)
        _check_classes(logits, y)
        loss = self._loss_of(logits, x, y)
        value = loss.item()
        if not math.isfinite(value):
            raise RecipeError(
                f"Training diverged: after {self._step} steps the loss is no longer a finite number.",
                f"Use a learning rate below {self.optimisation.learning_rate:g}, or check the weights and the data.",
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_GRADIENT)
        self.optimizer.step()
        self._apply_masks()
        self._step += 1
        self._seen += len(y)
        self._loss += value * len(y)
        self._correct += int((logits.detach().argmax(1) == y).sum())
        self._report(per_epoch)

    def _loss_of(self, logits: Tensor, x: Tensor, y: Tensor) -> Tensor:
        if self.teacher is None or self.distill is None:
            return functional.cross_entropy(logits, y)
        answers = []
        for part in x.split(TEACHER_BATCH):
            self.reporter.checkpoint()
            answers.append(self.teacher.logits(part, remember=not self.augmented))
        return distillation_loss(logits, torch.cat(answers), y, self.distill)

    def _apply_masks(self) -> None:
        with torch.no_grad():
            for weight, mask in self.masked:
                weight.mul_(mask)

    def _report(self, per_epoch: int) -> None:
        now = time.monotonic()
        last = self._seen >= per_epoch
        if now - self._reported < REPORT_EVERY_S and not last:
            return
        self._reported = now
        loss, accuracy = self.means
        self.reporter.progress(self._step, self.steps)
        self.reporter.training(self._epoch + min(1.0, self._seen / per_epoch), loss, accuracy)


def _augmentation_helps(network: nn.Module, preprocessing: Preprocessing) -> bool:
    """Shifts suit networks that share weights over places; on tiny images a pixel is too much of a shift (measured on
    8×8 digits: 0.2 to 0.5 points worse with it)."""
    convolves = any(isinstance(module, nn.Conv2d) for module in network.modules())
    return convolves and min(preprocessing.size) >= SMALLEST_AUGMENTED


def _device() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


@contextmanager
def _seeded(seed: int, threads: int) -> Iterator[None]:
    """Seed torch and set its threads for a while; leave both as they were."""
    before = torch.get_num_threads()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        torch.set_num_threads(max(1, threads))
        try:
            with torch.enable_grad():
                yield
        finally:
            torch.set_num_threads(before)


@contextmanager
def _checkpoints(network: nn.Module, reporter: Reporter) -> Iterator[None]:
    """Let a cancel through between the layers: one step of a large network takes seconds."""

    def backward(_gradient: Tensor) -> None:
        reporter.checkpoint()

    def forward(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        reporter.checkpoint()
        if isinstance(output, Tensor) and output.requires_grad:
            output.register_hook(backward)

    hooks = [m.register_forward_hook(forward) for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _weight(network: nn.Module, name: str) -> nn.Parameter:
    weight = getattr(network.get_submodule(name), "weight", None)
    if not isinstance(weight, nn.Parameter):
        raise RecipeError(f"Layer {name!r} has no weights to keep at zero.")
    return weight


def _mask(mask: Tensor | np.ndarray, device: torch.device) -> Tensor:
    return torch.as_tensor(mask, dtype=torch.float32, device=device)


def _check_classes(logits: Tensor, labels: Tensor) -> None:
    if logits.ndim != 2 or int(labels.max()) >= logits.shape[1]:
        raise DataError(
            f"The data have a class {int(labels.max())}, and the network's outputs have shape {tuple(logits.shape)}.",
            "Open a network with as many outputs as there are classes.",
        )
