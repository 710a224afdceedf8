"""How good a torch network is on held-out images while it is still being trained."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import nn

from nnopt_gui.engine.data.preprocessing import load_batch
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.sources import Preprocessing

EVALUATION_BATCH: Final = 64


def accuracy_on(
    network: nn.Module,
    subset: Subset,
    preprocessing: Preprocessing,
    reporter: Reporter,
    memory_format: torch.memory_format = torch.contiguous_format,
) -> float:
    """Share (0..1) of the readable images of ``subset`` that the network classifies rightly, in eval mode, on images
    that lie in memory as ``memory_format`` says.

    The network's mode is put back as it was; 0 where no image can be read.
    """
    device = next(iter(network.parameters())).device
    training, right, seen = network.training, 0, 0
    network.eval()
    try:
        with torch.no_grad():
            for start in range(0, len(subset), EVALUATION_BATCH):
                reporter.checkpoint()
                positions = np.arange(start, min(start + EVALUATION_BATCH, len(subset)))
                images = torch.from_numpy(load_batch(subset, positions, preprocessing, reporter)).to(device)
                guesses = network(images.contiguous(memory_format=memory_format)).argmax(1).cpu().numpy()
                readable = subset.readable(positions)
                right += int((guesses == subset.labels[positions])[readable].sum())
                seen += int(readable.sum())
    finally:
        network.train(training)
    return right / max(1, seen)
