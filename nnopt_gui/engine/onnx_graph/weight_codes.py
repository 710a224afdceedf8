"""int8 levels ⇄ the unsigned codes that a packed file stores; where the weights of a sparse tensor lie. Pure numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from nnopt_gui.engine.weight_plan import RICE_BITS, packed_bytes

_LOWEST: Final = -128
_VECTORS_AT_A_TIME: Final = 1 << 16  # bounds the memory of a comparison with every entry of a book


def level_table(bits: int) -> np.ndarray:
    """The int8 level of every code of ``bits`` bits, evenly spaced."""
    if bits == 1:
        return np.array([-1, 1], np.int8)
    return np.arange(-(2 ** (bits - 1)), 2 ** (bits - 1)).astype(np.int8)


def table_codes(levels: np.ndarray, table: np.ndarray) -> np.ndarray:
    """uint8 codes (n,) of int8 levels (n,): where each is in ``table``, int8 (at most 256,).

    Raises:
        ValueError: a level is not in the table.
    """
    places = _places(table[None])[0]
    codes = places[levels.astype(np.int16) - _LOWEST]
    if np.any(codes < 0):
        raise ValueError(f"a level is not one of the {table.size} of its table")
    return codes.astype(np.uint8)


def row_codes(levels: np.ndarray, tables: np.ndarray) -> np.ndarray:
    """uint8 codes (O, K) of int8 levels (O, K), every row with its own of the ``tables``, int8 (O, at most 256).

    Raises:
        ValueError: a level is not in the table of its row.
    """
    codes = np.take_along_axis(_places(tables), levels.astype(np.int64) - _LOWEST, axis=1)
    if np.any(codes < 0):
        raise ValueError(f"a level is not one of the {tables.shape[1]} of its channel's table")
    return codes.astype(np.uint8)


def _places(tables: np.ndarray) -> np.ndarray:
    """(rows, 256) int16: the first code of every level from −128, −1 for levels that a row lacks."""
    places = np.full((len(tables), 256), -1, np.int16)
    codes = np.broadcast_to(np.arange(tables.shape[1], dtype=np.int16)[::-1], tables.shape)
    np.put_along_axis(places, tables[:, ::-1].astype(np.int64) - _LOWEST, codes, axis=1)
    return places


def base_levels(levels: np.ndarray, multipliers: np.ndarray, group_size: int) -> np.ndarray:
    """int8 levels (O, K) divided by the multiplier, int8 (O, groups), of every ``group_size`` of a row.

    Raises:
        ValueError: the groups do not fit, or a level is no multiple.
    """
    columns = levels.shape[1]
    if multipliers.shape != (len(levels), -(-columns // group_size)) or np.any(multipliers < 1):
        raise ValueError(f"{multipliers.shape} multipliers of groups of {group_size} do not fit {levels.shape} levels")
    factors = np.repeat(multipliers.astype(np.int16), group_size, axis=1)[:, :columns]
    base = levels // factors
    if np.any(base * factors != levels):
        raise ValueError("a level is no multiple of its group's multiplier")
    return base.astype(np.int8)


def in_book_order(values: np.ndarray, order: Literal["kernel", "inputs"]) -> np.ndarray:
    """A weight (O, I, kH, kW) or (O, I) → (O, K) in the order in which a codebook cuts it."""
    if order == "inputs" and values.ndim > 2:
        values = np.moveaxis(values, 1, -1)
    return np.ascontiguousarray(values.reshape(len(values), -1))


def vector_codes(rows: np.ndarray, entries: np.ndarray, kept: np.ndarray | None = None) -> np.ndarray:
    """uint8 codes (O·K/d,) of int8 levels (O, K): the first of the ``entries``, int8 (K ≤ 256, d), that each run of d
    weights equals. Where ``kept``, bool (O, K), is False a weight may be anything in the entry.

    Raises:
        ValueError: a run is not in the book, or d does not divide K.
    """
    width = entries.shape[1]
    if entries.dtype != np.int8 or not 1 <= len(entries) <= 256 or rows.shape[1] % width:
        raise ValueError(f"a book of {entries.shape} {entries.dtype} does not fit channels of {rows.shape[1]} weights")
    vectors = rows.reshape(-1, width)
    book, first = np.unique(_bytes_of(entries), return_index=True)
    keys = _bytes_of(vectors)
    found = np.minimum(np.searchsorted(book, keys), len(book) - 1)
    codes, missing = first[found], np.flatnonzero(book[found] != keys)
    if missing.size and kept is not None:
        codes[missing] = _partial_codes(vectors[missing], kept.reshape(-1, width)[missing], entries)
    elif missing.size:
        raise ValueError("a vector of levels is not one of its codebook")
    return np.asarray(codes, np.uint8)


def _partial_codes(vectors: np.ndarray, kept: np.ndarray, entries: np.ndarray) -> np.ndarray:
    codes = np.empty(len(vectors), np.int64)
    for start in range(0, len(vectors), _VECTORS_AT_A_TIME):
        part = slice(start, start + _VECTORS_AT_A_TIME)
        fits = np.ones((len(vectors[part]), len(entries)), bool)
        for place in range(entries.shape[1]):
            fits &= (vectors[part, place, None] == entries[:, place]) | ~kept[part, place, None]
        if not fits.any(axis=1).all():
            raise ValueError("a vector of levels is not one of its codebook")
        codes[part] = fits.argmax(axis=1)
    return codes


def _bytes_of(vectors: np.ndarray) -> np.ndarray:
    """(n,) keys that are equal where vectors, int8 (n, d), are; integers where they fit, for speed."""
    width = vectors.shape[1]
    if width > 8:
        return np.ascontiguousarray(vectors).view(np.dtype((np.void, width))).ravel()
    wide = np.zeros((len(vectors), 8), np.int8)
    wide[:, :width] = vectors
    return wide.view(np.uint64).ravel()


@dataclass(frozen=True)
class RiceCode:
    """Where the kept weights of a flattened tensor lie: each one's distance from the one before, as Golomb and Rice
    write whole numbers (R. F. Rice, "Some practical universal noiseless coding techniques", 1979).

    Weight i lies at ``2**bits`` × (place of the i-th one in ``unary``) − (sum of ``remainders`` up to i). With 0 bits
    ``unary`` is the mask itself, up to the last kept weight, and remainders are 0.

    ``unary``: bool (n + sum of quotients,). ``remainders``: uint8 (kept weights,), below 2**bits.
    """

    bits: int
    unary: np.ndarray
    remainders: np.ndarray


def rice_code(kept: np.ndarray, bits: int) -> RiceCode:
    """The code of a bool tensor, with remainders of ``bits`` bits, 0 to 7."""
    distances = np.diff(np.flatnonzero(kept), prepend=0)
    steps = -(-distances >> bits)  # rounded up
    ones = np.cumsum(steps)
    unary = np.zeros(int(ones[-1]) + 1 if ones.size else 0, bool)
    unary[ones] = True
    return RiceCode(bits, unary, ((steps << bits) - distances).astype(np.uint8))


def rice_bytes(kept: np.ndarray) -> dict[int, int]:
    """By bits of a remainder, the bytes of :func:`rice_code` for a bool tensor."""
    distances = np.diff(np.flatnonzero(kept), prepend=0)
    sizes = {}
    for bits in RICE_BITS:
        unary = int(np.sum(-(-distances >> bits))) + 1
        sizes[bits] = packed_bytes(unary, 1) + packed_bytes(distances.size, bits)
    return sizes
