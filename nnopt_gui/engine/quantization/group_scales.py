"""Groups of weights with scales of their own inside one output channel, on integer kernels that know one scale only.

Every group has a small integer multiplier, the channel a float scale: value = code × multiplier × scale. Code ×
multiplier fits int8, so to the kernel it is an ordinary level. Two-level scales as in VS-Quant (Dai et al., 2021,
arXiv:2102.04503).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from nnopt_gui.engine.quantization.grids import INT8_REACH, WeightGrid, weight_grids
from nnopt_gui.engine.quantization.scale_search import WeightRows, least_error_scale, usable_scale
from nnopt_gui.engine.recipe import WeightRange

GROUP_SIZE: Final = 32  # a multiplier of 8 bits then costs a quarter of a bit a weight
_TOPS: Final = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)  # shares of the largest multiplier that the widest group may get
_REFINEMENTS: Final = 2


def round_groups(
    rows: WeightRows,
    bits: int,
    weight_range: WeightRange,
    least_scale: np.ndarray | None,
    group_size: int,
    largest_level: int = INT8_REACH,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Round rows (O, K) in groups of ``group_size`` neighbours; the last group of a row may be shorter.

    Args:
        least_scale: (O,) lower limits of the channels' scales.
        largest_level: magnitude of the largest code × multiplier; every code of ``bits`` bits has to fit.

    Returns:
        Levels int8 (O, K), scales float32 (O,), multipliers int8 (O, groups), all 1 or more.

    Raises:
        ValueError: ``group_size`` is not positive, or the codes exceed ``largest_level``.
    """
    if group_size < 1:
        raise ValueError(f"the group size is {group_size}, not positive")
    outputs, columns = rows.values.shape
    parts = _split(rows, group_size)
    grids = weight_grids(bits)
    if grids[0].reach > largest_level:
        raise ValueError(f"codes of {bits} bits do not lie within ±{largest_level}")
    found = [_Channels(parts, outputs, grid, largest_level).solve(weight_range, least_scale) for grid in grids]
    scale, multipliers, error, levels = found[0]
    for other in found[1:] if weight_range == "mse" else ():
        better = other[2] < error
        column = better[:, None]
        scale, error = np.where(better, other[0], scale), np.where(better, other[2], error)
        multipliers, levels = np.where(column, other[1], multipliers), np.where(column, other[3], levels)
    return levels[:, :columns].copy(), scale, multipliers.astype(np.int8)


def _split(rows: WeightRows, size: int) -> WeightRows:
    """The groups as rows (O × groups, size); what fills up the last group of a row counts as pruned."""
    outputs, columns = rows.values.shape
    missing = -columns % size
    values = np.pad(rows.values, ((0, 0), (0, missing))).reshape(-1, size)
    kept = rows.kept if rows.kept is not None else np.ones((outputs, columns), bool)
    return replace(rows, values=values, kept=np.pad(kept, ((0, 0), (0, missing))).reshape(-1, size), shared=False)


class _Channels:
    """One grid: scales (O,) and multipliers (O, groups) with the least error."""

    def __init__(self, parts: WeightRows, outputs: int, grid: WeightGrid, largest_level: int) -> None:
        self.parts = parts
        self.grid = grid
        self.shape = (outputs, len(parts.values) // outputs)
        self.most = largest_level // grid.reach

    def solve(
        self, weight_range: WeightRange, least_scale: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Scales float32 (O,), multipliers (O, groups), squared errors (O,), levels int8 (O, padded K)."""
        wanted = self._wanted(weight_range)
        covering = weight_range == "minmax" and not self.grid.binary
        widest = np.maximum(wanted.max(axis=1), np.finfo(np.float32).tiny)
        tops = _TOPS[:1] if covering else _TOPS
        options = [widest / max(1.0, share * self.most) for share in tops]
        scale, multipliers, error = self._best(wanted, options, covering=covering)
        for _ in range(0 if covering else _REFINEMENTS):
            options = [scale, self._least_squares(scale, multipliers)]
            scale, multipliers, error = self._best(wanted, options, covering=False)
        scale = np.maximum(scale, 0.0 if least_scale is None else least_scale)
        scale = usable_scale(scale, INT8_REACH).astype(np.float64)
        scale, multipliers, error = self._best(wanted, [scale], covering=covering)
        return scale.astype(np.float32), multipliers, error, self._levels(scale, multipliers)

    def _wanted(self, weight_range: WeightRange) -> np.ndarray:
        """The scales (O, groups) that the groups would take if they were free; 0 for groups of zeros."""
        if self.grid.binary:
            return self.parts.mean_magnitudes().reshape(self.shape)
        largest = self.parts.largest
        full = np.where(largest > 0, largest / self.grid.reach, 1.0)
        scale = full if weight_range == "minmax" else least_error_scale(self.parts, self.grid, full)
        return np.where(largest > 0, scale, 0.0).reshape(self.shape)

    def _best(
        self, wanted: np.ndarray, options: list[np.ndarray], *, covering: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of several channel scales (O,) the best, with each group's better multiplier of the two beside its wish."""
        scale = multipliers = error = None
        for option in options:
            ratio = wanted / option[:, None]
            above = np.clip(np.ceil(ratio * (1 - 1e-6)), 1, self.most)
            pair = np.stack([above if covering else np.clip(np.floor(ratio), 1, self.most), above])
            errors = self._errors(option, pair)
            lower = errors[0] <= errors[1]
            chosen, loss = np.where(lower, pair[0], pair[1]), np.where(lower, errors[0], errors[1]).sum(axis=1)
            if scale is None or multipliers is None or error is None:
                scale, multipliers, error = option, chosen, loss
                continue
            better = loss < error
            scale, error = np.where(better, option, scale), np.where(better, loss, error)
            multipliers = np.where(better[:, None], chosen, multipliers)
        assert scale is not None
        assert multipliers is not None
        assert error is not None
        return scale, multipliers, error

    def _errors(self, scale: np.ndarray, multipliers: np.ndarray) -> np.ndarray:
        """Squared errors (C, O, groups) for multipliers (C, O, groups), in the same unit for a whole channel."""
        scales = multipliers * scale[:, None]
        exponents = self.parts.exponents().reshape(self.shape)
        relative = np.ldexp(1.0, 2 * (exponents - exponents.max(axis=1, keepdims=True)))
        errors = self.parts.errors(self.grid, scales.reshape(len(multipliers), -1)).reshape(multipliers.shape)
        return np.asarray(errors * relative)

    def _levels(self, scale: np.ndarray, multipliers: np.ndarray) -> np.ndarray:
        codes = self.parts.round(self.grid, (multipliers * scale[:, None]).astype(np.float32).ravel())
        levels = codes.reshape(*self.shape, -1) * multipliers.astype(np.int16)[:, :, None]
        return levels.astype(np.int8).reshape(self.shape[0], -1)

    def _least_squares(self, scale: np.ndarray, multipliers: np.ndarray) -> np.ndarray:
        """The scales (O,) that fit the weights best with the levels as they are."""
        levels = self._levels(scale, multipliers).astype(np.float64)
        values = self.parts.values.reshape(len(levels), -1).astype(np.float64)
        energy = (levels * levels).sum(axis=1)
        fitted = (levels * values).sum(axis=1) / np.maximum(energy, 1.0)
        return np.where(fitted > 0, fitted, scale)
