"""Volumes against counting cells and against Optuna's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna._hypervolume import compute_hypervolume

from nnopt_gui.engine.study.hypervolume import gain, hypervolume, nondominated

Points = list[tuple[int, ...]]


@given(st.integers(1, 4).flatmap(lambda d: st.lists(st.tuples(*[st.integers(0, 6)] * d), min_size=1, max_size=8)))
def test_it_is_the_number_of_dominated_cells(points: Points) -> None:
    dimensions = len(points[0])
    cells = np.indices((6,) * dimensions).reshape(dimensions, -1).T  # by their lower corners
    dominated = np.zeros(len(cells), dtype=bool)
    for point in points:
        dominated |= (cells >= np.array(point)).all(axis=1)
    assert hypervolume(np.array(points, float), np.full(dimensions, 6.0)) == dominated.sum()


@pytest.mark.parametrize("dimensions", [2, 3])
def test_it_agrees_with_optuna(dimensions: int) -> None:
    points = np.random.default_rng(0).random((40, dimensions))
    reference = np.full(dimensions, 1.1)
    assert hypervolume(points, reference) == pytest.approx(compute_hypervolume(points, reference), rel=1e-12)


def test_a_gain_is_the_difference_of_two_volumes() -> None:
    rng = np.random.default_rng(1)
    front, reference = rng.random((10, 3)), np.ones(3)
    for point in rng.random((20, 3)) * 1.2:
        both = hypervolume(np.vstack([front, point]), reference)
        assert gain(point, front, reference) == pytest.approx(both - hypervolume(front, reference), abs=1e-12)
    assert gain(np.full(3, 0.5), np.zeros((0, 3)), reference) == pytest.approx(0.125)


def test_nothing_outside_counts_and_nan_is_refused() -> None:
    assert hypervolume(np.array([[2.0, 0.0]]), np.ones(2)) == 0
    assert hypervolume(np.zeros((0, 2)), np.ones(2)) == 0
    assert nondominated(np.array([[1.0, 2.0], [1.0, 2.0], [2.0, 1.0], [2.0, 2.0]])).tolist() == [[1, 2], [2, 1]]
    with pytest.raises(ValueError, match="NaN"):
        hypervolume(np.array([[np.nan, 0.0]]), np.ones(2))
