"""Brevitas: greedy path following (GPFQ) and bias correction, by its own post-training recipe. Simulated: no file."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch.utils.data import DataLoader, TensorDataset

from .case import CALIBRATION_BATCH, Case, Job, Made, UnavailableError, run_torch


def jobs(case: Case, bits: Sequence[int]) -> list[Job]:
    """4, 3 and 2 weight bits with 8-bit activations, all layers alike.

    Raises:
        UnavailableError: Brevitas is not installed.
    """
    warnings.filterwarnings("ignore", module="brevitas")
    try:
        from brevitas.graph.quantize import preprocess_for_quantize
        from brevitas_examples.imagenet_classification.ptq import ptq_common
    except ImportError as error:
        raise UnavailableError(f"Brevitas is not installed: {error}") from error

    def maker(width: int) -> Any:
        def make() -> Made:
            torch.manual_seed(0)
            images = torch.from_numpy(case.calibration)
            loader = DataLoader(TensorDataset(images, torch.zeros(len(images))), batch_size=CALIBRATION_BATCH)
            network = preprocess_for_quantize(copy.deepcopy(case.module).eval())
            quantised = ptq_common.quantize_model(
                network, backend="fx", weight_bit_width=width, act_bit_width=8, bias_bit_width=32,
                weight_quant_granularity="per_channel", act_quant_percentile=99.999, act_quant_type="sym",
                scale_factor_type="float_scale", quant_format="int", weight_param_method="mse",
            )  # fmt: skip
            with torch.no_grad():
                quantised(images[:CALIBRATION_BATCH])  # initialises the weight quantisers
            ptq_common.calibrate(loader, quantised)
            ptq_common.apply_gpfq(loader, quantised, act_order=True)
            ptq_common.apply_bias_correction(loader, quantised)
            quantised.eval()
            return Made(lambda: run_torch(quantised), (), "simulated, no file")

        return make

    return [Job("Brevitas, GPFQ + bias correction", f"W{width}A8", maker(width)) for width in bits if 2 <= width <= 4]
