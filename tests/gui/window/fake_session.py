"""A session for the engine process that invents numbers: quick, deterministic, and it misbehaves when asked to.

It lets the window be tested without torch. What it does is chosen by the model's location: ``fake`` works,
``fake-onnx`` has no weights to train, ``fake-hint`` suggests a preprocessing, ``fake-slow`` works until cancelled,
``fake-broken`` cannot be analysed (by even levels) nor explained.
A recipe with seed 13 fails, one with seed 66 kills the process, one with seed 99 runs until it is cancelled.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from nnopt_gui.engine.bit_allocation import CalibrationPoint, LayerSensitivity, PairedOutcome, Sensitivity
from nnopt_gui.engine.diagnosis import FileBytes, LayerTime, OperatorTime, StoredWeight, TimeLedger, diagnose
from nnopt_gui.engine.estimate import estimate
from nnopt_gui.engine.layer_distribution import (
    ChannelDistribution,
    LayerDistribution,
    Reason,
    Spread,
    Suggestion,
    WidthFit,
)
from nnopt_gui.engine.metrics import Conditions, Estimate, Latency, Measurement
from nnopt_gui.engine.profile import (
    ChannelGroup,
    Container,
    DataProfile,
    LayerProfile,
    ModelProfile,
    Segment,
    SparsityStop,
)
from nnopt_gui.engine.quantization.suggestion import HEAVY_TAILS, KEEPS
from nnopt_gui.engine.recipe import ACTIVATION_BITS, WEIGHT_BITS, Recipe
from nnopt_gui.engine.size_budget import BudgetStudy
from nnopt_gui.engine.sources import Preprocessing
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.errors import ArtifactError, DataError, ModelError, RecipeError

IMAGES = 360


def profile(name: str = "digits_cnn", width: float = 1.0, trainable: bool = True) -> ModelProfile:
    a, b = round(32 * width), round(64 * width)
    layers = (
        LayerProfile("features.0", "conv", (a, 1, 3, 3), 1, 64, True, 0, (Segment(None, 1),)),
        LayerProfile("features.3", "conv", (b, a, 3, 3), 1, 64, True, 1, (Segment(0, a),)),
        LayerProfile("features.7", "conv", (b, b, 3, 3), 1, 16, True, None, (Segment(1, b),)),
        LayerProfile("classifier", "linear", (10, 4 * b), 1, 1, True, None, (Segment(None, b, 4),)),
    )
    groups = (
        ChannelGroup(0, a, ("features.0",), tuple(0.1 + i / a for i in range(a))),
        ChannelGroup(1, b, ("features.3",), tuple(0.2 + i / b for i in range(b))),
    )
    weights = [math.prod(layer.weight_shape) for layer in layers]
    containers = tuple(
        Container(bits, act, sparse, 2600 if act == 8 else 1900, 9 if act == 8 else 8)
        for bits in WEIGHT_BITS
        for act in ACTIVATION_BITS
        if not (bits > 8 and act == 8)
        for sparse in (False, True)
        if not (sparse and bits > 8)
    )
    stops = tuple(SparsityStop(s / 10, tuple(round(n * (1 - s / 10)) for n in weights)) for s in range(10))
    macs = sum(n * layer.positions for n, layer in zip(weights, layers, strict=True))
    params = sum(weights) + a + 2 * b + 10
    return ModelProfile(
        name, "digits_cnn" if width == 1 else f"digits_cnn {width}×", "safetensors", "a" * 64, (1, 8, 8), 10,
        params, macs, 4 * params + 2400, layers, groups, containers, stops,
        float_ms=0.082, int8_ms=0.041, trainable=trainable,
    )  # fmt: skip


def data(preprocessing: Preprocessing) -> DataProfile:
    counts = {"train": 971, "calibration": 107, "selection": IMAGES, "test": 359}
    classes = tuple(str(i) for i in range(10))
    return DataProfile("digits", "digits", "f" * 64, classes, (8, 8, 1), counts, 0, preprocessing)


def accuracy_of(recipe: Recipe) -> float:
    """Plausible, smooth, and the same everywhere."""
    loss = 0.002 + {2: 0.35, 3: 0.09, 4: 0.035, 5: 0.012, 6: 0.006, 7: 0.004, 8: 0.003}.get(recipe.weight_bits, 0.0)
    if recipe.prune:
        loss += 0.6 * recipe.prune.amount ** (3 if recipe.fine_tune else 2)
    if recipe.student:
        loss += 0.015
    return max(0.1, 0.985 - loss)


def wilson(k: int, n: int) -> Estimate:
    z, p = 1.96, k / n
    centre, half = (p + z * z / (2 * n)) / (1 + z * z / n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    half /= 1 + z * z / n
    return Estimate(p, max(0.0, centre - half), min(1.0, centre + half), n)


def distribution(layer: LayerProfile, width: float) -> LayerDistribution:
    """A bell curve of this standard deviation, with levels to three of them at every bit width."""
    count = math.prod(layer.weight_shape)
    bell = tuple(round(count * 0.08 * math.exp(-(((i - 19.5) / 6.5) ** 2) / 2)) for i in range(40))
    spread = Spread(-3 * width, 3 * width, 0.0, width, 10 * width, 0.001, 0.0, -3 * width, 3 * width, bell)
    fits = tuple(
        WidthFit(bits, 6.02 * bits - 4, 3 * width / max(1, 2 ** (bits - 1) - 1), *reach(bits)) for bits in range(1, 9)
    )
    narrow = Spread(-width, width, 0.0, width / 3, -1.0, 0.0, 0.0, -width, width, (2, 5, 2))
    channels = (ChannelDistribution(3, narrow, fits), ChannelDistribution(1, narrow, fits))
    numbers = {"bits": 4, "kept": 20.1, "needed": 15.5, "fewer": 3, "left": 14.1}
    tails = {"kurtosis": round(10 * width, 1), "outliers": 0.1, "sigmas": 4}
    reasons = tuple(
        Reason(template, tuple((key, str(value)) for key, value in values.items()))
        for template, values in ((KEEPS, numbers), (HEAVY_TAILS, tails))
    )
    suggestion = Suggestion(4 if width < 0.35 else 5, 15.5, reasons)
    return LayerDistribution(
        layer.name, layer.kind, layer.weight_shape, count, spread, fits, channels=channels, suggestion=suggestion
    )


def file_bytes(model: ModelProfile, recipe: Recipe, total: int) -> FileBytes:
    """Weights at the recipe's bits, packed below 8; what is left over is operators and names."""
    bits = recipe.weight_bits
    carrier = {16: "float16", 32: "float32"}.get(bits, "int8")
    layers = tuple(
        StoredWeight(layer.name, layer.weight_shape, n, n * bits // 8, carrier, bits < 8)
        for layer in model.layers
        for n in (math.prod(layer.weight_shape),)
    )
    weights = min(sum(layer.payload for layer in layers), total - 400)
    return FileBytes(total, weights, 0, 200, 100, 0, 0, total - weights - 300, layers)


def time_ledger(model: ModelProfile, recipe: Recipe) -> TimeLedger:
    """Integer kernels where activations have 8 bits, with a quarter of the time for conversions; float ones else."""
    if recipe.activation_bits == 8:
        shares = (
            ("QLinearConv", "integer", 3, 0.55),
            ("QGemm", "integer", 1, 0.1),
            ("QuantizeLinear", "convert", 2, 0.2),
            ("Softmax", "float", 1, 0.1),
            ("Reshape", "layout", 2, 0.05),
        )
    else:
        shares = (("Conv", "float", 3, 0.8), ("Gemm", "float", 1, 0.1), ("Reshape", "layout", 1, 0.1))
    operators = tuple(OperatorTime(name, work, count, 0.1 * share, share) for name, work, count, share in shares)
    work, conv, gemm = operators[0].work, operators[0].operator, operators[1].operator
    layers = tuple(
        LayerTime(layer.name, conv if layer.kind == "conv" else gemm, work, 0.02, 0.2, layer.weight_shape[0], 0)
        for layer in model.layers
    )
    return TimeLedger(operators, layers, 0.081, 0.1, 2, 0.08)


def reach(bits: int) -> tuple[int, int, tuple[int, ...]]:
    return (-1, 1, (-1, 1)) if bits == 1 else (1 - 2 ** (bits - 1), 2 ** (bits - 1) - 1, ())


class FakeSession:
    def __init__(self, workspace: Path, threads: int | None = None) -> None:
        self.workspace = workspace
        self.pace_s = float(os.environ.get("FAKE_PACE_S", "0"))
        self.location = ""

    def open(self, model, source, reporter, *, auto_preprocessing):
        self.location = model.location
        reporter.status("Opening the model")
        if model.location == "fake-slow":
            self.run_until_cancelled(reporter)
        if source is not None and source.location.endswith("/nothing") and not source.download:
            raise DataError(f"There is no {source.location}.", "Download it.")
        name = "raw 0..1" if source is None or source.mean is None else "ImageNet normalisation"
        self.preprocessing = (
            Preprocessing((8, 8), 1, source.mean or (0.0,), source.std or (1.0,), None, name) if source else None
        )
        self.model = profile(trainable=model.location != "fake-onnx")
        self.suggest = model.location == "fake-hint" and source is not None and source.mean is None
        nailed = source.with_preprocessing(self.preprocessing) if source else None
        seen = data(self.preprocessing) if source else None
        return SimpleNamespace(model=self.model, data=seen, data_source=nailed, model_source=model)

    def measure_with(self, options):
        self.options = options

    def baseline(self, reporter):
        reporter.status("Measuring the original")
        measurement, path, digest = self.measure(Recipe(), reporter)
        suggestion = None
        if self.suggest:
            better = Preprocessing((8, 8), 1, (0.485,), (0.229,), None, "ImageNet normalisation")
            suggestion = {"preprocessing": better.to_dict(), "accuracy": 0.81, "default_accuracy": 0.10}
        predictions = self.predictions(Recipe())
        return SimpleNamespace(
            measurement=measurement, artifact=path, sha256=digest, suggestion=suggestion, predictions=predictions
        )

    def prepare(self, reporter):
        pass

    def students(self, reporter):
        if not self.model.trainable:
            return {}
        return {f"{w:g}×": profile(f"digits_cnn {w:g}×", w) for w in (0.75, 0.5, 0.25)}

    def run_trial(self, recipe, reporter, *, draft=False):
        started = time.monotonic()
        if recipe.seed == 13:
            raise RecipeError("This recipe cannot be applied.", "Take another seed.")
        if recipe.seed == 66:
            os.kill(os.getpid(), signal.SIGKILL)
        if recipe.seed == 99:
            reporter.partial(self.numbers(recipe, 36))
            self.run_until_cancelled(reporter)
        if recipe.fine_tune:
            for step in range(10):
                reporter.status(f"Fine-tuning, epoch {step // 5 + 1}/2")
                reporter.progress(step, 10)
                reporter.training(step / 5, 1.2 * math.exp(-step / 4), 0.9 + step / 100)
                reporter.checkpoint()
                time.sleep(self.pace_s / 10)
        measurement, path, digest = self.measure(recipe, reporter)
        seconds, predictions = time.monotonic() - started, self.predictions(recipe)
        return SimpleNamespace(
            measurement=measurement,
            artifact=path,
            sha256=digest,
            seconds=seconds,
            predictions=predictions,
            remarks=("1 of 4 blocks removed: block3",) if recipe.prune and recipe.prune.kind == "blocks" else (),
        )

    def predictions(self, recipe, images=IMAGES):
        """As many right as the accuracy says; what is wrong is taken for the next class. What the original gets wrong
        a trial gets right, but for the first three."""
        if self.preprocessing is None or self.location == "fake-forgetful":
            return None
        labels = (np.arange(images) % 10).astype(np.int32)
        right = round(accuracy_of(recipe) * images)
        wrong = (np.arange(images - right) + (0 if recipe == Recipe() else 3)) * 7 % images
        classes = labels.copy()
        classes[wrong] = (labels[wrong] + 1) % 10
        confidence = np.where(classes == labels, 250, 140).astype(np.uint8)
        return TrialPredictions(labels, classes, confidence, classes == labels, 10)

    def confirm(self, artifact, reporter):
        reporter.status("Test split: measuring the original")
        for step in range(10):
            reporter.progress(step, 10)
            reporter.checkpoint()
            time.sleep(self.pace_s / 10)
        recipe = Recipe.from_json(artifact.read_bytes().decode().rstrip())
        return self.predictions(Recipe(), 359), self.predictions(recipe, 359)

    def thumbnails(self, positions, reporter):
        """Grey squares, 8 × 8, darker by class; image 7 is damaged."""
        reporter.checkpoint()
        if self.location == "fake-broken":
            raise DataError("The images have gone.", "Bring them back.")
        return [None if p == 7 else np.full((8, 8, 3), 25 * (p % 10), np.uint8) for p in positions]

    def save(self, artifact, recipe, measurement, folder, reporter):
        if folder.exists():
            raise ArtifactError(f"The folder {folder} holds other files.", "Choose an empty folder or a new name.")
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(artifact.read_bytes())
        return folder, measurement

    def analyse(self, method, reporter):
        """Bell curves; the k-th layer's weights are 0.1·(k + 1) wide. With FAKE_ENDLESS_ANALYSIS it never ends."""
        if self.location == "fake-broken" and method.scheme == "symmetric":
            raise ModelError("A weight of layer 'features.0' is not a number or infinite.", "Train it again.")
        if os.environ.get("FAKE_ENDLESS_ANALYSIS") and method.scheme == "symmetric":
            reporter.progress(1, 4)
            self.run_until_cancelled(reporter)
        reporter.status("Analysing weights")
        return tuple(distribution(layer, 0.1 * (k + 1)) for k, layer in enumerate(self.model.layers))

    def analyse_activations(self, method, reporter):
        """The input, and what a rectifier leaves of it; fixed points have a step of an eighth."""
        reporter.status("Calibrating activations")
        step = 0.125 if method.activation_scheme == "power_of_two" else 0.1
        fits = tuple(WidthFit(bits, 6.02 * bits - 6, step, 0, 2**bits - 1, outside=0.001) for bits in range(2, 9))
        spread = Spread(0.0, 6.0, 1.0, 1.0, 2.0, 0.001, 0.5, 0.0, 6.0, (8, 4, 2, 1))
        kinds = (("input", "input"), ("relu", "activation"))
        return tuple(LayerDistribution(*both, (), 30, spread, fits) for both in kinds)

    def why(self, artifact, reporter):
        """Of the recipe that is in the file. With FAKE_ENDLESS_WHY it never ends."""
        if os.environ.get("FAKE_ENDLESS_WHY"):
            reporter.progress(1, 4)
            self.run_until_cancelled(reporter)
        if self.location == "fake-broken":
            raise ModelError(f"{artifact.name} is not a readable ONNX file.", "Run the trial again.")
        reporter.status("Profiling the operators")
        recipe, total = Recipe.from_json(artifact.read_text()), artifact.stat().st_size
        return diagnose(file_bytes(self.model, recipe, total), time_ledger(self.model, recipe))

    def sensitivity(self, reporter):
        """Damage falls by four with every bit, later layers count more; accuracy follows its root."""
        reporter.status("Measuring how sensitive each layer is")
        for step in range(4):
            reporter.progress(step, 4)
            reporter.checkpoint()
            time.sleep(self.pace_s / 4)
        layers = tuple(
            LayerSensitivity(
                layer.name,
                math.prod(layer.weight_shape),
                layer.weight_shape[0],
                {b: (k + 1) * 4.0**-b for b in range(1, 9)},
            )
            for k, layer in enumerate(self.model.layers)
        )
        points = tuple(
            CalibrationPoint(damage, PairedOutcome(round(IMAGES / 2 * 0.2 * math.sqrt(damage)), 0, IMAGES // 2))
            for damage in (0.0005, 0.05, 0.2, 0.8, 2.0)
        )
        return BudgetStudy(Sensitivity(layers, points), 50, IMAGES // 2, IMAGES // 2)

    def run_until_cancelled(self, reporter):
        reporter.status("Working until cancelled")
        for step in itertools.count():
            reporter.progress(step % 100, 100)
            reporter.checkpoint()
            time.sleep(0.01)

    def measure(self, recipe, reporter):
        reporter.status("Measuring")
        if self.preprocessing is not None:
            for n in (36, 120, 240):
                reporter.partial(self.numbers(recipe, n))
                reporter.progress(n, IMAGES)
                reporter.checkpoint()
                time.sleep(self.pace_s / 3)
        measurement = self.numbers(recipe, IMAGES)
        content = recipe.to_json().encode().ljust(measurement.size_bytes, b" ")[: measurement.size_bytes]
        digest = hashlib.sha256(content).hexdigest()
        path = self.workspace / f"{digest}.onnx"
        path.write_bytes(content)
        return measurement, path, digest

    def numbers(self, recipe, n):
        students = self.students(None)
        prediction = estimate(self.model, recipe, students)
        correct = round(accuracy_of(recipe) * n)
        accuracy = wilson(correct, n) if self.preprocessing is not None else None
        drop = 0.985 - accuracy_of(recipe)
        half = 0.9 / math.sqrt(n) * math.sqrt(max(drop, 0.002))
        paired = Estimate(drop, drop - half, drop + half, n) if accuracy else None
        whole = n == IMAGES
        p50 = prediction.latency_ms or 0.08
        return Measurement(
            prediction.size_bytes, prediction.macs, prediction.params, accuracy,
            paired if recipe != Recipe() else None, wilson(round(n * (1 - drop)), n) if paired else None,
            Latency(p50, p50 * 1.2, p50 * 0.98, p50 * 1.03, 200, 0.082) if whole else None,
            None,
            Conditions("Test CPU @ 2.0 GHz", ("avx2",), 2, "Linux", "ONNX Runtime 1.32.0 CPU", threads=2, data="digits",
                       samples=n, measured_at="2026-01-02T03:04:05+00:00"),
        )  # fmt: skip
