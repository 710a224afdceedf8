from __future__ import annotations

import itertools

import numpy as np
import pytest
from onnx import helper

from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.quantized import least_weight_scales, write_weight_only_graph
from nnopt_gui.engine.onnx_graph.runtime_passes import run
from nnopt_gui.engine.progress import Cancelled, SilentReporter
from nnopt_gui.engine.quantization.calibration import collect_ranges, with_outputs
from nnopt_gui.engine.quantization.learned_rounding import iterations_for, learn_rounding
from nnopt_gui.engine.quantization.reconstruction import Reconstruction
from nnopt_gui.engine.quantization.weights import quantize_weight
from nnopt_gui.engine.recipe import Scheme

from .small_networks import every_kind_of_layer, graph_of, images, logits, relative_error

QUIET = SilentReporter()
IMAGES = images(128)
UNSEEN = images(256, seed=9)
STEPS = 80


def learned(graph: FloatGraph, bits: int, iterations: int = STEPS) -> Reconstruction:
    return learn_rounding(
        graph, {layer.name: bits for layer in graph.layers}, IMAGES, None, QUIET, iterations=iterations
    )


def error(graph: FloatGraph, found: Reconstruction) -> float:
    model = write_weight_only_graph(graph, found.weights, found.biases)
    return relative_error(np.asarray(run(model, {"input": UNSEEN})[0]), logits(graph, UNSEEN))


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_learned_rounding_beats_the_nearest_level(bits: int) -> None:
    graph = every_kind_of_layer()
    found = learned(graph, bits)
    nearest = {name: quantize_weight(weight, bits) for name, weight in graph.weights().items()}
    assert error(graph, found) < 0.9 * error(graph, Reconstruction(nearest, {}))
    assert found.biases.keys() == graph.biases().keys()
    for name, weight in found.weights.items():
        assert weight.bits == bits
        assert np.array_equal(weight.scale, nearest[name].scale)
        if bits == 1:
            assert np.array_equal(np.unique(weight.levels), [-1, 1])
        else:
            lowest = -2 if bits == 2 else 1 - 2 ** (bits - 1)
            assert lowest <= weight.levels.min() < 0 < weight.levels.max() <= 2 ** (bits - 1) - 1
            assert np.abs(weight.levels.astype(int) - nearest[name].levels).max() == 1


def test_eight_bits_are_nearly_as_good_as_float() -> None:
    graph = every_kind_of_layer()
    assert error(graph, learned(graph, 8, 20)) < 0.02


@pytest.mark.parametrize("relu", [False, True])
def test_the_choice_is_nearly_the_best_of_all(relu: bool) -> None:
    """Six weights with one output: all 64 ways to round them can be tried."""
    rng = np.random.default_rng(5)
    weight = rng.standard_normal((1, 6)).astype(np.float32)
    between = [helper.make_node("Relu", ["y"], ["logits"], name="relu")] if relu else []
    nodes = [
        helper.make_node("Conv", ["input", "cut.w"], ["c"], name="cut", kernel_shape=[10, 10]),
        helper.make_node("Flatten", ["c"], ["f"], name="flat"),
        helper.make_node("MatMul", ["f", "w"], ["y" if relu else "logits"], name="last"),
        *between,
    ]
    basis = (rng.standard_normal((6, 3, 10, 10)) / 17).astype(np.float32)
    graph = graph_of(nodes, {"cut.w": basis, "w": np.ascontiguousarray(weight.T)}, classes=1)
    found = learn_rounding(graph, {"cut": 8, "last": 3}, IMAGES, None, QUIET, iterations=300)
    start = quantize_weight(weight, 3)
    rounded = with_outputs(write_weight_only_graph(graph, {**found.weights, "last": start}), ["f"])
    rough = run(rounded, {"input": IMAGES}, ["f"])[0]
    wanted = logits(graph, IMAGES)

    def loss(levels: np.ndarray) -> float:
        got = rough @ (levels * start.scale[:, None]).T
        got = np.maximum(got, 0) if relu else got
        return float(np.mean((got - wanted) ** 2, dtype=np.float64))

    low = np.clip(np.floor(weight / start.scale[:, None]), -3, 2)
    losses = sorted(loss(low + np.array(up)) for up in itertools.product((0, 1), repeat=6))
    mine = loss(found.weights["last"].levels.astype(np.float32))
    assert mine <= loss(start.levels.astype(np.float32)) * (1 + 1e-5)
    assert mine <= losses[3] * (1 + 1e-5), "among the best four of 64"


def test_means_are_kept() -> None:
    graph = every_kind_of_layer()
    found = learned(graph, 3)
    names = ["a", "c", "f", "h", "k"]
    wanted = run(with_outputs(graph.model, names), {"input": IMAGES}, names)
    model = write_weight_only_graph(graph, found.weights, found.biases)
    got = run(with_outputs(model, names), {"input": IMAGES}, names)
    for one, other in zip(wanted, got, strict=True):
        axes = (0, *range(2, one.ndim))
        assert np.abs(one.mean(axis=axes) - other.mean(axis=axes)).max() < 0.02 * one.std()


def test_pruned_weights_stay_zero_and_scales_above_their_limits() -> None:
    graph = every_kind_of_layer()
    masks = {name: np.abs(weight) > np.median(np.abs(weight)) for name, weight in graph.weights().items()}
    graph = graph.with_weights({name: weight * masks[name] for name, weight in graph.weights().items()})
    grids = collect_ranges(graph, [IMAGES], QUIET).grids()
    least = {name: np.maximum(limit, 0.2) for name, limit in least_weight_scales(graph, grids).items()}
    bits = {layer.name: 1 + index % 4 for index, layer in enumerate(graph.layers)}
    found = learn_rounding(graph, bits, IMAGES, grids, QUIET, masks=masks, least_scales=least, iterations=30)
    for name, weight in found.weights.items():
        assert weight.bits == bits[name]
        assert not weight.levels[~masks[name]].any()
        assert weight.levels[masks[name]].any()
        assert np.all(weight.scale >= least.get(name, np.float32(0)))


@pytest.mark.parametrize("scheme", ["affine", "power_of_two", "logarithmic"])
def test_levels_are_those_of_the_scheme(scheme: Scheme) -> None:
    graph = every_kind_of_layer()
    bits = {layer.name: 3 for layer in graph.layers}
    found = learn_rounding(graph, bits, IMAGES, None, QUIET, scheme=scheme, iterations=STEPS)
    nearest = {name: quantize_weight(weight, 3, scheme=scheme) for name, weight in graph.weights().items()}
    assert error(graph, found) < 0.9 * error(graph, Reconstruction(nearest, {}))
    for name, weight in found.weights.items():
        usual = np.arange(-4, 4)
        tables = np.broadcast_to(usual if weight.table is None else weight.table, (len(weight.scale), 8))
        for row, table in zip(weight.levels, tables, strict=True):
            assert np.isin(row, table).all(), name
        assert np.array_equal(weight.scale, nearest[name].scale)


def test_levels_of_groups_are_multiples_of_theirs() -> None:
    rng = np.random.default_rng(6)
    nodes = [
        helper.make_node("Flatten", ["input"], ["f"], name="flat"),
        helper.make_node("Gemm", ["f", "w"], ["logits"], name="fc", transB=1),
    ]
    weight = rng.standard_normal((5, 300)) * np.repeat(np.exp(rng.standard_normal((5, 10))), 30, axis=1)
    graph = graph_of(nodes, {"w": weight.astype(np.float32)})
    found = learn_rounding(graph, {"fc": 3}, IMAGES, None, QUIET, granularity="group", iterations=STEPS)
    quantized = found.weights["fc"]
    assert quantized.multipliers is not None
    assert quantized.group_size is not None
    units = np.repeat(quantized.multipliers, quantized.group_size, axis=1)[:, :300].astype(int)
    assert not np.any(quantized.levels % units)
    assert np.abs(quantized.levels // units).max() <= 3
    nearest = quantize_weight(graph.weights()["fc"], 3, granularity="group")
    assert error(graph, found) < 0.9 * error(graph, Reconstruction({"fc": nearest}, {}))


def test_the_same_inputs_give_the_same_levels() -> None:
    graph = every_kind_of_layer()
    before = graph.model.SerializeToString(deterministic=True)
    one, other = learned(graph, 3, 30), learned(graph, 3, 30)
    for name in one.weights:
        assert np.array_equal(one.weights[name].levels, other.weights[name].levels)
    for name in one.biases:
        assert np.array_equal(one.biases[name], other.biases[name])
    assert graph.model.SerializeToString(deterministic=True) == before


def test_more_effort_means_more_steps_and_large_networks_get_none() -> None:
    graph = every_kind_of_layer()
    steps = [iterations_for(graph, effort) for effort in ("fast", "balanced", "best")]
    assert steps == sorted(steps)
    assert steps[0] >= 100
    wide = graph_of(
        [
            helper.make_node("Flatten", ["input"], ["f"], name="flat"),
            helper.make_node("Gemm", ["f", "w"], ["h"], name="wide", transB=1),
            helper.make_node("Gemm", ["h", "v"], ["logits"], name="last", transB=1),
        ],
        {"w": np.zeros((150_000, 300), np.float32), "v": np.zeros((5, 150_000), np.float32)},
    )
    assert iterations_for(wide, "fast") == 0


def test_cancelling() -> None:
    class Cancelling(SilentReporter):
        calls = 0

        def checkpoint(self) -> None:
            self.calls += 1
            if self.calls > 30:
                raise Cancelled

    graph = every_kind_of_layer()
    with pytest.raises(Cancelled):
        learn_rounding(graph, {layer.name: 4 for layer in graph.layers}, IMAGES, None, Cancelling(), iterations=10**6)
