"""Importances that come from gradients, against finite differences of the loss in float64: no autograd there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.pruning.couplings import Coupling, trace_couplings
from nnopt_gui.engine.pruning.data_importance import (
    channel_importance_from_data,
    input_energy,
    weight_importance_from_gradients,
    weight_importance_from_inputs,
)
from nnopt_gui.engine.pruning.gradients import Differentiable
from nnopt_gui.errors import DataError

REPORTER = SilentReporter()
SHAPE = (2, 6, 6)
STEP = 1e-5


class Small(nn.Module):
    """A residual sum, batch norm, a flattened map and a strided convolution: every way of reading a channel."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(2, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.b = nn.Conv2d(4, 4, 3, padding=1)
        self.c = nn.Conv2d(4, 3, 3, stride=2, padding=1)
        self.d = nn.Linear(27, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.softplus(self.norm(self.a(x)))  # smooth, so that differences are exact enough
        x = functional.softplus(self.c(x + self.b(x)))
        return self.d(x.flatten(1))


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(3)
    network = Small()
    nn.init.uniform_(network.norm.weight, 0.5, 1.5)
    nn.init.uniform_(network.norm.running_var, 0.5, 1.5)
    return network.double().eval()


IMAGES = np.random.default_rng(5).standard_normal((5, *SHAPE))
LABELS = np.array([0, 4, 2, 2, 1])


def samples() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    yield IMAGES[:3], LABELS[:3]
    yield IMAGES[3:], LABELS[3:]


def _losses(network: nn.Module) -> np.ndarray:
    """(N,) cross-entropies, computed in numpy."""
    with torch.no_grad():
        logits = network(torch.from_numpy(IMAGES)).numpy()
    shifted = logits - logits.max(1, keepdims=True)
    return np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(LABELS)), LABELS]


def _difference(network: nn.Module, change: Callable[[float], None]) -> np.ndarray:
    """(N,) dL/dε of what ``change(ε)`` does."""
    change(STEP)
    above = _losses(network)
    change(-2 * STEP)
    below = _losses(network)
    change(STEP)
    return (above - below) / (2 * STEP)


def _numeric_gradients(network: nn.Module, name: str) -> np.ndarray:
    """(N, *shape) by moving one weight after the other."""
    weight = network.get_submodule(name).weight.data
    flat = weight.view(-1)
    found = []
    for index in range(flat.numel()):

        def move(step: float, index: int = index) -> None:
            flat[index] += step

        found.append(_difference(network, move))
    return np.stack(found, 1).reshape(len(LABELS), *weight.shape)


@pytest.mark.parametrize("criterion", ["taylor", "gradient", "hessian"])
def test_single_weights_agree_with_finite_differences(network: nn.Module, criterion: str) -> None:
    names = ("a", "b", "d")
    found = weight_importance_from_gradients(Differentiable.of_network(network, names), criterion, samples, REPORTER)
    for name in names:
        gradients = _numeric_gradients(network, name)
        weight = network.get_submodule(name).weight.detach().numpy()
        expected = {
            "taylor": np.abs(weight * gradients).mean(0),
            "gradient": np.abs(gradients).mean(0),
            "hessian": 0.5 * np.square(weight * gradients).mean(0),
        }[criterion]
        np.testing.assert_allclose(found[name].numpy(), expected, rtol=1e-5, atol=1e-9)


def test_channels_are_judged_by_what_their_readers_would_lose_image_by_image(network: nn.Module) -> None:
    couplings = _prunable(network)
    found = channel_importance_from_data(network, couplings, "taylor", samples, REPORTER)
    assert {tuple(c.outputs) for c in couplings.values()} >= {("c",)}
    for number, coupling in couplings.items():
        for channel in range(coupling.channels):
            expected = np.abs(_difference(network, _scale_readers(network, coupling, channel))).mean()
            assert found[number][channel] == pytest.approx(expected, rel=1e-5, abs=1e-9)


def _scale_readers(network: nn.Module, coupling: Coupling, channel: int) -> Callable[[float], None]:
    """ε more of every weight that reads the channel: dL/dε = Σ w · ∂L/∂w."""
    originals = {name: network.get_submodule(name).weight.data.clone() for name in coupling.inputs}

    def scale(step: float) -> None:
        for name, positions in coupling.inputs.items():
            columns = [i for i, c in enumerate(positions) if c == channel]
            network.get_submodule(name).weight.data[:, columns] += step * originals[name][:, columns]

    return scale


def test_the_mean_over_images_is_taken_last(network: nn.Module) -> None:
    """Two images that pull in opposite directions must not cancel: the gradient of the mean loss would nearly do so."""
    couplings = _prunable(network)
    found = channel_importance_from_data(network, couplings, "taylor", samples, REPORTER)
    source = Differentiable.of_network(network, ("c",))
    loss = functional.cross_entropy(source.logits(torch.from_numpy(IMAGES)), torch.from_numpy(LABELS))
    (gradient,) = torch.autograd.grad(loss, [source.weights["c"]])
    at_once = (source.weights["c"] * gradient).sum((0, 2, 3)).abs().detach().numpy()
    number = next(n for n, c in couplings.items() if "c" in c.inputs)
    assert (np.array(found[number]) > at_once).all()


@pytest.mark.parametrize("criterion", ["gradient", "hessian"])
def test_other_criteria_of_channels_sum_those_of_their_weights(network: nn.Module, criterion: str) -> None:
    couplings = _prunable(network)
    found = channel_importance_from_data(network, couplings, criterion, samples, REPORTER)
    number = next(n for n, c in couplings.items() if tuple(c.outputs) == ("c",))
    scores = {}
    for name in ("c", "d"):
        gradients, weight = _numeric_gradients(network, name), network.get_submodule(name).weight.detach().numpy()
        saliency = 0.5 * np.square(weight * gradients).mean(0)
        scores[name] = np.abs(gradients).mean(0) if criterion == "gradient" else saliency
    read = scores["d"].sum(0).reshape(3, 9).sum(1)  # a 3×3 map of each of three channels, flattened
    made = scores["c"].sum((1, 2, 3))
    expected = read if criterion == "hessian" else (read / read.mean() + made / made.mean()) / 2
    np.testing.assert_allclose(found[number], expected, rtol=1e-5)


def test_activations_are_the_mean_magnitude_that_is_read(network: nn.Module) -> None:
    couplings = _prunable(network)
    found = channel_importance_from_data(network, couplings, "activation", samples, REPORTER)
    with torch.no_grad():
        x = functional.softplus(network.norm(network.a(torch.from_numpy(IMAGES))))
        read = functional.softplus(network.c(x + network.b(x))).abs().mean((0, 2, 3)).numpy()
    number = next(n for n, c in couplings.items() if tuple(c.outputs) == ("c",))
    np.testing.assert_allclose(found[number], read / read.mean(), rtol=1e-9)


@pytest.mark.parametrize("groups", [1, 2])
def test_the_energy_of_a_convolutions_inputs_is_that_of_its_patches(groups: int) -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(4, 6, 3, stride=2, padding=1, dilation=2, groups=groups)
    x = torch.randn(3, 4, 9, 8)
    total, count = input_energy(layer, x)
    patches = functional.unfold(x, 3, dilation=2, padding=1, stride=2)  # N × (4·9) × places
    assert count == 3 * patches.shape[2]
    expected = patches.square().sum((0, 2)).reshape(groups, 4 // groups, 3, 3)
    torch.testing.assert_close(total.float(), expected)


def test_wanda_is_the_weight_times_the_norm_of_its_input(network: nn.Module) -> None:
    found = weight_importance_from_inputs(network, ("d",), samples, REPORTER)["d"]
    with torch.no_grad():
        x = functional.softplus(network.norm(network.a(torch.from_numpy(IMAGES))))
        features = functional.softplus(network.c(x + network.b(x))).flatten(1)
        expected = network.d.weight.abs() * features.square().mean(0).sqrt()
    torch.testing.assert_close(found, expected)


def test_an_onnx_graph_gives_what_the_torch_network_gives(network: nn.Module) -> None:
    """On folded weights w·∂L/∂w is the same: what batch norm multiplies the weight with divides its gradient."""
    single = network.float()
    graph = export_network(single, SHAPE, REPORTER)

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        yield IMAGES.astype(np.float32), LABELS

    names = tuple(layer.name for layer in graph.layers)
    torch_found = weight_importance_from_gradients(
        Differentiable.of_network(single, names), "taylor", batches, REPORTER
    )
    onnx_found = weight_importance_from_gradients(Differentiable.of_graph(graph), "taylor", batches, REPORTER)
    assert set(onnx_found) == {"a", "b", "c", "d"}
    for name in names:
        torch.testing.assert_close(onnx_found[name], torch_found[name], rtol=1e-3, atol=1e-6)


def test_labels_that_the_network_does_not_know_are_said_so(network: nn.Module) -> None:
    def wrong() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        yield IMAGES[:1], np.array([5])

    source = Differentiable.of_network(network, ("a",))
    with pytest.raises(DataError, match="class 5"):
        weight_importance_from_gradients(source, "taylor", wrong, REPORTER)
    with pytest.raises(DataError, match="no images"):
        weight_importance_from_gradients(source, "taylor", lambda: iter(()), REPORTER)


def test_the_network_is_left_as_it_was(network: nn.Module) -> None:
    network.b.weight.requires_grad_(False)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    network.train()
    for criterion in ("taylor", "activation"):
        channel_importance_from_data(network, _prunable(network), criterion, samples, REPORTER)
    assert network.training
    assert not network.b.weight.requires_grad
    assert network.a.weight.grad is None
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert not any(module._forward_pre_hooks for module in network.modules())


def _prunable(network: nn.Module) -> dict[int, Coupling]:
    single = Small().eval()
    couplings = trace_couplings(single, SHAPE)
    return {number: coupling for number, coupling in enumerate(couplings) if not coupling.reason}
