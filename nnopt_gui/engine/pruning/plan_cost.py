"""What a plan of removed blocks and narrowed groups costs: MACs, weights, blocks, channels, or milliseconds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nnopt_gui.engine.profile import ChannelGroup
from nnopt_gui.engine.pruning.block_structure import ResidualBlock
from nnopt_gui.engine.pruning.compression_path import Plan
from nnopt_gui.engine.pruning.layer_kernels import LayerKernel
from nnopt_gui.engine.pruning.staircase import Staircase

PlanCost = Callable[[Plan], float]


@dataclass(frozen=True)
class PlanCosts:
    """Costs of plans for one network: its kernels, blocks and groups."""

    kernels: tuple[LayerKernel, ...]
    blocks: tuple[ResidualBlock, ...]
    groups: tuple[ChannelGroup, ...]

    def macs(self, plan: Plan) -> float:
        """Multiply-accumulates of convolutions and linear layers for one image."""
        kept = plan.widths
        return float(sum(k.profile.weights(kept) * k.profile.positions for k in self._left(plan)))

    def weights(self, plan: Plan) -> float:
        """Number of weights of convolutions and linear layers; bytes at any one width are in proportion."""
        kept = plan.widths
        return float(sum(k.profile.weights(kept) for k in self._left(plan)))

    def block_count(self, plan: Plan) -> float:
        """Removable blocks that stay."""
        return float(len(self.blocks) - len(plan.removed))

    def channels(self, plan: Plan) -> float:
        """Prunable channels that stay, those of removed blocks not among them."""
        left = {kernel.name for kernel in self._left(plan)}
        kept = plan.widths
        return float(
            sum(kept.get(g.id, g.channels) for g in self.groups if g.prunable and any(n in left for n in g.layers))
        )

    def milliseconds(self, stairs: Staircase, whole_ms: float) -> PlanCost:
        """Predicted latency: the layers' own times, and for every call of a layer an equal part of what the whole
        network (``whole_ms``, measured) takes beyond the sum of its layers: additions, pooling, dispatch, layout.

        Raises:
            KeyError: a full layer shape is not in the staircase. ValueError: no measured time.
        """
        if not (math.isfinite(whole_ms) and whole_ms > 0):
            raise ValueError("the measured latency must be positive")
        alone = sum(k.calls * stairs.time(k.shape, k.shape) for k in self.kernels)
        calls = sum(k.calls for k in self.kernels)
        overhead = max(0.0, whole_ms - alone) / max(1, calls)
        scale = min(1.0, whole_ms / alone) if alone > 0 else 1.0  # profiled kernels may add up to more than they take

        def cost(plan: Plan) -> float:
            kept = plan.widths
            return sum(
                k.calls * (scale * stairs.time(k.shape_with(kept), k.shape) + overhead) for k in self._left(plan)
            )

        return cost

    def _left(self, plan: Plan) -> Sequence[LayerKernel]:
        gone = {layer for block in self.blocks if block.name in plan.removed for layer in block.layers}
        return [kernel for kernel in self.kernels if kernel.name not in gone]
