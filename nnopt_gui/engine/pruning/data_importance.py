"""How much the network would miss a weight or a channel, judged by what it does to images with labels.

Single weights, averaged over images (R(w) = 1/N Σ δ): ``taylor`` δ = |w · ∂L/∂w| (arXiv:1906.10771), ``gradient``
δ = |∂L/∂w|, ``hessian`` ½ w² · (∂L/∂w)², the Hessian's diagonal estimated by the empirical Fisher information (OBD,
LeCun et al., 1990; arXiv:1801.05787), and ``activation`` |w| times the root mean square of its input (Wanda,
arXiv:2306.11695).

Channels: what their removal does is that nobody reads them any more, so for ``taylor`` δ = |Σ w · ∂L/∂w| and for
``hessian`` ½ Σ w² (∂L/∂w)² over the weights that read the channel (over those that make it where none do);
``gradient`` sums |∂L/∂w| over all the weights of the channel, ``activation`` is the mean |activation| that is read;
these two are divided by each layer's mean and averaged over the group's layers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.grad import conv2d_weight

from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.couplings import Coupling
from nnopt_gui.engine.pruning.gradients import Differentiable, Samples, sample_gradients
from nnopt_gui.engine.pruning.importance import averaged_over_layers, by_channel

DATA_CRITERIA: Final = ("taylor", "gradient", "hessian", "activation")


def weight_importance_from_gradients(
    network: Differentiable, criterion: str, samples: Samples, reporter: Reporter
) -> dict[str, Tensor]:
    """float64 importance ≥ 0 of every weight, by layer name and of the weight's shape; ``taylor``, ``gradient`` or
    ``hessian``.

    Raises:
        DataError: no images, or labels that do not fit. ValueError: another criterion.
    """
    if criterion not in ("taylor", "gradient", "hessian"):
        raise ValueError(f"{criterion} is not a criterion of gradients")
    weights = {name: weight.detach().double() for name, weight in network.weights.items()}
    totals = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    number = 0
    for gradients in sample_gradients(network, samples, reporter):
        number += 1
        for name, gradient in gradients.items():
            own = gradient.double()
            totals[name] += own.square() if criterion == "hessian" else own.abs()
    means = {name: total / number for name, total in totals.items()}
    if criterion == "taylor":
        return {name: weights[name].abs() * mean for name, mean in means.items()}
    if criterion == "hessian":
        return {name: 0.5 * weights[name].square() * mean for name, mean in means.items()}
    return means


def channel_importance_from_data(
    network: nn.Module, couplings: Mapping[int, Coupling], criterion: str, samples: Samples, reporter: Reporter
) -> dict[int, tuple[float, ...]]:
    """Importances ≥ 0 of the channels of every coupling, comparable across couplings.

    Args:
        criterion: one of ``DATA_CRITERIA``.

    Raises:
        DataError: no images, or labels that do not fit. ValueError: another criterion.
    """
    names = sorted({name for coupling in couplings.values() for name in (*coupling.outputs, *coupling.inputs)})
    if criterion == "activation":
        return _activations(network, couplings, samples, reporter)
    source = Differentiable.of_network(network, tuple(names))
    if criterion == "taylor":
        return _taylor(source, couplings, samples, reporter)
    scores = weight_importance_from_gradients(source, criterion, samples, reporter)
    if criterion == "gradient":
        return {number: averaged_over_layers(scores, coupling) for number, coupling in couplings.items()}
    return {number: tuple(_read(scores, coupling).tolist()) for number, coupling in couplings.items()}


def _taylor(
    source: Differentiable, couplings: Mapping[int, Coupling], samples: Samples, reporter: Reporter
) -> dict[int, tuple[float, ...]]:
    totals = {number: torch.zeros(c.channels, dtype=torch.float64) for number, c in couplings.items()}
    number = 0
    for gradients in sample_gradients(source, samples, reporter):
        number += 1
        with torch.no_grad():
            products = {name: source.weights[name] * gradient for name, gradient in gradients.items()}
            for key, coupling in couplings.items():
                totals[key] += _read(products, coupling).abs()
    return {key: tuple((total / number).tolist()) for key, total in totals.items()}


def _read(values: Mapping[str, Tensor], coupling: Coupling) -> Tensor:
    """float64 (channels,): sum over the weights that read each channel, or make it where nobody does."""
    total = torch.zeros(coupling.channels, dtype=torch.float64)
    for name, positions in coupling.inputs.items():
        total += by_channel(values[name].double().transpose(0, 1).flatten(1).sum(1), positions, coupling.channels)
    if not coupling.inputs:
        for name, positions in coupling.outputs.items():
            total += by_channel(values[name].double().flatten(1).sum(1), positions, coupling.channels)
    return total


# -- activations ------------------------------------------------------------------------------------------------------


class _Inputs:
    """Running sums over what layers read, by hooks: Σ|x| by input channel for ``columns``, Σx² by weight otherwise."""

    def __init__(self, network: nn.Module, names: Sequence[str], *, columns: bool) -> None:
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}
        self._columns = columns
        self._handles = [network.get_submodule(name).register_forward_pre_hook(self._hook(name)) for name in names]

    def remove(self) -> None:
        for handle in self._handles:
            handle.remove()

    def _hook(self, name: str) -> Any:
        def see(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            x = inputs[0].detach()
            total, count = _absolute(module, x) if self._columns else input_energy(module, x)
            self.sums[name] = self.sums.get(name, torch.zeros_like(total)) + total
            self.counts[name] = self.counts.get(name, 0) + count

        return see

    def means(self) -> dict[str, Tensor]:
        return {name: total / max(1, self.counts[name]) for name, total in self.sums.items()}


def _absolute(module: nn.Module, x: Tensor) -> tuple[Tensor, int]:
    channels = x.transpose(0, 1) if isinstance(module, nn.Conv2d) else x.movedim(-1, 0)
    flat = channels.flatten(1).double().abs()
    return flat.sum(1), flat.shape[1]


def input_energy(module: nn.Module, x: Tensor) -> tuple[Tensor, int]:
    """Σ x² over all images and places for every weight of an output channel, and the number of these.

    Returns:
        float64 of the weight's shape but for its first axis, which has one entry per convolution group.
    """
    if isinstance(module, nn.Linear):
        flat = x.reshape(-1, x.shape[-1]).double()
        return flat.square().sum(0)[None], len(flat)
    assert isinstance(module, nn.Conv2d)
    mode = "constant" if module.padding_mode == "zeros" else module.padding_mode
    padded = functional.pad(x, module._reversed_padding_repeated_twice, mode).square()
    # The gradient of a convolution's weight, when that of its output is 1 everywhere, is the sum of its inputs.
    places = [
        (size - gap * (kernel - 1) - 1) // stride + 1
        for size, gap, kernel, stride in zip(
            padded.shape[2:], module.dilation, module.kernel_size, module.stride, strict=True
        )
    ]
    ones = torch.ones(len(x), module.groups, *places, dtype=x.dtype)
    shape = (module.groups, *module.weight.shape[1:])
    total = conv2d_weight(padded, shape, ones, module.stride, 0, module.dilation, module.groups)
    return total.double(), len(x) * places[0] * places[1]


def _watch(
    network: nn.Module, names: Sequence[str], samples: Samples, reporter: Reporter, *, columns: bool
) -> dict[str, Tensor]:
    was_training = {module: module.training for module in network.modules()}
    inputs = _Inputs(network, names, columns=columns)
    try:
        network.eval()
        with torch.no_grad():
            for images, _ in samples():
                reporter.checkpoint()
                network(torch.from_numpy(images))
    finally:
        inputs.remove()
        for module, training in was_training.items():
            module.training = training
    return inputs.means()


def _activations(
    network: nn.Module, couplings: Mapping[int, Coupling], samples: Samples, reporter: Reporter
) -> dict[int, tuple[float, ...]]:
    readers = sorted({name for coupling in couplings.values() for name in coupling.inputs})
    means = _watch(network, readers, samples, reporter, columns=True)
    found = {}
    for number, coupling in couplings.items():
        seen = []
        for name, positions in coupling.inputs.items():
            value = by_channel(means[name], positions, coupling.channels)
            if value.mean() > 0:
                seen.append(value / value.mean())
        none = torch.zeros(coupling.channels, dtype=torch.float64)
        found[number] = tuple((torch.stack(seen).mean(0) if seen else none).tolist())
    return found


def weight_importance_from_inputs(
    network: nn.Module, names: Sequence[str], samples: Samples, reporter: Reporter
) -> dict[str, Tensor]:
    """float64 |w| · √(mean x²) of every weight of the named layers, of the weight's shape."""
    energies = _watch(network, names, samples, reporter, columns=False)
    found = {}
    for name in names:
        module = network.get_submodule(name)
        assert isinstance(module, nn.Conv2d | nn.Linear)
        weight = module.weight.detach().double().abs()
        groups = energies[name].sqrt()
        found[name] = weight * groups.repeat_interleave(len(weight) // len(groups), dim=0)
    return found
