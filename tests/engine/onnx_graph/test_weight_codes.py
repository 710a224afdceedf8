from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnopt_gui.engine.onnx_graph.weight_codes import (
    base_levels,
    in_book_order,
    level_table,
    rice_bytes,
    rice_code,
    row_codes,
    table_codes,
    vector_codes,
)
from nnopt_gui.engine.weight_plan import RICE_BITS, sparse_bytes


def test_usual_tables() -> None:
    assert level_table(1).tolist() == [-1, 1]
    assert level_table(2).tolist() == [-2, -1, 0, 1]
    assert level_table(8).tolist() == list(range(-128, 128))


@given(st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_tables_and_rows_give_the_levels_back(bits: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    tables = np.sort(rng.integers(-128, 128, (3, 2**bits)), axis=1).astype(np.int8)
    levels = np.take_along_axis(tables, rng.integers(0, 2**bits, (3, 50)), axis=1)
    codes = row_codes(levels, tables)
    assert codes.dtype == np.uint8
    assert np.array_equal(np.take_along_axis(tables, codes.astype(np.int64), axis=1), levels)
    for row, table, own in zip(levels, tables, codes, strict=True):
        assert np.array_equal(table_codes(row, table), own)
    absent = np.setdiff1d(np.arange(-128, 128), tables[0])
    if absent.size:
        with pytest.raises(ValueError, match="not one of"):
            table_codes(absent[:1].astype(np.int8), tables[0])
        with pytest.raises(ValueError, match="not one of"):
            row_codes(np.repeat(absent[:1], 3).astype(np.int8)[:, None], np.tile(tables[:1], (3, 1)))


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_base_levels_times_multipliers_are_the_levels(columns: int, size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = rng.integers(-7, 8, (4, columns)).astype(np.int8)
    multipliers = rng.integers(1, 19, (4, -(-columns // size))).astype(np.int8)
    levels = base.copy()
    for column in range(columns):
        levels[:, column] *= multipliers[:, column // size]
    assert np.array_equal(base_levels(levels, multipliers, size), base)


@given(st.integers(1, 20), st.integers(1, 256), st.integers(0, 2**32 - 1))
def test_vectors_are_found_in_their_book(width: int, entries: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    book = rng.integers(-128, 128, (entries, width)).astype(np.int8)
    rows = book[rng.integers(0, entries, (5, 6))].reshape(5, -1)
    assert np.array_equal(book[vector_codes(rows, book)].reshape(5, -1), rows)
    kept = rng.random(rows.shape) < 0.5
    codes = vector_codes(np.where(kept, rows, 0).astype(np.int8), book, kept)
    assert np.array_equal(np.where(kept, book[codes].reshape(5, -1), 0), np.where(kept, rows, 0))
    missing = np.full((1, width), 5, np.int8)
    if not (book == 5).all(axis=1).any():
        with pytest.raises(ValueError, match="codebook"):
            vector_codes(missing, book)
        with pytest.raises(ValueError, match="codebook"):
            vector_codes(missing, book, np.ones((1, width), bool))


def test_books_that_do_not_fit() -> None:
    rows = np.zeros((2, 6), np.int8)
    for book in (np.zeros((257, 2), np.int8), np.zeros((4, 4), np.int8), np.zeros((4, 2), np.int16)):
        with pytest.raises(ValueError, match="does not fit"):
            vector_codes(rows, book)


def test_orders_of_a_book() -> None:
    weight = np.arange(2 * 3 * 2 * 2).reshape(2, 3, 2, 2)
    assert in_book_order(weight, "kernel")[0].tolist() == list(range(12))
    assert in_book_order(weight, "inputs")[0].tolist() == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]
    assert in_book_order(weight[:, :, 0, 0], "inputs").tolist() == weight[:, :, 0, 0].tolist()


@given(st.lists(st.booleans(), max_size=400), st.integers(0, 7), st.sampled_from([0.0, 0.02, 0.3, 1.0]))
def test_distances_lead_to_every_kept_weight(drawn: list[bool], bits: int, share: float) -> None:
    kept = np.array(drawn, bool) & (np.random.default_rng(len(drawn)).random(len(drawn)) < share)
    code = rice_code(kept, bits)
    assert code.remainders.size == kept.sum() == code.unary.sum()
    assert np.all(code.remainders < 2**bits)
    places, steps, less = [], -1, 0
    remainders = iter(code.remainders.tolist())
    for bit in code.unary.tolist():
        steps += 1
        if bit:
            less += next(remainders)
            places.append(2**bits * steps - less)
    assert places == np.flatnonzero(kept).tolist()
    if bits == 0:
        assert np.array_equal(code.unary, kept[: code.unary.size])
    if kept.any():
        assert rice_bytes(kept)[bits] == -(-code.unary.size // 8) + -(-code.remainders.size * bits // 8)


def test_distances_take_little_more_than_their_entropy() -> None:
    """A geometric distance has the binary entropy of the share kept, divided by it; a mask takes 1 bit a weight."""
    rng = np.random.default_rng(0)
    for alive in (0.3, 0.2, 0.1, 0.05, 0.01):
        kept = rng.random(1_000_000) < alive
        entropy = -(alive * np.log2(alive) + (1 - alive) * np.log2(1 - alive))
        smallest = min(rice_bytes(kept).values()) * 8e-6
        assert entropy < smallest < 1.045 * entropy
        bits = 4
        expected = min(sparse_bytes(kept.size, int(kept.sum()), bits, rice) for rice in RICE_BITS)
        assert expected == pytest.approx(min(rice_bytes(kept).values()) + kept.sum() * bits / 8, rel=0.01)
