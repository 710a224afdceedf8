from __future__ import annotations

import numpy as np
import pytest
import torch
from onnx import helper
from torch.nn import functional as fn

from nnopt_gui.engine.onnx_graph.float_graph import GraphLayer
from nnopt_gui.engine.quantization.layer_inputs import sample_rows

CONV = GraphLayer("c", "c", "conv", "w", None, 0)
LINEAR = GraphLayer("l", "l", "linear", "w", None, 0)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_rows_times_weights_are_the_outputs_of_the_convolution(stride: int, dilation: int, groups: int) -> None:
    torch.manual_seed(0)
    images, weight = torch.randn(3, 4, 9, 7), torch.randn(8, 4 // groups, 3, 2)
    wanted = fn.conv2d(fn.pad(images, (0, 1, 2, 1)), weight, None, stride, 0, dilation, groups).numpy()
    node = helper.make_node(
        "Conv", ["x", "w"], ["y"], pads=[2, 0, 1, 1], strides=[stride] * 2, dilations=[dilation] * 2, group=groups
    )
    count = wanted[:, 0].size
    picks = (np.arange(count) + 0.5) / count
    rows = sample_rows(node, CONV, images.numpy(), tuple(weight.shape), picks)
    got = np.einsum("grk,gok->rgo", rows, weight.numpy().reshape(groups, 8 // groups, -1)).reshape(count, 8)
    assert np.allclose(got, wanted.transpose(0, 2, 3, 1).reshape(count, 8), atol=1e-4)


def test_rows_of_a_linear_layer() -> None:
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    rows = sample_rows(helper.make_node("MatMul", ["x", "w"], ["y"]), LINEAR, values, (5, 4), np.array([0.0, 0.99]))
    assert rows.tolist() == [[[0, 1, 2, 3], [20, 21, 22, 23]]]
