"""From a written file to its :class:`Measurement`: reloaded, evaluated, timed; partial results on the way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray

from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.measurement.accuracy import NOT_EVALUATED, Predictions, batch_for, predict
from nnopt_gui.engine.measurement.cost import graph_cost
from nnopt_gui.engine.measurement.energy import EnergyMeter
from nnopt_gui.engine.measurement.latency import BUDGET_S, QUICK_BUDGET_S, measure_latency, measure_throughput
from nnopt_gui.engine.measurement.machine import machine_conditions
from nnopt_gui.engine.measurement.peak_memory import peak_memory
from nnopt_gui.engine.measurement.runtimes import Evaluator, open_evaluator, open_runner, runtime_name
from nnopt_gui.engine.measurement.session import Runner, input_shape_of
from nnopt_gui.engine.measurement.size import compressed_size, size_on_disk
from nnopt_gui.engine.measurement.stopping import StopRule
from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.progress import Reporter
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.engine.statistics.classification import expected_calibration_error, top5, worst_class
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.statistics.proportions import agreement, paired_drop, wilson
from nnopt_gui.engine.target import AS_USUAL, MeasurementOptions, Target
from nnopt_gui.errors import ModelError, NnoptError

_WORST_CLASS_RESAMPLES: Final = 300  # of every trial; a comparison of two takes more
_DRAFT_IMAGES: Final = 512  # that a draft is judged by, fewer where they cost more than
_DRAFT_MACS: Final = 100_000_000_000

ORDER_SEED: Final = 0  # of the order of evaluation: the same for every artifact, so partial results are paired too


@dataclass(frozen=True)
class BaselineRun:
    """What paired comparisons need of the baseline: its file, and its predictions on the same subset."""

    path: Path
    predictions: TrialPredictions | None
    _opened: dict[tuple[Target, int], Runner] = field(default_factory=dict, init=False, repr=False, compare=False)

    def runner(self, target: Target, threads: int) -> Runner:
        """The file in its runtime, loaded once: it is timed beside every artifact.

        Raises:
            ModelError: the runtime is not there, or does not accept the file.
        """
        if (target, threads) not in self._opened:
            self._opened[target, threads] = open_runner(self.path, target, threads)
        return self._opened[target, threads]


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
    draft: bool = False,
    options: MeasurementOptions = AS_USUAL,
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
        draft: the file stands in for one that is still being made: some images are enough, its speed is not measured,
            and its conditions say so.
        options: the runtime, in which accuracy, too, is measured, and what else is wanted.

    Returns:
        The measurement, and what was predicted for every image; None without data.

    Raises:
        Cancelled. ModelError: the file cannot be loaded or run. DataError: the images cannot be read.
    """
    model = open_evaluator(path, options.target, threads)
    shape = input_shape or input_shape_of(model.runner)
    if shape is None:
        raise ModelError(f"{path.name} does not say how large its images are.", "Give the image size.")
    how = preprocessing.to_dict() if preprocessing else None
    conditions = machine_conditions(
        threads, data=data_name, split=split, preprocessing=how, seed=seed, target=options.target,
        runtime=runtime_name(options.target, model.runner),
    )  # fmt: skip
    measurement = replace(_facts(path, shape, reporter), conditions=replace(conditions, draft=draft))
    reporter.partial(measurement)
    predictions, lost = None, False
    if subset is not None and preprocessing is not None and len(subset):
        known = baseline.predictions if baseline is not None else None

        def on_progress(so_far: TrialPredictions) -> None:
            reporter.partial(_judged(measurement, so_far, known))

        order, batch = np.asarray(subset.stratified_order(ORDER_SEED)), batch_for(measurement.macs)
        if draft:
            order = order[: max(batch, min(_DRAFT_IMAGES, _DRAFT_MACS // max(1, measurement.macs)))]
        ask = stop.start(measurement) if stop is not None else None
        decide = ask.decide if ask is not None else None
        predictions = predict(model, subset, preprocessing, order, reporter, on_progress, batch, decide)
        measurement = _by_class(_judged(measurement, predictions, known), predictions)
        if ask is not None and ask.reason:
            ended = replace(measurement.conditions, stopped=ask.reason, dominated_by=ask.dominated_by)
            measurement, lost = replace(measurement, conditions=ended), ask.lost
    if draft:
        return measurement, predictions
    measurement = _timed(measurement, model, path, shape, baseline, reporter, options, quick=lost)
    reporter.partial(measurement)
    return measurement, predictions


def _timed(
    measurement: Measurement,
    model: Evaluator,
    path: Path,
    shape: tuple[int, int, int],
    baseline: BaselineRun | None,
    reporter: Reporter,
    options: MeasurementOptions,
    *,
    quick: bool,
) -> Measurement:
    """With latency beside the baseline's, energy, throughput and memory, as far as they are asked for and there."""
    threads, seed = measurement.conditions.threads, measurement.conditions.seed
    session = model.runner if model.lanes == 1 else open_runner(path, options.target, threads)
    other = baseline.runner(options.target, threads) if baseline is not None else None
    budget_s = QUICK_BUDGET_S if quick else BUDGET_S
    run = measure_latency(
        session, other, shape, threads, reporter, budget_s=budget_s, seed=seed, meter=EnergyMeter.find()
    )
    conditions = replace(measurement.conditions, warmup=run.warmup, repeats=run.repeats, noisy=run.noisy)
    return replace(
        measurement,
        latency_ms=run.latency,
        energy_mj=run.energy_mj,
        throughput=measure_throughput(session, shape, options.batches, reporter, seed=seed),
        peak_memory=peak_memory(path, shape, options.target, threads, reporter) if options.memory else None,
        conditions=conditions,
    )


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
    download = compressed_size(path, model, reporter)
    cost = graph_cost(model, shape, reporter)
    return Measurement(
        size, cost.macs, cost.params, nonzero_params=cost.nonzero_params, compressed_bytes=download
    )  # fmt: skip


def _judged(measurement: Measurement, predictions: TrialPredictions, baseline: TrialPredictions | None) -> Measurement:
    return with_accuracy(
        measurement,
        predictions.labels.astype(np.int64),
        predictions.classes,
        baseline.classes if baseline is not None else None,
    )


def _by_class(measurement: Measurement, predictions: TrialPredictions) -> Measurement:
    """With what the stored predictions tell besides top-1."""
    if measurement.accuracy is None:
        return measurement
    worst = worst_class(predictions, resamples=_WORST_CLASS_RESAMPLES)
    return replace(
        measurement,
        top5=top5(predictions),
        worst_class=worst.accuracy,
        worst_label=worst.label,
        calibration_error=expected_calibration_error(predictions),
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
