"""The columns of a study always say what its records say: while trials come and go, in the file, and when it lies."""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from nnopt_gui.engine.metrics import ACCURACY, SIZE, Conditions, Estimate, Measurement
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import ModelSource
from nnopt_gui.engine.study import database, summary_store
from nnopt_gui.engine.study.pareto import front_and_ties
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.engine.study.trial_columns import READING_KEYS, TrialColumns, TrialSummary
from nnopt_gui.errors import DataError, StudyError


def some_trial(number: int, rng: random.Random) -> Trial:
    trial = Trial(number, Recipe.build(weight_bits=rng.randint(2, 8)), note=rng.choice(("", "ünïcode, 'quoted'")))
    if rng.random() < 0.2:
        return trial.finish(TrialState.FAILED, error=DataError("No room.", "Make some."), seconds=1.5)
    accuracy = Estimate(rng.random(), 0.1, 0.9, 100) if rng.random() < 0.8 else None
    conditions = Conditions(dominated_by=rng.choice((None, None, 1)))
    measurement = Measurement(rng.randint(1, 10**6), 10, 20, accuracy, conditions=conditions)
    return replace(trial.finish(TrialState.DONE, measurement=measurement, seconds=2.0), pinned=rng.random() < 0.3)


def same(a: TrialColumns, b: TrialColumns) -> bool:
    pairs = [(getattr(a, f.name), getattr(b, f.name)) for f in fields(TrialColumns)]
    return all(np.array_equal(x, y, equal_nan=x.dtype.kind == "f") for x, y in pairs)


def check(study: Study) -> None:
    assert same(study.columns, TrialColumns.of(study.trials))
    assert front_and_ties(study.columns, SIZE, ACCURACY) == front_and_ties(study.trials, SIZE, ACCURACY)
    for bits in range(2, 9):
        fingerprint = Recipe.build(weight_bits=bits).fingerprint
        known = [t for t in study.trials if t.recipe.fingerprint == fingerprint]
        done = [t for t in known if t.state is TrialState.DONE]
        assert study.find(fingerprint) == (done or known or [None])[-1]
        assert study.find(fingerprint, TrialState.FAILED) == next((t for t in known[::-1] if t not in done), None)


def test_columns_follow_the_trials(tmp_path: Path) -> None:
    rng, study, removed = random.Random(1), Study(ModelSource("demo")), []
    with StudyFile.create(tmp_path / "s.nnopt", study):
        for _ in range(70):
            numbers = study.columns.number.tolist()
            chance = rng.random()
            if chance < 0.55 or not numbers:
                study.add(some_trial(study.next_number, rng))
            elif chance < 0.75:
                study.replace(some_trial(rng.choice(numbers), rng))
            elif chance < 0.9 or not removed:
                removed.append(study.remove(rng.choice(numbers)))
            else:
                study.add(removed.pop())  # somewhere in the middle
            if rng.random() < 0.2:
                check(study)
        before = study.columns
    with StudyFile.open(tmp_path / "s.nnopt") as file:
        assert same(file.study.columns, before)
        check(file.study)
        assert file.notes == ()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed study of four trials."""
    study, rng = Study(ModelSource("demo")), random.Random(2)
    with StudyFile.create(tmp_path / "study.nnopt", study):
        for number in range(4):
            study.add(some_trial(number, rng))
    return tmp_path / "study.nnopt"


def edit(path: Path, statement: str, values: tuple[object, ...] = ()) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)


def test_a_damaged_summary_is_made_anew_from_the_record(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        whole = connection.execute("SELECT * FROM summaries ORDER BY number").fetchall()
    edit(path, "UPDATE summaries SET state = 'cancelled' WHERE number = 1")
    edit(path, "UPDATE summaries SET readings = zeroblob(length(readings)) WHERE number = 2")
    edit(path, "DELETE FROM summaries WHERE number = 3")
    with StudyFile.open(path) as file:
        check(file.study)
        assert file.notes == ()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM summaries ORDER BY number").fetchall() == whole


def test_a_record_forged_with_its_summary_stands_as_failed_and_is_left_alone(path: Path) -> None:
    forged = json.dumps({"number": 2, "state": "done"})
    digest = hashlib.sha256(forged.encode()).hexdigest()
    edit(path, "UPDATE trials SET record = ?, sha256 = ? WHERE number = 2", (forged, digest))
    with closing(sqlite3.connect(path)) as connection, connection:
        summary_store.write_summary(connection, TrialSummary.of(some_trial(2, random.Random(5))), digest)
    with StudyFile.open(path) as file:
        assert len(file.study) == 4
        trial = file.study.get(2)
        assert trial.state is TrialState.FAILED
        assert "damaged" in (trial.error or {})["message"]
        assert file.study.columns.state_of(2) is TrialState.FAILED
        assert len(file.notes) == 1
        with pytest.raises(StudyError, match="damaged"):
            file.study.replace(replace(trial, pinned=True))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT record FROM trials WHERE number = 2").fetchone() == (forged,)


def test_summaries_of_the_wrong_types_are_not_believed(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        digest = connection.execute("SELECT sha256 FROM trials WHERE number = 1").fetchone()[0]
        lie = TrialSummary.of(some_trial(1, random.Random(5)))._replace(label=b"\x00", state="excellent")
        summary_store.write_summary(connection, lie, digest)
    with StudyFile.open(path) as file:
        check(file.study)


def test_readings_of_a_version_that_knew_other_metrics(path: Path) -> None:
    theirs = ("size_bytes", "energy", "accuracy")
    readings = np.arange(9.0).astype("<f8").tobytes()
    found = np.frombuffer(summary_store.in_our_order(" ".join(theirs), readings), dtype="<f8").reshape(-1, 3)
    assert found[READING_KEYS.index("size_bytes")].tolist() == [0, 1, 2]
    assert found[READING_KEYS.index("accuracy")].tolist() == [6, 7, 8]
    assert np.isnan(found[READING_KEYS.index("macs")]).all()


def test_an_older_file_that_cannot_be_copied_is_only_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(path, "DROP TABLE summaries")
    edit(path, "PRAGMA user_version = 2")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(database, "keep_copy", full)
    with StudyFile.open(path) as file:
        assert "No space left" in file.read_only_reason
        check(file.study)
    monkeypatch.undo()
    with StudyFile.open(path) as file:
        assert not file.read_only
        check(file.study)
    assert path.with_name("study.nnopt.v2.bak").is_file()
