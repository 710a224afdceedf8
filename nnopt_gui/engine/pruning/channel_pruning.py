"""Removing channels from a torch network, at once or step by step with training in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from torch import nn

from nnopt_gui.engine.channel_plan import ChannelPlan, plan_prune, with_random_importance
from nnopt_gui.engine.profile import ChannelGroup, LayerProfile
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.channel_groups import cut_channels
from nnopt_gui.engine.pruning.couplings import Coupling, trace_couplings
from nnopt_gui.engine.pruning.data_importance import DATA_CRITERIA, channel_importance_from_data
from nnopt_gui.engine.pruning.gradients import Samples
from nnopt_gui.engine.pruning.importance import channel_importance
from nnopt_gui.engine.pruning.known_network import KnownNetwork
from nnopt_gui.engine.pruning.repair import repaired
from nnopt_gui.engine.pruning.schedule import parts
from nnopt_gui.engine.recipe import Criterion, Prune
from nnopt_gui.errors import ModelError, RecipeError

Shape = tuple[int, int, int]
TrainAfter = Callable[[nn.Module, int], nn.Module]  # network after step (from 0) → trained network

_UNITS = {"count": "channels", "macs": "MACs", "bytes": "bytes"}


@dataclass(frozen=True)
class _Original:
    """What amounts are shares of: the network as it was before the first step."""

    groups: tuple[ChannelGroup, ...]
    layers: tuple[LayerProfile, ...]
    fixed_macs: int


def prune_channels(
    network: nn.Module,
    prune: Prune,
    input_shape: Shape,
    samples: Samples | None,
    seed: int,
    train: TrainAfter | None,
    reporter: Reporter,
    known: KnownNetwork | None = None,
) -> tuple[nn.Module, tuple[str, ...]]:
    """A smaller copy of ``network`` in eval mode, and notes for the user.

    Amounts are shares of the given network after every step, so that the widths after the last one are those of
    ``channel_plan.plan_prune``. Without ``train`` the steps still judge importance anew. ``known`` is the network,
    where something may be known of it.

    Raises:
        RecipeError: no channel can be removed, or none by this criterion. DataError: no images where they are needed.
    """
    now = known or KnownNetwork(network, input_shape)
    groups, layers = now.structure(reporter)
    if not any(group.prunable for group in groups):
        reasons = sorted({group.reason for group in groups if group.reason})
        raise RecipeError("No channels of this network can be removed.", "; ".join(reasons[:3]))
    counted = sum(layer.weights({}) * layer.positions for layer in layers)
    original = _Original(groups, layers, now.macs - counted)
    kept = {group.id: tuple(range(group.channels)) for group in groups if group.prunable}
    judge = _Judge(prune.method.criterion, input_shape, samples, seed, reporter)
    notes: tuple[str, ...] = ()
    for step, part in enumerate(parts(prune.method.steps, prune.method.schedule)):
        reporter.checkpoint()
        current = now.structure(reporter)[0]
        judged = judge.importances(now.network, current)
        plan = plan_prune(
            _in_original(original.groups, judged, kept, current), prune, layers, original.fixed_macs, part
        )
        places = {number: {channel: i for i, channel in enumerate(kept[number])} for number in plan.kept}
        ids = _matching(original.groups, current)
        stay = {ids[number]: tuple(places[number][c] for c in channels) for number, channels in plan.kept.items()}
        cut = cut_channels(now.network, current, stay, input_shape, now.couplings, now.layers)
        if samples is not None:
            divergence = now.divergence(samples, seed, reporter)
            equations = now.equations(samples, seed, reporter)
            cut, _ = repaired(cut, current, stay, now.couplings, divergence, equations, reporter)
        network = cut
        kept.update(plan.kept)
        notes = (*judge.notes, *_shortfall(plan, prune))
        if train is not None:
            network = train(network, step)
        now = KnownNetwork(network, input_shape)
    return network, notes


class _Judge:
    """Importances of a network's channels by one criterion."""

    def __init__(
        self, criterion: Criterion, input_shape: Shape, samples: Samples | None, seed: int, reporter: Reporter
    ) -> None:
        self._criterion = criterion
        self._input_shape = input_shape
        self._samples = samples
        self._seed = seed
        self._reporter = reporter
        self.notes: tuple[str, ...] = ()

    def importances(self, network: nn.Module, groups: Sequence[ChannelGroup]) -> dict[int, tuple[float, ...]]:
        """By group id; groups that the criterion says nothing about are absent."""
        prunable = [group for group in groups if group.prunable]
        if self._criterion in ("auto", "l2"):
            return {group.id: group.importance for group in prunable}
        if self._criterion == "random":
            return {group.id: group.importance for group in with_random_importance(prunable, self._seed)}
        traced = trace_couplings(network, self._input_shape, self._reporter)
        couplings: Mapping[int, Coupling] = {group.id: traced[group.id] for group in prunable}
        if self._criterion in DATA_CRITERIA:
            if self._samples is None:
                raise RecipeError(f"The criterion {self._criterion} looks at images.", "Add data, or choose l2.")
            self._reporter.status(f"Judging channels by {self._criterion}")
            return channel_importance_from_data(network, couplings, self._criterion, self._samples, self._reporter)
        found = {number: channel_importance(network, c, self._criterion) for number, c in couplings.items()}
        silent = [group.layers[0] for group in prunable if not found[group.id]]
        if len(silent) == len(prunable):
            raise RecipeError("No batch norm scales the channels of this network.", "Choose another criterion.")
        if silent:
            self.notes = (f"{len(silent)} channel groups have no batch norm and were left alone ({silent[0]}, …).",)
        return {number: values for number, values in found.items() if values}


def _matching(original: Sequence[ChannelGroup], now: Sequence[ChannelGroup]) -> dict[int, int]:
    """Ids, by original id, of the same groups in the network as it is now: those of the same layers, in their order."""
    ids = {key: group for key, group in _in_order(now) if group.prunable}
    found = {}
    for key, group in _in_order(original):
        if group.prunable and key not in ids:
            raise ModelError(
                f"After a pruning step, the channels of {group.layers[0]} can no longer be followed.",
                "Prune in one step.",
            )
        if group.prunable:
            found[group.id] = ids[key].id
    return found


def _in_order(groups: Sequence[ChannelGroup]) -> list[tuple[tuple[tuple[str, ...], int], ChannelGroup]]:
    """Every group with its layers and its place among the groups of the same layers."""
    seen: dict[tuple[str, ...], int] = {}
    found = []
    for group in groups:
        seen[group.layers] = seen.get(group.layers, 0) + 1
        found.append(((group.layers, seen[group.layers]), group))
    return found


def _in_original(
    original: Sequence[ChannelGroup],
    judged: Mapping[int, tuple[float, ...]],
    kept: Mapping[int, tuple[int, ...]],
    now: Sequence[ChannelGroup],
) -> list[ChannelGroup]:
    """The original groups with today's importances, −1 where a channel is gone already."""
    ids = _matching(original, now)
    found = []
    for group in original:
        if not group.prunable:
            found.append(group)
        elif ids[group.id] not in judged:
            found.append(replace(group, importance=(), reason="the criterion says nothing about them"))
        else:
            values = [-1.0] * group.channels
            for channel, value in zip(kept[group.id], judged[ids[group.id]], strict=True):
                values[channel] = value
            found.append(replace(group, importance=tuple(values)))
    return found


def _shortfall(plan: ChannelPlan, prune: Prune) -> tuple[str, ...]:
    if plan.reached:
        return ()
    unit = _UNITS[prune.method.target]
    return (f"Only {plan.share:.1%} of the {unit} can be removed: every group keeps a tenth of its channels.",)
