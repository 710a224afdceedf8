"""Predictions are learnt from trials, bounded by what must be monotone, and their bands hold."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from nnopt_gui.engine.estimate import estimate
from nnopt_gui.engine.metrics import Estimate, Latency, Measurement
from nnopt_gui.engine.profile import LayerProfile, ModelProfile
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import ModelSource
from nnopt_gui.engine.study.gaussian_process import GaussianProcess
from nnopt_gui.engine.study.predicted import Band, Predicted
from nnopt_gui.engine.study.predictor import Predictor, Regression, calibration, prediction_error
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import Trial, TrialState

PROFILE = ModelProfile(
    name="net",
    architecture="net",
    file_format="onnx",
    sha256="",
    input_shape=(1, 8, 8),
    classes=10,
    params=20_800,
    macs=39_000,
    float_bytes=90_000,
    layers=(LayerProfile("a", "conv", (32, 1, 3, 3), 1, 64, True), LayerProfile("b", "linear", (10, 2048), 1, 1, True)),
    float_ms=0.2,
    int8_ms=0.1,
)
GRID = [
    Recipe.build(weight_bits=b, prune=p, prune_kind="weights")
    for b in (8, 7, 6, 5, 4, 3, 2)
    for p in (0.0, 0.1, 0.2, 0.3, 0.5)
]


def measured(recipe: Recipe, seed: int) -> Measurement:
    cost, prune = estimate(PROFILE, recipe), recipe.prune.amount if recipe.prune else 0.0
    rng = np.random.default_rng([seed, recipe.weight_bits, int(100 * prune)])
    drop = 0.5 * prune**1.5 + 0.4 * 2.0 ** (-1.2 * recipe.weight_bits) + rng.normal(0, 0.003)
    time = (cost.latency_ms or 1.0) * 1.3 * math.exp(rng.normal(0, 0.02))
    return Measurement(
        round(cost.size_bytes * math.exp(rng.normal(0.01, 0.003))),
        cost.macs,
        cost.params,
        accuracy=Estimate(0.95 - drop, 0.94 - drop, 0.96 - drop, 1000),
        accuracy_drop=Estimate(drop, drop - 0.006, drop + 0.006, 1000),
        latency_ms=Latency(time, time, 0.98 * time, 1.02 * time, 100),
    )


def done(number: int, recipe: Recipe, seed: int = 0) -> Trial:
    return Trial(number, recipe).finish(TrialState.DONE, measurement=measured(recipe, seed))


def test_four_fifths_of_the_bands_hold_the_measured_drop_size_and_latency() -> None:
    inside, total = np.zeros(3), 0
    for seed in range(6):
        order = np.random.default_rng(seed).permutation(len(GRID))
        learnt = [done(i + 1, GRID[k], seed) for i, k in enumerate(order[:12])]
        rest = [GRID[k] for k in order[12:]]
        for recipe, predicted in zip(rest, Predictor(PROFILE, learnt).predict(rest), strict=True):
            truth = measured(recipe, seed)
            assert truth.accuracy_drop and truth.latency_ms and predicted.accuracy_drop and predicted.latency_ms
            inside += [
                predicted.accuracy_drop.holds(truth.accuracy_drop.value),
                predicted.size_bytes.holds(truth.size_bytes),
                predicted.latency_ms.holds(truth.latency_ms.p50),
            ]
            assert predicted.macs == truth.macs
            total += 1
    assert (inside / total >= 0.8).all(), inside / total


def test_bands_are_narrower_than_knowing_nothing_and_narrow_with_trials() -> None:
    widths = []
    for count in (4, 20):
        learnt = [done(i, recipe) for i, recipe in enumerate(GRID[::-1][:count])]
        bands = [p.accuracy_drop for p in Predictor(PROFILE, learnt).predict(GRID[:10])]
        widths.append(float(np.median([b.high - b.low for b in bands if b])))
    assert widths[1] < widths[0] / 2
    assert widths[1] < 0.2


def test_nothing_is_claimed_before_three_trials() -> None:
    predicted = Predictor(PROFILE, [done(1, GRID[0])]).predict([GRID[3]])[0]
    assert predicted.accuracy_drop is None
    assert predicted.latency_ms is None
    cost = estimate(PROFILE, GRID[3])
    assert predicted.size_bytes.value == cost.size_bytes
    assert predicted.macs == cost.macs
    assert Predictor(PROFILE, []).predict([]) == ()


def test_expected_values_never_leave_what_milder_and_harsher_neighbours_measured() -> None:
    x = np.array([[0.0] * 6, [1.0] + [0.0] * 5, [3.0] + [0.0] * 5, [4.0] + [0.0] * 5])
    y = np.array([0.0, 0.1, 5.0, 5.1])
    regression = Regression(x, y, np.full(4, 1e-3), monotone=True)
    asked = np.array([[v] + [0.0] * 5 for v in (0.5, 2.0, 3.5)])
    expected, half = regression.predict(asked)
    assert (expected >= np.array([0.0, 0.1, 5.0]) - 2e-3).all()
    assert (expected <= np.array([0.1, 5.0, 5.1]) + 2e-3).all()
    assert (half > 0).all()


def test_a_gaussian_process_matches_the_textbook() -> None:
    """Leave-one-out against fitting without each point with the same settings, in plain linear algebra."""
    rng = np.random.default_rng(0)
    x = rng.random((9, 2))
    y = np.sin(4 * x[:, 0]) + 0.1 * x[:, 1]
    noise = np.full(9, 1e-4)
    process = GaussianProcess.fit(x, y, noise)
    scaled = (x - process.low) / process.span
    targets = (y - process.mean) / process.scale
    distance = np.sqrt((((scaled[:, None] - scaled[None]) / process.lengths) ** 2).sum(-1)) * math.sqrt(5)
    kernel = process.signal * (1 + distance + distance**2 / 3) * np.exp(-distance) + 4.0
    kernel += np.diag(noise / process.scale**2 + process.noise)
    mean, spread = process.leave_one_out()
    for i in range(9):
        rest = np.arange(9) != i
        weights = np.linalg.solve(kernel[np.ix_(rest, rest)], kernel[rest, i])
        assert mean[i] == pytest.approx(process.mean + process.scale * weights @ targets[rest], abs=1e-6)
        variance = kernel[i, i] - weights @ kernel[rest, i]
        assert spread[i] == pytest.approx(process.scale * math.sqrt(variance), rel=1e-4)
    fitted, _ = process.predict(x)
    assert np.abs(fitted - y).max() < 0.1


def test_the_error_is_measured_minus_predicted() -> None:
    trial = done(3, GRID[7])
    assert trial.measurement and trial.measurement.accuracy_drop and trial.measurement.latency_ms
    assert prediction_error(trial) is None
    drop, time = trial.measurement.accuracy_drop.value, trial.measurement.latency_ms.p50
    size = float(trial.measurement.size_bytes)
    good = Predicted(
        Band(size, size, size), 1, Band(drop - 0.01, drop - 0.02, drop), Band(2 * time, time / 2, 3 * time)
    )
    bad = replace(good, accuracy_drop=Band(0.9, 0.8, 1.0), latency_ms=None)
    error = prediction_error(replace(trial, predicted=good))
    assert error is not None
    assert error.drop == pytest.approx(0.01)
    assert error.size == 0
    assert error.latency == pytest.approx(-0.5)
    assert error.inside is True
    assert error.latency_inside is True
    trials = [trial, replace(trial, predicted=good), replace(trial, predicted=bad)]
    assert calibration(trials) == (1, 2)


def test_predictions_survive_the_study_file(tmp_path: object) -> None:
    predicted = Predictor(PROFILE, [done(i, recipe) for i, recipe in enumerate(GRID[:6])]).predict([GRID[9]])[0]
    trial = replace(done(1, GRID[9]), predicted=predicted)
    assert Trial.from_dict(json.loads(json.dumps(trial.to_dict()))) == trial
    path = tmp_path / "s.nnopt"  # type: ignore[operator]
    with StudyFile.create(path, Study(ModelSource("demo"), trials=[trial])):
        pass
    with StudyFile.open(path, read_only=True) as file:
        assert file.notes == ()
        assert file.study.get(1) == trial
    old = {key: value for key, value in trial.to_dict().items() if key != "predicted"}
    assert Trial.from_dict(old).predicted is None
