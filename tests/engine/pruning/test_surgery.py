"""Pruned networks of every kind all the way: exported, quantised to 8 bits, and run in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from nnopt_gui.engine.channel_plan import plan_channels
from nnopt_gui.engine.measurement.session import open_session
from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.networks.layers import describe_layers
from nnopt_gui.engine.networks.self_attention import SelfAttention
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.pruning.channel_groups import cut_channels, find_groups
from nnopt_gui.engine.quantization.calibration import collect_ranges
from nnopt_gui.engine.quantization.post_training import quantize_graph
from nnopt_gui.engine.recipe import Quantize

SHAPE = (3, 16, 16)
QUIET = SilentReporter()


class ResNeXtBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, padding=1)
        self.down = nn.Conv2d(16, 24, 1, bias=False)
        self.norm = nn.BatchNorm2d(24)
        self.grouped = nn.Conv2d(24, 24, 3, padding=1, groups=6)
        self.up = nn.Conv2d(24, 16, 1)
        self.out = nn.Linear(16, 7)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.stem(x))
        y = self.up(functional.relu(self.grouped(functional.relu(self.norm(self.down(x))))))
        return self.out(functional.relu(x + y).mean((2, 3)))


class ShuffleBlock(nn.Module):
    """What crosses the shuffle stays; the inside of the branch goes."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.first = nn.Conv2d(8, 12, 1)
        self.depth = nn.Conv2d(12, 12, 3, padding=1, groups=12)
        self.last = nn.Conv2d(12, 8, 1)
        self.out = nn.Linear(16, 7)

    def forward(self, x: Tensor) -> Tensor:
        left, right = functional.relu(self.stem(x)).chunk(2, dim=1)
        right = functional.relu(self.last(self.depth(functional.relu(self.first(right)))))
        n, c, h, w = x.shape[0], 16, left.shape[2], left.shape[3]
        x = torch.cat([left, right], 1).view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        return self.out(x.mean((2, 3)))


class Transformer(nn.Module):
    """Patches, one encoder layer with four heads, and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 32, 4, stride=4)
        self.norms = nn.ModuleList(nn.LayerNorm(32) for _ in range(3))
        self.attention = SelfAttention(nn.MultiheadAttention(32, 4, batch_first=True))
        self.up, self.down = nn.Linear(32, 48), nn.Linear(48, 32)
        self.out = nn.Linear(32, 7)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        y = self.norms[0](x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        x = x + self.down(functional.gelu(self.up(self.norms[1](x))))
        return self.out(self.norms[2](x).mean(1))


def _cifar_resnet() -> nn.Module:
    return build(Architecture("cifar_resnet20", 7, 3, (16, 16)), seed=0)


@pytest.mark.parametrize(
    ("make", "smaller"),
    [
        (ResNeXtBlock, ("stem", "down", "grouped", "up")),
        (ShuffleBlock, ("first", "depth", "last")),
        (Transformer, ("attention.in_proj", "attention.out_proj", "up", "down")),
        (_cifar_resnet, ("conv1", "layer1.1.conv2", "layer2.0.conv2", "layer3.2.conv2", "linear")),
    ],
)
def test_the_pruned_network_is_exported_quantised_and_run(
    make: Callable[[], nn.Module], smaller: tuple[str, ...]
) -> None:
    torch.manual_seed(3)
    network = make().eval()
    groups, _ = find_groups(network, describe_layers(network, SHAPE), SHAPE)
    cut = cut_channels(network, groups, plan_channels(groups, 0.5, scope="layer"), SHAPE)
    for name in smaller:
        assert cut.get_submodule(name).weight.numel() < network.get_submodule(name).weight.numel()
    graph = export_network(cut, SHAPE, QUIET)  # compares with torch
    assert set(smaller) <= {layer.name for layer in graph.layers}
    images = np.random.default_rng(0).standard_normal((16, *SHAPE)).astype(np.float32)
    quantised = quantize_graph(graph, Quantize(8, 8), collect_ranges(graph, [images], QUIET), None, QUIET)
    session = open_session(quantised.SerializeToString(), 1)
    got = session.run(None, {session.get_inputs()[0].name: images})[0]
    with torch.no_grad():
        wanted = cut(torch.from_numpy(images)).numpy()
    assert got.shape == wanted.shape == (16, 7)
    assert np.linalg.norm(got - wanted) < 0.1 * np.linalg.norm(wanted)
