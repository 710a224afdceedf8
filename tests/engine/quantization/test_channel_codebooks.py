"""Levels of each channel's own: k-means, rounding by effect, tuning, bytes, and the packed file."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper

from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.packing import expand
from nnopt_gui.engine.onnx_graph.runtime_passes import optimized, run
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.quantization.calibration import collect_ranges
from nnopt_gui.engine.quantization.channel_codebooks import (
    TableGrid,
    channel_centres,
    nearest_entries_of_channels,
    refitted_centres,
)
from nnopt_gui.engine.quantization.post_training import quantize_graph
from nnopt_gui.engine.quantization.reconstruction import reconstruct
from nnopt_gui.engine.quantization.tunable_layers import TableLayer
from nnopt_gui.engine.quantization.weights import quantize_weight
from nnopt_gui.engine.recipe import Method, Quantize
from nnopt_gui.engine.weight_plan import LayerShape, plan_weights
from nnopt_gui.errors import ModelError, RecipeError

from .small_networks import graph_of, images, logits, relative_error

QUIET = SilentReporter()
OWN = Method(scheme="channel_codebook", effort="fast")
RNG = np.random.default_rng(0)
WEIGHT = (RNG.standard_normal((6, 30, 3, 3)) * np.exp(RNG.standard_normal((6, 1, 1, 1)))).astype(np.float32)


def squared(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.square(a.astype(np.float64) - b).sum())


def wide(seed: int = 0) -> FloatGraph:
    """Two convolutions with 27 and 576 inputs, and a linear layer with 2,560."""
    rng = np.random.default_rng(seed)
    tensors = {
        "a.w": rng.standard_normal((64, 3, 3, 3)) / 5, "a.b": 0.1 * rng.standard_normal(64),
        "b.w": rng.laplace(size=(40, 64, 3, 3)) / 30, "b.b": 0.1 * rng.standard_normal(40),
        "fc.w": rng.laplace(size=(5, 2560)) / 50, "fc.b": rng.standard_normal(5),
    }  # fmt: skip
    nodes = [
        helper.make_node("Conv", ["input", "a.w", "a.b"], ["c"], name="a", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["d"], name="r1"),
        helper.make_node("Conv", ["d", "b.w", "b.b"], ["e"], name="b"),
        helper.make_node("Relu", ["e"], ["f"], name="r2"),
        helper.make_node("Flatten", ["f"], ["g"], name="flat"),
        helper.make_node("Gemm", ["g", "fc.w", "fc.b"], ["logits"], name="fc", transB=1),
    ]
    return graph_of(nodes, {name: np.asarray(value, np.float32) for name, value in tensors.items()})


@pytest.mark.parametrize(("bits", "distortion"), [(2, 0.1175), (3, 0.03454), (4, 0.009497)])
def test_centres_of_a_bell_curve_are_those_of_the_tables(bits: int, distortion: float) -> None:
    """Max, "Quantizing for minimum distortion", 1960, table I."""
    rows = np.random.default_rng(1).standard_normal((2, 200_000)).astype(np.float32) * [[1.0], [3.0]]
    centres = channel_centres(rows.astype(np.float32), bits)
    for row, own, spread in zip(rows, centres, (1.0, 9.0), strict=True):
        nearest = own[np.searchsorted((own[1:] + own[:-1]) / 2, row)]
        assert np.mean((row - nearest) ** 2) / spread == pytest.approx(distortion, rel=0.02)


@given(st.integers(0, 10_000), st.integers(2, 4))
def test_importance_counts_like_that_many_values(seed: int, bits: int) -> None:
    rng = np.random.default_rng(seed)
    row, times = rng.standard_normal((1, 60)).astype(np.float32), rng.integers(1, 5, 60)
    weighted, repeated = channel_centres(row, bits, times), channel_centres(np.repeat(row, times, axis=1), bits)

    def loss(centres: np.ndarray) -> float:
        return float((times * np.abs(row[0][:, None] - centres[0]).min(axis=1) ** 2).sum())

    assert np.all(np.diff(weighted) >= 0)
    assert loss(weighted) == pytest.approx(loss(repeated), rel=0.5)  # other starts, so other local optima
    kept = rng.random(row.shape) > 0.5
    alone = channel_centres(row[kept][None], bits)
    assert np.isfinite(channel_centres(row, bits, times, kept)).all()
    assert alone.shape == (1, 2**bits)


@pytest.mark.parametrize("bits", [2, 3, 4])
def test_levels_of_a_channels_own_beat_even_ones(bits: int) -> None:
    found, even = nearest_entries_of_channels(WEIGHT, bits), quantize_weight(WEIGHT, bits)
    assert squared(found.dequantized(), WEIGHT) < 0.85 * squared(even.dequantized(), WEIGHT)
    assert found.table is not None
    assert (found.table.shape, found.table.dtype) == ((6, 2**bits), np.int8)
    assert np.all(np.diff(found.table.astype(int), axis=1) >= 0)
    grid = TableGrid(found.table)
    rows = found.dequantized().reshape(6, -1)
    assert np.array_equal(grid.levels(rows, found.scale[:, None]), found.levels.reshape(6, -1)), "idempotent"
    line = np.broadcast_to(np.linspace(-9, 9, 301, dtype=np.float32), (6, 301))
    rounded = grid.levels(line, found.scale[:, None]).astype(float)
    assert np.all(np.diff(rounded, axis=1) >= 0), "monotone"
    gaps = np.abs(found.table[:, None].astype(float) - (line / found.scale[:, None])[:, :, None]).min(axis=2)
    assert np.allclose(np.abs(rounded - line / found.scale[:, None]), gaps, atol=1e-4), "nearest"


def test_pruned_weights_are_exactly_zero_and_take_no_part() -> None:
    kept = RNG.random(WEIGHT.shape) > 0.7
    found = nearest_entries_of_channels(WEIGHT, 2, kept, largest_level=64)
    assert not found.levels[~kept].any()
    assert np.abs(found.levels.astype(int)).max() <= 64
    alone = nearest_entries_of_channels(WEIGHT[:1][kept[:1]][None], 2)
    mine = squared(found.dequantized()[:1][kept[:1]], WEIGHT[:1][kept[:1]])
    assert mine == pytest.approx(squared(alone.dequantized()[0], WEIGHT[:1][kept[:1]]), rel=0.1)


def test_odd_weights() -> None:
    for weight in (np.zeros((3, 40)), np.full((2, 40), -0.25), np.full((2, 40), 1e30), np.full((2, 40), 1e-40)):
        found = nearest_entries_of_channels(weight.astype(np.float32), 3)
        assert np.all(np.isfinite(found.dequantized()))
        assert np.all(found.scale > 0)
        assert np.allclose(found.dequantized(), weight, rtol=1e-2, atol=1e-37)
    least = nearest_entries_of_channels(WEIGHT, 3, None, np.full(6, 7.0, np.float32))
    assert np.all(least.scale >= 7.0)
    for bad in (np.nan, np.inf):
        with pytest.raises(ModelError):
            nearest_entries_of_channels(np.array([[1.0, bad]], np.float32), 2)
        with pytest.raises(ValueError, match="finite"):
            TableGrid(np.array([[-1, 1]], np.int8)).levels(np.array([[bad]]), np.float32(1))


def test_refitting_is_least_squares() -> None:
    rng = np.random.default_rng(3)
    inputs = rng.standard_normal((200, 12)) @ rng.standard_normal((12, 12))
    target, codes = rng.standard_normal((5, 12)).astype(np.float32), rng.integers(0, 3, (5, 12))
    found = refitted_centres(target, codes, 4, [np.arange(12)], [inputs.T @ inputs])
    for row in range(5):
        columns = np.stack([inputs[:, codes[row] == code].sum(axis=1) for code in range(3)], axis=1)
        wanted = np.linalg.lstsq(columns, inputs @ target[row], rcond=None)[0]
        assert np.allclose(found[row, :3], wanted, rtol=1e-2, atol=1e-3)
    assert np.isnan(found[:, 3]).all(), "no weight takes it"


def test_only_layers_in_which_tables_pay_have_them() -> None:
    layers = [
        LayerShape("first", (64, 3, 3, 3)), LayerShape("narrow", (64, 16, 3, 3)), LayerShape("middle", (64, 32, 3, 3)),
        LayerShape("wide", (64, 128, 3, 3)), LayerShape("deep", (64, 1, 3, 3), 64), LayerShape("last", (10, 4096)),
    ]  # fmt: skip
    for bits, wanted in ((2, {"middle", "wide"}), (3, {"wide"}), (4, {"wide"})):
        method = Method(scheme="channel_codebook", edges="8bit")
        forms = plan_weights(layers, Quantize(bits, 8, method))
        assert {name for name, form in forms.items() if form.tables} == wanted
    for refused in (Quantize(5, 8, OWN), Quantize(3, 8, replace(OWN, form="int4"))):
        with pytest.raises(RecipeError, match="pays for itself"):
            plan_weights(layers, refused)
    for settings in ({"rounding": "learned"}, {"rounding": "blockwise"}, {"granularity": "group"}):
        with pytest.raises(RecipeError):
            replace(OWN, **settings)


@pytest.mark.parametrize(("bits", "sparse"), [(2, False), (3, True), (4, False)])
def test_a_packed_file_is_the_plain_file_bit_for_bit(bits: int, sparse: bool) -> None:
    graph, batch = wide(), images(16, seed=5)
    ranges = collect_ranges(graph, [images(24)], QUIET)
    masks = {name: np.abs(w) >= np.quantile(np.abs(w), 0.6) for name, w in graph.weights().items()} if sparse else None
    packed = quantize_graph(graph, Quantize(bits, 8, OWN), ranges, masks, QUIET)
    plain = quantize_graph(graph, Quantize(bits, 8, replace(OWN, form="int8")), ranges, masks, QUIET)
    onnx.checker.check_model(packed, full_check=True)
    wanted = run(plain, {"input": batch})[0]
    for model in (packed, expand(packed)):
        assert np.array_equal(run(model, {"input": batch})[0], wanted)
        kinds = Counter(node.op_type for node in optimized(model).graph.node)
        assert (kinds["QLinearConv"], kinds["QGemm"]) == (2, 1)
        assert not kinds.keys() & {"GatherElements", "Gather", "Conv"}
    assert packed.ByteSize() < plain.ByteSize()
    even = quantize_graph(graph, Quantize(bits, 8, replace(OWN, scheme="symmetric")), ranges, masks, QUIET)
    mine, theirs = (relative_error(run(m, {"input": batch})[0], logits(graph, batch)) for m in (packed, even))
    assert mine < (1.2 if sparse else 1.0) * theirs


def test_rounding_by_effect_and_tuning_keep_to_the_tables() -> None:
    graph = wide()
    found = reconstruct(
        graph, {"a": 8, "b": 3, "fc": 3}, images(64), None, QUIET, own_levels={"b", "fc"}, largest_level=64
    )
    for name in ("b", "fc"):
        weight = found.weights[name]
        tunable = TableLayer(weight, torch.device("cpu"))
        start = tunable.weight().detach().numpy()
        assert np.allclose(start, weight.dequantized(), atol=1e-5)
        assert squared(tunable.quantized().dequantized(), start) < 1e-4 * squared(start, 0 * start)
        target, (latent, entries) = torch.from_numpy(graph.weights()[name].copy()), tunable.parameters()
        for step in range(20):
            loss = ((tunable.weight() - target) ** 2).sum()
            toward_entries, toward_latent = torch.autograd.grad(loss, [entries, latent])
            entries.data -= 0.01 * (1 - step / 20) * toward_entries.sign()
            assert torch.equal(toward_latent != 0, (tunable.weight() != target).reshape(toward_latent.shape))
        moved = tunable.quantized()
        assert squared(moved.dequantized(), target.numpy()) < squared(start, target.numpy())
        assert moved.table is not None
        rows = moved.levels.reshape(len(moved.scale), -1)
        assert all(np.isin(row, table).all() for row, table in zip(rows, moved.table, strict=True))
        assert np.abs(moved.levels.astype(int)).max() <= 64
