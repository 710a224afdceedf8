"""The study file ``.nnopt``: one SQLite database in which nothing that was committed gets lost.

Write-ahead log with ``synchronous = FULL``: a commit that returned survives ``kill -9`` and a power cut. One commit per
trial, the artifact inside it; every row carries the SHA-256 of its content. What is read is treated as a stranger's:
the tables must be exactly ours, sizes are limited, types are checked, and nothing in it grants trust.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.study import artifact_store, database, prediction_store, summary_store
from nnopt_gui.engine.study.confirmation import Confirmation
from nnopt_gui.engine.study.database import Claim, transaction, translated_errors
from nnopt_gui.engine.study.stored_records import write_record
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.study_reader import PLAN_KEY, StudyReader, text_sha256
from nnopt_gui.engine.study.sweep_plan import SweepPlan
from nnopt_gui.engine.study.trial import Trial, TrialState
from nnopt_gui.engine.study.trial_columns import TrialSummary
from nnopt_gui.errors import StudyError


class StudyFile:
    """An open study file and its :class:`Study`, which commits every change here. Use it in one thread at a time, and
    :meth:`close` it (or use it as a context manager)."""

    def __init__(self, path: Path, connection: sqlite3.Connection, claim: Claim | None, reason: str) -> None:
        """Use :meth:`create` or :meth:`open`."""
        self._path = path
        self._connection = connection
        self._claim = claim
        self._reason = reason
        self._reader = StudyReader(path, connection)
        self._study: Study | None = None

    # -- opening and closing ----------------------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path, study: Study, *, overwrite: bool = False) -> StudyFile:
        """Write a new file with everything ``study`` has so far, and keep the study in it from now on.

        Raises:
            StudyError: the file exists (or is open in another window), or cannot be written.
        """
        file = cls.new(path, study, overwrite=overwrite)
        try:
            study.attach(file, write_all=True)
        except BaseException:
            study.attach(None, write_all=False)
            file.close()
            raise
        return file

    @classmethod
    def new(cls, path: Path, study: Study, *, overwrite: bool = False) -> StudyFile:
        """An empty new file that is meant for ``study``, to be written by whoever calls.

        Raises:
            StudyError: the file exists (or is open in another window), or cannot be written.
        """
        with translated_errors(path):
            with database.new_file(path, overwrite=overwrite) as temporary:
                database.create_database(temporary)
            file = cls._connect(path)
        file._study = study
        return file

    @classmethod
    def beside(cls, path: Path) -> StudyFile:
        """A second, read-only look into a file that is being written, for artifacts and predictions; has no study.

        Raises:
            StudyError: it is not a study, or cannot be read.
        """
        with translated_errors(path):
            return cls._connect(path, "it is read beside its writer")

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> StudyFile:
        """Open a file and restore its study. It is opened read-only (see :attr:`read_only_reason`) when it is open in
        another window, was written by a newer version, or cannot be written. Trials that were running become
        interrupted.

        Raises:
            StudyError: it is not a study, or damaged beyond use.
        """
        with translated_errors(path):
            file = cls._connect(path, "it was asked for" if read_only else "")
            try:
                file._study = file._reader.study()
                file._study.attach(file, write_all=False)
                if not file.read_only:
                    if file._reader.unsummarised:
                        file._write_missing_summaries(file._reader.unsummarised)
                    file._interrupt_running()
            except BaseException:
                file.close()
                raise
        return file

    @classmethod
    def _connect(cls, path: Path, reason: str = "", *, keep_older: bool = True) -> StudyFile:
        """``keep_older``: a file of an older version is copied before it is changed."""
        if not reason and path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
            reason = "the file or its folder cannot be written"
        if not reason:
            connection = database.connect(path, read_only=False)
            try:
                if database.version_of(connection) > database.SCHEMA_VERSION:
                    reason = "it was written by a newer version of nnopt-gui"
                else:
                    claim, ours = database.claim(connection, path)
                    reason = "" if ours else f"it is open in another window (process {claim.process.pid})"
                    reason = reason or _bring_up_to_date(connection, path, keep_older=keep_older)
                    if not reason:
                        return cls(path, connection, claim, "")
                    database.release(connection, claim)  # takes nothing from another one
            except BaseException:
                connection.close()
                raise
            # the read-only connection comes first: the last one to close would take the log away
            second = database.connect(path, read_only=True)
            connection.close()
            return cls(path, second, None, reason)
        return cls(path, database.connect(path, read_only=True), None, reason)

    def close(self) -> None:
        """Drop artifacts without a trial, give the lock back and close. Calling it again does nothing."""
        if self._study is not None and self._study.store is self:
            self._study.attach(None, write_all=False)
        try:
            if self._claim is not None:
                with translated_errors(self._path):
                    with transaction(self._connection):
                        artifact_store.sweep_artifacts(self._connection)
                        prediction_store.sweep_predictions(self._connection)
                    self._connection.execute("PRAGMA incremental_vacuum").fetchall()
                    database.release(self._connection, self._claim)
                    database.checkpoint_log(self._connection)
        finally:
            self._claim = None
            self._connection.close()

    def __enter__(self) -> StudyFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    # -- facts ------------------------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        return self._path

    @property
    def study(self) -> Study:
        if self._study is None:
            raise RuntimeError("the study was not read yet")
        return self._study

    @property
    def read_only(self) -> bool:
        return self._claim is None

    @property
    def read_only_reason(self) -> str:
        """Why changes cannot be saved, as the end of a sentence; empty when they can."""
        return self._reason

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found damaged and left out when the file was opened."""
        return tuple(self._reader.notes)

    # -- writing (the store of the study) ---------------------------------------------------------------------

    def write_trial(self, trial: Trial, artifact: Path | None, predictions: TrialPredictions | None = None) -> None:
        """Commit one trial, its artifact and its predictions together.

        Raises:
            StudyError: read-only, disk full, or the artifact is not the measured file.
        """
        self._check_writable()
        text = write_record(trial.to_dict())
        sha256 = text_sha256(text)
        with translated_errors(self._path):
            with transaction(self._connection):
                if artifact is not None and trial.artifact_sha256 is not None:
                    artifact_store.write_artifact(self._connection, trial.artifact_sha256, artifact)
                if predictions is not None:
                    prediction_store.write_predictions(self._connection, predictions)
                self._connection.execute(
                    "INSERT OR REPLACE INTO trials VALUES (?, ?, ?, ?)",
                    (trial.number, text, trial.artifact_sha256, sha256),
                )
                summary_store.write_summary(self._connection, TrialSummary.of(trial), sha256)
            database.checkpoint_log(self._connection)

    def delete_trial(self, number: int) -> None:
        """Commit that a trial is gone. Its artifact stays until :meth:`close`, so the removal can be undone."""
        self._check_writable()
        with translated_errors(self._path), transaction(self._connection):
            self._connection.execute("DELETE FROM trials WHERE number = ?", (number,))
            self._connection.execute("DELETE FROM summaries WHERE number = ?", (number,))

    def write_confirmation(self, confirmation: Confirmation) -> None:
        """Commit an opening of the test split.

        Raises:
            StudyError: read-only, or disk full.
        """
        self._check_writable()
        text = write_record(confirmation.to_dict())
        row = (confirmation.number, text, text_sha256(text))
        with translated_errors(self._path):
            with transaction(self._connection):
                self._connection.execute("INSERT OR REPLACE INTO confirmations VALUES (?, ?, ?)", row)
            database.checkpoint_log(self._connection)

    def write_description(self, study: Study) -> None:
        """Commit model, data and profiles in one go."""
        self._check_writable()
        facts: dict[str, Mapping[str, Any]] = {"model": study.model.to_dict()}
        if study.data is not None:
            facts["data"] = study.data.to_dict()
        if study.model_profile is not None:
            facts["model_profile"] = study.model_profile.to_dict()
        if study.data_profile is not None:
            facts["data_profile"] = study.data_profile.to_dict()
        if study.students:
            facts["students"] = {name: profile.to_dict() for name, profile in study.students.items()}
        rows = [(key, text, text_sha256(text)) for key, text in ((k, write_record(v)) for k, v in facts.items())]
        with translated_errors(self._path):
            with transaction(self._connection):
                self._connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", rows)
            database.checkpoint_log(self._connection)

    def write_plan(self, plan: SweepPlan) -> None:
        """Commit what a sweep is about to run, in the place of the one before.

        Raises:
            StudyError: read-only, or disk full.
        """
        self._check_writable()
        text = write_record(plan.to_dict())
        with translated_errors(self._path), transaction(self._connection):
            self._connection.execute(
                "INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", (PLAN_KEY, text, text_sha256(text))
            )

    def save_as(self, path: Path, *, overwrite: bool = False) -> None:
        """Copy the file, artifacts included, and go on in the copy. Works from a read-only file too; what could not be
        committed before is committed there.

        Raises:
            StudyError: the copy cannot be written; nothing has changed then.
        """
        study = self.study
        self.move_to(path, overwrite=overwrite)
        self.write_description(study)
        study.attach(self, write_all=False)

    def move_to(self, path: Path, *, overwrite: bool = False) -> None:
        """:meth:`save_as` for whoever commits the study's changes here: what is not committed yet stays theirs.

        Raises:
            StudyError: the copy cannot be written; nothing has changed then.
        """
        with translated_errors(path):
            with database.new_file(path, overwrite=overwrite) as temporary:
                self._connection.execute("VACUUM INTO ?", (str(temporary),))
            other = StudyFile._connect(path, keep_older=False)
        if other.read_only:
            other.close()
            raise StudyError(f"The copy cannot be written: {other.read_only_reason}.", "Choose another place.")
        try:
            other._write_missing_summaries(self._reader.unsummarised)
        except BaseException:
            other.close()
            raise
        with suppress(StudyError):  # the copy is complete; what is left behind is swept when it is opened again
            self.close()
        self._path, self._connection, self._claim = path, other._connection, other._claim
        self._reader, self._reason = other._reader, ""

    def _check_writable(self) -> None:
        if self._claim is None:
            raise StudyError(
                f"The study {self._path.name} is open read-only: {self._reason or 'it was closed'}.",
                "Save it under another name to keep the changes.",
            )

    # -- reading ----------------------------------------------------------------------------------------------

    def extract_artifact(self, sha256: str, folder: Path) -> Path:
        """Write a stored artifact to ``folder``, checked against its hash, and give its path.

        Raises:
            StudyError: it is missing or damaged, or the folder cannot be written.
        """
        with translated_errors(self._path):
            return artifact_store.extract_artifact(self._connection, sha256, folder)

    def read_predictions(self, sha256: str) -> TrialPredictions | None:
        """Stored predictions by their hash; None where there are none.

        Raises:
            StudyError: they are damaged.
        """
        with translated_errors(self._path):
            if not database.has_table(self._connection, "predictions"):
                return None
            return prediction_store.read_predictions(self._connection, sha256)

    def read_trial(self, number: int) -> Trial:
        """The record of a stored trial.

        Raises:
            StudyError: there is none, or it is damaged.
        """
        with translated_errors(self._path):
            return self._reader.trial(number)

    def _write_missing_summaries(self, missing: Iterable[tuple[TrialSummary, str]]) -> None:
        """Of an older version's trials, and of those whose summary was damaged."""
        with translated_errors(self._path), transaction(self._connection):
            for summary, record_sha256 in missing:
                summary_store.write_summary(self._connection, summary, record_sha256)

    def _interrupt_running(self) -> None:
        error = StudyError("The program ended while this trial was running.", "Run it again.")
        columns = self.study.columns
        for number in columns.number[columns.among(TrialState.RUNNING)].tolist():
            trial = self.study.get(number)
            self.study.replace(trial.finish(TrialState.INTERRUPTED, error=error, seconds=trial.seconds))


def holds_artifact(path: Path, sha256: str) -> bool:
    """Whether a trial of the study at ``path`` has this file; False where that is no study."""
    try:
        with closing(database.connect(path, read_only=True)) as connection:
            row = connection.execute("SELECT 1 FROM trials WHERE artifact = ?", (sha256,)).fetchone()
            return row is not None
    except (StudyError, sqlite3.Error, OSError):
        return False


def _bring_up_to_date(connection: sqlite3.Connection, path: Path, *, keep_older: bool) -> str:
    """Bring an older file up to this version, after a copy of it was put beside it; gives why that cannot be, as the
    end of a sentence."""
    if database.version_of(connection) < database.SCHEMA_VERSION:
        if keep_older:
            try:
                database.keep_copy(connection, path)
            except (OSError, sqlite3.Error, StudyError) as error:
                return f"it is of an older version, of which no copy could be kept ({error})"
        database.migrate(connection)
    return ""
