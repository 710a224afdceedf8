"""Between which two levels a weight chooses, and the variable that learns the choice.

AdaRound (Nagel et al., 2020, arXiv:2004.10568): the rectified sigmoid of a variable is the share of the way from the
lower to the upper level, and a regulariser that sharpens over time pushes it to 0 or 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight
from nnopt_gui.engine.quantization.grids import weight_grids

RATE: Final = 0.2  # of Adam, for the variables
# The regulariser's weight, in units of what rounding one weight to the nearest level costs on average. So large, with
# so high a rate, a few hundred steps reach what the paper's settings take thousands for.
_PUSH: Final = 20.0
_STRETCH: Final = (-0.1, 1.1)  # the sigmoid's range before it is cut to 0 … 1
_WARM_UP: Final = 0.2  # share of the steps without regulariser
_SHARPNESS: Final = (20.0, 2.0)  # the regulariser's exponent, from and to


@dataclass(frozen=True)
class LevelChoice:
    """Every weight's neighbouring levels, all (G, O/G, K): ``low`` and ``high`` as int8, ``share`` of the way between
    them (0 … 1) where the weight lies, ``nearest`` as int8; ``scale`` (G, O/G, 1)."""

    low: np.ndarray
    high: np.ndarray
    share: np.ndarray
    nearest: np.ndarray
    scale: np.ndarray

    @classmethod
    def between_levels(cls, weight: np.ndarray, start: QuantizedWeight, groups: int) -> LevelChoice:
        rows = weight.reshape(len(weight), -1)
        unit = _multipliers(start, rows.shape[1])
        ratio = rows / (start.scale[:, None] * unit)
        low, high = _neighbours(ratio, start)
        gap = np.maximum(high - low, 1)
        share = np.clip((ratio - low) / gap, 0.0, 1.0).astype(np.float32)
        low, high = low * unit, high * unit
        if start.kept is not None:
            kept = start.kept.reshape(rows.shape)
            low, high = low * kept, high * kept
        shape = (groups, -1, rows.shape[1])
        return cls(
            low.astype(np.int8).reshape(shape),
            high.astype(np.int8).reshape(shape),
            share.reshape(shape),
            start.levels.reshape(shape),
            start.scale.reshape(groups, -1, 1),
        )


def _multipliers(start: QuantizedWeight, columns: int) -> np.ndarray:
    if start.multipliers is None or start.group_size is None:
        return np.ones((1, 1), np.int64)
    return np.repeat(start.multipliers, start.group_size, axis=1)[:, :columns].astype(np.int64)


def _neighbours(ratio: np.ndarray, start: QuantizedWeight) -> tuple[np.ndarray, np.ndarray]:
    """Int64, like ``ratio`` (O, K): the levels around each value, the outermost two for one that lies beyond."""
    if start.table is None:
        members = np.array([weight_grids(start.bits)[-1].members], np.int64)
    else:
        members = np.atleast_2d(start.table).astype(np.int64)
    if np.all(np.diff(members, axis=1) == 1):
        low = np.clip(np.floor(ratio).astype(np.int64), members[:, :1], members[:, -2:-1])
        return low, low + 1
    index = np.zeros(ratio.shape, np.int64)
    for column in range(1, members.shape[1] - 1):
        index = index + (ratio >= members[:, [column]]).astype(np.int64)
    table = np.broadcast_to(members, (len(ratio), members.shape[1]))
    return np.take_along_axis(table, index, axis=1), np.take_along_axis(table, index + 1, axis=1)


def rectified(variables: Tensor) -> Tensor:
    """Shares of the way up, 0 … 1."""
    low, high = _STRETCH
    return (torch.sigmoid(variables) * (high - low) + low).clamp(0.0, 1.0)


def inverse(share: Tensor) -> Tensor:
    """The variables whose rectified sigmoid is ``share``."""
    low, high = _STRETCH
    return torch.logit((share - low) / (high - low))


def _sharpness(done: float) -> float | None:
    """The regulariser's exponent when that share of the steps is done; None while it is off."""
    if done < _WARM_UP:
        return None
    first, last = _SHARPNESS
    return first + (last - first) * (done - _WARM_UP) / (1.0 - _WARM_UP)


def indecision(up: Tensor, done: float) -> Tensor | None:
    """The regulariser for shares ``up`` when ``done`` of the steps (0 … 1) are; None while it is off."""
    sharpness = _sharpness(done)
    return None if sharpness is None else _PUSH * (1.0 - (2.0 * up - 1.0).abs() ** sharpness).sum()
