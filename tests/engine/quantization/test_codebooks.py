"""Codebooks against brute force, and vectors chosen by what they do to a layer's outputs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from nnopt_gui.engine.onnx_graph.quantized import VectorCodebook
from nnopt_gui.engine.quantization.codebooks import (
    TrainedBook,
    column_order,
    k_means,
    nearest_entries,
    nearest_vectors,
    train_books,
)
from nnopt_gui.engine.quantization.error_feedback import compensation_factor, damped, round_with_feedback
from nnopt_gui.engine.quantization.grids import weight_grids
from nnopt_gui.engine.quantization.vector_rounding import improve_vectors, round_vectors_with_feedback
from nnopt_gui.engine.weight_plan import BookShape

RNG = np.random.default_rng(0)


def quiet() -> None:
    pass


def quadratic(levels: np.ndarray, scale: np.ndarray, target: np.ndarray, moment: np.ndarray) -> np.ndarray:
    error = levels * scale[:, None] - target
    result: np.ndarray = np.einsum("ok,kl,ol->o", error, moment, error)
    return result


def problem(outputs: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights, and the damped second moment of correlated inputs."""
    inputs = RNG.standard_normal((400, columns)) @ (np.eye(columns) + 0.5 * RNG.standard_normal((columns, columns)))
    return RNG.standard_normal((outputs, columns)).astype(np.float32), damped(inputs.T @ inputs, len(inputs))


def test_k_means_finds_clusters_that_are_far_apart() -> None:
    centres = np.array(list(itertools.product((-10.0, 10.0), repeat=3)), np.float32)
    vectors = np.repeat(centres, 40, axis=0) + RNG.standard_normal((320, 3)).astype(np.float32)
    found = k_means(torch.from_numpy(vectors), 8, quiet, np.random.default_rng(1)).numpy()
    means = vectors.reshape(8, 40, 3).mean(axis=1)
    order = np.abs(found[:, None] - means[None]).sum(axis=2).argmin(axis=1)
    assert sorted(order) == list(range(8))
    assert np.allclose(found, means[order], atol=1e-4)


def test_nearest_entries_are_those_of_brute_force() -> None:
    vectors, entries = RNG.standard_normal((200, 4)).astype(np.float32), RNG.standard_normal((16, 4)).astype(np.float32)
    index, distance = nearest_entries(torch.from_numpy(vectors), torch.from_numpy(entries))
    table = ((vectors[:, None] - entries[None]) ** 2).sum(axis=2)
    assert np.array_equal(index.numpy(), table.argmin(axis=1))
    assert np.allclose(distance.numpy(), table.min(axis=1), atol=1e-4)


def test_column_order_puts_input_channels_side_by_side() -> None:
    weight = RNG.standard_normal((2, 4, 3, 3))
    order = column_order(weight.shape, "inputs")
    assert np.array_equal(weight.reshape(2, -1)[:, order], weight.transpose(0, 2, 3, 1).reshape(2, -1))
    assert np.array_equal(column_order(weight.shape, "kernel"), np.arange(36))
    assert np.array_equal(column_order((5, 8), "inputs"), np.arange(8))


def test_one_book_serves_all_layers_of_a_shape_and_is_the_same_every_time() -> None:
    shape = BookShape(4, 16, "inputs")
    weights = {name: RNG.standard_normal((32, 8, 3, 3)).astype(np.float32) for name in "ab"}
    books = train_books(weights, dict.fromkeys(weights, shape), quiet)
    assert books["a"] is books["b"]
    assert books["a"].codebook.entries.dtype == np.int8
    assert np.abs(books["a"].codebook.entries).max() == 127
    again = train_books(weights, dict.fromkeys(weights, shape), quiet)
    assert np.array_equal(books["a"].codebook.entries, again["a"].codebook.entries)
    small = train_books(weights, dict.fromkeys(weights, shape), quiet, largest_level=64)
    assert np.abs(small["a"].codebook.entries).max() == 64


@pytest.mark.parametrize("order", ["kernel", "inputs"])
def test_nearest_vectors_are_nearest(order: str) -> None:
    weight = RNG.standard_normal((8, 4, 3, 3)).astype(np.float32)
    shape = BookShape(4 if order == "inputs" else 9, 16, order)  # type: ignore[arg-type]
    book = train_books({"a": weight}, {"a": shape}, quiet)["a"]
    found = nearest_vectors(weight, 2, book)
    columns = column_order(weight.shape, shape.order)
    vectors = (weight.reshape(8, -1) / found.scale[:, None])[:, columns].reshape(-1, shape.width)
    entries = book.codebook.entries.astype(np.float32)
    wanted = entries[((vectors[:, None] - entries[None]) ** 2).sum(axis=2).argmin(axis=1)]
    assert np.array_equal(found.levels.reshape(8, -1)[:, columns].reshape(-1, shape.width), wanted)


def test_an_all_zero_layer_and_constant_channels_stay_finite() -> None:
    weight = np.zeros((4, 4, 3, 3), np.float32)
    weight[1] = 0.5
    book = train_books({"a": weight}, {"a": BookShape(4, 16, "inputs")}, quiet)["a"]
    found = nearest_vectors(weight, 2, book)
    assert np.allclose(found.dequantized()[1], 0.5, rtol=0.01)
    assert np.all(np.isfinite(found.dequantized()))
    nothing = train_books({"a": np.zeros((4, 4, 3, 3), np.float32)}, {"a": BookShape(4, 16, "inputs")}, quiet)["a"]
    assert not nearest_vectors(np.zeros((4, 4, 3, 3), np.float32), 2, nothing).dequantized().any()


def test_losses_of_vectors_are_the_quadratic_form() -> None:
    target, moment = problem(5, 24)
    entries = RNG.integers(-127, 128, (32, 4)).astype(np.int8)
    scales = np.array([[0.01, 0.02]] * 5, np.float32)
    levels, losses = round_vectors_with_feedback(target, compensation_factor(moment), scales, entries)
    for candidate in range(2):
        wanted = quadratic(levels[:, candidate], scales[:, candidate], target, moment)
        assert np.allclose(losses[:, candidate], wanted, rtol=2e-3)
    rows = {tuple(row) for row in entries}
    assert all(tuple(vector) in rows for vector in levels.reshape(-1, 4))


def test_vectors_of_one_weight_are_ordinary_error_feedback() -> None:
    target, moment = problem(6, 20)
    grid = weight_grids(3)[0]
    entries = np.arange(grid.lowest, grid.highest + 1).astype(np.int8)[:, None]
    scales = np.full((6, 1), 0.4, np.float32)
    factor = compensation_factor(moment)
    assert np.array_equal(
        round_vectors_with_feedback(target, factor, scales, entries)[0],
        round_with_feedback(target, factor, scales, grid)[0],
    )


def test_improving_only_lowers_the_error_and_ends_where_no_single_vector_can_be_bettered() -> None:
    target, moment = problem(6, 16)
    entries = RNG.integers(-127, 128, (16, 4)).astype(np.int8)
    scale = np.full(6, 0.012, np.float32)
    start = round_vectors_with_feedback(target, compensation_factor(moment), scale[:, None], entries)[0][:, 0]
    found = improve_vectors(start, target, moment, scale, entries, sweeps=50)
    error = quadratic(found, scale, target, moment)
    assert np.all(error <= quadratic(start, scale, target, moment) * (1 + 1e-4))
    for place in range(0, 16, 4):
        for entry in entries:
            other = found.copy()
            other[:, place : place + 4] = entry
            assert np.all(quadratic(other, scale, target, moment) >= error * (1 - 1e-3))


def test_a_book_must_hold_the_vectors_it_is_asked_for() -> None:
    book = TrainedBook(VectorCodebook(np.array([[1, 2], [3, 4]], np.int8), "kernel"), 1.0)
    found = nearest_vectors(np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), 1, book)
    assert {tuple(row) for row in found.levels.reshape(-1, 2)} <= {(1, 2), (3, 4)}
