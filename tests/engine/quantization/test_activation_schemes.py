"""Fixed-point activations: the grids, the ranges found for them, and the files; weights of reduced range."""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper, numpy_helper

from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.packing import expand
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid
from nnopt_gui.engine.onnx_graph.runtime_passes import optimized, run
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.quantization.calibration import collect_ranges
from nnopt_gui.engine.quantization.grids import activation_grid, fake_quantize
from nnopt_gui.engine.quantization.observers import RangeObserver
from nnopt_gui.engine.quantization.post_training import quantize_graph
from nnopt_gui.engine.quantization.weights import quantize_weight
from nnopt_gui.engine.recipe import Method, Quantize, Recipe
from nnopt_gui.errors import RecipeError

from .small_networks import every_kind_of_layer, graph_of, images, logits, relative_error

QUIET = SilentReporter()
bounds = st.floats(-(2.0**100), 2.0**100, width=32)


def checked(grid: ActivationGrid, values: np.ndarray) -> np.ndarray:
    """Rounded ``values``, rising, once every grid's promises hold."""
    rounded = fake_quantize(values, grid)
    assert np.array_equal(fake_quantize(rounded, grid), rounded), "idempotent"
    assert np.all(np.diff(rounded) >= 0), "monotone"
    assert fake_quantize(np.zeros(1, np.float32), grid) == 0.0, "exact zero"
    assert len(set(rounded.tolist())) <= 2**grid.bits
    for bad in (np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError, match="finite"):
            fake_quantize(np.array([0.0, bad], np.float32), grid)
    return rounded


@given(bounds, bounds, st.integers(2, 8))
def test_fixed_point_grids_have_scales_of_two_to_the_e_and_cover_the_range(a: float, b: float, bits: int) -> None:
    low, high = min(a, b, 0.0), max(a, b, 0.0)
    grid = activation_grid(low, high, bits, "power_of_two")
    assert np.frexp(grid.scale)[0] == 0.5
    values = np.linspace(low, high, 101).astype(np.float32)
    rounded = checked(grid, values)
    if high - low > 1e-30:
        assert grid.zero_point == (2 ** (bits - 1) if low < 0 else 0)
        assert grid.limits[0] <= low
        assert high <= grid.limits[1]
        assert np.all(np.abs(rounded.astype(np.float64) - values) <= grid.scale / 2), "half a step"
        half = grid.scale / 2
        assert -grid.zero_point * half > low or (grid.highest - grid.zero_point) * half < high, "the least power of two"


def test_schemes_stay_within_their_bits() -> None:
    for bits in (1, 9):
        with pytest.raises(ValueError, match="bits"):
            activation_grid(-1.0, 1.0, bits, "power_of_two")
    with pytest.raises(ValueError, match="finite"):
        activation_grid(0.0, np.inf, 8, "power_of_two")
    with pytest.raises(RecipeError, match="activation scheme"):
        Method(activation_scheme="logarithmic")  # type: ignore[arg-type]


def test_old_recipes_keep_their_fingerprints_and_new_ones_say_what_is_unusual() -> None:
    usual = Recipe.build(weight_bits=4)
    assert Recipe.from_dict(usual.to_dict()).fingerprint == usual.fingerprint
    data = usual.to_dict()
    del data["quantize"]["method"]["activation_scheme"]
    assert Recipe.from_dict(data).fingerprint == usual.fingerprint
    other = Recipe.build(weight_bits=4, method=Method(activation_scheme="power_of_two"))
    assert other.fingerprint != usual.fingerprint
    assert other.label == "W4A8 fixed-point activations"


def test_least_error_is_no_larger_than_covering_everything() -> None:
    observer, rng = RangeObserver(), np.random.default_rng(0)
    values = np.concatenate([rng.standard_normal(20_000), [40.0]]).astype(np.float32)
    observer.observe(values)

    def error(method: str) -> float:
        grid = activation_grid(*observer.range(method, 4, scheme="power_of_two"), 4, "power_of_two")  # type: ignore[arg-type]
        return float(np.square(fake_quantize(values, grid) - values).mean())

    assert error("mse") < 0.5 * error("minmax")


def test_hardly_negative_values_do_not_cost_half_of_the_levels() -> None:
    """Like those of SiLU: twice as fine without them."""
    observer = RangeObserver()
    observer.observe(np.concatenate([np.random.default_rng(0).uniform(0, 7.9, 20_000), [-0.05]]).astype(np.float32))
    low, high = observer.range("mse", 8, scheme="power_of_two")
    assert activation_grid(low, high, 8, "power_of_two") == ActivationGrid(2.0**-5, 0)


# -- files -------------------------------------------------------------------------------------------------------------


def residual() -> FloatGraph:
    rng = np.random.default_rng(2)
    tensors = {
        "a.w": 0.5 * rng.standard_normal((6, 3, 3, 3)), "a.b": 0.3 * rng.standard_normal(6),
        "b.w": 0.3 * rng.standard_normal((6, 6, 3, 3)), "b.b": 0.3 * rng.standard_normal(6),
        "fc.w": 0.1 * rng.standard_normal((5, 600)), "fc.b": rng.standard_normal(5),
        "zero": np.array(0.0), "six": np.array(2.9),
    }  # fmt: skip
    nodes = [
        helper.make_node("Conv", ["input", "a.w", "a.b"], ["c"], name="a", pads=[1, 1, 1, 1]),
        helper.make_node("Clip", ["c", "zero", "six"], ["d"], name="clip"),
        helper.make_node("Conv", ["d", "b.w", "b.b"], ["e"], name="b", pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["d", "e"], ["f"], name="add"),
        helper.make_node("Relu", ["f"], ["g"], name="relu"),
        helper.make_node("Flatten", ["g"], ["h"], name="flat"),
        helper.make_node("Gemm", ["h", "fc.w", "fc.b"], ["logits"], name="fc", transB=1),
    ]
    return graph_of(nodes, {name: np.asarray(value, np.float32) for name, value in tensors.items()})


def evaluate(model: onnx.ModelProto, batch: np.ndarray) -> np.ndarray:
    """The file node by node in float64, which is exact where all scales are powers of two."""
    values: dict[str, np.ndarray] = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    values[model.graph.input[0].name] = batch
    for node in model.graph.node:
        x, *rest = [values[name] for name in node.input if name]
        axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
        match node.op_type:
            case "QuantizeLinear":
                y = np.clip(np.rint(x.astype(np.float64) / rest[0]) + rest[1], 0, 255).astype(np.uint8)
            case "DequantizeLinear":
                shape = [-1 if i == axis else 1 for i in range(x.ndim)] if rest[0].ndim else []
                zero = rest[1].astype(np.float64).reshape(shape) if len(rest) > 1 else 0.0
                y = (x.astype(np.float64) - zero) * rest[0].reshape(shape)
            case "Conv":
                padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
                windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
                y = np.einsum("nchwij,ocij->nohw", windows, rest[0]) + rest[1].reshape(1, -1, 1, 1)
            case "Gemm":
                y = x @ rest[0].T + rest[1]
            case "Clip":
                y = np.clip(x, *rest)
            case "Mul":
                y = x * rest[0]
            case "Add":
                y = x + rest[0]
            case "Relu":
                y = np.maximum(x, 0)
            case "Flatten":
                y = x.reshape(len(x), -1)
            case _:
                raise NotImplementedError(node.op_type)
        values[node.output[0]] = y
    return values[model.graph.output[0].name]


@pytest.mark.parametrize("activation_bits", [8, 5])
def test_a_fixed_point_file_is_what_numpy_computes(activation_bits: int) -> None:
    """Weights and activations with scales of 2**e: every product and sum is exact, so not a bit may differ."""
    graph, batch = residual(), images(24, seed=3)
    ranges = collect_ranges(graph, [images(64)], QUIET)
    method = Method(scheme="power_of_two", activation_scheme="power_of_two", form="int8")
    model = quantize_graph(graph, Quantize(8, activation_bits, method), ranges, None, QUIET)
    tensors = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    scales = [tensors[n.input[1]] for n in model.graph.node if n.op_type == "QuantizeLinear"]
    scales += [tensors[n.input[1]] for n in model.graph.node if n.op_type.endswith("Linear") and n.input[1] in tensors]
    assert len(scales) > 8
    assert all(np.all(np.frexp(scale)[0] == 0.5) for scale in scales)
    assert np.array_equal(run(model, {"input": batch})[0], evaluate(model, batch))
    kinds = Counter(node.op_type for node in optimized(model).graph.node)
    assert (kinds["QLinearConv"], kinds["QLinearAdd"], kinds["QGemm"]) == (2, 1, 1)
    assert not kinds.keys() & {"Conv", "Add", "Gemm", "Relu"}
    wanted = logits(graph, batch)
    assert relative_error(run(model, {"input": batch})[0], wanted) < (0.05 if activation_bits == 8 else 0.3)


EVEN = Method(scheme="affine")


@pytest.mark.parametrize(
    ("bits", "method"),
    [
        *((bits, method) for bits in (2, 4, 8) for method in (EVEN, Method(granularity="group"))),
        (8, Method(scheme="power_of_two")),
        (7, Method(scheme="affine", granularity="tensor", weight_range="minmax")),
    ],
)
def test_reduced_range_holds_for_every_scheme(bits: int, method: Method) -> None:
    graph = every_kind_of_layer(spread=1.0)
    ranges = collect_ranges(graph, [images()], QUIET)
    model = expand(quantize_graph(graph, Quantize(bits, 8, method), ranges, None, QUIET, saturates=True))
    arrays = [numpy_helper.to_array(tensor) for tensor in model.graph.initializer]
    weights = [array.astype(int) for array in arrays if array.dtype == np.int8 and array.ndim > 1]
    assert len(weights) == len(graph.layers)
    assert max(np.abs(weight).max() for weight in weights) <= 64
    assert relative_error(run(model, {"input": images()})[0], logits(graph, images())) < (0.2 if bits > 4 else 1.2)


def test_levels_that_do_not_fit_a_reduced_range_are_refused() -> None:
    weight = np.random.default_rng(0).standard_normal((4, 40)).astype(np.float32)
    for scheme, granularity in (("affine", "channel"), ("symmetric", "channel"), ("power_of_two", "tensor")):
        with pytest.raises(ValueError, match="±64"):
            quantize_weight(weight, 8, scheme=scheme, granularity=granularity, largest_level=64)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="±30"):
        quantize_weight(weight, 6, granularity="group", group_size=8, largest_level=30)
