"""What FineTune can say, each option against what it means."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from nnopt_gui.engine.data.datasets import OpenedData, open_data
from nnopt_gui.engine.data.preprocessing import default_preprocessing, load_batch
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.networks.memory_format import fastest_format
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.pruning.divergence import Divergence
from nnopt_gui.engine.recipe import Distill, FineTune
from nnopt_gui.engine.sources import DataSource, Preprocessing
from nnopt_gui.engine.training.averaging import WeightAverage
from nnopt_gui.engine.training.distillation import Teacher
from nnopt_gui.engine.training.fine_tuning import TrainingResult, train
from nnopt_gui.engine.training.objective import Batch, label_loss, mixed
from nnopt_gui.engine.training.rate_search import chosen_rate, rate_at, smoothed
from nnopt_gui.engine.training.selection_accuracy import accuracy_on
from nnopt_gui.errors import RecipeError


@pytest.fixture(scope="module")
def digits() -> OpenedData:
    return open_data(DataSource("digits"), SilentReporter())


@pytest.fixture(scope="module")
def preprocessing(digits: OpenedData) -> Preprocessing:
    return default_preprocessing(digits, 1, (8, 8))


def _part(subset: Subset, count: int) -> Subset:
    return subset.take(subset.stratified_order(0)[:count])


def _digits_cnn(width: float = 0.5, seed: int = 0) -> nn.Module:
    return build(Architecture("digits_cnn", 10, 1, (8, 8), width), seed=seed)


def _train(network: nn.Module, subset: Subset, how: FineTune, prep: Preprocessing, **more: object) -> TrainingResult:
    return train(network, subset, prep, how, seed=0, reporter=SilentReporter(), **more)  # type: ignore[arg-type]


def _same(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(value, b.state_dict()[key]) for key, value in a.state_dict().items())


def test_smoothed_and_mixed_labels_cost_what_the_formula_says() -> None:
    logits = torch.randn(6, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    one, other = torch.tensor([0, 1, 2, 3, 0, 1]), torch.tensor([3, 3, 1, 0, 2, 1])
    log_p = logits.log_softmax(1)
    targets = 0.7 * functional.one_hot(one, 4).double() + 0.3 * functional.one_hot(other, 4).double()
    targets = 0.8 * targets + 0.2 / 4
    batch = Batch(torch.zeros(6, 1, 2, 2), one, other, 0.7)
    wanted = -(targets * log_p).sum(1)
    np.testing.assert_allclose(label_loss(logits, batch, 0.2).numpy(), wanted.numpy(), rtol=1e-12)


def test_mixup_mixes_pairs_of_the_batch_the_same_way_every_time() -> None:
    images = torch.arange(8.0).reshape(8, 1, 1, 1)
    labels = torch.arange(8)
    first, again = (mixed(images, labels, 1.0, seed=3, epoch=2, number=5) for _ in range(2))
    assert torch.equal(first.images, again.images)
    assert first.others is not None
    assert 0.5 <= first.share <= 1.0
    expected = first.share * labels.float() + (1 - first.share) * first.others.float()
    torch.testing.assert_close(first.images.flatten(), expected)
    assert sorted(first.others.tolist()) == list(range(8))
    assert not torch.equal(mixed(images, labels, 1.0, seed=3, epoch=2, number=6).images, first.images)
    assert mixed(images, labels, 0.0, 0, 0, 0).others is None


def test_the_weight_average_is_the_recursion_it_claims_to_be() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    average = WeightAverage(network, decay=0.5)
    expected = network[0].weight.detach().clone().double()
    for step in range(6):
        with torch.no_grad():
            network[0].weight.add_(1.0)
            network[1].num_batches_tracked.add_(1)
        average.update(network, step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * network[0].weight.detach().double()
    torch.testing.assert_close(average.network[0].weight.double(), expected, rtol=1e-6, atol=1e-6)
    assert int(average.network[1].num_batches_tracked) == 6


def test_the_average_is_what_is_returned(digits: OpenedData, preprocessing: Preprocessing) -> None:
    subset = _part(digits.split("train"), 256)
    plain = _train(_digits_cnn(), subset, FineTune(2), preprocessing).network
    averaged = _train(_digits_cnn(), subset, FineTune(2, ema=0.9), preprocessing).network
    assert not _same(plain, averaged)
    assert not any(module._forward_hooks for module in averaged.modules())
    assert all(parameter.requires_grad for parameter in averaged.parameters())


def test_the_best_epoch_is_kept_and_patience_ends_it(digits: OpenedData, preprocessing: Preprocessing) -> None:
    subset, selection = _part(digits.split("train"), 200), digits.split("selection")
    # A rate that wrecks the network a little more each epoch after a good start: the last epoch is not the best.
    start = _train(_digits_cnn(), subset, FineTune(6, batch_size=32), preprocessing, from_scratch=True).network
    how = FineTune(5, learning_rate=3.0, batch_size=32, optimizer="sgd", keep="best", patience=2)
    result = _train(start, subset, how, preprocessing, selection=selection)
    last = _train(start, subset, FineTune(result.epochs, 3.0, 32, "sgd"), preprocessing)
    assert result.best_epoch is not None
    assert result.epochs <= min(5, result.best_epoch + 2)
    kept = accuracy_on(result.network, selection, preprocessing, SilentReporter())
    assert kept == result.selection_accuracy
    assert kept >= accuracy_on(last.network, selection, preprocessing, SilentReporter()) - 0.05
    with pytest.raises(RecipeError, match="selection"):
        _train(start, subset, how, preprocessing)


def test_accuracy_on_is_plain_accuracy(digits: OpenedData, preprocessing: Preprocessing) -> None:
    network, subset = _digits_cnn().train(), _part(digits.split("selection"), 100)
    found = accuracy_on(network, subset, preprocessing, SilentReporter())
    assert network.training
    with torch.no_grad():
        logits = network.eval()(torch.from_numpy(load_batch(subset, np.arange(100), preprocessing)))
    assert found == float((logits.argmax(1).numpy() == subset.labels).mean())


def test_the_optimiser_and_the_augmentation_are_as_asked(digits: OpenedData, preprocessing: Preprocessing) -> None:
    subset = _part(digits.split("train"), 128)
    networks = [
        _train(_digits_cnn(), subset, how, preprocessing).network
        for how in (
            FineTune(1),
            FineTune(1, optimizer="sgd"),
            FineTune(1, optimizer="adamw"),
            FineTune(1, augmentation="none"),
            FineTune(1, augmentation="standard"),
        )
    ]
    assert _same(networks[0], networks[1])  # a network with batch norm: auto is SGD
    assert not _same(networks[0], networks[2])
    assert _same(networks[0], networks[3])  # 8×8 pixels: auto does not augment
    assert not _same(networks[0], networks[4])


def test_a_range_test_finds_the_edge_of_the_valley() -> None:
    steps = 100
    edge = 70  # at and beyond this step the loss explodes
    losses = [2.0 - 0.015 * i if i < edge else 2.0 * math.exp((i - edge) / 2) for i in range(steps)]
    found = chosen_rate(losses, steps)
    assert rate_at(edge - 15, steps) / 10 <= found <= rate_at(edge + 5, steps) / 10
    assert rate_at(0, steps) == pytest.approx(1e-6)
    assert rate_at(99, steps) == pytest.approx(10.0)
    assert smoothed([3.0, 3.0, 3.0]) == pytest.approx([3.0, 3.0, 3.0])


def test_the_found_rate_trains(digits: OpenedData, preprocessing: Preprocessing) -> None:
    subset, selection = digits.split("train"), digits.split("selection")
    how = FineTune(4, batch_size=32, find_rate=True)
    result = _train(_digits_cnn(), subset, how, preprocessing, from_scratch=True)
    assert 1e-3 < result.learning_rate < 1.0
    assert accuracy_on(result.network, selection, preprocessing, SilentReporter()) > 0.9
    with pytest.raises(RecipeError, match="given and to be found"):
        FineTune(1, learning_rate=0.1, find_rate=True)


def test_a_network_can_teach_itself(digits: OpenedData, preprocessing: Preprocessing) -> None:
    subset = _part(digits.split("train"), 256)
    alone = Distill(2.0, 0.5, teacher="self")
    once = [_train(_digits_cnn(), subset, FineTune(1), preprocessing, distill=d).network for d in (None, alone)]
    assert _same(*once)  # the first epoch has no earlier self
    twice = [_train(_digits_cnn(), subset, FineTune(2), preprocessing, distill=d).network for d in (None, alone)]
    assert not _same(*twice)
    with pytest.raises(RecipeError, match="teacher"):
        _train(_digits_cnn(), subset, FineTune(1), preprocessing, distill=alone, teacher=Teacher.of(_digits_cnn()))
    with pytest.raises(RecipeError, match="itself"):
        Distill(features=1.0, teacher="self")


def test_labels_by_the_teacher(digits: OpenedData, preprocessing: Preprocessing) -> None:
    """With α = 0 the teacher's labels are all there is: training on data labelled by it is the same thing."""
    subset = _part(digits.split("train"), 128)
    teacher = copy.deepcopy(_digits_cnn(seed=5))
    with torch.no_grad():
        images = torch.from_numpy(load_batch(subset, np.arange(128), preprocessing))
        guesses = teacher(images).argmax(1).numpy()
    relabelled = _part(digits.split("train"), 128)
    relabelled.labels = guesses
    distill = Distill(4.0, 0.0, labels="teacher")
    taught = _train(_digits_cnn(), subset, FineTune(1), preprocessing, teacher=Teacher.of(teacher), distill=distill)
    plain = _train(_digits_cnn(), relabelled, FineTune(1), preprocessing)
    assert _same(taught.network, plain.network)


@pytest.mark.parametrize(
    ("temperature", "network", "message"),
    [
        (4.0, nn.Sequential(nn.Flatten(), nn.Linear(64, 1)), "one class"),
        (4.0, nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), "nothing to learn"),
    ],
)
def test_a_teacher_that_tells_nothing_is_refused(
    digits: OpenedData, preprocessing: Preprocessing, temperature: float, network: nn.Module, message: str
) -> None:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    subset = _part(digits.split("train"), 32)
    zeros = subset.take(np.flatnonzero(subset.labels == 0))
    student = nn.Sequential(nn.Flatten(), nn.Linear(64, network[1].out_features))
    with pytest.raises(RecipeError, match=message):
        _train(student, zeros, FineTune(1), preprocessing, teacher=Teacher.of(network), distill=Distill(temperature))


class _FlattensByView(nn.Module):
    """As most tutorials write it; ``view`` only takes a feature map whose channels come first in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.classify = nn.Linear(6 * 16, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.classify(self.features(x).view(-1, 6 * 16))
        return found


def test_networks_that_only_take_contiguous_images_get_them(digits: OpenedData, preprocessing: Preprocessing) -> None:
    torch.manual_seed(0)
    mine, other = _FlattensByView(), _digits_cnn()
    assert fastest_format((1, 8, 8), other) == torch.channels_last
    assert fastest_format((1, 8, 8), other, mine) == torch.contiguous_format
    part, best = _part(digits.split("train"), 256), FineTune(1, keep="best")
    for student, teacher in ((mine, other), (other, mine)):
        done = _train(
            student, part, best, preprocessing, teacher=Teacher.of(teacher), distill=Distill(),
            selection=_part(digits.split("selection"), 64),
        )  # fmt: skip
        assert done.selection_accuracy is not None
    with torch.no_grad():  # more channels than one: with one, both orders are the same
        assert Divergence(mine, torch.rand(8, 1, 8, 8)).of(mine) == pytest.approx(0, abs=1e-6)
