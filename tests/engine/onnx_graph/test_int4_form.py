from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
import pytest

from nnopt_gui.engine.onnx_graph.activation_plan import plan_activations
from nnopt_gui.engine.onnx_graph.artifact_graph import write_quantized
from nnopt_gui.engine.onnx_graph.byte_ledger import ledger
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.int4_form import fits_int4
from nnopt_gui.engine.onnx_graph.quantized import ActivationGrid, QuantizedWeight
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session, run
from nnopt_gui.engine.onnx_graph.tensors import array_of

from .quantized_weights import random_weight

INT4 = onnx.TensorProto.INT4


def weights_of(graph: FloatGraph) -> dict[str, QuantizedWeight]:
    """4 bits, but the second layer 8 and the fourth 3."""
    rng = np.random.default_rng(0)
    bits = {1: 8, 3: 3}
    return {
        name: random_weight(weight.shape, "uniform", bits.get(index, 4), rng)
        for index, (name, weight) in enumerate(graph.weights().items())
    }


def images() -> np.ndarray:
    return np.random.default_rng(1).standard_normal((4, 3, 16, 16)).astype(np.float32)


@pytest.mark.parametrize("integer", [True, False])
def test_int4_files_load_and_compute_the_same(small_graph: FloatGraph, integer: bool) -> None:
    weights = weights_of(small_graph)
    grids = {name: ActivationGrid(0.02, 0) for name in plan_activations(small_graph).grids} if integer else None
    plain = write_quantized(small_graph, weights, grids, form="int8")
    small = write_quantized(small_graph, weights, grids, form="int4")
    onnx.checker.check_model(small, full_check=True)
    assert (small.opset_import[0].version, small.ir_version) == (21, 10)
    kinds = Counter(tensor.data_type for tensor in small.graph.initializer)
    assert kinds[INT4] == len(weights) - 1, "8-bit levels do not fit"
    found = [array_of(tensor).astype(np.int8) for tensor in small.graph.initializer if tensor.data_type == INT4]
    for weight in weights.values():
        assert any(np.array_equal(weight.levels, levels) for levels in found) == (weight.bits != 8)
    wanted = run(plain, {"input": images()})[0]
    assert np.array_equal(run(small, {"input": images()})[0], wanted), "operator by operator"
    fast = open_session(small).run(None, {"input": images()})[0]
    assert np.abs(fast - wanted).max() <= 0.05 * np.abs(wanted).max(), "rounding ties in fused kernels only"
    halves = sum(weight.levels.size for weight in weights.values() if weight.bits != 8) // 2
    assert abs(plain.ByteSize() - small.ByteSize() - halves) < 100
    assert {row.form for row in ledger(weights, "int4").layers} == {"int4", "int8"}


def test_a_network_without_small_levels_stays_as_it_is(small_graph: FloatGraph) -> None:
    rng = np.random.default_rng(0)
    weights = {name: random_weight(weight.shape, "uniform", 8, rng) for name, weight in small_graph.weights().items()}
    forms = [write_quantized(small_graph, weights, None, form=form).SerializeToString() for form in ("int8", "int4")]
    assert forms[0] == forms[1]


def test_which_levels_fit() -> None:
    assert fits_int4(np.array([-8, 7], np.int8))
    assert fits_int4(np.zeros((0, 3), np.int8))
    assert not fits_int4(np.array([8], np.int8))
    assert not fits_int4(np.array([-9], np.int8))
