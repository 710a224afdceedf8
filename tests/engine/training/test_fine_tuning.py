from __future__ import annotations

import copy
import dataclasses
import math

import numpy as np
import pytest
import torch
from torch import nn

from nnopt_gui.engine.data.datasets import OpenedData, open_data
from nnopt_gui.engine.data.preprocessing import default_preprocessing, load_batch
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.progress import Cancelled, SilentReporter
from nnopt_gui.engine.pruning.sparsity import magnitude_masks
from nnopt_gui.engine.recipe import Distill, FineTune
from nnopt_gui.engine.sources import DataSource, Preprocessing
from nnopt_gui.engine.training.distillation import Teacher
from nnopt_gui.engine.training.fine_tuning import TrainingResult, train
from nnopt_gui.engine.training.schedule import Optimisation, choose_optimisation
from nnopt_gui.errors import DataError, RecipeError

HOW = {field.name for field in dataclasses.fields(FineTune)}


@pytest.fixture(scope="module")
def digits() -> OpenedData:
    return open_data(DataSource("digits"), SilentReporter())


@pytest.fixture(scope="module")
def preprocessing(digits: OpenedData) -> Preprocessing:
    return default_preprocessing(digits, 1, (8, 8))


@pytest.fixture
def few(digits: OpenedData) -> Subset:
    subset = digits.split("train")
    return subset.take(subset.stratified_order(0)[:129])  # 129 = 2 × 64 + 1: the last batch holds one image


def _train(network: nn.Module, subset: Subset, preprocessing: Preprocessing, **changes: object) -> TrainingResult:
    values: dict[str, object] = {"epochs": 1, "batch_size": 64, "seed": 0, "reporter": SilentReporter(), **changes}
    how = FineTune(**{name: values.pop(name) for name in list(values) if name in HOW})  # type: ignore[arg-type]
    return train(network, subset, preprocessing, how, **values)  # type: ignore[arg-type]


def _digits_cnn(width: float = 0.5) -> nn.Module:
    return build(Architecture("digits_cnn", 10, 1, (8, 8), width), seed=0)


def _accuracy(network: nn.Module, subset: Subset, preprocessing: Preprocessing) -> float:
    with torch.no_grad():
        logits = network(torch.from_numpy(load_batch(subset, np.arange(len(subset)), preprocessing)))
    return float((logits.argmax(1).numpy() == subset.labels).mean())


def test_it_learns_and_tells_the_truth_about_it(digits: OpenedData, preprocessing: Preprocessing) -> None:
    result = _train(_digits_cnn(1.0), digits.split("train"), preprocessing, epochs=5, batch_size=32, from_scratch=True)
    assert _accuracy(result.network, digits.split("selection"), preprocessing) > 0.95
    assert result.accuracy is not None
    assert result.accuracy > 0.95
    assert result.loss is not None
    assert 0 < result.loss < 0.3
    assert result.seconds > 0
    assert result.learning_rate == pytest.approx(0.05)  # 0.1 × √(32/128)


def test_the_given_network_is_untouched_and_the_result_ready(few: Subset, preprocessing: Preprocessing) -> None:
    network = _digits_cnn()
    network.block1.conv.weight.requires_grad_(False)
    before = copy.deepcopy(network.state_dict())
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    result = _train(network, few, preprocessing, threads=1)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert not any(parameter.grad is not None for parameter in network.parameters())
    assert not network.block1.conv.weight.requires_grad
    assert result.network is not network
    assert not any(module.training for module in result.network.modules())
    assert all(parameter.is_contiguous() and parameter.grad is None for parameter in result.network.parameters())
    assert not any(module._forward_hooks for module in result.network.modules())
    assert any(not torch.equal(value, before[key]) for key, value in result.network.state_dict().items())
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_the_seed_decides_everything(few: Subset, preprocessing: Preprocessing) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Dropout(0.3), nn.Linear(64, 10)).eval()
    torch.manual_seed(1)
    first = _train(network, few, preprocessing).network.state_dict()
    torch.manual_seed(2)
    again = _train(network, few, preprocessing).network.state_dict()
    other = _train(network, few, preprocessing, seed=1).network.state_dict()
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not all(torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("images", [1, 2, 65])
def test_a_last_batch_of_one_is_safe(few: Subset, preprocessing: Preprocessing, images: int) -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 8), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 10)).eval()  # 1×1 maps
    result = _train(network, few.take(np.arange(images)), preprocessing)
    assert all(torch.isfinite(value).all() for value in result.network.state_dict().values())


def test_zero_epochs_give_an_equal_copy(few: Subset, preprocessing: Preprocessing) -> None:
    network = _digits_cnn()
    result = _train(network, few, preprocessing, epochs=0)
    assert result.loss is None
    assert result.accuracy is None
    assert all(torch.equal(value, network.state_dict()[key]) for key, value in result.network.state_dict().items())


def test_masked_weights_stay_zero_and_the_others_move(few: Subset, preprocessing: Preprocessing) -> None:
    network = _digits_cnn()
    names = ["block1.conv", "block2.conv", "linear"]
    masks = magnitude_masks({name: network.get_submodule(name).weight.detach().numpy() for name in names}, 0.7)
    trained = _train(network, few, preprocessing, masks=masks).network
    for name, mask in masks.items():
        weight = trained.get_submodule(name).weight.detach().numpy()
        assert (weight[~mask] == 0).all()
        assert (weight[mask] != network.get_submodule(name).weight.detach().numpy()[mask]).any()
    with pytest.raises(RecipeError):
        _train(network, few, preprocessing, masks={"pool1": np.ones(1, bool)})


def test_divergence_is_an_error_with_a_hint(few: Subset, preprocessing: Preprocessing) -> None:
    network = _digits_cnn()
    with torch.no_grad():
        network.linear.weight.fill_(math.nan)
    with pytest.raises(RecipeError, match="diverged") as caught:
        _train(network, few, preprocessing, learning_rate=0.3)
    assert "0.3" in caught.value.hint


def test_distillation_without_a_teacher_is_not_passed_over(few: Subset, preprocessing: Preprocessing) -> None:
    with pytest.raises(RecipeError, match="teacher"):
        _train(_digits_cnn(), few, preprocessing, distill=Distill())


def test_unsuitable_data_are_refused(few: Subset, preprocessing: Preprocessing) -> None:
    with pytest.raises(DataError, match="outputs"):
        _train(build(Architecture("digits_cnn", 4, 1, (8, 8)), seed=0), few, preprocessing)
    with pytest.raises(DataError, match="no training images"):
        _train(_digits_cnn(), few.take(np.array([], dtype=np.int64)), preprocessing)


class Recorder(SilentReporter):
    """Notes everything, and cancels at the given checkpoint."""

    def __init__(self, cancel_at: int | None = None) -> None:
        self.checkpoints = 0
        self.cancel_at = cancel_at
        self.curve: list[tuple[float, float, float | None]] = []
        self.steps: list[tuple[float, float]] = []

    def checkpoint(self) -> None:
        self.checkpoints += 1
        if self.checkpoints == self.cancel_at:
            raise Cancelled

    def progress(self, done: float, total: float) -> None:
        self.steps.append((done, total))

    def training(self, epoch: float, loss: float, accuracy: float | None) -> None:
        self.curve.append((epoch, loss, accuracy))


def test_progress_and_the_training_curve(few: Subset, preprocessing: Preprocessing) -> None:
    recorder = Recorder()
    result = _train(_digits_cnn(), few, preprocessing, epochs=3, reporter=recorder)
    epochs = [epoch for epoch, _, _ in recorder.curve]
    assert epochs == sorted(epochs)
    assert {1.0, 2.0, 3.0} <= set(epochs)
    assert recorder.steps[-1] == (9, 9)
    assert recorder.curve[-1][1:] == (result.loss, result.accuracy)


def test_every_checkpoint_can_cancel_even_between_layers(few: Subset, preprocessing: Preprocessing) -> None:
    whole = Recorder()
    network = _digits_cnn()
    _train(network, few, preprocessing, reporter=whole)
    assert whole.checkpoints >= 3 * (1 + 5 + 5)  # per step: before it, five layers forward, five backward
    for moment in (1, 2, 7, 9, whole.checkpoints):
        with pytest.raises(Cancelled):
            _train(network, few, preprocessing, reporter=Recorder(moment))
    assert not any(module._forward_hooks for module in network.modules())


def test_a_student_imitates_its_teacher_better_when_distilled(digits: OpenedData, preprocessing: Preprocessing) -> None:
    train_split, selection = digits.split("train"), digits.split("selection")
    teacher = _train(_digits_cnn(), train_split, preprocessing, epochs=4, batch_size=32, from_scratch=True).network
    softmax = build(Architecture("softmax", 10, 1, (8, 8)), seed=0)
    images = torch.from_numpy(load_batch(selection, np.arange(len(selection)), preprocessing))
    distances = []
    for distill in (None, Distill(4.0, 0.9)):
        student = _train(
            softmax,
            train_split,
            preprocessing,
            epochs=6,
            from_scratch=True,
            teacher=Teacher.of(teacher) if distill else None,
            distill=distill,
        ).network
        with torch.no_grad():
            answers, wanted = (net(images).div(4).log_softmax(1) for net in (student, teacher))
        distances.append(nn.functional.kl_div(answers, wanted, reduction="batchmean", log_target=True).item())
    assert distances[1] < distances[0]


def test_fine_tuning_repairs_a_damaged_network(digits: OpenedData, preprocessing: Preprocessing) -> None:
    split, selection = digits.split("train"), digits.split("selection")
    good = _train(_digits_cnn(), split, preprocessing, epochs=6, batch_size=32, from_scratch=True).network
    damaged = copy.deepcopy(good)
    with torch.no_grad():
        damaged.block3.conv.weight.mul_(torch.rand(24, 1, 1, 1, generator=torch.Generator().manual_seed(0)) < 0.5)
    broken = _accuracy(damaged, selection, preprocessing)
    repaired = _accuracy(_train(damaged, split, preprocessing, epochs=2).network, selection, preprocessing)
    assert repaired > broken + 0.2


def test_the_rate_warms_up_and_follows_a_cosine() -> None:
    optimisation = Optimisation("sgd", 0.1)
    rates = [optimisation.rate(step, 200) for step in range(200)]
    assert rates[0] == pytest.approx(0.1 / 11)
    assert max(rates) == rates[10] == pytest.approx(0.1)
    assert rates[105] == pytest.approx(0.05)  # half way down
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < 1e-4
    assert Optimisation("sgd", 0.1).rate(0, 1) > 0


def test_the_optimiser_suits_the_network() -> None:
    normed = choose_optimisation(_digits_cnn(), None, 128, from_scratch=True)
    plain = choose_optimisation(build(Architecture("lenet5", 10, 1, (28, 28)), seed=0), None, 128, from_scratch=False)
    assert (normed.kind, normed.learning_rate) == ("sgd", 0.1)
    assert (plain.kind, plain.learning_rate) == ("adamw", 5e-4)
    assert choose_optimisation(_digits_cnn(), 0.123, 64, from_scratch=False).learning_rate == 0.123
    groups = normed.optimizer(_digits_cnn()).param_groups
    assert all(parameter.ndim > 1 for parameter in groups[0]["params"])
    assert groups[1]["weight_decay"] == 0
