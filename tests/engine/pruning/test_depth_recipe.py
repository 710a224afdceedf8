from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.networks.layers import count_macs
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.pruning.block_pruning import decided_by_trials
from nnopt_gui.engine.pruning.block_structure import removed_blocks
from nnopt_gui.engine.pruning.depth import LatencyRatio, LatencyTools, Shortener
from nnopt_gui.engine.pruning.prune_network import prune_network
from nnopt_gui.engine.pruning.staircase import Staircase
from nnopt_gui.engine.recipe import Prune, PruneMethod
from nnopt_gui.errors import RecipeError

SHAPE = (3, 8, 8)
QUIET = SilentReporter()


def network() -> nn.Module:
    return build(Architecture("cifar_resnet20", 10, 3, (8, 8)), seed=3).eval()


def images() -> torch.Tensor:
    return torch.randn(16, *SHAPE, generator=torch.Generator().manual_seed(7))


def open_shortener(opened: nn.Module, timed: bool) -> Shortener:
    """A machine that needs 1 ms per MAC-million."""
    whole = count_macs(opened, SHAPE)
    stairs = Staircase(timer=lambda shapes: {shape: shape.macs / 1e6 for shape in shapes})
    tools = LatencyTools(stairs, whole / 1e6, lambda cut: LatencyRatio(*(count_macs(cut, SHAPE) / whole,) * 3))
    return Shortener(opened, SHAPE, images(), QUIET, latency=tools if timed else None)


def prune(step: Prune, train: object = None) -> tuple[nn.Module, tuple[str, ...]]:
    done = prune_network(
        network(), step, SHAPE, samples=None, seed=0, train=train, reporter=QUIET, open_shortener=open_shortener
    )  # type: ignore[arg-type]
    assert done.masks is None
    return done.network, done.notes


@pytest.mark.parametrize(
    "step",
    [
        Prune(0.3, "blocks", PruneMethod(target="macs")),
        Prune(0.3, "mixed", PruneMethod(target="latency")),
        Prune(0.3, "channels", PruneMethod(target="latency")),
        Prune(0.3, "channels", PruneMethod(target="macs", widths="fast")),
    ],
)
def test_recipes_reach_what_they_ask_for(step: Prune) -> None:
    shorter, notes = prune(step)

    assert 0.5 < count_macs(shorter, SHAPE) / count_macs(network(), SHAPE) <= 0.7
    assert notes
    assert bool(removed_blocks(shorter)) <= (step.kind != "channels")


def test_in_steps_each_one_goes_on_from_the_trained_network() -> None:
    seen: list[float] = []

    def train(cut: nn.Module, masks: object, step: int) -> nn.Module:
        assert masks is None
        assert step == len(seen)
        seen.append(count_macs(cut, SHAPE) / count_macs(network(), SHAPE))
        return cut

    shorter, notes = prune(Prune(0.6, "blocks", PruneMethod(target="macs", steps=3, schedule="linear")), train)

    assert len(seen) == 3
    assert seen[0] > seen[1] > seen[2]
    assert seen[0] <= 0.8
    assert seen[1] <= 0.6
    assert seen[2] <= 0.4
    assert len(notes) == 3
    assert len(removed_blocks(shorter)) == 5 or seen[2] < 0.4


def test_nothing_asked_for_is_nothing_done() -> None:
    shorter, notes = prune(Prune(0.0, "blocks"))

    assert notes == ()
    assert count_macs(shorter, SHAPE) == count_macs(network(), SHAPE)


def test_without_images_it_is_refused() -> None:
    with pytest.raises(RecipeError, match="tried on images"):
        prune_network(network(), Prune(0.5, "blocks"), SHAPE, samples=None, seed=0, train=None, reporter=QUIET)


def test_a_criterion_that_does_not_apply_is_refused() -> None:
    with pytest.raises(RecipeError, match="taylor does not apply"):
        prune(Prune(0.5, "mixed", PruneMethod(criterion="taylor")))


def test_which_recipes_are_decided_by_trials() -> None:
    plain = Prune(0.5, "channels", PruneMethod(target="macs"))

    assert not decided_by_trials(plain)
    assert not decided_by_trials(Prune(0.5, "weights"))
    assert decided_by_trials(replace(plain, method=PruneMethod(target="latency")))
    assert decided_by_trials(replace(plain, method=PruneMethod(widths="fast")))
    assert decided_by_trials(Prune(0.5, "blocks"))
