"""The inputs that each output of a layer sees, as rows of a matrix: what least squares on a layer works with."""

from __future__ import annotations

import numpy as np
import onnx

from nnopt_gui.engine.onnx_graph.float_graph import GraphLayer
from nnopt_gui.engine.onnx_graph.tensors import attribute


def sample_rows(
    node: onnx.NodeProto, layer: GraphLayer, values: np.ndarray, weight_shape: tuple[int, ...], picks: np.ndarray
) -> np.ndarray:
    """Rows (groups, R, K) of the layer's input matrix, K being the weights per output channel.

    Args:
        node: the layer's node.
        values: the layer's input: N×C×H×W for a convolution, (…, K) otherwise.
        weight_shape: output channels first.
        picks: (R,) numbers in [0, 1) that choose image and position; the same picks choose the same places of two
            tensors of equal shape.
    """
    if layer.kind == "linear":
        flat = values.reshape(-1, values.shape[-1])
        return flat[(picks * len(flat)).astype(np.int64)][None]
    return _patches(node, values, weight_shape, picks)


def _patches(node: onnx.NodeProto, values: np.ndarray, weight_shape: tuple[int, ...], picks: np.ndarray) -> np.ndarray:
    kernel = weight_shape[2:]
    strides = _pair(node, "strides", (1, 1))
    dilations = _pair(node, "dilations", (1, 1))
    pads = attribute(node, "pads", [0, 0, 0, 0])
    assert isinstance(pads, list)
    groups = int(attribute(node, "group", 1))  # type: ignore[call-overload]
    images, channels, height, width = values.shape
    reach = [dilation * (size - 1) + 1 for dilation, size in zip(dilations, kernel, strict=True)]
    out_h = (height + pads[0] + pads[2] - reach[0]) // strides[0] + 1
    out_w = (width + pads[1] + pads[3] - reach[1]) // strides[1] + 1
    place = (picks * (images * out_h * out_w)).astype(np.int64)
    image, rest = place // (out_h * out_w), place % (out_h * out_w)
    top, left = rest // out_w * strides[0], rest % out_w * strides[1]
    # channels last, so that what is read at one place lies together
    high, wide = height + pads[0] + pads[2], width + pads[1] + pads[3]
    padded = np.zeros((images, high, wide, channels), np.float32)
    padded[:, pads[0] : pads[0] + height, pads[1] : pads[1] + width] = values.transpose(0, 2, 3, 1)
    pixels, first = padded.reshape(-1, channels), (image * high + top) * wide + left
    rows = np.empty((len(picks), channels, *kernel), np.float32)
    for y in range(kernel[0]):
        for x in range(kernel[1]):
            rows[:, :, y, x] = pixels.take(first + (y * dilations[0] * wide + x * dilations[1]), axis=0)
    return rows.reshape(len(picks), groups, -1).transpose(1, 0, 2)


def _pair(node: onnx.NodeProto, name: str, default: tuple[int, int]) -> tuple[int, int]:
    value = attribute(node, name, default)
    assert isinstance(value, list | tuple)
    return int(value[0]), int(value[1])
