"""Replacing weights by trellis codes, by what they do to a layer's outputs. Pure numpy.

A column of weights, all that read one input, is one path (or a few) through the trellis; the columns not yet coded make
up for its error, as in :mod:`error_feedback`. Output channels do not compensate one another, so coding them together
costs nothing ("QTIP", Tseng et al., 2024, arXiv:2406.11235, codes blocks of columns for want of that).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from nnopt_gui.engine.quantization.trellises import TrainedTrellis, channel_importance

_BLOCK: Final = 64  # columns whose errors are passed on together
_SWEEPS: Final = 2  # over all columns, once all are coded


@dataclass(frozen=True)
class CodedRows:
    """``codes`` uint8 (O, K); ``scale`` float32 (O,) of the trellis's levels; ``rounded`` float32 (O, K)."""

    codes: np.ndarray
    scale: np.ndarray
    rounded: np.ndarray


def code_with_feedback(
    target: np.ndarray,
    moment: np.ndarray,
    factor: np.ndarray,
    scale: np.ndarray,
    trellis: TrainedTrellis,
    least_scale: np.ndarray | None = None,
    checkpoint: Callable[[], None] = lambda: None,
    *,
    fit_scale: bool = True,
) -> CodedRows:
    """Codes and scales that make (target − q)·H·(target − q)ᵀ, summed over the rows, small.

    Args:
        target: float32 (O, K), the weights wanted.
        moment: H (K, K), the damped second moment of the inputs.
        factor: ``error_feedback.compensation_factor`` of it.
        scale: (O,) in the trellis's own units.
        least_scale: (O,) lower limits, in units of its int8 levels.
        fit_scale: whether the scale may be changed to what fits the codes best.
    """
    limit = None if least_scale is None else least_scale / np.float32(trellis.step)
    scale = scale if limit is None else np.maximum(scale, limit)
    run = _Run(target, moment.astype(np.float32), trellis, checkpoint)
    codes = run.passed_on(factor, scale)
    for _ in range(_SWEEPS):
        scale = run.fitted(codes, scale, limit) if fit_scale else scale
        codes, changed = run.improved(codes, scale)
        if not changed:
            break
    scale = run.fitted(codes, scale, limit) if fit_scale else scale
    return CodedRows(codes, scale, run.levels(codes) * scale[:, None])


@dataclass(frozen=True)
class _Run:
    target: np.ndarray
    moment: np.ndarray
    trellis: TrainedTrellis
    checkpoint: Callable[[], None]

    def levels(self, codes: np.ndarray) -> np.ndarray:
        """float32 (O, K), in the trellis's own units."""
        found = self.trellis.codes(codes).levels(self.trellis.trellis.bits)
        return found.astype(np.float32) * np.float32(self.trellis.step)

    def passed_on(self, factor: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """Codes of all columns, one after the other, each with the errors so far made up for."""
        work = self.target.astype(np.float32).copy()
        codes = np.zeros(work.shape, np.uint8)
        columns, importance = work.shape[1], channel_importance(scale)
        for start in range(0, columns, _BLOCK):
            stop = min(start + _BLOCK, columns)
            errors = np.empty((len(work), stop - start), np.float32)
            for column in range(start, stop):
                self.checkpoint()
                value = work[:, column]
                codes[:, column], rounded = self._nearest(value, scale, importance)
                error = (value - rounded) / factor[column, column]
                work[:, column + 1 : stop] -= error[:, None] * factor[column, column + 1 : stop]
                errors[:, column - start] = error
            work[:, stop:] -= errors @ factor[start:stop, stop:]
        return codes

    def fitted(self, codes: np.ndarray, scale: np.ndarray, limit: np.ndarray | None) -> np.ndarray:
        """Every channel's best scale for its codes, by least squares; the one it has where that is not positive."""
        levels = self.levels(codes)
        weighted = levels @ self.moment
        square = (weighted * levels).sum(axis=1)
        best = (weighted * self.target).sum(axis=1) / np.where(square > 0, square, 1.0)
        fitted = np.where((best > 0) & (square > 0), best, scale).astype(np.float32)
        return fitted if limit is None else np.maximum(fitted, limit)

    def improved(self, codes: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, bool]:
        """Every column coded again with all others in place (iterated conditional modes, Besag, 1986), and whether that
        changed any."""
        codes = codes.copy()
        rounded = self.levels(codes) * scale[:, None]
        slope = (rounded - self.target) @ self.moment
        importance, changed = channel_importance(scale), False
        for index in range(codes.shape[1]):
            self.checkpoint()
            wanted = rounded[:, index] - slope[:, index] / self.moment[index, index]
            found, value = self._nearest(wanted, scale, importance)
            errors = [(importance * ((column - wanted) / scale) ** 2).sum() for column in (value, rounded[:, index])]
            if not errors[0] < errors[1]:
                continue  # circles are not searched to the end
            changed = True
            slope += (value - rounded[:, index])[:, None] * self.moment[index]
            rounded[:, index], codes[:, index] = value, found
        return codes, changed

    def _nearest(self, values: np.ndarray, scale: np.ndarray, importance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        codes, levels = self.trellis.nearest((values / scale)[:, None], importance)
        return codes[:, 0], levels[:, 0] * scale
