"""Filling the records that let the window answer a slider at once (``engine.profile``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import nn

from nnopt_gui.engine.layer_distribution import LayerDistribution
from nnopt_gui.engine.measurement.cost import Cost, graph_cost
from nnopt_gui.engine.measurement.latency import quick_latency
from nnopt_gui.engine.measurement.machine import saturates
from nnopt_gui.engine.networks.layers import count_macs, count_parameters, describe_layers
from nnopt_gui.engine.networks.model_file import OpenedModel, open_model
from nnopt_gui.engine.onnx_graph.container_size import measure_containers
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.layer_profiles import profile_graph
from nnopt_gui.engine.onnx_graph.normal_form import from_onnx_bytes
from nnopt_gui.engine.profile import ChannelGroup, LayerProfile, ModelProfile
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.pruning.channel_groups import Structure, find_groups
from nnopt_gui.engine.pruning.sparsity import sparsity_stops
from nnopt_gui.engine.quantization.calibration import collect_ranges
from nnopt_gui.engine.quantization.distribution import analyse_weights
from nnopt_gui.engine.quantization.post_training import quantize_graph
from nnopt_gui.engine.recipe import Method, Quantize
from nnopt_gui.engine.sources import ModelSource
from nnopt_gui.engine.student_networks import build_student, students_of
from nnopt_gui.errors import ModelError, NnoptError

SPARSITY_STOPS: Final = tuple(round(0.05 * i, 2) for i in range(20))
EXPORT_STUDENTS_UP_TO: Final = 5_000_000  # parameters; larger students borrow the opened network's container
RANDOM_BATCH: Final = 4
RANDOM_SEED: Final = 0
_QUICK: Final = Quantize(8, 8, Method(effort="fast"))


IntegerForm = Callable[[FloatGraph], FloatGraph]  # the graph as integer activations are put into it


def describe_model(
    opened: OpenedModel,
    graph: FloatGraph,
    threads: int,
    reporter: Reporter,
    integer_form: IntegerForm,
    structure: Callable[[Reporter], Structure],
) -> ModelProfile:
    """Layers, channel groups, container sizes, sparsity table and two quick latencies of an opened network.

    Args:
        structure: finds the channel groups of a torch network; it is not asked where there is none.
    """
    reporter.status("Reading the network's structure")
    found = structure(reporter) if opened.network is not None else None
    layers, groups = _deployed(found, graph)
    profile = _profile(opened, graph, layers, groups, graph_cost(graph.model))
    reporter.checkpoint()
    weights = graph.weights()
    stops = sparsity_stops({layer.name: weights[layer.name] for layer in layers}, SPARSITY_STOPS)
    reporter.status("Timing the network")
    shape = opened.input_shape
    read = integer_form(graph)
    integer = quantize_graph(read, _QUICK, collect_ranges(read, _random(shape), reporter), None, reporter)
    return replace(
        profile,
        containers=measure_containers(graph, read),
        saturates=saturates(),
        sparsity=stops,
        float_ms=quick_latency(graph.model, shape, threads, reporter),
        int8_ms=quick_latency(integer, shape, threads, reporter),
    )


def describe_students(
    opened: OpenedModel, teacher: ModelProfile, reporter: Reporter, integer_form: IntegerForm
) -> dict[str, ModelProfile]:
    """The student ladder of an opened network, by ``str(student)``, ordered by MACs.

    Students have random weights here: shapes, MACs and bytes do not depend on training. Those that cannot be built for
    this input are left out.
    """
    found: dict[str, ModelProfile] = {}
    for student in students_of(opened, (teacher.macs, teacher.params), reporter):
        reporter.checkpoint()
        try:
            network = _told_apart(build_student(student, opened, 0, reporter))
            layers = describe_layers(network, opened.input_shape)
        except NnoptError:
            continue
        rung = replace(opened, network=network, onnx_bytes=None, title=str(student))
        if count_parameters(network) <= EXPORT_STUDENTS_UP_TO:
            graph = export_network(network, opened.input_shape, reporter)
            layers, groups = _deployed(find_groups(network, layers, opened.input_shape), graph)
            profile = _profile(rung, graph, layers, groups, graph_cost(graph.model))
            found[str(student)] = replace(profile, containers=measure_containers(graph, integer_form(graph)))
        else:
            found[str(student)] = _profile_without_graph(rung, layers, teacher)
    return dict(sorted(found.items(), key=lambda item: item[1].macs))


def _told_apart(network: nn.Module) -> nn.Module:
    """The network with unlike vectors: fresh ones are all zeros or ones, and equal constants are stored only once."""
    generator = torch.Generator().manual_seed(RANDOM_SEED)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 1:
                parameter.add_(0.1 * torch.rand(parameter.shape, generator=generator))
    return network


def inspect_model(source: ModelSource, reporter: Reporter) -> ModelProfile:
    """What ``nnopt inspect`` shows: layers, parameters and MACs, without exporting or timing anything.

    ``float_bytes`` is the size of the file that was opened, or 4 bytes a parameter for a network named without one.
    """
    opened = open_model(source)
    if opened.onnx_bytes is not None:
        graph = from_onnx_bytes(opened.onnx_bytes)
        profile = _profile(opened, graph, profile_graph(graph).layers, (), graph_cost(graph.model))
        return replace(profile, float_bytes=len(opened.onnx_bytes))
    assert opened.network is not None
    reporter.status("Reading the network's structure")
    layers = describe_layers(opened.network, opened.input_shape)
    params = count_parameters(opened.network)
    path = Path(source.location)
    return ModelProfile(
        name=opened.title,
        architecture=opened.architecture.title if opened.architecture else "",
        file_format=opened.file_format,
        sha256=opened.sha256,
        input_shape=opened.input_shape,
        classes=opened.classes,
        params=params,
        macs=count_macs(opened.network, opened.input_shape),
        float_bytes=path.stat().st_size if path.is_file() else 4 * params,
        layers=layers,
        notes=opened.notes,
    )


def inspect_weights(source: ModelSource, reporter: Reporter) -> tuple[LayerDistribution, ...]:
    """What ``nnopt inspect --weights`` shows: how each layer's weights, batch norms folded in, are distributed.

    Raises:
        ModelError: the network has no weights yet, or one that is not finite.
    """
    opened = open_model(source)
    if not opened.has_weights:
        raise ModelError(f"{opened.title} has no weights to analyse.", "Name a weights file or an ONNX file.")
    if opened.onnx_bytes is not None:
        return analyse_weights(from_onnx_bytes(opened.onnx_bytes), reporter)
    assert opened.network is not None
    return analyse_weights(export_network(opened.network, opened.input_shape, reporter), reporter)


def _deployed(
    structure: Structure | None, graph: FloatGraph
) -> tuple[tuple[LayerProfile, ...], tuple[ChannelGroup, ...]]:
    """Layers as deployed, with their channel groups where torch can cut them."""
    if structure is None:
        return profile_graph(graph).layers, ()
    groups, layers = structure
    deployed = {layer.name: layer for layer in graph.layers}
    return (
        tuple(replace(layer, bias=deployed[layer.name].bias is not None) for layer in layers if layer.name in deployed),
        groups,
    )


def _profile(
    opened: OpenedModel,
    graph: FloatGraph,
    layers: tuple[LayerProfile, ...],
    groups: tuple[ChannelGroup, ...],
    cost: Cost,
) -> ModelProfile:
    macs, params = _totals(layers)
    return ModelProfile(
        name=opened.title,
        architecture=opened.architecture.name if opened.architecture else "",
        file_format=opened.file_format,
        sha256=opened.sha256,
        input_shape=opened.input_shape,
        classes=opened.classes,
        params=cost.params,
        macs=cost.macs,
        float_bytes=len(graph.model.SerializeToString()),
        layers=layers,
        groups=groups,
        fixed_macs=cost.macs - macs,
        fixed_params=cost.params - params,
        trainable=opened.network is not None,
        notes=opened.notes,
    )


def _totals(layers: tuple[LayerProfile, ...]) -> tuple[int, int]:
    """MACs for one image, weights and biases of all layers."""
    counts = [layer.weights({}) for layer in layers]
    macs = sum(n * layer.positions for n, layer in zip(counts, layers, strict=True))
    return macs, sum(counts) + sum(layer.weight_shape[0] for layer in layers if layer.bias)


def _profile_without_graph(rung: OpenedModel, layers: tuple[LayerProfile, ...], teacher: ModelProfile) -> ModelProfile:
    macs, params = _totals(layers)
    return replace(
        teacher,
        name=rung.title,
        architecture=rung.title,
        sha256="",
        layers=layers,
        groups=(),
        containers=(),
        sparsity=(),
        macs=macs,
        params=params,
        fixed_macs=0,
        fixed_params=0,
        float_bytes=4 * params,
        float_ms=None,
        int8_ms=None,
    )


def _random(shape: tuple[int, int, int]) -> Iterator[np.ndarray]:
    """Stand-in images: ranges of any size give a graph of the same speed."""
    yield np.random.default_rng(RANDOM_SEED).standard_normal((RANDOM_BATCH, *shape)).astype(np.float32)
