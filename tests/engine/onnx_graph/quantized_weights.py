"""Random quantised weights of every form, for tests of what a file holds."""

from __future__ import annotations

from typing import Literal

import numpy as np

from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight, VectorCodebook
from nnopt_gui.engine.onnx_graph.trellis_codes import TrellisCodes
from nnopt_gui.engine.onnx_graph.weight_codes import level_table

Grid = Literal["uniform", "table", "rows", "offsets", "groups"]
GRIDS: tuple[Grid, ...] = ("uniform", "table", "rows", "offsets", "groups")


def random_weight(
    shape: tuple[int, ...],
    grid: Grid,
    bits: int,
    rng: np.random.Generator,
    *,
    alive: float = 1.0,
    group_size: int = 8,
) -> QuantizedWeight:
    """Levels of one grid, a share ``alive`` of them kept."""
    outputs, columns = shape[0], int(np.prod(shape[1:]))
    kept = rng.random(shape) < alive if alive < 1 else None
    scale = (0.01 + 0.01 * rng.random(outputs)).astype(np.float32)
    table = multipliers = None
    if grid == "table":
        table = np.sort(rng.choice(np.arange(-127, 128), 2**bits, replace=False)).astype(np.int8)
        if bits > 1:
            table[np.abs(table).argmin()] = 0
    elif grid == "rows":
        table = np.sort(rng.integers(-127, 128, (outputs, 2**bits)), axis=1).astype(np.int8)
    elif grid == "offsets":
        table = (np.arange(2**bits) - rng.integers(0, 2**bits, (outputs, 1))).astype(np.int8)
    levels = rng.choice(level_table(bits) if table is None or table.ndim == 2 else table, (outputs, columns))
    if table is not None and table.ndim == 2:
        levels = np.take_along_axis(table, rng.integers(0, 2**bits, levels.shape), axis=1)
    if grid == "groups":
        multipliers = rng.integers(1, 127 // 2 ** (bits - 1) + 1, (outputs, -(-columns // group_size))).astype(np.int8)
        levels = levels * np.repeat(multipliers, group_size, axis=1)[:, :columns]
    levels = levels.reshape(shape).astype(np.int8)
    if kept is not None:
        levels = np.where(kept, levels, 0).astype(np.int8)
    return QuantizedWeight(levels, scale, bits, kept, table, multipliers, group_size if grid == "groups" else None)


def random_book(entries: int, width: int, order: Literal["kernel", "inputs"], seed: int = 0) -> VectorCodebook:
    """A codebook of distinct entries."""
    rng = np.random.default_rng(seed)
    found = rng.integers(-127, 128, (entries, width)).astype(np.int8)
    found[:, 0] = np.arange(entries) - 128
    return VectorCodebook(found, order)


def book_weight(
    shape: tuple[int, ...], book: VectorCodebook, rng: np.random.Generator, *, alive: float = 1.0
) -> QuantizedWeight:
    """Levels made of a codebook's entries; 4 uniform bits where its vectors do not fill an output channel."""
    entries, width = book.entries.shape
    if int(np.prod(shape[1:])) % width:
        return random_weight(shape, "uniform", 4, rng, alive=alive)
    vectors = book.entries[rng.integers(0, entries, int(np.prod(shape)) // width)]
    if book.order == "inputs" and len(shape) == 4:
        outputs, inputs, height, wide = shape
        levels = vectors.reshape(outputs, height, wide, inputs).transpose(0, 3, 1, 2)
    else:
        levels = vectors.reshape(shape)
    kept = rng.random(shape) < alive if alive < 1 else None
    if kept is not None:
        levels = np.where(kept, levels, 0)
    scale = (0.01 + 0.01 * rng.random(shape[0])).astype(np.float32)
    return QuantizedWeight(np.ascontiguousarray(levels, np.int8), scale, 8, kept, codebook=book)


def trellis_weight(shape: tuple[int, ...], bits: int, length: int, rng: np.random.Generator) -> QuantizedWeight:
    """Random codes along a trellis, all with the same table; 4 uniform bits where streams do not fill the channels."""
    if shape[0] % length:
        return random_weight(shape, "uniform", 4, rng)
    table = np.random.default_rng(bits).permutation(np.arange(-128, 128)).astype(np.int8)
    codes = rng.integers(0, 2**bits, (shape[0], int(np.prod(shape[1:])))).astype(np.uint8)
    scale = (0.001 + 0.001 * rng.random(shape[0])).astype(np.float32)
    trellis = TrellisCodes(table, codes, length)
    return QuantizedWeight(trellis.levels(bits).reshape(shape), scale, bits, trellis=trellis)
