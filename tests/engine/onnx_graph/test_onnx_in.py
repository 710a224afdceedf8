"""Files as the exporters of torch write them, opset 11 to 22: opened, quantised, compared with the original."""

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
from torch import Tensor, nn
from torch.nn import functional as fn

from nnopt_gui.engine.networks.onnx_file import read_onnx
from nnopt_gui.engine.onnx_graph.normal_form import from_onnx_bytes

from .opened_files import SHAPE, check_float, check_quantized, images, original_outputs, outputs


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
