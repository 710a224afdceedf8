"""Whole graphs in torch against ONNX Runtime, their gradients against finite differences."""

from __future__ import annotations

import weakref
from collections.abc import Callable

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional as fn

from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph, find_layers
from nnopt_gui.engine.onnx_graph.runtime_passes import run
from nnopt_gui.engine.onnx_graph.torch_graph import TorchGraph, unsupported
from nnopt_gui.engine.progress import SilentReporter

RNG = np.random.default_rng(1)


class SeparableNet(nn.Module):
    """Depthwise separable convolutions with squeeze and excitation, hard swish and a channel shuffle."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.squeeze = nn.Conv2d(8, 4, 1)
        self.excite = nn.Conv2d(4, 8, 1)
        self.pointwise = nn.Conv2d(8, 12, 1)
        self.head = nn.Linear(12, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = fn.hardswish(self.norm(self.depthwise(fn.hardswish(self.stem(x)))))
        x = x * fn.hardsigmoid(self.excite(fn.relu(self.squeeze(fn.adaptive_avg_pool2d(x, 1)))))
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        return self.head(fn.silu(self.pointwise(x)).mean((2, 3)))


class DenseNet(nn.Module):
    """Branches that are concatenated, a norm that cannot be folded, uneven pooling, a convolution as classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(3, 6, 3, padding=1)
        self.two = nn.Conv2d(9, 4, (1, 3), padding=(0, 1), dilation=(1, 1))
        self.norm = nn.BatchNorm2d(13)
        self.group = nn.GroupNorm(2, 4)
        self.classes = nn.Conv2d(13, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat([x, fn.leaky_relu(self.one(x), 0.1)], 1)
        x = torch.cat([x, self.group(self.two(x))], 1)
        x = fn.max_pool2d(torch.relu(self.norm(x)), 3, 2, ceil_mode=True)
        left, right = fn.avg_pool2d(x, 3, 2, 1, count_include_pad=False).split([1, 3], 3)
        return self.classes(torch.cat([right, left], 3)).mean((2, 3))


class TinyTransformer(nn.Module):
    """Patches, a class token, one block of self-attention and a GELU MLP."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.place = nn.Parameter(torch.randn(1, 17, 8))
        self.norm1, self.norm2 = nn.LayerNorm(8), nn.LayerNorm(8)
        self.mix = nn.Linear(8, 24)
        self.out = nn.Linear(8, 8)
        self.mlp = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8, bias=False))
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        n = x.shape[0]
        x = torch.cat([self.token.expand(n, -1, -1), x], 1) + self.place
        q, k, v = self.mix(self.norm1(x)).reshape(n, 17, 3, 2, 4).permute(2, 0, 3, 1, 4)
        shares = (q @ k.transpose(-2, -1) * 0.5).softmax(-1)
        x = x + self.out((shares @ v).transpose(1, 2).reshape(n, 17, 8))
        x = x + self.mlp(self.norm2(x))
        return self.head(x[:, 0])


def exported(network: nn.Module) -> FloatGraph:
    return export_network(network.eval(), (3, 16, 16), SilentReporter())


@pytest.fixture(scope="module")
def graphs(small_graph: FloatGraph) -> dict[str, FloatGraph]:
    torch.manual_seed(0)
    dense = DenseNet()
    nn.init.uniform_(dense.norm.weight, 0.5, 1.5)
    nn.init.normal_(dense.norm.running_mean)
    others = {"separable": SeparableNet(), "dense": dense, "transformer": TinyTransformer()}
    return {"residual": small_graph, **{name: exported(network) for name, network in others.items()}}


NETWORKS = pytest.mark.parametrize("name", ["residual", "separable", "dense", "transformer"])


def images(count: int = 3) -> np.ndarray:
    return RNG.standard_normal((count, 3, 16, 16)).astype(np.float32)


def in_runtime(graph: FloatGraph, x: np.ndarray) -> np.ndarray:
    return run(graph.model, {"input": x}, ["logits"])[0]


def close(got: Tensor, wanted: np.ndarray) -> None:
    np.testing.assert_allclose(got.detach().numpy(), wanted, rtol=1e-4, atol=2e-5)


@NETWORKS
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_logits_are_onnx_runtimes(graphs: dict[str, FloatGraph], name: str, memory: torch.memory_format) -> None:
    assert unsupported(graphs[name]) == frozenset()
    plan = TorchGraph(graphs[name])
    for count in (1, 3):
        x = images(count)
        close(plan(torch.from_numpy(x).contiguous(memory_format=memory)), in_runtime(graphs[name], x))


def activations(graph: FloatGraph) -> list[str]:
    """The float32 tensors that the graph computes, by ONNX's own type inference."""
    kinds = {
        value.name: value.type.tensor_type for value in onnx.shape_inference.infer_shapes(graph.model).graph.value_info
    }
    names = [name for node in graph.model.graph.node for name in node.output if name and node.op_type != "Constant"]
    return [name for name in names if name == "logits" or kinds[name].elem_type == onnx.TensorProto.FLOAT]


@NETWORKS
def test_every_activation_is_onnx_runtimes(graphs: dict[str, FloatGraph], name: str) -> None:
    graph, x = graphs[name], images()
    names = activations(graph)
    probe = onnx.ModelProto()
    probe.CopyFrom(graph.model)
    probe.graph.output.extend(helper.make_value_info(item, onnx.TypeProto()) for item in names if item != "logits")
    wanted = dict(zip(names, run(probe, {"input": x}, names), strict=True))
    got = TorchGraph(graph).tensors(torch.from_numpy(x), [*names, "input"])
    assert list(got) == [*names, "input"]
    for item in names:
        close(got[item], wanted[item])
    assert not any(tensor.requires_grad for tensor in got.values())


@NETWORKS
def test_after_sees_the_input_and_every_activation_in_order(graphs: dict[str, FloatGraph], name: str) -> None:
    seen: list[str] = []

    def note(tensor_name: str, tensor: Tensor) -> Tensor:
        seen.append(tensor_name)
        return tensor

    x = images()
    close(TorchGraph(graphs[name])(torch.from_numpy(x), after=note), in_runtime(graphs[name], x))
    assert seen == ["input", *activations(graphs[name])]


@NETWORKS
def test_other_weights(graphs: dict[str, FloatGraph], name: str) -> None:
    graph, x = graphs[name], images()
    weights = {
        key: (value * RNG.uniform(0.5, 1.5, value.shape)).astype(np.float32) for key, value in graph.weights().items()
    }
    plan = TorchGraph(graph)
    got = plan(torch.from_numpy(x), {key: torch.from_numpy(value) for key, value in weights.items()})
    close(got, in_runtime(graph.with_weights(weights), x))
    assert np.abs(got.numpy() - in_runtime(graph, x)).max() > 1e-3
    close(plan(torch.from_numpy(x)), in_runtime(graph, x))


@NETWORKS
def test_gradients_reach_every_weight_and_bias(graphs: dict[str, FloatGraph], name: str) -> None:
    """The gradient along a random direction is the central difference along it."""
    graph = graphs[name]
    plan = TorchGraph(graph).to("cpu", torch.float64)
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(2, *graph.input_shape, generator=rng, dtype=torch.float64)
    given = [
        {key: torch.from_numpy(value.astype(np.float64)).requires_grad_() for key, value in table.items()}
        for table in (graph.weights(), graph.biases())
    ]

    def loss(table: int = 0, key: str = "", step: Tensor | None = None) -> Tensor:
        moved = [dict(item) for item in given]
        if step is not None:
            moved[table][key] = moved[table][key] + step
        return plan(x, *moved).square().sum()

    loss().backward()
    for table, tensors in enumerate(given):
        for key, tensor in tensors.items():
            assert tensor.grad is not None
            step = 1e-7 * torch.randn(tensor.shape, generator=rng, dtype=torch.float64)
            with torch.no_grad():
                difference = float(loss(table, key, step) - loss(table, key, -step)) / 2
            scale = float(tensor.grad.norm() * step.norm())
            assert difference == pytest.approx(float((tensor.grad * step).sum()), abs=1e-3 * scale)


def file_graph(bias: bool) -> FloatGraph:
    """What a user brings: a convolution without a bias, an average, a Gemm without one, a MatMul."""
    tensors = {
        "kernel": RNG.standard_normal((4, 3, 3, 3)),
        "matrix": RNG.standard_normal((6, 4)),
        "plain": RNG.standard_normal((6, 5)),
        **({"shift": RNG.standard_normal(4), "lift": RNG.standard_normal(6)} if bias else {}),
    }
    nodes = [
        helper.make_node("Conv", ["input", "kernel", *(["shift"] if bias else [])], ["a"], name="first"),
        helper.make_node("Tanh", ["a"], ["b"]),
        helper.make_node("GlobalAveragePool", ["b"], ["c"]),
        helper.make_node("Flatten", ["c"], ["d"]),
        helper.make_node("Gemm", ["d", "matrix", *(["lift"] if bias else [])], ["e"], name="second", transB=1),
        helper.make_node("MatMul", ["e", "plain"], ["logits"], name="third"),
    ]
    graph = helper.make_graph(
        nodes,
        "file",
        [helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, ["N", 3, 6, 6])],
        [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["N", 5])],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    return FloatGraph(model, find_layers(model), (3, 6, 6), 5)


def test_gradcheck_in_float64() -> None:
    graph = file_graph(bias=False)
    plan = TorchGraph(graph).to("cpu", torch.float64)
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, 6, 6, generator=rng, dtype=torch.float64, requires_grad=True)
    weights = [torch.from_numpy(value.astype(np.float64)).requires_grad_() for value in graph.weights().values()]
    biases = [torch.randn(size, generator=rng, dtype=torch.float64, requires_grad=True) for size in (4, 6)]

    def logits(x: Tensor, *tensors: Tensor) -> Tensor:
        named = dict(zip(("first", "second", "third"), tensors, strict=False))
        return plan(x, named, dict(zip(("first", "second"), tensors[3:], strict=True)))

    assert torch.autograd.gradcheck(logits, (x, *weights, *biases))


def test_a_bias_for_a_layer_without_one() -> None:
    with_bias = file_graph(bias=True)
    biases = {name: torch.from_numpy(value.copy()) for name, value in with_bias.biases().items()}
    weights = {name: torch.from_numpy(value.copy()) for name, value in with_bias.weights().items()}
    x = RNG.standard_normal((2, 3, 6, 6)).astype(np.float32)
    close(TorchGraph(file_graph(bias=False))(torch.from_numpy(x), weights, biases), in_runtime(with_bias, x))


def test_other_biases() -> None:
    graph = file_graph(bias=True)
    zeros = {name: torch.zeros(value.shape) for name, value in graph.biases().items()}
    bare = onnx.ModelProto()
    bare.CopyFrom(graph.model)
    for node in bare.graph.node:
        if node.op_type in ("Conv", "Gemm"):
            del node.input[2:]
    x = RNG.standard_normal((2, 3, 6, 6)).astype(np.float32)
    close(TorchGraph(graph)(torch.from_numpy(x), biases=zeros), run(bare, {"input": x}, ["logits"])[0])


def quantize_in_graph(graph: FloatGraph, grids: dict[str, tuple[float, int]]) -> onnx.ModelProto:
    """The graph with a QuantizeLinear/DequantizeLinear pair (unsigned 8 bits) behind each named tensor."""
    model = onnx.ModelProto()
    model.CopyFrom(graph.model)
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            if name in grids:
                node.input[index] = f"{name}/back"
    pairs = []
    for name, (scale, zero) in grids.items():
        for key, value in (("scale", np.float32(scale)), ("zero", np.uint8(zero))):
            model.graph.initializer.append(numpy_helper.from_array(np.asarray(value), f"{name}/{key}"))
        grid = [f"{name}/scale", f"{name}/zero"]
        pairs.append(helper.make_node("QuantizeLinear", [name, *grid], [f"{name}/q"]))
        pairs.append(helper.make_node("DequantizeLinear", [f"{name}/q", *grid], [f"{name}/back"]))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    made = {"input"}
    while nodes or pairs:  # in an order in which every node finds its inputs
        ready = next(node for node in [*pairs, *nodes] if _known(node, made, model))
        model.graph.node.append(ready)
        made.update(ready.output)
        (pairs if any(ready is pair for pair in pairs) else nodes).remove(ready)
    return model


def _known(node: onnx.NodeProto, made: set[str], model: onnx.ModelProto) -> bool:
    constants = {tensor.name for tensor in model.graph.initializer}
    return all(not name or name in made or name in constants for name in node.input)


def test_after_quantizes_activations_as_the_graph_would(small_graph: FloatGraph) -> None:
    graph = small_graph
    names = ["input", *(node.output[0] for node in graph.model.graph.node if node.op_type in ("Relu", "Add", "Clip"))]
    x = images()
    plan = TorchGraph(graph)
    grids = {}
    for name, tensor in plan.tensors(torch.from_numpy(x), names).items():
        low, high = min(0.0, float(tensor.min())), max(0.0, float(tensor.max()))
        scale = float(np.float32((high - low) / 15))  # coarse, so that what is rounded shows
        grids[name] = (scale, round(-low / scale))

    def fake(name: str, tensor: Tensor) -> Tensor:
        if name not in grids:
            return tensor
        scale, zero = grids[name]
        return torch.fake_quantize_per_tensor_affine(tensor, scale, zero, 0, 255)

    got = plan(torch.from_numpy(x), after=fake)
    wanted = run(quantize_in_graph(graph, grids), {"input": x}, ["logits"])[0]
    plain = in_runtime(graph, x)
    assert np.abs(wanted - plain).max() > 0.02
    # Values on the border between two steps may fall to either side; nearly all logits agree closely.
    assert np.quantile(np.abs(got.numpy() - wanted), 0.5) < 1e-4
    assert np.abs(got.numpy() - wanted).max() < 0.1 * np.abs(wanted - plain).max()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda plan, x: plan(x, {"nobody": x}), "no such layers: \\['nobody'\\]"),
        (lambda plan, x: plan(x, biases={"nobody": x}), "no such layers"),
        (lambda plan, x: plan(x, {"third": torch.zeros(6, 5)}), r"third is \(6, 5\), not \(5, 6\)"),
        (lambda plan, x: plan(x, biases={"third": torch.zeros(5)}), "MatMul"),
        (lambda plan, x: plan(x, biases={"first": torch.zeros(1)}), r"first is \(1,\), not \(4,\)"),
        (lambda plan, x: plan.tensors(x, ["kernel"]), "no such activations: \\['kernel'\\]"),
    ],
)
def test_wrong_names_and_shapes_are_refused(call: Callable[[TorchGraph, Tensor], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(TorchGraph(file_graph(bias=True)), torch.zeros(1, 3, 6, 6))


def test_tensors_are_freed_after_their_last_use() -> None:
    """In a chain of 40 nodes no more than three activations live at once."""
    nodes = [helper.make_node("Relu", ["input"], ["t0"])]
    nodes += [helper.make_node("Abs" if i % 2 else "Neg", [f"t{i}"], [f"t{i + 1}"]) for i in range(38)]
    nodes.append(helper.make_node("Flatten", ["t38"], ["logits"]))
    info = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, "chain", [info("input", 1, ["N", 1, 2, 2])], [info("logits", 1, ["N", 4])], [])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    living: weakref.WeakSet[Tensor] = weakref.WeakSet()
    most = 0

    def count(_: str, tensor: Tensor) -> Tensor:
        nonlocal most
        living.add(tensor)
        most = max(most, len(living))
        return tensor

    with torch.no_grad():
        TorchGraph(FloatGraph(model, (), (1, 2, 2), 4))(torch.randn(1, 1, 2, 2), after=count)
    assert most <= 3
