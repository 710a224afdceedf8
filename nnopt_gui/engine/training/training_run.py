"""One training as it runs: network, optimiser, averages, the best state so far, and the place in the data."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.recipe import FineTune
from nnopt_gui.engine.training.averaging import WeightAverage
from nnopt_gui.engine.training.feature_matching import tapped
from nnopt_gui.engine.training.objective import Objective, mixed
from nnopt_gui.engine.training.schedule import Optimisation
from nnopt_gui.errors import DataError, RecipeError

REPORT_EVERY_S: Final = 0.2
LARGEST_GRADIENT: Final = 5.0  # norm over all parameters, then clipped

Masks = Mapping[str, "Tensor | np.ndarray"]
Rate = Callable[[int], float]


@dataclass
class Place:
    """Where a training is, and its running sums over the epoch. Whole steps only."""

    epoch: int = 0
    batch: int = 0
    step: int = 0
    seen: int = 0
    loss: float = 0.0
    correct: int = 0
    best_accuracy: float = -1.0
    best_epoch: int = 0
    stopped: bool = False

    @property
    def means(self) -> tuple[float, float]:
        """Mean loss and accuracy over the epoch so far."""
        return self.loss / max(1, self.seen), self.correct / max(1, self.seen)

    def begin(self, epoch: int) -> None:
        self.epoch, self.batch, self.seen, self.loss, self.correct = epoch, 0, 0, 0.0, 0


class TrainingRun:
    """Takes steps; everything that the next step depends on is in :meth:`state`.

    Attributes:
        memory_format: in which order images lie when they are given to the network.
    """

    def __init__(
        self,
        network: nn.Module,
        how: FineTune,
        objective: Objective,
        optimisation: Optimisation,
        masks: Masks,
        reporter: Reporter,
        *,
        seed: int,
        steps: int,
        rate: Rate | None = None,
        memory_format: torch.memory_format = torch.channels_last,
    ) -> None:
        """``network`` is on its device already and is changed; ``rate`` replaces the schedule; ``memory_format`` is
        that of the images (see :func:`fastest_format`)."""
        self.network = network
        self.network.requires_grad_(True)
        self.device = next(iter(network.parameters())).device
        self._how, self._seed, self._reporter = how, seed, reporter
        self.objective, self._optimisation = objective, optimisation
        self.optimizer = optimisation.optimizer(*filter(None, (network, objective.matcher)))
        self._masked = [(_weight(network, name), _mask(mask, self.device)) for name, mask in masks.items()]
        self._apply_masks()
        self._average = WeightAverage(network, how.ema) if how.ema > 0 else None
        self.best: dict[str, Tensor] | None = None
        self.place = Place()
        self.finished_means: tuple[float, float] | None = None  # of the last epoch that was finished
        self._steps = steps
        self._rate = rate or (lambda step: optimisation.rate(step, steps))
        self._reported = -math.inf
        self._before: tuple[list[Tensor], Tensor] | None = None
        self.memory_format = memory_format

    @property
    def kept(self) -> nn.Module:
        """The network that counts: the average of the weights, where one is kept."""
        return self._average.network if self._average is not None else self.network

    def step(self, images: np.ndarray, labels: np.ndarray, per_epoch: int) -> float:
        """One batch: forward, backward, update. Returns the loss.

        Raises:
            DataError: a label that the network has no output for.
            RecipeError: the loss stopped being finite.
        """
        self._reporter.checkpoint()
        self._before = ([buffer.clone() for buffer in self.network.buffers()], torch.get_rng_state())
        x = torch.from_numpy(images).to(self.device).contiguous(memory_format=self.memory_format)
        y = torch.from_numpy(labels).long().to(self.device)
        batch = mixed(x, y, self._how.mixup, self._seed, self.place.epoch, self.place.batch)
        # One image has no batch statistics: batch norm then uses its running ones.
        self.network.train(len(y) > 1)
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate(self.place.step)
        with tapped(self.network, self.objective.student_paths) as maps, half_precision(self.device):
            logits = self.network(batch.images)
        logits = logits.float()
        _check_classes(logits, y)
        loss = self.objective.loss(logits, batch, maps)
        value = loss.item()
        if not math.isfinite(value):
            raise RecipeError(
                f"Training diverged: after {self.place.step} steps the loss is no longer a finite number.",
                f"Use a learning rate below {self._optimisation.learning_rate:g}, or check the weights and the data.",
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_GRADIENT)
        self.optimizer.step()
        self._apply_masks()
        if self._average is not None:
            self._average.update(self.network, self.place.step)
        self._count(value, logits, y)
        self._before = None
        self._report(per_epoch)
        return value

    def end_epoch(self, accuracy: float | None) -> None:
        """Note how good the kept network is now (None: nobody looked) and go on to the next epoch."""
        place = self.place
        if accuracy is not None:
            if accuracy > place.best_accuracy:
                place.best_accuracy, place.best_epoch = accuracy, place.epoch
                self.best = copy.deepcopy(self.kept.state_dict())
            elif self._how.patience and place.epoch - place.best_epoch >= self._how.patience:
                place.stopped = True
        self.objective.end_epoch(self.network)
        self.finished_means = place.means
        place.begin(place.epoch + 1)

    def undo_half_step(self) -> None:
        """After an interruption: running statistics and the random state as they were before the step it fell into."""
        if self._before is None:
            return
        buffers, random_state = self._before
        with torch.no_grad():
            for buffer, before in zip(self.network.buffers(), buffers, strict=True):
                buffer.copy_(before)
        torch.set_rng_state(random_state)
        self._before = None

    def state(self) -> dict[str, Any]:
        """Tensors, numbers and None; call between two steps."""
        objective = self.objective
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "projections": objective.matcher.state_dict() if objective.matcher is not None else None,
            "earlier": objective.earlier.state_dict() if objective.earlier is not None else None,
            "average": self._average.network.state_dict() if self._average is not None else None,
            "best": self.best,
            "place": dict(vars(self.place)),
            "finished_means": self.finished_means,
            "learning_rate": self._optimisation.learning_rate,
            "random": torch.get_rng_state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """The inverse of :meth:`state`."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.objective.matcher is not None:
            self.objective.matcher.load_state_dict(state["projections"])
        if self.objective.earlier is not None:
            self.objective.earlier.load_state_dict(state["earlier"])
        if self._average is not None:
            self._average.network.load_state_dict(state["average"])
        self.best = state["best"]
        self.place = Place(**state["place"])
        self.finished_means = state["finished_means"]
        torch.set_rng_state(state["random"])

    def _count(self, loss: float, logits: Tensor, labels: Tensor) -> None:
        place = self.place
        place.batch += 1
        place.step += 1
        place.seen += len(labels)
        place.loss += loss * len(labels)
        place.correct += int((logits.detach().argmax(1) == labels).sum())

    def _apply_masks(self) -> None:
        with torch.no_grad():
            for weight, mask in self._masked:
                weight.mul_(mask)

    def _report(self, per_epoch: int) -> None:
        now = time.monotonic()
        last = self.place.seen >= per_epoch
        if now - self._reported < REPORT_EVERY_S and not last:
            return
        self._reported = now
        loss, accuracy = self.place.means
        self._reporter.progress(self.place.step, self._steps)
        self._reporter.training(self.place.epoch + min(1.0, self.place.seen / per_epoch), loss, accuracy)


def training_device() -> torch.device:
    """The accelerator that training uses, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


@contextmanager
def half_precision(device: torch.device) -> Iterator[None]:
    """bfloat16 for what gains by it, on GPUs that compute it natively; weights and the loss stay float32."""
    if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False):
        with torch.autocast("cuda", dtype=torch.bfloat16):
            yield
    else:
        yield


@contextmanager
def cancellable_between_layers(network: nn.Module, reporter: Reporter) -> Iterator[None]:
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
