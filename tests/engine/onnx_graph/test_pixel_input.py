"""The integer graph reads whole pixel values: nothing is lost on the way in."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper
from torch.nn import functional

from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph, find_layers
from nnopt_gui.engine.onnx_graph.pixel_input import EVEN, exact_grids, with_even_steps
from nnopt_gui.engine.onnx_graph.pixel_lattice import PixelLattice, find_lattice
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid, QuantizedWeight, write_integer_graph
from nnopt_gui.engine.onnx_graph.runtime_passes import run
from nnopt_gui.engine.quantization.weights import quantize_weight

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
RAW = ((0.0,), (1.0,))
TIED = ((0.5,), (0.5,))  # 127.5 levels: rounding alone would go either way
SIZE = 12


def images_of(mean: tuple[float, ...], std: tuple[float, ...], levels: int = 255, count: int = 4) -> np.ndarray:
    """Random pixels, float32 N×3×H×W, normalised as :func:`load_batch` does."""
    whole = np.random.default_rng(0).integers(0, levels + 1, (count, 3, SIZE, SIZE))
    unit = whole.astype(np.float32) / np.float32(levels)
    column = (1, -1, 1, 1)
    return (unit - np.float32(mean).reshape(column)) / np.float32(std).reshape(column)


def convolution(pads: list[int], *, biased: bool = True, twice: bool = False) -> FloatGraph:
    """Conv → GlobalAveragePool → logits, with outputs of both signs."""
    rng = np.random.default_rng(1)
    tensors = {"w": rng.standard_normal((6, 3, 3, 3)).astype(np.float32)}
    tensors |= {"b": rng.standard_normal(6).astype(np.float32)} if biased else {}
    nodes = [
        helper.make_node("Conv", ["input", *tensors], ["a"], name="stem", pads=pads, strides=[2, 1]),
        helper.make_node("GlobalAveragePool", ["a"], ["p"], name="pool"),
        helper.make_node("Flatten", ["p"], ["logits"], name="flat"),
    ]
    if twice:
        nodes.insert(0, helper.make_node("Relu", ["input"], ["other"], name="other"))
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, ["N", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["N", 6])],
        [numpy_helper.from_array(value, name) for name, value in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    return FloatGraph(model, find_layers(model), (3, SIZE, SIZE), 6)


@pytest.mark.parametrize("levels", [255, 16, 1])
@pytest.mark.parametrize("normalisation", [IMAGENET, TIED, RAW])
def test_whole_pixels_are_recognised(levels: int, normalisation: tuple[tuple[float, ...], tuple[float, ...]]) -> None:
    found = find_lattice(images_of(*normalisation, levels=levels), *normalisation)
    assert found is not None
    assert found.levels % levels == 0  # 16 levels of a data set may also be a coarser 255, 1 is every one
    images = images_of(*normalisation, levels=levels).astype(np.float64)
    column = (1, -1, 1, 1)
    counted = images / found.steps.reshape(column) + found.offsets.reshape(column)
    assert np.abs(counted - np.rint(counted)).max() < 1e-3


@pytest.mark.parametrize("spoilt", ["one value between", "below black"])
def test_other_images_have_no_lattice(spoilt: str) -> None:
    images = images_of(*IMAGENET)
    images[0, 0, 0, 0] = 0.001 if spoilt == "one value between" else -30.0
    assert find_lattice(images, *IMAGENET) is None


def test_even_steps_change_no_function() -> None:
    graph, lattice = convolution([1, 1, 1, 1]), PixelLattice(255, *IMAGENET)
    even = with_even_steps(graph, lattice)
    images = images_of(*IMAGENET)
    assert even.lattice == lattice
    np.testing.assert_allclose(
        run(even.model, {"input": images})[0], run(graph.model, {"input": images})[0], rtol=1e-5, atol=1e-5
    )


def test_an_input_that_others_read_too_stays_as_it_is() -> None:
    graph = convolution([0] * 4, twice=True)
    assert with_even_steps(graph, PixelLattice(255, *IMAGENET)) is graph
    assert exact_grids(graph) == {}


@pytest.mark.parametrize("normalisation", [IMAGENET, TIED, RAW])
@pytest.mark.parametrize(("pads", "biased"), [([1, 1, 1, 1], True), ([0, 0, 0, 0], False), ([2, 0, 1, 1], True)])
def test_the_first_convolution_sees_what_the_float_network_sees(
    normalisation: tuple[tuple[float, ...], tuple[float, ...]], pads: list[int], biased: bool
) -> None:
    """Against torch's convolution in float64 of the exact images with the same quantised weights: the output's own
    rounding is all that is left, half a level of padding where the mean is no whole number, and the bias in 16 bits."""
    graph = with_even_steps(convolution(pads, biased=biased), PixelLattice(255, *normalisation))
    images = images_of(*normalisation)
    weight = quantize_weight(graph.weights()["stem"], 8, "minmax")
    output = ActivationGrid(0.5, 128)
    grids = {**exact_grids(graph), "a": output, "p": ActivationGrid(0.25, 128)}
    got = first_outputs(graph, weight, grids, images)
    wanted, slack = by_torch(graph, weight, images, pads, normalisation)
    wanted = np.clip(wanted, *output.limits)
    assert (np.abs(got - wanted) <= output.scale / 2 + slack + 5e-3).all()
    assert slack.min() == 0  # the interior has none


def first_outputs(
    graph: FloatGraph, weight: QuantizedWeight, grids: dict[str, ActivationGrid], images: np.ndarray
) -> np.ndarray:
    """What the integer file's convolution gives, dequantised."""
    model = write_integer_graph(graph, {"stem": weight}, grids)
    onnx.checker.check_model(model)
    pool = next(node for node in model.graph.node if node.op_type == "GlobalAveragePool")
    model.graph.output.append(helper.make_tensor_value_info(pool.input[0], onnx.TensorProto.FLOAT, None))
    return run(model, {"input": images}, [pool.input[0]])[0]


def by_torch(
    graph: FloatGraph,
    weight: QuantizedWeight,
    images: np.ndarray,
    pads: list[int],
    normalisation: tuple[tuple[float, ...], tuple[float, ...]],
) -> tuple[np.ndarray, np.ndarray]:
    lattice = PixelLattice(255, *normalisation)
    steps = torch.from_numpy(np.broadcast_to(lattice.steps, 3).astype(np.float64).copy()).reshape(1, 3, 1, 1)
    levels = torch.from_numpy(weight.dequantized()).double() * lattice.even_step / steps
    bias = graph.biases().get("stem")
    top, left, bottom, right = pads
    padded = functional.pad(torch.from_numpy(images.copy()).double(), (left, right, top, bottom))
    outside = functional.pad(torch.zeros(images.shape).double(), (left, right, top, bottom), value=1.0)
    wanted = functional.conv2d(padded, levels, None if bias is None else torch.from_numpy(bias.copy()).double(), (2, 1))
    slack = functional.conv2d(outside, (levels * steps).abs() / 2, None, (2, 1))
    return wanted.numpy(), slack.numpy()


@pytest.mark.parametrize(("normalisation", "first"), [(IMAGENET, "Pad"), (RAW, "QuantizeLinear")])
def test_images_are_padded_beforehand_only_where_channels_do_not_count_from_zero(
    normalisation: tuple[tuple[float, ...], tuple[float, ...]], first: str
) -> None:
    graph = with_even_steps(convolution([1, 1, 1, 1]), PixelLattice(255, *normalisation))
    weight = quantize_weight(graph.weights()["stem"], 8, "minmax")
    grids = {**exact_grids(graph), "a": ActivationGrid(0.5, 128), "p": ActivationGrid(0.25, 128)}
    model = write_integer_graph(graph, {"stem": weight}, grids)
    kinds = [node.op_type for node in model.graph.node if any(name == "input" for name in node.input)]
    assert kinds == [first]
    assert EVEN not in {name for node in model.graph.node for name in node.input}
