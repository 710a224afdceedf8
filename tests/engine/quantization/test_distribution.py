"""Distributions against closed forms and independent computations."""

from __future__ import annotations

import json
import math

import numpy as np
import onnx
import pytest
from onnx import helper

from nnopt_gui.engine.layer_distribution import MAX_SQNR_DB, LayerDistribution, fit_at, levels_of
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph, find_layers
from nnopt_gui.engine.onnx_graph.tensors import constant
from nnopt_gui.engine.progress import Cancelled, SilentReporter
from nnopt_gui.engine.quantization.activation_distribution import analyse_activations
from nnopt_gui.engine.quantization.calibration import collect_ranges
from nnopt_gui.engine.quantization.distribution import (
    LAYER_BINS,
    MOST_CHANNELS,
    MOST_RANGES,
    analyse_weights,
)
from nnopt_gui.engine.quantization.grids import fake_quantize
from nnopt_gui.engine.quantization.weights import quantize_weight
from nnopt_gui.engine.recipe import Method
from nnopt_gui.errors import ModelError

QUIET = SilentReporter()


def graph_of(*weights: np.ndarray) -> FloatGraph:
    """Layers with these weights, output channels first; nobody runs it."""
    nodes, tensors = [], []
    for index, weight in enumerate(weights):
        kind = "Conv" if weight.ndim == 4 else "Gemm"
        attributes = {} if weight.ndim == 4 else {"transB": 1}
        nodes.append(helper.make_node(kind, [f"x{index}", f"w{index}"], [f"x{index + 1}"], f"l{index}", **attributes))
        tensors.append(constant(f"w{index}", np.asarray(weight, np.float32)))
    model = helper.make_model(helper.make_graph(nodes, "g", [], [], tensors))
    return FloatGraph(model, find_layers(model), (1, 1, 1), 1)


def analyse(weight: np.ndarray, **options: object) -> LayerDistribution:
    return analyse_weights(graph_of(weight), QUIET, **options)[0]  # type: ignore[arg-type]


def bell(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


# -- closed forms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [1, 3, 4, 5, 6, 7, 8])
def test_uniform_weights_gain_six_decibels_a_bit(bits: int) -> None:
    """N even steps over a uniform distribution: signal/error = N², with N = 2^b − 1 levels around 0 (2 at one bit)."""
    found = analyse(np.random.default_rng(1).uniform(-1, 1, (4, 20_000)), bits=(bits,)).sqnr_db(bits)
    assert found == pytest.approx(20 * math.log10(2 if bits == 1 else 2**bits - 1), abs=0.15)


def best_for_a_bell(reach: int) -> float:
    """The SQNR of the best even grid −reach … reach for a standard normal, by integrating over its density."""
    x = np.linspace(-8, 8, 40_001)
    density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    errors = [
        np.trapezoid(density * (x - step * np.clip(np.rint(x / step), -reach, reach)) ** 2, x)
        for step in np.geomspace(0.2, 1.5, 200) * 4 / (reach + 1)
    ]
    return -10 * math.log10(min(errors))


@pytest.mark.parametrize("bits", [3, 4, 5, 6])
def test_a_bell_curve_reaches_the_best_even_grid(bits: int) -> None:
    found = analyse(bell(4, 30_000), bits=(bits,)).sqnr_db(bits)
    assert found == pytest.approx(best_for_a_bell(2 ** (bits - 1) - 1), abs=0.15)


def test_one_bit_of_a_bell_curve() -> None:
    """±E|x| leaves 1 − 2/π of the energy."""
    assert analyse(bell(4, 30_000)).sqnr_db(1) == pytest.approx(-10 * math.log10(1 - 2 / math.pi), abs=0.05)


def test_kurtosis_of_known_distributions() -> None:
    rng = np.random.default_rng(2)
    for values, kurtosis in (
        (rng.uniform(-1, 1, (4, 50_000)), -1.2),
        (rng.standard_normal((4, 50_000)), 0.0),
        (rng.laplace(size=(4, 50_000)), 3.0),
        (np.tile([-1.0, 1.0], (4, 100)), -2.0),
    ):
        assert analyse(values, bits=(4,)).spread.kurtosis == pytest.approx(kurtosis, abs=0.25)


def test_outliers_are_counted() -> None:
    values = bell(1, 10_000)
    assert analyse(values, bits=(4,)).spread.outliers < 3e-4
    values[0, :50] = 100.0
    assert analyse(values, bits=(4,)).spread.outliers == pytest.approx(50 / 10_000, abs=3e-4)
    values[0, 1000:] = 0.0  # pruned: neither outliers nor part of the measure
    found = analyse(values, bits=(4,)).spread
    assert found.outliers == pytest.approx(50 / 10_000, abs=3e-4) and found.zeros == 0.9


# -- independent computations ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", range(1, 9))
def test_sqnr_and_levels_are_those_of_the_quantised_weight(bits: int) -> None:
    weight = bell(6, 5, 3, 3) * np.linspace(0.2, 3, 6, dtype=np.float32).reshape(6, 1, 1, 1)
    found = analyse(weight)
    rounded = quantize_weight(weight, bits).dequantized()
    signal, error = (np.sum(x.astype(np.float64) ** 2) for x in (weight, weight - rounded))
    assert found.sqnr_db(bits) == pytest.approx(10 * math.log10(signal / error), abs=1e-4)
    assert len(found.channels) == 6
    for channel in found.channels:
        levels = np.array(levels_of(channel, bits))
        used = np.unique(rounded[channel.index])
        assert np.abs(used[:, None] - levels).min(axis=1).max() <= 1e-6 * np.abs(weight).max()
        assert np.all(np.diff(levels) > 0) and len(levels) <= 2**bits
    assert levels_of(found, bits) in {levels_of(channel, bits) for channel in found.channels}


@pytest.mark.parametrize(
    "method",
    [
        Method(scheme="affine"),
        Method(scheme="power_of_two"),
        Method(scheme="logarithmic"),
        Method(granularity="tensor"),
        Method(weight_range="minmax"),
    ],
)
def test_other_grids(method: Method) -> None:
    weight = np.abs(bell(4, 64)) + 0.1
    found = analyse(weight, method=method)
    assert [fit.bits for fit in found.fits] == list(range(1, 5 if method.scheme == "logarithmic" else 9))
    for bits in (2, 4):
        rounded = quantize_weight(
            weight, bits, method.weight_range, scheme=method.scheme, granularity=method.granularity
        ).dequantized()
        for channel in found.channels:
            levels = np.array(levels_of(channel, bits))
            assert np.abs(rounded[channel.index][:, None] - levels).min(axis=1).max() < 1e-6
    assert levels_of(found, 16) == ()


def test_logarithmic_levels_are_powers_of_two() -> None:
    levels = levels_of(analyse(bell(4, 64), method=Method(scheme="logarithmic")), 3)
    assert [round(level / levels[-1] * 4, 6) for level in levels] == [-4, -2, -1, 0, 1, 2, 4]


def test_groups_and_codebooks_are_judged_by_even_levels() -> None:
    usual = analyse(bell(4, 128))
    assert analyse(bell(4, 128), method=Method(granularity="group")) == usual
    assert analyse(bell(4, 128), method=Method(scheme="codebook")) == usual


def test_histogram_and_channels() -> None:
    weight = bell(20, 3, 3, 3)
    weight[7] *= 10
    found = analyse(weight)
    counts, edges = np.histogram(weight.astype(np.float64), bins=LAYER_BINS)
    assert found.spread.counts == tuple(counts) and np.allclose(found.spread.edges, edges)
    assert np.allclose(found.channel_low, weight.reshape(20, -1).min(axis=1))
    assert np.allclose(found.channel_high, weight.reshape(20, -1).max(axis=1))
    assert found.widest_channel == 7 and found.widest > 5
    ranked = [channel.fits[3].sqnr_db for channel in found.channels]
    assert ranked == sorted(ranked) and len(ranked) == MOST_CHANNELS
    for channel in found.channels:
        assert sum(channel.spread.counts) == 27
        assert channel.spread.std == pytest.approx(float(weight[channel.index].astype(np.float64).std()))


def test_large_layers_are_sampled_and_bounded() -> None:
    weight = bell(4096, 256) * np.random.default_rng(5).uniform(0.5, 2, (4096, 1)).astype(np.float32)
    found = analyse(weight, bits=(4,))
    assert found.sampled == 0.25 and "25 % of the channels" in found.suggestion.text  # type: ignore[union-attr]
    rounded = quantize_weight(weight, 4).dequantized()
    exact = 10 * math.log10(np.sum(weight**2) / np.sum((weight - rounded) ** 2))
    assert found.sqnr_db(4) == pytest.approx(exact, abs=0.1)
    assert sum(found.spread.counts) == weight.size == found.count
    assert len(found.channel_low) == MOST_RANGES and min(found.channel_low) == float(weight.min())
    assert found.spread.std == pytest.approx(float(weight.astype(np.float64).std()))


# -- odd weights -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "weight",
    [
        np.zeros((3, 4)),
        np.full((3, 4), 0.7),
        np.full((1, 1), -2.0),
        np.zeros((1, 1)),
        np.full((2, 3), 1e-42),
        np.array([[1e38, -1e38, 3e37], [1e-30, 0.0, 1e-38]]),
        np.array([[0.0, 0.0, 0.0, 5.0]]),
        np.linspace(1.0, 1.0 + 1e-6, 8).reshape(2, 4),
    ],
    ids=["zeros", "constant", "single", "single zero", "denormal", "huge", "one weight", "almost constant"],
)
def test_odd_weights_give_finite_records_that_survive_json(weight: np.ndarray) -> None:
    found = analyse(weight)
    text = json.dumps(found.to_dict(), allow_nan=False)
    assert LayerDistribution.from_dict(json.loads(text)) == found
    assert sum(found.spread.counts) == found.count == weight.size
    assert found.spread.bins_low <= found.spread.low <= found.spread.high <= found.spread.bins_high
    assert found.spread.bins_low < found.spread.bins_high
    assert found.suggestion is not None and "{" not in found.suggestion.text


def test_what_loses_nothing_needs_the_least_width() -> None:
    zeros = analyse(np.zeros((3, 4)))
    assert {fit.sqnr_db for fit in zeros.fits} == {MAX_SQNR_DB}
    assert zeros.suggestion is not None and (zeros.suggestion.bits, zeros.spread.kurtosis) == (1, 0.0)
    signs = analyse(np.array([[0.5, -0.5, 0.5, 0.5]]))
    assert signs.suggestion is not None and signs.suggestion.bits == 1 and signs.sqnr_db(1) > 100  # type: ignore[operator]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_by_name(bad: float) -> None:
    broken = bell(3, 4)
    broken[1, 2] = bad
    with pytest.raises(ModelError, match="'l1'"):
        analyse_weights(graph_of(bell(3, 4), broken), QUIET)


def test_bits_are_checked_and_the_user_can_stop() -> None:
    with pytest.raises(ValueError, match="1 to 8"):
        analyse(bell(2, 2), bits=(4, 9))

    class Stopping(SilentReporter):
        def checkpoint(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        analyse_weights(graph_of(bell(2, 2)), Stopping())


def test_no_layers() -> None:
    assert analyse_weights(graph_of(), QUIET) == ()


# -- activations -------------------------------------------------------------------------------------------------------

IMAGES = np.random.default_rng(3).standard_normal((40, 2, 8, 8)).astype(np.float32)


def rectified() -> FloatGraph:
    tensors = [constant("w", bell(4, 2, 3, 3)), constant("v", bell(3, 4))]
    nodes = [
        helper.make_node("Conv", ["input", "w"], ["c"], "conv", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["r"], "relu"),
        helper.make_node("GlobalAveragePool", ["r"], ["p"], "pool"),
        helper.make_node("Flatten", ["p"], ["f"], "flatten"),
        helper.make_node("Gemm", ["f", "v"], ["logits"], "linear", transB=1),
    ]
    value = helper.make_tensor_value_info
    inputs = [value("input", onnx.TensorProto.FLOAT, ["n", 2, 8, 8])]
    outputs = [value("logits", onnx.TensorProto.FLOAT, ["n", 3])]
    graph = helper.make_graph(nodes, "g", inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return FloatGraph(model, find_layers(model), (2, 8, 8), 3)


def test_activations_agree_with_the_values_themselves() -> None:
    ranges = collect_ranges(rectified(), [IMAGES], QUIET)
    found = {record.name: record for record in analyse_activations(ranges, QUIET)}
    assert set(found) == set(ranges.observers)
    record = found["input"]
    values = IMAGES.astype(np.float64)
    assert (record.spread.low, record.spread.high) == (float(IMAGES.min()), float(IMAGES.max()))
    assert record.spread.mean == pytest.approx(values.mean(), abs=1e-3)
    assert record.spread.std == pytest.approx(values.std(), rel=1e-3)
    assert record.spread.kurtosis == pytest.approx(0.0, abs=0.2)
    assert sum(record.spread.counts) == values.size
    for bits in (2, 4, 8):
        error = values - fake_quantize(IMAGES, ranges.grids(bits)["input"])
        exact = 10 * math.log10((values**2).sum() / (error**2).sum())
        assert record.sqnr_db(bits) == pytest.approx(exact, abs=0.2)
        levels = levels_of(record, bits)
        assert len(levels) == 2**bits and 0.0 in levels
        fit = fit_at(record.fits, bits)
        assert fit is not None and fit.limits == (levels[0], levels[-1])
        beyond = (values < levels[0] - fit.scale / 2) | (values > levels[-1] + fit.scale / 2)
        assert fit.outside == pytest.approx(beyond.mean(), abs=2e-3)


def test_ranges_of_activations_are_those_of_the_method() -> None:
    ranges = collect_ranges(rectified(), [IMAGES], QUIET)
    method = Method(activation_range="percentile", activation_scheme="power_of_two")
    for record in analyse_activations(ranges, QUIET, (4, 8), method):
        grid = ranges.grids(4, "percentile", "power_of_two")[record.name]
        fit = fit_at(record.fits, 4)
        assert fit is not None and fit.limits == grid.limits and np.frexp(fit.scale)[0] == 0.5


def test_a_rectifiers_zeros_are_told_apart() -> None:
    ranges = collect_ranges(rectified(), [IMAGES], QUIET)
    record = {found.name: found for found in analyse_activations(ranges, QUIET)}["r"]
    assert 0.3 < record.spread.zeros < 0.7 and record.spread.low == 0.0
    assert sum(record.spread.counts) + round(record.spread.zeros * record.count) == record.count
    assert record.suggestion is None
    assert LayerDistribution.from_dict(json.loads(json.dumps(record.to_dict(), allow_nan=False))) == record


def test_heavy_tails_and_wide_channels_cost_bits_and_are_named() -> None:
    plain, tailed = bell(64, 64, 3, 3), bell(64, 64, 3, 3, seed=1) ** 3
    wide = bell(64, 64, 3, 3, seed=2)
    wide[5] *= 40
    small, tail, broad = analyse_weights(graph_of(plain, tailed, wide), QUIET)
    assert small.suggestion is not None and tail.suggestion is not None and broad.suggestion is not None
    assert tail.suggestion.bits > small.suggestion.bits == broad.suggestion.bits == 4  # each channel has its scale
    assert "Heavy tails" in tail.suggestion.text and "Channel 5 reaches" in broad.suggestion.text
    shared = analyse_weights(graph_of(plain, tailed, wide), QUIET, method=Method(granularity="tensor"))[2]
    assert shared.channels[0].index != 5 and shared.channels[0].fits[3].sqnr_db < 0.5  # the others drown
