"""Activations on their grids while weights are learned by gradient."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid


class ActivationRounding:
    """Rounds every tensor that has a grid and back, as ``QuantizeLinear``, ``Clip`` and ``DequantizeLinear`` do;
    gradients pass where nothing is clipped (Bengio et al., 2013, arXiv:1308.3432).

    Args:
        grids: by ONNX tensor name.
    """

    def __init__(self, grids: Mapping[str, ActivationGrid]) -> None:
        self._grids = grids

    def __call__(self, name: str, values: Tensor) -> Tensor:
        """For :class:`TorchGraph`'s ``after``."""
        grid = self._grids.get(name)
        if grid is None or grid.exact:
            return values
        levels = torch.clamp(torch.round(values / grid.scale) + grid.zero_point, 0, grid.highest)
        rounded = (levels - grid.zero_point) * grid.scale
        low, high = -grid.zero_point * grid.scale, (grid.highest - grid.zero_point) * grid.scale
        clamped = values.clamp(low, high)
        return clamped + (rounded - clamped).detach()
