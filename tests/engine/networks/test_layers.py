"""Layers and costs, compared with arithmetic by hand and with published figures."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from nnopt_gui.engine.networks.architectures import build, default_architecture, skeleton
from nnopt_gui.engine.networks.layers import count_macs, count_parameters, describe_layers, forward_shapes
from nnopt_gui.errors import ModelError


def layer_macs(network: nn.Module, shape: tuple[int, int, int]) -> int:
    return sum(layer.positions * math.prod(layer.weight_shape) for layer in describe_layers(network, shape))


def test_mnist_cnn_by_hand() -> None:
    layers = describe_layers(build(default_architecture("mnist_cnn"), 0), (1, 28, 28))
    assert [(x.name, x.kind, x.weight_shape, x.positions, x.bias) for x in layers] == [
        ("conv1", "conv", (32, 1, 3, 3), 784, True),
        ("conv2", "conv", (64, 32, 3, 3), 196, True),
        ("linear", "linear", (10, 3136), 1, True),
    ]
    assert all(layer.out_group is None and layer.inputs == () for layer in layers)


def test_depthwise_layers_have_groups_and_folded_biases() -> None:
    layers = {layer.name: layer for layer in describe_layers(skeleton(default_architecture("dscnn")), (1, 28, 28))}
    depthwise = layers["block2.depthwise"]
    assert (depthwise.groups, depthwise.weight_shape, depthwise.positions) == (32, (32, 1, 3, 3), 196)
    assert all(layer.bias for layer in layers.values())


class PreActivation(nn.Module):
    """Batch norm before the convolution folds into nothing; execution order differs from registration order."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(4, 3, bias=False)
        self.norm = nn.BatchNorm2d(3)
        self.conv = nn.Conv2d(3, 4, 3, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.conv(self.norm(x)).mean((2, 3)))


def test_only_batch_norm_directly_behind_a_layer_gives_it_a_bias() -> None:
    layers = describe_layers(PreActivation().eval(), (3, 8, 8))
    assert [(layer.name, layer.bias) for layer in layers] == [("conv", False), ("head", False)]


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(self.conv(x)).mean((2, 3))


def test_a_layer_that_runs_twice_is_listed_once_with_both_costs() -> None:
    (layer,) = describe_layers(Shared(), (3, 8, 8))
    assert layer.positions == 128
    assert layer_macs(Shared(), (3, 8, 8)) == count_macs(Shared(), (3, 8, 8))


# MACs in units of 10⁹ as torchvision publishes them ("GFLOPS" in the weights' meta data, which are MACs).
@pytest.mark.parametrize(("name", "giga"), [("resnet18", 1.814), ("mobilenet_v2", 0.301), ("vit_b_32", 4.409)])
def test_macs_agree_with_torchvision(name: str, giga: float) -> None:
    arch = default_architecture(f"torchvision:{name}")
    assert count_macs(skeleton(arch), arch.input_shape) / 1e9 == pytest.approx(giga, rel=0.01)


def test_macs_of_resnet20_are_the_papers() -> None:
    arch = default_architecture("cifar_resnet20")
    network = skeleton(arch)
    assert count_macs(network, arch.input_shape) == layer_macs(network, arch.input_shape)
    assert count_macs(network, arch.input_shape) / 1e6 == pytest.approx(40.55, abs=0.01)


def test_attention_counts_beyond_the_layers() -> None:
    arch = default_architecture("torchvision:vit_b_32")
    network = skeleton(arch)
    assert layer_macs(network, arch.input_shape) < count_macs(network, arch.input_shape)


def test_counting_changes_nothing() -> None:
    network = build(default_architecture("digits_cnn"), 0)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    describe_layers(network, (1, 8, 8))
    count_macs(network, (1, 8, 8))
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert all(parameter.device.type == "cpu" for parameter in network.parameters())
    assert not any(module._forward_hooks for module in network.modules())


def test_shared_parameters_count_once() -> None:
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    second.weight = first.weight
    assert count_parameters(nn.Sequential(first, second)) == 16 + 4 + 4


def test_unsuitable_input_names_the_shape() -> None:
    with pytest.raises(ModelError, match="3×28×28"):
        forward_shapes(build(default_architecture("mnist_cnn"), 0), (3, 28, 28))


class LooksAtValues(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.flatten(1)
        if x.sum().item() >= 0:
            x = x + 1
        return self.linear(x)


def test_networks_that_look_at_values_are_still_counted() -> None:
    assert count_macs(LooksAtValues(), (1, 2, 2)) == 8


class TwoOutputs(nn.Module):
    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x, x


def test_several_outputs_are_refused() -> None:
    with pytest.raises(ModelError, match="instead of one tensor"):
        forward_shapes(TwoOutputs(), (1, 2, 2))
