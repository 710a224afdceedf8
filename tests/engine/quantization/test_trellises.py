"""Trellis codes: against all circular paths there are, against what theory allows, and by their effect on a layer."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from nnopt_gui.engine.onnx_graph.trellis_codes import windows
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.quantization.error_feedback import compensation_factor, damped
from nnopt_gui.engine.quantization.trellis_rounding import code_with_feedback
from nnopt_gui.engine.quantization.trellises import TrainedTrellis, nearest_path, train_trellises

QUIET = SilentReporter()
LLOYD_MAX = {1: 0.3634, 2: 0.1175, 3: 0.03454}  # the least error of single levels on a bell curve (Max, 1960)


def trained(bits: int, length: int) -> TrainedTrellis:
    weight = np.random.default_rng(0).standard_normal((64, 512)).astype(np.float32)
    return train_trellises({"a": weight}, {"a": (bits, length)}, QUIET.checkpoint)["a"]


@pytest.mark.parametrize(("bits", "length"), [(1, 16), (2, 8)])
def test_no_circle_that_starts_as_the_path_does_is_nearer(bits: int, length: int) -> None:
    found = trained(bits, length)
    values = np.random.default_rng(1).standard_normal((length, 20)).astype(np.float32)
    importance = np.random.default_rng(2).uniform(0.5, 2.0, length).astype(np.float32)
    every = np.array(list(product(range(2**bits), repeat=length)), np.uint8).T
    levels, chosen = windows(every, bits, length), windows(found.nearest(values, importance)[0], bits, length)
    for index in range(values.shape[1]):
        start = chosen[0, index] % 2 ** (8 - bits)
        rivals = found.trellis.table[levels[:, levels[0] % 2 ** (8 - bits) == start]]
        errors = (importance[:, None] * (rivals - values[:, index, None]) ** 2).sum(axis=0)
        own = (importance * (found.trellis.table[chosen[:, index]] - values[:, index]) ** 2).sum()
        assert own == pytest.approx(errors.min(), rel=1e-4)


@pytest.mark.parametrize("bits", [1, 2, 3])
def test_the_error_on_a_bell_curve_lies_between_single_levels_and_the_bound(bits: int) -> None:
    """Shannon's bound for a Gaussian source is 4**-bits."""
    weight = np.random.default_rng(3).standard_normal((64, 300)).astype(np.float32)
    found = nearest_path(weight, trained(bits, 64))
    error = float(((found.dequantized() - weight) ** 2).mean() / (weight**2).mean())
    assert 4.0**-bits < error < 0.85 * LLOYD_MAX[bits]


def test_coding_minds_the_inputs_and_keeps_to_the_least_scale() -> None:
    rng, book = np.random.default_rng(4), trained(2, 32)
    weight = rng.standard_normal((32, 48)).astype(np.float32)
    inputs = (rng.standard_normal((2000, 48)) @ rng.standard_normal((48, 48))).astype(np.float32)
    moment = damped(inputs.T @ inputs, len(inputs))

    def error(rounded: np.ndarray) -> float:
        return float((((weight - rounded) @ moment) * (weight - rounded)).sum())

    plain = error(nearest_path(weight, book).dequantized())
    scale = weight.std(axis=1)
    found = code_with_feedback(weight, moment, compensation_factor(moment), scale, book)
    assert error(found.rounded) < 0.7 * plain
    assert np.allclose(book.codes(found.codes).levels(2) * (found.scale * book.step)[:, None], found.rounded, rtol=1e-5)
    least = np.full(32, 2.0 * book.step, np.float32)
    held = code_with_feedback(weight, moment, compensation_factor(moment), scale, book, least)
    assert np.all(held.scale * book.step >= 0.999 * least)


def test_channels_of_zeros_and_wild_scales_stay_finite() -> None:
    weight = np.random.default_rng(5).standard_normal((32, 16)).astype(np.float32)
    weight[3], weight[7] = 0.0, weight[7] * 1e30
    weight[8] *= 1e-30
    book = train_trellises({"a": weight}, {"a": (2, 32)}, QUIET.checkpoint)["a"]
    assert np.isfinite(nearest_path(weight, book).dequantized()).all()
    moment = damped(np.eye(16, dtype=np.float32), 16)
    found = code_with_feedback(weight, moment, compensation_factor(moment), np.abs(weight).mean(axis=1) + 1e-35, book)
    assert np.isfinite(found.rounded).all()
    assert np.isfinite(found.scale).all()
