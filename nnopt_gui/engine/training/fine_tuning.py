"""The one training loop: repairs a pruned network, trains a student or a network from scratch, with or without a
teacher."""

from __future__ import annotations

import copy
import itertools
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import nn

from nnopt_gui.engine.data.batches import training_batches
from nnopt_gui.engine.data.preprocessing import load_batch
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.networks.memory_format import fastest_format
from nnopt_gui.engine.progress import Cancelled, Reporter
from nnopt_gui.engine.recipe import Distill, FineTune
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.engine.training.checkpoint import CheckpointFile, training_identity
from nnopt_gui.engine.training.distillation import MAX_REMEMBERED, Teacher
from nnopt_gui.engine.training.objective import TEACHER_BATCH, Objective
from nnopt_gui.engine.training.rate_search import MOST_STEPS, find_rate, rate_at
from nnopt_gui.engine.training.schedule import Optimisation, choose_optimisation
from nnopt_gui.engine.training.selection_accuracy import accuracy_on
from nnopt_gui.engine.training.training_run import (
    Masks,
    TrainingRun,
    cancellable_between_layers,
    training_device,
)
from nnopt_gui.errors import DataError, RecipeError

SMALLEST_AUGMENTED: Final = 16  # pixels


@dataclass(frozen=True)
class TrainingResult:
    """A trained copy in eval mode on the CPU.

    Attributes:
        loss, accuracy: means (accuracy 0..1) over the last epoch's training batches; None after 0 epochs.
        seconds: of this call.
        learning_rate: the peak that was used.
        epochs: that were done; fewer than asked for after an early stop.
        selection_accuracy: of the best epoch, where the selection split was looked at; it chose the epoch, so it is
            somewhat too high for the network that was kept.
        best_epoch: which one that was, counted from 1.
    """

    network: nn.Module
    loss: float | None
    accuracy: float | None
    seconds: float
    learning_rate: float
    epochs: int = 0
    selection_accuracy: float | None = None
    best_epoch: int | None = None


@dataclass(frozen=True)
class _Task:
    """What one call of :func:`train` was given."""

    subset: Subset
    preprocessing: Preprocessing
    how: FineTune
    seed: int
    reporter: Reporter
    teacher: Teacher | None
    distill: Distill | None
    masks: Masks
    selection: Subset | None
    augment: bool

    def check(self) -> None:
        """Refuse what cannot be trained, see :func:`train`."""
        if not len(self.subset):
            raise DataError("There are no training images.", "Add images, or leave training out.")
        if self.looks and (self.selection is None or not len(self.selection)):
            raise RecipeError(
                "Choosing the best epoch needs a selection split.", "Keep the last epoch, and switch the patience off."
            )

    @property
    def looks(self) -> bool:
        """Whether the selection split is looked at after every epoch."""
        return self.how.keep == "best" or self.how.patience > 0

    @property
    def repeating(self) -> bool:
        """Whether the network sees the same images every epoch."""
        return not self.augment and self.how.mixup == 0 and len(self.subset) <= MAX_REMEMBERED

    def batches(self, epoch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return training_batches(
            self.subset, self.preprocessing, self.how.batch_size, self.seed, epoch, self.augment, self.reporter
        )

    def run(self, network: nn.Module, optimisation: Optimisation, *, testing_rates: int = 0) -> TrainingRun:
        """A fresh run on ``network``; with ``testing_rates`` for the learning-rate range test of so many steps."""
        shape = (self.preprocessing.channels, *self.preprocessing.size)
        network = network.to(training_device())
        teacher = self.teacher.network if self.teacher is not None else None
        order = fastest_format(shape, *filter(None, (network, teacher)))
        network = network.to(memory_format=order)  # type: ignore[call-overload]
        objective = Objective(
            network, self.how, self.teacher, self.distill, shape, repeating=self.repeating, reporter=self.reporter
        )
        steps = testing_rates or self.how.steps(len(self.subset))
        rate = (lambda step: rate_at(step, steps)) if testing_rates else None
        return TrainingRun(
            network,
            self.how,
            objective,
            optimisation,
            self.masks,
            self.reporter,
            seed=self.seed,
            steps=steps,
            rate=rate,
            memory_format=order,
        )


def train(
    network: nn.Module,
    subset: Subset,
    preprocessing: Preprocessing,
    how: FineTune,
    *,
    seed: int,
    reporter: Reporter,
    from_scratch: bool = False,
    teacher: Teacher | None = None,
    distill: Distill | None = None,
    masks: Masks | None = None,
    threads: int = 1,
    selection: Subset | None = None,
    checkpoints: Path | None = None,
    save_every_s: float | None = None,
) -> TrainingResult:
    """Train a copy of ``network`` (float32 N×C×H×W → logits) on ``subset``; the given network is not changed.

    A short linear warm-up, then a cosine to zero (arXiv:1608.03983). The same arguments give the same weights on the
    same CPU, also when the training was interrupted in between: with ``checkpoints`` its state is written every minute
    and on cancelling, and the same call goes on where it stopped. A ``reporter.checkpoint()`` that blocks is a pause.

    Args:
        how: epochs (0 returns the copy untrained), optimiser, learning rate, augmentation, what is kept.
        seed: of shuffling, augmentation and dropout.
        teacher, distill: both or neither (no teacher where the network teaches itself); adds to the loss.
        masks: bool array per layer name (True = kept), of the weight's shape; what is False is and stays zero.
        selection: the held-out images that choose the best epoch and the early stop; never the test split.
        checkpoints: an existing folder.

    Raises:
        DataError: the subset is empty or has more classes than the network.
        RecipeError: the loss stopped being finite, or teacher and student do not fit each other.
        Cancelled: the user asked to stop; the state so far is in ``checkpoints``.
    """
    started = time.monotonic()
    trained = copy.deepcopy(network)
    augment = how.augmentation == "standard" or (
        how.augmentation == "auto" and _augmentation_helps(trained, preprocessing)
    )
    task = _Task(subset, preprocessing, how, seed, reporter, teacher, distill, masks or {}, selection, augment)
    task.check()
    file = None
    if checkpoints is not None:
        teaching = teacher.identity if teacher else ""
        identity = training_identity(network, subset, task.masks, how, distill, teaching, seed, from_scratch, augment,
                                     preprocessing, threads)  # fmt: skip
        file = CheckpointFile(checkpoints, identity, *([] if save_every_s is None else [save_every_s]))
    with _seeded(seed, threads):
        before = file.load() if file is not None else None
        optimisation = _optimisation(task, trained, from_scratch, before["learning_rate"] if before else None)
        torch.manual_seed(seed)
        run = task.run(trained, optimisation)
        if before is not None:
            run.restore(before)
        _follow(task, run, file)
    if file is not None:
        file.delete()
    return _result(run, how, network, optimisation.learning_rate, time.monotonic() - started)


def _result(
    run: TrainingRun, how: FineTune, original: nn.Module, learning_rate: float, seconds: float
) -> TrainingResult:
    kept = run.kept
    if how.keep == "best" and run.best is not None:
        kept.load_state_dict(run.best)
    loss, accuracy = run.finished_means or (None, None)
    looked = run.best is not None
    return TrainingResult(
        _finished(kept, original),
        loss,
        accuracy,
        seconds,
        learning_rate,
        run.place.epoch,
        run.place.best_accuracy if looked else None,
        run.place.best_epoch + 1 if looked else None,
    )


def _follow(task: _Task, run: TrainingRun, file: CheckpointFile | None) -> None:
    """From where the run is to its last epoch."""
    if task.repeating:
        _let_teacher_answer(task, run)
    try:
        with cancellable_between_layers(run.network, task.reporter):
            while run.place.epoch < task.how.epochs and not run.place.stopped:
                _one_epoch(task, run, file)
    except Cancelled:
        if file is not None:
            run.undo_half_step()
            file.save(run.state())
        raise


def _one_epoch(task: _Task, run: TrainingRun, file: CheckpointFile | None) -> None:
    epoch, done = run.place.epoch, run.place.batch
    run.objective.progress = (epoch + 1) / task.how.epochs if epoch else 0.0
    for number, (images, labels) in enumerate(task.batches(epoch)):
        if number < done:  # before the interruption
            task.reporter.checkpoint()
            continue
        run.step(images, labels, len(task.subset))
        if file is not None and file.due:
            file.save(run.state())
    accuracy = None
    if task.looks and task.selection is not None:
        accuracy = accuracy_on(run.kept, task.selection, task.preprocessing, task.reporter, run.memory_format)
    run.end_epoch(accuracy)


def _let_teacher_answer(task: _Task, run: TrainingRun) -> None:
    """All images once and in order: what a teacher says of an image then never depends on the batch it came in."""
    if task.teacher is None or task.how.epochs == 0:
        return
    for start in range(0, len(task.subset), TEACHER_BATCH):
        task.reporter.checkpoint()
        positions = np.arange(start, min(start + TEACHER_BATCH, len(task.subset)))
        images = load_batch(task.subset, positions, task.preprocessing, task.reporter)
        run.objective.remember(torch.from_numpy(images).to(run.device))


def _optimisation(task: _Task, network: nn.Module, from_scratch: bool, rate: float | None) -> Optimisation:
    """The optimiser and its peak rate: ``rate`` where it is known from before, as given, found, or usual."""
    how = task.how
    usual = choose_optimisation(
        network, rate or how.learning_rate, how.batch_size, from_scratch=from_scratch, optimizer=how.optimizer
    )
    if not how.find_rate or rate is not None or how.epochs == 0:
        return usual
    task.reporter.status("Finding a learning rate")
    run = task.run(copy.deepcopy(network), usual, testing_rates=MOST_STEPS)
    per_epoch = math.ceil(len(task.subset) / how.batch_size)
    epochs = range(math.ceil(MOST_STEPS / per_epoch))
    batches = itertools.chain.from_iterable(task.batches(epoch) for epoch in epochs)
    with cancellable_between_layers(run.network, task.reporter):
        found = find_rate(
            lambda images, labels: run.step(images, labels, MOST_STEPS * len(images)), batches, MOST_STEPS
        )
    return Optimisation(usual.kind, found)


def _finished(trained: nn.Module, like: nn.Module) -> nn.Module:
    """Back to the CPU, contiguous, in eval mode, and without traces of training."""
    finished = trained.cpu().to(memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
    for original, parameter in zip(like.parameters(), finished.parameters(), strict=True):
        parameter.requires_grad_(original.requires_grad)
        parameter.grad = None
    assert isinstance(finished, nn.Module)
    return finished


def _augmentation_helps(network: nn.Module, preprocessing: Preprocessing) -> bool:
    """Shifts suit networks that share weights over places; on tiny images a pixel is too much of a shift (measured on
    8×8 digits: 0.2 to 0.5 points worse with it)."""
    convolves = any(isinstance(module, nn.Conv2d) for module in network.modules())
    return convolves and min(preprocessing.size) >= SMALLEST_AUGMENTED


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
