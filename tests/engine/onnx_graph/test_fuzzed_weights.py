"""Weights nobody would train, in files of every form: valid, loadable, finite, and the same packed and unpacked."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from nnopt_gui.engine.onnx_graph.artifact_graph import write_quantized
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.normal_form import normalize
from nnopt_gui.engine.onnx_graph.packing import expand
from nnopt_gui.engine.onnx_graph.quantized import (
    least_weight_scales,
    write_integer_graph,
    write_weight_only_graph,
)
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session, optimized
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.quantization.calibration import ActivationRanges, collect_ranges
from nnopt_gui.engine.quantization.reconstruction import reconstruct
from nnopt_gui.engine.quantization.weights import quantize_weight

QUIET = SilentReporter()
IMAGES = np.random.default_rng(0).standard_normal((24, 2, 6, 6)).astype(np.float32)
TINY = float(np.finfo(np.float32).tiny)


def ordinary(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape) * 0.3


def zeros(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros(shape)


def constant(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.full(shape, -0.125)


def denormal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape) * TINY / 64


def barely_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape) * TINY * 16


def huge(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_normal(shape) * 1e6


def one_outlier(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    values = rng.standard_normal(shape) * 1e-3
    values.flat[0] = 1e3
    return values


def mixed_channels(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """From one output channel to the next: zeros, denormal, ordinary, huge, constant."""
    values = rng.standard_normal(shape)
    factors = np.resize([0.0, TINY / 8, 1.0, 1e5], len(values))
    values *= factors.reshape(-1, *([1] * (len(shape) - 1)))
    values[4::5] = 0.5
    return values


def one_sided(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.abs(rng.standard_normal(shape)) + 2.0


WEIGHTS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    function.__name__: function
    for function in (
        ordinary, zeros, constant, denormal, barely_normal, huge, one_outlier, mixed_channels, one_sided
    )
}  # fmt: skip


def _layers(kind: str) -> tuple[list[onnx.NodeProto], dict[str, tuple[int, ...]]]:
    """Nodes from ``input`` (N×2×6×6) to ``map``, and the shapes of their weights."""
    node = helper.make_node
    pads = {"pads": [1, 1, 1, 1]}
    if kind == "plain":
        return [node("Conv", ["input", "w", "wb"], ["map"], **pads)], {"w": (5, 2, 3, 3), "wb": (5,)}
    if kind == "single channel":
        return [
            node("Conv", ["input", "w", "wb"], ["a"], **pads),
            node("Relu", ["a"], ["b"]),
            node("Conv", ["b", "v"], ["map"], **pads),
        ], {"w": (1, 2, 3, 3), "wb": (1,), "v": (1, 1, 3, 3)}
    if kind == "1x1":
        return [node("Conv", ["input", "w", "wb"], ["map"])], {"w": (5, 2, 1, 1), "wb": (5,)}
    if kind == "grouped":
        return [
            node("Conv", ["input", "w", "wb"], ["a"], **pads),
            node("Relu", ["a"], ["b"]),
            node("Conv", ["b", "v"], ["c"], group=3, **pads),
            node("Conv", ["c", "u", "ub"], ["map"], group=6, **pads),
        ], {"w": (6, 2, 3, 3), "wb": (6,), "v": (6, 2, 3, 3), "u": (6, 1, 3, 3), "ub": (6,)}
    assert kind == "tied"
    return [
        node("Conv", ["input", "w", "wb"], ["a"], **pads),
        node("Relu", ["a"], ["b"]),
        node("Conv", ["b", "w", "wb"], ["c"], **pads),
        node("Add", ["b", "c"], ["map"]),
    ], {"w": (2, 2, 3, 3), "wb": (2,)}


KINDS = ("plain", "single channel", "1x1", "grouped", "tied")


@cache
def network(kind: str, weights: str) -> FloatGraph:
    """The layers, global average pooling, and two linear layers that share their weight."""
    rng = np.random.default_rng(sum(map(ord, kind + weights)))
    nodes, shapes = _layers(kind)
    channels = shapes["w"][0] if kind != "grouped" else 6
    shapes = {**shapes, "m": (channels, channels), "mb": (channels,)}
    nodes += [
        helper.make_node("GlobalAveragePool", ["map"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "m", "mb"], ["hidden"], transB=1),
        helper.make_node("Relu", ["hidden"], ["shown"]),
        helper.make_node("Gemm", ["shown", "m", "mb"], ["logits"], transB=1),
    ]
    values = {name: WEIGHTS[weights](rng, shape).astype(np.float32) for name, shape in shapes.items()}
    graph = helper.make_graph(
        nodes,
        "fuzzed",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 2, 6, 6])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", channels])],
        [numpy_helper.from_array(value, name) for name, value in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    return normalize(model, (2, 6, 6))


@cache
def ranges(kind: str, weights: str) -> ActivationRanges:
    return collect_ranges(network(kind, weights), [IMAGES[:16]], QUIET)


def artifacts(kind: str, weights: str, bits: int, activations: int) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """(plain, packed), with weights rounded by their effect up to 4 bits and to the nearest level above."""
    graph, seen = network(kind, weights), ranges(kind, weights)
    grids = seen.grids() if activations == 8 else None
    least = least_weight_scales(graph, grids) if grids else {}
    if bits <= 4:
        widths = dict.fromkeys(graph.weights(), bits)
        found = reconstruct(graph, widths, seen.sample, grids, QUIET, least_scales=least)
        levels, biases = found.weights, found.biases
    else:
        floats = graph.weights()
        levels = {name: quantize_weight(floats[name], bits, least_scale=least.get(name)) for name in floats}
        biases = {}
    plain = (
        write_integer_graph(graph, levels, grids, biases) if grids else write_weight_only_graph(graph, levels, biases)
    )
    return plain, write_quantized(graph, levels, grids, biases)


def outputs(model: onnx.ModelProto) -> np.ndarray:
    return np.asarray(open_session(model).run(None, {"input": IMAGES})[0])


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activations", [8, 32])
def test_files_are_valid_and_finite_and_packing_changes_nothing(kind: str, weights: str, activations: int) -> None:
    graph = network(kind, weights)
    assert len({layer.weight for layer in graph.layers}) == len(graph.layers), "tied weights became one a layer"
    for bits in range(1, 9) if activations == 8 else (1, 3, 6, 8):
        plain, packed = artifacts(kind, weights, bits, activations)
        onnx.checker.check_model(plain, full_check=True)
        onnx.checker.check_model(packed, full_check=True)
        wanted = outputs(plain)
        assert np.isfinite(wanted).all()
        assert np.array_equal(outputs(packed), wanted)
        assert np.array_equal(outputs(expand(packed)), wanted)


@pytest.mark.parametrize("weights", ["ordinary", "mixed_channels", "one_outlier", "constant", "one_sided"])
@pytest.mark.parametrize("kind", KINDS)
def test_eight_bits_mean_what_the_floats_meant(kind: str, weights: str) -> None:
    graph = network(kind, weights)
    exact = outputs(graph.model)
    got = outputs(artifacts(kind, weights, 8, 8)[1])
    assert np.abs(got - exact).max() <= 0.06 * np.abs(exact).max() + TINY


@pytest.mark.parametrize("kind", KINDS)
def test_strange_weights_take_the_same_kernels(kind: str) -> None:
    def kernels(weights: str) -> list[str]:
        return [node.op_type for node in optimized(artifacts(kind, weights, 8, 8)[1]).graph.node]

    wanted = kernels("ordinary")
    assert "QLinearConv" in wanted
    assert "QGemm" in wanted
    assert not {"Conv", "Gemm", "DequantizeLinear"} & set(wanted)
    for weights in ("denormal", "huge", "mixed_channels"):
        assert kernels(weights) == wanted
