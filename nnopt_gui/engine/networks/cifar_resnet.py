"""He's residual networks for CIFAR (He et al., 2015, arXiv:1512.03385, section 4.2), with option A shortcuts.

State dicts use the common names ``conv1, bn1, layer1.0.conv1, …, layer3.2.bn2, linear``.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from nnopt_gui.engine.networks.widths import scaled

DEPTHS = (8, 14, 20, 32, 44, 56, 110)
BASE_CHANNELS = (16, 32, 64)


class OptionAShortcut(nn.Module):
    """The parameter-free shortcut: every ``stride``-th pixel, then zero channels before and after.

    Pixels are picked by a 1×1 max-pooling, which is the strided slice ``x[:, :, ::stride, ::stride]`` exactly, odd
    sizes included, but one operator that exporters, integer kernels and dependency tracers know. Whoever removes
    channels adapts ``zeros_before`` and ``zeros_after``: output channel c is input channel c − zeros_before.
    """

    def __init__(self, stride: int, zeros_before: int, zeros_after: int) -> None:
        super().__init__()
        self.stride = stride
        self.zeros_before = zeros_before
        self.zeros_after = zeros_after

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) → (N, zeros_before + C + zeros_after, ⌈H/stride⌉, ⌈W/stride⌉)."""
        x = functional.max_pool2d(x, kernel_size=1, stride=self.stride)
        return functional.pad(x, (0, 0, 0, 0, self.zeros_before, self.zeros_after))

    def extra_repr(self) -> str:
        return f"stride={self.stride}, zeros_before={self.zeros_before}, zeros_after={self.zeros_after}"


class BasicBlock(nn.Module):
    """Two 3×3 convolutions with batch norm around a shortcut."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.relu2 = nn.ReLU()
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            zeros = out_channels - in_channels
            self.shortcut = OptionAShortcut(stride, zeros // 2, zeros - zeros // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu1(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu2(y + self.shortcut(x))


class CifarResNet(nn.Module):
    """ResNet of ``depth`` = 6n + 2 layers: a 3×3 convolution, three stages of n basic blocks, a linear classifier.

    Maps float32 (N, channels, H, W) to logits (N, classes); any H and W do (32×32 in the paper).
    """

    def __init__(self, depth: int, classes: int, channels: int, width: float = 1.0) -> None:
        super().__init__()
        if (depth - 2) % 6:
            raise ValueError(f"depth {depth} is not 6n + 2")
        stages = tuple(scaled(base, width) for base in BASE_CHANNELS)
        self.conv1 = nn.Conv2d(channels, stages[0], 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(stages[0])
        self.relu = nn.ReLU()
        blocks = (depth - 2) // 6
        self.layer1 = _stage(stages[0], stages[0], blocks, stride=1)
        self.layer2 = _stage(stages[0], stages[1], blocks, stride=2)
        self.layer3 = _stage(stages[1], stages[2], blocks, stride=2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(stages[2], classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(self.pool(x).flatten(1))


def _stage(in_channels: int, out_channels: int, blocks: int, stride: int) -> nn.Sequential:
    first = BasicBlock(in_channels, out_channels, stride)
    return nn.Sequential(first, *(BasicBlock(out_channels, out_channels, 1) for _ in range(blocks - 1)))
