from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from nnopt_gui.engine.estimate import estimate
from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.onnx_graph.artifact_graph import write_quantized
from nnopt_gui.engine.onnx_graph.container_size import measure_containers
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.layer_profiles import profile_graph
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid, least_weight_scales
from nnopt_gui.engine.onnx_graph.short_parameters import with_short_scales
from nnopt_gui.engine.profile import Container, ModelProfile, SparsityStop
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.quantization.calibration import collect_ranges
from nnopt_gui.engine.quantization.post_training import quantize_graph
from nnopt_gui.engine.quantization.weights import quantize_weight
from nnopt_gui.engine.recipe import WEIGHT_BITS, Method, Quantize, Recipe

NETWORKS = {
    "digits_cnn": (Architecture("digits_cnn", 10, 1, (8, 8)), Architecture("digits_cnn", 10, 1, (8, 8), 0.55)),
    "cifar_resnet20": (
        Architecture("cifar_resnet20", 10, 3, (32, 32)),
        Architecture("cifar_resnet20", 10, 3, (32, 32), 0.6),
    ),
}


@pytest.fixture(scope="module", params=NETWORKS)
def graphs(request: pytest.FixtureRequest) -> tuple[FloatGraph, FloatGraph, tuple[Container, ...]]:
    """A network, a narrower one as after channel pruning, and the containers of the first."""
    full, narrow = (
        export_network(trained(arch), arch.input_shape, SilentReporter()) for arch in NETWORKS[request.param]
    )
    return full, narrow, measure_containers(full)


def trained(arch: Architecture) -> nn.Module:
    """A network whose batch norms, and hence biases, are no longer those of an untrained one."""
    network = build(arch, seed=0)
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.bias, std=0.3, generator=generator)
            nn.init.normal_(module.running_mean, std=0.3, generator=generator)
    return network


def masks_of(graph: FloatGraph, amount: float) -> dict[str, np.ndarray]:
    weights = graph.weights()
    limit = np.quantile(np.abs(np.concatenate([weight.ravel() for weight in weights.values()])), amount)
    return {name: np.abs(weight) >= limit for name, weight in weights.items()}


def profile_of(
    graph: FloatGraph, containers: tuple[Container, ...], masks: dict[str, np.ndarray] | None, amount: float
) -> ModelProfile:
    layers = profile_graph(graph).layers
    stops = (SparsityStop(amount, tuple(int(mask.sum()) for mask in masks.values())),) if masks else ()
    return ModelProfile("n", "a", "f", "", graph.input_shape, 10, 0, 0, 0, layers, (), containers, stops)


def written(
    graph: FloatGraph,
    quantize: Quantize | None,
    grids: dict[str, ActivationGrid],
    masks: dict[str, np.ndarray] | None,
) -> onnx.ModelProto:
    """The file with weights rounded the quick way; how they are rounded does not matter for its size."""
    if quantize is None or quantize.weight_bits > 8:
        return quantize_graph(graph, quantize, None, masks, SilentReporter())
    bits = quantize.activation_bits
    activations = None if bits == 32 else {name: replace(grid, bits=bits) for name, grid in grids.items()}
    least = least_weight_scales(graph, activations) if activations else {}
    weights = {}
    for name, weight in graph.weights().items():
        found = quantize_weight(weight, quantize.weight_bits, "minmax", masks and masks[name], least.get(name))
        weights[name] = with_short_scales(found, least.get(name))
    return write_quantized(graph, weights, activations)


def forms() -> list[tuple[int, int]]:
    """One for float and one for all integer activations."""
    return [(w, a) for w in WEIGHT_BITS for a in (8, 32) if w <= 8 or a == 32]


@pytest.mark.parametrize("amount", [0.0, 0.5, 0.9])
def test_the_estimate_is_the_size_of_the_file(
    graphs: tuple[FloatGraph, FloatGraph, tuple[Container, ...]], amount: float
) -> None:
    full, narrow, containers = graphs
    for graph in (full, narrow):
        masks = masks_of(graph, amount) if amount else None
        profile = profile_of(graph, containers, masks, amount)
        images = np.random.default_rng(0).standard_normal((4, *graph.input_shape)).astype(np.float32)
        grids = collect_ranges(graph, [images], SilentReporter()).grids()
        for weight_bits, activation_bits in [*forms(), (4, 5)]:
            recipe = Recipe.build(
                weight_bits=weight_bits,
                activation_bits=activation_bits,
                prune=amount,
                prune_kind="weights",
                method=Method(scheme="symmetric", edges="same"),
            )
            model = written(graph, recipe.quantize, grids, masks)
            predicted = estimate(profile, recipe).size_bytes
            # The clips of narrow activations are not in a container; where zeros lie decides about operators, too.
            operators = 40 * len(grids) * (activation_bits == 5) + 64 * (amount >= 0.8)
            assert abs(predicted - model.ByteSize()) <= 0.02 * model.ByteSize() + operators, recipe.label


def test_all_forms_of_a_recipe_have_a_container(
    graphs: tuple[FloatGraph, FloatGraph, tuple[Container, ...]],
) -> None:
    keys = {(c.weight_bits, c.activation_bits, c.sparse) for c in graphs[2]}
    assert keys == {(w, a, sparse) for w, a in forms() for sparse in (False, True) if w <= 8 or not sparse}
    assert all(0 < c.fixed_bytes < 16_000 for c in graphs[2])


def test_a_resnet20_at_4_bits_takes_146_kb() -> None:
    arch = NETWORKS["cifar_resnet20"][0]
    graph = export_network(build(arch, seed=0), arch.input_shape, SilentReporter())
    images = np.random.default_rng(0).standard_normal((2, 3, 32, 32)).astype(np.float32)
    ranges = collect_ranges(graph, [images], SilentReporter())
    quick = Method(rounding="nearest", repair="none")  # bytes do not depend on it
    model = quantize_graph(graph, Quantize(4, 8, quick), ranges, None, SilentReporter())
    weights = sum(weight.size for weight in graph.weights().values())
    assert weights == 268_336
    assert model.ByteSize() < 146_500
    assert max(len(tensor.raw_data) for tensor in model.graph.initializer) <= 1.02 * weights / 2
