"""The thread that commits the open study, so that the window never waits for a disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.study.confirmation import Confirmation
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.sweep_plan import SweepPlan
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.errors import NnoptError
from nnopt_gui.jobs.failures import expected

Write = Callable[[StudyFile], None]


class StudyWriter(QThread):
    """A study's store (``TrialStore``). Changes are taken at once and committed in order; of several changes of one
    trial the last one counts. What fails is owed, and tried again with the next change.

    An opening of the test split waits until it is on disk, because no image may be read before. Reading has a
    connection of its own and does not wait for writing.

    Args:
        path: of the study file.
        study: whose changes come here; made anew at ``path`` unless there is a ``file``.
        file: open and writable; this thread's from now on, until :meth:`stop` gives it back.
    """

    committed = Signal()  # nothing is owed any more
    failed = Signal(object)  # NnoptError: the first of a round's

    def __init__(self, path: Path, study: Study, file: StudyFile | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("study_writer")
        self.path = path
        self._study = study
        self._file = file
        self._reading: StudyFile | None = None
        self._changed = threading.Condition()  # guards what follows
        self._owed: dict[Hashable, Write] = {}
        self._trials: dict[int, Trial] = {}  # not on disk yet
        self._predictions: dict[str, TrialPredictions] = {}  # by hash, the same
        self._asked = self._done = 0  # changes
        self._stopping = False
        self.start()

    # -- the store: called from the study's thread --------------------------------------------------------------

    def write_trial(self, trial: Trial, artifact: Path | None, predictions: TrialPredictions | None = None) -> None:
        name = trial.predictions_sha256 or ""
        with self._changed:
            self._trials[trial.number] = trial
            if predictions is not None:
                self._predictions[name] = predictions
            stored = self._predictions.get(name)

        def write(file: StudyFile) -> None:
            file.write_trial(trial, artifact, stored)
            with self._changed:
                self._predictions.pop(name, None)
                if self._trials.get(trial.number) is trial:
                    del self._trials[trial.number]

        self._put(("trial", trial.number), write)

    def read_trial(self, number: int) -> Trial:
        with self._changed:
            waiting = self._trials.get(number)
        return waiting if waiting is not None else self._reader().read_trial(number)

    def delete_trial(self, number: int) -> None:
        with self._changed:
            self._trials.pop(number, None)
        self._put(("trial", number), lambda file: file.delete_trial(number))

    def write_description(self, study: Study) -> None:
        facts = {"model_profile": study.model_profile, "data_profile": study.data_profile, "students": study.students}
        seen = Study(study.model, study.data, **facts)  # type: ignore[arg-type]
        self._put("description", lambda file: file.write_description(seen))

    def write_confirmation(self, confirmation: Confirmation) -> None:
        problem: list[NnoptError] = []

        def write(file: StudyFile) -> None:
            try:
                file.write_confirmation(confirmation)
            except NnoptError as error:  # told at once, and not owed: then nothing was opened
                problem.append(error)

        self._put(("confirmation", confirmation.number), write)
        self.flush()
        if problem:
            raise problem[0]

    def write_plan(self, plan: SweepPlan) -> None:
        self._put("plan", lambda file: file.write_plan(plan))

    def read_predictions(self, sha256: str) -> TrialPredictions | None:
        with self._changed:
            waiting = self._predictions.get(sha256)
        return waiting if waiting is not None else self._reader().read_predictions(sha256)

    def extract_artifact(self, sha256: str, folder: Path) -> Path:
        return self._reader().extract_artifact(sha256, folder)

    def flush(self) -> None:
        """Wait until all changes so far are committed, or have failed."""
        with self._changed:
            asked = self._asked
            self._changed.wait_for(lambda: self._done >= asked or not self.isRunning(), timeout=None)

    def stop(self) -> StudyFile | None:
        """Commit what is owed, end the thread and give the file back; None where it never came to be."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self.wait()
        if self._reading is not None:
            self._reading.close()
            self._reading = None
        return self._file

    def take_over(self, other: StudyWriter) -> None:
        """Owe what a stopped writer of the same study still owes."""
        self._trials.update(other._trials)
        self._predictions.update(other._predictions)
        for key, write in other._owed.items():
            self._put(key, write)

    def _put(self, key: Hashable, write: Write) -> None:
        with self._changed:
            self._owed.pop(key, None)  # to the end of the queue
            self._owed[key] = write
            self._asked += 1
            self._changed.notify_all()

    def _reader(self) -> StudyFile:
        if self._reading is None:
            self.flush()  # the file may not be there yet
            self._reading = StudyFile.beside(self.path)
        return self._reading

    # -- this thread ----------------------------------------------------------------------------------------------

    def run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._asked > self._done or self._stopping)
                if self._asked == self._done:
                    return
                asked, due = self._asked, dict(self._owed)
            self._commit(due)
            with self._changed:
                self._done = asked
                self._changed.notify_all()

    def _commit(self, due: dict[Hashable, Write]) -> None:
        problem: NnoptError | None = None
        for key, write in due.items():
            try:
                if self._file is None:
                    self._file = StudyFile.new(self.path, self._study)
                write(self._file)
            except Exception as error:  # noqa: BLE001 - owed, told, and the thread lives on
                problem = problem or expected(error)
                continue
            with self._changed:
                if self._owed.get(key) is write:
                    del self._owed[key]
        if problem is not None:
            self.failed.emit(problem)
        else:
            self.committed.emit()
