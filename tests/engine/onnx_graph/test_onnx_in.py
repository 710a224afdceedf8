"""Files as people bring them, opset 11 to 22: opened, quantised, compared with ONNX Runtime on the original."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional as fn

from nnopt_gui.engine.networks.onnx_file import read_onnx
from nnopt_gui.engine.onnx_graph.artifact_graph import write_quantized
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.normal_form import from_onnx_bytes
from nnopt_gui.engine.onnx_graph.quantized import least_weight_scales
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session, optimized, run
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.quantization.calibration import collect_ranges
from nnopt_gui.engine.quantization.reconstruction import reconstruct
from nnopt_gui.engine.quantization.weights import quantize_weight

QUIET = SilentReporter()
SHAPE = (3, 16, 16)


def images(count: int, seed: int) -> np.ndarray:
    """Smooth random images."""
    coarse = torch.randn(count, 3, 4, 4, generator=torch.Generator().manual_seed(seed))
    return fn.interpolate(coarse, size=SHAPE[1:], mode="bilinear").numpy()


# -- networks that torch exports -----------------------------------------------------------------------------------


class Mixed(nn.Module):
    """Batch norms, dropout, a slice, chunks, a pad, a clip, a mean, a resize: what opsets changed most."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU6())
        self.left, self.right = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 1)
        self.norm, self.last = nn.BatchNorm2d(8), nn.Conv2d(8, 8, 3)
        self.hidden, self.norm1 = nn.Linear(8, 12), nn.BatchNorm1d(12)
        self.drop, self.linear = nn.Dropout(0.5), nn.Linear(12, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        left, right = x.chunk(2, 1)
        x = torch.cat([fn.relu(self.left(left)), fn.leaky_relu(self.right(right), 0.1)], 1)
        x = fn.relu(self.norm(x))[:, :, ::2, ::2]
        x = fn.interpolate(fn.pad(x, (1, 1, 1, 1)), size=(12, 12), mode="nearest")
        x = fn.hardswish(self.last(x)).mean((2, 3))
        x = self.drop(torch.clamp(self.norm1(self.hidden(x)), -1.5, 1.5))
        return self.linear(x.unsqueeze(2).squeeze(2))


class Heads(nn.Module):
    """Attention written out."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.project = nn.Linear(24, 72), nn.Linear(24, 24)

    def forward(self, x: Tensor) -> Tensor:
        images, tokens, width = x.shape
        query, key, value = self.qkv(x).reshape(images, tokens, 3, 3, width // 3).permute(2, 0, 3, 1, 4).unbind(0)
        weights = ((query * (width // 3) ** -0.5) @ key.transpose(-2, -1)).softmax(-1)
        return self.project((weights @ value).transpose(1, 2).reshape(images, tokens, width))


class TorchHeads(nn.Module):
    """torch's own, whose reshapes put the batch beside the tokens, and multiply it by the heads."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(24, 3, batch_first=True)
        nn.init.normal_(self.attention.out_proj.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(x, x, x, need_weights=False)[0]


class Transformer(nn.Module):
    """One block with a class token."""

    def __init__(self, heads: nn.Module) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 24, 4, 4)
        self.token = nn.Parameter(0.3 * torch.randn(1, 1, 24))
        self.position = nn.Parameter(0.3 * torch.randn(1, 17, 24))
        self.norm1, self.norm2 = nn.LayerNorm(24), nn.LayerNorm(24)
        self.attention = heads
        self.mlp = nn.Sequential(nn.Linear(24, 48), nn.GELU(), nn.Linear(48, 24))
        self.linear = nn.Linear(24, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x)
        x = x.reshape(x.shape[0], 24, 16).permute(0, 2, 1)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.position
        x = x + self.attention(self.norm1(x))
        x = x + self.mlp(self.norm2(x))
        return self.linear(x[:, 0])


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "mixed": Mixed,
    "attention": lambda: Transformer(Heads()),
    "torch attention": lambda: Transformer(TorchHeads()),
}


@cache
def network(name: str) -> nn.Module:
    torch.manual_seed(0)
    made = NETWORKS[name]().train()
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.25)
    with torch.no_grad():
        for seed in range(10):
            made(torch.from_numpy(images(16, seed)))
    return made.eval()


@cache
def torchscript(name: str, opset: int, batch: int | None, *, fold: bool) -> onnx.ModelProto:
    """As the TorchScript exporter writes it; without folding, constants are nodes and batch norms stay."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network(name),
            (torch.zeros(batch or 2, *SHAPE),),
            buffer,  # type: ignore[arg-type]
            dynamo=False,
            opset_version=opset,
            input_names=["image"],
            output_names=["scores"],
            do_constant_folding=fold,
            training=torch.onnx.TrainingMode.EVAL if fold else torch.onnx.TrainingMode.PRESERVE,
            dynamic_axes={"image": {0: "N"}, "scores": {0: "N"}} if batch is None else None,
        )
    return onnx.load_model_from_string(buffer.getvalue())


@cache
def dynamo(name: str, opset: int, batch: int | None) -> onnx.ModelProto:
    """As the newer exporter writes it."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    shapes = ({0: torch.export.Dim("N", min=1, max=64)},) if batch is None else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network(name),
            (torch.zeros(batch or 2, *SHAPE),),
            dynamo=True,
            opset_version=opset,
            input_names=["image"],
            output_names=["scores"],
            dynamic_shapes=shapes,
            verbose=False,
        )
    assert program is not None
    return program.model_proto


# -- checks --------------------------------------------------------------------------------------------------------


def original_outputs(model: onnx.ModelProto, batch: np.ndarray) -> np.ndarray:
    """ONNX Runtime on the file as it came, in pieces of its batch size."""
    first = model.graph.input[0]
    fixed = first.type.tensor_type.shape.dim[0].dim_value or len(batch)
    pieces = [run(model, {first.name: batch[i : i + fixed]})[0] for i in range(0, len(batch), fixed)]
    return np.concatenate(pieces)


def outputs(model: onnx.ModelProto, batch: np.ndarray) -> np.ndarray:
    return np.asarray(open_session(model).run(None, {"input": batch})[0])


def quantized(graph: FloatGraph, bits: int) -> onnx.ModelProto:
    """A packed file with 8-bit activations, calibrated on 48 images; few bits are rounded by their effect."""
    seen = collect_ranges(graph, [images(48, 100)], QUIET)
    grids = seen.grids()
    least = least_weight_scales(graph, grids)
    if bits < 8:
        found = reconstruct(graph, dict.fromkeys(graph.weights(), bits), seen.sample, grids, QUIET, least_scales=least)
        return write_quantized(graph, found.weights, grids, found.biases)
    floats = graph.weights()
    levels = {name: quantize_weight(floats[name], bits, least_scale=least.get(name)) for name in floats}
    return write_quantized(graph, levels, grids)


def check_float(model: onnx.ModelProto) -> tuple[FloatGraph, np.ndarray]:
    """Open a file; its normal form gives the original's outputs, for other batch sizes too."""
    data = model.SerializeToString()
    graph = from_onnx_bytes(data)
    onnx.checker.check_model(graph.model, full_check=True)
    batch = images(8, 200)
    wanted = original_outputs(model, batch)
    for size in (8, 3, 1):
        assert np.abs(outputs(graph.model, batch[:size]) - wanted[:size]).max() <= 1e-4 * max(1.0, np.abs(wanted).max())
    return graph, wanted


def check_quantized(graph: FloatGraph, bits: int, allowed: float) -> onnx.ModelProto:
    """Quantise; layers run in integer kernels and outputs differ by at most ``allowed`` of their spread."""
    model = quantized(graph, bits)
    onnx.checker.check_model(model, full_check=True)
    batch = images(64, 300)
    exact, got = outputs(graph.model, batch), outputs(model, batch)
    assert np.linalg.norm(got - exact) <= allowed * np.linalg.norm(exact - exact.mean(axis=0))
    kinds = [node.op_type for node in optimized(model).graph.node]
    assert not {"Conv", "FusedConv", "Gemm", "FusedGemm", "MatMul", "FusedMatMul"} & set(kinds)
    return model


EXPORTS: dict[str, Callable[[str], onnx.ModelProto]] = {
    "torchscript 11": lambda name: torchscript(name, 11, None, fold=True),
    "torchscript 11, batch 1, unfolded": lambda name: torchscript(name, 11, 1, fold=False),
    "torchscript 13, batch 4": lambda name: torchscript(name, 13, 4, fold=True),
    "torchscript 17, batch 1": lambda name: torchscript(name, 17, 1, fold=True),
    "torchscript 18, unfolded": lambda name: torchscript(name, 18, None, fold=False),
    "torchscript 20": lambda name: torchscript(name, 20, None, fold=True),
    "dynamo 21, batch 1": lambda name: dynamo(name, 21, 1),
    "dynamo 22": lambda name: dynamo(name, 22, None),
}


CASES = [("mixed", export) for export in EXPORTS]
CASES += [("attention", export) for export in EXPORTS if "torchscript 1" in export]
# torch's own attention needs opset 14 in the TorchScript exporter
CASES += [("torch attention", export) for export in EXPORTS if "11" not in export and "13" not in export]


@pytest.mark.parametrize(("name", "export"), CASES)
def test_exports_of_every_opset_keep_their_outputs(name: str, export: str) -> None:
    graph, wanted = check_float(EXPORTS[export](name))
    with torch.no_grad():
        torch_outputs = network(name)(torch.from_numpy(images(8, 200))).numpy()
    assert np.allclose(wanted, torch_outputs, atol=1e-4), "the file itself is what torch computes"
    assert len(graph.layers) == 6
    assert all(layer.bias for layer in graph.layers), "batch norms and biases became part of the layers"
    check_quantized(graph, 8, 0.15)


@pytest.mark.parametrize(("bits", "allowed"), [(8, 0.12), (4, 0.5), (2, 1.2)])
@pytest.mark.parametrize("name", NETWORKS)
def test_fewer_bits(name: str, bits: int, allowed: float) -> None:
    graph = from_onnx_bytes(torchscript(name, 17, 1, fold=True).SerializeToString())
    check_quantized(graph, bits, allowed)


# -- files that other tools write ----------------------------------------------------------------------------------


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


@pytest.mark.parametrize("export", EXPORTS)
def test_external_data(export: str, tmp_path: Path) -> None:
    model = onnx.ModelProto()
    model.CopyFrom(EXPORTS[export]("mixed"))
    wanted = original_outputs(model, images(4, 8))
    path = tmp_path / "model.onnx"
    onnx.save_model(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert (tmp_path / "weights.bin").stat().st_size > 1000
    file = read_onnx(path.read_bytes(), tmp_path)
    (tmp_path / "weights.bin").unlink()
    assert np.allclose(outputs(from_onnx_bytes(file.data).model, images(4, 8)), wanted, atol=1e-4)
