"""Which channels belong together: known structures, and DepGraph as a second opinion."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
import torch_pruning
from torch import Tensor, nn
from torch.nn import functional

from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.networks.self_attention import open_attention
from nnopt_gui.engine.networks.torchvision_module import torchvision
from nnopt_gui.engine.pruning.couplings import Coupling, probe_input, trace_couplings

Shape = tuple[int, int, int]


def _by_layer(network: nn.Module, shape: Shape = (3, 8, 8)) -> dict[str, Coupling]:
    """The coupling of the first row of every layer."""
    found = trace_couplings(network.eval(), shape)
    return {name: c for c in reversed(found) for name in c.outputs}


def _depgraph(network: nn.Module, shape: Shape) -> dict[frozenset[str], int]:
    """torch-pruning's groups: the layers whose outputs they cut, and how many channels they have."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = torch_pruning.DependencyGraph().build_dependency(network, probe_input(shape), verbose=False)
    groups = {}
    for group in graph.get_all_groups():
        root = group[0].dep.target.module
        made = frozenset(
            graph._module2name[item.dep.target.module]
            for item in group
            if isinstance(item.dep.target.module, nn.Conv2d | nn.Linear)
            and (graph.is_out_channel_pruning_fn(item.dep.handler) or getattr(item.dep.target.module, "groups", 1) > 1)
        )
        groups[made] = int(graph.get_out_channels(root))
    return groups


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("mnist_cnn", (1, 28, 28)),
        ("dscnn", (1, 28, 28)),
        ("torchvision:resnet18", (3, 32, 32)),
        ("torchvision:mobilenet_v3_small", (3, 32, 32)),
        ("torchvision:squeezenet1_1", (3, 32, 32)),
    ],
)
def test_the_groups_are_those_of_depgraph_where_it_can_follow(name: str, shape: Shape) -> None:
    network = build(Architecture(name, 7, shape[0], shape[1:]), seed=0)
    ours = {frozenset(c.outputs): c.channels for c in trace_couplings(network, shape)}
    assert ours == _depgraph(network, shape)


def test_every_row_is_of_exactly_one_coupling() -> None:
    network = build(Architecture("cifar_resnet20", 10, 3, (32, 32)), seed=0)
    found = trace_couplings(network, (3, 32, 32))
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            claims = [sum(c.outputs.get(name, [-1] * 10**4)[i] >= 0 for c in found) for i in range(len(module.weight))]
            assert claims == [1] * len(module.weight)


def test_option_a_ties_a_stage_to_its_image_in_the_later_ones() -> None:
    """He's widths 16, 32, 64: 16 channels run through all stages, 16 begin in the second and 32 in the third."""
    network = build(Architecture("cifar_resnet20", 10, 3, (32, 32)), seed=0)
    shared = [c for c in trace_couplings(network, (3, 32, 32)) if c.pads]
    assert [c.channels for c in shared] == [16, 16, 32]
    through, second, third = shared
    assert through.outputs["layer2.0.conv2"] == [-1] * 8 + list(range(16)) + [-1] * 8
    assert through.outputs["layer3.0.conv2"] == [-1] * 24 + list(range(16)) + [-1] * 24
    assert second.outputs["layer2.0.conv2"] == list(range(8)) + [-1] * 16 + list(range(8, 16))
    assert second.pads["layer2.0.shortcut"] == second.outputs["layer2.0.conv2"]
    assert third.outputs["layer3.2.conv2"] == list(range(16)) + [-1] * 32 + list(range(16, 32))


class Grouped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 8, 1)
        self.grouped = nn.Conv2d(8, 12, 3, padding=1, groups=4)
        self.b = nn.Conv2d(12, 6, 1)
        self.out = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(functional.relu(self.b(self.grouped(self.a(x)))).mean((2, 3)))


def test_a_grouped_convolution_loses_whole_groups() -> None:
    group = _by_layer(Grouped())["grouped"]
    assert group.channels == 4
    assert group.reason == ""
    assert group.outputs["a"] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert group.outputs["grouped"] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert group.inputs == {"b": [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]}


def test_the_heads_of_a_vision_transformer_go_as_a_whole() -> None:
    make = torchvision().models.VisionTransformer
    network = open_attention(make(32, 16, num_layers=2, num_heads=4, hidden_dim=32, mlp_dim=48, num_classes=4))
    block = "encoder.layers.encoder_layer_1.self_attention"
    heads = _by_layer(network, (3, 32, 32))[f"{block}.in_proj"]
    assert heads.channels == 4
    assert heads.reason == ""
    one_of_three = [head for head in range(4) for _ in range(8)]
    assert heads.outputs == {f"{block}.in_proj": one_of_three * 3}
    assert heads.inputs == {f"{block}.out_proj": one_of_three}


class Tied(nn.Module):
    """One convolution runs twice, and two layers share a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 8, 1)
        self.again = nn.Conv2d(8, 8, 1)
        self.b = nn.Conv2d(8, 8, 1, bias=False)
        self.c = nn.Conv2d(8, 8, 1, bias=False)
        self.c.weight = self.b.weight
        self.out = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.again(functional.relu(self.again(functional.relu(self.a(x)))))
        return self.out(self.c(functional.relu(self.b(x))).mean((2, 3)))


def test_a_layer_that_runs_twice_ties_its_outputs_to_its_inputs() -> None:
    found = _by_layer(Tied())
    assert found["a"] is found["again"]
    assert "shares its weights" in found["again"].reason  # b reads them
    assert "shares its weights" in found["b"].reason


class Mixers(nn.Module):
    """A layer normalisation, a learned constant, an operation without a rule and a write, each behind its layer."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c, self.d, self.e = (nn.Linear(8, 8) for _ in range(5))
        self.norm = nn.LayerNorm(8)
        self.scale = nn.Parameter(torch.ones(8))
        self.out = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.a(x.mean(1)))
        x = self.b(x) * self.scale
        x = torch.cumsum(self.c(x), -1)
        x = functional.gelu(self.d(x))
        x = self.e(x)
        x[..., 2:5] = 1.0
        return self.out(x.mean(1))


@pytest.mark.parametrize(
    ("layer", "word"), [("a", "layer_norm"), ("b", "have to stay"), ("c", "cumsum"), ("d", ""), ("e", "__setitem__")]
)
def test_every_channel_that_stays_has_its_reason(layer: str, word: str) -> None:
    coupling = _by_layer(Mixers())[layer]
    assert word in coupling.reason
    assert bool(coupling.reason) == bool(word)


def test_a_batch_norm_is_folded_only_where_it_reads_the_layer_alone() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 6, 1), nn.Conv2d(6, 6, 1)
            self.first, self.second = nn.BatchNorm2d(6), nn.BatchNorm2d(6)
            self.out = nn.Linear(6, 5)

        def forward(self, x: Tensor) -> Tensor:
            x = self.first(self.a(x))
            y = self.b(functional.relu(x))
            return self.out((self.second(y) + y).mean((2, 3)))

    found = _by_layer(Net())
    assert found["a"].folded == {"a": "first"}
    assert found["b"].folded == {}


def test_tracing_leaves_the_network_alone_and_is_deterministic() -> None:
    network: Any = build(Architecture("torchvision:shufflenet_v2_x0_5", 5, 3, (32, 32)), seed=0)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    first, second = (trace_couplings(network, (3, 32, 32)) for _ in range(2))
    assert first == second
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert not any(module._forward_pre_hooks or module._forward_hooks for module in network.modules())
