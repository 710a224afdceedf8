"""Regions are found from the graph alone, and running them one after the other is running the network."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from onnx import helper

from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.regions import find_regions
from nnopt_gui.engine.onnx_graph.torch_graph import TorchGraph

from .small_networks import every_kind_of_layer, graph_of, images, residual_network


def branching() -> FloatGraph:
    """Two branches that are concatenated, behind a pooling without weights; the output leaves the last layer."""
    rng = np.random.default_rng(0)
    tensors = {
        "one.w": rng.standard_normal((4, 3, 1, 1)).astype(np.float32),
        "two.w": rng.standard_normal((4, 3, 3, 3)).astype(np.float32),
        "fc.w": rng.standard_normal((5, 200)).astype(np.float32),
    }
    nodes = [
        helper.make_node("MaxPool", ["input"], ["p"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["p", "one.w"], ["a"], name="one"),
        helper.make_node("Conv", ["p", "two.w"], ["b"], name="two", pads=[1, 1, 1, 1]),
        helper.make_node("Concat", ["a", "b"], ["c"], name="both", axis=1),
        helper.make_node("Flatten", ["c"], ["f"], name="flat"),
        helper.make_node("Gemm", ["f", "fc.w"], ["logits"], name="fc", transB=1),
    ]
    return graph_of(nodes, tensors)


def test_residual_blocks_are_regions() -> None:
    found = find_regions(residual_network())
    assert [[layer.name for layer in region.layers] for region in found] == [
        ["stem"],
        ["one.a", "one.b"],
        ["two.a", "two.short", "two.b"],
        ["fc"],
    ]
    assert [(region.entry, region.exit) for region in found] == [
        ("input", "b"),
        ("b", "g"),
        ("g", "n"),
        ("n", "logits"),
    ]


def test_branches_belong_together_and_straight_layers_go_two_by_two() -> None:
    assert [[layer.name for layer in region.layers] for region in find_regions(branching())] == [["one", "two"], ["fc"]]
    plain = [[layer.name for layer in region.layers] for region in find_regions(every_kind_of_layer())]
    assert plain == [["stem", "deep"], ["point", "group"], ["fc", "out"]]


@pytest.mark.parametrize("graph", [residual_network(), branching(), every_kind_of_layer()], ids=["add", "cat", "plain"])
def test_one_region_after_the_other_is_the_network(graph: FloatGraph) -> None:
    network, batch = TorchGraph(graph), torch.from_numpy(images(4))
    values = batch
    for region in find_regions(graph):
        values = network.between({region.entry: values}, region.exit)
    assert torch.equal(values, network(batch))


def test_what_is_given_has_to_be_enough() -> None:
    network = TorchGraph(residual_network())
    with pytest.raises(ValueError, match="also needs"):
        network.between({"e": torch.zeros(1, 8, 10, 10)}, "g")
    with pytest.raises(ValueError, match="no such layers"):
        network.between({"b": torch.zeros(1, 8, 10, 10)}, "g", {"no": torch.zeros(1)})
