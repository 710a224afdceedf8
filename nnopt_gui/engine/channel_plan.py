"""Which channels go, given how important they are: NumPy only, shared by the sliders' estimate and the pruner, so what
the slider shows is what is cut."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nnopt_gui.engine.profile import ChannelGroup, LayerProfile
from nnopt_gui.engine.recipe import Prune, PruneTarget, Scope, Widths
from nnopt_gui.errors import RecipeError

MIN_CHANNELS_KEPT: Final = 2
MIN_SHARE_KEPT: Final = 0.1
WIDE: Final = 128  # channels from which kernels work in blocks of 16
NARROW: Final = 16  # channels below which blocks of 8 would leave no choice

Snap = Callable[[ChannelGroup, int], int]
Kept = dict[int, tuple[int, ...]]


@dataclass(frozen=True)
class ChannelPlan:
    """``counts``: how many channels of every prunable group stay. ``share``: what part of the target's quantity they
    leave out (0..1). ``reached``: False where the least widths leave more than was asked for. ``least_first``: every
    group's channels, shape (channels,), in the order in which they go."""

    counts: Mapping[int, int]
    share: float
    reached: bool
    least_first: Mapping[int, NDArray[np.int64]]

    @property
    def kept(self) -> Kept:
        """Which channels of every prunable group stay, ascending."""
        found: Kept = {}
        for group, count in self.counts.items():
            order = self.least_first[group]
            found[group] = tuple(np.sort(order[len(order) - count :]).tolist())
        return found


def plan_channels(
    groups: Sequence[ChannelGroup],
    amount: float,
    *,
    layers: Sequence[LayerProfile] = (),
    fixed_macs: int = 0,
    target: PruneTarget = "count",
    scope: Scope = "global",
    layer_amounts: Iterable[tuple[str, float]] = (),
    snap: Snap | None = None,
) -> Kept:
    """Which channels of every prunable group stay; :func:`plan` says more about it."""
    return plan(
        groups,
        amount,
        layers=layers,
        fixed_macs=fixed_macs,
        target=target,
        scope=scope,
        layer_amounts=layer_amounts,
        snap=snap,
    ).kept


def plan(
    groups: Sequence[ChannelGroup],
    amount: float,
    *,
    layers: Sequence[LayerProfile] = (),
    fixed_macs: int = 0,
    target: PruneTarget = "count",
    scope: Scope = "global",
    layer_amounts: Iterable[tuple[str, float]] = (),
    snap: Snap | None = None,
) -> ChannelPlan:
    """Remove the least important channels until a share ``amount`` is gone.

    Every group keeps at least a tenth and two of its channels. Channels with an importance below 0 are gone already and
    stay so. A higher amount never brings a channel back.

    Args:
        groups: with importances comparable across groups.
        amount: 0..1, of the channels of the prunable groups (at most so many go), or of the MACs or bytes of the whole
            network (at least so many go, and one channel less would leave more).
        layers: needed for MACs and bytes.
        fixed_macs: arithmetic outside of ``layers``.
        scope: ``layer`` takes the same share of every group.
        layer_amounts: (layer, share of its own channels); such groups take no part in the ranking. Where several layers
            of a group are named, the smallest share holds.
        snap: the width for a group when so many channels would stay: no fewer; None takes multiples of the group's own.

    Raises:
        RecipeError: an unknown layer is named, or one whose channels cannot be removed.
        ValueError: a target that needs ``layers``, or one that is not counted here.
    """
    if target not in ("count", "macs", "bytes") or (target != "count" and not layers):
        raise ValueError(f"the target {target} cannot be planned with {len(layers)} layers")
    prunable = [group for group in groups if group.prunable]
    own = _own_shares(groups, layer_amounts)
    free = [group for group in prunable if group.id not in own]
    ranking = _Ranking(prunable, free, own, scope, snap)
    if target == "count":
        wanted = math.floor(amount * sum(group.channels for group in free) + 1e-9)
        steps = max(min(wanted, len(ranking.order)), ranking.gone)
        widths = ranking.widths(steps)
        removed = sum(group.channels for group in prunable) - sum(widths.values())
        total = max(1, sum(group.channels for group in prunable))
        reached = wanted <= len(ranking.order)
        return ChannelPlan(widths, removed / total, reached, ranking.least_first)
    macs = target == "macs"

    def cost(widths: Mapping[int, int]) -> int:
        return (fixed_macs if macs else 0) + sum(
            layer.weights(widths) * (layer.positions if macs else 1) for layer in layers
        )

    whole = cost({})
    most = (1.0 - amount) * whole
    low, high = ranking.gone, len(ranking.order)
    while low < high:  # the cost falls with every step
        middle = (low + high) // 2
        if cost(ranking.widths(middle)) <= most + 1e-9 * whole:
            high = middle
        else:
            low = middle + 1
    widths = ranking.widths(low)
    left = cost(widths)
    return ChannelPlan(widths, 1.0 - left / max(1, whole), left <= most + 1e-9 * whole, ranking.least_first)


def plan_prune(
    groups: Sequence[ChannelGroup], prune: Prune, layers: Sequence[LayerProfile], fixed_macs: int, part: float = 1.0
) -> ChannelPlan:
    """The plan of a recipe's pruning step of kind ``channels``.

    Args:
        part: 0..1 of the recipe's amounts, for a schedule's earlier steps.

    Raises:
        RecipeError: see :func:`plan`.
    """
    return plan(
        groups,
        prune.amount * part,
        layers=layers,
        fixed_macs=fixed_macs,
        target=prune.method.target,
        scope=prune.method.scope,
        layer_amounts=[(name, share * part) for name, share in prune.layer_amounts],
        snap=snap_for(prune.method.widths),
    )


def knows_widths(prune: Prune) -> bool:
    """Whether the importances in the profile, or none at all, decide what this step leaves; other criteria look at
    images, or at weights in another way, and blocks and fast widths are found by trials on this machine."""
    method = prune.method
    if prune.kind == "weights":
        return True
    if prune.kind != "channels" or method.target == "latency" or method.widths == "fast":
        return False
    if method.scope == "layer" or method.criterion == "random":
        return True
    return method.criterion in ("auto", "l2") and method.steps == 1


def guess_plan(
    groups: Sequence[ChannelGroup], prune: Prune, layers: Sequence[LayerProfile], fixed_macs: int, seed: int
) -> ChannelPlan:
    """The plan behind an estimate: what is cut where :func:`knows_widths`, else widths that do about as much (channels
    in the place of blocks, MACs in that of milliseconds).

    Raises:
        RecipeError: see :func:`plan`.
    """
    method = prune.method
    if method.criterion == "random":
        groups = with_random_importance(groups, seed)
    if method.target == "latency" or (prune.kind in ("blocks", "mixed") and method.target == "count"):
        prune = replace(prune, method=replace(method, target="macs"))
    return plan_prune(groups, prune, layers, fixed_macs)


def snap_for(widths: Widths) -> Snap | None:
    """The rule behind the recipe's choice of widths."""
    return fast_width if widths == "fast" else None


def fast_width(group: ChannelGroup, kept: int) -> int:
    """The least width ≥ ``kept`` that fills the vector registers of usual CPUs: multiples of 8 (of 16 in wide layers,
    of 4 in narrow ones), or all channels."""
    step = 16 if group.channels >= WIDE else 8 if group.channels > NARROW else 4
    step = math.lcm(step, group.multiple)
    return min(group.channels, math.ceil(kept / step) * step)


def with_random_importance(groups: Sequence[ChannelGroup], seed: int) -> tuple[ChannelGroup, ...]:
    """The groups with importances drawn evenly from 0..1, the same for the same seed: the control."""
    found = []
    for group in groups:
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, group.id, group.channels])))
        values = tuple(rng.random(group.channels).tolist())
        found.append(replace(group, importance=values) if group.prunable else group)
    return tuple(found)


def _missed(rising: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each channel of a group is missed when all before it are gone, given the importances from the least on.

    It is compared with the mean of those that are left, as torch-pruning does and LAMP does for weights
    (arXiv:2010.07611): where a few channels carry a group, the others go together. Never falls, so that the order
    within a group stays. (ResNet-56 on CIFAR-10 at half the MACs, refitted and not trained: 78.4 % where importances
    as they are give 77.0.)
    """
    left = np.cumsum(rising[::-1])[::-1] / np.arange(len(rising), 0, -1)
    shares = np.divide(rising, left, out=np.zeros(len(rising)), where=left > 0) * left[:1]
    return np.maximum.accumulate(shares)


def _multiples(group: ChannelGroup, kept: int) -> int:
    return min(group.channels, math.ceil(kept / group.multiple) * group.multiple)


def _most_removed(group: ChannelGroup) -> int:
    least = max(MIN_CHANNELS_KEPT, group.multiple, math.ceil(MIN_SHARE_KEPT * group.channels))
    return group.channels - min(group.channels, least)


def _own_shares(groups: Sequence[ChannelGroup], layer_amounts: Iterable[tuple[str, float]]) -> dict[int, float]:
    shares: dict[int, float] = {}
    by_layer: dict[str, list[ChannelGroup]] = {}
    for group in groups:
        for name in group.layers:
            by_layer.setdefault(name, []).append(group)
    for name, share in layer_amounts:
        if name not in by_layer:
            raise RecipeError(
                f"The recipe prunes a layer that this network does not have: {name!r}.", "nnopt inspect lists them."
            )
        mine = [group for group in by_layer[name] if group.prunable]
        if not mine and share > 0:
            reason = by_layer[name][0].reason
            raise RecipeError(f"The channels of {name} cannot be removed: {reason}.", "Leave this layer out.")
        for group in mine:
            shares[group.id] = min(share, shares.get(group.id, 1.0))
    return shares


class _Ranking:
    """In which order channels go: ``order`` names a group per step, and a group loses its least
    important channels first, ``least_first``.

    ``gone``: how many of the steps are taken already.
    """

    def __init__(
        self,
        prunable: Sequence[ChannelGroup],
        free: Sequence[ChannelGroup],
        own: Mapping[int, float],
        scope: Scope,
        snap: Snap | None,
    ) -> None:
        self._groups = prunable
        self._snap = snap or _multiples
        self._own = {
            group.id: min(_most_removed(group), math.floor(own[group.id] * group.channels + 1e-9))
            for group in prunable
            if group.id in own
        }
        self.least_first: dict[int, NDArray[np.int64]] = {}
        self.gone = 0
        free_ids = {group.id for group in free}
        values, groups, ranks = [np.empty(0)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for group in prunable:
            self.least_first[group.id] = group.least_first
            if group.id not in free_ids:
                continue
            rising = group.rising_importance
            taken = int((rising < 0).sum())
            self.gone += taken
            rank = np.arange(min(group.channels, max(taken, _most_removed(group))))
            missed = np.concatenate([np.zeros(taken), _missed(rising[taken:])])
            value = (rank + 1) / group.channels if scope == "layer" else missed[: len(rank)]
            values.append(np.where(rank < taken, -1.0, value))
            groups.append(np.full(len(rank), group.id))
            ranks.append(rank)
        numbers = np.concatenate(groups)
        self.order = numbers[np.lexsort((np.concatenate(ranks), numbers, np.concatenate(values)))]

    def widths(self, steps: int) -> dict[int, int]:
        """Channels that every group keeps after so many steps."""
        taken = np.bincount(self.order[:steps], minlength=1 + max((group.id for group in self._groups), default=0))
        removed = {**dict(enumerate(taken.tolist())), **self._own}
        return {group.id: self._snap(group, group.channels - removed[group.id]) for group in self._groups}
