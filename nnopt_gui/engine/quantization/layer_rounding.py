"""Rounding the weights of one layer so that it gives the float layer's outputs on the inputs it will really see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import onnx

from nnopt_gui.engine.onnx_graph.float_graph import GraphLayer
from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight
from nnopt_gui.engine.onnx_graph.tensors import attribute
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.quantization.channel_codebooks import as_integers, channel_centres, refitted_centres
from nnopt_gui.engine.quantization.codebooks import TrainedBook, channel_deviation, column_order
from nnopt_gui.engine.quantization.error_feedback import (
    compensation_factor,
    damped,
    least_squares_shift,
    round_with_feedback,
)
from nnopt_gui.engine.quantization.grids import INT8_REACH, WeightGrid, weight_grids
from nnopt_gui.engine.quantization.layer_inputs import sample_rows
from nnopt_gui.engine.quantization.layer_problem import LayerProblem
from nnopt_gui.engine.quantization.trellis_rounding import code_with_feedback
from nnopt_gui.engine.quantization.trellises import TrainedTrellis
from nnopt_gui.engine.recipe import WeightRange

_ROWS: Final = 8192  # rows of a layer's input matrix that are looked at
_BOOK_ROWS: Final = 16384  # more for codebooks, whose few choices had better be right
_VALUES: Final = 1 << 25  # of a layer's outputs at a time, for all candidate scales
_REFITS: Final = 2  # of levels that channels have for themselves
_DEPTHWISE_ROWS: Final = 1024  # a handful of inputs per output needs fewer
_SHARES: Final = np.linspace(0.35, 1.0, 9)  # candidate scales, as shares of the one that covers the largest weight
_BOOK_SHARES: Final = np.linspace(0.8, 1.2, 5)  # the same for codebooks, as shares of the channel's deviation


@dataclass(frozen=True)
class RoundingTask:
    """What applies to weights besides their inputs. ``kept`` and ``least_scale`` have output channels first.

    ``book``: build the weights from its vectors, or code them along its paths, instead of evenly spaced levels; not
    with ``kept``. ``own_levels``: find levels for every channel (:mod:`channel_codebooks`), with magnitudes up to
    ``largest_level``; not for depthwise layers.
    """

    bits: int
    weight_range: WeightRange = "mse"
    kept: np.ndarray | None = None
    least_scale: np.ndarray | None = None
    book: TrainedBook | TrainedTrellis | None = None
    own_levels: bool = False
    largest_level: int = INT8_REACH

    def of_group(self, index: int, groups: int, columns: int) -> RoundingTask:
        """The part that belongs to one group of a grouped convolution, as matrices (O, K) and vectors (O,)."""
        kept = None if self.kept is None else self.kept.reshape(groups, -1, columns)[index]
        least = None if self.least_scale is None else self.least_scale.reshape(groups, -1)[index]
        return replace(self, kept=kept, least_scale=least)


def round_layer(
    node: onnx.NodeProto,
    layer: GraphLayer,
    weight: np.ndarray,
    bias: np.ndarray | None,
    inputs: tuple[np.ndarray, np.ndarray],
    task: RoundingTask,
    rng: np.random.Generator,
    reporter: Reporter,
) -> tuple[QuantizedWeight, np.ndarray | None]:
    """Quantise one layer given its exact and its rough inputs."""
    columns = int(np.prod(weight.shape[1:]))
    book = task.book.codebook if isinstance(task.book, TrainedBook) else None
    order = column_order(weight.shape, book.order) if book else np.arange(columns)
    available = inputs[0].size // inputs[0].shape[1 if layer.kind == "conv" else -1]
    depthwise = layer.kind == "conv" and attribute(node, "group", 1) == len(weight) > 1
    wanted = _DEPTHWISE_ROWS if depthwise else _BOOK_ROWS if task.book else _ROWS
    picks = (np.arange(available) + 0.5) / available if available <= wanted else np.sort(rng.random(wanted))
    exact = sample_rows(node, layer, inputs[0], weight.shape, picks)[:, :, order]
    rough = sample_rows(node, layer, inputs[1], weight.shape, picks)[:, :, order]
    unit = _power_of_two_above(exact, rough)  # so that squares of huge activations stay finite
    exact, rough = exact / unit, rough / unit
    groups = len(exact)
    rows = weight.reshape(groups, -1, columns)[:, :, order]
    if depthwise:
        found = _round_depthwise(rows[:, 0], (exact, rough), task, centred=bias is not None)
        quantized = QuantizedWeight(found[0].reshape(weight.shape), found[1], task.bits, task.kept)
        return quantized, None if bias is None else (bias + unit * found[2]).astype(np.float32)
    parts = []
    for index in range(groups):
        if index % 16 == 0:
            reporter.checkpoint()
        part = _round_rows(
            rows[index],
            (exact[index], rough[index]),
            task.of_group(index, groups, columns),
            reporter.checkpoint,
            centred=bias is not None,
        )
        parts.append(part)
    quantized = _joined(parts, weight.shape, order, task)
    shift = np.concatenate([part.shift for part in parts])
    return quantized, None if bias is None else (bias + unit * shift).astype(np.float32)


def _power_of_two_above(*arrays: np.ndarray) -> np.float32:
    """The least power of two that no magnitude exceeds; 1 for zeros."""
    largest = max(float(np.abs(array).max(initial=0.0)) for array in arrays)
    return np.float32(2.0 ** np.ceil(np.log2(largest))) if largest > np.finfo(np.float32).tiny else np.float32(1.0)


def _joined(
    parts: Sequence[_RoundedRows], shape: tuple[int, ...], order: np.ndarray, task: RoundingTask
) -> QuantizedWeight:
    """The groups of a layer in one weight, its columns back in the order of the network."""
    levels = np.empty((shape[0], len(order)), np.int8)
    levels[:, order] = np.concatenate([part.levels for part in parts])
    scale, book = np.concatenate([part.scale for part in parts]), task.book
    found = QuantizedWeight(levels.reshape(shape), scale, task.bits, task.kept)
    if isinstance(book, TrainedTrellis):
        return replace(found, trellis=book.codes(np.concatenate([part.codes for part in parts])))
    if book is not None:
        return replace(found, codebook=book.codebook)
    return replace(found, table=np.concatenate([part.tables for part in parts])) if task.own_levels else found


@dataclass(frozen=True)
class _RoundedRows:
    """Levels int8 (O, K), scales float32 (O,), squared errors (O,), bias shifts (O,); int8 (O, n) tables where channels
    have levels of their own, uint8 (O, K) codes where they follow a trellis."""

    levels: np.ndarray
    scale: np.ndarray
    error: np.ndarray
    shift: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    tables: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.int8))
    codes: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.uint8))

    def or_better(self, other: _RoundedRows) -> _RoundedRows:
        """Channel by channel the one with the smaller error."""
        better = other.error < self.error
        column = better[:, None]
        return _RoundedRows(
            np.where(column, other.levels, self.levels).astype(np.int8),
            np.where(better, other.scale, self.scale),
            np.where(better, other.error, self.error),
            tables=np.where(column, other.tables, self.tables) if self.tables.size else self.tables,
        )


def _round_rows(
    rows: np.ndarray,
    inputs: tuple[np.ndarray, np.ndarray],
    task: RoundingTask,
    checkpoint: Callable[[], None],
    *,
    centred: bool,
) -> _RoundedRows:
    """One group of a layer."""
    exact, rough = inputs
    seen = rough - rough.mean(axis=0) if centred else rough
    residual = (exact - rough) @ rows.T
    residual -= residual.mean(axis=0) if centred else 0.0
    width = task.book.codebook.entries.shape[1] if isinstance(task.book, TrainedBook) else 1
    problem = LayerProblem.of(rows, seen, residual, task.kept, checkpoint, width)
    if isinstance(task.book, TrainedTrellis):
        best = _along_paths(problem, task.book, task.least_scale)
    elif task.book is not None:
        best = _from_book(problem, task.book, task)
    else:
        best = _with_own_levels(problem, task) if task.own_levels else _on_even_levels(problem, task)
    # Means commute with the layer, so the bias that keeps the mean output needs no further pass over the rows.
    shift = rows @ exact.mean(axis=0) - (best.levels * best.scale[:, None]) @ rough.mean(axis=0)
    return replace(best, shift=shift)


def _along_paths(problem: LayerProblem, trellis: TrainedTrellis, least_scale: np.ndarray | None) -> _RoundedRows:
    """Codes of one block after the other; the first one finds the scales, which all share."""
    codes, left = np.zeros(problem.rows.shape, np.uint8), problem.residual.copy()
    scale = channel_deviation(problem.rows)
    for block, moment, factor in zip(problem.blocks, problem.moments, problem.factors, strict=True):
        columns = problem.seen[:, block]
        target = problem.rows[:, block] + least_squares_shift(moment, columns.T @ left).T
        first = block is problem.blocks[0]
        found = code_with_feedback(
            target, moment, factor, scale, trellis, least_scale, problem.checkpoint, fit_scale=first
        )
        codes[:, block], scale = found.codes, found.scale
        left -= columns @ (found.rounded - problem.rows[:, block]).T
    levels = trellis.codes(codes).levels(trellis.trellis.bits)
    scale = (scale * np.float32(trellis.step)).astype(np.float32)
    return _RoundedRows(levels, scale, problem.error(levels, scale), codes=codes)


def _from_book(problem: LayerProblem, book: TrainedBook, task: RoundingTask) -> _RoundedRows:
    """Every channel with the best of its candidate scales, by the error of the problem really solved. All candidates
    are solved for together: channels do not touch one another."""
    scales = _candidates(problem.rows, book, task)
    outputs, candidates = scales.shape
    step = max(1, _VALUES // (len(problem.seen) * candidates))
    parts = []
    for start in range(0, outputs, step):
        own = np.arange(start, min(start + step, outputs))
        part, scale = problem.of_outputs(np.repeat(own, candidates)), scales[own].ravel()
        levels = part.solve(scale, book)
        errors = part.error(levels, scale).reshape(-1, candidates)
        best = errors.argmin(axis=1) + np.arange(len(own)) * candidates
        parts.append(_RoundedRows(levels[best], scale[best], errors.min(axis=1)))
    return _RoundedRows(
        np.concatenate([part.levels for part in parts]),
        np.concatenate([part.scale for part in parts]),
        np.concatenate([part.error for part in parts]),
    )


def _on_even_levels(problem: LayerProblem, task: RoundingTask) -> _RoundedRows:
    """On the better of the evenly spaced grids of so many bits."""
    best: _RoundedRows | None = None
    for grid in weight_grids(task.bits):
        scale = problem.choose_scale(_candidates(problem.rows, grid, task), grid)
        levels = problem.solve(scale, grid)
        found = _RoundedRows(levels, scale.astype(np.float32), problem.error(levels, scale))
        best = found if best is None else best.or_better(found)
    assert best is not None
    return best


def _with_own_levels(problem: LayerProblem, task: RoundingTask) -> _RoundedRows:
    """Every channel's levels by weighted k-means; then levels for the roundings, and roundings for the levels."""
    centres = channel_centres(problem.rows, task.bits, problem.importance(), task.kept)
    best: _RoundedRows | None = None
    for left in reversed(range(_REFITS + 1)):
        grid, scale = as_integers(centres, task.largest_level, task.least_scale)
        levels = problem.solve(scale, grid)
        found = _RoundedRows(levels, scale, problem.error(levels, scale), tables=grid.tables)
        best = found if best is None else best.or_better(found)
        if not left:
            break
        codes = grid.codes(levels.astype(np.float32), np.ones(1, np.float32))
        refitted = refitted_centres(
            problem.target(levels * scale[:, None]),
            codes,
            2**task.bits,
            problem.blocks,
            problem.moments,
            task.kept,
            problem.checkpoint,
        )
        centres = np.where(np.isnan(refitted), grid.tables * scale[:, None], refitted)
        rank = centres.argsort(axis=1, kind="stable")
        centres = np.take_along_axis(centres, rank, axis=1)
        codes = np.take_along_axis(rank.argsort(axis=1, kind="stable"), codes, axis=1)
        grid, scale = as_integers(centres, task.largest_level, task.least_scale)
        levels = np.take_along_axis(grid.tables, codes, axis=1)
        if task.kept is not None:
            levels = np.where(task.kept, levels, 0).astype(np.int8)
        best = best.or_better(_RoundedRows(levels, scale, problem.error(levels, scale), tables=grid.tables))
    assert best is not None
    return best


def _round_depthwise(
    rows: np.ndarray, inputs: tuple[np.ndarray, np.ndarray], task: RoundingTask, *, centred: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """:func:`_round_rows` for groups of one output, all groups at once: rows (G, K), inputs (G, R, K)."""
    exact, rough = inputs
    seen = rough - rough.mean(axis=1, keepdims=True) if centred else rough
    residual = np.matmul(exact - rough, rows[:, :, None])
    residual -= residual.mean(axis=1, keepdims=True) if centred else 0.0
    across = np.swapaxes(seen, 1, 2)
    moment = damped(across @ seen, seen.shape[1])
    factor = compensation_factor(moment)
    shifted = rows + least_squares_shift(moment, across @ residual)[:, :, 0]
    kept = None if task.kept is None else task.kept.reshape(rows.shape)
    options = []
    for grid in weight_grids(task.bits):
        levels, losses = round_with_feedback(shifted, factor, _candidates(rows, grid, task), grid, kept)
        best = losses.argmin(axis=1)
        every = np.arange(len(rows))
        options.append((levels[every, best], _candidates(rows, grid, task)[every, best], losses[every, best]))
    levels, scale, loss = options[0]
    for other in options[1:]:
        better = other[2] < loss
        levels, scale = np.where(better[:, None], other[0], levels), np.where(better, other[1], scale)
    means = exact.mean(axis=1), rough.mean(axis=1)
    shift = (rows * means[0]).sum(axis=1) - (levels * scale[:, None] * means[1]).sum(axis=1)
    return levels.astype(np.int8), scale.astype(np.float32), shift


def _candidates(rows: np.ndarray, grid: WeightGrid | TrainedBook, task: RoundingTask) -> np.ndarray:
    """Scales (O, S) to try; positive also for channels of zeros."""
    if isinstance(grid, TrainedBook):
        scales = channel_deviation(rows)[:, None] * grid.step * _BOOK_SHARES
    elif grid.binary:
        mean = np.abs(rows).mean(axis=1, keepdims=True)
        scales = np.where(mean > 0, mean, 1.0) * _SHARES * 1.5
    else:
        largest = np.abs(rows).max(axis=1, keepdims=True)
        shares = _SHARES if task.weight_range == "mse" else np.ones(1)
        scales = np.where(largest > 0, largest / grid.reach, 1.0) * shares
    if task.least_scale is not None:
        scales = np.maximum(scales, task.least_scale[:, None])
    return scales.astype(np.float32)
