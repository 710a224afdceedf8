"""The pruning step of a recipe on a torch network: the one place where kinds and targets part ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from torch import nn

from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.block_pruning import OpenShortener, decided_by_trials, prune_blocks
from nnopt_gui.engine.pruning.channel_pruning import prune_channels
from nnopt_gui.engine.pruning.gradients import Samples
from nnopt_gui.engine.pruning.known_network import KnownNetwork
from nnopt_gui.engine.pruning.weight_pruning import prune_weights
from nnopt_gui.engine.recipe import Prune

Masks = Mapping[str, np.ndarray]
TrainAfterStep = Callable[[nn.Module, "Masks | None", int], nn.Module]


@dataclass(frozen=True)
class Pruned:
    """A network after its pruning step. ``masks``: bool by layer name, True = kept, when single weights were pruned
    (the weights under them may not be zero yet). ``notes``: what the user should know."""

    network: nn.Module
    masks: Masks | None = None
    notes: tuple[str, ...] = ()


def prune_network(
    network: nn.Module,
    prune: Prune,
    input_shape: tuple[int, int, int],
    *,
    samples: Samples | None,
    seed: int,
    train: TrainAfterStep | None,
    reporter: Reporter,
    open_shortener: OpenShortener | None = None,
    known: KnownNetwork | None = None,
) -> Pruned:
    """Prune a copy of ``network`` (N×C×H×W → logits); the given one is not changed.

    Args:
        samples: gives fresh batches of images and labels for data-driven criteria; None without data.
        seed: of the criterion ``random``.
        train: repairs the network after every step: (network, masks or None, step from 0) → trained copy in which what
            is masked is zero; None prunes without training.
        open_shortener: the search for blocks and for widths that are fast on this machine; None without data.
        known: ``network``, where something may be known of it that is then not found out again.

    Raises:
        RecipeError: this network cannot be pruned in this way.
    """
    reporter.status(f"Removing {prune.amount:.0%} of the {prune.kind}")
    if prune.kind == "weights":
        trained, masks = prune_weights(network, prune, input_shape, samples, seed, train, reporter)
        return Pruned(trained, masks)
    after = None if train is None else lambda cut, step: train(cut, None, step)
    if decided_by_trials(prune):
        shorter, notes = prune_blocks(network, prune, open_shortener, after, reporter)
        return Pruned(shorter, None, notes)
    cut, notes = prune_channels(network, prune, input_shape, samples, seed, after, reporter, known)
    return Pruned(cut, None, notes)
