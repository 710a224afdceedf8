"""How much the network would miss a channel, judged by its weights alone (no data, so it is known on opening).

The group-level magnitude of DepGraph (arXiv:2301.12900, section 3.3) with batch norm folded in: per layer that makes or
reads the channel, the squared L2 norm of its weights; divided by the layer's mean, so that layers speak equally;
averaged over the layers of the group. Every group has mean 1 before the square root: comparable across groups.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nnopt_gui.engine.pruning.couplings import Coupling


def channel_importance(network: nn.Module, coupling: Coupling) -> tuple[float, ...]:
    """One value ≥ 0 per channel of ``coupling``; larger is more important; finite for finite weights."""
    with torch.no_grad():
        energies = []
        for name, positions in coupling.outputs.items():
            weight = _weight(network, name)
            energy = weight.flatten(1).square().sum(1) * _folded_scale(network, coupling.folded.get(name)).square()
            energies.append(_by_channel(energy, positions, coupling.channels))
        for name, positions in coupling.inputs.items():
            energy = _weight(network, name).transpose(0, 1).flatten(1).square().sum(1)
            energies.append(_by_channel(energy, positions, coupling.channels))
        shares = [energy / energy.mean() for energy in energies if energy.mean() > 0]
        if not shares:
            return (0.0,) * coupling.channels
        return tuple(torch.stack(shares).mean(0).sqrt().tolist())


def _weight(network: nn.Module, name: str) -> Tensor:
    module = network.get_submodule(name)
    assert isinstance(module, nn.Conv2d | nn.Linear)
    return module.weight.detach().double().cpu()


def _folded_scale(network: nn.Module, norm: str | None) -> Tensor:
    """What batch norm multiplies each output channel with, γ / √(σ² + ε); 1 without one."""
    if norm is None:
        return torch.ones(1, dtype=torch.float64)
    module = network.get_submodule(norm)
    assert isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d)
    scale = torch.ones(module.num_features, dtype=torch.float64)
    if module.weight is not None:
        scale = scale * module.weight.detach().double().cpu()
    if module.running_var is not None:
        scale = scale / (module.running_var.double().cpu() + module.eps).sqrt()
    return scale


def _by_channel(energy: Tensor, positions: list[int], channels: int) -> Tensor:
    """Sum the energies of the rows or columns that belong to each channel."""
    index = torch.tensor(positions)
    mine = index >= 0
    return torch.zeros(channels, dtype=torch.float64).index_add_(0, index[mine], energy[mine])
