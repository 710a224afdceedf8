"""The pruning step where blocks go, or where the machine decides about widths: at once, or with training in between."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.depth import DepthKind, Shortener
from nnopt_gui.engine.pruning.schedule import parts
from nnopt_gui.engine.recipe import Prune
from nnopt_gui.errors import RecipeError

OpenShortener = Callable[[nn.Module, bool], Shortener]  # of a network, and whether latency has to be measured
TrainAfter = Callable[[nn.Module, int], nn.Module]  # network after step (from 0) → trained network

_CRITERIA = ("auto", "l2")


def decided_by_trials(prune: Prune) -> bool:
    """Whether this pruning is found by trying changes on images: blocks, latency, and widths that are fast here."""
    return prune.kind in ("blocks", "mixed") or (prune.kind == "channels" and decided_by_machine(prune))


def decided_by_machine(prune: Prune) -> bool:
    """Whether what goes depends on how fast this machine's kernels are."""
    return prune.method.target == "latency" or prune.method.widths == "fast"


def prune_blocks(
    network: nn.Module, prune: Prune, open_shortener: OpenShortener | None, train: TrainAfter | None, reporter: Reporter
) -> tuple[nn.Module, tuple[str, ...]]:
    """A smaller copy of ``network`` in eval mode, and notes for the user.

    With several steps each one starts from the network that the last one left, trained; shares are of the given
    network throughout.

    Raises:
        RecipeError: there are no images to judge by, no such blocks, or settings that do not apply.
    """
    how, kind = prune.method, prune.kind
    if kind == "weights":
        raise ValueError("single weights are not blocks")
    if open_shortener is None:
        raise RecipeError("Which blocks may go is tried on images.", "Add data, or remove channels by their weights.")
    if how.criterion not in _CRITERIA:
        raise RecipeError(
            f"The criterion {how.criterion} does not apply: what goes is found by trying it on images.",
            "Leave the criterion at auto, or prune channels at any width by MACs.",
        )
    if prune.layer_amounts:
        raise RecipeError("Amounts per layer do not go with widths that this machine chooses.", "Leave them out.")
    if prune.amount == 0:
        return network, ()
    timed = decided_by_machine(prune)
    left = 1.0
    notes: tuple[str, ...] = ()
    for step, part in enumerate(parts(how.steps, how.schedule)):
        wanted = (1 - prune.amount * part) / left
        if wanted < 1:
            network, share, said = _once(open_shortener(network, timed), kind, prune, 1 - wanted, reporter)
            left *= share
            notes = (*notes, *said)
        if train is not None:
            network = train(network, step)
    return network, notes


def _once(
    shortener: Shortener, kind: DepthKind, prune: Prune, amount: float, reporter: Reporter
) -> tuple[nn.Module, float, tuple[str, ...]]:
    how = prune.method
    result = shortener.shorten(kind, how.target, amount, reporter, widths=how.widths)
    share = result.left if result.latency is None else result.latency.value
    return result.network, share, result.notes
