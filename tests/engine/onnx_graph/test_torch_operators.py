"""Every operator of the table against ONNX Runtime, in graphs of one node (or of a few, where values are computed)."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph, find_layers
from nnopt_gui.engine.onnx_graph.runtime_passes import run
from nnopt_gui.engine.onnx_graph.torch_graph import TorchGraph, unsupported
from nnopt_gui.engine.onnx_graph.torch_operators import OPERATORS
from nnopt_gui.errors import ModelError

RNG = np.random.default_rng(0)
IMAGE = (2, 4, 7, 6)


def reals(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def positive(*shape: int) -> np.ndarray:
    return RNG.uniform(0.5, 1.5, shape).astype(np.float32)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def scalar(value: float) -> np.ndarray:
    return np.array(value, np.float32)


def graph_of(
    nodes: list[onnx.NodeProto], constants: dict[str, np.ndarray], shape: tuple[int, ...], opset: int = 18
) -> FloatGraph:
    """A graph from ``input`` to ``logits``, as it is written."""
    for index, node in enumerate(nodes):
        node.name = node.name or f"n{index}"
    graph = helper.make_graph(
        nodes,
        "case",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_value_info("logits", onnx.TypeProto())],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return FloatGraph(model, find_layers(model), (4, 7, 6), 1)  # the executor looks at no input shape


def agree(graph: FloatGraph, images: np.ndarray, tolerance: float = 1e-5) -> None:
    wanted = run(graph.model, {"input": images}, ["logits"])[0]
    plan = TorchGraph(graph)
    for memory in (torch.contiguous_format, torch.channels_last)[: 2 if images.ndim == 4 else 1]:
        got = plan(torch.from_numpy(images).contiguous(memory_format=memory)).numpy()
        assert got.dtype == wanted.dtype
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


def case(op: str, *constants: Any, x: np.ndarray | None = None, opset: int = 18, **attributes: Any) -> Any:
    """One node whose first input is the image; the others are constants (None: left out)."""
    label = ",".join(f"{key}={value}" for key, value in attributes.items())
    return pytest.param(op, constants, reals(*IMAGE) if x is None else x, opset, attributes, id=f"{op}({label})")


UNARY = (
    "Neg", "Abs", "Sign", "Exp", "Erf", "Sin", "Cos", "Floor", "Ceil", "Round", "Relu", "Mish", "Softplus",
    "Softsign", "Tanh", "Sigmoid", "HardSwish", "LeakyRelu", "Elu", "Celu", "Selu", "HardSigmoid", "Softmax",
    "LogSoftmax", "GlobalAveragePool", "GlobalMaxPool", "Identity", "Dropout", "Flatten", "Transpose", "ReduceMean",
    "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare", "Shape", "Size",
)  # fmt: skip
POSITIVE = ("Sqrt", "Reciprocal", "Log")
BINARY = ("Add", "Sub", "Mul", "Div", "Min", "Max", "Sum", "Mean", "PRelu")
CHANNELS = reals(4, 1, 1)

ELEMENTWISE = [
    *(case(op) for op in UNARY),
    *(case(op, x=positive(*IMAGE)) for op in POSITIVE),
    *(case(op, CHANNELS) for op in BINARY),
    *(case(op, reals(*IMAGE), CHANNELS) for op in ("Min", "Max", "Sum", "Mean")),
    *(case(op, CHANNELS) for op in ("Less", "LessOrEqual", "Greater", "GreaterOrEqual")),
    case("Equal", scalar(0.0), x=np.round(reals(*IMAGE))),
    case("Mod", scalar(0.7), fmod=1),
    case("Pow", scalar(2.0)),
    case("Pow", scalar(3.0)),
    case("Pow", np.array(2, np.int64)),
    case("Pow", reals(4, 1, 1), x=positive(*IMAGE)),
    case("Clip"),
    case("Clip", scalar(0.0), scalar(0.5)),
    case("Clip", None, scalar(0.5)),
    case("Clip", scalar(-0.5)),
    case("LeakyRelu", alpha=0.2),
    case("Elu", alpha=0.7),
    case("Celu", alpha=0.7),
    case("Selu", alpha=1.2, gamma=0.9),
    case("HardSigmoid", alpha=1 / 6, beta=0.5),
    case("Gelu", opset=20),
    case("Gelu", opset=20, approximate="tanh"),
    case("Softmax", axis=1),
    case("LogSoftmax", axis=1),
    case("Cast", to=TensorProto.INT64),
    case("Cast", to=TensorProto.BOOL),
    case("Cast", to=TensorProto.FLOAT),
    case("Trilu"),
    case("Trilu", np.array(-1, np.int64), upper=0),
]
REDUCTIONS = [
    *(
        case(op, ints(1, -1), keepdims=keep)
        for op in ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare")
        for keep in (0, 1)
    ),
    case("ReduceSum", keepdims=0),
    case("ReduceMean", noop_with_empty_axes=1),
    case("ReduceMean", opset=13, axes=[2, 3]),
]
PRODUCTS_AND_NORMS = [
    case("Gemm", reals(5, 4), reals(5), x=reals(3, 4), transB=1),
    case("Gemm", reals(5, 4), x=reals(3, 4), transB=1),
    case("Gemm", reals(5, 4), reals(1, 5), x=reals(3, 4), transB=1),
    case("Gemm", reals(4, 5), reals(3, 1), x=reals(4, 3), transA=1, alpha=0.5, beta=2.0),
    case("Gemm", reals(4, 5), x=reals(4, 3), transA=1),
    case("MatMul", reals(6, 3)),
    case("MatMul", reals(4, 6, 3)),
    case("Einsum", reals(4, 6), equation="nchw,cw->nch"),
    case("BatchNormalization", positive(4), reals(4), reals(4), positive(4), epsilon=1e-3),
    case("InstanceNormalization", positive(4), reals(4), epsilon=1e-3),
    case("InstanceNormalization", positive(4), reals(4), x=reals(2, 4, 1, 1)),
    case("InstanceNormalization", positive(4), reals(4), x=reals(2, 4, 9)),
    case("LayerNormalization", positive(6), reals(6), epsilon=1e-3),
    case("LayerNormalization", positive(7, 6), axis=-2),
    case("LayerNormalization", positive(1), reals(1), axis=1),
    case("LRN", size=3, alpha=0.1, beta=0.6, bias=1.1),
    case("LRN", size=5),
]
MOVES = [
    case("Reshape", ints(0, -1)),
    case("Reshape", ints(-1, 1, 0, 3), x=reals(2, 3, 7, 2)),
    case("Reshape", ints(0, 4), x=np.zeros((0, 4), np.float32), allowzero=1),
    *(case("Flatten", axis=axis) for axis in (0, 2, -1, 4)),
    case("Transpose", perm=[0, 2, 3, 1]),
    case("Squeeze", x=reals(2, 1, 3, 1)),
    case("Squeeze", ints(-1), x=reals(2, 1, 3, 1)),
    case("Unsqueeze", ints(0, -1)),
    case("Unsqueeze", ints(3, 1)),
    case("Slice", ints(1), ints(2**62), ints(2)),
    case("Slice", ints(0, -5), ints(4, -1), ints(1, 3), ints(2, 2)),
    case("Slice", ints(-1), ints(-(2**62)), ints(-1), ints(-1)),
    case("Slice", ints(5), ints(0), ints(2), ints(-2)),
    case("Slice", ints(0, 0, 1), ints(2, 3, 5)),
    case("Slice", ints(5), ints(2), ints(2)),
    case("Split", axis=2, num_outputs=1),
    case("Gather", np.array(1, np.int64), axis=1),
    case("Gather", np.array(-1, np.int64), axis=2),
    case("Gather", ints(3, -1, 0), axis=-1),
    case("Gather", ints(3, -1, 0, 2).reshape(2, 2), axis=1),
    case("GatherElements", RNG.integers(-7, 7, (2, 4, 3, 6)), axis=2),
    case("GatherND", ints(0, 3, 1, -1).reshape(2, 2)),
    case("GatherND", ints(0, 3, 1, 1, -1, 2).reshape(1, 2, 3)),
    case("ScatterND", ints(0, 3, 1, -1).reshape(2, 2), reals(2, 7, 6)),
    case("ScatterND", ints(1, 1).reshape(2, 1), reals(2, 4, 7, 6), reduction="add"),
    case("Expand", ints(3, 1, 5), x=reals(2, 1, 4, 1)),
    case("Tile", ints(1, 2, 1, 3)),
    case("Concat", reals(2, 1, 7, 6), reals(2, 2, 7, 6), axis=1),
    case("Shape", start=1, end=-1),
    case("DepthToSpace", x=reals(2, 8, 3, 2), blocksize=2),
    case("DepthToSpace", x=reals(2, 8, 3, 2), blocksize=2, mode="CRD"),
    case("SpaceToDepth", x=reals(2, 3, 4, 6), blocksize=2),
]
PADDING = [
    case("Pad", ints(0, 1, 2, 0, 0, 0, 1, 3)),
    case("Pad", ints(0, 0, -1, 2, 0, 0, 1, -2), scalar(0.5)),
    case("Pad", ints(1, 2, 3, 0), scalar(-1.0), ints(-1, 2)),
    *(case("Pad", ints(0, 1, 2, 0, 0, 0, 1, 3), mode=mode) for mode in ("reflect", "edge")),
    case("Pad", ints(0, 1, 2, 0, 0, 0, 1, 3), opset=19, mode="wrap"),
    case("Pad", ints(0, 0, -2, 0, 0, 0, 1, 3), mode="edge"),
]
KERNEL = reals(6, 4, 3, 3)
CONVOLUTIONS = [
    case("Conv", KERNEL, reals(6), pads=[1, 1, 1, 1]),
    case("Conv", KERNEL),
    case("Conv", KERNEL, pads=[0, 1, 2, 1], strides=[2, 1], dilations=[1, 2]),
    case("Conv", reals(6, 2, 3, 2), group=2, pads=[1, 0, 1, 1]),
    case("Conv", reals(8, 1, 3, 3), reals(8), group=4, strides=[2, 2]),
    *(case("Conv", KERNEL, strides=[2, 2], auto_pad=auto) for auto in ("SAME_UPPER", "SAME_LOWER", "VALID")),
    case("Conv", reals(5, 4, 3), reals(5), x=reals(2, 4, 9), pads=[2, 0], strides=[2]),
    case("Conv", reals(5, 2, 2, 3, 2), x=reals(1, 2, 4, 5, 6), pads=[1, 0, 0, 1, 2, 0]),
]
_ODD = {"kernel_shape": [3, 2], "strides": [2, 2]}
POOLS = [
    case("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
    case("MaxPool", kernel_shape=[2, 2]),
    case("MaxPool", **_ODD, pads=[0, 1, 2, 0]),
    case("MaxPool", **_ODD, pads=[1, 0, 1, 1], ceil_mode=1),
    case("MaxPool", kernel_shape=[2, 2], dilations=[2, 3], pads=[1, 1, 1, 1]),
    case("MaxPool", kernel_shape=[3, 3], strides=[2, 3], auto_pad="SAME_LOWER"),
    case("MaxPool", x=reals(2, 3, 9), kernel_shape=[3], strides=[2], ceil_mode=1),
    *(case("AveragePool", **_ODD, count_include_pad=count) for count in (0, 1)),
    *(case("AveragePool", **_ODD, pads=[0, 1, 2, 0], count_include_pad=count) for count in (0, 1)),
    *(case("AveragePool", **_ODD, pads=[1, 0, 1, 1], ceil_mode=1, count_include_pad=count) for count in (0, 1)),
    *(case("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=count) for count in (0, 1)),
    case("AveragePool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, x=reals(1, 2, 6, 8)),
    case("AveragePool", kernel_shape=[3, 3], strides=[2, 3], auto_pad="SAME_UPPER"),
    case("AveragePool", x=reals(2, 3, 9), kernel_shape=[3], strides=[2], pads=[1, 0]),
]
NONE = np.zeros(0, np.float32)
UP, DOWN, OUT = np.array([1, 1, 2, 1.5], np.float32), np.array([1, 1, 0.5, 0.6], np.float32), ints(2, 4, 10, 3)
NEAREST = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
RESIZES = [
    *(
        case("Resize", None, *how, mode="linear", coordinate_transformation_mode=transform)
        for how in ((UP,), (DOWN,), (NONE, OUT))
        for transform in ("half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners")
    ),
    *(
        case("Resize", None, *how, coordinate_transformation_mode=transform, nearest_mode=rounding)
        for how in ((UP,), (DOWN,), (NONE, OUT))
        for transform in ("half_pixel", "asymmetric")
        for rounding in NEAREST
    ),
    case("Resize", None, None, ints(14, 1), axes=[2, 3], mode="linear"),
]
CASES = [
    *ELEMENTWISE, *REDUCTIONS, *PRODUCTS_AND_NORMS, *MOVES, *PADDING, *CONVOLUTIONS, *POOLS, *RESIZES,
]  # fmt: skip
COMPUTED = {"And", "Or", "Not", "Where", "Range", "ConstantOfShape"}  # in graphs of several nodes, below


@pytest.mark.parametrize(("op", "constants", "x", "opset", "attributes"), CASES)
def test_as_onnx_runtime(
    op: str, constants: tuple[np.ndarray | None, ...], x: np.ndarray, opset: int, attributes: dict[str, Any]
) -> None:
    table = {f"c{slot}": value for slot, value in enumerate(constants) if value is not None}
    names = ["input", *(f"c{slot}" if f"c{slot}" in table else "" for slot in range(len(constants)))]
    graph = graph_of([helper.make_node(op, names, ["logits"], **attributes)], table, x.shape, opset)
    agree(graph, x)


def test_every_operator_of_the_table_has_a_case() -> None:
    assert {item.values[0] for item in CASES} | COMPUTED == set(OPERATORS)


@pytest.mark.parametrize("sizes", [ints(1, 3), None])
def test_split(sizes: np.ndarray | None) -> None:
    constants = {} if sizes is None else {"sizes": sizes}
    inputs = ["input", *constants]
    options = {"num_outputs": 2} if sizes is None else {}
    shape = (2, 4 if sizes is not None else 5, 3)
    split = helper.make_node("Split", inputs, ["a", "b"], axis=1, **options)
    agree(
        graph_of([split, helper.make_node("Concat", ["b", "a"], ["logits"], axis=1)], constants, shape), reals(*shape)
    )


def test_products_of_two_activations() -> None:
    nodes = [
        helper.make_node("Transpose", ["input"], ["turned"], perm=[0, 1, 3, 2]),
        helper.make_node("MatMul", ["input", "turned"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["shares"]),
        helper.make_node("MatMul", ["shares", "input"], ["logits"]),
    ]
    agree(graph_of(nodes, {}, IMAGE), reals(*IMAGE))


def test_logic_between_activations() -> None:
    nodes = [
        helper.make_node("Greater", ["input", "low"], ["above"]),
        helper.make_node("Less", ["input", "high"], ["below"]),
        helper.make_node("And", ["above", "below"], ["inside"]),
        helper.make_node("Not", ["inside"], ["outside"]),
        helper.make_node("Or", ["outside", "below"], ["either"]),
        helper.make_node("Where", ["inside", "input", "zero"], ["a"]),
        helper.make_node("Where", ["either", "a", "input"], ["logits"]),
    ]
    constants = {"low": scalar(-0.5), "high": scalar(0.5), "zero": scalar(0.0)}
    agree(graph_of(nodes, constants, IMAGE), reals(*IMAGE))


def test_bounds_that_are_computed() -> None:
    nodes = [
        helper.make_node("ReduceMin", ["input"], ["low"], keepdims=0),
        helper.make_node("Mul", ["low", "half"], ["least"]),
        helper.make_node("Clip", ["input", "least"], ["logits"]),
    ]
    agree(graph_of(nodes, {"half": scalar(0.5)}, IMAGE), reals(*IMAGE))


SHAPE_ARITHMETIC = [  # x.view(N, C // 2, -1) + a ramp, a class token in front, a mask from indices
    helper.make_node("Shape", ["input"], ["shape"]),
    helper.make_node("Gather", ["shape", "0"], ["n"]),
    helper.make_node("Gather", ["shape", "1"], ["c"]),
    helper.make_node("Div", ["c", "2"], ["half"]),
    helper.make_node("Unsqueeze", ["n", "[0]"], ["[n]"]),
    helper.make_node("Unsqueeze", ["half", "[0]"], ["[half]"]),
    helper.make_node("Concat", ["[n]", "[half]", "[-1]"], ["view"], axis=0),
    helper.make_node("Reshape", ["input", "view"], ["rows"]),
    helper.make_node("Shape", ["rows"], ["shape of rows"]),
    helper.make_node("Gather", ["shape of rows", "2"], ["width"]),
    helper.make_node("Range", ["0", "width", "1"], ["steps"]),
    helper.make_node("Cast", ["steps"], ["ramp"], to=TensorProto.FLOAT),
    helper.make_node("Add", ["rows", "ramp"], ["lifted"]),
    helper.make_node("Concat", ["[n]", "[1]", "[1]"], ["token shape"], axis=0),
    helper.make_node("ConstantOfShape", ["token shape"], ["ones"], value=numpy_helper.from_array(ints(1))),
    helper.make_node("Mul", ["ones", "[-1]"], ["minus"]),
    helper.make_node("Equal", ["ones", "minus"], ["same"]),
    helper.make_node("Where", ["same", "minus", "token shape 3"], ["goal"]),
    helper.make_node("ReduceMax", ["goal", "[0,1]"], ["largest"], keepdims=0),
    helper.make_node("Concat", ["[n]", "[1]", "largest"], ["target"], axis=0),
    helper.make_node("Expand", ["token", "target"], ["tokens"]),
    helper.make_node("Concat", ["tokens", "lifted"], ["logits"], axis=1),
]
SHAPE_CONSTANTS = {
    "0": np.array(0, np.int64), "1": np.array(1, np.int64), "2": np.array(2, np.int64), "[0]": ints(0), "[1]": ints(1),
    "[-1]": ints(-1), "[0,1]": ints(0, 1), "token shape 3": ints(84).reshape(1, 1, 1), "token": reals(1, 1, 84),
}  # fmt: skip


def test_shape_arithmetic() -> None:
    graph = graph_of(SHAPE_ARITHMETIC, SHAPE_CONSTANTS, ("N", *IMAGE[1:]))  # type: ignore[arg-type]
    for count in (1, 3):
        agree(graph, reals(count, *IMAGE[1:]))


def test_the_hook_sees_no_shapes() -> None:
    seen: list[str] = []

    def note(name: str, tensor: torch.Tensor) -> torch.Tensor:
        seen.append(name)
        return tensor

    graph = graph_of(SHAPE_ARITHMETIC, SHAPE_CONSTANTS, ("N", *IMAGE[1:]))  # type: ignore[arg-type]
    TorchGraph(graph)(torch.zeros(3, *IMAGE[1:]), after=note)
    assert seen == ["input", "rows", "lifted", "tokens", "logits"]


def test_the_hook_sees_only_floating_point() -> None:
    seen: list[torch.dtype] = []

    def note(_: str, tensor: torch.Tensor) -> torch.Tensor:
        seen.append(tensor.dtype)
        return tensor

    nodes = [
        helper.make_node("Greater", ["input", "zero"], ["mask"]),
        helper.make_node("Where", ["mask", "input", "zero"], ["logits"]),
    ]
    TorchGraph(graph_of(nodes, {"zero": scalar(0.0)}, IMAGE))(torch.zeros(IMAGE), after=note)
    assert seen == [torch.float32, torch.float32]


def test_shapes_are_computed_off_the_device() -> None:
    """The meta device holds no values, so reading a shape from it would raise."""
    graph = graph_of(SHAPE_ARITHMETIC, SHAPE_CONSTANTS, ("N", *IMAGE[1:]))  # type: ignore[arg-type]
    result = TorchGraph(graph).to("meta")(torch.empty(3, *IMAGE[1:], device="meta"))
    assert result.device.type == "meta"
    assert result.shape == (3, 3, 84)


@pytest.mark.parametrize(
    ("node", "name"),
    [
        (helper.make_node("NonZero", ["input"], ["logits"]), "NonZero"),
        (helper.make_node("Resize", ["input", "", "up"], ["logits"], mode="cubic"), "Resize (mode=cubic)"),
        (
            helper.make_node("MaxPool", ["input"], ["logits", "i"], kernel_shape=[2, 2]),
            "MaxPool (with further outputs)",
        ),
        (helper.make_node("Cast", ["input"], ["logits"], to=TensorProto.STRING), "Cast (to type 8)"),
        (helper.make_node("FusedConv", ["input"], ["logits"], domain="com.microsoft"), "com.microsoft.FusedConv"),
    ],
)
def test_what_cannot_be_run_is_named(node: onnx.NodeProto, name: str) -> None:
    graph = graph_of([node], {"up": UP}, IMAGE)
    assert unsupported(graph) == {name}
    with pytest.raises(ModelError) as caught:
        TorchGraph(graph)
    assert name in caught.value.user_message
