"""Per-layer damage against really quantised networks in ONNX Runtime."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from nnopt_gui.engine.bit_allocation import PairedOutcome, Sensitivity, allocate
from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session
from nnopt_gui.engine.onnx_graph.tensors import constant, replace_initializers
from nnopt_gui.engine.progress import Cancelled, SilentReporter
from nnopt_gui.engine.quantization.reconstruction import reconstruct
from nnopt_gui.engine.quantization.sensitivity import EVALUATIONS, calibrate, divergence, measure_sensitivity
from nnopt_gui.errors import DataError, RecipeError

QUIET = SilentReporter()
RNG = np.random.default_rng(0)
IMAGES = RNG.standard_normal((128, 1, 28, 28)).astype(np.float32)
FITTED, HELD_OUT = IMAGES[:64], IMAGES[64:]


def network() -> nn.Module:
    """Plain, depthwise and pointwise convolutions with batch norms that have seen data; outputs as far apart as a
    trained network's."""
    torch.manual_seed(0)
    result = build(Architecture("dscnn", 10, 1, (28, 28)), seed=0).train()
    with torch.no_grad():
        for _ in range(20):
            result(torch.from_numpy(IMAGES[:64]))
        result.eval()
        linear = [module for module in result.modules() if isinstance(module, nn.Linear)][-1]
        linear.weight *= 2.0 / result(torch.from_numpy(IMAGES)).std(dim=0).mean()
        linear.bias -= result(torch.from_numpy(IMAGES)).mean(dim=0)
    return result


@pytest.fixture(scope="module")
def graph() -> FloatGraph:
    return export_network(network(), (1, 28, 28), QUIET)


@pytest.fixture(scope="module")
def sensitivity(graph: FloatGraph) -> Sensitivity:
    return measure_sensitivity(graph, FITTED[:32], reporter=QUIET)


def logits(model: onnx.ModelProto, images: np.ndarray) -> np.ndarray:
    return np.asarray(open_session(model).run(None, {"input": images})[0])


def quantised(graph: FloatGraph, bits: Mapping[str, int]) -> onnx.ModelProto:
    found = reconstruct(graph, bits, FITTED, None, QUIET)
    copy = graph.with_weights({name: weight.dequantized() for name, weight in found.weights.items()})
    biases = {graph.layer(name).bias: bias for name, bias in found.biases.items()}
    replace_initializers(copy.model, [constant(name, bias) for name, bias in biases.items() if name])
    return copy.model


def real_damage(graph: FloatGraph, bits: Mapping[str, int]) -> float:
    return divergence(logits(graph.model, HELD_OUT), logits(quantised(graph, bits), HELD_OUT))


def test_the_divergence_is_kullback_and_leiblers() -> None:
    first, second = RNG.standard_normal((2, 50, 7)) * 3
    wanted = torch.nn.functional.kl_div(
        torch.log_softmax(torch.from_numpy(second), 1),
        torch.log_softmax(torch.from_numpy(first), 1),
        log_target=True,
        reduction="batchmean",
    )
    assert divergence(first, second) == pytest.approx(float(wanted), rel=1e-9)
    assert divergence(first, first + 5.0) == pytest.approx(0.0, abs=1e-12)


def test_every_layer_has_a_damage_at_every_width_that_falls_with_the_bits(
    graph: FloatGraph, sensitivity: Sensitivity
) -> None:
    weights = graph.weights()
    assert [layer.name for layer in sensitivity.layers] == [layer.name for layer in graph.layers]
    for layer in sensitivity.layers:
        damage = [layer.damage[bits] for bits in range(1, 9)]
        assert damage == sorted(damage, reverse=True)
        assert 0.0 < damage[-1] < 0.02 * damage[0]
        assert (layer.weights, layer.channels) == (weights[layer.name].size, len(weights[layer.name]))
    assert sensitivity.points == ()


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_the_last_layer_which_nothing_repairs_matches_the_real_quantiser(
    graph: FloatGraph, sensitivity: Sensitivity, bits: int
) -> None:
    last = sensitivity.layers[-1]
    real = real_damage(graph, {layer.name: bits if layer.name == last.name else 8 for layer in graph.layers})
    assert 0.5 <= last.damage[bits] / real <= 2.0


def test_a_layer_is_never_repaired_to_be_worse_than_the_proxy_says(graph: FloatGraph, sensitivity: Sensitivity) -> None:
    for layer in sensitivity.layers[:-1:4]:
        real = real_damage(graph, {name.name: 2 if name.name == layer.name else 8 for name in graph.layers})
        assert real <= 2.0 * layer.damage[2], layer.name


@pytest.mark.parametrize("bits", [3, 5])
def test_widths_in_between_follow_the_error_of_the_layers_output(
    graph: FloatGraph, sensitivity: Sensitivity, bits: int
) -> None:
    run = measure_sensitivity(graph, FITTED[:32], [bits], reporter=QUIET)  # a single width is run to the outputs
    ratios = [a.damage[bits] / b.damage[bits] for a, b in zip(sensitivity.layers, run.layers, strict=True)]
    assert 0.7 <= float(np.exp(np.mean(np.log(ratios)))) <= 1.5
    assert max(abs(math.log(ratio)) for ratio in ratios) < math.log(4.0)


def test_a_layer_whose_output_nobody_sees_does_not_suffer(graph: FloatGraph, sensitivity: Sensitivity) -> None:
    last = graph.layers[-1].name
    blind = graph.with_weights({last: np.zeros_like(graph.weights()[last])})
    damage = {
        layer.name: layer.damage for layer in measure_sensitivity(blind, FITTED[:16], (2, 4), reporter=QUIET).layers
    }
    assert all(value <= 1e-9 for widths in damage.values() for value in widths.values())
    assert all(math.isfinite(value) for widths in damage.values() for value in widths.values())


def test_the_same_images_give_the_same_numbers(graph: FloatGraph) -> None:
    first, second = (measure_sensitivity(graph, FITTED[:16], (2, 4, 8), reporter=QUIET) for _ in range(2))
    assert first == second


# -- calibration -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs() -> list[dict[str, int]]:
    return []


@pytest.fixture(scope="module")
def calibrated(graph: FloatGraph, sensitivity: Sensitivity, runs: list[dict[str, int]]) -> Sensitivity:
    reference = logits(graph.model, HELD_OUT).argmax(axis=1)

    def quantise(bits: Mapping[str, int]) -> onnx.ModelProto:
        runs.append(dict(bits))
        return quantised(graph, bits)

    def evaluate(model: onnx.ModelProto) -> PairedOutcome:
        changed = int((logits(model, HELD_OUT).argmax(axis=1) != reference).sum())
        return PairedOutcome(changed, 0, len(HELD_OUT))

    return calibrate(sensitivity, graph, HELD_OUT, quantise, evaluate, QUIET)


def test_calibration_runs_the_real_quantiser_a_handful_of_times(
    calibrated: Sensitivity, runs: list[dict[str, int]]
) -> None:
    assert len(runs) == EVALUATIONS
    points = [runs[0], *runs[3:]]  # the halves of the network are not what the slider answers
    assert [point.damage for point in calibrated.points] == [calibrated.damage(bits) for bits in points]
    assert {frozenset(bits.values()) for bits in runs} >= {frozenset({8}), frozenset({2}), frozenset({2, 8})}


def test_both_halves_of_the_network_get_the_damage_that_was_measured(
    graph: FloatGraph, calibrated: Sensitivity, runs: list[dict[str, int]]
) -> None:
    floor = real_damage(graph, runs[0])
    total = sum(real_damage(graph, bits) - floor for bits in runs[1:3])
    assert sum(layer.damage[2] for layer in calibrated.layers) == pytest.approx(total, rel=1e-4)


def test_earlier_layers_count_less_than_the_proxy_says(sensitivity: Sensitivity, calibrated: Sensitivity) -> None:
    ratios = [b.damage[2] / a.damage[2] for a, b in zip(sensitivity.layers, calibrated.layers, strict=True)]
    assert ratios == sorted(ratios)
    assert [layer.damage[8] * ratio for layer, ratio in zip(sensitivity.layers, ratios, strict=True)] == pytest.approx(
        [layer.damage[8] for layer in calibrated.layers]
    )


def test_predicted_damage_ranks_networks_that_were_not_calibrated_on(
    graph: FloatGraph, calibrated: Sensitivity
) -> None:
    predicted, real = [], []
    weights = sum(layer.weights for layer in calibrated.layers)
    for average in (2.2, 3.0, 3.6, 5.0):
        found = allocate(calibrated, int(weights * average / 8), 0, images=len(HELD_OUT))
        assert found.predicted is not None
        predicted.append(found.damage)
        real.append(real_damage(graph, found.bits))
    assert real == sorted(real, reverse=True)
    assert all(0.3 <= a / b <= 3.0 for a, b in zip(predicted, real, strict=True))


def test_what_cannot_be_done_says_why(graph: FloatGraph) -> None:
    for images in (FITTED[:0], np.zeros((4, 3, 28, 28), np.float32)):
        with pytest.raises(DataError):
            measure_sensitivity(graph, images, reporter=QUIET)
    with pytest.raises(RecipeError, match="no layer"):
        measure_sensitivity(FloatGraph(graph.model, (), graph.input_shape, 10), FITTED, reporter=QUIET)


def test_cancelling(graph: FloatGraph) -> None:
    class Cancelling(SilentReporter):
        calls = 0

        def checkpoint(self) -> None:
            self.calls += 1
            if self.calls > 20:
                raise Cancelled

    with pytest.raises(Cancelled):
        measure_sensitivity(graph, FITTED, reporter=Cancelling())
