"""Levels of each output channel's own that need not be evenly spaced: scalar codebooks with int8 entries. Pure numpy.

Lloyd's quantiser (Lloyd, 1957/1982; Max, 1960) for every channel, weighted by the second moments of the inputs as in
"deep compression" with Hessian weights (Choi et al., 2016, arXiv:1612.01543), and refitted by least squares on the
layer's outputs once it is known which weight takes which entry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight
from nnopt_gui.engine.quantization.grids import INT8_REACH
from nnopt_gui.engine.quantization.scale_search import usable_scale
from nnopt_gui.errors import ModelError

_ROUNDS: Final = 25
_ONE_HOT: Final = 1 << 23  # values of a table of assignments at a time


@dataclass(frozen=True, eq=False)
class TableGrid:
    """Levels that every row has for itself; value = level × scale.

    Attributes:
        tables: int8 (rows, n), rising; equal entries are one level.
    """

    tables: np.ndarray

    @property
    def has_zero(self) -> bool:
        """Whether 0 is a level of every row."""
        return bool((self.tables == 0).any(axis=1).all())

    def levels(self, values: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """The nearest level of each value (rows,) or (rows, K), int8. ``scale`` is positive and broadcasts.

        Raises:
            ValueError: a value is not finite.
        """
        codes = self.codes(values, scale)
        found: np.ndarray = np.take_along_axis(self.tables, codes.reshape(len(codes), -1), axis=1)
        return found.reshape(codes.shape)

    def codes(self, values: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """The place in its row's table of the nearest level of each value, int64."""
        if not np.isfinite(values).all():
            raise ValueError("values are not finite")
        with np.errstate(over="ignore"):  # what overflows takes an outermost level
            ratio = np.asarray(values / scale)
        middles = (self.tables[:, :-1].astype(np.float32) + self.tables[:, 1:]) / 2
        index = np.zeros(ratio.shape, np.int64)
        for column in middles.T:
            index += ratio > (column if ratio.ndim == 1 else column[:, None])
        return index

    def of_rows(self, part: slice) -> TableGrid:
        """The grid of some of the rows."""
        return TableGrid(self.tables[part])


def nearest_entries_of_channels(
    weight: np.ndarray,
    bits: int,
    kept: np.ndarray | None = None,
    least_scale: np.ndarray | None = None,
    *,
    largest_level: int = INT8_REACH,
) -> QuantizedWeight:
    """Round a float32 weight (O, …) to 2**bits levels of each channel's own that have the least squared error.

    Args:
        kept: bool, like ``weight``; pruned weights become level 0, whether or not that is an entry.
        least_scale: (O,) lower limits of the scales.
        largest_level: magnitude of the largest entry.

    Raises:
        ModelError: a weight is NaN or infinite.
    """
    if not np.isfinite(weight).all():
        raise ModelError("A weight of the network is not a number or infinite.", "Train or export the network again.")
    rows = weight.reshape(len(weight), -1)
    mask = None if kept is None else kept.reshape(rows.shape)
    grid, scale = as_integers(channel_centres(rows, bits, kept=mask), largest_level, least_scale)
    levels = grid.levels(rows, scale[:, None])
    if mask is not None:
        levels[~mask] = 0
    return QuantizedWeight(levels.reshape(weight.shape), scale, bits, kept, table=grid.tables)


def channel_centres(
    rows: np.ndarray, bits: int, importance: np.ndarray | None = None, kept: np.ndarray | None = None
) -> np.ndarray:
    """Float64 (O, 2**bits), rising: for every row (O, K) the centres with the least weighted squared error that Lloyd's
    rounds find from evenly spaced ones, and from ones as dense as the cube root of the values' density.

    Args:
        importance: (K,), not negative; None for equal weights.
        kept: bool (O, K); the other values do not count.
    """
    points = _Points.of(rows, importance, kept)
    found, error = None, None
    for start in points.starts(2**bits):
        centres = start
        for _ in range(_ROUNDS):
            centres = points.improved(centres)
        left = points.error(centres)
        if found is None or error is None:
            found, error = centres, left
            continue
        found = np.where((left < error)[:, None], centres, found)
    assert found is not None
    return points.values(found)


def as_integers(
    centres: np.ndarray, largest_level: int = INT8_REACH, least_scale: np.ndarray | None = None
) -> tuple[TableGrid, np.ndarray]:
    """Centres (O, n), rising, as int8 entries of which the largest is ``largest_level``, and scales float32 (O,)."""
    reach = np.abs(centres).max(axis=1)
    scale = np.where(reach > 0, reach / largest_level, 1.0)
    if least_scale is not None:
        scale = np.maximum(scale, least_scale)
    scale = usable_scale(scale, largest_level)
    entries = np.clip(np.rint(centres / scale[:, None].astype(np.float64)), -largest_level, largest_level)
    return TableGrid(entries.astype(np.int8)), scale


def refitted_centres(
    target: np.ndarray,
    codes: np.ndarray,
    count: int,
    blocks: Sequence[np.ndarray],
    moments: Sequence[np.ndarray],
    kept: np.ndarray | None = None,
    checkpoint: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """Float64 (O, n): the values of the entries that minimise (target − q)·H·(target − q)ᵀ of every row while each
    weight keeps its entry. Entries that no weight takes are NaN.

    Args:
        target: float32 (O, K), the weights wanted.
        codes: int64 (O, K), the entry of each.
        count: n.
        blocks: columns, in the order of ``moments``: H, which is zero between blocks.
        moments: (k, k) each, damped.
        kept: bool (O, K); other weights are 0 and have no entry.
    """
    outputs = len(target)
    found = np.empty((outputs, count))
    step = max(1, _ONE_HOT // (count * max(len(block) for block in blocks)))
    for start in range(0, outputs, step):
        part = slice(start, start + step)
        matrix, wanted = np.zeros((len(target[part]), count, count)), np.zeros((len(target[part]), count))
        used = np.zeros((len(target[part]), count), bool)
        for block, moment in zip(blocks, moments, strict=True):
            checkpoint()
            hot = codes[part][:, None, block] == np.arange(count)[:, None]
            if kept is not None:
                hot &= kept[part][:, None, block]
            used |= hot.any(axis=2)
            hot = hot.astype(np.float32)
            weighted = hot @ moment.astype(np.float32)
            matrix += weighted @ hot.transpose(0, 2, 1)
            wanted += np.einsum("onk,ok->on", weighted, target[part][:, block])
        diagonal = np.einsum("onn->on", matrix)
        diagonal += np.where(used, 1e-6 * diagonal.max(axis=1, keepdims=True), 1.0)
        solved = np.linalg.solve(matrix, wanted[..., None])[..., 0]
        found[part] = np.where(used, solved, np.nan)
    return found


@dataclass(frozen=True)
class _Points:
    """The values of all rows, moved into disjoint unit intervals and sorted as one long line: value ↔ place is affine
    for each row, and so is everything that k-means does. ``line`` float64 (O·K,), with running sums of importances and
    of importance × place, a 0 in front."""

    shape: tuple[int, int]
    low: np.ndarray
    unit: np.ndarray
    line: np.ndarray
    weight: np.ndarray
    moment: np.ndarray
    square: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray, importance: np.ndarray | None, kept: np.ndarray | None) -> _Points:
        values = rows.astype(np.float64)
        low, high = values.min(axis=1), values.max(axis=1)
        unit = np.where(high > low, 2.0 * (high - low), 1.0)
        places = (values - low[:, None]) / unit[:, None] + 0.25
        weight = np.ones(rows.shape) if importance is None else np.broadcast_to(importance, rows.shape).copy()
        weight = weight + 1e-9 * max(float(weight.mean()), np.finfo(np.float64).tiny)
        if kept is not None:
            weight = weight * kept
        order = places.argsort(axis=1, kind="stable")
        places, weight = (np.take_along_axis(item, order, axis=1) for item in (places, weight))

        def sums(items: np.ndarray) -> np.ndarray:
            return np.concatenate([[0.0], np.cumsum(items.ravel())])

        # moments count from the row's own start, so that long lines lose no digits
        line = (places + np.arange(len(rows))[:, None]).ravel()
        return cls(rows.shape, low, unit, line, sums(weight), sums(weight * places), (weight * places**2).sum(axis=1))

    def starts(self, count: int) -> tuple[np.ndarray, ...]:
        rows, columns = self.shape
        even = np.broadcast_to(0.25 + 0.5 * (np.arange(count) + 0.5) / count, (rows, count))
        gaps = np.diff(self.line.reshape(rows, columns), axis=1, prepend=0.0)
        gaps[:, 0] = 0.0
        reached = np.cumsum(np.cbrt(gaps) ** 2, axis=1)
        wanted = (np.arange(count) + 0.5) / count
        places = self.line.reshape(rows, columns) - np.arange(rows)[:, None]
        dense = np.empty((rows, count))
        for row in range(rows):
            dense[row] = np.interp(wanted * reached[row, -1], reached[row], places[row])
        return even, dense

    def improved(self, centres: np.ndarray) -> np.ndarray:
        """Centres (O, n) → the means of what is nearest to each; those that lose everything stay."""
        weight, moment = self._clusters(centres)
        means: np.ndarray = np.where(weight > 0, moment / np.where(weight > 0, weight, 1.0), centres)
        means.sort(axis=1)
        return means

    def error(self, centres: np.ndarray) -> np.ndarray:
        """(O,): the weighted squared error, in units of the row."""
        weight, moment = self._clusters(centres)
        wrong = self.square + (centres * (centres * weight - 2.0 * moment)).sum(axis=1)
        return np.asarray(wrong)

    def values(self, centres: np.ndarray) -> np.ndarray:
        """Places → values."""
        return np.asarray((centres - 0.25) * self.unit[:, None] + self.low[:, None])

    def _clusters(self, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Importance, and importance × place, of what is nearest to each centre (O, n)."""
        rows, columns = self.shape
        middles = (centres[:, :-1] + centres[:, 1:]) / 2 + np.arange(rows)[:, None]
        first = np.arange(rows)[:, None] * columns
        cuts = np.clip(np.searchsorted(self.line, middles.ravel()).reshape(middles.shape), first, first + columns)
        bounds = np.concatenate([first, cuts, first + columns], axis=1)
        return np.diff(self.weight[bounds], axis=1), np.diff(self.moment[bounds], axis=1)
