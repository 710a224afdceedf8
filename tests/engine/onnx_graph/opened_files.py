"""What is checked of every file that is opened, whoever wrote it."""

from __future__ import annotations

import numpy as np
import onnx
import torch
from torch.nn import functional as fn

from nnopt_gui.engine.onnx_graph.artifact_graph import write_quantized
from nnopt_gui.engine.onnx_graph.float_graph import FloatGraph
from nnopt_gui.engine.onnx_graph.normal_form import from_onnx_bytes
from nnopt_gui.engine.onnx_graph.quantized import least_weight_scales
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session, optimized, run
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.quantization.calibration import collect_ranges
from nnopt_gui.engine.quantization.reconstruction import reconstruct
from nnopt_gui.engine.quantization.weights import quantize_weight

QUIET = SilentReporter()
SHAPE = (3, 16, 16)


def images(count: int, seed: int) -> np.ndarray:
    """Smooth random images."""
    coarse = torch.randn(count, 3, 4, 4, generator=torch.Generator().manual_seed(seed))
    return fn.interpolate(coarse, size=SHAPE[1:], mode="bilinear").numpy()


def original_outputs(model: onnx.ModelProto, batch: np.ndarray) -> np.ndarray:
    """ONNX Runtime on the file as it came, in pieces of its batch size."""
    first = model.graph.input[0]
    fixed = first.type.tensor_type.shape.dim[0].dim_value or len(batch)
    pieces = [run(model, {first.name: batch[i : i + fixed]})[0] for i in range(0, len(batch), fixed)]
    return np.concatenate(pieces)


def outputs(model: onnx.ModelProto, batch: np.ndarray) -> np.ndarray:
    return np.asarray(open_session(model).run(None, {"input": batch})[0])


def quantized(graph: FloatGraph, bits: int) -> onnx.ModelProto:
    """A packed file with 8-bit activations, calibrated on 48 images; few bits are rounded by their effect."""
    seen = collect_ranges(graph, [images(48, 100)], QUIET)
    grids = seen.grids()
    least = least_weight_scales(graph, grids)
    if bits < 8:
        found = reconstruct(graph, dict.fromkeys(graph.weights(), bits), seen.sample, grids, QUIET, least_scales=least)
        return write_quantized(graph, found.weights, grids, found.biases)
    floats = graph.weights()
    levels = {name: quantize_weight(floats[name], bits, least_scale=least.get(name)) for name in floats}
    return write_quantized(graph, levels, grids)


def check_float(model: onnx.ModelProto) -> tuple[FloatGraph, np.ndarray]:
    """Open a file; its normal form gives the original's outputs, for other batch sizes too."""
    data = model.SerializeToString()
    graph = from_onnx_bytes(data)
    onnx.checker.check_model(graph.model, full_check=True)
    batch = images(8, 200)
    wanted = original_outputs(model, batch)
    for size in (8, 3, 1):
        assert np.abs(outputs(graph.model, batch[:size]) - wanted[:size]).max() <= 1e-4 * max(1.0, np.abs(wanted).max())
    return graph, wanted


def check_quantized(graph: FloatGraph, bits: int, allowed: float) -> onnx.ModelProto:
    """Quantise; layers run in integer kernels and outputs differ by at most ``allowed`` of their spread."""
    model = quantized(graph, bits)
    onnx.checker.check_model(model, full_check=True)
    batch = images(64, 300)
    exact, got = outputs(graph.model, batch), outputs(model, batch)
    assert np.linalg.norm(got - exact) <= allowed * np.linalg.norm(exact - exact.mean(axis=0))
    kinds = [node.op_type for node in optimized(model).graph.node]
    assert not {"Conv", "FusedConv", "Gemm", "FusedGemm", "MatMul", "FusedMatMul"} & set(kinds)
    return model
