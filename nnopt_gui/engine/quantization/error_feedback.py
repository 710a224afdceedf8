"""Rounding weights one input at a time, letting the weights not yet rounded make up for the error so far. Pure numpy.

Frantar et al., "GPTQ", 2023 (arXiv:2210.17323), after Optimal Brain Surgeon; here every output channel also tries
several scales and keeps the one whose *compensated* error is least.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from nnopt_gui.engine.quantization.grids import Grid

DAMPING: Final = 0.03  # of the mean diagonal, added to it, so that rarely used inputs cannot blow up
_BLOCK: Final = 64


def damped(second_moment: np.ndarray, samples: int) -> np.ndarray:
    """``second_moment`` (…, K, K) of ``samples`` rows in float64, well conditioned; damped more with few samples."""
    size = second_moment.shape[-1]
    mean = np.diagonal(second_moment, axis1=-2, axis2=-1).mean(axis=-1, keepdims=True)[..., None].astype(np.float64)
    weight = np.where(mean > 0, DAMPING * max(1.0, size / max(1, samples)) * mean, 1.0)
    return second_moment.astype(np.float64) + np.eye(size) * weight


def compensation_factor(moment: np.ndarray) -> np.ndarray:
    """Upper Cholesky factor U (…, K, K) of the inverse of the damped second moment (…, K, K) of a layer's inputs."""
    inverse_lower = np.linalg.solve(np.linalg.cholesky(moment), np.eye(moment.shape[-1]))
    inverse = np.swapaxes(inverse_lower, -1, -2) @ inverse_lower
    return np.swapaxes(np.linalg.cholesky(inverse), -1, -2).astype(np.float32)


def least_squares_shift(moment: np.ndarray, cross: np.ndarray) -> np.ndarray:
    """(…, K, O): what to add to weights so that damped least squares removes a residual R; ``cross`` is Xᵀ·R."""
    return np.linalg.solve(moment, cross.astype(np.float64)).astype(np.float32)


def round_with_feedback(
    rows: np.ndarray,
    factor: np.ndarray,
    scales: np.ndarray,
    grid: Grid,
    kept: np.ndarray | None = None,
    checkpoint: Callable[[], None] = lambda: None,
) -> tuple[np.ndarray, np.ndarray]:
    """Round weights to the grid, column by column.

    Args:
        rows: float32 (O, K), best ordered by falling importance of the inputs.
        factor: of :func:`compensation_factor`, in the same order: (K, K) for all rows, or (O, K, K) one for each.
        scales: (O, S), S candidate scales for every output channel.
        grid: for O × S rows; one whose rows differ needs S = 1.
        kept: bool (O, K), False where the level has to be 0.
        checkpoint: called now and then; may raise to stop.

    Returns:
        Levels int8 (O, S, K) and losses (O, S), the quadratic error ``(w − q)·H·(w − q)`` of each candidate.
    """
    outputs, columns = rows.shape
    candidates = scales.shape[1]
    work = np.repeat(rows[:, None, :], candidates, axis=1).reshape(-1, columns).astype(np.float32)
    mask = np.repeat(kept[:, None, :], candidates, axis=1).reshape(-1, columns) if kept is not None else None
    scale = scales.reshape(-1).astype(np.float32)
    if factor.ndim == 3:
        factor = np.repeat(factor, candidates, axis=0)
    levels = np.zeros(work.shape, np.int8)
    losses = np.zeros(len(work), np.float32)
    for start in range(0, columns, _BLOCK):
        checkpoint()
        stop = min(start + _BLOCK, columns)
        errors = np.empty((len(work), stop - start), np.float32)
        for column in range(start, stop):
            value = work[:, column]
            level = grid.levels(value, scale)
            if mask is not None:
                level = np.where(mask[:, column], level, 0).astype(np.int8)
            levels[:, column] = level
            error = (value - level * scale) / factor[..., column, column]
            losses += error * error
            work[:, column + 1 : stop] -= error[:, None] * factor[..., column, column + 1 : stop]
            errors[:, column - start] = error
        if stop < columns:
            work[:, stop:] -= (
                np.matmul(errors[:, None, :], factor[..., start:stop, stop:])[:, 0]
                if factor.ndim == 3
                else (errors @ factor[start:stop, stop:])
            )
    return levels.reshape(outputs, candidates, columns), losses.reshape(outputs, candidates)
