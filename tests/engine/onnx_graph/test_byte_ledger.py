from __future__ import annotations

import json
from collections.abc import Callable
from typing import Literal

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from nnopt_gui.engine.onnx_graph.activation_plan import plan_activations
from nnopt_gui.engine.onnx_graph.artifact_graph import write_quantized
from nnopt_gui.engine.onnx_graph.byte_ledger import Ledger, ledger
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid, QuantizedWeight, write_integer_graph
from nnopt_gui.engine.onnx_graph.tensors import array_of, initializers
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.recipe import Form

from .quantized_weights import book_weight, random_book, random_weight, trellis_weight

Make = Callable[[tuple[int, ...]], QuantizedWeight]


@pytest.fixture(scope="module")
def wide_graph() -> FloatGraph:
    """1.2 M parameters in plain, grouped and depthwise convolutions and linear layers."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 64, 3, 2), nn.ReLU(), nn.Conv2d(64, 128, 3), nn.ReLU(),
        nn.Conv2d(128, 128, 3, groups=128), nn.ReLU(), nn.Conv2d(128, 384, 3, groups=2), nn.ReLU(),
        nn.Conv2d(384, 128, 1), nn.ReLU(), nn.Conv2d(128, 512, 3), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 300), nn.ReLU(), nn.Linear(300, 100),
    )  # fmt: skip
    graph = export_network(network.eval(), (3, 24, 24), SilentReporter())
    assert sum(weight.size for weight in graph.weights().values()) > 1_000_000
    return graph


def written(
    graph: FloatGraph, weights: dict[str, QuantizedWeight], form: Form = "packed"
) -> tuple[onnx.ModelProto, Ledger]:
    names = plan_activations(graph).grids
    grids = {name: ActivationGrid(0.02 + 0.001 * index, 0) for index, name in enumerate(names)}
    biases = {
        name: np.random.default_rng(len(b)).random(len(b)).astype(np.float32) for name, b in graph.biases().items()
    }
    plain = initializers(write_integer_graph(graph, weights, grids, {**graph.biases(), **biases}))
    integers = {layer.name: plain.get(f"{layer.weight}::bias") for layer in graph.layers}
    levels = {name: array_of(tensor) for name, tensor in integers.items() if tensor is not None}
    return write_quantized(graph, weights, grids, biases, form=form), ledger(weights, form, levels)


def payload(model: onnx.ModelProto) -> int:
    """Bytes of all constants but those of the graph itself: numbers, shapes, zero points, and the shifts of the
    unpacking operators (at most 8 values)."""
    zero_points = {name for node in model.graph.node for name in node.input[2:] if node.op_type == "DequantizeLinear"}
    total = 0
    for tensor in model.graph.initializer:
        shifts = tensor.data_type == onnx.TensorProto.UINT8 and len(tensor.dims) == 1 and tensor.dims[0] <= 8
        shape = tensor.data_type == onnx.TensorProto.INT64
        if np.prod(tensor.dims) > 1 and not shifts and not shape and tensor.name not in zero_points:
            total += len(tensor.raw_data)
    return total


def make(kind: str, rng: np.random.Generator) -> Make:
    order: Literal["kernel", "inputs"] = "inputs"
    book = random_book(256, 4, order)
    makers: dict[str, Make] = {
        "uniform 3": lambda shape: random_weight(shape, "uniform", 3, rng),
        "uniform 8": lambda shape: random_weight(shape, "uniform", 8, rng),
        "half sparse": lambda shape: random_weight(shape, "uniform", 5, rng, alive=0.5),
        "very sparse": lambda shape: random_weight(shape, "uniform", 4, rng, alive=0.06),
        "sparse 8": lambda shape: random_weight(shape, "uniform", 8, rng, alive=0.06),
        "mixed": lambda shape: random_weight(shape, "uniform", 4, rng, alive=float(rng.choice([0.03, 0.4, 1.0]))),
        "rows": lambda shape: random_weight(shape, "rows", 2, rng, alive=0.5),
        "offsets": lambda shape: random_weight(shape, "offsets", 3, rng),
        "groups": lambda shape: random_weight(shape, "groups", 4, rng, group_size=32),
        "codebook": lambda shape: book_weight(shape, book, rng),
        "pruned codebook": lambda shape: book_weight(shape, book, rng, alive=0.5),
        "trellis": lambda shape: trellis_weight(shape, 3, 32, rng),
        "own books": lambda shape: book_weight(shape, random_book(64, 2, order, int(rng.integers(1e6))), rng),
    }
    return makers[kind]


KINDS = (
    *("uniform 3", "uniform 8", "half sparse", "very sparse", "sparse 8", "mixed"),
    *("rows", "offsets", "groups", "codebook", "pruned codebook", "own books", "trellis"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_the_ledger_adds_up_to_the_byte(small_graph: FloatGraph, wide_graph: FloatGraph, kind: str) -> None:
    for graph in (small_graph, wide_graph):
        maker = make(kind, np.random.default_rng(0))
        weights = {name: maker(weight.shape) for name, weight in graph.weights().items()}
        for form in ("packed", "int8", "int4"):
            model, found = written(graph, weights, form)
            assert found.total == payload(model), form
            assert [row.name for row in found.layers] == list(weights)
            assert sum(row.weights for row in found.layers) == sum(w.levels.size for w in weights.values())


def test_what_is_in_the_rows(wide_graph: FloatGraph) -> None:
    rng, book = np.random.default_rng(0), random_book(256, 4, "inputs")
    names = list(wide_graph.weights())
    weights = {name: random_weight(weight.shape, "uniform", 8, rng) for name, weight in wide_graph.weights().items()}
    shapes = {name: weight.levels.shape for name, weight in weights.items()}
    for name in (names[1], names[5]):
        weights[name] = book_weight(shapes[name], book, rng)
    weights[names[3]] = random_weight(shapes[names[3]], "groups", 4, rng, group_size=32)
    weights[names[4]] = random_weight(shapes[names[4]], "offsets", 2, rng)
    biases = {
        name: np.full(len(bias), index, np.int32) for index, (name, bias) in enumerate(wide_graph.biases().items())
    }
    found = ledger(weights, "packed", biases)
    rows = {row.name: row for row in found.layers}
    assert [(t.kind, t.shape, t.bytes, t.layers) for t in found.shared] == [
        ("codebook", (256, 4), 1024, (names[1], names[5]))
    ]
    assert rows[names[5]].codes == 512 * 128 * 9 // 4
    assert (rows[names[3]].codes, rows[names[3]].tables) == (384 * 64 * 9 // 2, 384 * 18 + 16)
    assert (rows[names[4]].form, rows[names[4]].codes, rows[names[4]].tables) == ("offsets", 128 * 384 // 4, 128)
    assert (rows[names[0]].form, rows[names[0]].codes) == ("int8", 64 * 27)
    assert (rows[names[0]].scales, rows[names[0]].bias) == (256, 128)
    bits = 8 * (sum(r.codes + r.tables for r in rows.values()) + 1024) / sum(r.weights for r in rows.values())
    assert found.weight_bits_per_weight == pytest.approx(bits)
    data = json.loads(json.dumps(found.to_dict()))
    assert data["total"] == found.total
    assert data["layers"][5]["form"] == "codebook"


def test_equal_scales_are_stored_once(small_graph: FloatGraph) -> None:
    rng = np.random.default_rng(0)
    weights = {}
    for name, weight in small_graph.weights().items():
        found = random_weight(weight.shape, "uniform", 4, rng)
        weights[name] = QuantizedWeight(found.levels, np.full(len(weight), 0.5, np.float32), 4)
    model, found_ledger = written(small_graph, weights)
    assert found_ledger.total == payload(model)
    lengths = [len(weight.scale) for weight in weights.values()]
    assert sum(row.scales for row in found_ledger.layers) == 2 * sum(set(lengths)) < 2 * sum(lengths)


def test_no_layers_no_bytes() -> None:
    assert ledger({}).total == ledger({}).weight_bits_per_weight == 0


@pytest.mark.parametrize("bits", [1, 2, 3, 4, 8])
def test_the_promise_about_sizes(wide_graph: FloatGraph, bits: int) -> None:
    """Above a million parameters: no more than 3 % over weights at their bits, scales, and biases."""
    rng = np.random.default_rng(bits)
    shapes = {name: weight.shape for name, weight in wide_graph.weights().items()}
    model, found = written(wide_graph, {name: random_weight(s, "uniform", bits, rng) for name, s in shapes.items()})
    weights = sum(int(np.prod(shape)) for shape in shapes.values())
    channels = sum(shape[0] for shape in shapes.values())
    assert model.ByteSize() <= 1.03 * (bits * weights / 8 + 4 * channels + 4 * channels)
    assert found.weight_bits_per_weight == pytest.approx(bits, rel=1e-3)
