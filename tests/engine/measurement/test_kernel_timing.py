from __future__ import annotations

import pytest

from nnopt_gui.engine.measurement.kernel_timing import time_kernels
from nnopt_gui.engine.onnx_graph.kernel_probe import KernelForm, KernelShape, probe_graph
from nnopt_gui.engine.onnx_graph.runtime_passes import optimized
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.errors import Cancelled

SHAPES = [
    KernelShape("conv", 16, 24, (9, 7), (3, 3), (2, 1), (1, 1)),
    KernelShape("conv", 13, 13, (8, 8), (3, 3), padding=(1, 1), groups=13),
    KernelShape("conv", 8, 16, (8, 8), (3, 3), padding=(2, 2), dilation=(2, 2)),
    KernelShape("linear", 40, 10, (1, 1)),
    KernelShape("linear", 24, 48, (17, 1)),
]


@pytest.mark.parametrize("form", ["float", "int8"])
def test_every_shape_gets_a_time(form: KernelForm) -> None:
    times = time_kernels([*SHAPES, SHAPES[0]], form, 1, SilentReporter())

    assert set(times) == set(SHAPES)
    assert all(ms > 0 for ms in times.values())


def test_many_times_the_arithmetic_takes_longer() -> None:
    """A thousandfold, so that no load of the machine can turn it round."""
    small, large = KernelShape("conv", 8, 8, (6, 6), (3, 3)), KernelShape("conv", 96, 96, (24, 24), (3, 3))
    times = time_kernels([small, large], "float", 1, SilentReporter())

    assert large.macs > 1000 * small.macs
    assert times[large] > times[small]


def test_int8_layers_run_in_integer_kernels() -> None:
    kinds = [node.op_type for node in optimized(probe_graph(SHAPES, "int8")).graph.node]

    assert kinds.count("QLinearConv") == 3 * 3  # with the layers before and after
    assert kinds.count("QGemm") == 2 * 3
    assert not {"Conv", "FusedConv", "Gemm"} & set(kinds)


def test_the_keys_tell_shapes_apart() -> None:
    assert len({shape.key() for shape in SHAPES}) == len(SHAPES)


def test_macs_of_a_convolution() -> None:
    assert SHAPES[0].macs == 24 * 16 * 9 * 5 * 7
    assert SHAPES[1].macs == 13 * 9 * 64
    assert SHAPES[4].macs == 24 * 48 * 17


def test_timing_can_be_cancelled() -> None:
    class Impatient(SilentReporter):
        def checkpoint(self) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        time_kernels(SHAPES, "float", 1, Impatient())
