"""ONNX Runtime's own static quantisation, as its documentation has it: pre-process, then QDQ per channel."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from nnopt_gui.engine.measurement.session import open_session

from .case import Case, Job, Made

METHODS = {"min-max": CalibrationMethod.MinMax, "percentile": CalibrationMethod.Percentile}


class _Batches(CalibrationDataReader):
    def __init__(self, case: Case) -> None:
        self._left = case.batches()

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        batch = next(self._left, None)
        return None if batch is None else {"input": batch}


def jobs(case: Case, bits: Sequence[int]) -> list[Job]:
    """W8A8 with both calibrations, and W4A8 with ONNX's own int4 weights."""
    found = []
    if 8 in bits:
        found += [Job(f"ONNX Runtime, {name}", "W8A8", _maker(case, name, QuantType.QInt8)) for name in METHODS]
    if 4 in bits:
        found.append(Job("ONNX Runtime, native int4", "W4A8", _maker(case, "min-max", QuantType.QInt4)))
    return found


def _maker(case: Case, calibration: str, weights: Any) -> Any:
    def make() -> Made:
        logging.getLogger().setLevel(logging.ERROR)  # it warns about shape inference at every call
        prepared = case.folder / f"{case.network}_prepared.onnx"
        path: Path = case.folder / f"{case.network}_ort_{calibration}_{weights.name}.onnx"
        quant_pre_process(str(case.float_file), str(prepared))
        quantize_static(
            str(prepared), str(path), _Batches(case), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=weights, calibrate_method=METHODS[calibration],
        )  # fmt: skip
        return Made(lambda: open_session(path, case.threads), [path])

    return make
