"""Predictions and openings of the test split in the study file: stored with the trial, kept, migrated, checked."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from nnopt_gui.engine.metrics import Estimate, Measurement
from nnopt_gui.engine.recipe import Recipe
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.statistics.proportions import mcnemar_exact, paired_drop
from nnopt_gui.engine.study.confirmation import (
    begin_confirmation,
    confirmation_of,
    finish_confirmation,
    openings_sentence,
)
from nnopt_gui.engine.study.database import SCHEMA_VERSION
from nnopt_gui.engine.study.study import Study, StudyChange
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.errors import StudyError


def predictions(seed: int, accuracy: float = 0.9) -> TrialPredictions:
    labels = np.random.default_rng(0).integers(0, 10, 500).astype(np.int32)
    right = np.random.default_rng(seed + 1).random(500) < accuracy
    classes = np.where(right, labels, (labels + 1) % 10).astype(np.int32)
    return TrialPredictions(labels, classes, np.full(500, 200, np.uint8), right, 10)


def done(number: int, found: TrialPredictions | None = None) -> Trial:
    return Trial(number, Recipe.build(weight_bits=4, seed=number)).finish(
        TrialState.DONE,
        measurement=Measurement(7, 2, 3, Estimate(0.5, 0.4, 0.6, 10)),
        artifact_sha256=hashlib.sha256(bytes([number])).hexdigest(),
        predictions_sha256=found.sha256 if found is not None else None,
    )


def edit(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A study whose trials 0 to 2 have predictions and whose trial 3 has none, closed."""
    study = Study(ModelSource("demo"), DataSource("digits"))
    target = tmp_path / "study.nnopt"
    with StudyFile.create(target, study):
        for number in range(4):
            (tmp_path / "artifact").write_bytes(bytes([number]))
            found = predictions(number) if number < 3 else None
            study.add(done(number, found), tmp_path / "artifact", found)
    return target


def test_predictions_come_back_with_the_trial(path: Path) -> None:
    for read_only in (False, True):
        with StudyFile.open(path, read_only=read_only) as file:
            for number in range(3):
                assert file.study.predictions(number) == predictions(number)
            assert file.study.predictions(3) is None
    assert sqlite3.connect(path).execute("SELECT count(*) FROM labels").fetchone() == (1,)


def test_a_study_without_a_file_keeps_them_and_writes_them_later(tmp_path: Path) -> None:
    study, found = Study(ModelSource("demo")), predictions(5)
    study.add(Trial(1).finish(TrialState.DONE, predictions_sha256=found.sha256), None, found)
    assert study.predictions(1) == found
    with StudyFile.create(tmp_path / "later.nnopt", study) as file:
        assert study.predictions(1) == found
        file.save_as(tmp_path / "copy.nnopt")
    with StudyFile.open(tmp_path / "copy.nnopt") as copy:
        assert copy.study.predictions(1) == found
    with pytest.raises(ValueError, match="name"):
        study.add(Trial(2), None, found)


def test_a_removal_can_be_undone_until_the_file_is_closed(path: Path) -> None:
    with StudyFile.open(path) as file:
        file.study.add(file.study.remove(2))
        assert file.study.predictions(2) == predictions(2)
        file.study.remove(1)
        file.study.replace(Trial(2, done(2).recipe))  # tried again: what the old run predicted is not this one's
        assert file.study.predictions(2) is None
    rows = sqlite3.connect(path).execute("SELECT sha256 FROM predictions").fetchall()
    assert rows == [(predictions(0).sha256,)]


def test_damaged_predictions_cost_that_trial_only(path: Path) -> None:
    sha256 = predictions(1).sha256
    edit(path, f"UPDATE predictions SET data = substr(data, 1, 40) WHERE sha256 = '{sha256}'")
    with StudyFile.open(path) as file:
        with pytest.raises(StudyError, match="SHA-256"):
            file.study.predictions(1)
        assert file.study.predictions(2) == predictions(2)


def as_version_1(path: Path) -> None:
    """What the first version wrote."""
    edit(
        path, "DROP TABLE labels", "DROP TABLE predictions", "DROP TABLE confirmations", "DROP TABLE summaries",
        "UPDATE trials SET record = replace(record, '\"predictions_sha256\":null,', '')", "PRAGMA user_version = 1",
    )  # fmt: skip


def test_an_older_file_opens_and_is_brought_up_to_date(tmp_path: Path) -> None:
    study, path = Study(ModelSource("demo")), tmp_path / "old.nnopt"
    with StudyFile.create(path, study):
        study.add(Trial(0))
    as_version_1(path)
    rehash = sqlite3.connect(path)
    text = rehash.execute("SELECT record FROM trials").fetchone()[0]
    assert "predictions" not in text
    with rehash:
        rehash.execute("UPDATE trials SET sha256 = ?", (hashlib.sha256(text.encode()).hexdigest(),))
    rehash.close()
    with StudyFile.open(path, read_only=True) as file:
        assert file.study.predictions(0) is None
        assert file.study.confirmations == ()
        assert len(file.study) == 1
    assert sqlite3.connect(path).execute("PRAGMA user_version").fetchone() == (1,)
    found = predictions(1)
    with StudyFile.open(path) as file:
        assert file.notes == ()
        file.study.add(done(1, found), None, found)
    with StudyFile.open(path) as file:
        assert file.study.predictions(1) == found
    version, summaries = "PRAGMA user_version", "SELECT number, state FROM summaries"
    with closing(sqlite3.connect(path)) as now, closing(sqlite3.connect(tmp_path / "old.nnopt.v1.bak")) as before:
        assert now.execute(version).fetchone() == (SCHEMA_VERSION,)
        assert now.execute(summaries).fetchall() == [(0, "interrupted"), (1, "done")]
        assert before.execute(version).fetchone() == (1,)
        assert before.execute("SELECT record FROM trials").fetchall() == [(text,)]


def test_a_forged_older_file_is_refused(path: Path) -> None:
    edit(path, "PRAGMA user_version = 1")  # with the tables of this version
    with pytest.raises(StudyError, match="tampered"):
        StudyFile.open(path)


def test_an_opening_is_on_record_before_the_images_are_read(path: Path) -> None:
    heard: list[StudyChange] = []
    with StudyFile.open(path) as file:
        file.study.listen(heard.append)
        assert openings_sentence(file.study.confirmations) == ""
        record = begin_confirmation(file.study, 1)
        assert (record.number, record.trial, record.finished) == (1, 1, False)
    with StudyFile.open(path) as file:  # the program ended before the figures were there
        assert file.study.confirmations == (record,)
        assert "not finished" in openings_sentence(file.study.confirmations)
        second = begin_confirmation(file.study, 1)  # the same trial: nothing is chosen by it
        before, after = predictions(7, 0.95), predictions(8, 0.8)
        found = finish_confirmation(file.study, second, before, after)
    assert [change.kind for change in heard] == ["confirmed"]
    assert found.drop == paired_drop(before.correct, after.correct)
    assert found.p_value == mcnemar_exact(
        int((~before.correct & after.correct).sum()), int((before.correct & ~after.correct).sum())
    )
    with StudyFile.open(path) as file:
        assert file.study.confirmations == (record, found)
        assert confirmation_of(file.study.confirmations, file.study.get(1)) == found
        assert begin_confirmation(file.study, 1) == found  # nothing is opened a second time
        assert len(file.study.confirmations) == 2


def test_a_second_trial_needs_to_insist_and_every_report_says_so(path: Path) -> None:
    with StudyFile.open(path) as file:
        study = file.study
        finish_confirmation(study, begin_confirmation(study, 1), predictions(7), predictions(8))
        with pytest.raises(StudyError, match="opened already, for trial 1"):
            begin_confirmation(study, 2)
        assert len(study.confirmations) == 1
        begin_confirmation(study, 2, again=True)
        sentence = openings_sentence(study.confirmations)
        assert "opened 2 times" in sentence
        assert "for trial 2" in sentence
        assert "may owe something" in sentence
        for number in (0, 99):
            with pytest.raises(StudyError):
                begin_confirmation(study, number, again=True)


def test_what_cannot_be_recorded_is_not_opened(path: Path) -> None:
    with StudyFile.open(path, read_only=True) as file:
        with pytest.raises(StudyError, match="read-only"):
            begin_confirmation(file.study, 1)
        assert file.study.confirmations == ()


def test_a_damaged_record_still_counts_as_an_opening(path: Path) -> None:
    with StudyFile.open(path) as file:
        begin_confirmation(file.study, 1)
    edit(path, "UPDATE confirmations SET record = '{}'")
    with StudyFile.open(path) as file:
        assert len(file.study.confirmations) == 1
        assert len(file.notes) == 1
        with pytest.raises(StudyError, match="opened already"):
            begin_confirmation(file.study, 2)
    with StudyFile.open(path) as file:  # predictions are not swept while something could not be read
        assert file.study.predictions(2) == predictions(2)
