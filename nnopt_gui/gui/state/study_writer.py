"""The thread that commits the open study, so that the window never waits for a disk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QThread, Signal

from nnopt_gui.engine.statistics.predictions import TrialPredictions
from nnopt_gui.engine.study.confirmation import Confirmation
from nnopt_gui.engine.study.study import Study
from nnopt_gui.engine.study.study_file import StudyFile
from nnopt_gui.engine.study.sweep_plan import SweepPlan
from nnopt_gui.engine.study.trial import Trial
from nnopt_gui.errors import NnoptError
from nnopt_gui.gui.state.opening import remove_study
from nnopt_gui.jobs.failures import expected

Write = Callable[[StudyFile], None]
_AGAIN_S: Final = 3.0  # between attempts to write what is owed


class StudyWriter(QThread):
    """A study's store (``TrialStore``). Changes are taken at once and committed in order; of several changes of one
    trial the last one counts. What fails is owed, and tried again: every few seconds, with the next change, in another
    file, at the end.

    An opening of the test split waits until it is on disk, because no image may be read before. Reading has a
    connection of its own and does not wait for writing.

    Args:
        path: of the study file.
        study: whose changes come here; made anew at ``path`` unless there is a ``file``.
        file: open; this thread's from now on, which closes it.
    """

    committed = Signal()  # nothing is owed any more
    failed = Signal(object)  # NnoptError: the first of a round's
    moved = Signal(object)  # Path: the study goes on there
    refused = Signal(object)  # NnoptError: it could not go on there, and stays where it was

    def __init__(self, path: Path, study: Study, file: StudyFile | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("study_writer")
        self._study = study
        self._file = file
        self._reading: StudyFile | None = None
        self.closed = threading.Event()  # the file is
        self._changed = threading.Condition()  # guards what follows
        self._path = path
        self._read_only = file is not None and file.read_only
        self._owed: dict[Hashable, Write] = {}
        self._trials: dict[int, Trial] = {}  # not on disk yet
        self._predictions: dict[str, TrialPredictions] = {}  # by hash, the same
        self._asked = self._done = 0  # changes
        self._moves: deque[tuple[Path, bool]] = deque()
        self._left: list[Path] = []  # files to be taken away
        self._stopping = False
        self._unwanted: Path | None = None  # goes in the end, if the study still lies there
        self.start()

    @property
    def path(self) -> Path:
        """Where the study lies now."""
        with self._changed:
            return self._path

    @property
    def read_only(self) -> bool:
        with self._changed:
            return self._read_only

    @property
    def owing(self) -> bool:
        """Whether something could not be written, and still is not."""
        with self._changed:
            return self._asked == self._done and bool(self._owed)

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

    # -- the file: called from the study's thread ---------------------------------------------------------------

    def flush(self) -> None:
        """Wait until all changes so far are committed, or have failed."""
        with self._changed:
            asked = self._asked
            self._changed.wait_for(lambda: self._done >= asked or not self.isRunning(), timeout=None)

    def move_to(self, path: Path, *, leave: bool) -> None:
        """Copy the file there and go on in the copy, once everything so far is committed; tells ``moved`` or
        ``refused``. A file at ``path`` is overwritten; the one before stays where ``leave`` says so."""
        with self._changed:
            self._moves.append((path, leave))
            self._changed.notify_all()

    def retire(self, *, remove: bool) -> None:
        """Commit what is owed, close the file and end the thread, without waiting for that; ``remove`` takes the file
        away in the end."""
        self.stop_reading()
        with self._changed:
            self._stopping, self._unwanted = True, self._path if remove else None
            self._changed.notify_all()

    def _put(self, key: Hashable, write: Write) -> None:
        with self._changed:
            self._owed.pop(key, None)  # to the end of the queue
            self._owed[key] = write
            self._asked += 1
            self._changed.notify_all()

    def _reader(self) -> StudyFile:
        path = self.path
        if self._reading is not None and self._reading.path != path:
            self.stop_reading()
        if self._reading is None:
            if self._file is None:
                self.flush()  # it is not there yet
            self._reading = StudyFile.beside(path)
        return self._reading

    def stop_reading(self) -> None:
        """Let go of the file that was read; what is asked for next is read where the study lies now."""
        if self._reading is not None:
            self._reading.close()
            self._reading = None

    # -- this thread ----------------------------------------------------------------------------------------------

    def run(self) -> None:
        while True:
            with self._changed:
                patience = _AGAIN_S if self._owed and not self._read_only else None
                called = self._changed.wait_for(
                    lambda: self._asked > self._done or self._moves or self._stopping, timeout=patience
                )
                if self._stopping and self._asked == self._done and not self._moves:
                    break
                asked, due = self._asked, dict(self._owed)
                target = self._moves.popleft() if self._moves else None
            if asked > self._done or not called:
                self._commit(due, again=not called)
            with self._changed:
                self._done = asked
                self._changed.notify_all()
            if target is not None:
                self._move(*target)
        self._finish()

    def _commit(self, due: dict[Hashable, Write], *, again: bool = False) -> None:
        problem: NnoptError | None = None
        for key, write in due.items():
            try:
                if self._file is None:
                    self._file = StudyFile.new(self._path, self._study)
                write(self._file)
            except Exception as error:  # noqa: BLE001 - owed, told, and the thread lives on
                problem = problem or expected(error)
                continue
            with self._changed:
                if self._owed.get(key) is write:
                    del self._owed[key]
        if problem is None:
            self.committed.emit()
        elif not again:  # it is known
            self.failed.emit(problem)

    def _move(self, target: Path, leave: bool) -> None:
        before = self._path
        try:
            if self._file is None:  # it could not be made where it was to be
                self._file = StudyFile.new(target, self._study, overwrite=True)
            else:
                self._file.move_to(target, overwrite=True)
        except Exception as error:  # noqa: BLE001 - told, and the study goes on where it was
            self.refused.emit(expected(error))
            return
        with self._changed:
            self._path, self._read_only = target, False
            owed = dict(self._owed)
            if not leave and before != target:
                self._left.append(before)
        self._commit(owed)
        self.moved.emit(target)

    def _finish(self) -> None:
        unwanted = self._path == self._unwanted
        if self._owed and not (self._read_only or unwanted):
            self._commit(dict(self._owed))
        try:
            if self._file is not None:
                self._file.close()
        except Exception as error:  # noqa: BLE001 - told; what was committed is on disk
            self.failed.emit(expected(error))
        for path in (*self._left, *((self._path,) if unwanted else ())):
            remove_study(path)
        self.closed.set()
