"""What a damaged, forged or foreign study file does: costs what is damaged, says so, and grants nothing."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from nnopt_gui.engine.metrics import Estimate, Measurement
from nnopt_gui.engine.profile import DataProfile
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study.database import SCHEMA_VERSION
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import StudyError

PROFILE = DataProfile("digits", "digits", "cd" * 32, ("0", "1"), (8, 8, 1), {"train": 5}, 0, None)


def done(number: int, artifact: bytes) -> Trial:
    return Trial(number, Recipe.build(weight_bits=4, seed=number)).finish(
        TrialState.DONE,
        measurement=Measurement(len(artifact), 2, 3, Estimate(0.5, 0.4, 0.6, 10)),
        artifact_sha256=hashlib.sha256(artifact).hexdigest(),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A study with a baseline and three trials, closed."""
    study = Study(ModelSource("demo"), DataSource("digits"), data_profile=PROFILE)
    target = tmp_path / "study.nnopt"
    with StudyFile.create(target, study):
        for number in range(4):
            content = bytes([number]) * 5000
            (tmp_path / "artifact").write_bytes(content)
            study.add(done(number, content), tmp_path / "artifact")
    return target


def edit(path: Path, statement: str, values: tuple[object, ...] = ()) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement, values)
    connection.close()


def test_a_flipped_artifact_byte_is_found_and_harms_nothing_else(path: Path, tmp_path: Path) -> None:
    data = bytearray(path.read_bytes())
    position = data.index(b"\x02" * 100)
    data[position] ^= 1
    path.write_bytes(data)
    with StudyFile.open(path) as file:
        with pytest.raises(StudyError, match="SHA-256"):
            file.study.artifact(2, tmp_path / "out")
        assert not list((tmp_path / "out").iterdir())
        assert file.study.artifact(1, tmp_path / "out").read_bytes() == b"\x01" * 5000


def test_a_flipped_record_byte_costs_that_trial_only(path: Path) -> None:
    edit(path, "UPDATE trials SET record = replace(record, '0.4', '0.3') WHERE number = 3")
    edit(path, "UPDATE facts SET value = '{}' WHERE key = 'data_profile'")
    with StudyFile.open(path) as file:
        assert [t.number for t in file.study.trials] == [0, 1, 2]
        assert file.study.next_number == 4
        assert file.study.data_profile is None
        assert len(file.notes) == 2
        assert "SHA-256" in file.notes[0]


def rehashed(path: Path, table: str, key: tuple[str, object], column: str, value: str) -> None:
    edit(
        path,
        f"UPDATE {table} SET {column} = ?, sha256 = ? WHERE {key[0]} = ?",
        (value, hashlib.sha256(value.encode()).hexdigest(), key[1]),
    )


def test_a_forged_record_is_refused_even_with_a_right_hash(path: Path) -> None:
    forged = done(3, b"x").to_dict()
    forged["artifact_sha256"] = "../../../etc/passwd"
    rehashed(path, "trials", ("number", 3), "record", json.dumps(forged))
    rehashed(path, "trials", ("number", 2), "record", json.dumps(done(1, b"\x02" * 5000).to_dict()))
    with StudyFile.open(path) as file:
        assert [t.number for t in file.study.trials] == [0, 1]


def test_a_file_grants_no_trust_and_reaches_for_no_network(path: Path) -> None:
    model = {"location": "evil.pt2", "architecture": None, "trusted_sha256": "a" * 64, "train_epochs": None}
    rehashed(path, "facts", ("key", "model"), "value", json.dumps(model))
    data = {**DataSource("mnist:/x").to_dict(), "download": True}
    rehashed(path, "facts", ("key", "data"), "value", json.dumps(data))
    with StudyFile.open(path) as file:
        assert file.study.model == ModelSource("evil.pt2")
        assert file.study.data == DataSource("mnist:/x")


def test_a_newer_file_opens_read_only(path: Path) -> None:
    edit(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    edit(path, "CREATE TABLE future (x INTEGER)")
    with StudyFile.open(path) as file:
        assert "newer" in file.read_only_reason
        assert len(file.study) == 4
    edit(path, "ALTER TABLE trials RENAME COLUMN record TO entry")
    with pytest.raises(StudyError, match="newer"):
        StudyFile.open(path)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:6000])


def garbled(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:100] + os.urandom(len(data) - 100))


def other_database(path: Path) -> None:
    path.unlink()
    edit(path, "CREATE TABLE x (y)")


@pytest.mark.parametrize(
    "damage",
    [
        lambda p: p.unlink(),
        lambda p: p.write_bytes(b""),
        lambda p: p.write_bytes(os.urandom(20_000)),
        lambda p: p.write_text("hello"),
        lambda p: (p.unlink(), p.mkdir()),
        truncated,
        garbled,
        other_database,
        lambda p: edit(p, "CREATE TRIGGER t AFTER INSERT ON trials BEGIN DELETE FROM trials; END"),
        lambda p: edit(p, "CREATE VIEW v AS SELECT 1"),
        lambda p: edit(p, "CREATE TABLE extra (x)"),
        lambda p: edit(p, "DELETE FROM facts WHERE key = 'model'"),
    ],
)
def test_damaged_and_foreign_files_are_refused_with_a_message(path: Path, damage: Callable[[Path], object]) -> None:
    damage(path)
    with pytest.raises(StudyError) as caught:
        StudyFile.open(path)
    assert caught.value.user_message
