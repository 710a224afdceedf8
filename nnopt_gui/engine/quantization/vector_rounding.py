"""Replacing vectors of weights by entries of a codebook, by what they do to a layer's outputs. Pure numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

_BLOCK: Final = 64  # columns whose errors are passed on together


def round_vectors_with_feedback(
    rows: np.ndarray,
    factor: np.ndarray,
    scales: np.ndarray,
    entries: np.ndarray,
    checkpoint: Callable[[], None] = lambda: None,
) -> tuple[np.ndarray, np.ndarray]:
    """``error_feedback.round_with_feedback`` for a codebook: d columns at a time take the entry with the least error.

    The error of an entry counts with the inverse of the factor's own d×d block, so that what the later columns of the
    vector could have made up for within it is not held against it (van Baalen et al., "GPTVQ", 2024, arXiv:2402.15319).

    Args:
        rows: float32 (O, K), whole vectors in a row.
        factor: (K, K), in the same order.
        scales: (O, S) candidate scales.
        entries: int8 (N, d); d divides K.

    Returns:
        Levels int8 (O, S, K) and losses (O, S).
    """
    outputs, columns = rows.shape
    candidates, width = scales.shape[1], entries.shape[1]
    work = np.repeat(rows[:, None, :], candidates, axis=1).reshape(-1, columns).astype(np.float32)
    scale = scales.reshape(-1, 1).astype(np.float32)
    book = entries.astype(np.float32)
    levels = np.zeros(work.shape, np.int8)
    losses = np.zeros(len(work), np.float32)
    inverses = np.linalg.inv(np.stack([factor[part, part] for part in _vectors(columns, width)]))
    block = _BLOCK // width * width
    for start in range(0, columns, block):
        checkpoint()
        stop = min(start + block, columns)
        errors = np.empty((len(work), stop - start), np.float32)
        for column in range(start, stop, width):
            part, inverse = slice(column, column + width), inverses[column // width]
            atoms = book @ inverse
            code = ((atoms * atoms).sum(1) - 2.0 * ((work[:, part] / scale) @ inverse) @ atoms.T).argmin(axis=1)
            levels[:, part] = entries[code]
            error = (work[:, part] - book[code] * scale) @ inverse
            losses += (error * error).sum(axis=1)
            work[:, column + width : stop] -= error @ factor[part, column + width : stop]
            errors[:, column - start : column - start + width] = error
        work[:, stop:] -= errors @ factor[start:stop, stop:]
    return levels.reshape(outputs, candidates, columns), losses.reshape(outputs, candidates)


def improve_vectors(
    levels: np.ndarray,
    target: np.ndarray,
    moment: np.ndarray,
    scale: np.ndarray,
    entries: np.ndarray,
    sweeps: int,
    checkpoint: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """Choose every vector again with all others in place, which can only lower (target − q)·H·(target − q)ᵀ.

    Iterated conditional modes (Besag, 1986), as for additive codebooks (Babenko & Lempitsky, 2014): what rounding in
    one order could not know about later columns is put right.

    Args:
        levels: int8 (O, K), of :func:`round_vectors_with_feedback`; not changed.
        target: float32 (O, K), the weights wanted.
        moment: H (K, K), the damped second moment of the inputs.
        scale: (O,).
        entries: int8 (N, d).
        sweeps: over all columns, at most; it stops when nothing changes.

    Returns:
        int8 (O, K).
    """
    width, column = entries.shape[1], scale[:, None].astype(np.float32)
    book, found = entries.astype(np.float32), levels.copy()
    hessian = moment.astype(np.float32)
    rounded = levels * column
    parts = _vectors(target.shape[1], width)
    own = np.stack([hessian[part, part] for part in parts])
    triangles, inverses = np.linalg.cholesky(own), np.linalg.inv(own)
    for _ in range(sweeps):
        slope = (rounded - target) @ hessian
        changed = False
        for number, (part, triangle, inverse) in enumerate(zip(parts, triangles, inverses, strict=True)):
            if number % 16 == 0:
                checkpoint()
            wanted = rounded[:, part] - slope[:, part] @ inverse  # which is symmetric
            atoms = book @ triangle
            code = ((atoms * atoms).sum(1) - 2.0 * ((wanted / column) @ triangle) @ atoms.T).argmin(axis=1)
            step = book[code] * column - rounded[:, part]
            if not step.any():
                continue
            changed = True
            slope += step @ hessian[part]
            rounded[:, part] += step
            found[:, part] = entries[code]
        if not changed:
            break
    return found


def _vectors(columns: int, width: int) -> list[slice]:
    return [slice(start, start + width) for start in range(0, columns, width)]
