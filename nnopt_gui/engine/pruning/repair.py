"""What can be mended in a network that lost channels without training it, judged by its predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from torch import nn

from nnopt_gui.engine.profile import ChannelGroup
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.channel_groups import channels_that_go
from nnopt_gui.engine.pruning.couplings import Coupling
from nnopt_gui.engine.pruning.divergence import Divergence
from nnopt_gui.engine.pruning.reconstruction import NormalEquations, refit

IMAGES: Final = 256
FEWEST_IMAGES: Final = 16
MOST_MACS: Final = 1e11  # of one run over the images: seconds on one core


def images_for(macs: int) -> int:
    """How many images suffice, and can be afforded, for a network of so many multiply-accumulates."""
    return int(min(IMAGES, max(FEWEST_IMAGES, MOST_MACS // max(1, macs))))


def repaired(
    cut: nn.Module,
    groups: Sequence[ChannelGroup],
    kept: Mapping[int, tuple[int, ...]],
    couplings: Sequence[Coupling],
    divergence: Divergence,
    equations: NormalEquations,
    reporter: Reporter,
) -> tuple[nn.Module, float]:
    """``cut``, or a repaired copy that predicts more like the network; and its divergence in nats per image.

    Tried are batch norms re-estimated, and layers refitted to the channels that are left.

    Args:
        cut: what ``cut_channels`` made of the network by ``groups`` and ``kept``; whole blocks may have gone too.
        couplings: all of the network.
        divergence: from the network's predictions.
        equations: of the network, for the images that layers are refitted to.

    Raises:
        Cancelled.
    """
    removals = channels_that_go(couplings, groups, kept)
    if not removals:
        return divergence.settled(cut, reporter)
    reporter.status("Fitting the layers to the channels that are left")
    fitted = divergence.settled(refit(cut, couplings, removals, equations, reporter), reporter)
    unfitted = divergence.settled(cut, reporter, bound=fitted[1])
    return unfitted if unfitted[1] <= fitted[1] else fitted
