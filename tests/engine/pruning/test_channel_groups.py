from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from nnopt_gui.engine.channel_plan import plan_channels
from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.networks.cifar_resnet import OptionAShortcut
from nnopt_gui.engine.networks.layers import count_macs, describe_layers
from nnopt_gui.engine.profile import ChannelGroup, LayerProfile
from nnopt_gui.engine.pruning.channel_groups import cut_channels, find_groups
from nnopt_gui.errors import ModelError, RecipeError

Shape = tuple[int, int, int]


class Plain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3, padding=1)
        self.b = nn.Conv2d(8, 12, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(12)
        self.c = nn.Linear(12 * 4 * 4, 20)
        self.d = nn.Linear(20, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.max_pool2d(functional.relu(self.a(x)), 2)
        x = functional.relu(self.norm(self.b(x)))
        return self.d(functional.relu(self.c(x.flatten(1))))


class Concat(nn.Module):
    """A dense block: the second convolution reads image and first convolution, the norm sees all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.left = nn.Conv2d(6, 10, 1)
        self.right = nn.Conv2d(6, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(6 + 10 + 4)
        self.join = nn.Conv2d(20, 8, 1)
        self.out = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.stem(x))
        x = torch.cat([x, self.left(x), self.right(x)], 1)
        x = self.join(functional.relu(self.norm(x)))
        return self.out(x.mean((2, 3)))


class Depthwise(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.expand = nn.Conv2d(3, 12, 1, bias=False)
        self.norm = nn.BatchNorm2d(12)
        self.depth = nn.Conv2d(12, 12, 3, padding=1, groups=12)
        self.squeeze = nn.Conv2d(12, 4, 1)
        self.excite = nn.Conv2d(4, 12, 1)
        self.point = nn.Conv2d(12, 6, 1)
        self.out = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.depth(functional.relu6(self.norm(self.expand(x))))
        x = x * torch.sigmoid(self.excite(functional.relu(self.squeeze(x.mean((2, 3), keepdim=True)))))
        return self.out(functional.adaptive_avg_pool2d(self.point(x), 1).flatten(1))


class Residual(nn.Module):
    """One block whose shortcut is the identity, one with a projection (option B)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.one = nn.Conv2d(8, 6, 3, padding=1)
        self.two = nn.Conv2d(6, 8, 3, padding=1)
        self.three = nn.Conv2d(8, 16, 3, padding=1, stride=2)
        self.norm = nn.BatchNorm2d(16)
        self.project = nn.Conv2d(8, 16, 1, stride=2)
        self.out = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.stem(x))
        x = functional.relu(x + self.two(functional.relu(self.one(x))))
        x = functional.relu(self.norm(self.three(x)) + self.project(x))
        return self.out(x.mean((2, 3)))


class Grouped(nn.Module):
    """A grouped convolution that is not depthwise, and one that makes several channels of each it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 12, 1, bias=False)
        self.norm = nn.BatchNorm2d(12)
        self.grouped = nn.Conv2d(12, 18, 3, padding=1, groups=6)
        self.b = nn.Conv2d(18, 8, 1)
        self.spread = nn.Conv2d(8, 24, 3, padding=1, groups=8)
        self.out = nn.Linear(24, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.grouped(functional.relu(self.norm(self.a(x)))))
        return self.out(functional.relu(self.spread(self.b(x))).mean((2, 3)))


def _randomise(network: nn.Module) -> nn.Module:
    """Batch norms with something to do."""
    generator = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            module.bias.data.uniform_(-0.5, 0.5, generator=generator)
            module.running_mean.uniform_(-0.5, 0.5, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)
    return network.eval()


def _planned_macs(layers: tuple[LayerProfile, ...], kept: dict[int, tuple[int, ...]]) -> int:
    counts = {group: len(channels) for group, channels in kept.items()}
    return sum(layer.weights(counts) * layer.positions for layer in layers)


def _check(network: nn.Module, shape: Shape, ratios: tuple[float, ...]) -> tuple[ChannelGroup, ...]:
    """Cut at every ratio; MACs counted by torch's FLOP counter must equal the plan's, weight by weight."""
    before = {key: value.clone() for key, value in network.state_dict().items()}
    layers = describe_layers(network, shape)
    groups, filled = find_groups(network, layers, shape)
    assert [layer.name for layer in filled] == [layer.name for layer in layers]
    fixed = count_macs(network, shape) - _planned_macs(filled, {})
    assert _planned_macs(filled, {}) == _planned_macs(layers, {})
    macs = [count_macs(network, shape)]
    for ratio in ratios:
        kept = plan_channels(groups, ratio)
        cut = cut_channels(network, groups, kept, shape)
        assert count_macs(cut, shape) == _planned_macs(filled, kept) + fixed
        for layer in filled:
            counts = {group: len(channels) for group, channels in kept.items()}
            weight = cut.get_submodule(layer.name).weight
            assert weight.numel() == layer.weights(counts)
            assert weight.shape[0] == layer.out_channels(counts)
        with torch.no_grad():
            assert cut(torch.zeros(3, *shape)).shape == network(torch.zeros(3, *shape)).shape
        assert not any(module.training for module in cut.modules())
        macs.append(count_macs(cut, shape))
    assert macs == sorted(macs, reverse=True)
    assert macs[-1] < macs[0]
    for key, value in network.state_dict().items():
        assert torch.equal(value, before[key]), f"{key} of the given network changed"
    return groups


@pytest.mark.parametrize(("make", "prunable"), [(Plain, 3), (Concat, 4), (Depthwise, 3), (Residual, 3), (Grouped, 2)])
def test_hand_made_networks(make: type[nn.Module], prunable: int) -> None:
    torch.manual_seed(0)
    shape = (3, 8, 8)
    groups = _check(_randomise(make()), shape, (0.1, 0.37, 0.5, 0.95))
    assert sum(group.prunable for group in groups) == prunable
    assert [g.reason for g in groups if not g.prunable] == ["they are the network's outputs"]


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("mnist_cnn", (1, 28, 28)),
        ("lenet5", (1, 28, 28)),
        ("dscnn", (1, 28, 28)),
        ("digits_cnn", (1, 8, 8)),
        ("cifar_resnet20", (3, 32, 32)),
        ("torchvision:resnet18", (3, 32, 32)),
        ("torchvision:mobilenet_v2", (3, 32, 32)),
        ("torchvision:densenet121", (3, 32, 32)),
    ],
)
def test_known_networks(name: str, shape: Shape) -> None:
    network = build(Architecture(name, 7, shape[0], shape[1:]), seed=0)
    groups = _check(_randomise(network), shape, (0.5,))
    reasons = {group.reason for group in groups}
    assert "they are the network's outputs" in reasons


def test_the_cut_network_computes_what_the_original_does_without_the_channels() -> None:
    """Independent reference: the channel's weight rows, bias and norm set to zero, so that it is silent after ReLU."""
    torch.manual_seed(0)
    network = _randomise(Plain())
    groups, _ = find_groups(network, describe_layers(network, (3, 8, 8)), (3, 8, 8))
    number = next(g.id for g in groups if g.layers == ("b",))
    stay = (0, 2, 3, 7, 11)
    cut = cut_channels(network, groups, {number: stay}, (3, 8, 8))
    silent = copy.deepcopy(network)
    gone = [i for i in range(12) if i not in stay]
    with torch.no_grad():
        silent.norm.weight[gone] = 0
        silent.norm.bias[gone] = 0
        image = torch.randn(4, 3, 8, 8)
        torch.testing.assert_close(cut(image), silent(image), rtol=1e-5, atol=1e-6)


def test_importance_prefers_strong_channels_and_is_comparable() -> None:
    torch.manual_seed(0)
    network = _randomise(Plain())
    with torch.no_grad():
        network.b.weight[3] *= 1e-3  # made weak …
        network.c.weight.view(20, 12, 16)[:, 3] *= 1e-3  # … and hardly listened to
        network.norm.weight[5] = 0  # weak after folding only
        network.c.weight.view(20, 12, 16)[:, 5] *= 1e-3
        network.a.weight *= 100  # a uniform scale says nothing about single channels
    groups, _ = find_groups(network, describe_layers(network, (3, 8, 8)), (3, 8, 8))
    by_layer = {group.layers[0]: group.importance for group in groups if group.prunable}
    assert sorted(range(12), key=lambda i: by_layer["b"][i])[:2] in ([3, 5], [5, 3])
    for importance in by_layer.values():
        assert sum(v * v for v in importance) / len(importance) == pytest.approx(1.0)
    kept = plan_channels(groups, 2 / 40)
    assert [i for i in range(12) if i not in kept[next(g.id for g in groups if g.layers == ("b",))]] == [3, 5]


class Shuffle(nn.Module):
    """A channel shuffle: what comes out as channel i went in as another."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 8, 1)
        self.b = nn.Conv2d(8, 8, 1)
        self.out = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.a(x)
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        return self.out(functional.relu(self.b(x)).mean((2, 3)))


class Softmaxed(nn.Module):
    """Every channel depends on every other: none can go without changing the rest."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 8, 1)
        self.b = nn.Conv2d(8, 8, 1)
        self.out = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(functional.relu(self.b(self.a(x).softmax(1))).mean((2, 3)))


@pytest.mark.parametrize("make", [Shuffle, Softmaxed])
def test_what_cannot_be_followed_is_refused_and_the_rest_still_pruned(make: type[nn.Module]) -> None:
    torch.manual_seed(0)
    groups = _check(make().eval(), (3, 6, 6), (0.5,))
    by_layer = {group.layers[0]: group for group in groups}
    assert not by_layer["a"].prunable
    assert by_layer["a"].reason
    assert by_layer["b"].prunable


class Decides(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 8, 1)
        self.b = nn.Conv2d(3, 8, 1)
        self.out = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.a(x) if x.mean() > 0 else self.b(x)
        return self.out(x.mean((2, 3)))


def test_data_dependent_control_flow_is_refused_whole() -> None:
    network = Decides().eval()
    layers = describe_layers(network, (3, 6, 6))
    groups, same = find_groups(network, layers, (3, 6, 6))
    assert same == layers
    assert not any(group.prunable for group in groups)
    assert "values" in groups[0].reason
    with pytest.raises(ModelError):
        cut_channels(network, groups, {}, (3, 6, 6))


class Windows(nn.Module):
    """The heart of windowed transformers: a map of 8×8 in windows of 2×2 and back."""

    def __init__(self, width: int | None) -> None:
        super().__init__()
        self.width = width
        self.a = nn.Conv2d(3, 8, 1)
        self.mix = nn.Linear(8, 6)
        self.out = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.a(x).permute(0, 2, 3, 1)
        assert self.width in (None, x.shape[-1])
        x = x.reshape(-1, 4, 2, 4, 2, self.width or x.shape[-1]).permute(0, 1, 3, 2, 4, 5).flatten(3, 4)
        return self.out(functional.relu(self.mix(x)).mean((1, 2, 3)))


def test_channels_are_followed_through_windows() -> None:
    groups = _check(Windows(None).eval(), (3, 8, 8), (0.5,))
    assert sum(group.prunable for group in groups) == 2


def test_a_width_that_is_written_in_the_code_is_found_out_by_running() -> None:
    groups = _check(Windows(8).eval(), (3, 8, 8), (0.5,))
    by_layer = {group.layers[0]: group for group in groups}
    assert "does not survive" in by_layer["a"].reason
    assert by_layer["mix"].prunable


def test_option_a_stages_lose_channels_and_padding_together() -> None:
    torch.manual_seed(0)
    network = _randomise(build(Architecture("cifar_resnet20", 10, 3, (32, 32)), seed=0))
    shape = (3, 32, 32)
    groups = _check(network, shape, (0.25, 0.6))
    assert [group.reason for group in groups if not group.prunable] == ["they are the network's outputs"]
    stages = {group.id: group for group in groups if len(group.layers) > 1}
    assert [group.channels for group in stages.values()] == [16, 16, 32]
    first, second, _ = stages
    kept = {first: tuple(range(5, 16)), second: (0, 1, 2, 8, 9, 10, 11)}
    cut = cut_channels(network, groups, kept, shape)
    shortcuts = [module for module in cut.modules() if isinstance(module, OptionAShortcut)]
    assert [(s.zeros_before, s.zeros_after) for s in shortcuts] == [(3, 4), (16, 16)]
    assert cut.get_submodule("layer2.0.conv2").weight.shape[0] == 3 + 11 + 4


def test_wrong_input_shape_and_wrong_plans_are_said_so() -> None:
    network = build(Architecture("mnist_cnn", 10, 1, (28, 28)), seed=0)
    layers = describe_layers(network, (1, 28, 28))
    with pytest.raises(ModelError):
        find_groups(network, layers, (3, 28, 28))
    groups, _ = find_groups(network, layers, (1, 28, 28))
    classifier = next(group.id for group in groups if not group.prunable)
    for kept in ({classifier: (0, 1)}, {99: (0,)}, {0: ()}, {0: (0, 500)}, {0: (0, 0)}):
        with pytest.raises(RecipeError):
            cut_channels(network, groups, kept, (1, 28, 28))
    other = build(Architecture("lenet5", 10, 1, (28, 28)), seed=0)
    strange = tuple(ChannelGroup(0, 6, ("nowhere",), (1.0,) * 6) for _ in range(1))
    with pytest.raises(ModelError, match="another network"):
        cut_channels(other, strange, {0: (0, 1, 2)}, (1, 28, 28))


def test_an_empty_plan_gives_an_equal_network() -> None:
    network = build(Architecture("digits_cnn", 10, 1, (8, 8)), seed=0)
    groups, _ = find_groups(network, describe_layers(network, (1, 8, 8)), (1, 8, 8))
    same = cut_channels(network, groups, plan_channels(groups, 0.0), (1, 8, 8))
    image = torch.randn(2, 1, 8, 8)
    with torch.no_grad():
        assert torch.equal(same(image), network(image))
    assert same is not network


def test_groups_are_the_same_every_time() -> None:
    network = build(Architecture("cifar_resnet20", 10, 3, (32, 32)), seed=0)
    layers = describe_layers(network, (3, 32, 32))
    first = find_groups(network, layers, (3, 32, 32))
    assert find_groups(copy.deepcopy(network), layers, (3, 32, 32)) == first
