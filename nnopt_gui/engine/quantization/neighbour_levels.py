"""Levels that a gradient can move by one from where rounding found them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight
from nnopt_gui.engine.onnx_graph.weight_codes import base_levels, level_table, row_codes
from nnopt_gui.engine.quantization.grids import INT8_REACH, weight_grids
from nnopt_gui.engine.quantization.tunable_layers import TunableScale


class NeighbourLevels:
    """A layer's weight whose levels, of any table, may each move by one; its scales move freely, or not at all.

    A latent place in the table is rounded to the next whole one, and gradients pass through the rounding (Bengio et
    al., 2013, arXiv:1308.3432). Pruned weights stay zero.

    Args:
        least: (O,) lower limits of the scales.
        largest_level: no level is moved beyond this magnitude.
        fixed_scale: the scales stay, where a channel's cannot be chosen on its own.
    """

    def __init__(
        self,
        found: QuantizedWeight,
        device: torch.device,
        least: np.ndarray | None = None,
        largest_level: int = INT8_REACH,
        *,
        fixed_scale: bool,
    ) -> None:
        self._found, self._fixed = found, fixed_scale
        self._scale = TunableScale(found.scale, device, least)
        tables, places, units = _places(found)
        gaps = np.maximum(np.diff(tables, axis=1, append=tables[:, -1:]), 1)
        self._tables = torch.from_numpy(tables.astype(np.float32)).to(device)
        self._lowest, self._highest = (
            torch.from_numpy(_reached(tables, places, units, step, largest_level)).to(device) for step in (-1, 1)
        )
        self._units = torch.from_numpy(units.astype(np.float32)).to(device)
        self._gaps = torch.from_numpy(np.take_along_axis(gaps, places, axis=1).astype(np.float32)).to(device)
        self.places = torch.from_numpy(places.astype(np.float32)).to(device).requires_grad_()

    def weight(self) -> torch.Tensor:
        """Float32, output channels first; gradients flow to the places and the scales."""
        inside = torch.minimum(torch.maximum(self.places, self._lowest), self._highest)
        levels = self._tables.gather(1, inside.detach().round().long())
        levels = (levels + self._gaps * (inside - inside.detach())) * self._units
        scale = self._scale.values().detach() if self._fixed else self._scale.values()
        return (levels * scale[:, None]).view(self._found.levels.shape)

    def scales(self) -> list[torch.Tensor]:
        """The parameters that move the scales, each of the order of 1."""
        return [] if self._fixed else [self._scale.logarithm]

    def quantized(self) -> QuantizedWeight:
        """The integers of the moment."""
        inside = torch.minimum(torch.maximum(self.places.detach(), self._lowest), self._highest)
        levels = self._tables.gather(1, inside.round().long()) * self._units
        integers = levels.cpu().numpy().astype(np.int8).reshape(self._found.levels.shape)
        return replace(self._found, levels=integers, scale=self._found.scale if self._fixed else self._scale.array())


def _places(found: QuantizedWeight) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Int64: the level tables (O, L), the place of every weight's level in its row's table (O, K), and what a level is
    multiplied by (O, K), 0 where a weight was pruned."""
    levels = found.levels.reshape(len(found.levels), -1)
    units = np.ones(levels.shape, np.int64)
    if found.multipliers is not None and found.group_size is not None:
        units = np.repeat(found.multipliers, found.group_size, axis=1)[:, : levels.shape[1]].astype(np.int64)
        levels = base_levels(levels, found.multipliers, found.group_size)
    tables = _level_tables(found, levels)
    if found.kept is not None:
        kept = found.kept.reshape(levels.shape)
        levels, units = np.where(kept, levels, tables[:, :1]), units * kept
    return tables.astype(np.int64), row_codes(levels, tables).astype(np.int64), units


def _reached(tables: np.ndarray, places: np.ndarray, units: np.ndarray, step: int, largest: int) -> np.ndarray:
    """Float32 (O, K): the place ``step`` further, or the same where that would lead beyond the largest level."""
    moved = np.clip(places + step, 0, tables.shape[1] - 1)
    inside = np.abs(np.take_along_axis(tables, moved, axis=1) * units) <= largest
    return np.where(inside, moved, places).astype(np.float32)


def _level_tables(found: QuantizedWeight, levels: np.ndarray) -> np.ndarray:
    """int8 (O, L): the levels that each row may have; symmetric ones stay so."""
    if found.table is not None:
        table = found.table
    else:
        symmetric = np.array(weight_grids(found.bits)[-1].members, np.int8)
        table = symmetric if levels.min(initial=0) >= symmetric[0] else level_table(found.bits)
    return np.broadcast_to(table, (len(levels), table.shape[-1]))
