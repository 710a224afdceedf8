"""Five small networks, one for each way in which layers are put together, and images for them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as fn

SIZE = 32
INPUT_SHAPE = (3, SIZE, SIZE)
CLASSES = 5


def conv_bn(inner: int, outer: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inner, outer, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outer)
    )


class Plain(nn.Module):
    """VGG-like: convolutions with ReLU, max pooling, two linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            conv_bn(3, 8), nn.ReLU(), nn.MaxPool2d(2), conv_bn(8, 16), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(16 * 64, 24), nn.ReLU(), nn.Linear(24, CLASSES))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x))


class Residual(nn.Module):
    """A stem, a plain residual block and one with a projection."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_bn(3, 8)
        self.first = nn.Sequential(conv_bn(8, 8), nn.ReLU(), conv_bn(8, 8))
        self.second = nn.Sequential(conv_bn(8, 16, stride=2), nn.ReLU(), conv_bn(16, 16))
        self.project = conv_bn(8, 16, 1, 2)
        self.linear = nn.Linear(16, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = fn.relu(self.stem(x))
        x = fn.relu(x + self.first(x))
        x = fn.relu(self.project(x) + self.second(x))
        return self.linear(fn.adaptive_avg_pool2d(x, 1).flatten(1))


class Depthwise(nn.Module):
    """MobileNetV3-like: depthwise separable, hard swish, squeeze and excitation, linear bottleneck with a shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_bn(3, 8, stride=2), nn.Hardswish())
        self.expand = nn.Sequential(conv_bn(8, 16, 1), nn.Hardswish(), conv_bn(16, 16, groups=16), nn.ReLU6())
        self.squeeze = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 4, 1), nn.ReLU(), nn.Conv2d(4, 16, 1), nn.Hardsigmoid()
        )
        self.project = conv_bn(16, 8, 1)
        self.linear = nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.expand(x)
        x = x + self.project(y * self.squeeze(y))
        return self.linear(x.mean((2, 3)))


class Concat(nn.Module):
    """DenseNet-like: norms that follow a concatenation, an inception branch with average pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.norm1, self.grow1 = nn.BatchNorm2d(8), nn.Conv2d(8, 4, 3, padding=1, bias=False)
        self.norm2, self.grow2 = nn.BatchNorm2d(12), nn.Conv2d(12, 4, 3, padding=1, bias=False)
        self.norm3, self.shrink = nn.BatchNorm2d(16), nn.Conv2d(16, 8, 1, bias=False)
        self.branch1, self.branch2 = conv_bn(8, 4, 1), conv_bn(8, 4, 1)
        self.linear = nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = torch.cat([x, self.grow1(fn.relu(self.norm1(x)))], 1)
        x = torch.cat([x, self.grow2(fn.relu(self.norm2(x)))], 1)
        x = fn.avg_pool2d(self.shrink(fn.relu(self.norm3(x))), 2)
        x = torch.cat([fn.relu(self.branch1(x)), fn.relu(self.branch2(fn.avg_pool2d(x, 3, 1, 1)))], 1)
        return self.linear(fn.adaptive_avg_pool2d(x, 1).flatten(1))


class Attention(nn.Module):
    """A vision transformer of one block: class token, scaled dot product of two heads, GELU."""

    def __init__(self, width: int = 32, heads: int = 2, patch: int = 8) -> None:
        super().__init__()
        self.heads = heads
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.token = nn.Parameter(0.2 * torch.randn(1, 1, width))
        self.position = nn.Parameter(0.2 * torch.randn(1, (SIZE // patch) ** 2 + 1, width))
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))
        self.qkv, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.grow, self.shrink = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.linear = nn.Linear(width, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.position
        x = x + self._attend(self.norm1(x))
        x = x + self.shrink(fn.gelu(self.grow(self.norm2(x))))
        return self.linear(self.norm3(x)[:, 0])

    def _attend(self, x: Tensor) -> Tensor:
        images, tokens, width = x.shape
        parts = self.qkv(x).reshape(images, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = fn.scaled_dot_product_attention(*parts.unbind(0))
        return self.project(mixed.transpose(1, 2).reshape(images, tokens, width))


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "plain": Plain,
    "residual": Residual,
    "depthwise": Depthwise,
    "concat": Concat,
    "attention": Attention,
}


def make_network(name: str) -> nn.Module:
    """The network with seeded weights and batch norms that have seen data, in eval mode."""
    torch.manual_seed(0)
    network = NETWORKS[name]()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
        elif name == "attention" and isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.15)  # so that the image decides, not the token
    with torch.no_grad():
        for _ in range(10):
            network.train()(smooth_images(16, seed=7))
    return network.eval()


def smooth_images(count: int, seed: int) -> Tensor:
    """Smooth random images N×3×32×32."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(count, 3, 8, 8, generator=generator)
    return fn.interpolate(coarse, size=(SIZE, SIZE), mode="bilinear")


@pytest.fixture(scope="session")
def make() -> Callable[[str], nn.Module]:
    """Builds one of the networks by name."""
    return make_network


@pytest.fixture(scope="session")
def images() -> Callable[[int, int], Tensor]:
    """Draws a number of images with a seed."""
    return smooth_images
