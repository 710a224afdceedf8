"""Measures what a size budget needs to know: which layers bear few bits, and what that costs in accuracy.

Damage is probed on calibration images, then set right by a handful of really quantised networks, which are made by the
same stages as every trial and evaluated on half of the selection images. The other half is left for checking.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray

from nnopt_gui.engine.bit_allocation import PairedOutcome
from nnopt_gui.engine.data.datasets import OpenedData
from nnopt_gui.engine.data.preprocessing import load_batch
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.estimate import estimate
from nnopt_gui.engine.measurement.accuracy import batch_for, predict_classes
from nnopt_gui.engine.measurement.runtimes import Evaluator
from nnopt_gui.engine.measurement.session import open_session
from nnopt_gui.engine.profile import ModelProfile
from nnopt_gui.engine.progress import Reporter, SilentReporter
from nnopt_gui.engine.quantization.sensitivity import calibrate, measure_sensitivity
from nnopt_gui.engine.recipe import Method, Recipe
from nnopt_gui.engine.size_budget import (
    BUDGET_BITS,
    CALIBRATED_ACTIVATIONS,
    BudgetStudy,
    distinct_forms,
    with_layer_bits,
)
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.engine.stages import Stages
from nnopt_gui.errors import DataError

_ORDER_SEED: Final = 1  # of the choice of selection images
_PROBE_IMAGES: Final = 128
_EVALUATED: Final = (200, 2048)  # selection images, half of them at most
_EVALUATION_MACS: Final = 2e11  # of one network over these images


def study_sensitivity(
    stages: Stages,
    data: OpenedData | None,
    preprocessing: Preprocessing | None,
    profile: ModelProfile,
    threads: int,
    reporter: Reporter,
) -> BudgetStudy:
    """Measure the opened network's sensitivity and calibrate it with the real quantiser, without tuning.

    Raises:
        DataError: there are no data, or too few selection images to keep half of them for checking.
        RecipeError: the network has no layer to quantise.
    """
    if data is None or preprocessing is None:
        raise DataError("Measuring sensitivity needs data.", "Add a data set.")
    graph = stages.float_graph(reporter)
    selection = data.split("selection")
    seen = calibrated_positions(selection, profile.macs)
    if len(seen) < 2 or len(seen) == len(selection):
        raise DataError(f"{len(selection)} selection images are too few to measure sensitivity.", "Add more data.")
    probe = data.split("calibration")
    probes = _first(probe, np.asarray(probe.stratified_order(_ORDER_SEED)), preprocessing, reporter)
    sensitivity = measure_sensitivity(graph, probes, reporter=reporter)
    quiet = _OnlyCheckpoints(reporter)
    part = selection.take(seen)
    labels, order = np.asarray(part.labels), np.arange(len(part))
    largest = batch_for(profile.macs)

    def correct(model: onnx.ModelProto) -> NDArray[np.bool_]:
        opened = Evaluator(open_session(model.SerializeToString(), 1), threads)
        return predict_classes(opened, part, preprocessing, order, quiet, None, largest) == labels

    excess = [0.0]  # bytes a form of weights
    plain = Recipe.build(weight_bits=8, activation_bits=CALIBRATED_ACTIVATIONS, method=Method(effort="fast"))

    def quantise(bits: Mapping[str, int]) -> onnx.ModelProto:
        recipe = with_layer_bits(plain, bits, profile)
        model = stages.artifact(recipe, quiet)
        forms = distinct_forms(profile, recipe)
        excess.append((model.ByteSize() - estimate(profile, recipe).size_bytes) / forms)
        return model

    original = correct(stages.artifact(Recipe(), quiet))
    calibrated = calibrate(
        sensitivity,
        graph,
        _first(selection, seen, preprocessing, reporter),
        quantise,
        lambda model: beside(original, correct(model)),
        reporter,
        BUDGET_BITS,
    )
    return BudgetStudy(calibrated, math.ceil(max(excess)), len(seen), len(selection) - len(seen))


def calibrated_positions(selection: Subset, macs: int) -> NDArray[np.int64]:
    """Which selection images the prediction is learnt from: at most half of them, classes in proportion."""
    count = int(np.clip(_EVALUATION_MACS / max(1, macs), *_EVALUATED))
    return np.asarray(selection.stratified_order(_ORDER_SEED))[: min(count, len(selection) // 2)]


def held_out_positions(selection: Subset, macs: int) -> NDArray[np.int64]:
    """The other selection images, on which a prediction can be checked."""
    return np.setdiff1d(np.arange(len(selection)), calibrated_positions(selection, macs))


def beside(original: NDArray[np.bool_], now: NDArray[np.bool_]) -> PairedOutcome:
    """Two networks' right answers on the same images (bool each), counted."""
    return PairedOutcome(int((original & ~now).sum()), int((now & ~original).sum()), len(now))


def _first(
    subset: Subset, order: NDArray[np.int64], preprocessing: Preprocessing, reporter: Reporter
) -> NDArray[np.float32]:
    return load_batch(subset, order[:_PROBE_IMAGES], preprocessing, reporter)


class _OnlyCheckpoints(SilentReporter):
    """For the networks made on the way: they can be cancelled, and say nothing of their own."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def checkpoint(self) -> None:
        self._reporter.checkpoint()
