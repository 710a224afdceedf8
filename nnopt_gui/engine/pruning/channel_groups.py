"""Structured pruning: which channels may go together, and cutting them out.

``find_groups`` tells the window what a plan (``profile.plan_channels``) may remove and lets ``LayerProfile.weights``
count what remains; ``cut_channels`` carries the plan out and proves that it did exactly that.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor, nn

from nnopt_gui.engine.networks.layers import describe_layers
from nnopt_gui.engine.profile import ChannelGroup, LayerProfile, Segment
from nnopt_gui.engine.progress import Reporter, SilentReporter
from nnopt_gui.engine.pruning.couplings import Coupling, probe_input, trace_couplings
from nnopt_gui.engine.pruning.importance import channel_importance
from nnopt_gui.engine.pruning.surgery import Removal, with_silent_channels, without_channels
from nnopt_gui.errors import ModelError, RecipeError

_FAILURES: Final = (RuntimeError, ValueError, IndexError, TypeError, AssertionError)  # of networks on wrong shapes
Structure = tuple[tuple[ChannelGroup, ...], tuple[LayerProfile, ...]]  # what find_groups says of a network

DOUBLE_UP_TO: Final = 12_000_000  # parameters; larger networks are checked in float32


def find_groups(
    network: nn.Module,
    layers: Sequence[LayerProfile],
    input_shape: tuple[int, int, int],
    reporter: Reporter | None = None,
) -> Structure:
    """The channel groups of ``network``, and ``layers`` with ``out_group``, ``inputs`` and ``outputs`` filled in.

    Every prunable group was tried: with half of its channels cut, the network computes what it computes with nobody
    listening to those channels. Groups that fail, or that cannot be followed, have a ``reason``. The classifier's
    outputs are never prunable. Deterministic for one network. The network is not changed.

    Args:
        network: any torch network N×C×H×W → N×classes.
        layers: its weighted layers as ``networks.layers.describe_layers`` tells them.
        input_shape: (C, H, W).

    Raises:
        ModelError: the network does not run on ``input_shape``.
    """
    reporter = reporter or SilentReporter()
    try:
        couplings = trace_couplings(network, input_shape, reporter)
    except ModelError as error:
        _probe(copy.deepcopy(network).eval(), input_shape)  # a network that does not even run is an error, not a reason
        names = tuple(layer.name for layer in layers)
        channels = sum(layer.weight_shape[0] for layer in layers)
        return (ChannelGroup(0, channels, names, reason=error.user_message),), tuple(layers)
    _refuse_unknown_layers(couplings, layers)
    reporter.checkpoint()
    _refuse_failures(network, couplings, input_shape, reporter)
    groups = tuple(_group(network, number, coupling) for number, coupling in enumerate(couplings))
    return groups, tuple(_fill(layer, couplings) for layer in layers)


def cut_channels(
    network: nn.Module,
    groups: Sequence[ChannelGroup],
    kept: Mapping[int, tuple[int, ...]],
    input_shape: tuple[int, int, int],
    couplings: Sequence[Coupling] | None = None,
    layers: Sequence[LayerProfile] | None = None,
) -> nn.Module:
    """A copy of ``network`` in eval mode in which group ``g`` has only the channels ``kept[g]``; other groups keep all.

    Checked before it is returned: it runs, has the same output shape, computes what the original computes without the
    removed channels, and every layer has the weights, positions and so MACs that ``LayerProfile.weights`` promises.

    Args:
        groups: as ``find_groups`` told them for this very structure.
        kept: channels to keep per group id, from ``profile.plan_channels``.
        input_shape: (C, H, W).
        couplings, layers: what ``trace_couplings`` and ``describe_layers`` say of the network, where that is known.

    Raises:
        RecipeError: the plan names a group that cannot be pruned, or channels that do not exist.
        ModelError: the groups are of another network, or the cut network does not pass the check.
    """
    couplings = trace_couplings(network, input_shape) if couplings is None else couplings
    layers = describe_layers(network, input_shape) if layers is None else layers
    removals = channels_that_go(couplings, groups, kept)
    cut = without_channels(network, removals).eval()
    if not _same_function(network, cut, removals, input_shape):
        raise ModelError("The pruned network does not compute what it should; it was thrown away.",
                         "Prune single weights instead, and report this network.")  # fmt: skip
    promised = [_fill(layer, couplings) for layer in layers]
    counts = {group: len(channels) for group, channels in kept.items()}
    real = {layer.name: layer for layer in describe_layers(cut, input_shape)}
    for layer in promised:
        got = real[layer.name]
        if math.prod(got.weight_shape) != layer.weights(counts) or got.positions != layer.positions:
            raise ModelError(
                f"After pruning, layer {layer.name!r} is not what was planned; the network was thrown away.",
                "Prune single weights instead, and report this network.",
                f"promised {layer.weights(counts)} weights × {layer.positions}, "
                f"got {got.weight_shape} × {got.positions}",
            )
    return cut


def channels_that_go(
    couplings: Sequence[Coupling], groups: Sequence[ChannelGroup], kept: Mapping[int, tuple[int, ...]]
) -> list[Removal]:
    """A plan as removals; groups that keep all their channels are left out.

    Raises:
        RecipeError: the plan names a group that cannot be pruned, or channels that do not exist.
        ModelError: the groups are of another network.
    """
    known = {group.id: group for group in groups}
    removals: list[Removal] = []
    for number, channels in kept.items():
        group = known.get(number)
        if group is None or not group.prunable:
            raise RecipeError(f"Channel group {number} cannot be pruned.", group.reason if group else "There is none.")
        if number >= len(couplings) or tuple(couplings[number].outputs) != group.layers:
            raise ModelError("The channel groups are of another network.", "Find the groups of this network first.")
        stay = set(channels)
        if not stay or not stay <= set(range(group.channels)) or len(stay) != len(channels):
            raise RecipeError(f"Group {number} has channels 0 to {group.channels - 1}; at least one must stay.")
        gone = frozenset(range(group.channels)) - stay
        if gone:
            removals.append((couplings[number], gone))
    return removals


# -- checking ---------------------------------------------------------------------------------------------------------


def _probe(network: nn.Module, input_shape: tuple[int, int, int], dtype: torch.dtype = torch.float32) -> Tensor:
    try:
        with torch.no_grad():
            output = network(probe_input(input_shape, dtype))
    except _FAILURES as error:
        shape = "×".join(map(str, input_shape))
        raise ModelError(f"The network does not run on an input of {shape}.", details=str(error)) from error
    assert isinstance(output, Tensor)
    return output


def _same_function(
    network: nn.Module, cut: nn.Module, removals: Sequence[Removal], input_shape: tuple[int, int, int]
) -> bool:
    """Whether the cut network computes what the original does when nobody listens to the removed channels."""
    big = sum(p.numel() for p in network.parameters()) > DOUBLE_UP_TO
    dtype, tolerance = (torch.float32, 1e-3) if big else (torch.float64, 1e-9)
    expected = _probe(with_silent_channels(network, removals).to(dtype).eval(), input_shape, dtype)
    try:
        other = any(parameter.dtype != dtype for parameter in cut.parameters())
        got = _probe(without_channels(cut, ()).to(dtype) if other else cut, input_shape, dtype)
    except ModelError:
        return False
    if got.shape != expected.shape or not torch.isfinite(got).all():
        return False
    return bool((got - expected).abs().max() <= tolerance * expected.abs().max().clamp_min(1e-30))


def _refuse_failures(
    network: nn.Module, couplings: Sequence[Coupling], input_shape: tuple[int, int, int], reporter: Reporter
) -> None:
    """Cut half of the channels of all groups at once; if that fails, find the culprits by halving."""

    def works(some: Sequence[Coupling]) -> bool:
        reporter.checkpoint()
        removals = [(coupling, _half(coupling.channels)) for coupling in some]
        return _same_function(network, without_channels(network, removals).eval(), removals, input_shape)

    for culprit in _culprits([c for c in couplings if not c.reason and c.channels > 1], works):
        culprit.reason = "the network does not survive their removal"


def _half(channels: int) -> frozenset[int]:
    """Half of the channels, in no order that a wrong cut could survive by chance; at least one goes and one stays."""
    order = torch.randperm(channels, generator=torch.Generator().manual_seed(channels))
    return frozenset(order[: max(1, channels // 2)].tolist())


def _culprits(suspects: Sequence[Coupling], works: Callable[[Sequence[Coupling]], bool]) -> list[Coupling]:
    if not suspects or works(suspects):
        return []
    if len(suspects) == 1:
        return list(suspects)
    middle = len(suspects) // 2
    return _culprits(suspects[:middle], works) + _culprits(suspects[middle:], works)


def _refuse_unknown_layers(couplings: Sequence[Coupling], layers: Sequence[LayerProfile]) -> None:
    known = {layer.name for layer in layers}
    for coupling in couplings:
        strange = sorted({*coupling.outputs, *coupling.inputs} - known)
        if strange and not coupling.reason:
            coupling.reason = f"{strange[0]} is not among the layers that are counted"


# -- records ----------------------------------------------------------------------------------------------------------


def _group(network: nn.Module, number: int, coupling: Coupling) -> ChannelGroup:
    importance = () if coupling.reason else channel_importance(network, coupling)
    return ChannelGroup(number, coupling.channels, tuple(coupling.outputs), importance, reason=coupling.reason)


def _fill(layer: LayerProfile, couplings: Sequence[Coupling]) -> LayerProfile:
    made = _claimed(layer.name, "outputs", couplings, layer.weight_shape[0])
    width = layer.weight_shape[1] * layer.groups
    seen = _claimed(layer.name, "inputs", couplings, width)
    if layer.groups > 1:  # what its groups make is what they see
        ratio = layer.weight_shape[0] / width
        seen = [made[int(index * ratio)] for index in range(width)]
    outputs = _segments(made)
    if len(outputs) == 1 and outputs[0].repeat == 1:
        return replace(layer, inputs=_segments(seen), out_group=outputs[0].group)
    return replace(layer, inputs=_segments(seen), outputs=outputs)


def _claimed(name: str, kind: str, couplings: Sequence[Coupling], size: int) -> list[tuple[int | None, int]]:
    """Per row or column the group that it is of and the channel there; (None, its own index) where it has to stay."""
    owners: list[tuple[int | None, int]] = [(None, index) for index in range(size)]
    for number, coupling in enumerate(couplings):
        for index, channel in enumerate(getattr(coupling, kind).get(name, ())):
            if channel >= 0 and not coupling.reason:
                owners[index] = (number, channel)
    return owners


def _segments(seen: Sequence[tuple[int | None, int]]) -> tuple[Segment, ...]:
    """Every group once, where it first appears, with how often each of its channels is there; the rest as it stands."""
    segments: list[Segment] = []
    for group in dict.fromkeys(group for group, _ in seen):
        columns = [channel for other, channel in seen if other == group]
        distinct = len(set(columns))
        segments.append(Segment(group, distinct, len(columns) // distinct))
    return tuple(segments)
