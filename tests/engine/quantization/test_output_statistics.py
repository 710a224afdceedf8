from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import onnx
import pytest

from nnopt_gui.engine.onnx_graph.artifact_graph import write_quantized
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight, least_weight_scales, write_weight_only_graph
from nnopt_gui.engine.onnx_graph.runtime_passes import run
from nnopt_gui.engine.progress import Cancelled, SilentReporter
from nnopt_gui.engine.quantization.calibration import collect_ranges, with_outputs
from nnopt_gui.engine.quantization.output_statistics import correct_biases, restore_statistics
from nnopt_gui.engine.quantization.weights import quantize_weight

from .small_networks import every_kind_of_layer, images, logits, relative_error

QUIET = SilentReporter()
IMAGES = images(128)
UNSEEN = images(256, seed=9)
OUTPUTS = {"stem": "a", "deep": "c", "point": "f", "group": "h", "fc": "k", "out": "logits"}


def nearest(graph: FloatGraph, bits: int) -> dict[str, QuantizedWeight]:
    return {name: quantize_weight(weight, bits) for name, weight in graph.weights().items()}


def outputs(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """Every layer's output by layer name, computed by ONNX Runtime on the whole model."""
    names = list(OUTPUTS.values())
    values = run(with_outputs(model, names), {"input": IMAGES}, names)
    return dict(zip(OUTPUTS, values, strict=True))


def means(values: np.ndarray) -> np.ndarray:
    return np.asarray(values.mean(axis=(0, *range(2, values.ndim)), dtype=np.float64))


def deviations(values: np.ndarray) -> np.ndarray:
    return np.asarray(values.std(axis=(0, *range(2, values.ndim)), dtype=np.float64))


def on_grid(graph: FloatGraph) -> tuple[FloatGraph, dict[str, QuantizedWeight]]:
    """A network whose float weights are levels times scales, so that quantising it loses nothing."""
    weights = nearest(graph, 8)
    return graph.with_weights({name: weight.dequantized() for name, weight in weights.items()}), weights


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_corrected_biases_restore_every_mean(bits: int) -> None:
    graph = every_kind_of_layer()
    weights = nearest(graph, bits)
    biases = correct_biases(graph, weights, IMAGES, None, QUIET)
    assert biases.keys() == graph.biases().keys() == OUTPUTS.keys() - {"out"}
    wanted, got = outputs(graph.model), outputs(write_weight_only_graph(graph, weights, biases))
    before = outputs(write_weight_only_graph(graph, weights))
    for name in biases:
        limit = 1e-4 * deviations(wanted[name]).max()
        assert np.abs(means(got[name]) - means(wanted[name])).max() < limit < np.abs(means(before[name])).max()


@pytest.mark.parametrize("bits", [2, 3, 4])
def test_restored_statistics_are_those_of_the_float_network(bits: int) -> None:
    graph = every_kind_of_layer()
    weights = nearest(graph, bits)
    found = restore_statistics(graph, weights, IMAGES, None, QUIET)
    wanted, before = outputs(graph.model), outputs(write_weight_only_graph(graph, weights))
    got = outputs(write_weight_only_graph(graph, found.weights, found.biases))
    for name in OUTPUTS:
        was, now = (np.abs(deviations(v[name]) / deviations(wanted[name]) - 1).mean() for v in (before, got))
        assert now < max(0.03, 0.5 * was), name
        assert np.array_equal(found.weights[name].levels, weights[name].levels)
    for name in found.biases:
        assert np.abs(means(got[name]) - means(wanted[name])).max() < 1e-3 * deviations(wanted[name]).max()
    answers = logits_of(graph, weights, {}), logits_of(graph, found.weights, found.biases)
    errors = [relative_error(answer, logits(graph, UNSEEN)) for answer in answers]
    assert errors[1] < errors[0]


def logits_of(
    graph: FloatGraph, weights: Mapping[str, QuantizedWeight], biases: Mapping[str, np.ndarray]
) -> np.ndarray:
    return np.asarray(run(write_weight_only_graph(graph, weights, biases), {"input": UNSEEN})[0])


def test_wrong_scales_are_found_exactly() -> None:
    graph, weights = on_grid(every_kind_of_layer())
    rng = np.random.default_rng(4)
    wrong = {
        name: replace(w, scale=(w.scale * np.exp(rng.uniform(-0.5, 0.5, len(w.scale)))).astype(np.float32))
        for name, w in weights.items()
    }
    found = restore_statistics(graph, wrong, IMAGES, None, QUIET)
    for name, weight in found.weights.items():
        assert np.allclose(weight.scale, weights[name].scale, rtol=1e-3)
    for name, bias in found.biases.items():
        assert np.allclose(bias, graph.biases()[name], atol=1e-3)


def test_nothing_to_repair_leaves_everything_as_it_is() -> None:
    graph, weights = on_grid(every_kind_of_layer())
    found = restore_statistics(graph, weights, IMAGES, None, QUIET)
    corrected = correct_biases(graph, weights, IMAGES, None, QUIET)
    for name, weight in weights.items():
        assert np.allclose(found.weights[name].scale, weight.scale, rtol=1e-6)
    for name, bias in graph.biases().items():
        assert np.allclose(found.biases[name], bias, atol=1e-5)
        assert np.allclose(corrected[name], bias, atol=1e-5)


def test_eight_bits_do_not_get_worse() -> None:
    graph = every_kind_of_layer()
    grids = collect_ranges(graph, [IMAGES], QUIET).grids()
    weights = nearest(graph, 8)
    wanted = logits(graph, UNSEEN)
    found = restore_statistics(graph, weights, IMAGES, grids, QUIET)
    biases = correct_biases(graph, weights, IMAGES, grids, QUIET)

    def error(levels: Mapping[str, QuantizedWeight], shifts: Mapping[str, np.ndarray] | None) -> float:
        model = write_quantized(graph, levels, grids, shifts)
        return relative_error(np.asarray(run(model, {"input": UNSEEN})[0]), wanted)

    before = error(weights, None)
    assert error(found.weights, found.biases) < 1.2 * before
    assert error(weights, biases) < 1.2 * before


def test_one_image_is_too_few_to_change_scales_and_factors_are_bounded() -> None:
    graph, weights = on_grid(every_kind_of_layer())
    wrong = {name: replace(w, scale=w.scale * np.float32(5)) for name, w in weights.items()}
    single = restore_statistics(graph, wrong, IMAGES[:1], None, QUIET)
    many = restore_statistics(graph, wrong, IMAGES, None, QUIET)
    for name, weight in wrong.items():
        assert np.array_equal(single.weights[name].scale, weight.scale)
    assert np.allclose(many.weights["stem"].scale, wrong["stem"].scale / 2, rtol=1e-5)


def test_dead_channels_keep_their_scale_and_get_their_mean() -> None:
    graph = every_kind_of_layer()
    weights = nearest(graph, 3)
    levels = weights["point"].levels.copy()
    levels[2] = 0
    weights["point"] = replace(weights["point"], levels=levels)
    found = restore_statistics(graph, weights, IMAGES, None, QUIET)
    assert found.weights["point"].scale[2] == weights["point"].scale[2]
    got = outputs(write_weight_only_graph(graph, found.weights, found.biases))["point"][:, 2]
    assert np.allclose(got, outputs(graph.model)["point"][:, 2].mean(), rtol=1e-3)


def test_scales_stay_above_their_limits_and_pruned_weights_zero() -> None:
    graph = every_kind_of_layer()
    masks = {name: np.abs(weight) > np.median(np.abs(weight)) for name, weight in graph.weights().items()}
    grids = collect_ranges(graph, [IMAGES], QUIET).grids()
    least = {name: np.maximum(limit, 0.2) for name, limit in least_weight_scales(graph, grids).items()}
    weights = {n: quantize_weight(w, 3, "mse", masks[n], least.get(n)) for n, w in graph.weights().items()}
    found = restore_statistics(graph, weights, IMAGES, grids, QUIET, least_scales=least)
    for name, weight in found.weights.items():
        assert weight.kept is masks[name]
        assert not weight.dequantized()[~masks[name]].any()
        assert weight.scale.dtype == np.float32
        assert np.all(weight.scale >= least.get(name, np.float32(0)))


def test_the_same_inputs_give_the_same_values_and_inputs_stay() -> None:
    graph = every_kind_of_layer()
    weights = nearest(graph, 3)
    before = graph.model.SerializeToString(deterministic=True)
    one, other = (restore_statistics(graph, weights, IMAGES, None, QUIET) for _ in range(2))
    for name in OUTPUTS:
        assert np.array_equal(one.weights[name].scale, other.weights[name].scale)
    for name in one.biases:
        assert np.array_equal(one.biases[name], other.biases[name])
    assert graph.model.SerializeToString(deterministic=True) == before


def test_cancelling() -> None:
    class Cancelling(SilentReporter):
        calls = 0

        def checkpoint(self) -> None:
            self.calls += 1
            if self.calls > 3:
                raise Cancelled

    graph = every_kind_of_layer()
    for repair in (correct_biases, restore_statistics):
        with pytest.raises(Cancelled):
            repair(graph, nearest(graph, 4), IMAGES, None, Cancelling())
