from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import helper

from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph, find_layers
from nnopt_gui.engine.onnx_graph.runtime_passes import run
from nnopt_gui.engine.onnx_graph.tensors import constant
from nnopt_gui.engine.progress import Cancelled, SilentReporter
from nnopt_gui.engine.quantization import calibration
from nnopt_gui.engine.quantization.calibration import collect_ranges, in_chunks, with_outputs
from nnopt_gui.engine.quantization.grids import activation_grid
from nnopt_gui.engine.recipe import ACTIVATION_RANGES
from nnopt_gui.errors import DataError, ModelError

QUIET = SilentReporter()
IMAGES = np.random.default_rng(0).standard_normal((50, 2, 6, 6)).astype(np.float32)


def small(channels: int = 4, weight: float = 1.0) -> FloatGraph:
    """Convolution, ReLU, global pooling, linear layer."""
    rng = np.random.default_rng(1)
    tensors = [
        constant("w", (weight * rng.standard_normal((channels, 2, 3, 3))).astype(np.float32)),
        constant("b", rng.standard_normal(channels).astype(np.float32)),
        constant("v", rng.standard_normal((3, channels)).astype(np.float32)),
    ]
    nodes = [
        helper.make_node("Conv", ["input", "w", "b"], ["c"], "conv", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["r"], "relu"),
        helper.make_node("GlobalAveragePool", ["r"], ["p"], "pool"),
        helper.make_node("Flatten", ["p"], ["f"], "flatten"),
        helper.make_node("Gemm", ["f", "v"], ["logits"], "linear", transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, ["n", 2, 6, 6])],
        [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["n", 3])],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return FloatGraph(model, find_layers(model), (2, 6, 6), 3)


def test_the_extremes_are_those_of_the_unoptimised_network() -> None:
    graph = small()
    found = collect_ranges(graph, [IMAGES[:20], IMAGES[20:]], QUIET)
    names = [name for name in found.observers if name != "input"]
    assert {"input", "r"} <= set(found.observers)
    values = dict(zip(names, run(with_outputs(graph.model, names), {"input": IMAGES}, names), strict=True))
    for name, (low, high) in found.ranges(method="minmax").items():
        value = IMAGES if name == "input" else values[name]
        assert np.allclose((low, high), (min(value.min(), 0), max(value.max(), 0)), rtol=1e-5)
    assert found.images == 50
    assert np.array_equal(found.sample, IMAGES)


def test_one_pass_serves_every_method_and_width() -> None:
    found = collect_ranges(small(), [IMAGES], QUIET)
    for method in ACTIVATION_RANGES:
        for bits in (2, 4, 8):
            ranges = found.ranges(bits, method)  # type: ignore[arg-type]
            grids = found.grids(bits, method)  # type: ignore[arg-type]
            assert grids == {name: activation_grid(low, high, bits) for name, (low, high) in ranges.items()}
            assert all(grid.bits == bits for grid in grids.values())
    widths = [high - low for low, high in (found.ranges(bits)["r"] for bits in (2, 4, 8))]
    assert widths == sorted(widths), "fewer levels are better spent on a narrower range"


def test_batches_do_not_matter() -> None:
    graph = small()
    one = collect_ranges(graph, (IMAGES[i : i + 1] for i in range(50)), QUIET)
    for other in (collect_ranges(graph, [IMAGES], QUIET), collect_ranges(graph, [IMAGES[:7], IMAGES[7:]], QUIET)):
        assert np.array_equal(one.sample, other.sample)
        for method in ACTIVATION_RANGES:
            wanted = other.ranges(method=method)  # type: ignore[arg-type]
            for name, pair in one.ranges(method=method).items():  # type: ignore[arg-type]
                assert np.allclose(pair, wanted[name], rtol=1e-3, atol=1e-6)


def test_the_sample_is_bounded_and_holds_on_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "_SAMPLE", (8, 5 * IMAGES[0].size))
    batch = IMAGES.copy()
    sample = collect_ranges(small(), [batch], QUIET).sample
    assert np.array_equal(sample, IMAGES[:5])
    assert not np.shares_memory(sample, batch)


def test_chunks_are_as_small_as_the_activations_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: dict[int, set[int]] = {}

    def spy(batches: object, shape: tuple[int, int, int], size: int) -> object:
        for chunk in in_chunks(batches, shape, size):  # type: ignore[arg-type]
            sizes.setdefault(channels, set()).add(len(chunk))
            yield chunk

    monkeypatch.setattr(calibration, "in_chunks", spy)
    monkeypatch.setattr(calibration, "_CHUNK_VALUES", 4000)
    for channels in (4, 40, 400):
        collect_ranges(small(channels), [IMAGES], QUIET)
    # input 72 values, ReLU 36 a channel, pooling 1 a channel
    assert {channels: max(found) for channels, found in sizes.items()} == {4: 4000 // 220, 40: 4000 // 1552, 400: 1}


def test_what_cannot_be_calibrated_says_why() -> None:
    for batches in ([], [np.zeros((0, 2, 6, 6), np.float32)], [np.zeros((2, 3, 6, 6), np.float32)]):
        with pytest.raises(DataError) as caught:
            collect_ranges(small(), batches, QUIET)
        assert caught.value.hint
    for images, graph in ((IMAGES * np.inf, small()), (IMAGES, small(weight=np.inf))):
        with pytest.raises(ModelError, match="not finite"):
            collect_ranges(graph, [images], QUIET)


def test_cancelling_stops_between_images() -> None:
    class Cancelling(SilentReporter):
        calls = 0

        def checkpoint(self) -> None:
            self.calls += 1
            if self.calls > 10:
                raise Cancelled

    read = []

    def batches() -> object:
        for image in IMAGES:
            read.append(image)
            yield image[None]

    with pytest.raises(Cancelled):
        collect_ranges(small(), batches(), Cancelling())  # type: ignore[arg-type]
    assert len(read) < 10
