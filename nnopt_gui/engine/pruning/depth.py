"""Removing whole residual blocks, alone or mixed with widths, until the network costs what was asked for.

Which blocks and how many channels go is found along a :class:`~.compression_path.CompressionPath`, by the divergence
of the predictions on a few unlabelled images. A latency target is verified: the network that the plan gives is
measured as it would be deployed, in turn with the original, and the plan corrected.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from torch import Tensor, nn

from nnopt_gui.engine.networks.layers import describe_layers
from nnopt_gui.engine.profile import ChannelGroup, LayerProfile
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.block_structure import ResidualBlock, find_blocks, without_blocks
from nnopt_gui.engine.pruning.channel_groups import cut_channels, find_groups
from nnopt_gui.engine.pruning.compression_path import CompressionPath, Narrowing, Plan, Stop
from nnopt_gui.engine.pruning.couplings import trace_couplings
from nnopt_gui.engine.pruning.divergence import Divergence
from nnopt_gui.engine.pruning.layer_kernels import LayerKernel, layer_kernels
from nnopt_gui.engine.pruning.plan_cost import PlanCost, PlanCosts
from nnopt_gui.engine.pruning.reconstruction import NormalEquations
from nnopt_gui.engine.pruning.repair import repaired
from nnopt_gui.engine.pruning.staircase import (
    Staircase,
    fast_widths,
    shapes_to_measure,
    slower_when_pruned,
    widths_of,
)
from nnopt_gui.errors import RecipeError

IMAGES: Final = 256
ROUNDS: Final = 4
NEAR: Final = 0.95  # of the wanted latency: closer from below need not be searched for
_MARGIN: Final = 0.99

DepthKind = Literal["channels", "blocks", "mixed"]
DepthTarget = Literal["count", "macs", "bytes", "latency"]


@dataclass(frozen=True)
class LatencyRatio:
    """Measured latency ÷ that of the original measured in turn with it, with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class LatencyTools:
    """What a latency target needs of the machine: the staircase (with a timer for shapes it does not know), the
    original's measured milliseconds, and a function that measures a torch network as it would be deployed."""

    stairs: Staircase
    whole_ms: float
    measure: Callable[[nn.Module], LatencyRatio]


@dataclass(frozen=True)
class Shortened:
    """A network with fewer blocks and channels, what was done to it, and how it was judged.

    ``left`` is the share of the target's cost that is left (predicted, for latency: ``latency`` has the measured one);
    ``divergence`` is in nats per image from the original's predictions, before any training.
    """

    network: nn.Module
    plan: Plan
    left: float
    divergence: float
    latency: LatencyRatio | None = None
    notes: tuple[str, ...] = field(default=())


class Shortener:
    """Shortens one network to any number of targets; the paths walked are kept."""

    def __init__(
        self,
        network: nn.Module,
        input_shape: tuple[int, int, int],
        images: Tensor,
        reporter: Reporter,
        *,
        groups: tuple[Sequence[ChannelGroup], Sequence[LayerProfile]] | None = None,
        latency: LatencyTools | None = None,
    ) -> None:
        """
        Args:
            network: float32 N×C×H×W → N×classes, on the CPU; it is not changed.
            images: a few hundred unlabelled ones as the network takes them, float32 N×C×H×W; see ``IMAGES``.
            groups: channel groups (with importances) and layers as ``find_groups`` returns them; found where absent
                and needed.
            latency: needed for latency targets and for fast widths.

        Raises:
            ModelError: the network does not run. Cancelled.
        """
        self._network, self._shape = network, input_shape
        self._groups_given, self._latency = groups, latency
        reporter.status("Looking for residual blocks")
        self.blocks: tuple[ResidualBlock, ...] = find_blocks(network, input_shape, reporter)
        self._divergence = Divergence(network, images, reporter=reporter)
        self._equations = NormalEquations(network, self._divergence.images)
        self._paths: dict[tuple[str, str, str], CompressionPath] = {}
        self._found: tuple[tuple[ChannelGroup, ...], tuple[LayerKernel, ...]] | None = None

    def shorten(
        self, kind: DepthKind, target: DepthTarget, amount: float, reporter: Reporter, *, widths: str = "any"
    ) -> Shortened:
        """The network with a share ``amount`` (0..1) of what ``target`` counts removed: blocks (of those that are
        removable) or channels for ``count``, MACs, bytes of the weights, or latency.

        At least the share asked for is removed. For latency the result is the plan with the least divergence among
        those that were measured to be fast enough, or else the fastest, and a note says so.

        Raises:
            RecipeError: the network has no such blocks or channels, or cannot become that small. Cancelled.
        """
        self._check(kind, target, widths)
        path = self._path(kind, target, widths, reporter)
        whole = path.stops[0].cost
        reporter.status(_STATUS[kind])
        wanted = (1 - amount) * whole
        stop = path.until(wanted, reporter)
        if stop.cost > wanted * (1 + 1e-9) and target != "latency":
            raise RecipeError(
                f"This network cannot lose {amount:.0%} this way; {1 - stop.cost / whole:.0%} is the most.",
                "Ask for less, or remove channels and blocks together.",
            )
        if target != "latency":
            return self._result(stop, whole, reporter)
        return self._meet(path, 1 - amount, reporter)

    def carry_out(self, plan: Plan) -> nn.Module:
        """A copy of the network with the plan carried out, not trained.

        Raises:
            RecipeError, ModelError: the plan is of another network, or the cut does not pass its check.
        """
        network = self._network
        if plan.kept:
            network = cut_channels(network, self._channels()[0], plan.kept, self._shape)
        return without_blocks(network, plan.removed).eval()

    # -- the search ---------------------------------------------------------------------------------------------

    def _check(self, kind: DepthKind, target: DepthTarget, widths: str) -> None:
        if (target == "latency" or widths == "fast") and self._latency is None:
            raise RecipeError("A latency target needs measurements of this machine.", "Measure the baseline first.")
        if kind == "blocks" and not self.blocks:
            raise RecipeError(
                "This network has no residual blocks that could be taken out.", "Remove channels instead."
            )
        if (
            kind != "blocks"
            and not any(g.prunable for g in self._channels()[0])
            and (kind == "channels" or not self.blocks)
        ):
            reasons = sorted({group.reason for group in self._channels()[0] if group.reason})
            raise RecipeError("No channels of this network can be removed.", "; ".join(reasons[:3]))

    def _channels(self) -> tuple[tuple[ChannelGroup, ...], tuple[LayerKernel, ...]]:
        if self._found is None:
            groups, layers = self._groups_given or find_groups(
                self._network, describe_layers(self._network, self._shape), self._shape
            )
            self._found = tuple(groups), layer_kernels(self._network, layers, self._shape)
        return self._found

    def _kernels(self, kind: DepthKind) -> tuple[tuple[ChannelGroup, ...], tuple[LayerKernel, ...]]:
        if kind != "blocks":
            return self._channels()
        return (), layer_kernels(self._network, describe_layers(self._network, self._shape), self._shape)

    def _path(self, kind: DepthKind, target: DepthTarget, widths: str, reporter: Reporter) -> CompressionPath:
        key = (kind, target, widths)
        if key not in self._paths:
            groups, kernels = self._kernels(kind)
            blocks = () if kind == "channels" else self.blocks
            costs = PlanCosts(kernels, self.blocks, groups)
            if self._latency is not None and (target == "latency" or widths == "fast"):
                reporter.status("Timing layers on this machine")
                self._latency.stairs.measure(shapes_to_measure(kernels, groups))
            narrowings = self._narrowings(groups, kernels, fast=target == "latency" or widths == "fast")
            cost = self._cost(costs, kind, target)
            self._paths[key] = CompressionPath(self._network, blocks, narrowings, self._divergence, cost)
        return self._paths[key]

    def _cost(self, costs: PlanCosts, kind: DepthKind, target: DepthTarget) -> PlanCost:
        if target == "latency":
            assert self._latency is not None
            return costs.milliseconds(self._latency.stairs, self._latency.whole_ms)
        if target == "count":
            return costs.block_count if kind == "blocks" else costs.channels
        return costs.macs if target == "macs" else costs.weights

    def _narrowings(
        self, groups: Sequence[ChannelGroup], kernels: Sequence[LayerKernel], *, fast: bool
    ) -> list[Narrowing]:
        if not groups:
            return []
        couplings = trace_couplings(self._network, self._shape)
        allowed = {group.id: widths_of(group) for group in groups if group.prunable}
        if fast:
            assert self._latency is not None
            allowed = fast_widths(self._latency.stairs, kernels, groups)
        return [Narrowing(g, couplings[g.id], allowed[g.id]) for g in groups if len(allowed.get(g.id, ())) > 1]

    # -- the result ---------------------------------------------------------------------------------------------

    def _meet(self, path: CompressionPath, wanted: float, reporter: Reporter) -> Shortened:
        """Measure, correct, and measure again."""
        assert self._latency is not None
        whole = path.stops[0].cost
        tried: dict[int, tuple[Stop, LatencyRatio]] = {}
        aim = wanted * whole
        for _ in range(ROUNDS):
            stop = path.until(aim, reporter)
            number = path.stops.index(stop)
            if number in tried:
                break
            reporter.status("Measuring the shortened network")
            ratio = self._latency.measure(self.carry_out(stop.plan))
            tried[number] = (stop, ratio)
            if NEAR * wanted <= ratio.value <= wanted:
                break
            aim = _MARGIN * stop.cost * wanted / ratio.value
            aim = min(aim, stop.cost * (1 - 1e-6)) if ratio.value > wanted else aim
        met = [entry for entry in tried.values() if entry[1].value <= wanted]
        stop, ratio = min(met, key=lambda e: e[0].loss) if met else min(tried.values(), key=lambda e: e[1].value)
        result = self._result(stop, whole, reporter, ratio)
        if met:
            return result
        missed = (
            f"{wanted:.2f} × the original's latency was asked for; {ratio.value:.2f} × is the least that was measured"
        )
        return replace(result, notes=(*result.notes, missed))

    def _result(self, stop: Stop, whole: float, reporter: Reporter, ratio: LatencyRatio | None = None) -> Shortened:
        network, loss = self._repaired(stop.plan, reporter)
        left = stop.cost / whole
        return Shortened(network, stop.plan, left, loss, ratio, self._notes(stop, ratio))

    def _repaired(self, plan: Plan, reporter: Reporter) -> tuple[nn.Module, float]:
        cut = self.carry_out(plan)
        groups = self._channels()[0] if plan.kept else ()
        couplings = trace_couplings(self._network, self._shape)
        return repaired(cut, groups, plan.kept, couplings, self._divergence, self._equations, reporter)

    def _notes(self, stop: Stop, ratio: LatencyRatio | None) -> tuple[str, ...]:
        notes = []
        if stop.plan.removed:
            order = [block.name for block in self.blocks if block.name in stop.plan.removed]
            notes.append(f"{len(order)} of {len(self.blocks)} blocks removed: {', '.join(order)}")
        if stop.plan.kept:
            groups, kernels = self._channels()
            by_id = {group.id: group for group in groups}
            narrowed = [
                f"{by_id[number].layers[0]} {by_id[number].channels} → {width}"
                for number, width in sorted(stop.plan.widths.items())
            ]
            notes.append(f"channels of {len(narrowed)} groups: {', '.join(narrowed)}")
            if self._latency is not None and all(k.shape.key() in self._latency.stairs.times for k in kernels):
                notes.extend(slower_when_pruned(self._latency.stairs, kernels, groups)[:1])
        if ratio is not None:
            notes.append(f"measured {ratio.value:.2f} [{ratio.low:.2f}, {ratio.high:.2f}] × the original's latency")
        return tuple(notes)


_STATUS: Final = {
    "blocks": "Choosing the blocks that are missed least",
    "channels": "Choosing the widths that are missed least",
    "mixed": "Choosing the blocks and widths that are missed least",
}


def block_losses(
    network: nn.Module, blocks: Sequence[ResidualBlock], divergence: Divergence, reporter: Reporter
) -> dict[str, float]:
    """Divergence (nats per image) of the network without each block alone: what the window shows as its importance.

    Raises:
        Cancelled.
    """
    losses = {}
    for number, block in enumerate(blocks):
        reporter.progress(number, len(blocks))
        losses[block.name] = divergence.of(without_blocks(network, [block.name]), reporter)
    assert all(not math.isnan(loss) for loss in losses.values())
    return losses
