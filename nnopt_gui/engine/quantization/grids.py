"""The levels that weights and activations may take. Pure numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid

ACTIVATION_LEVELS = 255  # steps of a uint8 grid


@dataclass(frozen=True)
class WeightGrid:
    """Integer levels of signed weights: ``lowest`` … ``highest``, without 0 when ``binary``; value = level × scale."""

    bits: int
    lowest: int
    highest: int
    binary: bool = False

    @property
    def reach(self) -> int:
        """The largest magnitude among the levels."""
        return max(-self.lowest, self.highest)

    def levels(self, values: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """The nearest level of each value, int8. ``scale`` is positive and broadcasts against ``values``."""
        if self.binary:
            return np.where(values >= 0, 1, -1).astype(np.int8)
        return np.clip(np.rint(values / scale), self.lowest, self.highest).astype(np.int8)


def weight_grids(bits: int) -> tuple[WeightGrid, ...]:
    """The grids that ``bits`` bits can hold, symmetric first.

    From 3 bits on −(2**(bits−1)−1) … 2**(bits−1)−1, which is symmetric (Krishnamoorthi, 2018, arXiv:1806.08342); with 2
    bits three symmetric levels or all four; with 1 bit −1 and 1 (Rastegari et al., 2016, arXiv:1603.05279).
    """
    if not 1 <= bits <= 8:
        raise ValueError(f"bits is {bits}, not 1 to 8")
    if bits == 1:
        return (WeightGrid(1, -1, 1, binary=True),)
    highest = 2 ** (bits - 1) - 1
    symmetric = WeightGrid(bits, -highest, highest)
    return (symmetric, WeightGrid(2, -2, 1)) if bits == 2 else (symmetric,)


def activation_grid(low: float, high: float) -> ActivationGrid:
    """The uint8 grid for values from ``low`` to ``high``; 0 is always one of its values.

    Raises:
        ValueError: the range is not finite.
    """
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(f"the range {low} to {high} is not finite")
    low, high = min(float(low), 0.0), max(float(high), 0.0)
    scale = float(np.float32((high - low) / ACTIVATION_LEVELS))
    if scale < float(np.finfo(np.float32).tiny):
        return ActivationGrid(1.0, 0)
    return ActivationGrid(scale, int(np.clip(np.rint(-low / scale), 0, ACTIVATION_LEVELS)))


def fake_quantize(values: np.ndarray, grid: ActivationGrid) -> np.ndarray:
    """Round to the grid and back, in float32, as ``QuantizeLinear`` and ``DequantizeLinear`` do."""
    scale = np.float32(grid.scale)
    levels = np.clip(np.rint(values / scale) + grid.zero_point, 0, ACTIVATION_LEVELS)
    return ((levels - grid.zero_point) * scale).astype(np.float32)
