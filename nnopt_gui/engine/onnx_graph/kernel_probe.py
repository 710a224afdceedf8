"""A graph in which many layer shapes stand side by side, so that a runtime's profiler times all of them in one run.

Every shape gets a branch of its own: a small 1×1 layer before it and one behind it, so that it sees its input in the
layout in which layers hand on their outputs (blocked channels for float, integers for int8) and not as a user hands in
an image. All kernels run in turn in every run: what else the machine does hits them alike, and each finds the caches
as cold as in a network.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import onnx
from onnx import helper, numpy_helper

from nnopt_gui.engine.onnx_graph.tensors import IR_VERSION, OPSET

KernelForm = Literal["float", "int8"]
TARGET: Final = "_target"
_STEM: Final = 3  # channels of the image that every branch starts from


@dataclass(frozen=True, order=True)
class KernelShape:
    """What decides how long a layer takes on one image: a convolution, or a linear layer applied to ``size[0]`` rows.

    ``size`` is (H, W) of a convolution's input, (rows, 1) of a linear layer; ``groups`` > 1 with as many inputs is
    depthwise. The tuples are (rows, columns).
    """

    kind: Literal["conv", "linear"]
    inputs: int
    outputs: int
    size: tuple[int, int]
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    @property
    def weights(self) -> int:
        return self.outputs * (self.inputs // self.groups) * math.prod(self.kernel)

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image (padding that a kernel does not fill counted as filled)."""
        if self.kind == "linear":
            return self.weights * self.size[0]
        places = [
            (side + 2 * pad - hold * (width - 1) - 1) // step + 1
            for side, pad, hold, width, step in zip(
                self.size, self.padding, self.dilation, self.kernel, self.stride, strict=True
            )
        ]
        return self.weights * math.prod(places)

    def key(self) -> str:
        """A short text that names this shape alone."""
        pairs = (self.size, self.kernel, self.stride, self.padding, self.dilation)
        tail = ",".join("x".join(map(str, pair)) for pair in pairs)
        return f"{self.kind}:{self.inputs}>{self.outputs}/{self.groups}@{tail}"


def probe_graph(shapes: Sequence[KernelShape], form: KernelForm) -> onnx.ModelProto:
    """The graph; the node of ``shapes[i]``, and the tensor it makes, are named ``k{i}_target``.

    Inputs are ``image_HxW`` (1, 3, H, W) and ``rows_N`` (N, 3), float32. Weights are random and reproducible.
    """
    writer = _Writer(form)
    for index, shape in enumerate(shapes):
        writer.branch(f"k{index}", shape)
    return writer.model()


class _Writer:
    def __init__(self, form: KernelForm) -> None:
        self._int8 = form == "int8"
        self._rng = np.random.default_rng(0)
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: dict[str, onnx.TensorProto] = {}
        self._inputs: dict[str, onnx.ValueInfoProto] = {}
        self._outputs: list[str] = []

    def branch(self, name: str, shape: KernelShape) -> None:
        x = self._grid(f"{name}_in", self._source(shape))
        x = self._grid(f"{name}_x", self._layer(f"{name}_before", x, _beside(shape, _STEM, shape.inputs)))
        x = self._grid(f"{name}_y", self._layer(f"{name}{TARGET}", x, shape))
        self._outputs.append(
            self._grid(f"{name}_out", self._layer(f"{name}_after", x, _beside(shape, shape.outputs, 4)))
        )

    def model(self) -> onnx.ModelProto:
        outputs = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in self._outputs]
        tensors = list(self._tensors.values())
        graph = helper.make_graph(self._nodes, "kernels", list(self._inputs.values()), outputs, tensors)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)

    def _source(self, shape: KernelShape) -> str:
        if shape.kind == "linear":
            name, dims = f"rows_{shape.size[0]}", [shape.size[0], _STEM]
        else:
            name, dims = f"image_{shape.size[0]}x{shape.size[1]}", [1, _STEM, *shape.size]
        self._inputs[name] = helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, dims)
        return name

    def _layer(self, name: str, source: str, shape: KernelShape) -> str:
        inner = shape.inputs // shape.groups
        weight = self._weight(
            name, (shape.outputs, inner, *shape.kernel) if shape.kind == "conv" else (shape.outputs, inner)
        )
        bias = f"{name}.b"
        if self._int8:
            self._put(f"{bias}.q", np.zeros(shape.outputs, np.int32))
            self._put(f"{bias}.s", np.full(shape.outputs, 2e-4, np.float32))
            self._node("DequantizeLinear", [f"{bias}.q", f"{bias}.s"], bias, axis=0)
        else:
            self._put(bias, np.zeros(shape.outputs, np.float32))
        sources = [source, weight, bias]
        if shape.kind == "linear":
            self._node("Gemm", sources, name, transB=1)
        else:
            pads = [*shape.padding, *shape.padding]
            how: dict[str, Any] = {"strides": shape.stride, "pads": pads, "dilations": shape.dilation}
            self._node("Conv", sources, name, group=shape.groups, **how)
        if self._int8:
            return name  # the integer grid that follows starts at 0 and so is the ReLU
        self._node("Relu", [name], f"{name}.r")
        return f"{name}.r"

    def _weight(self, name: str, dims: tuple[int, ...]) -> str:
        weight = f"{name}.w"
        if not self._int8:
            self._put(weight, self._rng.standard_normal(dims, np.float32) * np.float32(0.05))
            return weight
        self._put(f"{weight}.q", self._rng.integers(-64, 65, dims).astype(np.int8))
        self._put(f"{weight}.s", np.full(dims[0], 0.01, np.float32))
        self._put(f"{weight}.z", np.zeros(dims[0], np.int8))
        self._node("DequantizeLinear", [f"{weight}.q", f"{weight}.s", f"{weight}.z"], weight, axis=0)
        return weight

    def _grid(self, name: str, source: str) -> str:
        """Quantise and dequantise, where the form asks for it."""
        if not self._int8:
            return source
        self._put("scale", np.float32(0.02))
        self._put("zero", np.uint8(0))
        self._node("QuantizeLinear", [source, "scale", "zero"], f"{name}.q")
        self._node("DequantizeLinear", [f"{name}.q", "scale", "zero"], name)
        return name

    def _put(self, name: str, values: Any) -> None:
        self._tensors[name] = numpy_helper.from_array(np.asarray(values), name)

    def _node(self, operator: str, sources: list[str], made: str, **attributes: Any) -> None:
        self._nodes.append(helper.make_node(operator, sources, [made], made, **attributes))


def _beside(shape: KernelShape, inputs: int, outputs: int) -> KernelShape:
    """A 1×1 layer at the same size, in front of or behind the one that is timed (behind a stride it sees less)."""
    return KernelShape(shape.kind, inputs, outputs, shape.size)
