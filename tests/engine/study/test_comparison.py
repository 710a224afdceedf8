"""Two trials side by side: the verdict in words, and differences that are refused."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from nnopt_gui.engine.metrics import Conditions, Latency, Measurement
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import ModelSource
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.statistics.proportions import wilson
from nnopt_gui.engine.study.comparison import Comparison, Figure, latency_difference
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import StudyError

MACHINE = Conditions(machine="a CPU", runtime="ORT", threads=2)


def predictions(wrong: int, count: int = 2000, start: int = 0) -> TrialPredictions:
    labels = (np.arange(count) % 10).astype(np.int32)
    classes = labels.copy()
    classes[start : start + wrong] = (labels[start : start + wrong] + 1) % 10
    return TrialPredictions(labels, classes, np.full(count, 230, np.uint8), np.ones(count, bool), 10)


def trial(number: int, found: TrialPredictions | None, size: int = 1000, ms: float = 1.0) -> Trial:
    right = int(found.correct.sum()) if found is not None else 1900
    measurement = Measurement(
        size, 10, 10, wilson(right, 2000), latency_ms=Latency(ms, 2 * ms, 0.9 * ms, 1.1 * ms, 50), conditions=MACHINE
    )
    recipe = Recipe.build(weight_bits=4, seed=number) if number else Recipe()
    return Trial(number, recipe).finish(
        TrialState.DONE, measurement=measurement, predictions_sha256=found.sha256 if found is not None else None
    )


def figure(found: Comparison, title: str) -> Figure:
    return next(f for f in found.figures if f.title.startswith(title))


def test_the_better_one_is_named_with_numbers() -> None:
    a, b = predictions(100), predictions(160)
    study = Study(ModelSource("demo"))
    study.add(trial(0, a), None, a)
    study.add(trial(3, b, size=500, ms=0.5), None, b)
    found = Comparison.between(study, 0, 3)
    assert found.verdict.startswith("The original is better: 3.00 pp more accurate than trial 3")
    assert "2,000 images" in found.verdict
    assert found.paired is not None
    assert found.flips is not None
    assert found.flips.broken.tolist() == list(range(100, 160))
    accuracy, size, latency = (figure(found, title) for title in ("Top-1", "Size", "Latency"))
    assert (accuracy.better, size.better, latency.better) == ("a", "b", "b")
    assert accuracy.difference is not None
    assert accuracy.difference[0] == pytest.approx(-3)
    assert latency.difference == pytest.approx((-0.5, -0.65, -0.35))
    assert {f.title for f in found.figures} >= {"Top-5 accuracy", "Worst class", "Calibration error (ECE)", "MACs"}
    turned = Comparison.between(study, 3, 0)
    assert turned.verdict.startswith("The original is better: 3.00 pp more accurate than trial 3")
    assert json.loads(json.dumps(found.to_dict()))["paired"]["broken"] == 60


def test_a_tie_says_how_many_images_would_tell() -> None:
    a, b = predictions(100), predictions(103, start=1)
    found = Comparison.of(trial(1, a), a, trial(2, b), b)
    start = "Not distinguishable on these 2,000 images. Trial 1 and trial 2: 4 lost, 1 gained, p = 0.38; the difference"
    assert found.verdict.startswith(start)
    assert "images would tell" in found.verdict
    same = Comparison.of(trial(1, a), a, trial(2, a), a)
    assert "would tell" not in same.verdict
    assert "are right on the very same ones" in same.verdict
    assert figure(same, "Latency").note == "no difference: intervals overlap"
    assert figure(same, "Latency").difference is None


def test_latency_of_different_machines_is_not_compared() -> None:
    a = trial(1, None).measurement
    b = trial(2, None, ms=5).measurement
    assert a is not None
    assert b is not None
    assert latency_difference(a, b).better == "a"
    for change in ({"machine": "another"}, {"threads": 1}, {"runtime": "OpenVINO"}):
        other = latency_difference(a, replace(b, conditions=replace(MACHINE, **change)))
        assert other.difference is None
        assert other.better is None
        assert next(iter(change)) in other.note
    assert "busy" in latency_difference(a, replace(b, conditions=replace(MACHINE, noisy=True))).note
    assert latency_difference(a, replace(b, latency_ms=None)).difference is None


def test_without_predictions_no_verdict_is_made_up() -> None:
    a = predictions(100)
    found = Comparison.of(trial(0, a), a, trial(2, None), None)
    assert found.verdict.startswith("Undecided: the predictions of trial 2 are not stored")
    assert found.paired is None
    assert figure(found, "Top-1").difference is None
    assert figure(found, "Size").difference is not None


def test_what_cannot_be_compared_is_refused() -> None:
    a, short = predictions(100), predictions(10, count=500)
    with pytest.raises(StudyError, match="paired"):
        Comparison.of(trial(1, a), a, trial(2, short), short)
    with pytest.raises(StudyError, match="running"):
        Comparison.of(trial(1, a), a, Trial(2), None)
    with pytest.raises(StudyError, match="no trial 9"):
        Comparison.between(Study(ModelSource("demo"), trials=[trial(1, a)]), 1, 9)
