"""A study: the trials on one baseline and one data set, and the listeners that hear about every change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nnopt_gui.engine.profile import DataProfile, ModelProfile
from nnopt_gui.engine.sources import DataSource, ModelSource
from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.study.trial import BASELINE_NUMBER, Trial, TrialState
from nnopt_gui.engine.study.trial_columns import TrialColumns, TrialSummary
from nnopt_gui.engine.study.trial_index import TrialIndex
from nnopt_gui.engine.study.trial_records import TrialRecords
from nnopt_gui.engine.study.trial_store import TrialStore
from nnopt_gui.errors import StudyError

if TYPE_CHECKING:
    from nnopt_gui.engine.study.confirmation import Confirmation
    from nnopt_gui.engine.study.sweep_plan import SweepPlan


@dataclass(frozen=True)
class StudyChange:
    """What just happened. ``trial`` is the new record (the old one when it was removed); None for ``described``:
    model, data or their profiles changed, and for ``confirmed``: the test split was opened, or its figures came."""

    kind: Literal["added", "replaced", "removed", "described", "confirmed"]
    trial: Trial | None = None


Listener = Callable[[StudyChange], None]


class Study:
    """Trials in the order of their numbers. Changed and read only in the thread that made it, or took it over (its
    owner).

    What tables, filters and fronts need of all trials is always at hand (:attr:`columns`); a record that lies in the
    store is read when it is looked at, and the last ones stay in memory.

    With a store attached every change is committed before the listeners hear of it. When a commit fails the change
    stays in memory, is told to the listeners, is tried again with the next change, and :class:`StudyError` is raised:
    a finished trial is not lost because a disk is full.
    """

    def __init__(
        self,
        model: ModelSource,
        data: DataSource | None = None,
        *,
        model_profile: ModelProfile | None = None,
        data_profile: DataProfile | None = None,
        students: Mapping[str, ModelProfile] | None = None,
        trials: Iterable[Trial] = (),
        index: TrialIndex | None = None,
        first_free_number: int = 1,
        confirmations: Iterable[Confirmation] = (),
        plan: SweepPlan | None = None,
    ) -> None:
        """``trials`` are records; ``index`` is of those that the store has, which is attached next."""
        self._owner = threading.get_ident()
        self._model = model
        self._data = data
        self._model_profile = model_profile
        self._data_profile = data_profile
        self._students: dict[str, ModelProfile] = dict(students or {})
        self._index = index if index is not None else TrialIndex()
        known = tuple(trials)
        self._records = TrialRecords(known)
        for trial in known:
            self._index.put(TrialSummary.of(trial))
        numbers = self._index.columns().number
        self._next = max(first_free_number, int(numbers[-1]) + 1 if len(numbers) else BASELINE_NUMBER + 1)
        self._artifacts: dict[int, Path] = {}  # of trials that are not in a store (yet)
        self._predictions: dict[str, TrialPredictions] = {}  # by hash, the same
        self._confirmations = {confirmation.number: confirmation for confirmation in confirmations}
        self._plan = plan
        self._listeners: list[Listener] = []
        self._store: TrialStore | None = None
        self._pending: dict[int, Trial | None] = {}  # not committed yet; None: a removal

    # -- what it is about -------------------------------------------------------------------------------------

    @property
    def model(self) -> ModelSource:
        return self._model

    @property
    def data(self) -> DataSource | None:
        return self._data

    @property
    def model_profile(self) -> ModelProfile | None:
        return self._model_profile

    @property
    def data_profile(self) -> DataProfile | None:
        return self._data_profile

    @property
    def students(self) -> Mapping[str, ModelProfile]:
        return self._students

    def describe(
        self,
        *,
        model: ModelSource | None = None,
        data: DataSource | None = None,
        model_profile: ModelProfile | None = None,
        data_profile: DataProfile | None = None,
        students: Mapping[str, ModelProfile] | None = None,
    ) -> None:
        """Set what is given and leave the rest.

        Raises:
            StudyError: it could not be committed (it is set nevertheless).
        """
        self._check_thread()
        self._model = model if model is not None else self._model
        self._data = data if data is not None else self._data
        self._model_profile = model_profile if model_profile is not None else self._model_profile
        self._data_profile = data_profile if data_profile is not None else self._data_profile
        self._students = dict(students) if students is not None else self._students
        try:
            if self._store is not None:
                self._store.write_description(self)
        finally:
            self._tell(StudyChange("described"))

    # -- trials -----------------------------------------------------------------------------------------------

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Every record. A large study takes a while to read them all: ask :attr:`columns` for what must be quick."""
        return tuple(self.get(number) for number in self.columns.number.tolist())

    @property
    def columns(self) -> TrialColumns:
        """What tables, filters and fronts need of all trials."""
        return self._index.columns()

    @property
    def baseline(self) -> Trial | None:
        return self.get(BASELINE_NUMBER) if BASELINE_NUMBER in self else None

    @property
    def next_number(self) -> int:
        """A number that no trial has or had since the study was opened; never 0, which is the baseline's."""
        return self._next

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, number: int) -> bool:
        return number in self._index

    def get(self, number: int) -> Trial:
        """The trial with this number. One whose stored record turns out to be damaged, or cannot be read, is given as
        failed, for that reason.

        Raises:
            StudyError: there is none.
        """
        if number not in self:
            numbers = self.columns.number.tolist()
            known = ", ".join(map(str, numbers)) if len(numbers) <= 20 else f"0 to {self._next - 1}"
            raise StudyError(f"The study has no trial {number}.", f"It has {known or 'no trials'}.")
        trial = self._records.get(number, self._read_stored)
        if number in self._records.unreadable:
            self._index.put(TrialSummary.of(trial))
        return trial

    def _read_stored(self, number: int) -> Trial:
        if self._store is None:
            raise StudyError(f"Trial {number} cannot be read: the study was closed.")
        return self._store.read_trial(number)

    def find(self, fingerprint: str, *states: TrialState) -> Trial | None:
        """The trial whose recipe has this fingerprint: a finished measurement if there is one, else the latest.

        Args:
            states: only trials in one of these states; none given: in any.
        """
        number = None
        if not states or TrialState.DONE in states:
            number = self._index.find(fingerprint, TrialState.DONE)
        number = number if number is not None else self._index.find(fingerprint, *states)
        return self.get(number) if number is not None else None

    def measured_in(self, fingerprint: str, target: str) -> Trial | None:
        """The latest finished trial of this recipe that was measured in this runtime, see ``engine.target``."""
        same = (self.get(n) for n in reversed(self._index.numbers(fingerprint)))
        return next((t for t in same if t.measurement is not None and t.measurement.conditions.target == target), None)

    def add(self, trial: Trial, artifact: Path | None = None, predictions: TrialPredictions | None = None) -> None:
        """Add a trial with a new number; ``artifact`` is the measured file, ``predictions`` are those that the trial
        names by their hash.

        Raises:
            StudyError: the number is taken (nothing happens), or the commit failed (see the class).
        """
        self._check_thread()
        if trial.number in self:
            raise StudyError(f"The study already has a trial {trial.number}.")
        self._put(trial, artifact, predictions, StudyChange("added", trial))

    def replace(self, trial: Trial, artifact: Path | None = None, predictions: TrialPredictions | None = None) -> None:
        """Put a new record in the place of the one with the same number.

        Raises:
            StudyError: there is no such trial (nothing happens), or the commit failed (see the class).
        """
        self._check_thread()
        self.get(trial.number)
        if trial.number in self._records.unreadable:  # what is stored may still be saved by somebody
            raise self._records.unreadable[trial.number]
        self._put(trial, artifact, predictions, StudyChange("replaced", trial))

    def remove(self, number: int) -> Trial:
        """Take a trial out; adding the returned record again brings it back with its artifact (undo), as long as
        the study has not been closed in between.

        Raises:
            StudyError: there is no such trial (nothing happens), or the commit failed (see the class).
        """
        self._check_thread()
        trial = self.get(number)
        self._index.remove(number)
        self._records.forget(number)
        self._pending[number] = None
        try:
            self._commit_pending()
        finally:
            self._tell(StudyChange("removed", trial))
        return trial

    def artifact(self, number: int, folder: Path) -> Path:
        """The measured file of a trial; one that lies in the study file is written to ``folder`` first.

        Raises:
            StudyError: there is none, or what is stored is damaged.
        """
        self._check_thread()
        trial = self.get(number)
        local = self._artifacts.get(number)
        if local is not None and local.is_file():
            return local
        if trial.artifact_sha256 is None or self._store is None:
            raise StudyError(f"Trial {number} has no artifact.", "Run it again.")
        return self._store.extract_artifact(trial.artifact_sha256, folder)

    def predictions(self, number: int) -> TrialPredictions | None:
        """What a trial predicted for every selection image; None where that was not stored (an older study, no data,
        or a trial that did not finish).

        Raises:
            StudyError: there is no such trial, or what is stored is damaged.
        """
        self._check_thread()
        name = self.get(number).predictions_sha256
        if name is None or name in self._predictions or self._store is None:
            return self._predictions.get(name) if name is not None else None
        return self._store.read_predictions(name)

    @property
    def plan(self) -> SweepPlan | None:
        """What the last sweep set out to run."""
        return self._plan

    def set_plan(self, plan: SweepPlan) -> None:
        """Keep what is about to be run: after a crash the rest of it can be run.

        Raises:
            StudyError: it could not be committed (it is set nevertheless).
        """
        self._check_thread()
        self._plan = plan
        if self._store is not None:
            self._store.write_plan(plan)

    # -- the sealed test split --------------------------------------------------------------------------------

    @property
    def confirmations(self) -> tuple[Confirmation, ...]:
        """Every opening of the test split, in order."""
        return tuple(self._confirmations.values())

    def record_confirmation(self, confirmation: Confirmation) -> None:
        """Keep an opening of the test split, or its figures when they are there; ``confirmation.begin_confirmation``
        and ``finish_confirmation`` call this.

        Raises:
            StudyError: it could not be committed; then the study does not have it.
        """
        self._check_thread()
        if self._store is not None:
            self._store.write_confirmation(confirmation)
        self._confirmations[confirmation.number] = confirmation
        self._tell(StudyChange("confirmed"))

    # -- listeners and store ----------------------------------------------------------------------------------

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` after every change, in the owner's thread."""
        self._listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        self._listeners.remove(listener)

    @property
    def store(self) -> TrialStore | None:
        return self._store

    @property
    def unsaved(self) -> bool:
        """Whether trials exist that are not committed to a store."""
        return bool(self._pending) or (self._store is None and len(self) > 0)

    def attach(self, store: TrialStore | None, *, write_all: bool) -> None:
        """Keep the study in ``store`` from now on; ``write_all`` commits the trials that are there already.

        Raises:
            StudyError: a commit failed; it is tried again with the next change.
        """
        self._check_thread()
        everything = self.trials if write_all else ()
        self._store = store
        if store is not None:
            if write_all:
                store.write_description(self)
                if self._plan is not None:
                    store.write_plan(self._plan)
                self._pending.update({trial.number: trial for trial in everything})
                for confirmation in self.confirmations:
                    store.write_confirmation(confirmation)
            self._commit_pending()

    def _put(
        self, trial: Trial, artifact: Path | None, predictions: TrialPredictions | None, change: StudyChange
    ) -> None:
        if predictions is not None:
            if trial.predictions_sha256 is None:
                raise ValueError(f"trial {trial.number} does not name its predictions")
            self._predictions[trial.predictions_sha256] = predictions
        self._records.keep(trial)
        self._index.put(TrialSummary.of(trial))
        self._next = max(self._next, trial.number + 1)
        if artifact is not None:
            self._artifacts[trial.number] = artifact
        self._pending[trial.number] = trial
        try:
            self._commit_pending()
        finally:
            self._tell(change)

    def _commit_pending(self) -> None:
        if self._store is None:
            self._pending.clear()  # without a store nothing is owed; attach() writes everything
            return
        failed: StudyError | None = None
        for number, trial in list(self._pending.items()):
            try:
                if trial is None:
                    self._store.delete_trial(number)
                else:
                    name = trial.predictions_sha256 or ""
                    self._store.write_trial(trial, self._artifacts.get(number), self._predictions.get(name))
                    self._predictions.pop(name, None)  # the store has them now
                    self._records.stored(trial)
                del self._pending[number]
            except StudyError as error:  # the others are written all the same
                failed = failed or error
        if failed is not None:
            raise failed

    def _tell(self, change: StudyChange) -> None:
        for listener in tuple(self._listeners):
            listener(change)

    def take_over(self) -> None:
        """Make the calling thread the owner; the one before it must not touch the study any more."""
        self._owner = threading.get_ident()

    def _check_thread(self) -> None:
        if threading.get_ident() != self._owner:
            raise RuntimeError("a Study is changed only in the thread that owns it")
