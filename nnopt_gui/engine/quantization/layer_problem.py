"""What rounding a layer's weights is: least squares on its outputs, over levels times scales."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from nnopt_gui.engine.quantization.channel_codebooks import TableGrid
from nnopt_gui.engine.quantization.codebooks import TrainedBook
from nnopt_gui.engine.quantization.error_feedback import (
    compensation_factor,
    damped,
    least_squares_shift,
    round_with_feedback,
)
from nnopt_gui.engine.quantization.grids import WeightGrid
from nnopt_gui.engine.quantization.vector_rounding import improve_vectors, round_vectors_with_feedback

_BLOCK_INPUTS: Final = 1152  # inputs that compensate one another; bounds time and memory of wide layers
_SWEEPS: Final = 6  # at most; divergence 2 and 6 % below that after 2 (ResNet-20 at 1 and 2 bits, training images)


@dataclass(frozen=True)
class LayerProblem:
    """min ‖residual − seen·(Q − rows)ᵀ‖² over levels times scales; inputs outside a block do not compensate it.

    Blocks are neighbouring inputs, each in falling order of energy, whole vectors together.
    """

    rows: np.ndarray
    seen: np.ndarray
    residual: np.ndarray
    kept: np.ndarray | None
    blocks: list[np.ndarray]
    moments: list[np.ndarray]
    factors: list[np.ndarray]
    checkpoint: Callable[[], None]

    @classmethod
    def of(
        cls,
        rows: np.ndarray,
        seen: np.ndarray,
        residual: np.ndarray,
        kept: np.ndarray | None,
        checkpoint: Callable[[], None],
        width: int,
    ) -> LayerProblem:
        energy = (seen * seen).sum(axis=0).reshape(-1, width).sum(axis=1)
        parts = np.array_split(np.arange(len(energy)), -(-len(energy) * width // _BLOCK_INPUTS))
        sorted_parts = [part[np.argsort(-energy[part], kind="stable")] for part in parts]
        blocks = [(part[:, None] * width + np.arange(width)).ravel() for part in sorted_parts]
        moments = [damped(seen[:, block].T @ seen[:, block], len(seen)) for block in blocks]
        factors = [compensation_factor(moment) for moment in moments]
        return cls(rows, seen, residual, kept, blocks, moments, factors, checkpoint)

    def importance(self) -> np.ndarray:
        """(K,): the damped second moment of every input."""
        found = np.empty(self.rows.shape[1])
        for block, moment in zip(self.blocks, self.moments, strict=True):
            found[block] = np.diagonal(moment)
        return found

    def target(self, rounded: np.ndarray) -> np.ndarray:
        """(O, K): the weights that each block would have to have while the others are ``rounded``."""
        found = np.empty_like(self.rows)
        left = self.residual - self.seen @ (rounded - self.rows).T
        for block, moment in zip(self.blocks, self.moments, strict=True):
            columns = self.seen[:, block]
            own = left + columns @ (rounded[:, block] - self.rows[:, block]).T
            found[:, block] = self.rows[:, block] + least_squares_shift(moment, columns.T @ own).T
        return found

    def error(self, levels: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """(O,): what is left of the residual."""
        left: np.ndarray = self.residual - self.seen @ (levels * scale[:, None] - self.rows).T
        return (left * left).sum(axis=0)

    def of_outputs(self, outputs: np.ndarray) -> LayerProblem:
        """The same for these output channels, any of them as often as it is named; not for pruned weights."""
        return replace(self, rows=self.rows[outputs], residual=self.residual[:, outputs])

    def choose_scale(self, scales: np.ndarray, grid: WeightGrid) -> np.ndarray:
        """Of candidates (O, S) the one with the least compensated error, per channel."""
        losses = np.zeros(scales.shape, np.float32)
        for block, factor in zip(self.blocks, self.factors, strict=True):
            losses += self._round(self.rows[:, block], block, factor, scales, grid)[1]
        chosen: np.ndarray = scales[np.arange(len(scales)), losses.argmin(axis=1)]
        return chosen

    def solve(self, scale: np.ndarray, grid: WeightGrid | TableGrid | TrainedBook) -> np.ndarray:
        """Levels (O, K) for one scale per channel; what one block leaves over is the next one's residual."""
        levels = np.zeros(self.rows.shape, np.int8)
        left = self.residual.copy()
        for block, moment, factor in zip(self.blocks, self.moments, self.factors, strict=True):
            columns = self.seen[:, block]
            shifted = self.rows[:, block] + least_squares_shift(moment, columns.T @ left).T
            found = self._round(shifted, block, factor, scale[:, None], grid)[0][:, 0]
            if isinstance(grid, TrainedBook):
                entries = grid.codebook.entries
                found = improve_vectors(found, shifted, moment, scale, entries, _SWEEPS, self.checkpoint)
            levels[:, block] = found
            left -= columns @ (found * scale[:, None] - self.rows[:, block]).T
        return levels

    def _round(
        self,
        rows: np.ndarray,
        block: np.ndarray,
        factor: np.ndarray,
        scales: np.ndarray,
        grid: WeightGrid | TableGrid | TrainedBook,
    ) -> tuple[np.ndarray, np.ndarray]:
        if isinstance(grid, TrainedBook):
            return round_vectors_with_feedback(rows, factor, scales, grid.codebook.entries, self.checkpoint)
        kept = None if self.kept is None else self.kept[:, block]
        return round_with_feedback(rows, factor, scales, grid, kept, self.checkpoint)
