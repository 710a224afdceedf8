"""NNCF's post-training quantisation, run in OpenVINO; and OpenVINO as a second runtime for this program's files.

OpenVINO computes what stays float in float32 here, as ONNX Runtime does; left alone it takes bfloat16 on some machines.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from nnopt_gui.engine.measurement.session import Runner
from nnopt_gui.engine.onnx_graph.packing import expand

from .case import CallRunner, Case, Job, Made, UnavailableError

UNPACKED = "our file, unpacked"


def runtime_jobs(case: Case, bits: Sequence[int]) -> list[Job]:
    """The float network and this program's files, unpacked, in OpenVINO.

    Raises:
        UnavailableError: OpenVINO is not installed.
    """
    try:
        import openvino as ov
    except ImportError as error:
        raise UnavailableError("OpenVINO is not installed (pip install openvino)") from error

    def float_network() -> Made:
        return Made(lambda: _open(ov, case.float_file, case.threads), [case.float_file])

    def unpacked(path: Path) -> Any:
        def make() -> Made:
            plain = case.folder / f"{path.stem}_plain.onnx"
            onnx.save(expand(onnx.load(path)), plain)
            return Made(lambda: _open(ov, plain, case.threads), [plain], UNPACKED)

        return make

    found = [Job("OpenVINO", "float", float_network, timed=False)]
    for setting, (method, path) in case.ours.items():
        found.append(Job(f"{method}, in OpenVINO", setting, unpacked(path), timed=False))
    return found


def quantisation_jobs(case: Case, bits: Sequence[int]) -> list[Job]:
    """W8A8 for CPUs, and 4 weight bits by ``num_bits``, which NNCF allows for NPUs only; a CPU runs those files too.

    Raises:
        UnavailableError: NNCF or OpenVINO is not installed.
    """
    try:
        import nncf
        import openvino as ov
    except ImportError as error:
        raise UnavailableError(f"NNCF or OpenVINO is not installed: {error}") from error
    nncf.set_log_level(logging.ERROR)

    def maker(width: int) -> Any:
        def make() -> Made:
            images = [image[None] for image in case.calibration]
            how = nncf.AdvancedQuantizationParameters(
                weights_quantization_params=nncf.quantization.advanced_parameters.QuantizationParameters(
                    num_bits=None if width == 8 else width
                )
            )
            model = nncf.quantize(
                ov.convert_model(str(case.float_file)),
                nncf.Dataset(images),
                subset_size=len(images),
                target_device=nncf.TargetDevice.CPU if width == 8 else nncf.TargetDevice.NPU,
                advanced_parameters=how,
            )
            path = case.folder / f"{case.network}_nncf_{width}.xml"
            ov.save_model(model, str(path), compress_to_fp16=False)
            return Made(lambda: _open(ov, path, case.threads), [path, path.with_suffix(".bin")])

        return make

    return [Job("NNCF, OpenVINO", f"W{width}A8", maker(width)) for width in bits if width in (8, 4)]


def _open(ov: Any, path: Path, threads: int) -> Runner:
    how = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    request = ov.Core().compile_model(str(path), "CPU", how).create_infer_request()

    def call(batch: NDArray[np.float32]) -> NDArray[Any]:
        return np.array(request.infer([batch])[0])

    return CallRunner(call)
