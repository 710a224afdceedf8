"""Trials on real Dask workers, each a process of its own, in the ways in which they end."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nnopt_gui.cli import main
from nnopt_gui.engine.pipeline import Session
from nnopt_gui.engine.progress import Cancelled, SilentReporter
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import TrialState
from nnopt_gui.errors import ModelError, SettingsError
from nnopt_gui.jobs.shipment import PART_BYTES, shipment_of

distributed = pytest.importorskip("distributed", reason="the extra [cluster] is not installed")

from nnopt_gui.jobs.cluster import ClusterEngine  # noqa: E402 - needs the extra
from nnopt_gui.jobs.cluster_connection import ClusterConnection  # noqa: E402
from nnopt_gui.jobs.cluster_trial import TrialOutcome, TrialSources  # noqa: E402
from nnopt_gui.jobs.cluster_worker import TrialLane  # noqa: E402
from nnopt_gui.jobs.job import EventKind  # noqa: E402

pytestmark = pytest.mark.slow

SCRIPT = f"{Path(__file__).with_name('cluster_session.py')}:ClusterSession"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler with two workers of one thread each, as ``dask worker --nthreads 1`` makes them."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as local:
        yield local


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., Path]:
    """Writes what the trials do, by their seeds; returns the folder where each trial leaves ``SEED.PID``."""

    def write(**what: str) -> Path:
        folder = tmp_path / "script"
        folder.mkdir(exist_ok=True)
        (folder / "script.json").write_text(json.dumps({name.lstrip("s"): value for name, value in what.items()}))
        return folder

    return write


@pytest.fixture
def engine(cluster: Any, tmp_path: Path) -> Iterator[Callable[..., ClusterEngine]]:
    engines: list[ClusterEngine] = []
    back = tmp_path / "back"
    back.mkdir()

    def make(folder: Path, **options: Any) -> ClusterEngine:
        sources = TrialSources(ModelSource(f"script:{folder}"), None, options.pop("sha256", "0" * 64), None)
        engines.append(ClusterEngine(cluster.scheduler_address, sources, back, session_factory=SCRIPT, **options))
        return engines[-1]

    yield make
    for made in engines:
        made.close()


def recipes(count: int) -> list[Recipe]:
    return [Recipe.build(weight_bits=8, seed=seed) for seed in range(count)]


def by_index(outcomes: list[TrialOutcome], count: int) -> list[TrialOutcome]:
    assert sorted(outcome.index for outcome in outcomes) == list(range(count))  # each exactly once
    return sorted(outcomes, key=lambda outcome: outcome.index)


def pids(folder: Path, seed: int) -> list[int]:
    return [int(path.suffix[1:]) for path in folder.glob(f"{seed}.*")]


def test_every_trial_comes_home_once_from_both_workers(engine, script):
    heard = []
    notes: list[str] = []
    made = engine(script(), on_event=heard.append, on_note=notes.append)
    outcomes = by_index(list(made.outcomes(recipes(8), SilentReporter())), 8)
    for seed, outcome in enumerate(outcomes):
        assert (outcome.state, outcome.attempts) == (TrialState.DONE, 1)
        assert outcome.artifact.read_bytes() == f"artifact of {seed}".encode()
        assert outcome.sha256 == hashlib.sha256(outcome.artifact.read_bytes()).hexdigest()
        assert outcome.predictions.correct.sum() == 10 - seed
        assert outcome.measurement.accuracy.value == 1 - seed / 10
        assert outcome.measurement.conditions.threads == 1  # as many as the worker has
    assert {outcome.worker for outcome in outcomes} == set(made.workers)
    assert len(made.workers) == 2
    baselines = [event for event in heard if event.kind is EventKind.BASELINE]
    assert {event.worker for event in baselines} == set(made.workers)  # the original, on every machine
    assert sum("share the machine 127.0.0.1" in note for note in notes) == 1
    assert all(any(worker in note and "1 thread" in note for note in notes) for worker in made.workers)
    said = {(event.index, event.payload["text"]) for event in heard if event.kind is EventKind.STATUS}
    assert said <= {(seed, f"working on {seed}") for seed in range(8)}
    assert said


def test_a_killed_worker_loses_nothing(cluster, engine, script):
    folder = script(**{f"s{seed}": "work:1.0" for seed in range(6)})
    with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
        processes = client.run(os.getpid)
    killed: list[str] = []

    def kill(event: Any) -> None:
        if not killed and event.kind is EventKind.STATUS:
            killed.append(event.worker)
            os.kill(processes[event.worker], signal.SIGKILL)

    notes: list[str] = []
    made = engine(folder, on_event=kill, on_note=notes.append)
    outcomes = by_index(list(made.outcomes(recipes(6), SilentReporter())), 6)
    assert [outcome.state for outcome in outcomes] == [TrialState.DONE] * 6
    assert sorted(outcome.attempts for outcome in outcomes) == [1, 1, 1, 1, 1, 2]
    again = next(outcome for outcome in outcomes if outcome.attempts == 2)
    assert again.worker != killed[0]
    assert again.artifact.read_bytes() == f"artifact of {again.index}".encode()
    assert any("tried again" in note and killed[0] in note for note in notes)
    ran = pids(folder, again.index)
    assert len(ran) == 2  # in two engines; that of the dead worker went with it
    cluster.wait_for_workers(2)


def test_what_ends_its_engine_everywhere_fails_with_the_reason(engine, script):
    folder = script(s1="crash", s2="hang", s3="error")
    made = engine(folder, most_attempts=2, silence_limit_s=1.5)
    outcomes = by_index(list(made.outcomes(recipes(5), SilentReporter())), 5)
    states = [outcome.state for outcome in outcomes]
    assert states == [TrialState.DONE, TrialState.FAILED, TrialState.FAILED, TrialState.FAILED, TrialState.DONE]
    assert [outcome.attempts for outcome in outcomes] == [1, 2, 2, 1, 1]
    assert "SIGSEGV" in str(outcomes[1].error) or "segmentation" in str(outcomes[1].error).lower()
    assert "no sign of life" in str(outcomes[2].error)
    assert outcomes[3].error.to_dict()["type"] == "RecipeError"
    assert len(pids(folder, 1)) == len(pids(folder, 2)) == 2


class CancelsOnce(SilentReporter):
    """Cancels as soon as a trial has told something."""

    def __init__(self) -> None:
        self.wanted = False

    def hear(self, event: Any) -> None:
        self.wanted = True

    def checkpoint(self) -> None:
        if self.wanted:
            raise Cancelled


def test_cancelling_stops_the_workers_which_take_the_next_run(engine, script):
    folder = script(s0="work:300", s1="work:300")
    reporter = CancelsOnce()
    first = engine(folder, on_event=reporter.hear)
    outcomes: list[TrialOutcome] = []
    with pytest.raises(Cancelled):
        outcomes.extend(first.outcomes(recipes(3), reporter))  # what comes before the exception stays
    assert outcomes
    assert {outcome.state for outcome in outcomes} == {TrialState.CANCELLED}
    first.close()

    script()
    second = engine(folder)  # its trials would wait five minutes behind one that was not stopped
    again = list(second.outcomes(recipes(2), SilentReporter()))
    assert {outcome.state for outcome in again} == {TrialState.DONE}


def test_a_worker_that_has_another_model_measures_nothing(engine, script):
    folder = script()
    with pytest.raises(ModelError, match="differs"):
        list(engine(folder, sha256="1" * 64).outcomes(recipes(2), SilentReporter()))
    assert not pids(folder, 0)


def test_files_are_copied_to_a_worker_once(cluster, tmp_path, monkeypatch):
    content = bytes(range(256)) * (PART_BYTES // 256) + b"and a second part"
    (tmp_path / "net.onnx").write_bytes(content)
    monkeypatch.chdir(tmp_path)  # a path that means something else in every process
    shipment = replace(shipment_of(str(tmp_path / "net.onnx")), folder="/proc/self/cwd")
    lane = TrialLane("nnopt-test", 1, SCRIPT)
    connection = ClusterConnection(cluster.scheduler_address, lane)
    try:
        worker = connection.workers()[0]
        place = Path(connection.prepare(worker, [shipment])[shipment.location])
        assert place.read_bytes() == content
        assert not place.is_relative_to(tmp_path)
        before = place.stat().st_mtime_ns
        assert connection.prepare(worker, [shipment]) == {shipment.location: str(place)}
        assert place.stat().st_mtime_ns == before
    finally:
        connection.close()


def test_no_scheduler_and_no_worker_are_said(tmp_path):
    sources = TrialSources(ModelSource("script:/nowhere"), None, "0" * 64, None)
    with pytest.raises(SettingsError, match="cannot be reached"):
        ClusterEngine("tcp://127.0.0.1:9", sources, tmp_path, answer_limit_s=0.5)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as empty,
        ClusterEngine(empty.scheduler_address, sources, tmp_path, workers_limit_s=0.1) as engine,
        pytest.raises(SettingsError, match="no worker"),
    ):
        list(engine.outcomes(recipes(1), SilentReporter()))


def test_a_sweep_on_a_cluster_makes_the_same_files_as_here(cluster, tmp_path, capfd):
    study = tmp_path / "digits.nnopt"
    command = ["sweep", "--model", "demo", "--data", "digits", "--weight-bits", "8,4", "--prune", "0.3",
               "--fine-tune-epochs", "1", "--threads", "1", "--study", str(study),
               "--cluster", cluster.scheduler_address]  # fmt: skip
    assert main(command) == 0
    assert capfd.readouterr().err.count(", on tcp://") == 2
    with StudyFile.open(study, read_only=True) as file:
        trials = [trial for trial in file.study.trials if not trial.is_baseline]
        stored = [file.study.artifact(trial.number, tmp_path).read_bytes() for trial in trials]
        guessed = [file.study.predictions(trial.number) for trial in trials]
    assert {trial.state for trial in trials} == {TrialState.DONE}
    assert sorted(trial.recipe.weight_bits for trial in trials) == [4, 8]

    session = Session(tmp_path, 1)
    session.open(ModelSource("demo"), DataSource("digits"), SilentReporter())
    for trial, data, predictions in zip(trials, stored, guessed, strict=True):
        here = session.run_trial(trial.recipe, SilentReporter())
        assert here.artifact.read_bytes() == data
        assert here.predictions == predictions
        assert here.measurement.accuracy == trial.measurement.accuracy
        assert here.measurement.accuracy_drop == trial.measurement.accuracy_drop
        assert trial.measurement.conditions.machine == here.measurement.conditions.machine
        assert trial.measurement.latency_ms is not None

    capfd.readouterr()
    assert main(command) == 0
    assert "2 of 2 trials are measured already" in capfd.readouterr().err
