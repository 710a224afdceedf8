"""MACs and parameters of an ONNX graph as it is deployed: float, quantised (QDQ or QLinear) or packed.

The graph is run once on a single blank image with its intermediate values exposed, so shapes need no inference and
packed weights are what the runtime unpacks, zeros included.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from nnopt_gui.engine.measurement.session import open_session, run_cancellable
from nnopt_gui.engine.progress import Reporter, SilentReporter
from nnopt_gui.errors import ModelError

# Where an operator has its data, weight and bias inputs.
_PRODUCTS: Final[Mapping[str, tuple[int, int, int]]] = {
    "Conv": (0, 1, 2),
    "ConvTranspose": (0, 1, 2),
    "ConvInteger": (0, 1, -1),
    "QLinearConv": (0, 3, 8),
    "Gemm": (0, 1, 2),
    "QGemm": (0, 3, 6),
    "MatMul": (0, 1, -1),
    "MatMulInteger": (0, 1, -1),
    "QLinearMatMul": (0, 3, -1),
}
# Constants of these are settings, not parameters.
_NO_PARAMETERS: Final = frozenset(
    {"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "Resize", "Upsample", "Clip", "Pad", "Range"}
    | {"OneHot", "Pow", "QLinearAdd", "QLinearMul", "QLinearConcat", "QLinearSigmoid", "QLinearLeakyRelu"}
    | {"QLinearGlobalAveragePool", "QLinearAveragePool", "QLinearSoftmax"}
)
_FLOAT_TYPES: Final = (np.float16, np.float32, np.float64)


@dataclass(frozen=True)
class Cost:
    """``macs`` are multiply-accumulates of convolutions, linear layers and matrix products for one image. ``params``
    are weights and biases of those layers and other float parameters (norms, embeddings), whatever width they are
    stored in, without scales and zero points: a network and its quantised form have the same number. They are counted
    once per use, as writers merge tensors that happen to be equal (fresh norms, layers pruned to nothing).
    ``nonzero_params`` are those of them whose unpacked value is not zero."""

    macs: int
    params: int
    nonzero_params: int


def graph_cost(
    model: onnx.ModelProto,
    input_shape: tuple[int, int, int] | None = None,
    reporter: Reporter = SilentReporter(),  # noqa: B008 - it has no state
) -> Cost:
    """Count what the graph computes and stores.

    Args:
        model: with one image input N×C×H×W; it is not changed. Only the top-level graph is counted, not the bodies of
            If and Loop.
        input_shape: (C, H, W), needed where the file leaves the sides open.
        reporter: cancellation.

    Raises:
        Cancelled. ModelError: the input's shape is not known, or ONNX Runtime cannot run the graph.
    """
    graph = model.graph
    initializers = {tensor.name: tensor for tensor in graph.initializer}
    constant = _constant_names(graph, set(initializers))
    products = [node for node in graph.node if node.op_type in _PRODUCTS and not constant.issuperset(node.output)]
    exposed: set[str] = set()
    for node in products:
        data, weight, bias = (node.input[i] if 0 <= i < len(node.input) else "" for i in _PRODUCTS[node.op_type])
        exposed |= {node.output[0], data, weight, bias}
    others = _other_constants(graph, constant)
    exposed |= {name for name, _ in others}
    batch, values = _run(model, sorted(exposed - set(initializers) - {""}), input_shape, reporter)

    def value(name: str) -> NDArray[Any]:
        if name not in values:
            values[name] = numpy_helper.to_array(initializers[name])
        return values[name]

    macs, params, nonzero = 0, 0, 0
    for node in products:
        macs += _macs(node, value)
        _, weight, bias = (node.input[i] if 0 <= i < len(node.input) else "" for i in _PRODUCTS[node.op_type])
        if weight not in constant:
            continue  # a product of two activations
        for name in (weight, bias) if bias in constant else (weight,):
            params += value(name).size
            nonzero += int(np.count_nonzero(value(name)))
    for name, scalar_counts in others:
        array = value(name)
        if array.dtype in _FLOAT_TYPES and (scalar_counts or array.size > 1):
            params += array.size
            nonzero += int(np.count_nonzero(array))
    return Cost(macs // batch, params, nonzero)


def _constant_names(graph: onnx.GraphProto, names: set[str]) -> set[str]:
    """Values that depend on no input: initialisers and everything computed from them alone."""
    known = set(names)
    for node in graph.node:  # topologically sorted, as ONNX demands
        has_body = any(attribute.type == onnx.AttributeProto.GRAPH for attribute in node.attribute)
        random = node.op_type.startswith(("Random", "Bernoulli", "Multinomial"))
        if not has_body and not random and all(name in known for name in node.input if name):
            known.update(node.output)
    return known


def _other_constants(graph: onnx.GraphProto, constant: set[str]) -> list[tuple[str, bool]]:
    """Constants that operators besides the matrix products take from outside of the constant part, and whether a
    single number counts as a parameter there (the slope of a PReLU does, the half in a GELU does not)."""
    found = []
    for node in graph.node:
        if node.op_type in _PRODUCTS or node.op_type in _NO_PARAMETERS or all(o in constant for o in node.output):
            continue
        scalar_counts = node.op_type in {"PRelu", "BatchNormalization"}
        # running statistics are not parameters
        inputs = node.input[:3] if node.op_type == "BatchNormalization" else node.input
        found += [(name, scalar_counts) for name in inputs if name in constant]
    return found


def _macs(node: onnx.NodeProto, value: Any) -> int:
    """Multiply-accumulates of one node for the whole batch."""
    data, weight = (value(node.input[i]).shape for i in _PRODUCTS[node.op_type][:2])
    output = value(node.output[0]).shape
    if node.op_type == "ConvTranspose":
        return math.prod(weight) * data[0] * math.prod(data[2:])
    if "Conv" in node.op_type:
        return math.prod(weight) * output[0] * math.prod(output[2:])
    if "Gemm" in node.op_type:
        transposed = any(attribute.name == "transA" and attribute.i for attribute in node.attribute)
        return math.prod(output) * data[0 if transposed else 1]
    return math.prod(output) * data[-1]


def _run(
    model: onnx.ModelProto, names: list[str], input_shape: tuple[int, int, int] | None, reporter: Reporter
) -> tuple[int, dict[str, NDArray[Any]]]:
    """The batch that was run and the values with these names for a blank image."""
    inputs = [value for value in model.graph.input if value.name not in {t.name for t in model.graph.initializer}]
    if len(inputs) != 1:
        raise ModelError(f"The model has {len(inputs)} inputs; one image input is expected.")
    sides = [dim.dim_value for dim in inputs[0].type.tensor_type.shape.dim]
    shape = (max(1, sides[0]) if sides else 1, *(input_shape or tuple(sides[1:])))
    if len(shape) != 4 or min(shape) < 1:
        raise ModelError(f"The input {inputs[0].name} has no fixed channels, height and width: {shape[1:]}.")
    exposed = onnx.ModelProto()
    exposed.CopyFrom(model)
    del exposed.graph.output[:]
    exposed.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name != inputs[0].name)
    blank = np.zeros(shape, dtype=np.float32)
    values: dict[str, NDArray[Any]] = {inputs[0].name: blank}
    wanted = [name for name in names if name != inputs[0].name]
    if wanted:
        session = open_session(exposed.SerializeToString(), threads=1, optimize=False)
        values.update(zip(wanted, run_cancellable(session, blank, reporter, names=wanted), strict=True))
    return shape[0], values
