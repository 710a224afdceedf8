"""Cutting channels out of modules, and silencing them in place (the reference that a cut is checked against)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from nnopt_gui.engine.networks.cifar_resnet import OptionAShortcut
from nnopt_gui.engine.pruning.couplings import Coupling

Removal = tuple[Coupling, frozenset[int]]  # a coupling and those of its channels that go


def without_channels(network: nn.Module, removals: Sequence[Removal]) -> nn.Module:
    """A copy of ``network`` whose layers have fewer rows, columns and normalised channels."""
    cut = copy.deepcopy(network)
    rows, columns, norms = (
        indices_removed(removals, "outputs"),
        indices_removed(removals, "inputs"),
        indices_removed(removals, "norms"),
    )
    for name in {**rows, **columns}:
        module = cut.get_submodule(name)
        if isinstance(module, nn.Conv2d):
            _cut_convolution(module, rows.get(name, set()), columns.get(name, set()))
        elif isinstance(module, nn.Linear):
            _cut_linear(module, rows.get(name, set()), columns.get(name, set()))
    for name, gone in norms.items():
        _cut_norm(cut.get_submodule(name), gone)
    widths = {name: len(positions) for coupling, _ in removals for name, positions in coupling.pads.items()}
    for name, gone in indices_removed(removals, "pads").items():
        _cut_shortcut(cut.get_submodule(name), gone, widths[name])
    return cut


def with_silent_channels(network: nn.Module, removals: Sequence[Removal]) -> nn.Module:
    """A copy of ``network`` of the same shape in which nobody listens to the removed channels any more: the weights
    that read them are zero. It computes what the cut network must compute."""
    silent = copy.deepcopy(network)
    with torch.no_grad():
        for name, gone in indices_removed(removals, "inputs").items():
            module = silent.get_submodule(name)
            assert isinstance(module, nn.Conv2d | nn.Linear)
            module.weight[:, sorted(gone)] = 0
    return silent


def indices_removed(removals: Sequence[Removal], kind: str) -> Mapping[str, set[int]]:
    """Indices that go, per module: a layer after a concatenation reads several couplings. ``kind``: ``outputs``,
    ``inputs``, ``norms`` or ``pads``."""
    indices: dict[str, set[int]] = {}
    for coupling, gone in removals:
        for name, positions in getattr(coupling, kind).items():
            hit = {index for index, channel in enumerate(positions) if channel in gone}
            if hit:
                indices.setdefault(name, set()).update(hit)
    return indices


def _stay(size: int, gone: set[int]) -> Tensor:
    return torch.tensor([i for i in range(size) if i not in gone], dtype=torch.long)


def _take(tensor: Tensor, dim: int, stay: Tensor) -> nn.Parameter:
    requires_grad = tensor.requires_grad
    return nn.Parameter(tensor.detach().index_select(dim, stay.to(tensor.device)).contiguous(), requires_grad)


def _cut_convolution(module: nn.Conv2d, rows: set[int], columns: set[int]) -> None:
    grouped = module.groups > 1
    stay = _stay(module.out_channels, rows)
    module.weight = _take(module.weight, 0, stay)
    if module.bias is not None:
        module.bias = _take(module.bias, 0, stay)
    if grouped:  # whole groups go, so the rows that stay tell how many groups do
        module.groups = module.groups * len(stay) // module.out_channels
        module.in_channels = module.groups * module.weight.shape[1]
    module.out_channels = len(stay)
    if columns and not grouped:
        seen = _stay(module.in_channels, columns)
        module.weight = _take(module.weight, 1, seen)
        module.in_channels = len(seen)


def _cut_linear(module: nn.Linear, rows: set[int], columns: set[int]) -> None:
    stay, seen = _stay(module.out_features, rows), _stay(module.in_features, columns)
    module.weight = nn.Parameter(_take(module.weight, 0, stay).detach(), module.weight.requires_grad)
    module.weight = _take(module.weight, 1, seen)
    if module.bias is not None:
        module.bias = _take(module.bias, 0, stay)
    module.out_features, module.in_features = len(stay), len(seen)


def _cut_norm(module: nn.Module, gone: set[int]) -> None:
    assert isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d)
    stay = _stay(module.num_features, gone)
    if module.affine:
        module.weight, module.bias = _take(module.weight, 0, stay), _take(module.bias, 0, stay)
    if module.running_mean is not None and module.running_var is not None:
        module.running_mean = module.running_mean.index_select(0, stay.to(module.running_mean.device))
        module.running_var = module.running_var.index_select(0, stay.to(module.running_var.device))
    module.num_features = len(stay)


def _cut_shortcut(module: nn.Module, gone: set[int], width: int) -> None:
    """Zero channels whose image is gone are no longer padded; those that pass through are cut before it."""
    assert isinstance(module, OptionAShortcut)
    before, after = module.zeros_before, width - module.zeros_after
    module.zeros_before -= sum(index < before for index in gone)
    module.zeros_after -= sum(index >= after for index in gone)
