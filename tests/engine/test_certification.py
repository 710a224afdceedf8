"""What a reproduction is called, and what it is bounded by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnopt_gui.engine.certification import certify, check_sources, passport_differences, reproducible
from nnopt_gui.engine.metrics import Conditions, Estimate, Latency, Measurement
from nnopt_gui.engine.profile import DataProfile
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import StudyError

HERE = Conditions(machine="CPU", runtime="ONNX Runtime 1", threads=2, preprocessing={"mean": [0.5], "name": "found"})
FOUND = Measurement(
    1000, 1, 1, Estimate(0.75, 0.7, 0.8, 4), latency_ms=Latency(1.0, 1.2, 0.9, 1.1, 10), conditions=HERE
)
TRIAL = Trial(3, Recipe.build(weight_bits=4)).finish(TrialState.DONE, measurement=FOUND, artifact_sha256="a" * 64)


def predicted(*classes: int) -> TrialPredictions:
    count = len(classes)
    return TrialPredictions(
        np.arange(count, dtype=np.int32),
        np.array(classes, np.int32),
        np.zeros(count, np.uint8),
        np.ones(count, bool),
        9,
    )


def test_the_same_bytes_are_identical_whatever_else_changed() -> None:
    again = replace(FOUND, conditions=replace(HERE, threads=4, measured_at="later", noisy=True, repeats=5))
    found = certify(TRIAL, again, "a" * 64)
    assert found.verdict == "identical" and [item.name for item in found.passport] == ["threads"]
    assert "reproduced" in found.sentences[0]


def test_other_bytes_on_another_machine_are_explained_and_bounded() -> None:
    again = replace(FOUND, size_bytes=1010, conditions=replace(HERE, runtime="ONNX Runtime 2", machine="other"))
    found = certify(TRIAL, again, "b" * 64, (predicted(0, 1, 2, 8), predicted(0, 1, 8, 8)))
    assert found.verdict == "explained" and {item.name for item in found.passport} == {"machine", "runtime"}
    assert (found.size_before, found.size_now) == (1000, 1010)
    assert found.agreement is not None and found.agreement.value == 0.75
    assert found.change is not None and found.change.value == 0.25  # one of four was right and is wrong
    assert found.latency_ratio is None  # never between machines
    assert any("ONNX Runtime 1 before, ONNX Runtime 2 now" in line for line in found.sentences)


def test_other_bytes_under_the_same_conditions_are_not_explained() -> None:
    slower = replace(FOUND, latency_ms=Latency(2.0, 2.2, 1.9, 2.1, 10))
    found = certify(TRIAL, slower, "b" * 64)
    assert found.verdict == "unexplained" and found.passport == ()
    assert found.latency_ratio == 2.0 and found.latency_overlap is False
    assert found.agreement is None and found.to_dict()["verdict"] == "unexplained"


def test_versions_explain_only_where_both_sides_have_them() -> None:
    before = replace(HERE, versions=("nnopt 0.1.0", "torch 2.12.0", "onnx 1.23.2"), governor="powersave", load=3.0)
    now = replace(HERE, versions=("nnopt 0.1.0", "torch 2.13.0", "onnx 1.23.2", "openvino 2026.4"), load=0.0)
    assert [(d.name, d.before, d.now) for d in passport_differences(before, now)] == [("torch", "2.12.0", "2.13.0")]
    assert passport_differences(HERE, now) == ()  # of a version that did not record them
    assert passport_differences(replace(now, target="openvino"), now) == ()


def test_the_name_of_a_preprocessing_is_no_difference() -> None:
    same = replace(HERE, preprocessing={"mean": [0.5], "name": "given"})
    assert passport_differences(HERE, same) == ()
    other = passport_differences(HERE, replace(HERE, preprocessing={"mean": [0.4]}))
    assert [item.name for item in other] == ["preprocessing"]


def test_only_measured_trials_and_the_same_data() -> None:
    profile = DataProfile("digits", "digits", "f" * 64, (), (8, 8, 1), {}, 0, None)
    failed = Trial(4, Recipe()).finish(TrialState.FAILED)
    study = Study(ModelSource("demo"), DataSource("digits"), data_profile=profile, trials=[TRIAL, failed])
    assert reproducible(study, 3) == TRIAL
    for number in (4, 99):
        with pytest.raises(StudyError):
            reproducible(study, number)
    check_sources(study, "anything", "f" * 64)
    with pytest.raises(StudyError, match="data are not"):
        check_sources(study, "anything", "e" * 64)
    with pytest.raises(ValueError, match="not measured"):
        certify(failed, FOUND, "b" * 64)
