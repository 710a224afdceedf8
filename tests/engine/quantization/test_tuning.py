"""Tuning by gradient: it answers more like the float network, and what it leaves are integers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch.nn import functional

from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.quantized import QuantizedWeight
from nnopt_gui.engine.onnx_graph.torch_graph import TorchGraph
from nnopt_gui.engine.onnx_graph.weight_codes import vector_codes
from nnopt_gui.engine.progress import Cancelled, SilentReporter
from nnopt_gui.engine.quantization.codebooks import nearest_vectors, train_books
from nnopt_gui.engine.quantization.reconstruction import Reconstruction, reconstruct
from nnopt_gui.engine.quantization.trellises import nearest_path, train_trellises
from nnopt_gui.engine.quantization.tunable_layers import BookLayer, SharedBook, TrellisLayer
from nnopt_gui.engine.quantization.tuning import Tuning, TuningBatch, steps_for, tune
from nnopt_gui.engine.weight_plan import BookShape
from nnopt_gui.errors import RecipeError

QUIET = SilentReporter()
IMAGES = np.random.default_rng(0).standard_normal((96, 1, 28, 28)).astype(np.float32)
BOOK = BookShape(2, 4, "inputs")


def batches(*, labels: bool = False) -> Iterator[TuningBatch]:
    rng = np.random.default_rng(1)
    while True:
        picks = rng.choice(64, 32, replace=False)
        yield TuningBatch(IMAGES[picks], np.full(32, 7) if labels else None)


@pytest.fixture(scope="module")
def graph() -> FloatGraph:
    network = build(Architecture("lenet5", 10, 1, (28, 28)), seed=0).eval()
    with torch.no_grad():  # as decided as a trained network
        for module in network.modules():
            if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
                module.weight.mul_(3.0)
    return export_network(network, (1, 28, 28), QUIET)


@pytest.fixture(scope="module")
def found(graph: FloatGraph) -> Reconstruction:
    """The first layer with even levels and pruned weights, the others where they can from a codebook."""
    weights = graph.weights()
    first = graph.layers[0].name
    shapes = {name: BOOK for name, weight in weights.items() if weight.shape[1] % 2 == 0 and name != first}
    books = train_books(weights, shapes, QUIET.checkpoint)
    masks = {first: np.abs(weights[first]) > np.quantile(np.abs(weights[first]), 0.3)}
    return reconstruct(graph, dict.fromkeys(weights, 2), IMAGES[:64], None, QUIET, masks=masks, books=books)


def divergence(graph: FloatGraph, result: Reconstruction, images: np.ndarray = IMAGES[:64]) -> float:
    network, x = TorchGraph(graph), torch.from_numpy(images)
    weights = {name: torch.from_numpy(weight.dequantized()) for name, weight in result.weights.items()}
    biases = {name: torch.from_numpy(bias) for name, bias in result.biases.items()}
    with torch.no_grad():
        wanted, got = functional.log_softmax(network(x), 1), functional.log_softmax(network(x, weights, biases), 1)
    return float(functional.kl_div(got, wanted, reduction="batchmean", log_target=True))


@pytest.mark.parametrize("latent_rate", [0.0, 0.02])
def test_tuning_brings_the_answers_closer_and_keeps_every_form(
    graph: FloatGraph, found: Reconstruction, latent_rate: float
) -> None:
    tuned = tune(graph, found, batches(), Tuning(60, latent_rate=latent_rate), QUIET)
    assert divergence(graph, tuned) < 0.8 * divergence(graph, found)
    for name, before in found.weights.items():
        after = tuned.weights[name]
        assert after.levels.dtype == np.int8
        assert after.bits == before.bits
        assert np.all(after.scale > 0)
        assert (after.codebook is None) == (before.codebook is None)
        if after.codebook is not None:
            order = np.arange(after.levels[0].size)
            if after.levels.ndim == 4:
                order = order.reshape(after.levels.shape[1:]).transpose(1, 2, 0).ravel()
            rows = after.levels.reshape(len(after.levels), -1)[:, order]
            vector_codes(rows, after.codebook.entries)  # raises where a vector is not of the book
    masked = found.weights[graph.layers[0].name]
    assert masked.kept is not None
    assert not tuned.weights[graph.layers[0].name].levels[~masked.kept].any()


def test_the_same_batches_give_the_same_network(graph: FloatGraph, found: Reconstruction) -> None:
    one, two = (tune(graph, found, batches(), Tuning(5), QUIET) for _ in range(2))
    for name, weight in one.weights.items():
        assert np.array_equal(weight.levels, two.weights[name].levels)
        assert np.array_equal(weight.scale, two.weights[name].scale)


def test_labels_pull_too(graph: FloatGraph, found: Reconstruction) -> None:
    def share_of_seven(result: Reconstruction) -> float:
        weights = {name: torch.from_numpy(weight.dequantized()) for name, weight in result.weights.items()}
        biases = {name: torch.from_numpy(bias) for name, bias in result.biases.items()}
        with torch.no_grad():
            answers = TorchGraph(graph)(torch.from_numpy(IMAGES[:64]), weights, biases)
        return float((answers.argmax(1) == 7).float().mean())

    taught = tune(graph, found, batches(labels=True), Tuning(120, learning_rate=5e-3), QUIET)
    assert share_of_seven(taught) > share_of_seven(found) + 0.15


def test_tuning_that_does_not_help_is_undone_and_said(graph: FloatGraph, found: Reconstruction) -> None:
    class Listening(SilentReporter):
        said: list[str]

        def __init__(self) -> None:
            self.said = []

        def status(self, text: str) -> None:
            self.said.append(text)

    held_out = [TuningBatch(IMAGES[64:], None)]
    good, wild = Listening(), Listening()
    assert tune(graph, found, batches(), Tuning(40), good, held_out=held_out) is not found
    assert not good.said
    assert tune(graph, found, batches(), Tuning(3, learning_rate=1.0), wild, held_out=held_out) is found
    assert "undone" in wild.said[-1]


def test_effort_decides_the_steps_by_work_not_by_the_clock(graph: FloatGraph) -> None:
    fast, balanced, best = (steps_for(graph, effort) for effort in ("fast", "balanced", "best"))  # type: ignore[arg-type]
    assert fast == 0
    assert 0 < balanced < best


def test_it_stops_when_asked_to_and_says_when_it_diverges(graph: FloatGraph, found: Reconstruction) -> None:
    class Stop(SilentReporter):
        def checkpoint(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        tune(graph, found, batches(), Tuning(5), Stop())
    broken = iter([TuningBatch(np.full((2, 1, 28, 28), np.nan, np.float32), None)])
    with pytest.raises(RecipeError, match="diverged"):
        tune(graph, found, broken, Tuning(1), QUIET)


def test_a_book_layer_is_the_weight_it_was_made_from() -> None:
    rng = np.random.default_rng(2)
    weight = rng.standard_normal((6, 4, 3, 3)).astype(np.float32)
    for shape in (BookShape(4, 16, "inputs"), BookShape(9, 16, "kernel")):
        book = train_books({"a": weight}, {"a": shape}, QUIET.checkpoint)["a"]
        codes = rng.integers(0, 16, (6, 36 // shape.width))
        rows = book.codebook.entries[codes].reshape(6, 36)
        levels = rows.reshape(6, 4, 3, 3) if shape.order == "kernel" else rows.reshape(6, 3, 3, 4).transpose(0, 3, 1, 2)
        start = QuantizedWeight(levels, np.linspace(0.1, 0.2, 6).astype(np.float32), 1, codebook=book.codebook)
        device = torch.device("cpu")
        layer = BookLayer(start, SharedBook(book.codebook.entries, device), device)
        assert np.allclose(layer.weight().detach().numpy(), start.dequantized(), rtol=1e-5)
        assert np.array_equal(layer.quantized().levels, start.levels)


@pytest.fixture(scope="module")
def coded() -> tuple[QuantizedWeight, QuantizedWeight]:
    """The same weight by a trellis and by a book."""
    weight = np.random.default_rng(2).standard_normal((32, 4, 3, 3)).astype(np.float32)
    shape = BookShape(4, 16, "inputs")
    book = train_books({"a": weight}, {"a": shape}, QUIET.checkpoint)["a"]
    trellis = train_trellises({"a": weight}, {"a": (2, 32)}, QUIET.checkpoint)["a"]
    return nearest_path(weight, trellis), nearest_vectors(weight, 1, book)


def test_latent_weights_choose_their_codes(coded: tuple[QuantizedWeight, QuantizedWeight]) -> None:
    device, goal = torch.device("cpu"), torch.from_numpy(np.random.default_rng(3).standard_normal((32, 4, 3, 3)))
    for start in coded:
        layer: TrellisLayer | BookLayer
        if start.trellis is not None:
            layer = TrellisLayer(start, SharedBook(start.trellis.table, device), device, chooses=True)
        else:
            assert start.codebook is not None
            layer = BookLayer(start, SharedBook(start.codebook.entries, device), device, chooses=True)
        assert np.allclose(layer.weight().detach().numpy(), start.dequantized(), rtol=1e-5)
        layer.choose()
        before = ((layer.weight() - goal) ** 2).mean().item()
        assert np.allclose(layer.weight().detach().numpy(), start.dequantized(), rtol=1e-5), "the nearest already"
        optimizer = torch.optim.Adam(layer.latent(), lr=0.05)
        for _ in range(40):
            optimizer.zero_grad()
            ((layer.weight() - goal) ** 2).mean().backward()
            optimizer.step()
            layer.choose()
        after = layer.quantized()
        assert ((torch.from_numpy(after.dequantized()) - goal) ** 2).mean().item() < 0.5 * before
        if after.trellis is not None:
            assert np.array_equal(after.trellis.levels(2).reshape(after.levels.shape), after.levels), "a file holds it"


def test_a_trellis_layer_is_the_weight_it_was_made_from(coded: tuple[QuantizedWeight, QuantizedWeight]) -> None:
    start = coded[0]
    assert start.trellis is not None
    device = torch.device("cpu")
    book = SharedBook(start.trellis.table, device)
    layer = TrellisLayer(start, book, device)
    assert np.allclose(layer.weight().detach().numpy(), start.dequantized(), rtol=1e-5)
    assert np.array_equal(layer.quantized().levels, start.levels)
    layer.weight().square().sum().backward()
    assert book.entries.grad is not None
    with torch.no_grad():
        book.entries -= 0.1 * book.entries.grad.sign()
    moved = layer.quantized()
    assert moved.trellis is not None
    assert np.array_equal(moved.trellis.codes, start.trellis.codes), "paths stay"
    assert np.array_equal(moved.trellis.levels(2).reshape(start.levels.shape), moved.levels), "a file can hold it"
