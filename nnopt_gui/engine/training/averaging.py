"""The exponential moving average of a network's weights (Polyak & Juditsky, 1992; as used in arXiv:1512.00567)."""

from __future__ import annotations

import copy

import torch
from torch import nn


class WeightAverage:
    """A second network that follows the first: w̄ ← d · w̄ + (1 − d) · w after every step.

    d is min(decay, (1 + n) / (10 + n)) at step n, so that the first steps, which know nothing yet, are soon forgotten.
    Running statistics are averaged like weights; counters are copied.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self._decay = decay

    def update(self, network: nn.Module, step: int) -> None:
        """Take in the weights after step number ``step``, counted from 0."""
        share = 1.0 - min(self._decay, (1 + step) / (10 + step))
        current = network.state_dict()
        with torch.no_grad():
            for name, mean in self.network.state_dict().items():
                if mean.is_floating_point():
                    mean.lerp_(current[name].detach(), share)
                else:
                    mean.copy_(current[name])
