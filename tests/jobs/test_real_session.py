"""The engine process with the program's own session: open, run, save; killed in the middle, and the next job runs."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from nnopt_gui.engine.diagnosis import Diagnosis
from nnopt_gui.engine.layer_distribution import LayerDistribution, levels_of
from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.profile import DataProfile, ModelProfile
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.jobs.engine_process import DEFAULT_SESSION
from nnopt_gui.jobs.job import EventKind, Job, JobKind
from nnopt_gui.jobs.local_engine import LocalEngine

pytestmark = pytest.mark.slow

SOURCES = {"model": ModelSource("demo").to_dict(), "data": DataSource("digits").to_dict()}


@pytest.fixture
def session(make_driver, tmp_path):
    """A driver around the real engine."""
    driver = make_driver()
    driver.engine.close()
    driver.engine = LocalEngine(tmp_path / "logs", threads=1)
    assert DEFAULT_SESSION == "nnopt_gui.engine.pipeline:Session"
    yield driver
    driver.engine.close()


def do(driver, kind: JobKind, **payload: object):
    driver.last_id += 1
    driver.engine.send(Job(driver.last_id, kind, {**SOURCES, **payload}))
    return driver.finish()


def one(events, kind: EventKind):
    found = [event.payload for event in events if event.kind is kind]
    assert len(found) == 1, [(e.kind, e.payload.get("error")) for e in events]
    return found[0]


def ask_about(session, data, opened, trial):
    """Everything that can be asked about an open network and a finished trial."""
    method = {"scheme": "affine"}
    found = one(do(session, JobKind.ANALYSE, data=data, method=method, part="layers"), EventKind.ANALYSED)["layers"]
    layers = [LayerDistribution.from_dict(layer) for layer in found]
    profile = ModelProfile.from_dict(opened["model"])
    assert [(x.name, x.shape) for x in layers] == [(x.name, x.weight_shape) for x in profile.layers]
    assert all(len(levels_of(layer, 3)) == 8 and layer.suggestion for layer in layers)  # affine grids use every code

    images = one(do(session, JobKind.IMAGES, data=data, positions=[5, 0]), EventKind.IMAGES)["images"]
    assert [(image["position"], image["width"], image["height"]) for image in images] == [(5, 8, 8), (0, 8, 8)]

    why = one(do(session, JobKind.WHY, data=data, artifact=trial["artifact"]), EventKind.EXPLAINED)["diagnosis"]
    diagnosis = Diagnosis.from_dict(why)
    assert diagnosis.bytes.total == Measurement.from_dict(trial["measurement"]).size_bytes and len(
        diagnosis.bytes.layers
    ) == len(profile.layers)
    assert diagnosis.time is not None and diagnosis.time.share("integer") > 0

    confirmed = one(do(session, JobKind.CONFIRM, data=data, artifact=trial["artifact"]), EventKind.CONFIRMED)
    sides = [TrialPredictions.from_dict(confirmed[name]) for name in ("baseline", "trial")]
    assert {len(side) for side in sides} == {DataProfile.from_dict(opened["data"]).counts["test"]}
    assert all(side.known.all() for side in sides)


def test_open_run_save_and_a_kill_in_between(session, tmp_path):
    events = do(session, JobKind.OPEN, auto_preprocessing=True)
    opened, baseline = one(events, EventKind.OPENED), one(events, EventKind.BASELINE)
    assert ModelProfile.from_dict(opened["model"]).classes == 10
    assert DataProfile.from_dict(opened["data"]).counts["selection"] > 0
    assert one(events, EventKind.STUDENTS)["students"]
    source = DataSource.from_dict(opened["data_source"])
    assert source.mean is not None

    data = source.to_dict()
    recipes = [Recipe.build(weight_bits=bits).to_dict() for bits in (8, 7)]
    events = do(session, JobKind.RUN, data=data, recipes=recipes)
    trials = [event.payload for event in events if event.kind is EventKind.TRIAL_FINISHED]
    assert [trial["state"] for trial in trials] == ["done", "done"], trials
    sizes = [Measurement.from_dict(trial["measurement"]).size_bytes for trial in trials]
    assert sizes == [Path(trial["artifact"]).stat().st_size for trial in trials]
    assert Measurement.from_dict(baseline["measurement"]).size_bytes > sizes[0] > sizes[1]
    stored = [TrialPredictions.from_dict(trial["predictions"]) for trial in (baseline, *trials)]
    for trial, predictions in zip((baseline, *trials), stored, strict=True):
        accuracy = Measurement.from_dict(trial["measurement"]).accuracy
        assert accuracy is not None
        assert predictions.correct.mean() == accuracy.value
    digest = hashlib.sha256(Path(trials[1]["artifact"]).read_bytes()).hexdigest()
    assert digest == trials[1]["sha256"]

    ask_about(session, data, opened, trials[1])

    os.kill(session.engine.pid, 9)
    assert session.until(lambda event: event.terminal)[-1].job_id == -1

    keys = ("artifact", "recipe", "measurement")
    chosen = {key: trials[1][key] for key in keys}
    saved = one(do(session, JobKind.SAVE, data=data, folder=str(tmp_path / "out put"), **chosen), EventKind.SAVED)
    model = Path(saved["folder"], "model.onnx")
    assert hashlib.sha256(model.read_bytes()).hexdigest() == digest
    measured = Measurement.from_dict(saved["measurement"])
    assert measured.accuracy == Measurement.from_dict(trials[1]["measurement"]).accuracy


def test_bad_input_is_an_expected_error(session, tmp_path):
    broken = tmp_path / "model.pth"
    broken.write_bytes(b"no model at all")
    events = do(session, JobKind.OPEN, model=ModelSource(str(broken)).to_dict())
    assert one(events, EventKind.FAILED)["error"]["type"] == "ModelError"
    assert do(session, JobKind.OPEN, model=ModelSource("torchvision:nothing").to_dict())[-1].kind is EventKind.FAILED
    events = do(session, JobKind.OPEN, data=DataSource(str(tmp_path / "absent")).to_dict())
    assert one(events, EventKind.FAILED)["error"]["type"] == "DataError"
