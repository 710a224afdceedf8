"""How fast to learn: optimiser and learning rate by what is trained, with warm-up and cosine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import torch
from torch import nn

from nnopt_gui.engine.recipe import OptimizerKind

WARM_UP: Final = 0.05  # share of all steps
WEIGHT_DECAY: Final = {"sgd": 5e-4, "adamw": 1e-2}
# Peak learning rates at batch 128 that need no tuning on the seed networks; larger and smaller batches scale by √.
RATES: Final = {("sgd", True): 0.1, ("sgd", False): 0.02, ("adamw", True): 2e-3, ("adamw", False): 5e-4}
BATCH: Final = 128


@dataclass(frozen=True)
class Optimisation:
    """Which optimiser, and its peak learning rate."""

    kind: Literal["sgd", "adamw"]
    learning_rate: float

    def rate(self, step: int, steps: int) -> float:
        """Learning rate of step ``step`` of ``steps``: linear warm-up, then a cosine towards zero."""
        warm = max(1, round(WARM_UP * steps))
        if step < warm:
            return self.learning_rate * (step + 1) / (warm + 1)
        progress = (step - warm) / max(1, steps - warm)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))

    def optimizer(self, *networks: nn.Module) -> torch.optim.Optimizer:
        """Weight decay on matrices and kernels only: it does biases and norms no good (arXiv:1812.01187)."""
        parameters = [parameter for network in networks for parameter in network.parameters()]
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": WEIGHT_DECAY[self.kind]},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        if self.kind == "adamw":
            return torch.optim.AdamW(groups, lr=self.learning_rate)
        return torch.optim.SGD(groups, lr=self.learning_rate, momentum=0.9, nesterov=True)


def choose_optimisation(
    network: nn.Module,
    learning_rate: float | None,
    batch_size: int,
    *,
    from_scratch: bool,
    optimizer: OptimizerKind = "auto",
) -> Optimisation:
    """What ``optimizer`` says, ``auto``: SGD for networks with batch norm, AdamW for those without; the given rate, or
    one that suits."""
    norms = nn.BatchNorm1d | nn.BatchNorm2d
    kind: Literal["sgd", "adamw"] = "sgd" if any(isinstance(m, norms) for m in network.modules()) else "adamw"
    if optimizer != "auto":
        kind = optimizer
    if learning_rate is None:
        learning_rate = RATES[kind, from_scratch] * math.sqrt(min(batch_size, 4 * BATCH) / BATCH)
    return Optimisation(kind, learning_rate)
