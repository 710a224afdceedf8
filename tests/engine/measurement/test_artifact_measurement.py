"""A file is measured as anybody would run it: same predictions as a plain loop, growing partial results, fair pairs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch

from nnopt_gui.engine.data.images import ArrayImages
from nnopt_gui.engine.data.preprocessing import load_batch
from nnopt_gui.engine.data.subset import Subset
from nnopt_gui.engine.measurement import latency
from nnopt_gui.engine.measurement.accuracy import NOT_EVALUATED, batch_for, predict, predict_classes
from nnopt_gui.engine.measurement.artifact_measurement import BaselineRun, measure_artifact, with_accuracy
from nnopt_gui.engine.measurement.latency import measure_latency, quick_latency
from nnopt_gui.engine.measurement.runtimes import Evaluator
from nnopt_gui.engine.measurement.session import open_session
from nnopt_gui.engine.measurement.stopping import FrontRule, Rival, StopRule, WidthRule
from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.networks.architectures import Architecture, build
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.progress import Cancelled, SilentReporter
from nnopt_gui.engine.quantization.calibration import collect_ranges
from nnopt_gui.engine.quantization.post_training import quantize_graph
from nnopt_gui.engine.recipe import Quantize
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.errors import ModelError

HOW = Preprocessing((8, 8), 1, (0.3,), (0.4,))
COUNT = 400


class Recorder(SilentReporter):
    """Keeps partial measurements; cancels at checkpoint number ``cancel_at``."""

    def __init__(self, cancel_at: int = -1) -> None:
        self.partials: list[Measurement] = []
        self.checkpoints = 0
        self.cancel_at = cancel_at

    def partial(self, measurement: Measurement) -> None:
        self.partials.append(measurement)

    def checkpoint(self) -> None:
        self.checkpoints += 1
        if self.checkpoints == self.cancel_at:
            raise Cancelled


class DamagedImages(ArrayImages):
    """Some images turn out to be damaged when they are read, as in a folder."""

    damaged = (3, 50, 51, 399)

    def readable(self, indices: np.ndarray) -> np.ndarray:
        return ~np.isin(indices, self.damaged)


def arrays() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    return generator.integers(0, 256, (COUNT, 8, 8, 1), dtype=np.uint8), generator.integers(0, 10, COUNT)


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    torch.set_num_threads(1)
    return build(Architecture("digits_cnn", 10, 1, (8, 8)), seed=3)


@pytest.fixture(scope="module")
def subset(network: torch.nn.Module) -> Subset:
    """Images labelled by the network itself, with a third of the labels wrong."""
    pixels, labels = arrays()
    plain = Subset(ArrayImages(pixels, labels), np.arange(COUNT), "selection", "all")
    with torch.no_grad():
        found = network(torch.from_numpy(load_batch(plain, np.arange(COUNT), HOW))).argmax(1).numpy()
    labels = np.where(np.arange(COUNT) % 3 == 0, labels, found)
    return Subset(ArrayImages(pixels, labels), np.arange(COUNT), "selection", "all")


@pytest.fixture(scope="module")
def files(network: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The network as float32 and with 3-bit weights."""
    folder = tmp_path_factory.mktemp("models")
    graph = export_network(network, (1, 8, 8), SilentReporter())
    ranges = collect_ranges(graph, [np.random.default_rng(0).random((64, 1, 8, 8), np.float32)], SilentReporter())
    small = quantize_graph(graph, Quantize(3, 8), ranges, None, SilentReporter())
    (folder / "float.onnx").write_bytes(graph.model.SerializeToString())
    (folder / "small.onnx").write_bytes(small.SerializeToString())
    return {"float": folder / "float.onnx", "small": folder / "small.onnx"}


def measure(
    path: Path,
    subset: Subset | None,
    baseline: BaselineRun | None = None,
    reporter: Recorder | None = None,
    stop: StopRule | None = None,
) -> tuple[Measurement, TrialPredictions | None]:
    return measure_artifact(
        path,
        subset,
        HOW,
        baseline=baseline,
        reporter=reporter or Recorder(),
        threads=1,
        seed=0,
        data_name="noise",
        split="selection",
        stop=stop,
    )


def plain_predictions(path: Path, subset: Subset) -> np.ndarray:
    """What somebody with only numpy and onnxruntime gets, one batch for all."""
    pixels = np.stack(subset.read(np.arange(len(subset)))).astype(np.float32)
    batch = ((pixels / np.float32(255) - np.float32(0.3)) / np.float32(0.4)).transpose(0, 3, 1, 2)
    return np.asarray(ort.InferenceSession(path).run(None, {"input": batch})[0].argmax(axis=1))


def test_predictions_are_those_of_a_plain_loop_and_of_torch(
    files: dict[str, Path], subset: Subset, network: torch.nn.Module
) -> None:
    for path in files.values():
        measurement, predictions = measure(path, subset)
        assert predictions is not None
        assert predictions.classes.tolist() == plain_predictions(path, subset).tolist()
        assert measurement.accuracy is not None
        assert measurement.accuracy.value == predictions.correct.mean()
        assert predictions.labels.tolist() == subset.labels.tolist()
        assert measurement.size_bytes == len(path.read_bytes())
    measurement, _ = measure(files["float"], subset)
    with torch.no_grad():
        right = network(torch.from_numpy(load_batch(subset, np.arange(COUNT), HOW))).argmax(1).numpy() == subset.labels
    assert measurement.accuracy is not None
    assert measurement.accuracy.value == right.mean()


def test_the_comparison_is_paired(files: dict[str, Path], subset: Subset) -> None:
    baseline, of_baseline = measure(files["float"], subset)
    assert baseline.accuracy_drop is None
    assert baseline.latency_ms is not None
    assert baseline.latency_ms.baseline_p50 is None
    small, of_small = measure(files["small"], subset, BaselineRun(files["float"], of_baseline))
    assert of_small is not None
    assert of_baseline is not None
    assert baseline.accuracy is not None
    assert small.accuracy is not None
    assert small.accuracy_drop is not None
    assert small.agreement is not None
    assert small.latency_ms is not None
    assert small.accuracy_drop.value == pytest.approx(baseline.accuracy.value - small.accuracy.value)
    assert small.agreement.value == (of_small.classes == of_baseline.classes).mean()
    assert small.latency_ms.baseline_p50 is not None
    assert (small.macs, small.params) == (baseline.macs, baseline.params)
    conditions = small.conditions
    assert (conditions.samples, conditions.threads, conditions.batch) == (COUNT, 1, 1)
    assert (conditions.data, conditions.split) == ("noise", "selection")
    assert conditions.repeats == small.latency_ms.runs > 0
    assert conditions.warmup > 0
    assert Measurement.from_dict(json.loads(json.dumps(small.to_dict()))) == small


def test_partial_results_come_early_and_grow(files: dict[str, Path], subset: Subset) -> None:
    reporter = Recorder()
    final, _ = measure(files["float"], subset, reporter=reporter)
    samples = [p.accuracy.samples if p.accuracy else 0 for p in reporter.partials]
    assert samples[:2] == [0, 16]
    assert samples == sorted(samples)
    assert reporter.partials[0].size_bytes == final.size_bytes
    widths = [p.accuracy.high - p.accuracy.low for p in reporter.partials if p.accuracy]
    assert widths[0] > widths[-1]
    assert reporter.partials[-1] == final


def test_measuring_again_gives_the_same_accuracy(files: dict[str, Path], subset: Subset) -> None:
    first, one = measure(files["small"], subset)
    second, two = measure(files["small"], subset)
    assert first.accuracy == second.accuracy
    assert one is not None
    assert two is not None
    assert (one.sha256, one.encode()) == (two.sha256, two.encode())


def test_damaged_images_are_left_out(files: dict[str, Path], subset: Subset) -> None:
    pixels, _ = arrays()
    broken = Subset(DamagedImages(pixels, subset.labels.copy()), np.arange(COUNT), "selection", "all")
    _, baseline = measure(files["float"], subset)
    found, predictions = measure(files["float"], broken, BaselineRun(files["float"], baseline))
    assert predictions is not None
    assert np.flatnonzero(~predictions.known).tolist() == list(DamagedImages.damaged)
    for estimate in (found.accuracy, found.accuracy_drop, found.agreement):
        assert estimate is not None
        assert estimate.samples == COUNT - 4
    assert found.conditions.samples == COUNT - 4
    assert found.agreement is not None
    assert found.agreement.value == 1


def test_without_data_there_is_no_accuracy(files: dict[str, Path]) -> None:
    measurement, predictions = measure(files["float"], None)
    assert measurement.accuracy is None
    assert predictions is None
    assert measurement.latency_ms is not None
    assert measurement.conditions.samples == 0


def test_nothing_evaluated_is_not_zero(subset: Subset) -> None:
    blank = np.full(COUNT, NOT_EVALUATED, np.int16)
    assert with_accuracy(Measurement(1, 2, 3), subset.labels, blank, None).accuracy is None


def test_every_checkpoint_can_cancel(files: dict[str, Path], subset: Subset) -> None:
    reporter = Recorder()
    measure(files["float"], subset, BaselineRun(files["float"], None), reporter)
    for number in (1, 2, 5, reporter.checkpoints // 2):
        with pytest.raises(Cancelled):
            measure(files["float"], subset, BaselineRun(files["float"], None), Recorder(number))


def test_files_that_are_no_models_are_refused(tmp_path: Path, subset: Subset) -> None:
    path = tmp_path / "x.onnx"
    for content in (b"", b"hello", bytes(1000)):
        path.write_bytes(content)
        with pytest.raises(ModelError):
            measure(path, subset)
    with pytest.raises(ModelError, match="absent"):
        measure(tmp_path / "absent.onnx", subset)


def test_a_prefix_of_the_order_evaluates_just_that(files: dict[str, Path], subset: Subset) -> None:
    order = subset.stratified_order(0)[:100]
    session = Evaluator(open_session(files["float"], 1), 2)
    predictions = predict_classes(session, subset, HOW, order, SilentReporter(), largest_batch=7)
    assert sorted(np.flatnonzero(predictions != NOT_EVALUATED)) == sorted(order)
    assert (predictions[order] == plain_predictions(files["float"], subset)[order]).all()


def test_confidence_and_top_five_are_those_of_a_plain_softmax(files: dict[str, Path], subset: Subset) -> None:
    pixels = np.stack(subset.read(np.arange(COUNT))).astype(np.float32)
    batch = ((pixels / np.float32(255) - np.float32(0.3)) / np.float32(0.4)).transpose(0, 3, 1, 2)
    logits = torch.from_numpy(ort.InferenceSession(files["float"]).run(None, {"input": batch})[0])
    sure, _ = logits.softmax(dim=1).max(dim=1)
    five = (logits.topk(5).indices == torch.from_numpy(subset.labels.copy())[:, None]).any(dim=1)
    found = predict(Evaluator(open_session(files["float"], 1), 2), subset, HOW, np.arange(COUNT), SilentReporter())
    assert np.abs(found.probability - sure.numpy()).max() <= 0.5 / 255 + 1e-5
    assert found.in_top5.tolist() == five.tolist()
    assert found.class_count == 10


def test_an_evaluation_stops_by_rule_and_says_so(files: dict[str, Path], subset: Subset) -> None:
    whole, predictions = measure(files["float"], subset)
    assert predictions is not None
    assert whole.conditions.stopped == ""
    early, some = measure(files["float"], subset, stop=WidthRule(0.07))
    assert early.accuracy is not None
    assert some is not None
    assert (early.accuracy.high - early.accuracy.low) / 2 <= 0.07
    assert early.accuracy.samples == some.known.sum() == early.conditions.samples < COUNT
    assert str(early.accuracy.samples) in early.conditions.stopped
    assert (some.classes[some.known] == predictions.classes[some.known]).all()
    assert early.latency_ms is not None
    again, _ = measure(files["float"], subset, stop=WidthRule(0.07))
    assert again.accuracy == early.accuracy
    never, _ = measure(files["float"], subset, stop=WidthRule(1e-9))
    assert never.accuracy == whole.accuracy
    assert never.conditions.stopped == ""


def test_a_clearly_worse_file_is_stopped_by_its_rival(files: dict[str, Path], subset: Subset) -> None:
    perfect = TrialPredictions(
        subset.labels.astype(np.int32), subset.labels.astype(np.int32), np.full(COUNT, 255, np.uint8),
        np.ones(COUNT, bool), 10,
    )  # fmt: skip
    rule = FrontRule([Rival(7, 10, perfect)])
    found, _ = measure(files["float"], subset, stop=rule)
    assert "Trial 7" in found.conditions.stopped
    assert found.conditions.samples < COUNT
    larger, _ = measure(files["float"], subset, stop=FrontRule([Rival(7, 10**9, perfect)]))
    assert larger.conditions.stopped == ""


def test_batches_depend_on_the_network_only() -> None:
    assert [batch_for(macs) for macs in (0, 10**6, 41 * 10**6, 4 * 10**9)] == [64, 64, 64, 1]


def test_latency_tells_a_small_network_from_a_large_one(files: dict[str, Path]) -> None:
    large = export_network(
        build(Architecture("cifar_resnet20", 10, 1, (64, 64)), seed=0), (1, 64, 64), SilentReporter()
    )
    small = export_network(build(Architecture("softmax", 10, 1, (64, 64)), seed=0), (1, 64, 64), SilentReporter())
    sessions = [open_session(graph.model.SerializeToString(), 1) for graph in (small, large)]
    run = measure_latency(sessions[0], sessions[1], (1, 64, 64), 1, SilentReporter(), budget_s=0.2)
    assert run.latency.baseline_p50 is not None
    assert 0 < run.latency.low <= run.latency.p50 <= run.latency.high
    assert run.latency.p50 <= run.latency.p95
    assert run.latency.p50 < run.latency.baseline_p50
    assert run.repeats == run.latency.runs
    assert quick_latency(small.model, (1, 64, 64), 1, SilentReporter()) > 0


def test_the_interval_of_the_median_covers_it() -> None:
    """Blocks of ten runs that share a shift: the interval must know that runs within a block are not independent."""
    generator = np.random.default_rng(0)
    covered = 0
    for seed in range(100):
        blocks = list(generator.normal(0, 1, (30, 1)) + generator.normal(10, 0.3, (30, 10)))
        low, high = latency._median_interval(blocks, seed)
        covered += low <= 10 <= high
    assert covered >= 85
