from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.networks.layers import count_macs, describe_layers
from nnopt_gui.engine.networks.torchvision_module import torchvision
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.pruning.block_structure import find_blocks, removed_blocks, without_blocks
from nnopt_gui.errors import Cancelled, ModelError, RecipeError

SHAPE = (3, 16, 16)


def cifar_resnet20() -> nn.Module:
    return build(Architecture("cifar_resnet20", 10, 3, (16, 16)), seed=1).eval()


class Branch(nn.Module):
    """x + f(x), by a kind of its own each."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.conv = nn.Conv2d(8, 8, 3, padding=1)
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 8, 1), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x) * self.gate(x)
        if self.kind == "plain":
            return y
        if self.kind == "gate":
            return x * self.gate(x)
        return functional.relu(x + y) if self.kind == "relu" else x + y


class Zoo(nn.Module):
    """Residual blocks among modules that only look like some."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.stage = nn.Sequential(Branch("sum"), Branch("relu"))
        self.plain, self.gate, self.twice, self.read = Branch("plain"), Branch("gate"), Branch("sum"), Branch("sum")
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.gate(self.plain(self.stage(self.stem(x))))
        x = self.twice(self.twice(x))
        x = self.read(x) + self.read.conv.weight.mean()  # somebody looks inside: it cannot be taken out
        return self.head(x.mean((2, 3)))


class TokenMixer(nn.Module):
    """Transformer layers, normalising behind (nn.TransformerEncoderLayer's default) or before."""

    def __init__(self, *, before: bool) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 4, 4)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, norm_first=before) for _ in range(3)
        )
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        for layer in self.layers:
            x = layer(x, src_mask=None)
        return self.head(x.mean(1))


def test_blocks_of_a_cifar_resnet_are_those_that_keep_their_shape() -> None:
    blocks = find_blocks(cifar_resnet20(), SHAPE)

    assert [b.name for b in blocks] == [
        "layer1.0",
        "layer1.1",
        "layer1.2",
        "layer2.1",
        "layer2.2",
        "layer3.1",
        "layer3.2",
    ]
    assert {b.kind for b in blocks} == {"BasicBlock"}
    assert blocks[3].layers == ("layer2.1.conv1", "layer2.1.conv2")


def test_structure_decides_and_not_the_name() -> None:
    names = [block.name for block in find_blocks(Zoo().eval(), SHAPE)]

    assert names == ["stage.0", "stage.1"]  # not plain, gate (scales), twice (runs twice) nor read (looked into)


@pytest.mark.parametrize("before", [False, True])
def test_transformer_layers_are_blocks_even_when_called_with_a_mask(before: bool) -> None:
    torch.manual_seed(0)
    network = TokenMixer(before=before).eval()
    with torch.no_grad():
        network.patches.weight.mul_(0.1)  # tokens that vary so little that the epsilon of a normalisation counts

    assert [block.name for block in find_blocks(network, SHAPE)] == ["layers.0", "layers.1", "layers.2"]
    assert without_blocks(network, ["layers.1"])(torch.zeros(2, *SHAPE)).shape == (2, 5)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("resnet18", 5),
        ("resnet50", 12),  # all Bottlenecks but the first of each stage
        ("mobilenet_v2", 10),
        ("convnext", 2),
        ("swin", 4),
        ("squeezenet1_1", 0),
        ("densenet121", 0),
        ("vit", 3),
    ],
)
def test_blocks_of_torchvision_networks(name: str, count: int) -> None:
    models = torchvision().models
    small: dict[str, Callable[[], nn.Module]] = {
        "vit": lambda: models.VisionTransformer(64, 16, 3, 4, 32, 64, num_classes=5),
        "swin": lambda: models.SwinTransformer([4, 4], 16, [2, 2], [2, 2], [4, 4], num_classes=5),
        "convnext": lambda: models.ConvNeXt([models.convnext.CNBlockConfig(16, None, 2)], num_classes=5),
    }
    network = small[name]() if name in small else getattr(models, name)(weights=None, num_classes=5)

    assert len(find_blocks(network.eval(), (3, 64, 64))) == count


def test_a_network_without_a_block_computes_what_remains() -> None:
    network, image = cifar_resnet20(), torch.randn(2, *SHAPE)
    shorter = without_blocks(network, ["layer1.1", "layer3.2"])

    with torch.no_grad():
        x = network.relu(network.bn1(network.conv1(image)))  # type: ignore[operator]
        for name in ("layer1.0", "layer1.2", "layer2.0", "layer2.1", "layer2.2", "layer3.0", "layer3.1"):
            x = network.get_submodule(name)(x)
        wanted = network.linear(network.pool(x).flatten(1))  # type: ignore[operator]
        assert torch.equal(shorter(image), wanted)
    assert removed_blocks(shorter) == ("layer1.1", "layer3.2")
    assert removed_blocks(network) == ()  # which was not changed
    block = 2 * 9 * 16 * 16 * 16 * 16 + 2 * 9 * 64 * 64 * 4 * 4
    assert count_macs(network, SHAPE) - count_macs(shorter, SHAPE) == block


def test_a_removed_block_vanishes_from_the_exported_file() -> None:
    network = cifar_resnet20()
    whole = export_network(network, SHAPE, SilentReporter())
    shorter = without_blocks(network, ["layer2.1", "layer2.2"])
    graph = export_network(shorter, SHAPE, SilentReporter())

    assert [layer.name for layer in whole.layers if layer.name not in {x.name for x in graph.layers}] == [
        "layer2.1.conv1", "layer2.1.conv2", "layer2.2.conv1", "layer2.2.conv2"
    ]  # fmt: skip
    kinds = [[node.op_type for node in g.model.graph.node] for g in (whole, graph)]
    assert kinds[0].count("Add") - kinds[1].count("Add") == 2
    assert len(whole.model.SerializeToString()) - len(graph.model.SerializeToString()) > 4 * 9 * 32 * 32 * 4
    image = np.random.default_rng(0).standard_normal((2, *SHAPE)).astype(np.float32)
    got = open_session(graph.model).run(None, {"input": image})[0]
    with torch.no_grad():
        np.testing.assert_allclose(got, shorter(torch.from_numpy(image)).numpy(), atol=1e-4)


def test_no_such_block_is_an_error() -> None:
    with pytest.raises(RecipeError, match=r"layer9\.0"):
        without_blocks(cifar_resnet20(), ["layer9.0"])


def test_an_image_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(ModelError, match="does not run"):
        find_blocks(cifar_resnet20(), (1, 16, 16))


def test_looking_for_blocks_can_be_cancelled() -> None:
    class Impatient(SilentReporter):
        def checkpoint(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        find_blocks(cifar_resnet20(), SHAPE, Impatient())


def test_layers_of_blocks_are_those_that_are_counted() -> None:
    network = cifar_resnet20()
    counted = {layer.name for layer in describe_layers(network, SHAPE)}

    assert all(set(block.layers) <= counted for block in find_blocks(network, SHAPE))
