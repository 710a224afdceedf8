"""What a training step minimises: labels (smoothed, mixed), a teacher's answers, and its feature maps."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.recipe import SELF_TEACHER, Distill, FineTune
from nnopt_gui.engine.training.distillation import Teacher, check_teaches, distillation_loss
from nnopt_gui.engine.training.feature_matching import FeatureMatcher, tapped
from nnopt_gui.errors import RecipeError

TEACHER_BATCH: Final = 32  # images between two looks at the cancel button
_MIXUP: Final = 21


@dataclass(frozen=True)
class Batch:
    """Inputs float32 N×C×H×W with labels int64 N; mixed ones consist to ``share`` (≥ ½) of ``labels`` and for the rest
    of ``others``."""

    images: Tensor
    labels: Tensor
    others: Tensor | None = None
    share: float = 1.0


def mixed(images: Tensor, labels: Tensor, alpha: float, seed: int, epoch: int, number: int) -> Batch:
    """Mixup (arXiv:1710.09412): λ · image + (1 − λ) · another of the batch, λ ~ Beta(α, α), taken as at least ½.

    Depends on (seed, epoch, number) and the batch alone, so an interrupted training mixes the same.
    """
    if alpha == 0 or len(labels) < 2:
        return Batch(images, labels)
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, epoch, number, _MIXUP])))
    share = float(generator.beta(alpha, alpha))
    share = max(share, 1.0 - share)
    partners = torch.from_numpy(generator.permutation(len(labels))).to(images.device)
    return Batch(images * share + images[partners] * (1.0 - share), labels, labels[partners], share)


def label_loss(logits: Tensor, batch: Batch, smoothing: float) -> Tensor:
    """Cross-entropy with the (mixed) labels, image by image; float N."""
    loss = functional.cross_entropy(logits, batch.labels, label_smoothing=smoothing, reduction="none")
    if batch.others is None:
        return loss
    other = functional.cross_entropy(logits, batch.others, label_smoothing=smoothing, reduction="none")
    return batch.share * loss + (1.0 - batch.share) * other


class Objective:
    """The loss of one training; knows the teacher and what of it is imitated.

    Attributes:
        matcher: feature matching with its projections, to be trained along; None without.
        earlier: the network an epoch ago, where it teaches itself (PS-KD, arXiv:2006.12000); None otherwise.
        progress: share of the training that is done, for what grows with it.
    """

    def __init__(
        self,
        network: nn.Module,
        how: FineTune,
        teacher: Teacher | None,
        distill: Distill | None,
        input_shape: tuple[int, int, int],
        *,
        repeating: bool,
        reporter: Reporter,
    ) -> None:
        """``repeating``: the same images come every epoch, unaugmented and unmixed."""
        alone = distill is not None and distill.teacher == SELF_TEACHER
        if (teacher is None) != (distill is None or alone):
            raise RecipeError("Distillation needs a teacher and its settings.", "Give both, or neither.")
        self._how, self._teacher, self._distill = how, teacher, distill
        self._repeating, self._reporter = repeating, reporter
        self._checked = False
        self.progress = 0.0
        self.earlier = copy.deepcopy(network).eval().requires_grad_(False) if alone else None
        self.matcher: FeatureMatcher | None = None
        if teacher is not None and distill is not None and distill.matches_features:
            if teacher.network is None:
                raise RecipeError(
                    "An ONNX teacher shows its answers only, not its feature maps.",
                    "Open a teacher with torch weights, or leave feature matching and attention transfer out.",
                )
            device = next(iter(network.parameters())).device
            self.matcher = FeatureMatcher(network, teacher.network.to(device), input_shape, distill).to(device)

    @property
    def student_paths(self) -> tuple[str, ...]:
        """Modules of the trained network whose outputs :meth:`loss` wants to see."""
        return self.matcher.student_paths if self.matcher is not None else ()

    def remember(self, images: Tensor) -> None:
        """Have the teacher answer images that will come again; in a fixed order, the answers are always the same."""
        if self._teacher is not None and self._repeating and self.matcher is None:
            self._teacher.logits(images, remember=True)

    def loss(self, logits: Tensor, batch: Batch, maps: dict[str, Tensor]) -> Tensor:
        """The scalar to minimise. ``maps`` holds the student's outputs at :attr:`student_paths`."""
        if self._distill is None:
            return label_loss(logits, batch, self._how.label_smoothing).mean()
        if self.earlier is not None:
            return self._self_taught(logits, batch)
        answers, theirs = self._answers(batch.images)
        if not self._checked:
            check_teaches(answers, self._distill.softening)
            self._checked = True
        if self._distill.labels == "teacher":
            batch = Batch(batch.images, answers.argmax(1))
        hard = label_loss(logits, batch, self._how.label_smoothing)
        # Where the teacher is wrong, the label alone is learnt (conditional distillation, arXiv:1904.12399).
        heard = answers.argmax(1) == batch.labels
        loss = distillation_loss(logits, answers, batch.labels, self._distill, hard, heard)
        if self.matcher is not None:
            loss = loss + self.matcher([maps[path] for path in self.matcher.student_paths], theirs)
        return loss

    def end_epoch(self, network: nn.Module) -> None:
        """The network as it is now teaches the next epoch, where it teaches itself."""
        if self.earlier is not None:
            self.earlier.load_state_dict(network.state_dict())

    def _self_taught(self, logits: Tensor, batch: Batch) -> Tensor:
        """α grows linearly with the training (equation 7 of PS-KD) and is 0 while there is no earlier self."""
        assert self._distill is not None
        assert self.earlier is not None
        hard = label_loss(logits, batch, self._how.label_smoothing)
        if self.progress == 0.0:
            return hard.mean()
        with torch.no_grad():
            answers = torch.cat([self.earlier(part) for part in self._parts(batch.images)])
        now = Distill(self._distill.temperature, self._distill.alpha * self.progress)
        return distillation_loss(logits, answers, batch.labels, now, hard)

    def _answers(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The teacher's logits, and its feature maps where they are matched."""
        assert self._teacher is not None
        if self.matcher is None or self._teacher.network is None:
            parts = [self._teacher.logits(part, remember=self._repeating) for part in self._parts(images)]
            return torch.cat(parts), []
        paths = self.matcher.teacher_paths
        answers: list[Tensor] = []
        maps: list[list[Tensor]] = [[] for _ in paths]
        with tapped(self._teacher.network, paths) as seen:
            for part in self._parts(images):
                answers.append(self._teacher.logits(part))
                for found, path in zip(maps, paths, strict=True):
                    found.append(seen[path])
        return torch.cat(answers), [torch.cat(found) for found in maps]

    def _parts(self, images: Tensor) -> Iterator[Tensor]:
        for part in images.split(TEACHER_BATCH):
            self._reporter.checkpoint()
            yield part
