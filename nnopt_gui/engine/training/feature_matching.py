"""Losses on feature maps: hints (FitNets, arXiv:1412.6550) and attention transfer (arXiv:1612.03928).

Both compare the last map of every resolution that teacher and student share, which is the end of each stage in the
usual networks. Where they share none, their last maps are compared, averaged to the smaller one's size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from nnopt_gui.engine.recipe import Distill
from nnopt_gui.errors import RecipeError


@dataclass(frozen=True)
class FeatureMap:
    """Where a map comes from: a module's path, its channels, and its height and width."""

    path: str
    channels: int
    size: tuple[int, int]


def stage_ends(network: nn.Module, input_shape: tuple[int, int, int]) -> tuple[FeatureMap, ...]:
    """The last N×C×H×W output of each resolution above 1×1, in order of execution.

    Modules that run at several resolutions are passed over. The network is run once on zeros, in eval mode.
    """
    outputs: list[FeatureMap] = []

    def note(path: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            if isinstance(output, Tensor) and output.ndim == 4:
                outputs.append(FeatureMap(path, output.shape[1], (output.shape[2], output.shape[3])))

        return hook

    handles = [module.register_forward_hook(note(path)) for path, module in network.named_modules() if path]
    training, device = network.training, next(iter(network.parameters())).device
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, *input_shape, device=device))
    finally:
        network.train(training)
        for handle in handles:
            handle.remove()
    sizes = {path: {m.size for m in outputs if m.path == path} for path in {m.path for m in outputs}}
    ends = {m.size: m for m in outputs if max(m.size) > 1 and len(sizes[m.path]) == 1}
    return tuple(ends.values())


def paired_maps(
    student: Sequence[FeatureMap], teacher: Sequence[FeatureMap]
) -> tuple[tuple[FeatureMap, FeatureMap], ...]:
    """Student's and teacher's maps that are compared.

    Raises:
        RecipeError: one of them has no feature maps.
    """
    if not student or not teacher:
        who = "student" if not student else "teacher"
        raise RecipeError(
            f"The {who} has no feature maps of more than one pixel, so there is nothing to match.",
            "Set the weights of feature matching and attention transfer to 0.",
        )
    theirs = {m.size: m for m in teacher}
    pairs = tuple((m, theirs[m.size]) for m in student if m.size in theirs)
    return pairs or ((student[-1], teacher[-1]),)


class FeatureMatcher(nn.Module):
    """Compares a student's feature maps with a teacher's; owns the 1×1 projections between unlike widths.

    The projections are trained with the student and dropped after it.
    """

    def __init__(
        self, student: nn.Module, teacher: nn.Module, input_shape: tuple[int, int, int], distill: Distill
    ) -> None:
        super().__init__()
        self._distill = distill
        self._pairs = paired_maps(stage_ends(student, input_shape), stage_ends(teacher, input_shape))
        self.projections = nn.ModuleList(
            nn.Conv2d(mine.channels, theirs.channels, 1, bias=False)
            if distill.features > 0 and mine.channels != theirs.channels
            else nn.Identity()
            for mine, theirs in self._pairs
        )

    @property
    def student_paths(self) -> tuple[str, ...]:
        return tuple(mine.path for mine, _ in self._pairs)

    @property
    def teacher_paths(self) -> tuple[str, ...]:
        return tuple(theirs.path for _, theirs in self._pairs)

    def forward(self, student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
        """features · mean hint loss + attention · mean attention loss over the pairs; a scalar."""
        total = student[0].new_zeros(())
        for mine, theirs, projection in zip(student, teacher, self.projections, strict=True):
            ours, wanted = _same_size(mine.float(), theirs.float())
            if self._distill.features > 0:
                total = total + self._distill.features * hint_loss(projection(ours), wanted)
            if self._distill.attention > 0:
                total = total + self._distill.attention * attention_loss(ours, wanted)
        return total / len(self._pairs)


def hint_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of two N×C×H×W maps, relative to the teacher's mean square: 1 for a student of zeros.

    FitNets' equation 3 up to its factor; the division makes one weight fit networks of any scale.
    """
    return functional.mse_loss(student, teacher) / teacher.square().mean().clamp_min(1e-12)


def attention_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Squared distance of the two normalised attention maps, mean over the images; 0..2.

    An attention map is the sum of squares over channels, flattened and divided by its L2 norm (equation 2 of the
    paper with p = 2).
    """
    mine, theirs = (functional.normalize(maps.square().sum(1).flatten(1), dim=1) for maps in (student, teacher))
    return (mine - theirs).square().sum(1).mean()


@contextmanager
def tapped(network: nn.Module, paths: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """While open, every forward pass puts the outputs of the modules ``paths`` into the dictionary."""
    outputs: dict[str, Tensor] = {}

    def keep(path: str) -> Callable[[nn.Module, Any, Tensor], None]:
        def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            outputs[path] = output

        return hook

    handles = [network.get_submodule(path).register_forward_hook(keep(path)) for path in dict.fromkeys(paths)]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()


def _same_size(student: Tensor, teacher: Tensor) -> tuple[Tensor, Tensor]:
    if student.shape[2:] == teacher.shape[2:]:
        return student, teacher
    height, width = (min(a, b) for a, b in zip(student.shape[2:], teacher.shape[2:], strict=True))
    return functional.adaptive_avg_pool2d(student, (height, width)), functional.adaptive_avg_pool2d(
        teacher, (height, width)
    )
