"""A small network with everything that is hard about exporting and quantising a CNN."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as fn

from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.progress import SilentReporter


class Block(nn.Module):
    def __init__(self, inner: int, outer: int) -> None:
        super().__init__()
        self.grow = outer - inner
        self.conv1 = nn.Conv2d(inner, outer, 3, 2 if self.grow else 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outer)
        self.conv2 = nn.Conv2d(outer, outer, 3, 1, 1, groups=outer, bias=False)
        self.bn2 = nn.BatchNorm2d(outer)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(fn.relu(self.bn1(self.conv1(x)))))
        if self.grow:
            x = fn.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.grow // 2, self.grow // 2))
        return fn.relu(x + y)


class SmallNet(nn.Module):
    """Residual blocks with option A shortcuts, a depthwise convolution, max and average pooling, a hidden layer."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU6(), nn.MaxPool2d(2))
        self.blocks = nn.Sequential(Block(8, 8), Block(8, 16))
        self.hidden = nn.Linear(16, 20)
        self.linear = nn.Linear(20, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(self.stem(x))
        x = fn.avg_pool2d(x, x.size(3))
        return self.linear(torch.tanh(self.hidden(x.view(x.size(0), -1))))


def make_network() -> nn.Module:
    torch.manual_seed(0)
    network = SmallNet()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
    return network.eval()


@pytest.fixture(scope="session")
def small_network() -> nn.Module:
    return make_network()


@pytest.fixture(scope="session")
def small_graph(small_network: nn.Module) -> FloatGraph:
    return export_network(small_network, (3, 16, 16), SilentReporter())
