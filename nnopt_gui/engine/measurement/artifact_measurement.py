"""From a written file to its :class:`Measurement`: reloaded, evaluated, timed; partial results on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray

from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.measurement.accuracy import NOT_EVALUATED, Predictions, batch_for, predict
from nnopt_gui.engine.measurement.cost import graph_cost
from nnopt_gui.engine.measurement.latency import measure_latency
from nnopt_gui.engine.measurement.machine import machine_conditions
from nnopt_gui.engine.measurement.session import input_shape_of, open_session
from nnopt_gui.engine.measurement.size import size_on_disk
from nnopt_gui.engine.measurement.stopping import StopRule
from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.statistics.proportions import agreement, paired_drop, wilson
from nnopt_gui.errors import ModelError, NnoptError

ORDER_SEED: Final = 0  # of the order of evaluation: the same for every artifact, so partial results are paired too


@dataclass(frozen=True)
class BaselineRun:
    """What paired comparisons need of the baseline: its file, and its predictions on the same subset."""

    path: Path
    predictions: TrialPredictions | None


def measure_artifact(
    path: Path,
    subset: Subset | None,
    preprocessing: Preprocessing | None,
    *,
    input_shape: tuple[int, int, int] | None = None,
    baseline: BaselineRun | None,
    reporter: Reporter,
    threads: int,
    seed: int,
    data_name: str,
    split: str,
    stop: StopRule | None = None,
) -> tuple[Measurement, TrialPredictions | None]:
    """Measure a file as anybody would run it. ``reporter.partial`` gets size and cost at once, accuracy with a
    shrinking interval at least every half second, and then latency.

    Args:
        subset: images to evaluate on, with their ``preprocessing``; None leaves accuracy out.
        input_shape: (C, H, W) where the file leaves it open.
        baseline: for paired drop, agreement and interleaved latency; None for the baseline itself.
        threads: of the runtime, for accuracy and latency.
        seed: recorded, as are ``data_name`` and ``split``; also of the random input that is timed.
        stop: when evaluation may end before all images were seen; None sees all. The measurement's conditions say
            why it ended early.

    Returns:
        The measurement, and what was predicted for every image; None without data.

    Raises:
        Cancelled. ModelError: the file cannot be loaded or run. DataError: the images cannot be read.
    """
    session = open_session(path, threads)
    shape = input_shape or input_shape_of(session)
    if shape is None:
        raise ModelError(f"{path.name} does not say how large its images are.", "Give the image size.")
    how = preprocessing.to_dict() if preprocessing else None
    conditions = machine_conditions(threads, data=data_name, split=split, preprocessing=how, seed=seed)
    measurement = replace(_facts(path, shape, reporter), conditions=conditions)
    reporter.partial(measurement)
    predictions = None
    if subset is not None and preprocessing is not None and len(subset):
        known = baseline.predictions if baseline is not None else None

        def on_progress(so_far: TrialPredictions) -> None:
            reporter.partial(_judged(measurement, so_far, known))

        order, batch = np.asarray(subset.stratified_order(ORDER_SEED)), batch_for(measurement.macs)
        ask = stop.start(measurement) if stop is not None else None
        decide = ask.decide if ask is not None else None
        predictions = predict(session, subset, preprocessing, order, reporter, on_progress, batch, decide)
        measurement = _judged(measurement, predictions, known)
        if ask is not None and ask.reason:
            ended = replace(measurement.conditions, stopped=ask.reason, dominated_by=ask.dominated_by)
            measurement = replace(measurement, conditions=ended)
    other = open_session(baseline.path, threads) if baseline is not None else None
    run = measure_latency(session, other, shape, threads, reporter, seed=seed)
    conditions = replace(measurement.conditions, warmup=run.warmup, repeats=run.repeats, noisy=run.noisy)
    measurement = replace(measurement, latency_ms=run.latency, conditions=conditions)
    reporter.partial(measurement)
    return measurement, predictions


def _facts(path: Path, shape: tuple[int, int, int], reporter: Reporter) -> Measurement:
    """Bytes, MACs and parameters: what needs no images."""
    try:
        model = onnx.load(path, load_external_data=False)
        size = size_on_disk(path, model)
        onnx.load_external_data_for_model(model, str(path.parent))
    except NnoptError:
        raise
    except Exception as error:  # protobuf's and onnx's errors share no base class but Exception
        raise ModelError(f"{path.name} is not a readable ONNX file.", details=str(error)) from error
    cost = graph_cost(model, shape, reporter)
    return Measurement(size, cost.macs, cost.params, nonzero_params=cost.nonzero_params)


def _judged(measurement: Measurement, predictions: TrialPredictions, baseline: TrialPredictions | None) -> Measurement:
    return with_accuracy(
        measurement,
        predictions.labels.astype(np.int64),
        predictions.classes,
        baseline.classes if baseline is not None else None,
    )


def with_accuracy(
    measurement: Measurement,
    labels: NDArray[np.int64],
    predictions: Predictions | NDArray[np.int32],
    baseline: Predictions | NDArray[np.int32] | None,
) -> Measurement:
    """The measurement with accuracy, paired drop and agreement over the images that were evaluated.

    Args:
        measurement: everything else.
        labels: int64 (N,).
        predictions: int16 or int32 (N,), −1 where nothing is known.
        baseline: the same of the baseline, or None.

    Raises:
        ValueError: the arrays differ in length.
    """
    known = predictions != NOT_EVALUATED
    if not known.any():
        return measurement
    correct = predictions == labels
    count = int(np.count_nonzero(known))
    measurement = replace(
        measurement,
        accuracy=wilson(int(np.count_nonzero(correct & known)), count),
        conditions=replace(measurement.conditions, samples=count),
    )
    both = known if baseline is None else known & (baseline != NOT_EVALUATED)
    if baseline is None or not both.any():
        return measurement
    return replace(
        measurement,
        accuracy_drop=paired_drop((baseline == labels)[both], correct[both]),
        agreement=agreement(predictions[both], baseline[both]),
    )
