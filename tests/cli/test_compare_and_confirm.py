"""``nnopt compare`` and ``nnopt confirm`` on the demo's study, as a user would run them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from nnopt_gui.engine.data.datasets import open_data
from nnopt_gui.engine.data.preprocessing import load_batch
from nnopt_gui.engine.metrics import Estimate
from nnopt_gui.engine.progress import SilentReporter
from nnopt_gui.engine.sources import DataSource
from nnopt_gui.engine.study.study_file import StudyFile

Nnopt = Callable[..., Any]


@pytest.fixture
def study(demo: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    return Path(shutil.copy(demo[0] / "demo.nnopt", tmp_path / "copy.nnopt"))


def test_stored_predictions_are_what_the_stored_file_predicts(study: Path, tmp_path: Path) -> None:
    with StudyFile.open(study, read_only=True) as file:
        profile = file.study.data_profile
        assert profile is not None
        assert profile.preprocessing is not None
        subset = open_data(DataSource("digits"), SilentReporter()).split("selection")
        batch = load_batch(subset, np.arange(len(subset)), profile.preprocessing)
        trials = [t for t in file.study.trials if t.measurement is not None]
        assert len(trials) > 3
        for trial in trials[:3]:
            found = file.study.predictions(trial.number)
            assert found is not None
            assert found.labels.tolist() == subset.labels.tolist()
            session = ort.InferenceSession(file.study.artifact(trial.number, tmp_path))
            logits = session.run(None, {session.get_inputs()[0].name: batch})[0]
            assert (logits.argmax(axis=1) == found.classes).mean() >= 0.995  # sums in another order may flip a near tie
            assert trial.measurement is not None
            assert trial.measurement.accuracy is not None
            assert found.correct.mean() == trial.measurement.accuracy.value


def test_compare_speaks_and_leaves_the_file_alone(nnopt: Nnopt, study: Path) -> None:
    before = study.read_bytes()
    text = nnopt("compare", study, 0, 2).stdout
    assert "The original" in text
    assert "Top-1 accuracy" in text
    assert "Latency" in text
    found = json.loads(nnopt("compare", study, 0, 2, "--json").stdout)
    paired = found["paired"]
    assert paired["broken"] - paired["mended"] == -round(paired["difference"]["value"] * paired["samples"])
    assert len(found["flips"]["broken"]) == paired["broken"]
    assert found["test_openings"] == []
    assert study.read_bytes() == before
    assert "no trial 999" in nnopt("compare", study, 0, 999, code=2).stderr


def test_the_test_split_opens_once_and_on_record(nnopt: Nnopt, study: Path) -> None:
    first = json.loads(nnopt("confirm", study, "--trial", 1, "--json").stdout)
    assert first["number"] == 1
    assert first["accuracy"]["samples"] == len(open_data(DataSource("digits"), SilentReporter()).open_test())
    assert first["drop"]["low"] <= first["drop"]["value"] <= first["drop"]["high"]
    assert first["drop"]["value"] == pytest.approx(first["baseline"]["value"] - first["accuracy"]["value"])
    again = json.loads(nnopt("confirm", study, "--trial", 1, "--json").stdout)
    assert again == first  # nothing was opened
    assert "opened already" in nnopt("confirm", study, "--trial", 2, code=2).stderr
    nnopt("confirm", study, "--trial", 2, "--again")
    text = nnopt("compare", study, 1, 2).stdout
    assert "opened 2 times" in text
    assert "Test split, trial 1:" in text
    assert "Test split, trial 2:" in text


def test_verify_on_the_test_split_is_on_record_in_the_folder_and_in_its_study(
    demo: tuple[Path, dict[str, Any]], nnopt: Nnopt, study: Path, tmp_path: Path
) -> None:
    chosen = demo[1]["chosen"]
    alone, beside = tmp_path / "elsewhere" / "model", tmp_path / "model"
    shutil.copytree(demo[0] / "model", alone)
    shutil.copytree(demo[0] / "model", beside)
    found = json.loads(nnopt("verify", alone, "--split", "test", "--json").stdout)
    assert found["conditions"]["split"] == "test"
    assert found["reproduced"] is None
    (opening,) = json.loads((alone / "test_openings.json").read_text())["openings"]
    assert found["test_openings"] == [opening]
    assert opening["accuracy"] == found["accuracy"]
    assert "opened once" in nnopt("verify", alone).stdout
    with StudyFile.open(study, read_only=True) as file:
        assert file.study.confirmations == ()  # it does not lie beside that folder
    said = nnopt("verify", beside, "--split", "test")
    assert "opening 1" in said.stderr
    with StudyFile.open(study) as file:
        (record,) = file.study.confirmations
        assert (record.trial, record.accuracy) == (chosen, Estimate(**found["accuracy"]))
        other = next(t.number for t in file.study.trials if t.number not in (0, chosen) and t.artifact_sha256)
    nnopt("export", study, "--trial", other, "--out", tmp_path / "other")
    refused = nnopt("verify", tmp_path / "other", "--split", "test", code=2)
    assert "opened already" in refused.stderr
    assert not (tmp_path / "other" / "test_openings.json").exists()
    nnopt("verify", tmp_path / "other", "--split", "test", "--again")
    with StudyFile.open(study, read_only=True) as file:
        assert [record.trial for record in file.study.confirmations] == [chosen, other]
    (alone / "test_openings.json").write_text("[]")
    assert "nobody knows" in nnopt("verify", alone, "--split", "test", code=2).stderr
