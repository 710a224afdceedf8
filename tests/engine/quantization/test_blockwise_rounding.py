from __future__ import annotations

import numpy as np
import pytest
from onnx import helper

from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.quantized import least_weight_scales, write_weight_only_graph
from nnopt_gui.engine.onnx_graph.regions import find_regions
from nnopt_gui.engine.onnx_graph.runtime_passes import run
from nnopt_gui.engine.progress import Cancelled, SilentReporter
from nnopt_gui.engine.quantization.blockwise_rounding import block_steps_for, learn_blocks
from nnopt_gui.engine.quantization.calibration import collect_ranges, with_outputs
from nnopt_gui.engine.quantization.learned_rounding import learn_rounding
from nnopt_gui.engine.quantization.post_training import quantize_graph
from nnopt_gui.engine.quantization.reconstruction import LayerRounder, Reconstruction, feedback_rounder, reconstruct
from nnopt_gui.engine.quantization.weights import quantize_weight
from nnopt_gui.engine.recipe import Method, Quantize, Scheme

from .small_networks import every_kind_of_layer, graph_of, images, logits, relative_error, residual_network

QUIET = SilentReporter()
IMAGES = images(128)
UNSEEN = images(256, seed=9)
STEPS = 100


def to_nearest(graph: FloatGraph, bits: int, scheme: Scheme = "symmetric") -> Reconstruction:
    return Reconstruction({n: quantize_weight(w, bits, scheme=scheme) for n, w in graph.weights().items()}, {})


def nearest_rounder(start: Reconstruction) -> LayerRounder:
    return lambda layer, _exact, _rough: (start.weights[layer.name], None)


def in_blocks(graph: FloatGraph, bits: int, steps: int) -> Reconstruction:
    rounder = feedback_rounder(graph, {layer.name: bits for layer in graph.layers}, QUIET)
    return learn_blocks(graph, rounder, IMAGES, None, QUIET, steps=steps)


def block_errors(graph: FloatGraph, found: Reconstruction) -> list[float]:
    """Mean squared errors of every block's output on unseen images, in ONNX Runtime, relative to its variance."""
    names = [region.exit for region in find_regions(graph)]
    wanted = run(with_outputs(graph.model, names), {"input": UNSEEN}, names)
    model = write_weight_only_graph(graph, found.weights, found.biases)
    got = run(with_outputs(model, names), {"input": UNSEEN}, names)
    return [float(np.mean((g - w) ** 2) / np.var(w)) for g, w in zip(got, wanted, strict=True)]


@pytest.mark.parametrize("bits", [1])
def test_blocks_come_closer_than_layers_that_were_rounded_alone(bits: int) -> None:
    graph = residual_network()
    widths = {layer.name: bits for layer in graph.layers}
    found = in_blocks(graph, bits, STEPS)
    mine = block_errors(graph, found)
    for other in (
        to_nearest(graph, bits),
        learn_rounding(graph, widths, IMAGES, None, QUIET, iterations=STEPS),
        reconstruct(graph, widths, IMAGES, None, QUIET),
    ):
        assert all(one < its for one, its in zip(mine[1:], block_errors(graph, other)[1:], strict=True))
    for weight in found.weights.values():
        assert weight.bits == bits
        if bits == 1:
            assert np.array_equal(np.unique(weight.levels), [-1, 1])
        else:
            assert -2 if bits == 2 else 1 - 2 ** (bits - 1) <= weight.levels.min()
            assert weight.levels.max() < 2 ** (bits - 1)


def test_a_recipe_asks_for_blocks() -> None:
    graph = residual_network()
    ranges = collect_ranges(graph, [IMAGES], QUIET)
    errors = {}
    for rounding in ("blockwise", "feedback", "nearest"):
        quantize = Quantize(2, 8, Method(rounding=rounding, effort="fast", edges="same", scheme="symmetric"))
        model = quantize_graph(graph, quantize, ranges, None, QUIET)
        errors[rounding] = relative_error(np.asarray(run(model, {"input": UNSEEN})[0]), logits(graph, UNSEEN))
    assert errors["blockwise"] < errors["feedback"] < errors["nearest"]


def test_levels_stay_next_to_the_float_weight() -> None:
    graph = residual_network()
    found = learn_blocks(graph, nearest_rounder(to_nearest(graph, 4)), IMAGES, None, QUIET, steps=40, fixed_scales=True)
    moved = 0
    for name, weight in graph.weights().items():
        start = quantize_weight(weight, 4)
        assert np.array_equal(found.weights[name].scale, start.scale)
        ratio = weight / start.scale.reshape(-1, *[1] * (weight.ndim - 1))
        assert np.abs(found.weights[name].levels - np.clip(ratio, -7, 7)).max() <= 1.5 + 1e-5
        moved += int((found.weights[name].levels != start.levels).sum())
    assert moved > 0


def test_pruned_weights_stay_zero_and_scales_above_their_limits() -> None:
    graph = every_kind_of_layer()
    masks = {name: np.abs(weight) > np.median(np.abs(weight)) for name, weight in graph.weights().items()}
    graph = graph.with_weights({name: weight * masks[name] for name, weight in graph.weights().items()})
    grids = collect_ranges(graph, [IMAGES], QUIET).grids()
    least = {name: np.maximum(limit, 0.2) for name, limit in least_weight_scales(graph, grids).items()}
    bits = {layer.name: 1 + index % 4 for index, layer in enumerate(graph.layers)}
    rounder = feedback_rounder(graph, bits, QUIET, masks=masks, least_scales=least)
    found = learn_blocks(graph, rounder, IMAGES, grids, QUIET, steps=30, least_scales=least)
    assert found.biases.keys() == graph.biases().keys()
    for name, weight in found.weights.items():
        assert not weight.levels[~masks[name]].any()
        assert weight.levels[masks[name]].any()
        assert np.all(weight.scale >= least.get(name, np.float32(0)))


@pytest.mark.parametrize("scheme", ["affine", "power_of_two", "logarithmic"])
def test_levels_are_those_of_the_scheme(scheme: Scheme) -> None:
    graph = residual_network()
    start = to_nearest(graph, 3, scheme)
    fixed = scheme == "power_of_two"
    found = learn_blocks(graph, nearest_rounder(start), IMAGES, None, QUIET, steps=40, fixed_scales=fixed)
    assert block_errors(graph, found)[-1] < 0.9 * block_errors(graph, start)[-1]
    for name, weight in found.weights.items():
        usual = np.arange(-4, 4)
        tables = np.broadcast_to(usual if weight.table is None else weight.table, (len(weight.scale), 8))
        for row, table in zip(weight.levels, tables, strict=True):
            assert np.isin(row, table).all(), name


def test_levels_of_groups_are_multiples_of_theirs() -> None:
    graph = residual_network()
    start = {n: quantize_weight(w, 3, granularity="group") for n, w in graph.weights().items()}
    found = learn_blocks(graph, nearest_rounder(Reconstruction(start, {})), IMAGES, None, QUIET, steps=40)
    assert any(weight.multipliers is not None and weight.multipliers.max() > 1 for weight in found.weights.values())
    for name, weight in found.weights.items():
        if weight.multipliers is None or weight.group_size is None:
            continue
        rows = weight.levels.reshape(len(weight.levels), -1).astype(int)
        units = np.repeat(weight.multipliers, weight.group_size, axis=1)[:, : rows.shape[1]].astype(int)
        assert not np.any(rows % units), name
        assert np.abs(rows // units).max() <= 3


def test_the_same_inputs_give_the_same_levels() -> None:
    graph = residual_network()
    one, other = in_blocks(graph, 3, 10), in_blocks(graph, 3, 10)
    for name in one.weights:
        assert np.array_equal(one.weights[name].levels, other.weights[name].levels)
        assert np.array_equal(one.weights[name].scale, other.weights[name].scale)


def test_more_effort_means_more_steps_and_unknown_operators_none() -> None:
    graph = residual_network()
    steps = [block_steps_for(graph, effort) for effort in ("fast", "balanced", "best")]
    assert steps == sorted(steps)
    assert steps[0] >= 50
    nodes = [
        helper.make_node("Flatten", ["input"], ["f"], name="flat"),
        helper.make_node("Gemm", ["f", "w"], ["h"], name="fc", transB=1),
        helper.make_node("Hardmax", ["h"], ["logits"], name="odd"),
    ]
    odd = graph_of(nodes, {"w": np.ones((5, 300), np.float32)})
    assert block_steps_for(odd, "best") == 0


def test_cancelling() -> None:
    class Cancelling(SilentReporter):
        calls = 0

        def checkpoint(self) -> None:
            self.calls += 1
            if self.calls > 60:
                raise Cancelled

    graph = residual_network()
    with pytest.raises(Cancelled):
        learn_blocks(graph, nearest_rounder(to_nearest(graph, 4)), IMAGES, None, Cancelling(), steps=10**6)
