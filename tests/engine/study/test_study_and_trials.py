"""Trials are frozen and round-trip; a study tells its listeners after each change, in its owner's thread only."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from pathlib import Path

import pytest

from nnopt_gui.engine.metrics import Conditions, Estimate, Latency, Measurement
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.study.confirmation import Confirmation
from nnopt_gui.engine.study.stored_records import read_record, write_record
from nnopt_gui.engine.study.study import Study, StudyChange
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import DataError, StudyError


def measured(accuracy: float = 0.9, size: int = 1000) -> Measurement:
    return Measurement(
        size,
        2_000,
        300,
        Estimate(accuracy, accuracy - 0.01, accuracy + 0.01, 1000),
        latency_ms=Latency(1.0, 1.5, 0.9, 1.1, 100, 2.0),
        nonzero_params=200,
        conditions=Conditions(machine="a CPU", cpu_flags=("avx2",), preprocessing={"mean": [0.5]}, seed=3),
    )


def full_trial() -> Trial:
    recipe = Recipe.build(weight_bits=4, prune=0.3, epochs=2, seed=7)
    trial = Trial(5, recipe, pinned=True, note="schön 🎉\n")
    return trial.finish(TrialState.DONE, measurement=measured(), seconds=1.25, artifact_sha256="0" * 64)


def test_a_trial_survives_json() -> None:
    for trial in (full_trial(), Trial(0), Trial(3).finish(TrialState.FAILED, error=DataError("a", "b", "c"))):
        assert read_record(write_record(trial.to_dict()), Trial.from_dict, "trial") == trial


def test_a_trial_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        full_trial().note = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    "change",
    [
        {"number": -1},
        {"number": True},
        {"number": "7"},
        {"state": "brilliant"},
        {"artifact_sha256": "../../etc/passwd"},
        {"measurement": {"size_bytes": "12", "macs": 1, "params": 1}},
        {"measurement": {"size_bytes": 10**400, "macs": 1, "params": 1}},
        {"measurement": {"size_bytes": 1, "macs": 1, "params": 1, "accuracy": {"value": "x"}}},
        {"measurement": {"size_bytes": 1, "macs": 1, "params": 1, "evil": 1}},
        {"recipe": {"quantize": {"weight_bits": 33}}},
        {"recipe": []},
        {"note": 5},
        {"note": "x" * 200_000},
        {"seconds": "soon"},
        {"pinned": 1},
        {"created": None},
    ],
)
def test_a_strangers_trial_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(StudyError, match="damaged"):
        read_record(write_record({**full_trial().to_dict(), **change}), Trial.from_dict, "trial")


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "[" * 100_000, '{"number": NaN}', '{"seconds": 1e999, "number": 1}']
)
def test_text_that_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(StudyError):
        read_record(text, Trial.from_dict, "trial")


def test_infinite_numbers_are_refused() -> None:
    text = write_record(full_trial().to_dict()).replace("1.25", "1e999")
    with pytest.raises(StudyError, match="damaged"):
        read_record(text, Trial.from_dict, "trial")


def test_listeners_hear_of_every_change_after_it() -> None:
    study = Study(ModelSource("demo"))
    heard: list[tuple[str, int, int]] = []

    def listener(change: StudyChange) -> None:
        heard.append((change.kind, change.trial.number if change.trial else -1, len(study)))

    study.listen(listener)
    study.add(Trial(0))
    study.add(Trial(study.next_number))
    study.replace(study.get(1).finish(TrialState.DONE, measurement=measured()))
    study.describe(data=DataSource("digits"))
    study.remove(1)
    study.unlisten(listener)
    study.remove(0)
    assert heard == [("added", 0, 1), ("added", 1, 2), ("replaced", 1, 2), ("described", -1, 2), ("removed", 1, 1)]


def test_numbers_are_not_reused_and_undo_keeps_the_order() -> None:
    study = Study(ModelSource("demo"))
    for number in range(4):
        study.add(Trial(number))
    removed = study.remove(3)
    assert study.next_number == 4
    middle = study.remove(1)
    study.add(removed)
    study.add(middle)
    assert [t.number for t in study.trials] == [0, 1, 2, 3]
    assert study.baseline is not None
    assert study.baseline.is_baseline


def test_find_prefers_a_measurement() -> None:
    study = Study(ModelSource("demo"))
    recipe = Recipe.build(weight_bits=4)
    assert study.find(recipe.fingerprint) is None
    study.add(Trial(1, recipe, TrialState.DONE, measured()))
    study.add(Trial(2, recipe, TrialState.FAILED))
    study.add(Trial(3, Recipe.build(weight_bits=5), TrialState.CANCELLED))
    assert study.find(recipe.fingerprint) == study.get(1)
    assert study.find(Recipe.build(weight_bits=5).fingerprint) == study.get(3)


def test_errors_change_nothing() -> None:
    study = Study(ModelSource("demo"), trials=[Trial(0), Trial(2)])
    with pytest.raises(StudyError, match="already"):
        study.add(Trial(2))
    with pytest.raises(StudyError, match="no trial 9"):
        study.replace(Trial(9))
    with pytest.raises(StudyError):
        study.remove(9)
    assert [t.number for t in study.trials] == [0, 2]
    assert study.next_number == 3


def test_another_thread_may_not_change_it() -> None:
    study = Study(ModelSource("demo"))
    caught: list[BaseException] = []

    def intrude() -> None:
        try:
            study.add(Trial(0))
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=intrude)
    thread.start()
    thread.join()
    assert len(caught) == 1
    assert len(study) == 0


class FullDisk:
    """A store that has no room until it is told that it has."""

    def __init__(self) -> None:
        self.full = True
        self.written: dict[int, Path | None] = {}
        self.predictions: dict[str, TrialPredictions] = {}

    def write_trial(self, trial: Trial, artifact: Path | None, predictions: TrialPredictions | None = None) -> None:
        if self.full:
            raise StudyError("The disk is full.")
        self.written[trial.number] = artifact
        if predictions is not None:
            self.predictions[predictions.sha256] = predictions

    def read_predictions(self, sha256: str) -> TrialPredictions | None:
        return self.predictions.get(sha256)

    def write_confirmation(self, confirmation: Confirmation) -> None:
        if self.full:
            raise StudyError("The disk is full.")

    def delete_trial(self, number: int) -> None:
        if self.full:
            raise StudyError("The disk is full.")
        self.written.pop(number, None)

    def write_description(self, study: Study) -> None:
        pass

    def extract_artifact(self, sha256: str, folder: Path) -> Path:
        raise StudyError("not here")


def test_a_failed_commit_loses_nothing_and_is_made_up_for(tmp_path: Path) -> None:
    study, store = Study(ModelSource("demo")), FullDisk()
    study.attach(store, write_all=True)
    artifact = tmp_path / "a.onnx"
    artifact.write_bytes(b"model")
    done = Trial(1).finish(TrialState.DONE, artifact_sha256=hashlib.sha256(b"model").hexdigest())
    heard: list[str] = []
    study.listen(lambda change: heard.append(change.kind))
    with pytest.raises(StudyError, match="full"):
        study.add(done, artifact)
    assert heard == ["added"]
    assert study.get(1) == done
    assert study.unsaved
    assert study.artifact(1, tmp_path) == artifact
    store.full = False
    study.add(Trial(2))
    assert store.written == {1: artifact, 2: None}
    assert not study.unsaved
