"""What ONNX Runtime really executes for five small int8 networks, against lists kept beside this file.

After a wanted change, ``NNOPT_WRITE_GOLDEN=1 pytest tests/golden`` writes the lists anew; read the diff before
committing it. Only what decides about speed and accuracy is compared: kernels and conversions, in order. Left out are
operators that move values, because versions of ONNX Runtime differ in where they change the layout to channels-last and
in which reshapes they merge. A kernel has one name here, whatever its domain and layout.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
from torch import Tensor, nn

from nnopt_gui.engine.onnx_graph.artifact_graph import write_quantized
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.onnx_graph.quantized import least_weight_scales, write_integer_graph
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session, optimized
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.quantization.calibration import collect_ranges
from nnopt_gui.engine.quantization.weights import quantize_weight

NETWORKS = ("plain", "residual", "depthwise", "concat", "attention")
FOLDER = Path(__file__).parent
QUIET = SilentReporter()
MOVES = {"Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity"}
FLOAT_LAYERS = {"Conv", "FusedConv", "Gemm", "FusedGemm", "MatMul", "FusedMatMul", "ConvInteger", "MatMulInteger"}
UNPACKING = {"BitShift", "BitwiseAnd", "BitwiseOr", "Gather", "CumSum", "Cast"}


class Zoo:
    """Each network's float graph, its artifacts and what ONNX Runtime makes of them, computed once."""

    def __init__(self, make: Callable[[str], nn.Module], images: Callable[[int, int], Tensor]) -> None:
        self.images = images
        self.graph = cache(lambda name: export_network(make(name), (3, 32, 32), QUIET))
        self.grids = cache(lambda name: collect_ranges(self.graph(name), [images(32, 1).numpy()], QUIET).grids())
        self.artifact = cache(self._artifact)
        self.executed = cache(lambda name, bits, packed: optimized(self.artifact(name, bits, packed)))

    def _artifact(self, name: str, bits: int, packed: bool) -> onnx.ModelProto:
        graph, grids = self.graph(name), self.grids(name)
        least = least_weight_scales(graph, grids)
        weights = {
            layer: quantize_weight(weight, bits, least_scale=least.get(layer))
            for layer, weight in graph.weights().items()
        }
        return write_quantized(graph, weights, grids) if packed else write_integer_graph(graph, weights, grids)


@pytest.fixture(scope="module")
def zoo(make: Callable[[str], nn.Module], images: Callable[[int, int], Tensor]) -> Zoo:
    return Zoo(make, images)


def kernels(model: onnx.ModelProto) -> list[str]:
    """Kernels and conversions in the order in which they run; of kernels that may swap places, sorted by name."""
    level: dict[str, int] = {}
    found = []
    for node in model.graph.node:
        moves = node.op_type in MOVES
        place = max((level.get(name, 0) for name in node.input), default=0) + (not moves)
        level.update(dict.fromkeys(node.output, place))
        if not moves:
            found.append((place, node.op_type.removeprefix("Nhwc")))
    return [kind for _, kind in sorted(found)]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_executed_kernels_are_the_ones_on_record(zoo: Zoo, name: str) -> None:
    got = kernels(zoo.executed(name, 8, False))
    path = FOLDER / f"{name}.txt"
    if os.environ.get("NNOPT_WRITE_GOLDEN") == "1":
        path.write_text("\n".join(got) + "\n")
    wanted = path.read_text().splitlines()
    diff = "\n".join(difflib.unified_diff(wanted, got, "on record", "executed", lineterm=""))
    assert not diff, f"{path.name}:\n{diff}"


@pytest.mark.parametrize("bits", [8, 4, 2])
@pytest.mark.parametrize("name", NETWORKS)
def test_packed_files_execute_the_very_same_graph(zoo: Zoo, name: str, bits: int) -> None:
    plain, packed = ([node.op_type for node in zoo.executed(name, bits, form).graph.node] for form in (False, True))
    assert packed == plain
    assert kernels(zoo.executed(name, bits, True)) == kernels(zoo.executed(name, 8, False))
    moved = sum(node.op_type == "Gather" for node in zoo.graph(name).model.graph.node)
    assert sum(kind in UNPACKING for kind in packed) == moved, "weights are unpacked when the file is loaded"


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_are_integer_and_conversions_few(zoo: Zoo, name: str) -> None:
    kinds = kernels(zoo.executed(name, 8, True))
    assert not FLOAT_LAYERS & set(kinds)
    layers = sum(kinds.count(kind) for kind in ("QLinearConv", "QGemm"))
    assert layers >= len(zoo.graph(name).layers)
    if name != "attention":  # all in integers from the image to the scores
        assert kinds.count("QuantizeLinear") == 1
        assert kinds.count("DequantizeLinear") == 0, "the last layer writes floats itself"
    else:
        assert kinds.count("MatMulIntegerToFloat") == 2
        assert kinds.count("DequantizeLinear") == 1, "where patches enter the float residual stream"
        assert kinds.count("QuantizeLinear") == len(zoo.graph(name).layers) + 1, "one for what each product reads"


@pytest.mark.parametrize("name", NETWORKS)
def test_eight_bits_keep_the_outputs(zoo: Zoo, name: str) -> None:
    batch = zoo.images(24, 5).numpy()
    exact = open_session(zoo.graph(name).model).run(None, {"input": batch})[0]
    spread = np.linalg.norm(exact - exact.mean(axis=0))
    for packed in (False, True):
        got = open_session(zoo.artifact(name, 8, packed)).run(None, {"input": batch})[0]
        assert np.linalg.norm(got - exact) <= 0.12 * spread
