from __future__ import annotations

import numpy as np
import pytest

from nnopt_gui.engine.quantization.error_feedback import (
    compensation_factor,
    damped,
    least_squares_shift,
    round_with_feedback,
)
from nnopt_gui.engine.quantization.grids import weight_grids

RNG = np.random.default_rng(0)
GRID = weight_grids(3)[0]


def correlated_inputs(rows: int = 600, columns: int = 90) -> np.ndarray:
    return (RNG.standard_normal((rows, 12)) @ RNG.standard_normal((12, columns)) + 0.3).astype(np.float32)


def test_the_factor_is_that_of_the_inverse() -> None:
    inputs = correlated_inputs()
    moment = damped(inputs.T @ inputs, len(inputs))
    factor = compensation_factor(moment).astype(np.float64)
    assert np.allclose(np.tril(factor, -1), 0)
    assert np.allclose(factor.T @ factor @ moment, np.eye(90), atol=1e-2)


def test_without_correlation_it_is_rounding_to_nearest() -> None:
    rows = RNG.standard_normal((5, 70)).astype(np.float32)
    scales = np.full((5, 1), 0.4, np.float32)
    levels, losses = round_with_feedback(rows, np.eye(70, dtype=np.float32), scales, GRID)
    assert np.array_equal(levels[:, 0], GRID.levels(rows, np.float32(0.4)))
    assert np.allclose(losses[:, 0], ((levels[:, 0] * 0.4 - rows) ** 2).sum(axis=1), rtol=1e-4)


def test_feedback_lowers_the_error_of_the_outputs_and_reports_it_exactly() -> None:
    inputs, rows = correlated_inputs(), RNG.standard_normal((6, 90)).astype(np.float32)
    moment = damped(inputs.T @ inputs, len(inputs))
    scales = np.tile(np.array([[0.3, 0.5, 0.8]], np.float32), (6, 1))
    levels, losses = round_with_feedback(rows, compensation_factor(moment), scales, GRID)
    for index in range(3):
        error = (levels[:, index] * scales[:, [index]] - rows).astype(np.float64)
        assert np.allclose(losses[:, index], np.einsum("oi,ij,oj->o", error, moment, error), rtol=1e-2)
    best = ((inputs @ (levels[:, 1] * 0.5 - rows).T) ** 2).sum()
    nearest = ((inputs @ (GRID.levels(rows, np.float32(0.5)) * 0.5 - rows).T) ** 2).sum()
    assert best < 0.3 * nearest


def test_one_factor_per_row_is_the_same_as_rows_one_by_one() -> None:
    moments = np.stack([damped(x.T @ x, len(x)) for x in (correlated_inputs(200, 80) for _ in range(4))])
    rows = RNG.standard_normal((4, 80)).astype(np.float32)
    scales = np.full((4, 2), 0.4, np.float32)
    together, losses = round_with_feedback(rows, compensation_factor(moments), scales, GRID)
    for index in range(4):
        alone = round_with_feedback(rows[[index]], compensation_factor(moments[index]), scales[[index]], GRID)
        assert np.mean(together[index] == alone[0][0]) > 0.98
        assert np.allclose(losses[index], alone[1][0], rtol=0.05)


def test_pruned_weights_stay_zero_and_the_rest_makes_up_for_them() -> None:
    inputs, rows = correlated_inputs(), RNG.standard_normal((3, 90)).astype(np.float32)
    kept = RNG.random((3, 90)) > 0.3
    factor = compensation_factor(damped(inputs.T @ inputs, len(inputs)))
    levels = round_with_feedback(rows, factor, np.full((3, 1), 0.4, np.float32), GRID, kept)[0][:, 0]
    assert not levels[~kept].any()
    plain = ((inputs @ (np.where(kept, GRID.levels(rows, np.float32(0.4)), 0) * 0.4 - rows).T) ** 2).sum()
    assert ((inputs @ (levels * 0.4 - rows).T) ** 2).sum() < 0.8 * plain


def test_the_shift_is_ridge_regression() -> None:
    inputs, residual = correlated_inputs(300, 20), RNG.standard_normal((300, 4)).astype(np.float32)
    moment = damped(inputs.T @ inputs, len(inputs))
    weight = float(moment[0, 0] - (inputs.T @ inputs)[0, 0])
    stacked = np.concatenate([inputs, np.sqrt(weight) * np.eye(20)])
    wanted = np.linalg.lstsq(stacked, np.concatenate([residual, np.zeros((20, 4))]), rcond=None)[0]
    assert np.allclose(least_squares_shift(moment, inputs.T @ residual), wanted, atol=1e-3)


def test_it_can_be_stopped() -> None:
    class StoppedError(Exception):
        pass

    def stop() -> None:
        raise StoppedError

    rows = np.ones((1, 4), np.float32)
    with pytest.raises(StoppedError):
        round_with_feedback(rows, np.eye(4, dtype=np.float32), np.ones((1, 1), np.float32), GRID, checkpoint=stop)
