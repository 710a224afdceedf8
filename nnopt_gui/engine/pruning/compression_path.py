"""From the whole network downwards, one change at a time: which blocks to take out and which groups to narrow next.

Every change is tried on images: what it costs is the growth of the divergence from the original's predictions, what
it gives is what it saves of the cost in question (milliseconds, MACs, bytes, blocks or channels). The change with the
least loss per saving is made, and those that looked best are tried again, since what a block is worth depends on the
blocks that are left. Trials of the rest are kept as they were (lazy greedy search: Minoux, 1978): they are tried again
before they are chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

import torch
from torch import Tensor, nn

from nnopt_gui.engine.profile import ChannelGroup
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.block_structure import ResidualBlock, Wire
from nnopt_gui.engine.pruning.couplings import Coupling
from nnopt_gui.engine.pruning.divergence import Divergence, judged
from nnopt_gui.engine.pruning.staircase import most_important

RETRIED: Final = 6  # changes that are tried again before one is made
_LEAST_LOSS: Final = 1e-6  # nats: a change that loses nothing is judged by what it saves
_LEAST_SAVING: Final = 1e-4  # of the whole cost: less is no step


@dataclass(frozen=True)
class Plan:
    """Blocks that go, and channels that stay in narrowed groups, by group id; groups not named keep all."""

    removed: tuple[str, ...] = ()
    kept: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    @property
    def widths(self) -> dict[int, int]:
        """Channels that stay per narrowed group."""
        return {group: len(channels) for group, channels in self.kept.items()}


@dataclass(frozen=True)
class Stop:
    """A place on the path: the plan so far, what it costs in the path's unit, and its divergence in nats per image."""

    plan: Plan
    cost: float
    loss: float


@dataclass(frozen=True)
class Narrowing:
    """A channel group that may become narrower: its coupling, and the widths allowed, rising, the full one last."""

    group: ChannelGroup
    coupling: Coupling
    widths: tuple[int, ...]


@dataclass(frozen=True)
class _Change:
    """Take out a block, or let a group have only ``kept``."""

    block: str | None = None
    group: int = -1
    kept: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[str, int, int]:
        return self.block or "", self.group, len(self.kept)


class CompressionPath:
    """The path, walked as far as somebody asked; a later, smaller target goes on where it ended. Deterministic."""

    def __init__(
        self,
        network: nn.Module,
        blocks: Sequence[ResidualBlock],
        narrowings: Sequence[Narrowing],
        divergence: Divergence,
        cost: Callable[[Plan], float],
    ) -> None:
        """``cost`` of a plan in any unit, positive for the whole network. The network is not changed."""
        self._blocks = {block.name: block for block in blocks}
        self._narrowings = {narrowing.group.id: narrowing for narrowing in narrowings}
        self._divergence, self._cost = divergence, cost
        with judged(network, batch_statistics=divergence.batch_statistics) as scratch:
            self._network = scratch
        self._growth: dict[tuple[str, int, int], float] = {}
        self.stops = [Stop(Plan(), cost(Plan()), 0.0)]
        self._started = False

    def until(self, target: float, reporter: Reporter) -> Stop:
        """The first stop whose cost is ``target`` or less; the last one where there is none.

        Raises:
            Cancelled: the path keeps what was found before.
        """
        whole = self.stops[0].cost
        while self.stops[-1].cost > target + 1e-9 * whole:
            reporter.progress(whole - self.stops[-1].cost, whole - target)
            stop = self._next(reporter)
            if stop is None:
                return self.stops[-1]
            self.stops.append(stop)
        return next(stop for stop in self.stops if stop.cost <= target + 1e-9 * whole)

    def _next(self, reporter: Reporter) -> Stop | None:
        here = self.stops[-1]
        if not self._started:  # batch statistics alone move the outputs a little
            self.stops[0] = here = replace(here, loss=self._divergence.of_judged(self._network, reporter))
            self._started = True
        savings = self._savings(here)
        if not savings:
            return None
        fresh: set[tuple[str, int, int]] = set()
        while True:
            order = sorted(savings, key=lambda c: (self._score(c, savings[c]), c.key))
            best = order[0]
            if best.key in fresh or (len(fresh) >= RETRIED and not self._unknown(savings)):
                break
            reporter.checkpoint()
            with self._changed(best):
                self._growth[best.key] = self._divergence.of_judged(self._network, reporter) - here.loss
            fresh.add(best.key)
        best = min((c for c in savings if c.key in fresh), key=lambda c: (self._score(c, savings[c]), c.key))
        return self._make(best, here)

    def _unknown(self, savings: Mapping[_Change, float]) -> bool:
        return any(change.key not in self._growth for change in savings)

    def _score(self, change: _Change, saving: float) -> float:
        growth = self._growth.get(change.key, 0.0)  # what was never tried comes first
        return max(growth, _LEAST_LOSS) / saving if change.key in self._growth else 0.0

    def _savings(self, here: Stop) -> dict[_Change, float]:
        """The changes that are possible from here, with what each saves."""
        least = _LEAST_SAVING * self.stops[0].cost
        found = {}
        for change in self._changes(here.plan):
            saving = here.cost - self._cost(_with(here.plan, change))
            if saving > least:
                found[change] = saving
        return found

    def _changes(self, plan: Plan) -> Iterator[_Change]:
        gone = set(plan.removed)
        for name in self._blocks:
            if name not in gone:
                yield _Change(block=name)
        for number, narrowing in self._narrowings.items():
            if all(any(layer in self._blocks[name].layers for name in gone) for layer in narrowing.group.layers):
                continue  # went with its block
            width = plan.widths.get(number, narrowing.group.channels)
            for next_width in sorted((w for w in narrowing.widths if w < width), reverse=True)[:2]:
                yield _Change(group=number, kept=most_important(narrowing.group, next_width))

    def _make(self, change: _Change, here: Stop) -> Stop:
        loss = here.loss + self._growth[change.key]
        if change.block is not None:
            _put(self._network, change.block, Wire())
        else:
            for weight, columns in self._columns(change):
                with torch.no_grad():
                    weight[:, columns] = 0
        self._growth.pop(change.key)
        plan = _with(here.plan, change)
        return Stop(plan, self._cost(plan), loss)

    @contextmanager
    def _changed(self, change: _Change) -> Iterator[None]:
        """The scratch network with one change made, for a moment."""
        if change.block is not None:
            module = self._network.get_submodule(change.block)
            _put(self._network, change.block, Wire())
            try:
                yield
            finally:
                _put(self._network, change.block, module)
            return
        saved = [(weight, columns, weight.detach()[:, columns].clone()) for weight, columns in self._columns(change)]
        with torch.no_grad():
            for weight, columns, _ in saved:
                weight[:, columns] = 0
        try:
            yield
        finally:
            with torch.no_grad():
                for weight, columns, values in saved:
                    weight[:, columns] = values

    def _columns(self, change: _Change) -> Iterator[tuple[Tensor, list[int]]]:
        """Who listens to the channels that go: weights, and their columns."""
        stay = set(change.kept)
        for name, positions in self._narrowings[change.group].coupling.inputs.items():
            columns = [index for index, channel in enumerate(positions) if channel >= 0 and channel not in stay]
            try:
                module = self._network.get_submodule(name)
            except AttributeError:
                continue  # in a block that is gone
            weight = module.weight
            if columns and isinstance(weight, Tensor):
                yield weight, columns


def _with(plan: Plan, change: _Change) -> Plan:
    if change.block is not None:
        return replace(plan, removed=(*plan.removed, change.block))
    return replace(plan, kept={**plan.kept, change.group: change.kept})


def _put(network: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    network.get_submodule(parent)._modules[last] = module
