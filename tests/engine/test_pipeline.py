"""The whole road on the embedded demo: what is promised by a slider, made, written, measured and saved."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from nnopt_gui.engine import calibration_stage
from nnopt_gui.engine.artifact import read_artifact
from nnopt_gui.engine.data.datasets import open_data
from nnopt_gui.engine.data.preprocessing import load_batch
from nnopt_gui.engine.estimate import estimate
from nnopt_gui.engine.metrics import Measurement
from nnopt_gui.engine.networks.model_file import open_model
from nnopt_gui.engine.onnx_graph.export import export_network
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import Cancelled, SilentReporter
from nnopt_gui.engine.recipe import Distill, Method, Recipe, Student
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.errors import DataError, RecipeError

REPORTER = SilentReporter()


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    session = Session(tmp_path_factory.mktemp("workspace"), threads=2)
    session.open(ModelSource("demo"), DataSource("digits"), REPORTER)
    return session


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe.build(),
        Recipe.build(weight_bits=8),
        Recipe.build(weight_bits=5),
        Recipe.build(weight_bits=2),
        Recipe.build(weight_bits=4, activation_bits=32),
        Recipe.build(weight_bits=16),
        Recipe.build(weight_bits=4, method=Method(form="int8")),
        Recipe.build(weight_bits=8, prune=0.3),
        Recipe.build(weight_bits=3, prune=0.6),
        Recipe.build(prune=0.5),
        Recipe.build(weight_bits=4, prune=0.9, prune_kind="weights"),
        Recipe.build(weight_bits=8, prune=0.5, prune_kind="weights"),
        Recipe.build(weight_bits=4, prune=0.05, prune_kind="weights"),
        Recipe.build(weight_bits=4, student=Student("same", 0.5), epochs=1),
    ],
    ids=lambda recipe: recipe.label,
)
def test_the_slider_promises_what_the_file_is(session: Session, recipe: Recipe) -> None:
    promised = estimate(session.opened.model, recipe, session.students(REPORTER))
    result = session.run_trial(recipe, REPORTER)
    sparse = "sparse" in recipe.label and recipe.prune is not None and recipe.prune.amount > 0.1
    assert promised.exact == (not sparse)  # where the zeros lie decides how they are stored
    assert result.measurement.size_bytes == result.artifact.stat().st_size
    assert promised.size_bytes == pytest.approx(
        result.measurement.size_bytes, rel=0.05 if sparse else 0.02, abs=900 if sparse else None
    )
    assert promised.macs == result.measurement.macs
    assert promised.params == result.measurement.params
    onnx.checker.check_model(onnx.load(result.artifact), full_check=True)


def test_torch_and_onnx_runtime_agree_on_the_float_network(session: Session) -> None:
    data = open_data(DataSource("digits"), REPORTER).split("selection")
    opened = open_model(ModelSource("demo"))
    assert opened.network is not None
    assert opened.preprocessing is not None
    images = load_batch(data, np.arange(len(data)), opened.preprocessing)
    with torch.inference_mode():
        guesses = opened.network(torch.from_numpy(images)).argmax(1).numpy()
    artifact = session.baseline(REPORTER).artifact
    assert np.array_equal(session.correct(artifact, REPORTER), guesses == data.labels)
    accuracy = session.baseline(REPORTER).measurement.accuracy
    assert accuracy is not None
    assert accuracy.value == (guesses == data.labels).mean()


def test_a_fine_tuned_float_network_agrees_too(session: Session) -> None:
    recipe = Recipe.build(prune=0.3, epochs=1, distill=Distill())
    result = session.run_trial(recipe, REPORTER)
    network = session.prepared(recipe, REPORTER)
    data = open_data(DataSource("digits"), REPORTER).split("selection")
    preprocessing = open_model(ModelSource("demo")).preprocessing
    assert preprocessing is not None
    with torch.inference_mode():
        logits = network(torch.from_numpy(load_batch(data, np.arange(len(data)), preprocessing)))
    assert np.array_equal(session.correct(result.artifact, REPORTER), logits.argmax(1).numpy() == data.labels)


def test_the_same_inputs_give_the_same_bytes_in_another_session(session: Session, tmp_path: Path) -> None:
    recipe = Recipe.build(weight_bits=4, prune=0.3, epochs=1, distill=Distill(), seed=3)
    other = Session(tmp_path, threads=2)
    other.open(ModelSource("demo"), DataSource("digits"), REPORTER)
    first, second = session.run_trial(recipe, REPORTER), other.run_trial(recipe, REPORTER)
    assert first.sha256 == second.sha256
    assert first.measurement.accuracy == second.measurement.accuracy
    assert first.sha256 != session.run_trial(Recipe.build(weight_bits=4, prune=0.3, epochs=1, seed=4), REPORTER).sha256


def test_a_draft_is_a_file_that_was_measured_and_changes_nothing(session: Session) -> None:
    heard: list[Measurement] = []
    reporter = SilentReporter()
    reporter.partial = heard.append  # type: ignore[method-assign]
    recipe = Recipe.build(weight_bits=3)
    result = session.run_trial(recipe, reporter, draft=True)
    draft = next(found for found in reversed(heard) if found.conditions.draft)
    own = [found for found in heard if not found.conditions.draft]
    assert heard.index(draft) < heard.index(own[0])
    assert (own[-1], result.measurement.conditions.draft) == (result.measurement, False)
    assert draft.accuracy is not None
    assert draft.accuracy.samples == draft.conditions.samples == min(512, result.measurement.conditions.samples)
    assert draft.accuracy_drop is not None  # paired, as of a file
    assert draft.latency_ms is None
    nearest = replace(recipe.quantize.method, rounding="nearest")  # type: ignore[union-attr]
    reference = session.run_trial(Recipe.build(weight_bits=3, method=nearest), REPORTER).measurement
    assert reference.accuracy is not None
    assert draft.accuracy.value == pytest.approx(reference.accuracy.value, abs=0.03)  # repaired with other images
    assert abs(draft.size_bytes - result.measurement.size_bytes) < 0.02 * result.measurement.size_bytes
    assert session.run_trial(recipe, REPORTER).sha256 == result.sha256
    assert {path.suffix for path in session.workspace.iterdir() if "draft" in path.name} == set()
    heard.clear()
    session.run_trial(Recipe.build(weight_bits=8), reporter, draft=True)
    assert not any(found.conditions.draft for found in heard)  # rounding to the nearest takes no time


def test_trials_leave_the_baseline_as_it_was(session: Session) -> None:
    before = session.baseline(REPORTER)
    session.run_trial(Recipe.build(weight_bits=8, prune=0.5, epochs=1), REPORTER)
    assert session.run_trial(Recipe(), REPORTER).sha256 == before.sha256


def test_a_saved_model_is_read_back_and_measured_again(session: Session, tmp_path: Path) -> None:
    recipe = Recipe.build(weight_bits=3)
    result = session.run_trial(recipe, REPORTER)
    folder, again = session.save(result.artifact, recipe, result.measurement, tmp_path / "saved", REPORTER)
    data, card = read_artifact(folder)
    assert data == result.artifact.read_bytes()
    assert card.recipe == recipe
    assert again.accuracy == result.measurement.accuracy
    assert again.accuracy_drop == result.measurement.accuracy_drop


class Impatient(SilentReporter):
    """Cancels at the n-th checkpoint."""

    def __init__(self, patience: int) -> None:
        self.left = patience

    def checkpoint(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled


@pytest.mark.parametrize("patience", [0, 1, 5, 20, 60])
def test_a_trial_stops_at_any_checkpoint_and_runs_again(session: Session, patience: int) -> None:
    recipe = Recipe.build(weight_bits=4, prune=0.2, epochs=1, seed=100 + patience)
    with pytest.raises(Cancelled):
        session.run_trial(recipe, Impatient(patience))
    assert session.run_trial(recipe, REPORTER).measurement.accuracy is not None


def test_an_onnx_file_is_quantised_pruned_and_teaches(session: Session, tmp_path: Path) -> None:
    network = copy.deepcopy(open_model(ModelSource("demo")).network)
    assert network is not None
    path = tmp_path / "mine.onnx"
    path.write_bytes(export_network(network, (1, 8, 8), REPORTER).model.SerializeToString())
    other = Session(tmp_path, threads=2)
    opened = other.open(ModelSource(str(path)), DataSource("digits"), REPORTER)
    assert not opened.model.trainable
    baseline = other.baseline(REPORTER).measurement
    assert baseline.macs == session.opened.model.macs
    assert baseline.accuracy is not None
    assert baseline.accuracy.value > 0.95  # its preprocessing was found
    quantised = other.run_trial(Recipe.build(weight_bits=4, prune=0.5, prune_kind="weights"), REPORTER).measurement
    assert quantised.size_bytes < baseline.size_bytes / 5
    student = Recipe.build(weight_bits=8, student=Student("softmax"), epochs=2, distill=Distill())
    assert other.run_trial(student, REPORTER).measurement.macs == 640
    for refused in (Recipe.build(prune=0.3), Recipe.build(epochs=1)):
        with pytest.raises(RecipeError, match="ONNX"):
            other.run_trial(refused, REPORTER)


def test_without_data_there_are_still_bytes_macs_and_latency(tmp_path: Path) -> None:
    session = Session(tmp_path, threads=1)
    session.open(ModelSource("demo"), None, REPORTER)
    measured = session.run_trial(Recipe.build(weight_bits=4, activation_bits=32), REPORTER).measurement
    assert measured.accuracy is None
    assert measured.latency_ms is not None
    for needs_data in (Recipe.build(weight_bits=4), Recipe.build(epochs=1)):
        with pytest.raises(RecipeError, match="data"):
            session.run_trial(needs_data, REPORTER)


def test_a_network_without_weights_is_trained_first(tmp_path: Path) -> None:
    session = Session(tmp_path, threads=2)
    opened = session.open(ModelSource("network:digits_cnn", train_epochs=4), DataSource("digits"), REPORTER)
    accuracy = session.baseline(REPORTER).measurement.accuracy
    assert accuracy is not None
    assert accuracy.value > 0.5
    assert any("trained here for 4 epochs" in note for note in opened.notes)


def test_a_network_for_other_classes_is_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "d.npz", images=rng.integers(0, 256, (60, 8, 8), dtype=np.uint8), labels=np.arange(60) % 3)
    with pytest.raises(DataError, match="10 classes"):
        Session(tmp_path).open(ModelSource("demo"), DataSource(str(tmp_path / "d.npz")), REPORTER)


def test_opening_the_same_sources_again_keeps_what_was_done(session: Session) -> None:
    opened = session.opened
    assert session.open(ModelSource("demo"), DataSource("digits"), REPORTER) is opened
    assert session.open(opened.model_source, opened.data_source, REPORTER) is opened


def test_what_was_prepared_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calibrations = []
    collect = calibration_stage.collect_ranges
    monkeypatch.setattr(calibration_stage, "collect_ranges", lambda *given: calibrations.append(1) or collect(*given))
    session = Session(tmp_path, threads=2)
    session.open(ModelSource("demo"), DataSource("digits"), REPORTER)
    session.prepare(REPORTER)
    session.prepare(REPORTER)
    session.run_trial(Recipe.build(weight_bits=8), REPORTER)
    assert len(calibrations) == 1
    session.open(ModelSource("demo"), None, REPORTER)
    session.prepare(REPORTER)  # without images there is nothing to prepare
    assert len(calibrations) == 1
