from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.layer_profiles import profile_graph
from nnopt_gui.engine.progress import SilentReporter


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Conv2d(1, 8, 4, 4)
        self.place = nn.Parameter(torch.randn(1, 4, 8))
        self.query, self.key, self.value = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.embed(x).flatten(2).transpose(1, 2) + self.place
        weights = torch.softmax(self.query(x) @ self.key(x).transpose(1, 2) / 8**0.5, dim=-1)
        return self.head((weights @ self.value(x)).mean(1))


@pytest.mark.parametrize("name", ["small", "attention", "dscnn"])
def test_macs_are_those_that_torch_counts(name: str, small_network: nn.Module) -> None:
    torch.manual_seed(0)
    networks = {
        "small": (small_network, (3, 16, 16)),
        "attention": (Attention().eval(), (1, 8, 8)),
        "dscnn": (build(Architecture("dscnn", 10, 1, (28, 28)), seed=0), (1, 28, 28)),
    }
    network, shape = networks[name]
    profile = profile_graph(export_network(network, shape, SilentReporter()))
    with FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, *shape))
    macs = sum(layer.weights({}) * layer.positions for layer in profile.layers) + profile.fixed_macs
    assert 2 * macs == counter.get_total_flops()
    if name == "attention":
        assert profile.fixed_macs == 2 * 4 * 4 * 8
        assert profile.fixed_params >= 32
    else:
        assert profile.fixed_params == 0
