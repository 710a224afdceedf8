from __future__ import annotations

import numpy as np
import pytest
from onnx import helper

from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.progress import Cancelled
from nnopt_gui.engine.quantization.equalization import equalize
from nnopt_gui.engine.quantization.weights import quantize_weight

from .small_networks import every_kind_of_layer, graph_of, images, logits, relative_error

RNG = np.random.default_rng(3)


def rows(weight: np.ndarray) -> np.ndarray:
    """(O,): the largest weight of every output channel."""
    return np.asarray(np.abs(weight).reshape(len(weight), -1).max(axis=1))


@pytest.mark.parametrize("spread", [0.0, 2.0])
def test_the_network_computes_what_it_did(spread: float) -> None:
    graph = every_kind_of_layer(spread=spread)
    before = graph.model.SerializeToString(deterministic=True)
    equal = equalize(graph)
    wanted = logits(graph, images())
    assert np.abs(logits(equal, images()) - wanted).max() < 1e-4 * np.abs(wanted).max()
    assert graph.model.SerializeToString(deterministic=True) == before
    changed = [name for name, weight in equal.weights().items() if not np.allclose(weight, graph.weights()[name])]
    assert changed == ["stem", "deep", "point", "group", "fc", "out"]


def test_channels_leave_with_the_range_with_which_they_are_read() -> None:
    weights = equalize(without_biases(every_kind_of_layer(spread=2.0))).weights()
    deep = rows(weights["deep"])
    assert np.allclose(rows(weights["stem"]), deep, rtol=1e-3)
    assert np.allclose(deep, np.abs(weights["point"]).max(axis=(0, 2, 3)), rtol=1e-3)
    by_group = np.abs(weights["group"]).reshape(3, 2, 4, 9).max(axis=(1, 3)).ravel()
    assert np.allclose(rows(weights["point"]), by_group, rtol=1e-3)
    flattened = np.abs(weights["fc"]).reshape(7, 6, 9).max(axis=(0, 2))
    assert np.allclose(rows(weights["group"]), flattened, rtol=1e-3)
    assert np.allclose(rows(weights["fc"]), np.abs(weights["out"]).max(axis=0), rtol=1e-3)


def without_biases(graph: FloatGraph) -> FloatGraph:
    for tensor in graph.model.graph.initializer:
        if tensor.name.endswith(".b"):
            tensor.raw_data = np.zeros(tensor.dims, np.float32).tobytes()
    return graph


def test_one_depthwise_triple_takes_the_geometric_mean_of_three_ranges() -> None:
    tensors = chain_tensors()
    weights = equalize(chain([("Relu", {})], tensors)).weights()
    first, deep, last = rows(tensors["1.w"]), rows(tensors["2.w"]), np.abs(tensors["3.w"]).max(axis=(0, 2, 3))
    wanted = np.cbrt(first.astype(np.float64) * deep * last)
    for found in (rows(weights["1"]), rows(weights["2"]), np.abs(weights["3"]).max(axis=(0, 2, 3))):
        assert np.allclose(found, wanted, rtol=1e-3)


def chain_tensors() -> dict[str, np.ndarray]:
    size = np.exp(1.5 * RNG.standard_normal(4))[:, None, None, None]
    return {
        "1.w": (RNG.standard_normal((4, 3, 3, 3)) * size).astype(np.float32),
        "2.w": (RNG.standard_normal((4, 1, 3, 3)) / size).astype(np.float32),
        "3.w": RNG.standard_normal((5, 4, 1, 1)).astype(np.float32),
    }


def chain(between: list[tuple[str, dict[str, object]]], tensors: dict[str, np.ndarray]) -> FloatGraph:
    """Convolution, what is between, depthwise convolution, the same again, convolution; no biases unless in tensors."""
    nodes, name = [], "input"
    for layer in ("1", "2", "3"):
        inputs = [name, f"{layer}.w"] + ([f"{layer}.b"] if f"{layer}.b" in tensors else [])
        group = 4 if layer == "2" else 1
        nodes.append(helper.make_node("Conv", inputs, [f"{layer}.y"], name=layer, group=group))
        name = f"{layer}.y"
        for index, (operator, attributes) in enumerate(between if layer != "3" else []):
            extra = ["low", "high"] if operator == "Clip" else []
            nodes.append(
                helper.make_node(
                    operator, [name, *extra], [f"{layer}.{index}"], name=f"{operator}{layer}{index}", **attributes
                )
            )
            name = f"{layer}.{index}"
    nodes.append(helper.make_node("GlobalAveragePool", [name], ["pooled"], name="pool"))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["logits"], name="flat"))
    return graph_of(nodes, tensors)


@pytest.mark.parametrize("operator", ["Sigmoid", "Clip", "HardSwish"])
def test_what_is_not_homogeneous_stops_it(operator: str) -> None:
    clip = {"low": np.float32(0), "high": np.float32(6)} if operator == "Clip" else {}
    graph = chain([(operator, {})], {**chain_tensors(), **{name: np.array(value) for name, value in clip.items()}})
    assert equalize(graph) is graph


def test_a_channel_that_somebody_else_reads_is_left_alone() -> None:
    tensors = chain_tensors()
    graph = chain([("Relu", {})], {**tensors, "1.b": RNG.standard_normal(4).astype(np.float32)})
    nodes = list(graph.model.graph.node)
    residual = [
        *nodes[:3],
        helper.make_node("Pad", ["2.y", "pads"], ["padded"], name="pad"),
        helper.make_node("Add", ["1.0", "padded"], ["sum"], name="sum"),
        helper.make_node("Conv", ["sum", "3.w"], ["3.y"], name="3"),
        *nodes[-2:],
    ]
    pads = np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64)
    graph = graph_of(residual, {**tensors, "1.b": graph.biases()["1"], "pads": pads})
    assert equalize(graph) is graph


def test_dead_and_almost_dead_channels_stay_harmless() -> None:
    tensors = chain_tensors()
    tensors["1.b"] = np.array([0.0, 0.5, 1.0, -0.2], np.float32)
    tensors["1.w"][0] = 0.0
    tensors["1.w"][1] *= 1e-20
    tensors["2.w"][3] = 0.0
    graph = chain([("LeakyRelu", {"alpha": 0.2})], tensors)
    equal = equalize(graph)
    assert np.abs(equal.biases()["1"]).max() <= 1.0 + 1e-6
    wanted = logits(graph, images())
    assert np.abs(logits(equal, images()) - wanted).max() < 1e-4 * np.abs(wanted).max()
    for weight in equal.weights().values():
        assert np.isfinite(weight).all()
    assert not equal.weights()["1"][0].any()
    assert np.array_equal(equal.weights()["1"][3], tensors["1.w"][3]), "nobody reads it"


def test_one_scale_per_tensor_loses_less_when_ranges_match() -> None:
    graph = every_kind_of_layer(spread=2.0)

    def rounded(source: FloatGraph) -> FloatGraph:
        weights = {n: quantize_weight(w, 8, granularity="tensor").dequantized() for n, w in source.weights().items()}
        return source.with_weights(weights)

    wanted = logits(graph, images())
    errors = [relative_error(logits(rounded(source), images()), wanted) for source in (graph, equalize(graph))]
    assert errors[1] < 0.5 * errors[0]


def test_pruned_weights_stay_zero_and_equal_networks_stay_equal() -> None:
    graph = every_kind_of_layer(spread=1.0)
    masks = {name: np.abs(weight) > np.median(np.abs(weight)) for name, weight in graph.weights().items()}
    graph = graph.with_weights({name: weight * masks[name] for name, weight in graph.weights().items()})
    equal = equalize(graph)
    for name, weight in equal.weights().items():
        assert np.array_equal(weight != 0, masks[name])
    again = equalize(equal)
    for name, weight in again.weights().items():
        assert np.allclose(weight, equal.weights()[name], rtol=0.05, atol=1e-6)
    assert equalize(graph).model.SerializeToString() == equal.model.SerializeToString()


def test_cancelling() -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        equalize(every_kind_of_layer(), stop)
