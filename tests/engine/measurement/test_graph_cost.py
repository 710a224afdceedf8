"""MACs and parameters against torch's own counters, in every form of the artifact."""

from __future__ import annotations

import math

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch.utils.flop_counter import FlopCounterMode

from nnopt_gui.engine.measurement.cost import Cost, graph_cost
from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.pruning.sparsity import magnitude_masks
from nnopt_gui.engine.quantization.calibration import collect_ranges
from nnopt_gui.engine.quantization.post_training import quantize_graph
from nnopt_gui.engine.recipe import Method, Quantize
from nnopt_gui.errors import ModelError

REPORTER = SilentReporter()


def torch_macs(network: torch.nn.Module, shape: tuple[int, int, int]) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, *shape))
    return counter.get_total_flops() // 2


def folded_params(network: torch.nn.Module) -> int:
    """Parameters with every batch norm folded: one bias a channel instead of scale and shift."""
    norms = sum(m.num_features for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d))
    return sum(p.numel() for p in network.parameters()) - norms


@pytest.mark.parametrize(
    ("name", "shape"),
    [("digits_cnn", (1, 8, 8)), ("cifar_resnet20", (3, 32, 32)), ("dscnn", (1, 28, 28))],
)
def test_every_form_of_a_network_has_torchs_cost(name: str, shape: tuple[int, int, int]) -> None:
    network = build(Architecture(name, 10, shape[0], shape[1:]), seed=0)
    graph = export_network(network, shape, REPORTER)
    cost = graph_cost(graph.model)
    assert cost.macs == torch_macs(network, shape)
    assert cost.params == folded_params(network)
    images = np.random.default_rng(0).standard_normal((2, *shape)).astype(np.float32)
    ranges = collect_ranges(graph, [images], REPORTER)
    books, even = Method(rounding="nearest", repair="none"), Method(rounding="nearest", scheme="symmetric")
    for bits, activations, method in ((8, 8, even), (3, 8, books), (4, 32, even), (16, 32, even)):
        model = quantize_graph(graph, Quantize(bits, activations, method), ranges, None, REPORTER)
        found = graph_cost(model)
        assert (found.macs, found.params) == (cost.macs, cost.params), (bits, activations)
        assert found.nonzero_params <= cost.params


def test_zeros_of_packed_sparse_weights_are_counted() -> None:
    network = build(Architecture("digits_cnn", 10, 1, (8, 8)), seed=0)
    graph = export_network(network, (1, 8, 8), REPORTER)
    masks = magnitude_masks(graph.weights(), 0.8)
    kept = sum(int(mask.sum()) for mask in masks.values())
    biases = graph_cost(graph.model).nonzero_params - sum(np.count_nonzero(w) for w in graph.weights().values())
    ranges = collect_ranges(graph, [np.zeros((1, 1, 8, 8), np.float32)], REPORTER)
    pruned = graph_cost(quantize_graph(graph, None, None, masks, REPORTER))
    assert pruned.nonzero_params == kept + biases
    packed = graph_cost(quantize_graph(graph, Quantize(8, 8), ranges, masks, REPORTER))
    assert packed.params == pruned.params
    assert 0.9 * kept < packed.nonzero_params <= kept + biases


def model_of(
    nodes: list[onnx.NodeProto], constants: dict[str, np.ndarray], shape: list[int | str | None]
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def floats(*shape: int) -> np.ndarray:
    return np.arange(math.prod(shape), dtype=np.float32).reshape(shape)


def test_convolutions_of_every_kind() -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["a"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Conv", ["a", "w2", "b2"], ["b"], group=4),
        helper.make_node("ConvTranspose", ["b", "w3"], ["y"], strides=[2, 2]),
    ]
    constants = {"w1": floats(4, 3, 3, 3), "w2": floats(8, 1, 2, 2), "b2": floats(8), "w3": floats(8, 5, 2, 2)}
    cost = graph_cost(model_of(nodes, constants, ["N", 3, 10, 10]))
    first, second = 4 * 3 * 9 * 25, 8 * 4 * 16
    third = 8 * 5 * 4 * 16  # every one of the 4×4 input positions meets the whole kernel
    assert cost == Cost(first + second + third, 108 + 32 + 8 + 160, 108 + 32 + 8 + 160 - 4)


def test_products_of_activations_are_work_without_parameters() -> None:
    nodes = [
        helper.make_node("Reshape", ["x", "shape"], ["tokens"]),
        helper.make_node("Transpose", ["tokens"], ["turned"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["tokens", "turned"], ["scores"]),
        helper.make_node("Mul", ["scores", "half"], ["scaled"]),
        helper.make_node("MatMul", ["scaled", "w"], ["z"]),
        helper.make_node("Add", ["z", "b"], ["y"]),
    ]
    constants = {
        "shape": np.array([0, 6, -1], np.int64),
        "half": np.array(0.5, np.float32),
        "w": floats(6, 7),
        "b": floats(7),
    }
    cost = graph_cost(model_of(nodes, constants, [None, 2, 3, 4]))
    assert cost == Cost(6 * 4 * 6 + 6 * 6 * 7, 42 + 7, 41 + 6)


def test_a_fixed_batch_counts_as_one_image() -> None:
    nodes = [helper.make_node("Flatten", ["x"], ["f"]), helper.make_node("Gemm", ["f", "w", "b"], ["y"], transB=1)]
    constants = {"w": floats(5, 12), "b": floats(5)}
    assert graph_cost(model_of(nodes, constants, [8, 3, 2, 2])).macs == 60
    assert graph_cost(model_of(nodes, constants, ["N", 3, 2, 2])).macs == 60


def test_unfolded_norms_count_scale_and_shift_only() -> None:
    nodes = [helper.make_node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y"])]
    constants = {name: np.ones(3, np.float32) for name in "sbmv"}
    assert graph_cost(model_of(nodes, constants, ["N", 3, 2, 2])) == Cost(0, 6, 6)


def test_open_sides_have_to_be_given() -> None:
    nodes = [helper.make_node("Conv", ["x", "w"], ["y"])]
    model = model_of(nodes, {"w": floats(4, 3, 1, 1)}, ["N", 3, "H", "W"])
    with pytest.raises(ModelError, match="no fixed"):
        graph_cost(model)
    before = model.SerializeToString()
    assert graph_cost(model, (3, 5, 6)).macs == 12 * 30
    assert model.SerializeToString() == before
