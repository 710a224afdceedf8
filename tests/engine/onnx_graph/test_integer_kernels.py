from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from nnopt_gui.engine.onnx_graph.integer_kernels import LARGEST_SAFE_LEVEL, needs_reduced_range
from nnopt_gui.engine.onnx_graph.runtime_passes import open_session, optimized
from nnopt_gui.engine.quantization.grids import weight_grids
from nnopt_gui.engine.weight_plan import REDUCED_BITS

SANDY_BRIDGE = "sse sse2 ssse3 sse4_1 sse4_2 avx aes"
HASWELL = "sse2 ssse3 sse4_1 sse4_2 avx f16c fma avx2 bmi1 bmi2"
SKYLAKE_SERVER = f"{HASWELL} avx512f avx512dq avx512cd avx512bw avx512vl"
CASCADE_LAKE = f"{SKYLAKE_SERVER} avx512_vnni"
ALDER_LAKE = f"{HASWELL} vaes avx_vnni"
SAPPHIRE_RAPIDS = f"{CASCADE_LAKE} avx_vnni avx512_bf16 amx_bf16 amx_tile amx_int8"
ZEN_2 = f"{HASWELL} clzero"
ZEN_4 = f"{CASCADE_LAKE} avx512_bf16"
GRAVITON_2 = "fp asimd evtstrm aes crc32 atomics fphp asimdhp asimddp"
OPTERON = "fpu sse sse2 pni cx16 lahf_lm"


@pytest.mark.parametrize(
    ("flags", "architecture", "reduced"),
    [
        (SANDY_BRIDGE, "x86_64", True),
        (HASWELL, "x86_64", True),
        (HASWELL, "AMD64", True),
        (SKYLAKE_SERVER, "x86_64", True),
        (ZEN_2, "x86_64", True),
        (CASCADE_LAKE, "x86_64", False),
        (ALDER_LAKE, "x86_64", False),
        (SAPPHIRE_RAPIDS, "x86_64", False),
        (ZEN_4, "x86_64", False),
        (OPTERON, "x86_64", False),
        (GRAVITON_2, "aarch64", False),
        ("asimd asimddp i8mm", "arm64", False),
        ("", "arm64", False),
        ("", "AMD64", True),
        ("", "riscv64", False),
    ],
)
def test_the_rule_on_real_processors(flags: str, architecture: str, reduced: bool) -> None:
    assert needs_reduced_range(flags.split(), architecture) is reduced


def test_what_is_called_safe_is_safe_and_no_more() -> None:
    assert 2 * 255 * LARGEST_SAFE_LEVEL < 2**15 <= 2 * 255 * (LARGEST_SAFE_LEVEL + 1)
    assert all(grid.reach <= LARGEST_SAFE_LEVEL for bits in range(1, REDUCED_BITS + 1) for grid in weight_grids(bits))
    assert weight_grids(REDUCED_BITS + 1)[0].reach > LARGEST_SAFE_LEVEL


def sums_of_largest_products(level: int) -> tuple[float, float]:
    """A linear layer of 64 inputs, all activations 255 and all weights ``level``: computed by the kernel, and exact."""
    inputs, outputs = 64, 16
    constants = {
        "s": np.float32(1.0), "z": np.uint8(0), "w": np.full((outputs, inputs), level, np.int8),
        "ws": np.full(outputs, 1.0, np.float32), "wz": np.zeros(outputs, np.int8),
        "b": np.zeros(outputs, np.int32), "bs": np.ones(outputs, np.float32),
    }  # fmt: skip
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["xi"]),
        helper.make_node("DequantizeLinear", ["xi", "s", "z"], ["xf"]),
        helper.make_node("DequantizeLinear", ["w", "ws", "wz"], ["wf"], axis=0),
        helper.make_node("DequantizeLinear", ["b", "bs"], ["bf"], axis=0),
        helper.make_node("Gemm", ["xf", "wf", "bf"], ["y"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4, outputs])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    assert "QGemm" in [node.op_type for node in optimized(model).graph.node]
    got = open_session(model).run(None, {"x": np.full((4, inputs), 255, np.float32)})[0]
    assert np.ptp(got) == 0
    return float(got[0, 0]), float(inputs * 255 * level)


def test_seven_bits_never_saturate_on_this_machine() -> None:
    for level in (-LARGEST_SAFE_LEVEL, -63, 63, LARGEST_SAFE_LEVEL):
        got, exact = sums_of_largest_products(level)
        assert got == exact


@pytest.mark.skipif(not Path("/proc/cpuinfo").is_file(), reason="the processor's flags are not known here")
def test_the_rule_tells_whether_this_machine_saturates() -> None:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    flags = next((line.split(":")[1].split() for line in lines if line.lower().startswith(("flags", "features"))), [])
    if needs_reduced_range(flags, platform.machine()):
        pytest.skip("8-bit weights may saturate on this processor, and need not")
    got, exact = sums_of_largest_products(127)
    assert got == exact, "the rule calls this processor exact"
