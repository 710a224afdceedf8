from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from nnopt_gui.engine.data.datasets import open_data
from nnopt_gui.engine.data.preprocessing import default_preprocessing
from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import Distill, FineTune
from nnopt_gui.engine.sources import DataSource
from nnopt_gui.engine.training.distillation import Teacher
from nnopt_gui.engine.training.feature_matching import (
    FeatureMatcher,
    attention_loss,
    hint_loss,
    paired_maps,
    stage_ends,
    tapped,
)
from nnopt_gui.engine.training.fine_tuning import train
from nnopt_gui.errors import RecipeError


def _build(name: str, size: tuple[int, int], channels: int = 1, width: float = 1.0) -> nn.Module:
    return build(Architecture(name, 10, channels, size, width), seed=0)


def test_losses_in_closed_form() -> None:
    rng = np.random.default_rng(0)
    mine, theirs = rng.normal(size=(3, 4, 5, 6)), rng.normal(size=(3, 4, 5, 6))
    maps = [(np.square(m).sum(1)).reshape(3, -1) for m in (mine, theirs)]
    unit = [m / np.linalg.norm(m, axis=1, keepdims=True) for m in maps]
    attention = np.square(unit[0] - unit[1]).sum(1).mean()
    hint = np.square(mine - theirs).mean() / np.square(theirs).mean()
    tensors = torch.from_numpy(mine), torch.from_numpy(theirs)
    assert attention_loss(*tensors).item() == pytest.approx(attention, rel=1e-12)
    assert hint_loss(*tensors).item() == pytest.approx(hint, rel=1e-12)
    assert attention_loss(3 * tensors[1], tensors[1]).item() == pytest.approx(0, abs=1e-12)  # scale does not matter


def test_the_ends_of_the_stages_are_found_and_paired() -> None:
    resnet = _build("cifar_resnet20", (32, 32), 3)
    ends = stage_ends(resnet, (3, 32, 32))
    assert [(m.path, m.channels, m.size) for m in ends] == [
        ("layer1", 16, (32, 32)),
        ("layer2", 32, (16, 16)),
        ("layer3", 64, (8, 8)),
    ]
    narrow = stage_ends(_build("cifar_resnet20", (32, 32), 3, 0.5), (3, 32, 32))
    assert [(a.path, b.path) for a, b in paired_maps(narrow, ends)] == [(m.path, m.path) for m in ends]
    lenet = stage_ends(_build("lenet5", (32, 32), 3), (3, 32, 32))
    assert [m.size for m in lenet] == [(28, 28), (14, 14), (10, 10), (5, 5)]
    assert paired_maps(lenet, ends) == ((lenet[-1], ends[-1]),)  # no resolution in common: the last of each
    with pytest.raises(RecipeError, match="student"):
        paired_maps(stage_ends(_build("softmax", (32, 32), 3), (3, 32, 32)), ends)


def test_projections_only_where_widths_differ() -> None:
    teacher, student = _build("digits_cnn", (8, 8)), _build("digits_cnn", (8, 8), width=0.5)
    matcher = FeatureMatcher(student, teacher, (1, 8, 8), Distill(features=1.0))
    assert [tuple(p.weight.shape) for p in matcher.projections] == [(24, 12, 1, 1), (48, 24, 1, 1)]  # type: ignore[union-attr]
    alike = FeatureMatcher(teacher, teacher, (1, 8, 8), Distill(features=2.0, attention=1.0))
    assert not list(alike.parameters())
    with tapped(teacher, alike.student_paths) as maps, torch.no_grad():
        teacher(torch.randn(2, 1, 8, 8))
    seen = [maps[path] for path in alike.student_paths]
    assert alike(seen, seen).item() == 0
    assert alike([0 * m for m in seen], seen).item() == pytest.approx(2.0 + 1.0)  # a student of zeros: 1 each
    assert not any(module._forward_hooks for module in teacher.modules())


@pytest.mark.parametrize("distill", [Distill(2.0, 0.5, features=1.0), Distill(2.0, 0.5, attention=5.0)])
def test_a_student_learns_the_teachers_features(distill: Distill) -> None:
    data = open_data(DataSource("digits"), SilentReporter())
    preprocessing = default_preprocessing(data, 1, (8, 8))
    split = data.split("train")
    subset = split.take(split.stratified_order(0)[:512])
    reporter = SilentReporter()
    teacher = train(
        _build("digits_cnn", (8, 8)), subset, preprocessing, FineTune(3, batch_size=32), seed=0, reporter=reporter,
        from_scratch=True,
    ).network  # fmt: skip
    student = _build("digits_cnn", (8, 8), width=0.5)
    images = torch.randn(16, 1, 8, 8, generator=torch.Generator().manual_seed(0))

    def distance(network: nn.Module) -> float:
        path = "block2"
        with tapped(network, [path]) as mine, tapped(teacher, [path]) as theirs, torch.no_grad():
            network(images)
            teacher(images)
        return attention_loss(mine[path], theirs[path]).item()

    networks = [
        train(
            student, subset, preprocessing, FineTune(4, batch_size=32), seed=0, reporter=reporter, from_scratch=True,
            teacher=Teacher.of(teacher), distill=how,
        ).network
        for how in (Distill(2.0, 0.5), distill)
    ]  # fmt: skip
    assert set(networks[1].state_dict()) == set(student.state_dict())  # the projections are gone
    assert not any(module._forward_hooks for network in (*networks, teacher) for module in network.modules())
    if distill.attention:
        assert distance(networks[1]) < distance(networks[0])


def test_an_onnx_teacher_has_no_features() -> None:
    data = open_data(DataSource("digits"), SilentReporter())
    teacher = Teacher(lambda images: images.flatten(1)[:, :10])
    with pytest.raises(RecipeError, match="feature maps"):
        train(
            _build("digits_cnn", (8, 8)), data.split("train"), default_preprocessing(data, 1, (8, 8)), FineTune(1),
            seed=0, reporter=SilentReporter(), teacher=teacher, distill=Distill(features=1.0),
        )  # fmt: skip
