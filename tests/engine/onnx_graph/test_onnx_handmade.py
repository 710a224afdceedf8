"""Files as other tools write them: forms that opsets abolished, shapes that name the batch, shared weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from nnopt_gui.engine.onnx_graph.normal_form import from_onnx_bytes
from nnopt_gui.engine.onnx_graph.runtime_passes import optimized

from .opened_files import SHAPE, check_float, check_quantized, images, outputs, quantized


def handmade(
    nodes: list[onnx.NodeProto], constants: dict[str, np.ndarray], opset: int, batch: int | str = "N"
) -> onnx.ModelProto:
    """Conv → ``nodes`` from ``maps`` to ``pooled`` (N×6×1×1) → Flatten → Gemm, with weights as initialisers."""
    rng = np.random.default_rng(3)
    values = {
        "w": rng.standard_normal((6, 3, 3, 3)) * 0.3, "wb": rng.standard_normal(6) * 0.3,
        "m": rng.standard_normal((6, 4)), "mb": rng.standard_normal(4),
    }  # fmt: skip
    body = [
        helper.make_node("Conv", ["image", "w", "wb"], ["maps"], pads=[1, 1, 1, 1]),
        *nodes,
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "m", "mb"], ["scores"]),
    ]
    tensors = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in values.items()]
    tensors += [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(
        body,
        "handmade",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, *SHAPE])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [batch, 4])],
        tensors,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=7 if opset < 19 else 10)


def norm_constants(channels: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(4)
    return {
        "scale": rng.uniform(0.5, 1.5, channels).astype(np.float32),
        "shift": rng.standard_normal(channels).astype(np.float32),
        "mean": rng.standard_normal(channels).astype(np.float32) * 0.1,
        "variance": rng.uniform(0.5, 1.5, channels).astype(np.float32),
    }


NORM = ["scale", "shift", "mean", "variance"]
POOL = helper.make_node("GlobalAveragePool", ["y"], ["pooled"])
node = helper.make_node


def norm_of_eleven() -> onnx.ModelProto:
    return handmade([node("BatchNormalization", ["maps", *NORM], ["y"], momentum=0.9), POOL], norm_constants(6), 11)


def norm_before_the_pool() -> onnx.ModelProto:
    """A norm after max pooling, where nothing is there to fold it into."""
    nodes = [
        node("MaxPool", ["maps"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        node("BatchNormalization", ["p", *NORM], ["n"]),
        node("Relu", ["n"], ["y"]),
        POOL,
    ]
    return handmade(nodes, norm_constants(6), 15)


def dropout_and_identity() -> onnx.ModelProto:
    return handmade([node("Dropout", ["maps"], ["d"], ratio=0.3), node("Identity", ["d"], ["y"]), POOL], {}, 11)


def clip_by_inputs() -> onnx.ModelProto:
    limits = {"low": np.float32(0.0), "high": np.float32(0.8)}
    return handmade([node("Clip", ["maps", "low", "high"], ["y"]), POOL], limits, 11)


def squeeze_by_attribute() -> onnx.ModelProto:
    nodes = [
        node("ReduceMean", ["maps"], ["r"], axes=[2, 3], keepdims=1),
        node("Squeeze", ["r"], ["s"], axes=[2, 3]),
        node("Unsqueeze", ["s"], ["pooled"], axes=[2, 3]),
    ]
    return handmade(nodes, {}, 11)


def squeeze_by_input() -> onnx.ModelProto:
    nodes = [
        node("ReduceMean", ["maps", "axes"], ["r"], keepdims=1),
        node("Squeeze", ["r", "axes"], ["s"]),
        node("Unsqueeze", ["s", "axes"], ["pooled"]),
    ]
    return handmade(nodes, {"axes": np.array([2, 3], np.int64)}, 18)


def pad_and_resize() -> onnx.ModelProto:
    constants = {
        "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64), "zero": np.float32(0.0),
        "roi": np.zeros(0, np.float32), "scales": np.array([1, 1, 2, 2], np.float32),
    }  # fmt: skip
    nodes = [
        node("Pad", ["maps", "pads", "zero"], ["p"]),
        node("Resize", ["p", "roi", "scales"], ["y"], mode="nearest", nearest_mode="floor",
             coordinate_transformation_mode="asymmetric"),
        POOL,
    ]  # fmt: skip
    return handmade(nodes, constants, 11)


def resize_to_size() -> onnx.ModelProto:
    """The size names the batch."""
    constants = {"sizes": np.array([2, 6, 8, 8], np.int64)}
    return handmade([node("Resize", ["maps", "", "", "sizes"], ["y"], mode="nearest"), POOL], constants, 13, 2)


def reshape_with_the_batch() -> onnx.ModelProto:
    """The channel shuffle of ShuffleNet for one image; the shape is a Constant node."""
    nodes = [
        node("Constant", [], ["five"], value=numpy_helper.from_array(np.array([1, 2, 3, 16, 16], np.int64))),
        node("Constant", [], ["four"], value_ints=[1, 6, 16, 16]),
        node("Reshape", ["maps", "five"], ["a"]),
        node("Transpose", ["a"], ["b"], perm=[0, 2, 1, 3, 4]),
        node("Reshape", ["b", "four"], ["c"]),
        node("Relu", ["c"], ["y"]),
        POOL,
    ]
    return handmade(nodes, {}, 12, 1)


def shapes_from_shape() -> onnx.ModelProto:
    nodes = [
        node("Shape", ["maps"], ["shape"]),
        node("Gather", ["shape", "first"], ["n"]),
        node("Concat", ["n", "rest"], ["to"], axis=0),
        node("Reshape", ["maps", "to"], ["a"]),
        node("ReduceMean", ["a"], ["r"], axes=[2], keepdims=1),
        node("Unsqueeze", ["r"], ["pooled"], axes=[3]),
    ]
    return handmade(nodes, {"first": np.array([0], np.int64), "rest": np.array([6, -1], np.int64)}, 11)


def hard_swish_in_pieces() -> onnx.ModelProto:
    """relu6(x + 3) / 6 · x, as it was exported before there was an operator."""
    constants = {name: np.float32(value) for name, value in (("three", 3.0), ("zero", 0.0), ("six", 6.0))}
    nodes = [
        node("Add", ["maps", "three"], ["a"]),
        node("Clip", ["a", "zero", "six"], ["b"]),
        node("Mul", ["maps", "b"], ["c"]),
        node("Div", ["c", "six"], ["d"]),
        node("Conv", ["d", "v"], ["y"]),
        POOL,
    ]
    rng = np.random.default_rng(5)
    constants["v"] = rng.standard_normal((6, 6, 1, 1)).astype(np.float32)
    return handmade(nodes, constants, 11)


def tied() -> onnx.ModelProto:
    """One initialiser as the weight of two layers, and as the addend of a sum."""
    rng = np.random.default_rng(6)
    constants = {"v": rng.standard_normal((1, 6, 1, 1)).astype(np.float32) * 0.4}
    nodes = [
        node("Conv", ["maps", "v"], ["a"]),
        node("Relu", ["maps"], ["b"]),
        node("Conv", ["b", "v"], ["c"]),
        node("Mul", ["a", "c"], ["d"]),
        node("Add", ["d", "v"], ["e"]),
        node("GlobalAveragePool", ["e"], ["pooled"]),
    ]
    return handmade(nodes, constants, 17)


def gelu_of_twenty() -> onnx.ModelProto:
    return handmade([node("Gelu", ["maps"], ["y"]), POOL], {}, 20)


def group_norm_of_twenty_one() -> onnx.ModelProto:
    constants = {name: norm_constants(6)[name] for name in ("scale", "shift")}
    nodes = [node("GroupNormalization", ["maps", "scale", "shift"], ["y"], num_groups=3, epsilon=1e-5), POOL]
    return handmade(nodes, constants, 21)


HANDMADE = (
    norm_of_eleven, norm_before_the_pool, dropout_and_identity, clip_by_inputs, squeeze_by_attribute, squeeze_by_input,
    pad_and_resize, resize_to_size, reshape_with_the_batch, shapes_from_shape, hard_swish_in_pieces, tied,
    gelu_of_twenty, group_norm_of_twenty_one,
)  # fmt: skip


@pytest.mark.parametrize("make", HANDMADE, ids=lambda make: make.__name__)
def test_what_other_tools_write(make: Callable[[], onnx.ModelProto]) -> None:
    model = make()
    onnx.checker.check_model(model, full_check=True)
    graph, _ = check_float(model)
    check_quantized(graph, 8, 0.12)
    packed = quantized(graph, 2)
    assert np.isfinite(outputs(packed, images(8, 1))).all()


@pytest.mark.parametrize("make", [norm_before_the_pool, hard_swish_in_pieces, clip_by_inputs, reshape_with_the_batch])
def test_nothing_is_left_in_float(make: Callable[[], onnx.ModelProto]) -> None:
    graph = from_onnx_bytes(make().SerializeToString())
    kinds = [item.op_type for item in optimized(quantized(graph, 8)).graph.node]
    assert kinds.count("QuantizeLinear") == 1
    assert kinds.count("DequantizeLinear") == 0
