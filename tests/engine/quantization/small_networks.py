"""A small network with every kind of layer, as an ONNX graph with random weights; built without torch."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph, find_layers
from nnopt_gui.engine.onnx_graph.runtime_passes import run

SHAPE = (3, 10, 10)


def graph_of(nodes: list[onnx.NodeProto], tensors: dict[str, np.ndarray], classes: int = 5) -> FloatGraph:
    """A checked graph from ``input`` N×3×10×10 to ``logits``."""
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, ["N", *SHAPE])],
        [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["N", classes])],
        [numpy_helper.from_array(value, name) for name, value in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return FloatGraph(model, find_layers(model), SHAPE, classes)


def every_kind_of_layer(seed: int = 0, spread: float = 0.0) -> FloatGraph:
    """Plain, depthwise, pointwise and grouped convolutions, ``Gemm`` behind a flattening, ``MatMul`` without a bias.

    ``spread``: of the logarithm of the channels' ranges.
    """
    rng = np.random.default_rng(seed)
    shapes = {"stem": (8, 3, 3, 3), "deep": (8, 1, 3, 3), "point": (12, 8, 1, 1), "group": (6, 4, 3, 3), "fc": (7, 54)}
    tensors: dict[str, np.ndarray] = {}
    for name, shape in shapes.items():
        size = np.exp(spread * rng.standard_normal((shape[0], *[1] * (len(shape) - 1))))
        weight = rng.standard_normal(shape) * size / np.sqrt(np.prod(shape[1:]))
        tensors[f"{name}.w"] = weight.astype(np.float32)
        tensors[f"{name}.b"] = (0.3 * rng.standard_normal(shape[0]) * size.ravel()).astype(np.float32)
    tensors["out.w"] = rng.standard_normal((7, 5)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["input", "stem.w", "stem.b"], ["a"], name="stem", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"], name="r1"),
        helper.make_node("Conv", ["b", "deep.w", "deep.b"], ["c"], name="deep", group=8, pads=[1, 1, 1, 1]),
        helper.make_node("LeakyRelu", ["c"], ["d"], name="r2", alpha=0.1),
        helper.make_node("MaxPool", ["d"], ["e"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["e", "point.w", "point.b"], ["f"], name="point"),
        helper.make_node("Relu", ["f"], ["g"], name="r3"),
        helper.make_node("Conv", ["g", "group.w", "group.b"], ["h"], name="group", group=3),
        helper.make_node("Relu", ["h"], ["i"], name="r4"),
        helper.make_node("Flatten", ["i"], ["j"], name="flat"),
        helper.make_node("Gemm", ["j", "fc.w", "fc.b"], ["k"], name="fc", transB=1),
        helper.make_node("Relu", ["k"], ["l"], name="r5"),
        helper.make_node("MatMul", ["l", "out.w"], ["logits"], name="out"),
    ]
    return graph_of(nodes, tensors)


def images(count: int = 96, seed: int = 1) -> np.ndarray:
    """float32 N×3×10×10, smooth like pictures are."""
    noise = np.random.default_rng(seed).standard_normal((count, 3, 12, 12))
    smooth = sum(noise[:, :, y : y + 10, x : x + 10] for y in range(3) for x in range(3)) / 3
    return np.asarray(smooth, np.float32)


def logits(graph: FloatGraph, batch: np.ndarray) -> np.ndarray:
    """What ONNX Runtime computes."""
    return np.asarray(run(graph.model, {"input": batch})[0])


def relative_error(got: np.ndarray, wanted: np.ndarray) -> float:
    """Of the logits, 1 for constant answers."""
    return float(np.linalg.norm(got - wanted) / np.linalg.norm(wanted - wanted.mean(axis=0)))


def residual_network(seed: int = 0) -> FloatGraph:
    """A stem, two residual blocks (the second one narrows with a convolution in its shortcut) and a linear layer."""
    rng = np.random.default_rng(seed)
    shapes = {
        "stem": (8, 3, 3, 3),
        "one.a": (8, 8, 3, 3),
        "one.b": (8, 8, 3, 3),
        "two.a": (12, 8, 3, 3),
        "two.short": (12, 8, 1, 1),
        "two.b": (12, 12, 3, 3),
        "fc": (5, 12),
    }
    tensors: dict[str, np.ndarray] = {}
    for name, shape in shapes.items():
        tensors[f"{name}.w"] = (rng.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)
        tensors[f"{name}.b"] = (0.2 * rng.standard_normal(shape[0])).astype(np.float32)

    def conv(name: str, source: str, to: str, pad: int = 1, stride: int = 1) -> onnx.NodeProto:
        places = {"pads": [pad] * 4, "strides": [stride] * 2}
        return helper.make_node("Conv", [source, f"{name}.w", f"{name}.b"], [to], name=name, **places)

    nodes = [
        conv("stem", "input", "a"),
        helper.make_node("Relu", ["a"], ["b"], name="r1"),
        conv("one.a", "b", "c"),
        helper.make_node("Relu", ["c"], ["d"], name="r2"),
        conv("one.b", "d", "e"),
        helper.make_node("Add", ["e", "b"], ["f"], name="sum1"),
        helper.make_node("Relu", ["f"], ["g"], name="r3"),
        conv("two.a", "g", "h", stride=2),
        conv("two.short", "g", "s", pad=0, stride=2),
        helper.make_node("Relu", ["h"], ["i"], name="r4"),
        conv("two.b", "i", "j"),
        helper.make_node("Add", ["j", "s"], ["k"], name="sum2"),
        helper.make_node("Relu", ["k"], ["l"], name="r5"),
        helper.make_node("GlobalAveragePool", ["l"], ["m"], name="pool"),
        helper.make_node("Flatten", ["m"], ["n"], name="flat"),
        helper.make_node("Gemm", ["n", "fc.w", "fc.b"], ["logits"], name="fc", transB=1),
    ]
    return graph_of(nodes, tensors)
