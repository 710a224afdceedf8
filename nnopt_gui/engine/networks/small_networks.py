"""The seed networks for small images: plain modules whose state-dict names are stable.

All map float32 (N, channels, H, W) to logits (N, classes).
"""

from __future__ import annotations

import torch
from torch import nn

from nnopt_gui.engine.networks.widths import scaled


class Softmax(nn.Module):
    """One linear layer on the pixels: multinomial logistic regression."""

    def __init__(self, classes: int, channels: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.linear = nn.Linear(channels * size[0] * size[1], classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x.flatten(1))


class MnistCnn(nn.Module):
    """Two 3×3 convolutions of 32 and 64 channels, each with ReLU and 2×2 max-pooling, and one linear layer.

    The convolutions are padded, so 28×28 pooled twice is 7×7.
    """

    def __init__(self, classes: int, channels: int, size: tuple[int, int], width: float = 1.0) -> None:
        super().__init__()
        first, second = scaled(32, width), scaled(64, width)
        self.conv1 = nn.Conv2d(channels, first, 3, padding=1)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(first, second, 3, padding=1)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.linear = nn.Linear(second * (size[0] // 4) * (size[1] // 4), classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool1(self.relu1(self.conv1(x)))
        x = self.pool2(self.relu2(self.conv2(x)))
        return self.linear(x.flatten(1))


class LeNet5(nn.Module):
    """LeNet-5 (LeCun et al., 1998) with today's ReLU and max-pooling.

    The original sees 32×32; smaller images are padded by 2 in the first convolution, as is usual for 28×28.
    """

    def __init__(self, classes: int, channels: int, size: tuple[int, int], width: float = 1.0) -> None:
        super().__init__()
        first, second, third, fourth = (scaled(base, width) for base in (6, 16, 120, 84))
        height, breadth = (lenet_map(side) for side in size)
        self.conv1 = nn.Conv2d(channels, first, 5, padding=2 if min(size) < 32 else 0)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(first, second, 5)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(second * height * breadth, third)
        self.relu3 = nn.ReLU()
        self.fc2 = nn.Linear(third, fourth)
        self.relu4 = nn.ReLU()
        self.fc3 = nn.Linear(fourth, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool1(self.relu1(self.conv1(x)))
        x = self.pool2(self.relu2(self.conv2(x)))
        x = self.relu4(self.fc2(self.relu3(self.fc1(x.flatten(1)))))
        return self.fc3(x)


def lenet_map(side: int) -> int:
    """Side of LeNet-5's last feature map for an image of ``side`` pixels."""
    padding = 4 if side < 32 else 0
    return ((side + padding - 4) // 2 - 4) // 2


class ConvBlock(nn.Module):
    """3×3 convolution, batch norm, ReLU."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.relu(self.bn(self.conv(x)))


class DigitsCnn(nn.Module):
    """The demo's network for 8×8 digits: four convolution blocks, one pooling in the middle, global average pooling.

    About 40 thousand parameters at width 1.
    """

    def __init__(self, classes: int, channels: int, width: float = 1.0) -> None:
        super().__init__()
        narrow, wide = scaled(24, width), scaled(48, width)
        self.block1 = ConvBlock(channels, narrow)
        self.block2 = ConvBlock(narrow, narrow)
        self.pool1 = nn.MaxPool2d(2)
        self.block3 = ConvBlock(narrow, wide)
        self.block4 = ConvBlock(wide, wide)
        self.pool2 = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(wide, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool1(self.block2(self.block1(x)))
        x = self.pool2(self.block4(self.block3(x)))
        return self.linear(x.flatten(1))


class DepthwiseSeparableBlock(nn.Module):
    """Depthwise 3×3, then pointwise 1×1 convolution, each with batch norm and ReLU (MobileNet, arXiv:1704.04861)."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels, in_channels, 3, stride=stride, padding=1, groups=in_channels, bias=False
        )
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.relu1 = nn.ReLU()
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.relu2 = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu1(self.bn1(self.depthwise(x)))
        return self.relu2(self.bn2(self.pointwise(x)))


class DepthwiseSeparableCnn(nn.Module):
    """A small MobileNet-like network (DS-CNN, arXiv:1711.07128): one convolution, four separable blocks."""

    def __init__(self, classes: int, channels: int, width: float = 1.0) -> None:
        super().__init__()
        c16, c32, c64, c128 = (scaled(base, width) for base in (16, 32, 64, 128))
        self.stem = ConvBlock(channels, c16)
        self.block1 = DepthwiseSeparableBlock(c16, c32, 1)
        self.block2 = DepthwiseSeparableBlock(c32, c64, 2)
        self.block3 = DepthwiseSeparableBlock(c64, c64, 1)
        self.block4 = DepthwiseSeparableBlock(c64, c128, 2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(c128, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.block4(self.block3(self.block2(self.block1(self.stem(x)))))
        return self.linear(self.pool(x).flatten(1))
