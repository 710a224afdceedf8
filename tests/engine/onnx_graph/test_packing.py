from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
import pytest

from nnopt_gui.engine.onnx_graph.activation_plan import plan_activations
from nnopt_gui.engine.onnx_graph.artifact_graph import write_float, write_quantized
from nnopt_gui.engine.onnx_graph.compact import compact
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.packing import expand
from nnopt_gui.engine.onnx_graph.quantized import (
    ActivationGrid,
    QuantizedWeight,
    least_weight_scales,
    write_integer_graph,
)
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session, optimized, run
from nnopt_gui.engine.onnx_graph.weight_codes import level_table
from nnopt_gui.engine.weight_plan import packed_bytes

FORMS = [(bits, False) for bits in range(1, 9)] + [(bits, True) for bits in range(2, 9)]


def weights_of(graph: FloatGraph, bits: int, *, sparse: bool, seed: int = 0) -> dict[str, QuantizedWeight]:
    rng = np.random.default_rng(seed)
    result = {}
    for index, (name, weight) in enumerate(graph.weights().items()):
        levels = rng.choice(level_table(bits), weight.shape).astype(np.int8)
        kept = rng.random(weight.shape) > (0.05 if index == 1 else 0.8) if sparse else None
        if kept is not None:
            levels = np.where(kept, levels, 0).astype(np.int8)
        scale = (np.abs(weight).reshape(len(weight), -1).max(axis=1) / 2 ** (bits - 1)).astype(np.float32)
        result[name] = QuantizedWeight(levels, np.maximum(scale, 1e-3), bits, kept)
    return result


def grids_of(graph: FloatGraph) -> dict[str, ActivationGrid]:
    names = plan_activations(graph).grids
    return {name: ActivationGrid(0.02, 0 if "elu" in name or "Clip" in name else 100) for name in names}


def images(count: int = 9) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((count, 3, 16, 16)).astype(np.float32)


@pytest.mark.parametrize(("bits", "sparse"), FORMS)
def test_outputs_are_bit_identical_to_plain_int8_and_so_is_the_executed_graph(
    small_graph: FloatGraph, bits: int, sparse: bool
) -> None:
    weights, grids = weights_of(small_graph, bits, sparse=sparse), grids_of(small_graph)
    plain = write_quantized(small_graph, weights, grids, form="int8")
    packed = write_quantized(small_graph, weights, grids)
    onnx.checker.check_model(packed, full_check=True)
    wanted = open_session(plain).run(None, {"input": images()})[0]
    assert np.array_equal(open_session(packed).run(None, {"input": images()})[0], wanted)
    expanded = expand(packed)
    assert np.array_equal(open_session(expanded).run(None, {"input": images()})[0], wanted)
    kinds = [Counter(node.op_type for node in optimized(model).graph.node) for model in (plain, packed, expanded)]
    assert kinds[0] == kinds[1] == kinds[2]
    assert kinds[1]["QLinearConv"] == 5
    assert kinds[1]["QGemm"] == 2
    assert not kinds[1].keys() & {"BitShift", "BitwiseAnd", "Gather", "CumSum", "Cast", "Conv", "Gemm"}


@pytest.mark.parametrize(("bits", "sparse"), FORMS)
def test_weight_only_files_unpack_to_the_same_float_weights(small_graph: FloatGraph, bits: int, sparse: bool) -> None:
    weights = weights_of(small_graph, bits, sparse=sparse)
    wanted = small_graph.with_weights({name: weight.dequantized() for name, weight in weights.items()})
    packed = write_quantized(small_graph, weights, None)
    expected = open_session(wanted.model).run(None, {"input": images()})[0]
    assert np.allclose(open_session(packed).run(None, {"input": images()})[0], expected, rtol=1e-5, atol=1e-5)
    kinds = {node.op_type for node in optimized(packed).graph.node}
    assert not kinds & {"BitShift", "DequantizeLinear", "Mul", "Cast"}, "weights are folded when the file is loaded"


def test_every_weight_takes_its_bits_and_no_more(small_graph: FloatGraph) -> None:
    plain = write_quantized(small_graph, weights_of(small_graph, 8, sparse=False), grids_of(small_graph))
    count = sum(weight.size for weight in small_graph.weights().values())
    for bits in range(1, 8):
        model = write_quantized(small_graph, weights_of(small_graph, bits, sparse=False), grids_of(small_graph))
        saved = plain.ByteSize() - model.ByteSize()
        assert abs(saved - (count - packed_bytes(count, bits))) < 900, "the unpacking operators are a constant cost"
        blob = max(len(tensor.raw_data) for tensor in model.graph.initializer)
        assert packed_bytes(count, bits) <= blob < packed_bytes(count, bits) + 8


def test_sparse_weights_take_a_mask_and_the_kept_values(small_graph: FloatGraph) -> None:
    weights = weights_of(small_graph, 4, sparse=True)
    model = write_quantized(small_graph, weights, grids_of(small_graph))
    values, masks, placed = 0, [], 0
    for weight in weights.values():
        assert weight.kept is not None
        count, nonzero = weight.levels.size, int(weight.kept.sum())
        if packed_bytes(count, 1) + packed_bytes(nonzero, 4) < packed_bytes(count, 4):
            masks.append(weight.kept.ravel())
            placed, values = placed + count, values + nonzero
        else:
            values += count
    assert 0 < placed < sum(weight.levels.size for weight in weights.values()), "one layer is better off dense"
    mask = np.trim_zeros(np.concatenate(masks), "b")  # what follows the last kept weight is zero anyway
    sizes = sorted(len(tensor.raw_data) for tensor in model.graph.initializer)[-2:]
    assert sorted(sizes) == sorted([packed_bytes(values, 4), packed_bytes(mask.size, 1)])


def test_mixed_bit_widths(small_graph: FloatGraph) -> None:
    weights = {
        name: weights_of(small_graph, bits, sparse=False)[name]
        for name, bits in zip(small_graph.weights(), (8, 2, 3, 4, 3, 2, 8), strict=True)
    }
    grids = grids_of(small_graph)
    plain = write_quantized(small_graph, weights, grids, form="int8")
    packed = write_quantized(small_graph, weights, grids)
    assert np.array_equal(run(packed, {"input": images()})[0], run(plain, {"input": images()})[0])


def test_half_precision_weights(small_graph: FloatGraph) -> None:
    full, half = write_float(small_graph), write_float(small_graph, 16)
    onnx.checker.check_model(half, full_check=True)
    count = sum(weight.size for weight in small_graph.weights().values())
    assert abs(full.ByteSize() - half.ByteSize() - 2 * count) < 400
    outputs = [open_session(model).run(None, {"input": images()})[0] for model in (full, half)]
    assert np.allclose(*outputs, atol=2e-2)
    assert "Cast" not in {node.op_type for node in optimized(half).graph.node}


def test_integer_kernels_agree_with_the_pairs_they_are_fused_from(small_graph: FloatGraph) -> None:
    weights = weights_of(small_graph, 8, sparse=False)
    model = write_quantized(small_graph, weights, grids_of(small_graph))
    slow, fast = run(model, {"input": images()})[0], open_session(model).run(None, {"input": images()})[0]
    assert np.abs(slow - fast).max() <= 0.05 * np.abs(slow).max(), "rounding ties only"


def test_scales_leave_room_for_the_biases(small_graph: FloatGraph) -> None:
    grids = grids_of(small_graph)
    least = least_weight_scales(small_graph, grids)
    for name, bias in small_graph.biases().items():
        assert np.all(np.abs(bias) / (least[name] * np.float32(0.02) + 1e-30) < 2**31)


def test_compacting_is_reproducible_and_changes_nothing(small_graph: FloatGraph) -> None:
    plain = write_integer_graph(small_graph, weights_of(small_graph, 8, sparse=False), grids_of(small_graph))
    once, twice = compact(plain), compact(plain)
    assert once.SerializeToString(deterministic=True) == twice.SerializeToString(deterministic=True)
    assert once.ByteSize() < plain.ByteSize() - 3000
    assert np.array_equal(run(once, {"input": images()})[0], run(plain, {"input": images()})[0])
    names = {name for node in once.graph.node for name in [*node.input, *node.output]} - {"input", "logits"}
    assert max(map(len, names)) <= 2
