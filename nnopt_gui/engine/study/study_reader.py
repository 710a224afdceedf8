"""Reading a study out of its file, with suspicion: what is damaged is left out and noted, the rest is there."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from nnopt_gui.engine.profile import DataProfile, ModelProfile
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.study import database, summary_store
from nnopt_gui.engine.study.confirmation import Confirmation
from nnopt_gui.engine.study.stored_records import read_record
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.sweep_plan import SweepPlan
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.engine.study.trial_columns import TrialSummary
from nnopt_gui.engine.study.trial_index import TrialIndex
from nnopt_gui.errors import StudyError

PLAN_KEY: Final = "sweep_plan"

T = TypeVar("T")


class StudyReader:
    """Reads what a connection leads to.

    Attributes:
        notes: what was found damaged so far, a sentence each.
        unsummarised: the summaries that the file lacks, with the SHA-256 of their records.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self.notes: list[str] = []
        self.unsummarised: list[tuple[TrialSummary, str]] = []

    def study(self) -> Study:
        """The study, with a summary of every trial; records are read one by one when they are looked at.

        Raises:
            StudyError: it does not say which model it is about.
        """
        index = self._index()
        model = self._read_fact("model", ModelSource.from_dict)
        if model is None:
            raise StudyError(f"The study {self._path.name} is damaged: it does not say which model it is about.")
        data = self._read_fact("data", DataSource.from_dict)
        students = self._read_fact("students", _Students.from_dict)
        return Study(
            # a file cannot vouch for another file, and opening one must not reach for the network
            replace(model, trusted_sha256=None),
            replace(data, download=False) if data is not None else None,
            model_profile=self._read_fact("model_profile", ModelProfile.from_dict),
            data_profile=self._read_fact("data_profile", DataProfile.from_dict),
            students=students.profiles if students is not None else None,
            index=index,
            first_free_number=self._first_free_number(),
            confirmations=self._read_confirmations(),
            plan=self._read_fact(PLAN_KEY, SweepPlan.from_dict),
        )

    def _read_fact(self, key: str, read: Callable[[Mapping[str, Any]], T]) -> T | None:
        row = self._connection.execute("SELECT value, sha256 FROM facts WHERE key = ?", (key,)).fetchone()
        what = key.replace("_", " ")
        if row is None:
            return None
        try:
            return _checked(row[0], row[1], read, what)
        except StudyError as error:
            self.notes.append(f"{error.user_message} {error.details}".strip())
            return None

    def _index(self) -> TrialIndex:
        if database.version_of(self._connection) != database.SCHEMA_VERSION:
            return TrialIndex(self._read_summaries(summarised=False))
        try:
            return TrialIndex(self._read_summaries(summarised=True))
        except (KeyError, TypeError, ValueError):  # somebody else's summaries, with the right checksums
            self.notes.clear()
            self.unsummarised.clear()
            return TrialIndex(self._read_summaries(summarised=False))

    def _read_summaries(self, *, summarised: bool) -> list[TrialSummary]:
        """Of every trial whose record is whole. A record is only parsed where there is no summary of it."""
        found = []
        for number, record, sha256, artifact, *row in self._connection.execute(
            summary_store.RECORDS_WITH_SUMMARIES if summarised else summary_store.RECORDS
        ):
            try:
                known = summary_store.read_summary(row, number, sha256) if row else None
                if known is None:
                    known = TrialSummary.of(_trial(number, str(record, "utf-8", "replace"), sha256, artifact))
                    self.unsummarised.append((known, sha256))
                elif hashlib.sha256(record).hexdigest() != sha256:
                    raise _damaged(f"trial {number}")
                found.append(known)
            except StudyError as error:
                self.notes.append(f"{error.user_message} {error.details}".strip())
        return found

    def trial(self, number: int) -> Trial:
        """The record of a trial.

        Raises:
            StudyError: there is none, or it is damaged.
        """
        query = "SELECT number, record, sha256, artifact FROM trials WHERE number = ?"
        row = self._connection.execute(query, (number,)).fetchone()
        if row is None:
            raise StudyError(f"The trial {number} is not in the study file.")
        try:
            return _trial(*row)
        except StudyError as error:
            self.notes.append(f"{error.user_message} {error.details}".strip())
            raise

    def _read_confirmations(self) -> list[Confirmation]:
        """A damaged record still counts as an opening: what cannot be read is not taken for a sealed split."""
        found: list[Confirmation] = []
        if not database.has_table(self._connection, "confirmations"):
            return found
        rows = self._connection.execute("SELECT number, record, sha256 FROM confirmations ORDER BY number")
        for number, text, sha256 in rows:
            try:
                found.append(_checked(text, sha256, Confirmation.from_dict, f"confirmation {number}"))
            except StudyError as error:
                self.notes.append(f"{error.user_message} {error.details}".strip())
                found.append(Confirmation(number, 0, "unknown"))
        return found

    def _first_free_number(self) -> int:
        """Above every stored number, also those of trials too damaged to be read: their rows are left as they are."""
        highest = self._connection.execute("SELECT max(number) FROM trials").fetchone()[0]
        return 1 + highest if isinstance(highest, int) else 1


@dataclass(frozen=True)
class _Students:
    """The student ladder's profiles by name, as they are stored."""

    profiles: Mapping[str, ModelProfile]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> _Students:
        return cls({name: ModelProfile.from_dict(profile) for name, profile in data.items()})


def text_sha256(text: str) -> str:
    """Of a stored record."""
    return hashlib.sha256(text.encode()).hexdigest()


def _damaged(what: str) -> StudyError:
    return StudyError(f"The {what} stored in the study is damaged: its SHA-256 does not match.")


def _checked(text: object, sha256: object, read: Callable[[Mapping[str, Any]], T], what: str) -> T:
    if not isinstance(text, str) or text_sha256(text) != sha256:
        raise _damaged(what)
    return read_record(text, read, what)


def _trial(number: int, text: object, sha256: object, artifact: object) -> Trial:
    """The trial in a row of the file."""
    trial = _checked(text, sha256, Trial.from_dict, f"trial {number}")
    if trial.number != number or trial.artifact_sha256 != artifact:
        raise StudyError(f"The trial {number} stored in the study is damaged.")
    return trial
