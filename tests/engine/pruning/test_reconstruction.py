"""Layers refitted to the channels that are left."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.pruning.couplings import Coupling, trace_couplings
from nnopt_gui.engine.pruning.reconstruction import RIDGE, NormalEquations, refit
from nnopt_gui.engine.pruning.surgery import Removal, without_channels

QUIET = SilentReporter()
SHAPE = (3, 12, 12)


def _without(network: nn.Module, layer: str, gone: set[int]) -> tuple[nn.Module, list[Coupling], list[Removal]]:
    couplings = trace_couplings(network, SHAPE)
    coupling = next(c for c in couplings if layer in c.outputs)
    removals: list[Removal] = [(coupling, frozenset(gone))]
    return without_channels(network, removals).eval(), couplings, removals


def _images(count: int) -> torch.Tensor:
    return torch.randn(count, *SHAPE, generator=torch.Generator().manual_seed(1))


def test_a_channel_that_says_what_another_says_is_not_missed() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
        nn.Conv2d(8, 6, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU(),
        nn.Conv2d(6, 5, (3, 1), dilation=2, padding=(2, 0)), nn.ReLU(), nn.Flatten(), nn.Linear(180, 4),
    ).eval()  # fmt: skip
    with torch.no_grad():
        for norm in (network[1], network[4]):
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2)
            norm.bias.uniform_(0, 1)
        network[0].weight[7], network[3].weight[5], network[6].weight[4] = (
            network[0].weight[2], network[3].weight[1], network[6].weight[0],
        )  # fmt: skip
        network[6].bias[4] = network[6].bias[0]
        for norm, copy, original in ((network[1], 7, 2), (network[4], 5, 1)):
            for values in (norm.running_mean, norm.running_var, norm.bias, norm.weight):
                values[copy] = values[original]
    images = _images(64)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    for layer, channel in (("0", 7), ("3", 5), ("6", 4)):
        cut, couplings, removals = _without(network, layer, {channel})
        fitted = refit(cut, couplings, removals, NormalEquations(network, images), QUIET)
        new = _images(96)[64:]
        with torch.no_grad():
            wanted = network(new)
            missed, left = ((net(new) - wanted).abs().mean() for net in (cut, fitted))
        assert missed > 0.01 * wanted.std(), layer
        assert left < 0.05 * missed, layer
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_a_linear_layer_gets_the_weights_of_ridge_regression() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(432, 10), nn.ReLU(), nn.Linear(10, 4)).eval()
    images = _images(100)
    gone = {1, 6, 8}
    cut, couplings, removals = _without(network, "1", gone)
    fitted = refit(cut, couplings, removals, NormalEquations(network, images), QUIET)
    stay = [i for i in range(10) if i not in gone]
    with torch.no_grad():
        hidden = network[:3](images).double().numpy()
        wanted = network(images).double().numpy()
    x, y = hidden[:, stay] - hidden[:, stay].mean(0), wanted - wanted.mean(0)
    now = network[3].weight.detach().double().numpy()[:, stay].T
    gram = x.T @ x / 100
    ridge = RIDGE * np.trace(gram) / 7
    change = np.linalg.solve(gram + ridge * np.eye(7), x.T @ (y - x @ now) / 100)
    np.testing.assert_allclose(fitted[3].weight.detach().numpy().T, now + change, rtol=1e-3, atol=1e-4)
    with torch.no_grad():
        np.testing.assert_allclose(fitted(images).mean(0).numpy(), wanted.mean(0), atol=1e-4)
