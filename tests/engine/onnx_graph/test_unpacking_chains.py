"""Every packed form of every kind of layer gives the weights, outputs and executed graph of the plain int8 file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator
from torch import Tensor, nn

from nnopt_gui.engine import sparsity_plan
from nnopt_gui.engine.onnx_graph import packed_forms
from nnopt_gui.engine.onnx_graph.activation_plan import plan_activations
from nnopt_gui.engine.onnx_graph.artifact_graph import write_quantized
from nnopt_gui.engine.onnx_graph.byte_ledger import ledger
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph, find_layers
from nnopt_gui.engine.onnx_graph.packed_forms import packed_weight, plan_packing
from nnopt_gui.engine.onnx_graph.packing import expand, pack
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid, QuantizedWeight, write_integer_graph
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session, optimized
from nnopt_gui.engine.onnx_graph.tensors import array_of, constant, initializers, replace_initializers
from nnopt_gui.engine.onnx_graph.unpacking_chains import OPERATORS, Target, weight_codes
from nnopt_gui.engine.progress import SilentReporter

from .quantized_weights import GRIDS, Grid, book_weight, random_book, random_weight, trellis_weight

Weights = Mapping[str, QuantizedWeight]


class EveryLayer(nn.Module):
    """A convolution, a grouped one, a depthwise one, a pointwise one, a plain MatMul and a Gemm."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, stride=2, groups=4),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, groups=64),
            nn.ReLU(),
            nn.Conv2d(64, 72, 1),
            nn.ReLU(),
        )
        self.tokens = nn.Linear(72, 80)
        self.classes = nn.Linear(80, 7)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.features(x).flatten(2).transpose(1, 2)
        return self.classes(torch.relu(self.tokens(tokens)).mean(1))


@pytest.fixture(scope="module")
def graph() -> FloatGraph:
    torch.manual_seed(0)
    graph = with_plain_matmul(export_network(EveryLayer().eval(), (3, 12, 12), SilentReporter()))
    kinds = [(layer.kind, layer.out_axis) for layer in graph.layers]
    assert kinds == [("conv", 0)] * 4 + [("linear", 1), ("linear", 0)]
    return graph


def with_plain_matmul(graph: FloatGraph) -> FloatGraph:
    """The first linear layer as a ``MatMul``, as in files where its rows cannot become a ``Gemm``'s."""
    model = onnx.ModelProto()
    model.CopyFrom(graph.model)
    node = next(node for node in model.graph.node if node.op_type == "Gemm")
    name = node.input[1]
    replace_initializers(model, [constant(name, array_of(initializers(model)[name]).T)])
    node.op_type = "MatMul"
    del node.input[2:], node.attribute[:]
    return FloatGraph(model, find_layers(model), graph.input_shape, graph.classes)


@pytest.fixture(scope="module")
def grids(graph: FloatGraph) -> dict[str, ActivationGrid]:
    names = plan_activations(graph).grids
    return {name: ActivationGrid(0.02 + 0.001 * index, 100 * (index == 0)) for index, name in enumerate(names)}


def weights_of(graph: FloatGraph, make: Callable[[tuple[int, ...]], QuantizedWeight]) -> dict[str, QuantizedWeight]:
    return {name: make(weight.shape) for name, weight in graph.weights().items()}


def images() -> np.ndarray:
    return np.random.default_rng(1).standard_normal((5, 3, 12, 12)).astype(np.float32)


def assert_same_as_plain(
    graph: FloatGraph, weights: Weights, activations: Mapping[str, ActivationGrid] | None
) -> onnx.ModelProto:
    plain, packed = (write_quantized(graph, weights, activations, form=form) for form in ("int8", "packed"))
    onnx.checker.check_model(packed, full_check=True)
    wanted = open_session(plain).run(None, {"input": images()})[0]
    assert np.ptp(wanted) > 0
    for model in (packed, expand(packed)):
        assert np.array_equal(open_session(model).run(None, {"input": images()})[0], wanted)
    kinds = [Counter(node.op_type for node in optimized(model).graph.node) for model in (plain, packed)]
    assert kinds[0] == kinds[1], "once loaded it is the same graph"
    if activations is not None:
        assert kinds[1]["QLinearConv"] == 4
        assert kinds[1]["QGemm"] == 1
        assert not kinds[1].keys() & (OPERATORS - {"Add", "Mul", "Transpose", "Reshape"})
    return packed


def positions(weights: Weights) -> set[str]:
    return {row.positions for row in ledger(weights).layers}


@pytest.mark.parametrize(
    ("grid", "bits"), [("uniform", 8), ("rows", 8), *((grid, bits) for grid in GRIDS for bits in range(1, 8))]
)
def test_dense_weights(graph: FloatGraph, grids: dict[str, ActivationGrid], grid: Grid, bits: int) -> None:
    rng = np.random.default_rng(bits)
    weights = weights_of(graph, lambda shape: random_weight(shape, grid, bits, rng))
    assert_same_as_plain(graph, weights, grids)
    if bits in (3, 4):
        assert_same_as_plain(graph, weights, None)
        wanted = {"uniform": "table", "groups": "table"}.get(grid, grid)
        forms = Counter(row.form for row in ledger(weights).layers)
        assert forms[wanted] >= (3 if grid == "rows" else 4)


@pytest.mark.parametrize(("grid", "bits"), [("uniform", 8), *((grid, bits) for grid in GRIDS for bits in (1, 2, 4))])
@pytest.mark.parametrize("alive", [0.4, 0.05])
def test_sparse_weights(
    graph: FloatGraph, grids: dict[str, ActivationGrid], grid: Grid, bits: int, alive: float
) -> None:
    rng = np.random.default_rng(bits)
    weights = weights_of(graph, lambda shape: random_weight(shape, grid, bits, rng, alive=alive))
    assert_same_as_plain(graph, weights, grids)
    if grid == "uniform" and alive == 0.05:
        assert positions(weights) == {"gaps"}
    elif grid != "groups" and bits in (4, 8):
        assert positions(weights) & {"mask", "gaps"}


@pytest.mark.parametrize(
    ("entries", "width", "order"),
    [
        (256, 4, "inputs"),
        (64, 4, "inputs"),
        (16, 8, "inputs"),
        (64, 9, "kernel"),
        (8, 3, "kernel"),
        (5, 2, "kernel"),
        (1, 1, "kernel"),
    ],
)
@pytest.mark.parametrize("alive", [1.0, 0.5])
def test_codebooks(
    graph: FloatGraph,
    grids: dict[str, ActivationGrid],
    entries: int,
    width: int,
    order: Literal["kernel", "inputs"],
    alive: float,
) -> None:
    rng, book = np.random.default_rng(width), random_book(entries, width, order)
    weights = weights_of(graph, lambda shape: book_weight(shape, book, rng, alive=alive))
    packed = assert_same_as_plain(graph, weights, grids)
    rows = [row for row in ledger(weights).layers if row.form == "codebook"]
    assert len(rows) == sum(weight.codebook is not None for weight in weights.values()) >= 2
    tables = [tensor for tensor in packed.graph.initializer if tuple(tensor.dims) == (entries, width)]
    assert len(tables) == 1, "a book is stored once"


@pytest.mark.parametrize("length", [16, 8])
@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_trellises(graph: FloatGraph, grids: dict[str, ActivationGrid], bits: int, length: int) -> None:
    rng = np.random.default_rng(bits)
    weights = weights_of(graph, lambda shape: trellis_weight(shape, bits, length, rng))
    packed = assert_same_as_plain(graph, weights, grids)
    rows = [row for row in ledger(weights).layers if row.form == "trellis"]
    assert len(rows) == (5 if length == 8 else 4), "all but the classes, and 72 channels are no multiple of 16"
    assert sum(row.codes for row in rows) == sum(row.weights for row in rows) * bits // 8
    assert [tuple(tensor.dims) for tensor in packed.graph.initializer].count((256,)) == 1, "a table is stored once"
    assert_same_as_plain(graph, weights, None)


def test_a_book_as_wide_as_a_layer_needs_no_reshape(graph: FloatGraph, grids: dict[str, ActivationGrid]) -> None:
    rng, book = np.random.default_rng(0), random_book(16, 64, "inputs")
    weights = weights_of(graph, lambda shape: random_weight(shape, "uniform", 8, rng))
    weights[graph.layers[3].name] = book_weight((72, 64, 1, 1), book, rng)
    assert_same_as_plain(graph, weights, grids)
    assert [row.form for row in ledger(weights).layers].count("codebook") == 1


def test_all_forms_in_one_file(graph: FloatGraph, grids: dict[str, ActivationGrid]) -> None:
    rng = np.random.default_rng(0)
    shapes = {name: weight.shape for name, weight in graph.weights().items()}
    names = list(shapes)
    weights = {
        names[0]: random_weight(shapes[names[0]], "groups", 4, rng, alive=0.5),
        names[1]: random_weight(shapes[names[1]], "offsets", 4, rng, alive=0.3),
        names[2]: random_weight(shapes[names[2]], "uniform", 8, rng, alive=0.5),
        names[3]: book_weight(shapes[names[3]], random_book(16, 4, "inputs"), rng),
        names[4]: random_weight(shapes[names[4]], "table", 4, rng, alive=0.03),
        names[5]: random_weight(shapes[names[5]], "uniform", 4, rng),
    }
    assert_same_as_plain(graph, weights, grids)
    assert_same_as_plain(graph, weights, None)
    assert {row.form for row in ledger(weights).layers} == {"table", "offsets", "levels", "codebook"}
    assert positions(weights) == {"all", "mask", "gaps"}


def test_layers_of_different_sparsity_have_remainders_of_different_widths(
    graph: FloatGraph, grids: dict[str, ActivationGrid], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    shares = dict(zip(graph.weights(), (0.2, 0.01, 0.05, 0.1, 0.02, 0.3), strict=True))
    weights = {
        name: random_weight(weight.shape, "uniform", 5, rng, alive=shares[name])
        for name, weight in graph.weights().items()
    }
    assert len(plan_packing(weights).placements) <= 1, "operators cost bytes too"
    monkeypatch.setattr(sparsity_plan, "place_operators", lambda *_: 0)
    plan = plan_packing(weights)
    widths = [placement.rice_bits for placement in plan.placements]
    assert len(set(widths)) == len(widths) >= 3
    assert_same_as_plain(graph, weights, grids)


def test_layers_of_all_widths_have_their_values_placed_together(
    graph: FloatGraph, grids: dict[str, ActivationGrid]
) -> None:
    rng = np.random.default_rng(0)
    weights = {
        name: random_weight(weight.shape, "uniform", bits, rng, alive=0.1)
        for (name, weight), bits in zip(graph.weights().items(), (8, 1, 4, 3, 4, 8), strict=True)
    }
    packed = assert_same_as_plain(graph, weights, grids)
    assert Counter(node.op_type for node in packed.graph.node)["ScatterElements"] == 1
    assert len({row.bits for row in ledger(weights).layers if row.positions == "gaps"}) >= 3


def test_nothing_left_of_a_layer_or_of_the_network(graph: FloatGraph, grids: dict[str, ActivationGrid]) -> None:
    for bits in (1, 4, 8):
        rng = np.random.default_rng(bits)
        weights = weights_of(graph, lambda shape, b=bits, r=rng: random_weight(shape, "uniform", b, r, alive=0.0))
        plain, packed = (write_quantized(graph, weights, grids, form=form) for form in ("int8", "packed"))
        outputs = [open_session(model).run(None, {"input": images()})[0] for model in (plain, packed)]
        assert np.array_equal(*outputs)
        weights[graph.layers[4].name] = random_weight((80, 72), "uniform", bits, rng, alive=0.5)
        plain, packed = (write_quantized(graph, weights, grids, form=form) for form in ("int8", "packed"))
        outputs = [open_session(model).run(None, {"input": images()})[0] for model in (plain, packed)]
        assert np.array_equal(*outputs)


def test_wide_networks_use_several_streams(
    graph: FloatGraph, grids: dict[str, ActivationGrid], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    weights = weights_of(graph, lambda shape: random_weight(shape, "uniform", 3, rng, alive=0.1))
    monkeypatch.setattr(packed_forms, "CHAIN_WEIGHTS", 5000)
    assert len(plan_packing(weights).streams) > 2
    assert_same_as_plain(graph, weights, grids)


def unpacked_by_reference(graph: FloatGraph, grids: Mapping[str, ActivationGrid], weights: Weights) -> list[np.ndarray]:
    """The int8 initialisers that ONNX's own reference implementation finds in a packed graph."""
    targets = {layer.name: Target(layer.weight, layer.out_axis) for layer in graph.layers}
    model = pack(write_integer_graph(graph, weights, grids), weights, targets)
    wanted = [layer.weight for layer in graph.layers]
    needed, nodes = set(wanted), []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            nodes.append(node)
            needed |= set(node.input)
    outputs = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.INT8, None) for n in wanted]
    tensors = [tensor for tensor in model.graph.initializer if tensor.name in needed]
    unpacker = onnx.helper.make_model(
        onnx.helper.make_graph(nodes[::-1], "unpack", [], outputs, tensors), opset_imports=model.opset_import
    )
    return ReferenceEvaluator(unpacker).run(None, {})


@pytest.mark.parametrize(
    ("grid", "bits", "alive"),
    [
        *(("uniform", 3, 1.0), ("uniform", 5, 0.1), ("uniform", 8, 0.5), ("table", 2, 0.5), ("rows", 2, 0.5)),
        *(("offsets", 3, 0.5), ("offsets", 6, 1.0), ("groups", 4, 1.0), ("groups", 3, 0.1)),
    ],
)
def test_the_reference_implementation_of_onnx_unpacks_the_same_weights(
    graph: FloatGraph, grids: dict[str, ActivationGrid], grid: Grid, bits: int, alive: float
) -> None:
    rng = np.random.default_rng(0)
    weights = weights_of(graph, lambda shape: random_weight(shape, grid, bits, rng, alive=alive))
    for layer, got in zip(graph.layers, unpacked_by_reference(graph, grids, weights), strict=True):
        assert np.array_equal(got, np.moveaxis(weights[layer.name].levels, 0, layer.out_axis)), layer.name


@pytest.mark.parametrize("order", ["kernel", "inputs"])
@pytest.mark.parametrize("alive", [1.0, 0.5])
def test_and_the_same_codebooks(
    graph: FloatGraph, grids: dict[str, ActivationGrid], order: Literal["kernel", "inputs"], alive: float
) -> None:
    rng, book = np.random.default_rng(0), random_book(37, 3 if order == "kernel" else 4, order)
    weights = weights_of(graph, lambda shape: book_weight(shape, book, rng, alive=alive))
    for layer, got in zip(graph.layers, unpacked_by_reference(graph, grids, weights), strict=True):
        assert np.array_equal(got, np.moveaxis(weights[layer.name].levels, 0, layer.out_axis)), layer.name


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_and_the_same_trellises(graph: FloatGraph, grids: dict[str, ActivationGrid], bits: int) -> None:
    rng = np.random.default_rng(0)
    weights = weights_of(graph, lambda shape: trellis_weight(shape, bits, 8, rng))
    for layer, got in zip(graph.layers, unpacked_by_reference(graph, grids, weights), strict=True):
        assert np.array_equal(got, np.moveaxis(weights[layer.name].levels, 0, layer.out_axis)), layer.name


def test_levels_that_are_not_on_their_path_are_a_mistake(graph: FloatGraph, grids: dict[str, ActivationGrid]) -> None:
    weights = weights_of(graph, lambda shape: trellis_weight(shape, 2, 16, np.random.default_rng(0)))
    weights[graph.layers[0].name].levels[0, 0, 0, 0] += 1
    with pytest.raises(ValueError, match="trellis"):
        write_quantized(graph, weights, grids)


def test_levels_that_do_not_fit_are_a_mistake() -> None:
    rng = np.random.default_rng(0)
    levels, scale = rng.integers(-128, 128, (8, 36)).astype(np.int8), np.ones(8, np.float32)
    multipliers = np.full((8, 6), 2, np.int8)
    for weight, words in [
        (QuantizedWeight(levels, scale, 4), "not one of the 16 of its table"),
        (QuantizedWeight(levels, scale, 2, table=np.tile(np.arange(0, 8, 2), (8, 1)).astype(np.int8)), "not one of"),
        (QuantizedWeight(levels, scale, 2, table=np.arange(32).reshape(8, 4).astype(np.int8)), "of its channel"),
        (QuantizedWeight(levels, scale, 7, multipliers=multipliers, group_size=6), "no multiple"),
        (QuantizedWeight(levels, scale, 7, multipliers=multipliers, group_size=7), "no multiple"),
        (QuantizedWeight(levels, scale, 7, multipliers=multipliers, group_size=5), "do not fit"),
        (QuantizedWeight(levels, scale, 8, codebook=random_book(16, 4, "kernel")), "not one of its codebook"),
        (QuantizedWeight(levels, scale, 8, codebook=random_book(16, 5, "kernel")), "does not fit"),
    ]:
        with pytest.raises(ValueError, match=words):
            weight_codes(packed_weight("w", weight))
    with pytest.raises(ValueError, match="pruned"):
        plan_packing({"w": QuantizedWeight(levels, scale, 8, np.zeros(levels.shape, bool))})
