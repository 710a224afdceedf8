"""What can be mended in a network that lost channels without training it, judged by its predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from torch import nn

from nnopt_gui.engine.profile import ChannelGroup
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.channel_groups import channels_that_go
from nnopt_gui.engine.pruning.couplings import trace_couplings
from nnopt_gui.engine.pruning.divergence import Divergence
from nnopt_gui.engine.pruning.reconstruction import refit

IMAGES: Final = 256
FEWEST_IMAGES: Final = 16
MOST_MACS: Final = 1e11  # of one run over the images: seconds on one core


def images_for(macs: int) -> int:
    """How many images suffice, and can be afforded, for a network of so many multiply-accumulates."""
    return int(min(IMAGES, max(FEWEST_IMAGES, MOST_MACS // max(1, macs))))


def repaired(
    network: nn.Module,
    cut: nn.Module,
    groups: Sequence[ChannelGroup],
    kept: Mapping[int, tuple[int, ...]],
    input_shape: tuple[int, int, int],
    divergence: Divergence,
    reporter: Reporter,
) -> tuple[nn.Module, float]:
    """``cut``, or a repaired copy that predicts more like ``network``; and its divergence in nats per image.

    Tried are batch norms re-estimated, and layers refitted to the channels that are left.

    Args:
        cut: what ``cut_channels`` made of ``network`` by ``groups`` and ``kept``; whole blocks may have gone too.
        divergence: from ``network``'s predictions; its images, unlabelled, are what layers are refitted to.

    Raises:
        Cancelled.
    """
    found = [divergence.settled(cut, reporter)]
    couplings = trace_couplings(network, input_shape)
    removals = channels_that_go(couplings, groups, kept)
    if removals:
        reporter.status("Fitting the layers to the channels that are left")
        fitted = refit(network, cut, couplings, removals, divergence.images, reporter)
        found.append(divergence.settled(fitted, reporter))
    return min(found, key=lambda entry: entry[1])
